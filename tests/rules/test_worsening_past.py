"""What a diary has told so far, to the day: windows, healing, the usual level and where it begins anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from clinical.worsening import DEFAULT, Entry, JointContext, Operation, OperationKind
from clinical.worsening.past import Past

START = datetime(2026, 1, 5, 20, tzinfo=UTC)
FIRST = START.toordinal()
LESION = JointContext()


def on(day: float, nrs: int | None = None) -> Entry:
    return Entry(START + timedelta(days=day), nrs)


def the_day(days: int) -> date:
    return START.date() + timedelta(days=days)


def operated(*days: int, kind: OperationKind = OperationKind.PRESERVING, usual: float | None = None) -> JointContext:
    return JointContext(clinic_usual=usual, operations=tuple(Operation(the_day(day), kind) for day in days))


def past(entries: Iterable[Entry], joint: JointContext = LESION) -> Past:
    told = Past(joint, DEFAULT)
    for entry in entries:
        told.take(entry, frozen=False)
    return told


def days_of(told: Past) -> list[int]:
    return [day - FIRST for day, _ in told.recent]


def test_entries_are_at_hand_for_92_days() -> None:
    assert days_of(past(on(day) for day in (0, 1, 91))) == [0, 1, 91]
    assert days_of(past(on(day) for day in (0, 1, 92))) == [1, 92]
    again = past([on(92)])
    again.recall(lambda: [on(0), on(1), on(91)])
    again.take(on(92), frozen=False)
    assert days_of(again) == [1, 91, 92, 92]


def test_an_entry_of_another_zone_does_not_turn_the_days_back() -> None:
    told = Past(LESION, DEFAULT)
    assert told.take(on(3, 2), frozen=False) == FIRST + 3
    assert told.take(on(2, 2), frozen=False) == FIRST + 3
    assert told.days == 1


@pytest.mark.parametrize(
    ("day", "since"), [(-1, None), (0, 0), (19, 19), (20, 0), (41, 21), (61, 41), (62, None), (400, None)]
)
def test_healing_is_counted_from_the_last_operation(day: int, since: int | None) -> None:
    assert past([], operated(0, 20)).healing(FIRST + day) == since


@pytest.mark.parametrize(("kind", "weeks"), [(OperationKind.PRESERVING, 6), (OperationKind.ARTHROPLASTY, 12)])
def test_healing_lasts_as_long_as_the_operation_asks(kind: OperationKind, weeks: int) -> None:
    told = past([], operated(0, kind=kind))
    assert told.healing(FIRST + 7 * weeks - 1) == 7 * weeks - 1
    assert told.healing(FIRST + 7 * weeks) is None


def test_nothing_is_learnt_while_healing_and_the_usual_level_begins_anew_after() -> None:
    before, after = [on(day, 2) for day in range(-10, 0)], [on(day, 6) for day in range(42, 46)]
    healing = [on(day, 9) for day in range(42)]
    assert past([*before, *healing], operated(0)).known_usual() == 2.0
    assert past([*before, *healing, *after], operated(0)).known_usual() is None
    known = past([*before, *healing, *after, on(46, 6)], operated(0))
    assert known.known_usual() == 6.0
    assert known.days == 5


def test_a_level_noted_at_the_clinic_outlasts_an_operation_before_the_first_entry() -> None:
    assert past([on(60, 2)], operated(0, usual=2.0)).known_usual() == 2.0
    assert past([], operated(usual=3.0)).known_usual() == 3.0


def test_the_day_counts_with_its_mean_and_as_one() -> None:
    told = past([on(0, 2), on(0.01, 4), on(0.02, 6)])
    assert (told.value, told.days) == (4.0, 1)
    assert told.standing
    assert (told.standing.usual, told.standing.weight) == (4.0, 1.0)
    told.take(on(1, 5), frozen=False)
    assert (told.value, told.days) == (5.0, 2)


@pytest.mark.parametrize("nrs", [None, -1, 11])
def test_what_is_no_number_teaches_nothing(nrs: int | None) -> None:
    assert past([on(0, nrs)]).standing is None


@pytest.mark.parametrize("nrs", [0, 10])
def test_the_ends_of_the_scale_do(nrs: int) -> None:
    standing = past([on(0, nrs)]).standing
    assert standing
    assert standing.usual == nrs


def test_the_usual_level_before_a_day_does_not_know_the_day() -> None:
    told = past(on(day, 2) for day in range(5))
    assert told.known_usual() == 2.0
    assert told.usual_before() is None  # from four days
    told.take(on(5, 3), frozen=False)
    told.take(on(5.1, 3), frozen=False)
    assert told.usual_before() == 2.0
    assert told.known_usual() == pytest.approx(2 + 1 / 6)
    told.keep()
    assert told.usual_before() == told.known_usual()


def test_windows_hold_both_their_ends() -> None:
    told = past([on(0, 1), on(1, 2), on(1.1, 3), on(2), on(3, 4)])
    assert [entry.nrs for entry in told.window(FIRST + 1, FIRST + 2)] == [2, 3, None]
    assert told.numbers(FIRST, FIRST + 2) == {FIRST: [1], FIRST + 1: [2, 3]}
    assert told.numbers(FIRST + 2, FIRST + 3) == {FIRST + 3: [4]}


def test_the_recent_level_is_the_median_of_seven_days_and_asks_for_two() -> None:
    told = past([on(0, 9), on(1, 2), on(7, 3), on(7.1, 8)])
    assert told.recent_level(FIRST + 7) == 3.0
    assert told.recent_level(FIRST + 6) == 5.5
    assert told.recent_level(FIRST + 8) is None


@pytest.mark.parametrize(
    ("opened", "level", "days"), [(30, 4.5, 2), (31, 5, 3), (32, 5, 3)], ids=["two since", "one since", "none since"]
)
def test_a_review_takes_up_what_pain_has_come_to_since_the_flag_opened(opened: int, level: float, days: int) -> None:
    """The days were 6, 5 and 4, from day 30. Where fewer than two came after the flag, those before it count too."""
    told = past([*(on(day, 2) for day in range(30)), on(30, 4), on(30.1, 8), on(31, 5), on(32, 4)])
    assert told.standing
    usual = told.standing.usual
    told.accept(the_day(30), the_day(opened))
    assert told.standing.usual == pytest.approx(usual + (level - usual) * days / (days + 4))
    assert told.standing.weight == 3.0
    assert told.usual_before() is None


def test_a_review_of_days_without_a_number_takes_up_nothing() -> None:
    told = past([*(on(day, 2) for day in range(30)), on(31)])
    before = told.standing
    told.accept(the_day(31), the_day(31))
    assert told.standing == before
    nothing = past([on(0)])
    nothing.accept(the_day(0), the_day(0))
    nothing.keep()
    assert nothing.standing is None


def test_keeping_the_usual_level_forgets_what_was_weighed() -> None:
    told = past([*(on(day, 2) for day in range(30)), *(on(day, 5) for day in range(30, 34))])
    assert told.standing
    person = told.standing.person
    assert told.standing.evidence > 0
    told.keep()
    assert told.standing.person == person
    assert told.standing.evidence < 0
    told.take(on(33.1, 5), frozen=False)
    assert told.value == 5.0
    assert told.days == 35
