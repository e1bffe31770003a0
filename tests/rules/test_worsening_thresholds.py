"""Each number of each rule, at the threshold and just beside it: the rule alone, on the last entry, unrestrained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from clinical.worsening import (
    DEFAULT,
    Bisphosphonate,
    Entry,
    Finding,
    JointContext,
    JointKind,
    Operation,
    OperationKind,
    Order,
    Policy,
    Severity,
    Tick,
    say,
)
from clinical.worsening.change import Shape, begin
from clinical.worsening.past import Past
from clinical.worsening.rules import change_of_level, speak

START = datetime(2026, 1, 5, 20, tzinfo=UTC)
RED, AMBER, YELLOW = Severity
T = Tick


def on(day: float, nrs: int | None = None, *ticks: Tick, aid: int | None = None, distance: int | None = None) -> Entry:
    return Entry(START + timedelta(days=day), nrs, frozenset(ticks), aid=aid, distance=distance)


def daily(nrs: int, days: Iterable[int], *ticks: Tick) -> list[Entry]:
    return [on(day, nrs, *ticks) for day in days]


def found(entries: list[Entry], context: JointContext, policy: Policy = DEFAULT, *, spoken: int = 0) -> list[Finding]:
    past, day = Past(context, policy), 0
    for entry in entries:
        day = past.take(entry, frozen=False)
    return list(speak(entries[-1], day, past, {spoken}))


def says(entries: list[Entry], context: JointContext, policy: Policy = DEFAULT) -> set[tuple[int, Severity]]:
    return {(finding.rule.number, finding.severity) for finding in found(entries, context, policy)}


def the_day(days: int) -> date:
    return START.date() + timedelta(days=days)


def ordered(first: int, last: int | None) -> Order:
    return Order(the_day(first), None if last is None else the_day(last))


def operated(kind: OperationKind, *days: int) -> JointContext:
    return JointContext(operations=tuple(Operation(the_day(day), kind) for day in days))


LESION = JointContext()
NO_LESION = JointContext(kind=JointKind.NO_LESION)
IMPLANT = JointContext(kind=JointKind.IMPLANT)
ASYMPTOMATIC = JointContext(asymptomatic=True)
PRESERVED = operated(OperationKind.PRESERVING, 0)
REPLACED = operated(OperationKind.ARTHROPLASTY, 0)
OFF_WEIGHT = JointContext(non_weight_bearing=(ordered(10, 20),))
STICK_ORDERED = JointContext(aid_ordered=(ordered(10, 20),))
UNTIL_FURTHER_NOTICE = JointContext(non_weight_bearing=(ordered(10, None),))
TREATED = JointContext(bisphosphonates=(Bisphosphonate("alendronate", the_day(10)),))
CANNOT, HOT, NIGHT, REST, LOCKING = T.CANNOT_BEAR_WEIGHT, T.HOT_SWOLLEN, T.AT_NIGHT, T.AT_REST, T.LOCKING


@pytest.mark.parametrize(
    ("entries", "joint", "expected"),
    [
        pytest.param([on(0, 5, CANNOT), on(14, 5, CANNOT)], LESION, set(), id="1 the same a fortnight ago"),
        pytest.param([on(0, 5, CANNOT), on(15, 5, CANNOT)], LESION, {(1, RED)}, id="1 the same 15 days ago"),
        pytest.param([on(0, 5), on(1, 5, CANNOT)], LESION, {(1, RED)}, id="1 new"),
        pytest.param([on(9, 5, CANNOT)], OFF_WEIGHT, {(1, RED)}, id="1 the day before the order"),
        pytest.param([on(10, 5, CANNOT)], OFF_WEIGHT, set(), id="1 the first day of the order"),
        pytest.param([on(20, 5, CANNOT)], OFF_WEIGHT, set(), id="1 the last day of the order"),
        pytest.param([on(21, 5, CANNOT)], OFF_WEIGHT, {(1, RED)}, id="1 the day after the order"),
        pytest.param([on(9, 5, CANNOT)], UNTIL_FURTHER_NOTICE, {(1, RED)}, id="1 before an order without an end"),
        pytest.param([on(300, 5, CANNOT)], UNTIL_FURTHER_NOTICE, set(), id="1 an order without an end"),
        pytest.param([on(0, 7, T.INJURY)], LESION, {(2, RED)}, id="2 pain of 7"),
        pytest.param([on(0, 6, T.INJURY)], LESION, set(), id="2 pain of 6"),
        pytest.param([on(0, None, T.INJURY)], LESION, set(), id="2 pain not known"),
        pytest.param([on(0, 4, T.FEVER)], LESION, {(3, RED)}, id="3 pain of 4"),
        pytest.param([on(0, 3, T.FEVER)], LESION, set(), id="3 pain of 3"),
        pytest.param([on(0, None, T.FEVER)], LESION, set(), id="3 pain not known"),
        pytest.param([on(0, None, T.FEVER, HOT)], LESION, {(3, RED)}, id="3 pain not known, a hot joint"),
        pytest.param([*daily(1, range(5)), on(5, 3, T.FEVER)], LESION, {(3, RED)}, id="3 2 above usual"),
        pytest.param([*daily(1, range(5)), on(5, 2, T.FEVER)], LESION, set(), id="3 1 above usual"),
        pytest.param([*daily(1, range(4)), on(5, 3, T.FEVER)], LESION, set(), id="3 usual from four days"),
        pytest.param([on(3, 5, HOT)], LESION, set(), id="3 a hot joint without fever"),
        pytest.param([on(0, None, T.CLOT)], LESION, {(4, RED)}, id="4"),
        pytest.param([on(0, 1, T.WOUND)], PRESERVED, {(5, RED)}, id="5 on the day"),
        pytest.param([on(90, 1, T.WOUND)], PRESERVED, {(5, RED)}, id="5 day 90"),
        pytest.param([on(91, 1, T.WOUND)], PRESERVED, set(), id="5 day 91"),
        pytest.param([on(0, 1, T.WOUND)], operated(OperationKind.PRESERVING, 1), set(), id="5 before the operation"),
        pytest.param([*daily(2, range(42)), on(42, 9), on(45, 9)], LESION, {(6, RED)}, id="6 72 hours"),
        pytest.param([*daily(2, range(42)), on(42, 9), on(45.01, 9)], LESION, set(), id="6 more than 72 hours"),
        pytest.param([*daily(2, range(42)), on(42, 9), on(42.1, 9)], LESION, set(), id="6 twice on one day"),
        pytest.param([*daily(2, range(4)), on(42, 9), on(43, 9)], LESION, set(), id="6 usual from five days"),
        pytest.param([*daily(2, range(42)), on(42, 9), on(43, None, LOCKING)], LESION, set(), id="6 then no number"),
        pytest.param([on(0, 2, T.THIGH_PAIN)], TREATED, set(), id="19 before the drug"),
        pytest.param([on(10, 2, T.THIGH_PAIN)], TREATED, {(19, AMBER)}, id="19 first day of the drug"),
        pytest.param([on(10, 2, T.JAW)], TREATED, {(19, YELLOW)}, id="19 jaw"),
        pytest.param([on(10, 2, T.THIGH_PAIN, T.JAW)], TREATED, {(19, AMBER)}, id="19 both"),
        pytest.param([on(0, None, T.WANTS_REVIEW)], LESION, {(20, AMBER)}, id="20"),
        pytest.param([on(0, 5, T.ON_WEIGHT)], LESION, set(), id="a box that no rule is on"),
        pytest.param([*daily(2, range(42)), on(42, 9), on(43, 10)], LESION, {(6, RED)}, id="6 the most there is"),
        pytest.param([*daily(2, range(42)), on(42, 9), on(43, 11)], LESION, set(), id="6 more than there is"),
        pytest.param([*daily(1, range(42)), on(42, 6), on(43, 8)], LESION, set(), id="6 the other was a 6"),
        pytest.param([*daily(1, range(42)), on(42, 7), on(43, 8)], LESION, {(6, RED)}, id="6 the other was a 7"),
    ],
)
def test_red_boxes_and_questions(
    entries: list[Entry], joint: JointContext, expected: set[tuple[int, Severity]]
) -> None:
    assert says(entries, joint) == expected


@pytest.mark.parametrize(
    ("policy", "usual", "least"),
    [
        pytest.param({"sudden_nrs": 7, "sudden_rise": 4, "sudden_spreads": 0.0}, 2, 7, id="its own number"),
        pytest.param({"sudden_nrs": 7, "sudden_rise": 6, "sudden_spreads": 0.0}, 2, 8, id="above usual"),
        pytest.param({"sudden_nrs": 7, "sudden_rise": 4, "sudden_spreads": 7.0}, 2, 9, id="far out for this person"),
    ],
)
def test_6_asks_for_all_three(policy: dict[str, float], usual: int, least: int) -> None:
    asked = Policy(sudden_days=1, **policy)  # type: ignore[arg-type]
    calm = daily(usual, range(12))
    assert (6, RED) in says([*calm, on(12, least)], LESION, asked)
    assert (6, RED) not in says([*calm, on(12, least - 1)], LESION, asked)


def weeks(before: int, recent: int, *, to: int) -> list[Entry]:
    return [*daily(before, range(to - 13, to - 6)), *daily(recent, range(to - 6, to + 1))]


@pytest.mark.parametrize(
    ("entries", "joint", "expected"),
    [
        pytest.param(weeks(3, 5, to=14), PRESERVED, {(7, AMBER)}, id="2 more, on day 14"),
        pytest.param(weeks(3, 5, to=13), PRESERVED, set(), id="day 13"),
        pytest.param(weeks(3, 4, to=20), PRESERVED, set(), id="1 more"),
        pytest.param(weeks(3, 5, to=41), PRESERVED, {(7, AMBER)}, id="last day of six weeks"),
        pytest.param(weeks(3, 5, to=42), PRESERVED, set(), id="after six weeks"),
        pytest.param(weeks(3, 5, to=83), REPLACED, {(7, AMBER)}, id="last day of twelve weeks"),
        pytest.param(weeks(3, 5, to=84), REPLACED, set(), id="after twelve weeks"),
        pytest.param([on(7, 3), on(13, 3), on(14, 5), on(20, 5)], PRESERVED, {(7, AMBER)}, id="two days in each"),
        pytest.param([on(13, 3), on(19, 5), on(20, 5)], PRESERVED, set(), id="one day before"),
        pytest.param([on(12, 3), on(13, 3), on(20, 5)], PRESERVED, set(), id="one day of this week"),
        pytest.param([on(6, 9), on(6, 9), on(7, 3), on(13, 3), on(14, 5), on(20, 5)], PRESERVED, {(7, AMBER)},
                     id="a fortnight back no more"),
        pytest.param([*weeks(3, 5, to=20), on(20, None, LOCKING)], PRESERVED, set(), id="no number"),
        pytest.param([*weeks(3, 5, to=20), on(20, 0)], PRESERVED, {(7, AMBER)}, id="a nought is a number"),
    ],
)  # fmt: skip
def test_7_after_an_operation(entries: list[Entry], joint: JointContext, expected: set[tuple[int, Severity]]) -> None:
    assert says(entries, joint) == expected


SILENT = daily(0, range(42))
ONCE = replace(DEFAULT, silent_days=1)


@pytest.mark.parametrize(
    ("entries", "joint", "policy", "expected"),
    [
        pytest.param([*SILENT, on(42, 2), on(55, 2)], LESION, DEFAULT, {(8, AMBER)}, id="8 within the fortnight"),
        pytest.param([*SILENT, on(42, 2), on(56, 2)], LESION, DEFAULT, set(), id="8 a fortnight apart"),
        pytest.param([*SILENT, on(42, 1), on(43, 2)], LESION, DEFAULT, set(), id="8 a 1 is silence"),
        pytest.param([*SILENT, on(42, 2), on(43, 1)], LESION, DEFAULT, set(), id="8 the last is a 1"),
        pytest.param([*SILENT, on(42, 2), on(42.1, 2)], LESION, DEFAULT, set(), id="8 twice on one day"),
        pytest.param([on(0, 2), *daily(0, range(1, 60)), on(60, 2), on(61, 2)], LESION, DEFAULT, set(),
                     id="8 the same 60 days before"),
        pytest.param([on(0, 2), *daily(0, range(1, 61)), on(61, 2), on(62, 2)], LESION, DEFAULT, {(8, AMBER)},
                     id="8 the same 61 days before"),
        pytest.param([*daily(0, range(5)), on(5, 2)], LESION, replace(ONCE, silent_usual=0.0), {(8, AMBER)},
                     id="8 usual is at the bound"),
        pytest.param([*daily(0, range(4)), on(5, 2)], LESION, ONCE, set(), id="8 usual from four days"),
        pytest.param([*daily(1, range(5)), on(5, 2)], LESION, ONCE, set(), id="8 usual is above"),
        pytest.param([*daily(1, range(5)), on(5, 3)], ASYMPTOMATIC, ONCE, {(8, AMBER)}, id="8 noted, usual of 1"),
        pytest.param([*daily(1, range(5)), on(5, 3)], LESION, ONCE, set(), id="8 not noted, usual of 1"),
        pytest.param([*daily(1, range(5)), on(5, 2)], ASYMPTOMATIC, ONCE, set(), id="8 noted, pain of 2"),
        pytest.param([*daily(2, range(5)), on(5, 3)], ASYMPTOMATIC, ONCE, set(), id="8 noted, usual of 2"),
        pytest.param([on(0, 3), on(20, 3), on(21, 3)], ASYMPTOMATIC, DEFAULT, {(8, AMBER)}, id="8 noted, seen before"),
        pytest.param([on(0, 2), on(1, 3), on(20, 0), on(21, 3)], ASYMPTOMATIC, DEFAULT, set(), id="8 noted, too old"),
        pytest.param([on(0, 3), on(13, 3)], NO_LESION, DEFAULT, {(9, AMBER)}, id="9 within the fortnight"),
        pytest.param([on(0, 3), on(14, 3)], NO_LESION, DEFAULT, set(), id="9 a fortnight apart"),
        pytest.param([on(0, 3), on(13, 2)], NO_LESION, DEFAULT, set(), id="9 the last is a 2"),
        pytest.param([*daily(3, range(5)), on(5, 4)], NO_LESION, ONCE, {(9, AMBER)}, id="9 1 above usual"),
        pytest.param([*daily(3, range(5)), on(5, 3)], NO_LESION, ONCE, set(), id="9 as usual"),
        pytest.param([*daily(0, range(5)), on(5, 2)], NO_LESION, ONCE, set(), id="9 pain of 2 in a silent one"),
        pytest.param([*SILENT, on(42, 2), on(43, 2)], NO_LESION, DEFAULT, set(), id="8 is for lesions"),
        pytest.param([*SILENT, on(42, 3), on(43, 3)], IMPLANT, DEFAULT, set(), id="8 not for a replaced joint"),
    ],
)  # fmt: skip
def test_a_joint_that_was_silent(
    entries: list[Entry], joint: JointContext, policy: Policy, expected: set[tuple[int, Severity]]
) -> None:
    assert says(entries, joint, policy) == expected


def nights(*days: int, tick: Tick = NIGHT) -> list[Entry]:
    return [on(day, 2, tick) for day in days]


LOGGED = [on(day, 2) for day in (19, 30, 46)]  # the first, some and the last of the 28 days before a window to day 60
FREE = [on(60 - 13 - 60, 2)]  # the first of the 60 days before it


@pytest.mark.parametrize(
    ("entries", "joint", "expected"),
    [
        pytest.param([*LOGGED, *nights(47, 50, 60)], LESION, {(10, AMBER)}, id="10 three nights of a fortnight"),
        pytest.param([*LOGGED, *nights(50, 60)], LESION, set(), id="10 two nights"),
        pytest.param([*LOGGED, *nights(50, 60, 60)], LESION, set(), id="10 twice in one night"),
        pytest.param([*LOGGED, *nights(50, tick=REST), *nights(55, 60)], LESION, {(10, AMBER)}, id="10 rest or night"),
        pytest.param([*LOGGED, *nights(50, 55, tick=LOCKING), *nights(60)], LESION, set(), id="10 other boxes"),
        pytest.param([*LOGGED[:2], *nights(46, 50, 55, 60)], LESION, set(), id="10 the day before the window"),
        pytest.param([*nights(19), *LOGGED, *nights(50, 55, 60)], LESION, set(), id="10 had it 28 days before"),
        pytest.param([*nights(18), *LOGGED, *nights(50, 55, 60)], LESION, {(10, AMBER)}, id="10 had it 29 days before"),
        pytest.param([*LOGGED[1:], *nights(50, 55, 60)], LESION, set(), id="10 two entries before"),
        pytest.param([on(18, 2), *LOGGED[1:], *nights(50, 55, 60)], LESION, set(), id="10 the third is too old"),
        pytest.param([*LOGGED[:2], on(47, 2), *nights(50, 55, 60)], LESION, set(), id="10 the third is too new"),
        pytest.param([*LOGGED, *nights(50, 55, 60)], IMPLANT, set(), id="10 not for a replaced joint"),
        pytest.param([*LOGGED, *nights(50, 55, 60)], operated(OperationKind.PRESERVING, 18), {(10, AMBER)},
                     id="10 healed for six weeks"),
        pytest.param([*LOGGED, *nights(50, 55, 60)], operated(OperationKind.PRESERVING, 19), set(), id="10 healing"),
        pytest.param([*FREE, *nights(47, 60, tick=LOCKING)], LESION, {(11, AMBER)}, id="11 twice in a fortnight"),
        pytest.param([*FREE, *nights(46, 60, tick=LOCKING)], LESION, set(), id="11 a fortnight apart"),
        pytest.param([on(-14, 2), *nights(50, 60, tick=LOCKING)], LESION, set(), id="11 the entry before is too old"),
        pytest.param([on(46, 2), *nights(50, 60, tick=LOCKING)], LESION, {(11, AMBER)}, id="11 the entry just before"),
        pytest.param([*nights(-13, 50, 60, tick=LOCKING)], LESION, set(), id="11 had it 60 days before"),
        pytest.param([*nights(-14, tick=LOCKING), *FREE, *nights(50, 60, tick=LOCKING)], LESION, {(11, AMBER)},
                     id="11 had it 61 days before"),
        pytest.param([*FREE, *nights(50, 60, tick=LOCKING)], IMPLANT, set(), id="11 not for a replaced joint"),
        pytest.param([*FREE, *nights(50, 60, tick=LOCKING)], operated(OperationKind.PRESERVING, 40), {(11, AMBER)},
                     id="11 also while healing"),
    ],
)  # fmt: skip
def test_a_new_pattern(entries: list[Entry], joint: JointContext, expected: set[tuple[int, Severity]]) -> None:
    assert says(entries, joint) == expected


def walks(*aids: tuple[int, int | None]) -> list[Entry]:
    return [on(day, None, aid=aid) for day, aid in aids]


NO_AID = walks((-21, 0), (0, 0), (6, 0))  # first, some and last of the 28 days before a window to day 20
STICK = walks((17, 1), (20, 1))


@pytest.mark.parametrize(
    ("entries", "joint", "expected"),
    [
        pytest.param([*NO_AID, *STICK], LESION, {(12, AMBER)}, id="three days apart"),
        pytest.param([*NO_AID, *walks((18, 1), (20, 1))], LESION, set(), id="two days apart"),
        pytest.param([*NO_AID, *walks((7, 1), (20, 1))], LESION, {(12, AMBER)}, id="within the fortnight"),
        pytest.param([*NO_AID[:2], on(6, aid=1), *STICK], LESION, {(12, AMBER)}, id="once before"),
        pytest.param([*NO_AID, *walks((17, None), (20, 1))], LESION, set(), id="not said the first time"),
        pytest.param([*NO_AID, *walks((17, 1), (20, 0))], LESION, set(), id="not this time"),
        pytest.param([*NO_AID, *walks((17, 1), (20, None))], LESION, set(), id="not said this time"),
        pytest.param([*walks((0, 1), (1, 1), (2, 0)), *STICK], LESION, set(), id="no more than mostly before"),
        pytest.param([*walks((0, 1), (1, 0), (2, 0)), *STICK], LESION, {(12, AMBER)}, id="more than mostly before"),
        pytest.param([*NO_AID[1:], *STICK], LESION, set(), id="two entries before"),
        pytest.param([*walks((-22, 0)), *NO_AID[1:], *STICK], LESION, set(), id="the third is too old"),
        pytest.param([*NO_AID[:2], *walks((7, 0)), *STICK], LESION, set(), id="the third is too new"),
        pytest.param([*walks((0, 0), (1, 0), (2, None)), *STICK], LESION, set(), id="the third does not say"),
        pytest.param([*NO_AID, *STICK], IMPLANT, set(), id="a replaced joint"),
        pytest.param([*NO_AID, *STICK], operated(OperationKind.PRESERVING, 0), set(), id="healing"),
        pytest.param([*NO_AID, *STICK], OFF_WEIGHT, set(), id="told not to bear weight"),
        pytest.param([*NO_AID, *STICK], STICK_ORDERED, set(), id="ordered"),
        pytest.param([*NO_AID, *walks((7, 0)), *STICK, *walks((21, 1))], STICK_ORDERED, {(12, AMBER)},
                     id="the order has ended"),
        pytest.param([on(day, distance=level) for day, level in ((0, 1), (1, 1), (2, 1), (17, 2), (20, 3))], LESION,
                     {(12, AMBER)}, id="walks less far"),
        pytest.param([on(day, distance=level) for day, level in ((0, 2), (1, 2), (2, 2), (17, 2), (20, 2))], LESION,
                     set(), id="walks as far"),
    ],
)  # fmt: skip
def test_12_more_help_to_walk(entries: list[Entry], joint: JointContext, expected: set[tuple[int, Severity]]) -> None:
    assert says(entries, joint) == expected


@pytest.mark.parametrize(
    ("entries", "joint", "expected"),
    [
        pytest.param(daily(7, (0, 4, 8, 13)), LESION, {(15, YELLOW)}, id="four entries of 7 in a fortnight"),
        pytest.param(daily(7, (0, 4, 8, 14)), LESION, set(), id="one is a fortnight ago"),
        pytest.param(daily(7, (0, 4, 8)), LESION, set(), id="three entries"),
        pytest.param([*daily(6, (0, 1)), *daily(8, (2, 3))], LESION, {(15, YELLOW)}, id="median of 7"),
        pytest.param([*daily(6, (0, 1)), *daily(7, (2, 3))], LESION, set(), id="median of 6.5"),
        pytest.param([*daily(8, (0, 1, 2)), on(3, 6)], LESION, set(), id="not on a 6"),
        pytest.param(daily(7, (0, 4, 8, 13)), IMPLANT, set(), id="a replaced joint"),
        pytest.param(daily(7, (0, 4, 8, 13)), PRESERVED, set(), id="healing"),
        pytest.param(daily(7, (42, 43, 44, 45)), PRESERVED, {(15, YELLOW)}, id="healed"),
        pytest.param([*daily(8, (0, 0, 1)), on(1, 8)], LESION, {(15, YELLOW)}, id="two entries on a day are two"),
    ],
)
def test_15_a_high_level(entries: list[Entry], joint: JointContext, expected: set[tuple[int, Severity]]) -> None:
    assert says(entries, joint) == expected


STEP = [*daily(2, range(42)), *daily(5, range(42, 52))]
ALL = {
    1: ([on(0, 5, CANNOT)], LESION),
    2: ([on(0, 7, T.INJURY)], LESION),
    3: ([on(0, 4, T.FEVER)], LESION),
    4: ([on(0, 4, T.CLOT)], LESION),
    5: ([on(0, 4, T.WOUND)], PRESERVED),
    6: ([*daily(2, range(42)), on(42, 9), on(45, 9)], LESION),
    7: (STEP, LESION),
    8: ([on(0, 3), on(9, 3)], ASYMPTOMATIC),
    9: ([on(0, 3), on(13, 3)], NO_LESION),
    10: ([*LOGGED, *nights(47, 50, 60)], LESION),
    11: ([*FREE, *nights(47, 60, tick=LOCKING)], LESION),
    12: ([*NO_AID, *STICK], LESION),
    15: (daily(7, (0, 4, 8, 13)), LESION),
    19: ([on(10, 2, T.JAW)], TREATED),
    20: ([on(0, 2, T.WANTS_REVIEW)], LESION),
}


@pytest.mark.parametrize("number", ALL)
def test_a_rule_that_need_not_be_asked_again_is_not(number: int) -> None:
    entries, context = ALL[number]
    assert [finding.rule.number for finding in found(entries, context)] == [number]
    assert [finding.rule.number for finding in found(entries, context, spoken=999)] == [number]
    assert found(entries, context, spoken=number) == []


def test_7_after_an_operation_need_not_be_asked_again_either() -> None:
    assert found(weeks(3, 5, to=14), PRESERVED, spoken=7) == []


def test_red_is_told_first() -> None:
    entry = on(0, 8, T.WANTS_REVIEW, T.JAW, T.CLOT, T.FEVER, T.INJURY, CANNOT)
    assert [finding.rule.number for finding in found([entry], replace(TREATED, bisphosphonates=()))] == [1, 2, 3, 4, 20]


@pytest.mark.parametrize(("late", "severity"), [(timedelta(hours=72), RED), (timedelta(hours=72, seconds=1), AMBER)])
def test_what_is_recorded_more_than_72_hours_late_is_no_emergency(late: timedelta, severity: Severity) -> None:
    entry = replace(on(0, 4, T.FEVER), recorded_at=START + late)
    [finding] = found([entry], LESION)
    assert (finding.severity, finding.at, finding.known_at) == (severity, START, START + late)


def test_a_finding_is_known_when_the_last_of_its_evidence_is() -> None:
    early = replace(on(0, 3), recorded_at=START + timedelta(days=20))
    [finding] = found([early, on(9, 3)], ASYMPTOMATIC)
    assert (finding.at, finding.known_at) == (on(9).felt_at, START + timedelta(days=20))


def test_a_clock_that_was_behind_does_not_make_a_finding_known_before_it_was_felt() -> None:
    [finding] = found([replace(on(0, 4, T.WANTS_REVIEW), recorded_at=START - timedelta(days=1))], LESION)
    assert (finding.at, finding.known_at) == (START, START)


def test_19_names_the_drug_that_is_taken_now() -> None:
    drugs = (Bisphosphonate("older", the_day(-9)), Bisphosphonate("newer", the_day(-3)))
    [finding] = found([on(0, 4, T.JAW)], JointContext(bisphosphonates=drugs))
    assert say(finding.why) == "Jaw complaint or tooth extraction on 5 January under newer."


def test_5_counts_from_the_last_operation() -> None:
    [finding] = found([on(30, 1, T.WOUND)], operated(OperationKind.PRESERVING, 0, 20, 40))
    assert say(finding.why) == "On 4 February the wound leaked, opened or got red, 10 days after the operation."


def test_8_is_said_the_same_way_where_the_clinic_noted_it() -> None:
    [finding] = found([on(0, 3), on(9, 4)], ASYMPTOMATIC)
    assert say(finding.why) == "This joint was without pain. Since 5 January it has been 3 to 4 on 2 days."


def shown(finding: Finding) -> list[int]:
    return [(entry.felt_at - START).days for entry in finding.entries]


def test_15_shows_the_entries_of_its_fortnight() -> None:
    [finding] = found([*daily(8, (-2, -1, 0, 4, 8)), on(9, None, T.ON_WEIGHT), on(13, 8)], LESION)
    assert shown(finding) == [0, 4, 8, 13]


TEN_UP = [on(8, 2), on(9, 3), on(10, 1), on(10.1, 5), on(11, 2), on(12, 3), on(13, None, T.ON_WEIGHT), on(14, 5)]


def told_since(day: int, shape: Shape, entries: list[Entry]) -> Finding | None:
    """What is told where the sums say so: usual pain is 2, and it has been higher since this day."""
    past, last = Past(LESION, DEFAULT), 0
    for entry in entries:
        last = past.take(entry, frozen=False)
    began = the_day(day).toordinal()
    usual = begin(last, 2.0, DEFAULT, weight=30.0)
    past.standing = usual._replace(evidence=9.0, needed=5.0, shape=shape, began=began)
    return change_of_level(entries[-1], last, past)


def test_7_begins_with_the_first_of_the_days_that_were_up_and_shows_those() -> None:
    finding = told_since(10, Shape.SMALL_STEP, TEN_UP)
    assert finding
    assert (finding.rule.number, finding.began_on, shown(finding)) == (7, the_day(9), [9, 10, 12, 14])


def test_13_begins_with_its_week_and_shows_the_last_fortnight() -> None:
    finding = told_since(10, Shape.SLOW_RISE, [*TEN_UP, *daily(4, (24, 25, 38))])
    assert finding
    assert (finding.rule.number, finding.began_on, shown(finding)) == (13, the_day(10), [25, 38])


@pytest.mark.parametrize(("last", "told"), [(3, True), (2, False)])
def test_7_asks_that_the_last_entry_is_still_up(last: int, told: bool) -> None:
    assert bool(told_since(10, Shape.SMALL_STEP, [*TEN_UP, on(15, last)])) is told
