"""Fill an empty database with one clinic of so many live follow-ups, for a measure. Prints what the measure needs."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from benchmarks import people


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("follow_ups", type=int, help="three patients for each four follow-ups")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(people.fill(options["follow_ups"])))
