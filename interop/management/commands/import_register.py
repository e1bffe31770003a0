"""A clinic's spreadsheet in: every row that is ready. Rows in doubt wait on the page, others are handed back."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import clock
from accounts.models import Clinic
from interop import importing, rejects, words
from interop.models import Import

State = importing.State
REPORTED = (
    "rows",
    "patients_created",
    "patients_updated",
    "lesions_created",
    "studies_created",
    "rows_for_review",
    "rows_rejected",
)


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a .csv, .txt or .xlsx file")
        parser.add_argument("--clinic", help="public id or name; needed where there are several")
        parser.add_argument("--dry-run", action="store_true", help="say what would come of it and change nothing")
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--rejects", metavar="OUT.csv", help="write the rows that did not come in here, with the reason"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            data = path.read_bytes()
            if options["rejects"] is not None:
                Path(options["rejects"]).touch()  # found out before anything is brought in
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}", returncode=2) from error
        if options["dry_run"]:
            with transaction.atomic():
                report = self._bring_in(path, data, options)
                transaction.set_rollback(True)
        else:
            report = self._bring_in(path, data, options)
        lines = [f"{name.replace('_', ' ')}: {report[name]}" for name in REPORTED]
        self.stdout.write(json.dumps(report) if options["json"] else "\n".join(lines))

    def _bring_in(self, path: Path, data: bytes, options: dict[str, Any]) -> dict[str, int]:
        received = _readable(path, data, options)
        before = dict(received.counts)
        try:
            importing.begin(received, by=None, now=clock.now())
        except importing.BusyError as error:
            raise CommandError("another register of this clinic is being brought in", returncode=2) from error
        received.refresh_from_db()
        if received.status == Import.Status.BRINGING:
            importing.go_on(received)
        if options["rejects"] is not None:
            Path(options["rejects"]).write_bytes(rejects.as_csv(received))
        states = importing.tally(received)
        added = {name: received.counts.get(name, 0) - before.get(name, 0) for name in REPORTED[1:5]}
        return {
            "rows": received.row_count,
            **added,
            "rows_for_review": states[State.LOOK],
            "rows_rejected": states[State.REFUSED],
        }


@transaction.atomic
def _readable(path: Path, data: bytes, options: dict[str, Any]) -> Import:
    """The file, received and its rows understood; refused as a whole, it leaves nothing."""
    received = importing.receive(
        clinic=_clinic(options["clinic"]), file_name=path.name, data=data, by=None, now=clock.now()
    )
    if received.status == Import.Status.CHECKING:
        importing.check(received, now=clock.now())
    if received.status == Import.Status.UNREADABLE:
        raise CommandError(words.of_file(received.fault, received.fault_line), returncode=2)
    return received


def _clinic(wanted: str | None) -> Clinic:
    """The clinic that is named; without a name the only one; in demo mode one is made where there is none."""
    clinics = list(Clinic.objects.order_by("name"))
    if wanted:
        found = [clinic for clinic in clinics if wanted in (str(clinic.public_id), clinic.name)]
        if len(found) != 1:
            raise CommandError(f"no such clinic: {wanted}. {_listed(clinics)}", returncode=2)
        return found[0]
    if len(clinics) == 1:
        return clinics[0]
    if clinics:
        raise CommandError(f"there are several clinics, name one with --clinic. {_listed(clinics)}", returncode=2)
    if settings.PRODUCTION:
        raise CommandError("there is no clinic yet", returncode=2)
    return Clinic.objects.create(name="Sample clinic", phone="")


def _listed(clinics: list[Clinic]) -> str:
    return "; ".join(f"{clinic.name} ({clinic.public_id})" for clinic in clinics)
