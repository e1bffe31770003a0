"""What is told and what is held back: pauses after a review, what stays open, one flag for one worsening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from clinical.worsening import DEFAULT, Entry, JointContext, JointKind, Severity, StoredFlag, Tick, judge

START = datetime(2024, 1, 1, 20, tzinfo=UTC)
LESION = JointContext()
FEVER = Entry(START + timedelta(days=100), 5, frozenset({Tick.FEVER}))


def stored(severity: Severity, *, opened_days: int, closed_days: int, rules: frozenset[int]) -> StoredFlag:
    return StoredFlag(
        START + timedelta(days=opened_days), severity, rules=rules, closed_at=START + timedelta(days=closed_days)
    )


@pytest.mark.parametrize(
    ("flag", "opens"),
    [
        pytest.param(stored(Severity.AMBER, opened_days=90, closed_days=99, rules=frozenset({7})), True, id="amber"),
        pytest.param(stored(Severity.RED, opened_days=90, closed_days=98, rules=frozenset({3})), True, id="red before"),
        pytest.param(
            StoredFlag(
                START, Severity.RED, rules=frozenset({3}), closed_at=FEVER.felt_at - timedelta(hours=23)
            ), False, id="the same red yesterday",
        ),
        pytest.param(
            StoredFlag(
                START, Severity.RED, rules=frozenset({4}), closed_at=FEVER.felt_at - timedelta(hours=23)
            ), True, id="another red yesterday",
        ),
    ],
)  # fmt: skip
def test_a_red_rule_speaks_through_every_pause_but_its_own(flag: StoredFlag, opens: bool) -> None:
    judgement = judge([FEVER], LESION, DEFAULT, now=FEVER.felt_at, flags_before=[flag])
    assert bool(judgement.opens) is opens


@pytest.mark.parametrize(("days", "opens"), [(13, False), (15, True)])
def test_amber_is_quiet_for_a_fortnight_after_its_review(days: int, opens: bool) -> None:
    at = START + timedelta(days=100)
    entries = [Entry(at - timedelta(days=2), 3), Entry(at, 4)]
    flag = StoredFlag(START, Severity.AMBER, rules=frozenset({9}), closed_at=at - timedelta(days=days))
    context = JointContext(kind=JointKind.NO_LESION)
    assert bool(judge(entries, context, DEFAULT, now=at, flags_before=[flag]).opens) is opens


def test_a_red_entry_that_came_after_the_review_is_not_closed_by_it() -> None:
    felt_at = START + timedelta(days=50)
    late = Entry(felt_at, 3, frozenset({Tick.CLOT}), recorded_at=felt_at + timedelta(hours=30))
    amber = StoredFlag(
        felt_at - timedelta(days=3), Severity.AMBER, rules=frozenset({20}), closed_at=felt_at + timedelta(hours=20)
    )
    judgement = judge([late], LESION, DEFAULT, now=felt_at + timedelta(days=2), flags_before=[amber])
    assert judgement.opens
    assert judgement.opens.severity is Severity.RED


def test_worsening_4_to_6_to_8_to_6_is_one_flag_joined() -> None:
    levels = [4] * 40 + [6] * 8 + [8] * 8 + [6] * 8
    entries = [Entry(START + timedelta(days=day), nrs) for day, nrs in enumerate(levels)]
    opened: list[datetime] = []
    flags: list[StoredFlag] = []
    for count in range(1, len(entries) + 1):
        judgement = judge(entries[:count], LESION, DEFAULT, now=entries[count - 1].felt_at, flags_before=flags)
        if judgement.opens:
            opened.append(judgement.opens.opened_at)
            rules = frozenset(f.rule.number for f in judgement.opens.findings)
            flags = [StoredFlag(opened[0], judgement.opens.severity, judgement.opens.kind, rules)]
    assert len(opened) == 1
