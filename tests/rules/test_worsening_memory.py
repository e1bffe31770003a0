"""Judging the next entry from what is remembered says what judging the whole diary says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clinical.worsening import DEFAULT, Entry, JointContext, Judgement, StoredFlag, Tick, judge, judge_next, needed_from
from clinical.worsening.diary import in_order
from tests.rules.test_worsening_properties import CONTEXTS, LESION, START, diary, long_and_slow

CALM = [Entry(START + timedelta(days=day), 2 + day % 2) for day in range(150)]


def followed(entries: list[Entry], context: JointContext) -> tuple[list[Judgement], int]:
    """Each entry judged when it comes, a flag reviewed at once; and how many took only what was remembered."""
    kept: dict[str, Any] | None = None
    short, reviewed, said = 0, list[StoredFlag](), list[Judgement]()
    for n, entry in enumerate(entries):
        now, judgement = entry.felt_at, None
        if kept:
            recent = [e for e in entries[:n] if e.felt_at >= needed_from(kept)]
            judgement = judge_next(json.loads(json.dumps(kept)), recent, [entry], DEFAULT, now=now)
            short += judgement is not None
        if judgement is None or judgement.opens or n % 9 == 0:
            whole = judge(entries[: n + 1], context, DEFAULT, now=now, flags_before=reviewed)
            assert judgement in (None, whole)
            judgement = whole
        said.append(judgement)
        kept = judgement.memory
        if flag := judgement.opens:
            rules = frozenset(finding.rule.number for finding in flag.findings)
            reviewed.append(StoredFlag(flag.opened_at, flag.severity, flag.kind, rules, closed_at=now))
    return said, short


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
    return judge_next(kept, CALM[-92:], new, policy, now=now)


def test_two_at_once_are_taken_in_their_order() -> None:
    morning, evening = (Entry(CALM[-1].felt_at + timedelta(hours=hours), 2) for hours in (12, 22))
    assert next_after_calm(evening, morning) == judge(
        [*CALM, morning, evening], LESION, DEFAULT, now=CALM[-1].felt_at + timedelta(days=1)
    )


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
