"""Clinics, staff, patients and their histories from a description (design 11). Refused in production."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinical import record_form
from clinical.record_form import RecordError
from followups import worlds


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a JSON file, or - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("seed_world makes people up: it does not run in production", returncode=2)
        try:
            text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['file']} cannot be read as text: {error}", returncode=2) from error
        try:
            made = worlds.make(record_form.loads(text))
        except RecordError as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(json.dumps(asdict(made)))
