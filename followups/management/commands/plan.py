"""The stored plan of one patient, in the form of `whatif`."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from followups import plan_table, stored_plan
from patients.models import Patient


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("public_id", help="the patient's public id")
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            patient = Patient.objects.select_related("clinic").get(public_id=UUID(options["public_id"]))
        except (ValueError, Patient.DoesNotExist) as error:
            raise CommandError(f"no patient with public id {options['public_id']}", returncode=2) from error
        plan = stored_plan.as_json(patient, today=clock.today(patient.clinic))
        self.stdout.write(json.dumps(plan, ensure_ascii=False) if options["json"] else plan_table.as_text(plan))
