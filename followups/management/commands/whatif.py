"""The plan of a made-up person, by the functions that plan for real people. Writes nothing."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinical import whatif
from clinical.record_form import RecordError
from followups import plan_table


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a JSON file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['file']} cannot be read as text: {error}", returncode=2) from error
        try:
            answer = whatif.answers(text)
        except RecordError as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            for plan in answer if isinstance(answer, list) else [answer]:
                self.stdout.write(plan_table.as_text(plan))
