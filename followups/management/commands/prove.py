"""The nobody-lost proof of every clinic. Exit 1 and the public ids of the offenders if it is broken."""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from accounts import clock
from accounts.models import Clinic
from followups import proving


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        checked: Counter[str] = Counter()
        offenders: list[dict[str, str]] = []
        for clinic in Clinic.objects.order_by("pk"):
            proof = proving.prove(clinic, now=clock.now())
            checked.update(proof.checked)
            offenders += proof.offenders
        if options["json"]:
            found = {"holds": not offenders, "checked": dict(checked), "offenders": offenders}
            self.stdout.write(json.dumps(found))
        else:
            self._tell(checked, offenders)
        if offenders:
            sys.exit(1)

    def _tell(self, checked: Counter[str], offenders: list[dict[str, str]]) -> None:
        self.stdout.write("The proof holds." if not offenders else f"The proof is broken: {len(offenders)} offenders.")
        for what, number in checked.items():
            self.stdout.write(f"  {what}: {number}")
        for offender in offenders:
            self.stdout.write(f"  {offender['what']} {offender['public_id']}: {offender['why']}")
