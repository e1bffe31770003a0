"""`manage.py import_register`: what programs and newcomers rely on."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from accounts.models import Clinic
from interop.models import Import
from patients.models import Patient
from tests.make import make_clinic

EXAMPLE = Path(__file__).parents[2] / "examples" / "register.csv"
KEYS = {
    "rows",
    "patients_created",
    "patients_updated",
    "lesions_created",
    "studies_created",
    "rows_for_review",
    "rows_rejected",
}


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("import_register", *arguments, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


def test_the_example_comes_in_once(clinic: Clinic) -> None:
    one, two = run(str(EXAMPLE)), run(str(EXAMPLE))

    assert set(one) == KEYS
    assert one["patients_created"] > 15
    assert one["rows_for_review"] > 0
    assert one["rows_rejected"] > 0
    assert two == {**one, "patients_created": 0, "patients_updated": 0, "lesions_created": 0, "studies_created": 0}


def test_its_twin_as_a_workbook_gives_the_same(clinic: Clinic, tmp_path: Path) -> None:
    book = Workbook()
    with EXAMPLE.open(encoding="utf-8", newline="") as lines:
        for line in csv.reader(lines, delimiter=";"):
            book.active.append(line)
    book.save(tmp_path / "register.xlsx")

    assert run(str(tmp_path / "register.xlsx"), "--dry-run") == run(str(EXAMPLE), "--dry-run")


def test_a_dry_run_changes_nothing(clinic: Clinic) -> None:
    assert run(str(EXAMPLE), "--dry-run")["patients_created"] > 0

    assert not Patient.objects.exists()
    assert not Import.objects.exists()


def test_rejects_are_written(clinic: Clinic, tmp_path: Path) -> None:
    run(str(EXAMPLE), "--rejects", str(tmp_path / "out.csv"))

    assert "No patient number." in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_several_clinics_are_listed_and_one_must_be_named(clinic: Clinic) -> None:
    other = make_clinic("Elsewhere")

    with pytest.raises(CommandError, match="Elsewhere") as refused:
        run(str(EXAMPLE))

    assert refused.value.returncode == 2
    run(str(EXAMPLE), "--clinic", str(other.public_id))
    assert set(Patient.objects.values_list("clinic__name", flat=True)) == {"Elsewhere"}


@pytest.mark.django_db
def test_in_demo_mode_a_clinic_is_made_where_there_is_none() -> None:
    run(str(EXAMPLE))

    assert Clinic.objects.count() == 1


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"MRN,Name,mrn\n1,2,3\n"])
def test_what_is_no_register_ends_with_a_sentence(clinic: Clinic, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(content)

    with pytest.raises(CommandError) as refused:
        run(str(file))

    assert refused.value.returncode == 2
    with pytest.raises(CommandError):
        run(str(tmp_path / "nowhere.csv"))
