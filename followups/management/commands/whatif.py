"""The plan of a made-up person, by the functions that plan for real people. Writes nothing."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinical import protocol as medicine
from clinical import record_form
from clinical.record_form import RecordError
from followups import plan_table


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a JSON file, or - for standard input")
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text(encoding="utf-8")
        try:
            questions = record_form.loads(text)
            asked = questions if isinstance(questions, list) else [questions]
            plans = [_answer(question) for question in asked]
        except (RecordError, UnicodeDecodeError) as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            answer = plans if isinstance(questions, list) else plans[0]
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            for plan in plans:
                self.stdout.write(plan_table.as_text(plan))


def _answer(question: Any) -> dict[str, Any]:
    person, as_of = record_form.person_from_json(question)
    return record_form.plan_to_json(medicine.plan(person, as_of=as_of))
