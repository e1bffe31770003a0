"""A file of diaries as it is read: what is said of each wrong row, in full, and what is taken as the same."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from clinical.worsening import Entry, Kind, Severity, Tick
from clinical.worsening.backtest import BadFile, Raised, Row, Size, opened, replay

START = datetime(2025, 3, 1, 20, tzinfo=UTC)
HEAD = "patient,lesion,logged_at,nrs"
BOXES = "rest,night,locking,cannot_bear_weight,injury,fever,aid"
AT = "2025-03-01T20:00:00+00:00"


def at(day: int) -> str:
    return (START + timedelta(days=day)).isoformat()


def judged(text: str) -> list[Raised]:
    with opened(io.StringIO(text, newline="")) as diaries:
        return list(diaries.raised())


def refused(text: str) -> list[str]:
    with pytest.raises(BadFile) as refusal:
        judged(text)
    assert str(refusal.value) == "\n".join(refusal.value.lines)
    return refusal.value.lines


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (f"A,hip,{AT},11", "nrs '11' is not a whole number from 0 to 10"),
        (f"A,hip,{AT},-1", "nrs '-1' is not a whole number from 0 to 10"),
        (f"A,hip,{AT},", "nrs '' is not a whole number from 0 to 10"),
        (f"A,hip,{AT},{'9' * 50}", f"nrs '{'9' * 20}' is not a whole number from 0 to 10"),
        (f"A,hip,{AT},5{' ' * 18}5", "nrs '5                  5' is not a whole number from 0 to 10"),
        ("A,hip,2025-03-01T20:00:00,5", "logged_at '2025-03-01T20:00:00' is not a date and time with its offset"),
        ("A,hip,soon,5", "logged_at 'soon' is not a date and time with its offset"),
        (f"A,hip,{'x' * 50},5", f"logged_at '{'x' * 40}' is not a date and time with its offset"),
        (f" ,hip,{AT},5", "patient is empty or too long"),
        (f"A,,{AT},5", "lesion is empty or too long"),
        (f"{'A' * 201},hip,{AT},5", "patient is empty or too long"),
        (f"A,h\0p,{AT},5", "lesion is empty or too long"),
        (f"A,hip,{AT}", "3 columns, 4 are expected"),
        (f"A,hip,{AT},5,1", "5 columns, 4 are expected"),
        (f'A,"hip,{AT},5', "unexpected end of data"),
    ],
)
def test_what_is_wrong_with_a_row(row: str, why: str) -> None:
    assert refused(f"{HEAD}\nA,hip,{AT},5\n{row}") == [f"row 3: {why}"]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("2,,,,,,", "rest '2' is not 0 or 1"),
        (",yes,,,,,", "night 'yes' is not 0 or 1"),
        (f",,,,,{'x' * 30},", f"fever '{'x' * 20}' is not 0 or 1"),
        (",,,,,,4", "aid '4' is not 0 to 3"),
        (f",,,,,,{'1' * 30}", f"aid '{'1' * 20}' is not 0 to 3"),
    ],
)
def test_what_is_wrong_with_a_box(cells: str, why: str) -> None:
    assert refused(f"{HEAD},{BOXES}\nA,hip,{AT},5,{cells}") == [f"row 2: {why}"]


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("patient,nrs", ["row 1: column lesion is missing", "row 1: column logged_at is missing"]),
        (f"{HEAD},nrs,fever,fever,aid,aid",
         [f"row 1: column {name} is there twice" for name in ("aid", "fever", "nrs")]),
        ("patient,patient,lesion,nrs", ["row 1: column logged_at is missing", "row 1: column patient is there twice"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_header(header: str, lines: list[str]) -> None:
    assert refused(f"{header}\nA,hip,{AT},5") == lines


def test_all_rows_are_looked_at_and_a_hundred_wrong_ones_shown() -> None:
    wrong = f"A,hip,{AT},11"
    assert [line.split(":")[0] for line in refused("\n".join([HEAD, wrong, f"A,hip,{AT},5", "", wrong]))] == [
        "row 2", "row 5",
    ]  # fmt: skip
    assert len(refused("\n".join([HEAD, *[wrong] * 99, f"A,hip,{AT},5"]))) == 99
    assert len(refused("\n".join([HEAD, *[wrong] * 150]))) == 100


def test_a_file_that_is_not_text() -> None:
    file = io.TextIOWrapper(
        io.BytesIO(f"{HEAD}\nA,hip,{AT},5\n".encode() + b"A,\xff,,\n"), encoding="utf-8", newline=""
    )
    with pytest.raises(BadFile, match=r"^row [0-9]: not UTF-8 text$"), opened(file):
        pass


def test_columns_may_be_in_any_order_with_others_between_them_and_spaces_around() -> None:
    text = f"\ufeffNRS , Other,fever,Logged_At,lesion,PATIENT\n 5 ,x, 1 , {AT} , hip , A \n"
    [raised] = judged(text)
    assert raised.as_json() == {
        "patient": "A", "lesion": "hip", "rule": 3, "kind": "worsening", "severity": "red", "opened_at": AT,
    }  # fmt: skip
    assert (raised.kind, raised.severity, raised.finding.rule.number) == (Kind.WORSENING, Severity.RED, 3)


def test_columns_that_nobody_asks_for_may_be_there_twice() -> None:
    assert judged(f"{HEAD},note,note\nA,hip,{AT},5,,") == []


@pytest.mark.parametrize("name", ["A" * 200, "Å ü"])
def test_names_that_can_be(name: str) -> None:
    assert [raised.patient for raised in judged(f"{HEAD},fever\n{name},hip,{AT},5,1")] == [name]


@pytest.mark.parametrize(
    ("cells", "rules"),
    [
        ("1,,,,,,", [10]), (",1,,,,,", [10]), (",,1,,,,", [11]), (",,,1,,,", [1]), (",,,,1,,", [2]), (",,,,,1,", [3]),
        (",,,,,,3", [12]), (",,,,,,0", []), ("0,0,0,0,0,0,", []), (",,,1,1,1,", [1, 2, 3]),
    ],
)  # fmt: skip
def test_each_box_is_the_box_it_says(cells: str, rules: list[int]) -> None:
    """Thirty days without, then five with: once only the first of a kind is told, so each on its own lesion."""
    before = [f"A,hip,{at(day)},7,{',' * 5},0" for day in range(30)]
    rows = [*before, *(f"A,hip,{at(day)},7,{cells}" for day in range(30, 35))]
    with opened(io.StringIO("\n".join([f"{HEAD},{BOXES}", *rows]), newline="")) as diaries:
        found = [raised.rule for raised in diaries.raised() if raised.kind is Kind.WORSENING]
    assert found == rules[:1]


def test_boxes_of_one_entry_are_all_read() -> None:
    with opened(io.StringIO(f"{HEAD},{BOXES}\nA,hip,{AT},5,1,1,1,1,1,1,2", newline="")) as diaries:
        [raised] = diaries.raised()
    assert raised.rule == 1


def test_how_much_a_file_holds() -> None:
    rows = [f"A,left,{at(0)},5", f"A,left,{at(365)},5", f"A,right,{at(0)},5", f"B,left,{at(10)},5", f"B,left,{at(0)},5"]
    with opened(io.StringIO("\n".join([HEAD, *rows]), newline="")) as diaries:
        assert diaries.size() == Size(5, 3, 2, 375 / 365.25)
    with opened(io.StringIO(HEAD, newline="")) as diaries:
        assert diaries.size() == Size(0, 0, 0, 0.0)


def test_each_lesion_of_each_patient_begins_with_nothing() -> None:
    """The review of one does not quiet another; a flag of one lesion counts as reviewed after a week."""
    fever = frozenset({Tick.FEVER})
    days = [
        ("A", "left", 0),
        ("A", "left", 1),
        ("A", "left", 8),
        ("A", "right", 8),
        ("B", "right", 8),
        ("B", "right", 9),
    ]
    rows = [Row(patient, lesion, Entry(START + timedelta(days=day), 5, fever)) for patient, lesion, day in days]
    assert [(raised.patient, raised.lesion, (raised.opened_at - START).days) for raised in replay(rows)] == [
        ("A", "left", 0), ("A", "left", 8), ("A", "right", 8), ("B", "right", 8),
    ]  # fmt: skip


def test_entries_of_one_moment_are_taken_in_one_order() -> None:
    rows = [f"A,hip,{AT},5,1,,1", f"A,hip,{AT},5,,,0", f"A,hip,{AT},4,,1,2", f"A,hip,{AT},4,,,"]
    both = [judged("\n".join([f"{HEAD},fever,injury,aid", *given])) for given in (rows, rows[::-1])]
    assert both[0] == both[1] != []


def test_progress_is_shown_while_reading_and_judging() -> None:
    seen: list[tuple[str, int]] = []
    rows = "\n".join([HEAD, *[f"A,hip,{AT},5"] * 50_001])
    with opened(io.StringIO(rows, newline=""), progress=lambda what, many: seen.append((what, many))) as diaries:
        sum(1 for _ in diaries.raised())
    assert seen == [("read", 50_000), ("judged", 50_000)]
