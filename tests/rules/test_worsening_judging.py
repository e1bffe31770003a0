"""The verdict on a joint in full: what is said of it, from which entries, and what it adds to a flag that is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from clinical.worsening import (
    DEFAULT,
    Entry,
    Finding,
    JointContext,
    JointKind,
    Kind,
    Outcome,
    Outlook,
    Score,
    Severity,
    StoredFlag,
    Tick,
    Verdict,
    judge,
)
from clinical.worsening.diary import By, in_order

START = datetime(2026, 1, 5, 20, tzinfo=UTC)
RED, AMBER, YELLOW = Severity
LESION = JointContext()
NO_LESION = JointContext(kind=JointKind.NO_LESION)
A_MOMENT = timedelta(seconds=1)


def at(day: float) -> datetime:
    return START + timedelta(days=day)


def daily(nrs: int, days: Iterable[float]) -> list[Entry]:
    return [Entry(at(day), nrs) for day in days]


def verdict(entries: list[Entry], now: datetime, *flags: StoredFlag, joint: JointContext = LESION) -> Verdict:
    return judge(entries, joint, DEFAULT, now=now, flags_before=flags).verdict


def said(verdict: Verdict) -> tuple[Outlook, str, dict[str, object]]:
    return verdict.outlook, verdict.why.code, dict(verdict.why.params)


def rules(findings: Iterable[Finding]) -> list[tuple[int, Severity]]:
    return [(finding.rule.number, finding.severity) for finding in findings]


CALM = daily(2, range(20))
NOT_KNOWN = (Outlook.NOT_KNOWN, "no_recent", {"days": 14})


@pytest.mark.parametrize(
    ("entries", "now", "expected"),
    [
        pytest.param([], at(0), NOT_KNOWN, id="nothing"),
        pytest.param(CALM, at(19), (Outlook.STEADY, "steady", {"usual": 2, "days": 14}), id="steady"),
        pytest.param(CALM, at(33), (Outlook.STEADY, "steady", {"usual": 2, "days": 14}), id="14 days later"),
        pytest.param(CALM, at(34), NOT_KNOWN, id="15 days later"),
        pytest.param(CALM[:5], at(4), (Outlook.STEADY, "steady", {"usual": 2, "days": 14}), id="five days"),
        pytest.param(CALM[:4], at(3), (Outlook.NOT_KNOWN, "no_usual", {"days": 4, "needed": 5}), id="four days"),
        pytest.param([Entry(at(0))], at(0), (Outlook.NOT_KNOWN, "no_usual", {"days": 0, "needed": 5}), id="no number"),
        pytest.param([*daily(2, range(5)), *daily(3, range(5, 12))], at(11),
                     (Outlook.STEADY, "steady", {"usual": 3, "days": 14}), id="usual is rounded"),
    ],
)  # fmt: skip
def test_what_is_said_where_nothing_is_found(
    entries: list[Entry], now: datetime, expected: tuple[Outlook, str, dict[str, object]]
) -> None:
    assert said(verdict(entries, now)) == expected


def test_a_verdict_in_full() -> None:
    steady = verdict(CALM, at(19))
    assert steady == Verdict(Outlook.STEADY, steady.why, 2.0, 20, 2.0, back_to_usual=True, findings=())
    young = verdict(CALM[:4], at(3))
    assert young == Verdict(Outlook.NOT_KNOWN, young.why, None, 4, 2.0, back_to_usual=False, findings=())
    empty = verdict([], at(0))
    assert empty == Verdict(Outlook.NOT_KNOWN, empty.why, None, 0, None, back_to_usual=False, findings=())


OPEN = StoredFlag(at(3), AMBER, Kind.WORSENING, frozenset({20}))


def test_an_open_flag_is_said_even_where_the_diary_no_longer_shows_why() -> None:
    assert said(verdict(CALM, at(19), OPEN)) == (Outlook.WORSENING, "open_flag", {})
    assert said(verdict([], at(99), OPEN)) == (Outlook.WORSENING, "open_flag", {})


@pytest.mark.parametrize("kind", [Kind.LEVEL, Kind.SILENCE])
def test_a_level_or_silence_that_is_open_is_no_worsening(kind: Kind) -> None:
    assert verdict(CALM, at(19), replace(OPEN, kind=kind)).outlook is Outlook.STEADY


def test_the_worst_is_said() -> None:
    asked = Entry(at(0), 2, frozenset({Tick.WANTS_REVIEW}))
    clot = Entry(at(1), 2, frozenset({Tick.CLOT}))
    again = Entry(at(2), 7, frozenset({Tick.INJURY}))
    found = verdict([asked, clot, again], at(2))
    assert rules(found.findings) == [(20, AMBER), (4, RED), (2, RED)]
    assert found.why == found.findings[1].why


@pytest.mark.parametrize(
    ("entries", "now", "back"),
    [
        pytest.param([*CALM, *daily(3, range(20, 27))], at(26), True, id="a week at most 1 above"),
        pytest.param([*CALM, Entry(at(20), 4), *daily(3, range(21, 27))], at(26), False, id="2 above six days ago"),
        pytest.param([*CALM, Entry(at(20), 4), *daily(3, range(21, 27))], at(27), True, id="2 above a week ago"),
        pytest.param([*CALM, Entry(at(20), 2, frozenset({Tick.WANTS_REVIEW})), *daily(3, range(21, 27))], at(26), True,
                     id="1 above, to the point, as nothing is learnt while a flag is open"),
        pytest.param(CALM, at(24), True, id="two days with an entry"),
        pytest.param(CALM, at(25), False, id="one day with an entry"),
        pytest.param(CALM, at(60), False, id="no entry"),
        pytest.param(CALM[:4], at(3), False, id="no usual level"),
    ],
)  # fmt: skip
def test_back_to_usual(entries: list[Entry], now: datetime, back: bool) -> None:
    assert verdict(entries, now).back_to_usual is back


def test_an_entry_of_a_clock_that_is_ten_minutes_ahead_counts_and_a_later_one_waits() -> None:
    ahead = Entry(at(0), 5, frozenset({Tick.CLOT}))
    assert judge([ahead], LESION, DEFAULT, now=at(0) - timedelta(minutes=10)).opens
    assert not judge([ahead], LESION, DEFAULT, now=at(0) - timedelta(minutes=10, seconds=1)).opens


ASKS = Entry(at(10), 3, frozenset({Tick.WANTS_REVIEW}))
CLOT = Entry(at(10), 3, frozenset({Tick.CLOT}))


@pytest.mark.parametrize(
    ("stored", "joins"),
    [
        pytest.param(replace(OPEN, rules=frozenset({1})), [(20, AMBER), (4, RED)], id="neither is in it"),
        pytest.param(OPEN, [(4, RED)], id="one is in it"),
        pytest.param(replace(OPEN, rules=frozenset({4, 20})), [(4, RED)], id="in it, and now more severe"),
        pytest.param(replace(OPEN, severity=RED, rules=frozenset({4, 20})), [], id="all is in it"),
        pytest.param(replace(OPEN, severity=YELLOW, rules=frozenset({4, 20})), [(20, AMBER), (4, RED)], id="worse"),
    ],
)
def test_what_a_flag_that_is_open_does_not_have_yet_joins_it(
    stored: StoredFlag, joins: list[tuple[int, Severity]]
) -> None:
    judgement = judge([ASKS, replace(CLOT, felt_at=at(11))], LESION, DEFAULT, now=at(11), flags_before=[stored])
    assert judgement.opens is None
    assert rules(judgement.joins) == joins
    assert judgement.verdict == verdict([ASKS, replace(CLOT, felt_at=at(11))], at(11), stored)
    assert judgement.verdict.outlook is Outlook.WORSENING


def test_without_an_open_flag_one_is_opened_by_all_that_was_found() -> None:
    closed = replace(OPEN, closed_at=at(5))
    judgement = judge([ASKS, replace(CLOT, felt_at=at(11))], LESION, DEFAULT, now=at(11), flags_before=[closed])
    assert judgement.opens
    assert (judgement.opens.opened_at, judgement.opens.severity) == (at(10), RED)
    assert rules(judgement.opens.findings) == [(20, AMBER), (4, RED)]
    assert judgement.joins == ()


def closed(on: datetime, **changes: object) -> StoredFlag:
    return replace(OPEN, closed_at=on, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("closed_at", "opens"),
    [(ASKS.felt_at - A_MOMENT, False), (ASKS.felt_at, False), (ASKS.felt_at + A_MOMENT, False), (at(1), True)],
)
def test_a_review_of_the_same_moment_comes_before_the_entry(closed_at: datetime, opens: bool) -> None:
    """Rule 20 is quiet for a day after its review, and what was there before the review is closed by it."""
    assert bool(judge([ASKS], LESION, DEFAULT, now=at(12), flags_before=[closed(closed_at)]).opens) is opens


def test_what_is_more_severe_than_the_flag_that_was_closed_at_its_moment_is_told() -> None:
    assert judge([CLOT], LESION, DEFAULT, now=at(12), flags_before=[closed(CLOT.felt_at)]).opens


def test_every_review_after_the_last_entry_counts() -> None:
    dropped = JointContext(scores=(Score("ohs", 40, at(0)), Score("ohs", 20, at(40))))
    reviews = [closed(at(20)), closed(at(45), rules=frozenset({14}))]
    assert judge([ASKS], dropped, DEFAULT, now=at(50), flags_before=reviews[:1]).opens
    assert not judge([ASKS], dropped, DEFAULT, now=at(50), flags_before=reviews).opens


def test_a_review_after_the_last_entry_closes_what_was_found() -> None:
    assert not judge([ASKS], LESION, DEFAULT, now=at(30), flags_before=[closed(at(20))]).opens
    assert judge(
        [ASKS, replace(ASKS, felt_at=at(25))], LESION, DEFAULT, now=at(30), flags_before=[closed(at(20))]
    ).opens


def test_silence_until_a_review_is_closed_by_it() -> None:
    weekly = JointContext(large=True, log_interval_days=7)
    silent = StoredFlag(at(21), YELLOW, Kind.SILENCE, frozenset({16}), closed_at=at(30))
    assert judge([Entry(at(0), 2)], weekly, DEFAULT, now=at(40)).opens
    assert not judge([Entry(at(0), 2)], weekly, DEFAULT, now=at(40), flags_before=[silent]).opens


TWO = [Entry(at(40), 3), Entry(at(41), 3)]


def test_reviews_count_in_the_order_of_their_time_whatever_order_they_are_given_in() -> None:
    """The last word on snoozing is the last review's."""
    snooze = closed(at(20), outcome=Outcome.SNOOZE, snoozed_to=at(60), rules=frozenset({9}))
    keep = closed(at(22), outcome=Outcome.KEEP, rules=frozenset({9}))
    for flags, opens in (((snooze, keep), True), ((replace(snooze, closed_at=at(23)), keep), False)):
        for given in permutations(flags):
            assert bool(judge(TWO, NO_LESION, DEFAULT, now=at(41), flags_before=given).opens) is opens


def test_reviews_of_one_moment_count_in_one_order() -> None:
    flags = [
        closed(at(20), outcome=Outcome.SNOOZE, snoozed_to=at(60)),
        closed(at(20), outcome=Outcome.KEEP),
        closed(at(20), severity=RED),
        closed(at(20), kind=Kind.LEVEL, outcome=Outcome.SNOOZE, snoozed_to=at(60)),
        closed(at(20), rules=frozenset({7})),
        closed(at(20), snoozed_to=at(60)),
    ]
    for pair in permutations(flags, 2):
        one, other = (judge(TWO, NO_LESION, DEFAULT, now=at(41), flags_before=given) for given in (pair, pair[::-1]))
        assert one == other


def test_a_diary_has_one_order() -> None:
    """By what was felt, then recorded; then what is not said comes before what is, and less before more."""
    entries = [
        Entry(at(0)),
        Entry(at(0), key="a"),
        Entry(at(0), by=By.STAFF),
        Entry(at(0), distance=0),
        Entry(at(0), distance=1),
        Entry(at(0), aid=0),
        Entry(at(0), aid=0, distance=0),
        Entry(at(0), aid=1),
        Entry(at(0), ticks=frozenset({Tick.FEVER})),
        Entry(at(0), ticks=frozenset({Tick.FEVER, Tick.INJURY})),
        Entry(at(0), -1),
        Entry(at(0), 0),
        Entry(at(0), 0, frozenset({Tick.FEVER})),
        Entry(at(0), 1),
        Entry(at(0), recorded_at=at(2)),
        Entry(at(1)),
    ]
    backwards = list(reversed(entries))
    assert sorted(backwards, key=in_order) == entries
