"""A file of diaries, judged as if each entry had come when it was made."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from clinical.worsening import Entry, Kind, Severity, replay
from clinical.worsening.backtest import BadFile, Raised, Row, opened

START = datetime(2025, 3, 1, 20, tzinfo=UTC)
HEAD = "patient,lesion,logged_at,nrs"


def at(day: int) -> str:
    return (START + timedelta(days=day)).isoformat()


def judged(text: str) -> list[Raised]:
    with opened(io.StringIO(text, newline="")) as diaries:
        return list(diaries.raised())


def worsening(patient: str, first: int = 0) -> list[str]:
    numbers = [2, 3, 2, 1, 2, 3, 2] * 6 + [6] * 10
    return [f"{patient},hip left,{at(first + day)},{nrs}" for day, nrs in enumerate(numbers)]


def test_a_worsening_is_raised_once_and_with_its_moment() -> None:
    [raised] = judged("\n".join([HEAD, *worsening("A")]))
    assert (raised.patient, raised.lesion, raised.kind) == ("A", "hip left", Kind.WORSENING)
    assert raised.opened_at > START + timedelta(days=42)
    assert set(raised.as_json()) == {"patient", "lesion", "rule", "kind", "severity", "opened_at"}


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [*worsening("A"), *worsening("B", first=3), *worsening("C", first=200)]
    shuffled = rows[:]
    Random(1).shuffle(shuffled)
    assert judged("\n".join([HEAD, *shuffled])) == judged("\n".join([HEAD, *rows]))


def test_lesions_of_one_patient_are_told_apart() -> None:
    text = "\n".join([HEAD, *worsening("A"), *[row.replace("hip left", "hip right") for row in worsening("A")]])
    assert [raised.lesion for raised in judged(text)] == ["hip left", "hip right"]


def test_boxes_and_aid_are_read() -> None:
    text = "\n".join(
        [
            f"{HEAD},rest,night,locking,cannot_bear_weight,injury,fever,aid",
            f"A,hip left,{at(0)},5,0,0,0,0,0,1,0",
            f"B,hip left,{at(0)},5,,,,1,,,",
        ]
    )
    assert [(raised.rule, raised.severity) for raised in judged(text)] == [(3, Severity.RED), (1, Severity.RED)]


def test_offsets_are_kept_and_order_is_by_the_moment() -> None:
    text = f"{HEAD},fever\nA,hip left,2025-03-01T23:30:00-08:00,5,1\nA,hip left,2025-03-02T01:00:00+00:00,5,0"
    [raised] = judged(text)
    assert raised.opened_at.isoformat() == "2025-03-01T23:30:00-08:00"


@pytest.mark.parametrize("text", ["", "\n", "patient,lesion,logged_at\n", "nrs;patient;lesion;logged_at\n"])
def test_a_file_without_its_columns_is_refused(text: str) -> None:
    with pytest.raises(BadFile, match="row 1: column nrs is missing"):
        judged(text)


def test_an_empty_diary_raises_nothing() -> None:
    assert judged(HEAD + "\n") == []


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("A,hip,2025-03-01T20:00:00+00:00,11", id="11"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00,-1", id="-1"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00,7.5", id="7.5"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00,1_0", id="1_0"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00,NaN", id="nan"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00,½", id="half"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00," + "9" * 5000, id="5000 digits"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00,", id="empty"),
        pytest.param("A,hip,2025-03-01T20:00:00,5", id="no offset"),
        pytest.param("A,hip,01.03.2025,5", id="another date form"),
        pytest.param("A,hip,0001-01-01T00:00:00+00:00,5", id="year 1"),
        pytest.param(",hip,2025-03-01T20:00:00+00:00,5", id="nobody"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00", id="short"),
        pytest.param("A,hip,2025-03-01T20:00:00+00:00,5,6", id="long"),
        pytest.param('A,"hip,2025-03-01T20:00:00+00:00,5', id="open quote"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_judged(row: str) -> None:
    with pytest.raises(BadFile) as refused:
        judged("\n".join([HEAD, *worsening("A"), row]))
    assert len(refused.value.lines) == 1
    assert refused.value.lines[0].startswith("row 54: ")


@pytest.mark.parametrize("nrs", ["7", "07", "+7", " 7 ", "7.0"])
def test_the_same_seven(nrs: str) -> None:
    assert judged(f"{HEAD}\nA,hip,{at(0)},{nrs}") == []


def test_memory_does_not_grow_with_the_file() -> None:
    def many(patients: int) -> Iterator[Row]:
        for patient in range(patients):
            for day in range(120):
                yield Row(f"P{patient:05}", "hip left", Entry(START + timedelta(days=day), (patient + day) % 4))

    def peak(patients: int) -> int:
        tracemalloc.start()
        for _ in replay(many(patients)):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2)
    assert peak(20) < 1.5 * peak(4)


def test_after_its_review_a_lasting_change_does_not_come_back_for_ever() -> None:
    numbers = [2, 3, 2, 1, 2, 3, 2] * 6 + [6, 7, 6, 5, 6] * 40
    rows = [f"A,hip left,{at(day)},{nrs}" for day, nrs in enumerate(numbers)]
    flags = [raised for raised in judged("\n".join([HEAD, *rows])) if raised.kind is Kind.WORSENING]
    assert 1 <= len(flags) <= 2


def test_a_high_level_is_told_once() -> None:
    rows = [f"A,hip left,{at(day)},{8 - day % 2}" for day in range(300)]
    assert [raised.kind for raised in judged("\n".join([HEAD, *rows]))] == [Kind.LEVEL]


def test_a_worsening_within_a_level_flag_is_told_too() -> None:
    calm = [f"A,hip left,{at(day)},{nrs}" for day, nrs in enumerate([7, 5, 6, 5, 6, 5, 6] * 6)]
    high = [f"A,hip left,{at(42 + day)},9" for day in range(30)]
    kinds = {raised.kind for raised in judged("\n".join([HEAD, *calm, *high]))}
    assert kinds == {Kind.LEVEL, Kind.WORSENING}


def test_more_walking_aid_in_a_file_is_told() -> None:
    rows = [f"A,hip left,{at(day)},2,{0 if day < 30 else 1}" for day in range(34)]
    assert [raised.rule for raised in judged("\n".join([f"{HEAD},aid", *rows]))] == [12]


@pytest.mark.parametrize("column", ["aid", "nrs", "fever"])
def test_a_column_that_is_there_twice_is_refused(column: str) -> None:
    with pytest.raises(BadFile, match=f"column {column} is there twice"):
        judged(f"{HEAD},aid,fever,{column}\n")


@pytest.mark.parametrize(("year", "refused"), [(1899, True), (1900, False), (2200, False), (2201, True)])
def test_years_that_can_be(year: int, refused: bool) -> None:
    text = f"{HEAD}\nA,hip,{year}-06-01T20:00:00+00:00,5"
    if refused:
        with pytest.raises(BadFile):
            judged(text)
    else:
        assert judged(text) == []
