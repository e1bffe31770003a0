"""`manage.py backtest`: what it prints where, and what it answers to a bad file. It needs no database."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROWS = [f"A,hip left,2025-03-{day:02}T20:00:00+00:00,{nrs}" for day, nrs in enumerate([2, 1, 3] * 6 + [7] * 10, 1)]


def write(folder: Path, *rows: str) -> str:
    path = folder / "diaries.csv"
    path.write_text("\n".join(["patient,lesion,logged_at,nrs", *rows]), encoding="utf-8")
    return str(path)


def test_json_is_a_list_of_flags_and_nothing_else(tmp_path: Path) -> None:
    out, err = StringIO(), StringIO()
    call_command("backtest", write(tmp_path, *ROWS), "--json", stdout=out, stderr=err)
    [flag] = [flag for flag in json.loads(out.getvalue()) if flag["kind"] == "worsening"]
    assert set(flag) == {"patient", "lesion", "rule", "kind", "severity", "opened_at"}
    assert flag["opened_at"] > "2025-03-18"


def test_json_of_a_quiet_file_is_an_empty_list(tmp_path: Path) -> None:
    out = StringIO()
    call_command("backtest", write(tmp_path, *ROWS[:18]), "--json", stdout=out)
    assert json.loads(out.getvalue()) == []


def test_the_table_says_why_and_how_often(tmp_path: Path) -> None:
    out = StringIO()
    call_command("backtest", write(tmp_path, *ROWS), stdout=out)
    assert "Usual pain in this joint is about 2." in out.getvalue()
    assert "28 entries, 1 lesions of 1 patients, 0.1 years" in out.getvalue()
    assert "a lesion-year" in out.getvalue()


def test_a_bad_file_is_refused_by_row_with_exit_code_2(tmp_path: Path) -> None:
    out = StringIO()
    path = write(tmp_path, *ROWS, "A,hip left,2025-04-01T20:00:00+00:00,12")
    with pytest.raises(CommandError, match="row 30: nrs '12' is not a whole number from 0 to 10") as refused:
        call_command("backtest", path, "--json", stdout=out)
    assert refused.value.returncode == 2
    assert out.getvalue() == ""


@pytest.mark.parametrize("content", [b"\xff\xfe\x00patient", b"PK\x03\x04\x00\x00"])
def test_what_is_not_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "diaries.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        call_command("backtest", str(path))
    assert refused.value.returncode == 2


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file") as refused:
        call_command("backtest", str(tmp_path / "none.csv"))
    assert refused.value.returncode == 2
