"""Judging the next entry from what is remembered says what judging the whole diary says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinical.worsening import (
    DEFAULT,
    Bisphosphonate,
    Entry,
    JointContext,
    JointKind,
    Judgement,
    Next,
    Operation,
    OperationKind,
    Order,
    SteroidCourse,
    StoredFlag,
    Tick,
    Watch,
    judge,
    judge_next,
    learnt_between,
    memory,
)
from clinical.worsening.change import Shape
from clinical.worsening.diary import in_order
from clinical.worsening.past import Past
from tests.rules.test_worsening_properties import CONTEXTS, LESION, START, diary, long_and_slow

CALM = [Entry(START + timedelta(days=day), 2 + day % 2) for day in range(150)]


def as_next(judgement: Judgement) -> Next:
    return Next(judgement.opens, judgement.memory)


def followed(entries: list[Entry], context: JointContext) -> tuple[list[Next], int]:
    """Each entry judged when it comes, a flag reviewed at once; and how many took only what was remembered."""
    kept: dict[str, Any] | None = None
    short, reviewed, said = 0, list[StoredFlag](), list[Next]()
    for n, entry in enumerate(entries):
        now, found = entry.felt_at, None
        if kept:
            found = judge_next(json.loads(json.dumps(kept)), between(entries, kept), [entry], DEFAULT, now=now)
            short += found is not None
        if found is None or found.opens or n % 9 == 0:
            whole = as_next(judge(entries[: n + 1], context, DEFAULT, now=now, flags_before=reviewed))
            assert found in (None, whole)
            found = whole
        said.append(found)
        kept = found.memory
        if flag := found.opens:
            rules = frozenset(finding.rule.number for finding in flag.findings)
            reviewed.append(StoredFlag(flag.opened_at, flag.severity, flag.kind, rules, closed_at=now))
    return said, short


def between(entries: list[Entry], kept: dict[str, Any]) -> Callable[[], list[Entry]]:
    since, until = learnt_between(kept)
    return lambda: [entry for entry in reversed(entries) if since <= entry.felt_at <= until]


@long_and_slow
@given(st.integers(0, 10**9), st.sampled_from(CONTEXTS), st.booleans())
def test_going_on_from_memory_is_judging_the_whole(seed: int, context: JointContext, hostile: bool) -> None:
    one_zone = (replace(entry, felt_at=entry.felt_at.astimezone(UTC)) for entry in diary(seed, hostile=hostile))
    followed(sorted(one_zone, key=in_order)[:120], context)


def test_a_calm_diary_is_read_once() -> None:
    said, short = followed(CALM, LESION)
    assert short == len(CALM) - 1
    assert not any(judgement.opens for judgement in said)


def test_a_flag_is_raised_from_memory_on_the_same_entry() -> None:
    worse = [Entry(START + timedelta(days=150 + day), 6) for day in range(8)]
    said, short = followed([*CALM, *worse], LESION)
    raised = [n for n, judgement in enumerate(said) if judgement.opens]
    assert raised
    assert raised[0] == short  # up to there, and there, from memory
    assert said[raised[0]].memory is None


def next_after_calm(*new: Entry, policy=DEFAULT, now=CALM[-1].felt_at + timedelta(days=1)):  # type: ignore[no-untyped-def]
    kept = judge(CALM, LESION, DEFAULT, now=CALM[-1].felt_at).memory
    assert kept
    return judge_next(kept, between(CALM, kept), new, policy, now=now)


def test_two_at_once_are_taken_in_their_order() -> None:
    morning, evening = (Entry(CALM[-1].felt_at + timedelta(hours=hours), 2) for hours in (12, 22))
    now = CALM[-1].felt_at + timedelta(days=1)
    assert next_after_calm(evening, morning) == as_next(judge([*CALM, morning, evening], LESION, DEFAULT, now=now))


def test_an_ordinary_entry_does_not_look_back() -> None:
    kept = judge(CALM, LESION, DEFAULT, now=CALM[-1].felt_at).memory
    assert kept
    asked: list[str] = []

    def recent() -> list[Entry]:
        asked.append("the diary")
        return between(CALM, kept)()

    later = CALM[-1].felt_at + timedelta(hours=12)
    assert judge_next(kept, recent, [Entry(later, 3)], DEFAULT, now=later)
    assert asked == []
    assert judge_next(kept, recent, [Entry(later, 8), Entry(later, 3, frozenset({Tick.AT_REST}))], DEFAULT, now=later)
    assert asked == ["the diary"]


def test_a_clock_ten_minutes_ahead_is_not_to_come() -> None:
    later = CALM[-1].felt_at + timedelta(hours=1)
    assert next_after_calm(Entry(later, 2), now=later - timedelta(minutes=10)) is not None
    assert next_after_calm(Entry(later, 2), now=later - timedelta(minutes=10, seconds=1)) is None


def test_the_whole_diary_is_asked_for_where_memory_does_not_do() -> None:
    last = CALM[-1].felt_at
    assert next_after_calm(Entry(last + timedelta(hours=1), 2)) is not None
    assert next_after_calm(Entry(last, 2)) is None, "as late as the last one"
    assert next_after_calm(Entry(last - timedelta(days=3), 2)) is None, "late"
    assert next_after_calm(Entry(last + timedelta(days=2), 2)) is None, "still to come"
    assert next_after_calm(Entry(last + timedelta(hours=1), 2), policy=replace(DEFAULT, version=2)) is None


def test_nothing_is_remembered_while_a_flag_is_open_or_a_pause_runs() -> None:
    red = Entry(CALM[-1].felt_at + timedelta(days=1), 3, frozenset({Tick.CLOT}))
    opened = judge([*CALM, red], LESION, DEFAULT, now=red.felt_at)
    assert opened.memory is None
    closed = StoredFlag(red.felt_at, opened.opens.severity, rules=frozenset({4}), closed_at=red.felt_at)  # type: ignore[union-attr]
    for hours, remembered in ((23, False), (24, True)):
        after = Entry(red.felt_at + timedelta(hours=hours), 2)
        judged = judge([*CALM, red, after], LESION, DEFAULT, now=after.felt_at, flags_before=[closed])
        assert (judged.memory is not None) is remembered


ALL_THERE_IS = JointContext(
    kind=JointKind.IMPLANT,
    asymptomatic=True,
    clinic_usual=1.5,
    large=True,
    operations=(
        Operation(START.date() - timedelta(days=400), OperationKind.PRESERVING),
        Operation(START.date() - timedelta(days=300), OperationKind.ARTHROPLASTY),
    ),
    non_weight_bearing=(Order(START.date(), START.date() + timedelta(days=3)), Order(START.date())),
    aid_ordered=(Order(START.date(), START.date() + timedelta(days=9)),),
    log_interval_days=7,
    infection_risks=("steroids", "diabetes"),
    bisphosphonates=(
        Bisphosphonate("alendronate", START.date()),
        Bisphosphonate("zoledronate", START.date(), START.date() + timedelta(days=5)),
    ),
)


@pytest.mark.parametrize("days", [1, 40])
def test_what_is_remembered_is_all_that_was_learnt(days: int) -> None:
    """Also of a second entry of the last day, and of a first one, before which nothing was known."""
    for joint in (LESION, ALL_THERE_IS):
        watch = Watch(joint, DEFAULT)
        told = [*CALM[:days], replace(CALM[days - 1], felt_at=CALM[days - 1].felt_at + timedelta(hours=1), nrs=1)]
        for entry in told:
            watch.log(entry)
        watch.past.level_spoken = True
        kept = memory.kept(watch)
        assert kept
        again = memory.resumed(json.loads(json.dumps(kept)), lambda told=told: told, DEFAULT)  # type: ignore[misc]
        assert (again.context, again.policy, again.last) == (joint, DEFAULT, told[-1].felt_at)
        for name in ("recent", *(name for name in Past.__slots__ if not name.startswith("_"))):
            assert getattr(again.past, name) == getattr(watch.past, name), name
        assert again.past.standing
        assert isinstance(again.past.standing.shape, Shape)
        assert learnt_between(kept) == (told[-1].felt_at - timedelta(days=92), told[-1].felt_at)


def test_what_another_program_remembered_does_not_fit() -> None:
    watch = Watch(LESION, DEFAULT)
    assert memory.kept(watch) is None, "nothing was learnt"
    watch.log(CALM[0])
    kept = memory.kept(watch)
    assert kept
    assert memory.fits(kept, DEFAULT)
    assert not memory.fits(kept | {"form": memory.FORM + 1}, DEFAULT)
    assert not memory.fits({}, DEFAULT)
    assert not memory.fits(kept, replace(DEFAULT, level_nrs=8))


@pytest.mark.parametrize(("days", "remembered"), [(91, False), (92, True)])
def test_nothing_is_remembered_while_a_steroid_course_may_add_up(days: int, remembered: bool) -> None:
    course = SteroidCourse(CALM[-1].felt_at - timedelta(days=days), 5)
    judgement = judge(CALM, JointContext(steroid_courses=(course,)), DEFAULT, now=CALM[-1].felt_at)
    assert (judgement.memory is not None) is remembered
