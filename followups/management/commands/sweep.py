"""One tick by hand: everything that is due now, and its balance."""

import json
from argparse import ArgumentParser
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from followups import sweeping


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", help="an ISO moment with offset: let it be then")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        with clock.fixed_at(_moment(options["now"])) if options["now"] is not None else nullcontext():
            balance = sweeping.sweep(now=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps(balance.as_json()))
            return
        self.stdout.write(f"{balance.candidates} due: {balance.done} done, {balance.failed} failed")
        for reason, number in balance.skipped.most_common():
            self.stdout.write(f"  {number} skipped: {reason}")


def _moment(text: str) -> datetime:
    try:
        return clock.moment(text)
    except ValueError as error:
        raise CommandError(
            f"{text!r} is not a moment with its offset, such as 2026-11-21T09:00:00+00:00", returncode=2
        ) from error
