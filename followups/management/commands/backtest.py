"""What the worsening rules would have raised on a file of diaries. Reads the file, changes nothing."""

import json
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinical.worsening import Raised, say
from clinical.worsening.backtest import BadFile, Diaries, Size, opened


class Command(BaseCommand):
    help = (
        "Judges a CSV of diaries (patient, lesion, logged_at, nrs; optional 0/1 columns rest, night, locking, "
        "cannot_bear_weight, injury, fever, and aid 0-3) as if each entry had been judged when it came and each flag "
        "reviewed a week after it opened."
    )
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print a list of flags and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            with file.open(encoding="utf-8-sig", newline="") as rows, opened(rows, progress=self._progress) as diaries:
                self._answer(diaries, as_json=options["json"])
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from error
        except BadFile as error:
            raise CommandError("\n".join([f"{file} was not judged.", *error.lines]), returncode=2) from error

    def _answer(self, diaries: Diaries, *, as_json: bool) -> None:
        if as_json:
            self._print_json(diaries.raised())
        else:
            size = diaries.size()
            self._print_table(diaries.raised(), size)

    def _print_json(self, raised: Iterator[Raised]) -> None:
        before = "["
        for one in raised:
            self.stdout.write(before + json.dumps(one.as_json(), ensure_ascii=False), ending="")
            before = ",\n"
        self.stdout.write("[]" if before == "[" else "]")

    def _print_table(self, raised: Iterator[Raised], size: Size) -> None:
        counts: Counter[tuple[str, str, int, str]] = Counter()
        for one in raised:
            rule = one.finding.rule
            counts[one.kind, one.severity, rule.number, rule.name] += 1
            where = f"{one.patient} {one.lesion}"
            self.stdout.write(
                f"{one.opened_at:%Y-%m-%d}  {one.severity:<6}  {rule.number:>2} {rule.name:<24}  {where:<24}  "
                + say(one.finding.why)
            )
        self.stdout.write(
            f"\n{size.entries} entries, {size.lesions} lesions of {size.patients} patients, {size.years:.1f} years"
        )
        for (kind, severity, number, name), count in sorted(counts.items()):
            rate = f"{count / size.years:.2f} a lesion-year" if size.years else ""
            self.stdout.write(f"{count:>7}  {kind:<9}  {severity:<6}  {number:>2} {name:<24}  {rate}")

    def _progress(self, what: str, rows: int) -> None:
        self.stderr.write(f"{time.strftime('%H:%M:%S')} {what} {rows} rows")
