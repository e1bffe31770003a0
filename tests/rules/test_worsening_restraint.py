"""What is told and what is held back: pauses after a review, what stays open, one flag for one worsening."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clinical.worsening import (
    DEFAULT,
    Bisphosphonate,
    Entry,
    Finding,
    JointContext,
    JointKind,
    Kind,
    Outcome,
    Review,
    Score,
    Severity,
    StoredFlag,
    Tick,
    Watch,
    judge,
    say,
)

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


# Findings of each severity to the second: entries with a box, and scores that dropped.

CLOSED = datetime(2024, 6, 1, 12, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)
RED, AMBER, YELLOW = Severity
HOURS_24, DAYS_14, DAYS_28 = timedelta(hours=24), timedelta(days=14), timedelta(days=28)


def ticked(at: datetime, *ticks: Tick, nrs: int | None = None) -> Entry:
    return Entry(at, nrs, frozenset(ticks))


def dropped(at: datetime, by: float) -> JointContext:
    return JointContext(scores=(Score("ohs", 40, START), Score("ohs", 40 - by, at)))


def flag_of(severity: Severity, *rules: int, kind: Kind = Kind.WORSENING, **changes: object) -> StoredFlag:
    flag = StoredFlag(CLOSED - timedelta(days=3), severity, kind, frozenset(rules), closed_at=CLOSED)
    return replace(flag, **changes)  # type: ignore[arg-type]


def opens(flag: StoredFlag, found: Severity, at: datetime) -> bool:
    """Whether a finding of this severity at this moment opens a flag after that one was closed."""
    entries = [ticked(at, Tick.CLOT)] if found is RED else []
    joint = LESION if found is RED else dropped(at, 8 if found is AMBER else 5)
    return bool(judge(entries, joint, DEFAULT, now=at, flags_before=[flag]).opens)


@pytest.mark.parametrize(
    ("flag", "found", "quiet"),
    [
        pytest.param(flag_of(RED, 4), RED, HOURS_24, id="the same red"),
        pytest.param(flag_of(RED, 3), AMBER, HOURS_24, id="amber after red"),
        pytest.param(flag_of(RED, 3), YELLOW, HOURS_24, id="yellow after red"),
        pytest.param(flag_of(AMBER, 7), AMBER, DAYS_14, id="amber after amber"),
        pytest.param(flag_of(AMBER, 7), YELLOW, DAYS_14, id="yellow after amber"),
        pytest.param(flag_of(YELLOW, 13), YELLOW, DAYS_28, id="yellow after yellow"),
        pytest.param(flag_of(YELLOW, 13, outcome=Outcome.SNOOZE, snoozed_to=CLOSED + DAYS_14), AMBER, DAYS_14,
                     id="amber while snoozed"),
        pytest.param(flag_of(AMBER, 7, outcome=Outcome.SNOOZE, snoozed_to=CLOSED + DAYS_28), YELLOW, DAYS_28,
                     id="snoozed for longer"),
    ],
)  # fmt: skip
def test_a_pause_ends_to_the_second(flag: StoredFlag, found: Severity, quiet: timedelta) -> None:
    assert not opens(flag, found, CLOSED + A_SECOND)
    assert not opens(flag, found, CLOSED + quiet - A_SECOND)
    assert opens(flag, found, CLOSED + quiet)


@pytest.mark.parametrize(
    ("flag", "found"),
    [
        pytest.param(flag_of(RED, 3), RED, id="another red"),
        pytest.param(flag_of(AMBER, 4), RED, id="red after amber, though its rule was in it"),
        pytest.param(flag_of(YELLOW, 13), AMBER, id="amber after yellow"),
        pytest.param(flag_of(YELLOW, 15, kind=Kind.LEVEL), YELLOW, id="a worsening after a level"),
        pytest.param(flag_of(YELLOW, 16, kind=Kind.SILENCE), YELLOW, id="a worsening after silence"),
        pytest.param(flag_of(AMBER, 7, outcome=Outcome.SNOOZE, snoozed_to=CLOSED + DAYS_28), RED, id="red, snoozed"),
        pytest.param(flag_of(YELLOW, 13, outcome=Outcome.KEEP, snoozed_to=CLOSED + DAYS_28), AMBER, id="kept"),
    ],
)
def test_no_pause_for_what_is_worse_or_of_another_kind(flag: StoredFlag, found: Severity) -> None:
    assert opens(flag, found, CLOSED + A_SECOND)


@pytest.mark.parametrize(("tick", "rule"), [(Tick.WANTS_REVIEW, 20), (Tick.JAW, 19)])
def test_what_asks_for_a_person_is_quiet_for_a_day_after_its_own_review_only(tick: Tick, rule: int) -> None:
    joint = JointContext(bisphosphonates=(Bisphosphonate("alendronate", START.date()),))
    snoozed = flag_of(RED, 4, outcome=Outcome.SNOOZE, snoozed_to=CLOSED + DAYS_28)
    for flag, later, told in (
        (flag_of(AMBER, rule), HOURS_24 - A_SECOND, False),
        (flag_of(AMBER, rule), HOURS_24, True),
        (flag_of(AMBER, 7), A_SECOND, True),
        (snoozed, A_SECOND, True),
    ):
        at = CLOSED + later
        assert bool(judge([ticked(at, tick)], joint, DEFAULT, now=at, flags_before=[flag]).opens) is told


def test_each_severity_that_was_closed_has_its_own_pause() -> None:
    """Red for a day and amber for a fortnight, in one flag: a yellow finding waits for the longer."""
    watch = Watch(dropped(CLOSED + timedelta(days=13), 5), DEFAULT)
    for entry in (ticked(CLOSED - A_SECOND, Tick.WANTS_REVIEW), ticked(CLOSED - A_SECOND, Tick.CLOT)):
        watch.log(entry)
    watch.review(Review(CLOSED))
    assert watch.until(CLOSED + timedelta(days=20)) == []


def rules(findings: Iterable[Finding]) -> list[int]:
    return [finding.rule.number for finding in findings]


def test_who_is_told_what() -> None:
    """What opens a flag, and the first of another kind in it; the rest joins in silence."""
    watch = Watch(JointContext(log_interval_days=7), DEFAULT)
    assert rules(watch.log(ticked(START, Tick.WANTS_REVIEW, nrs=8))) == [20]
    assert rules(watch.log(ticked(START + timedelta(days=1), Tick.WANTS_REVIEW, nrs=8))) == []
    assert rules(watch.log(ticked(START + timedelta(days=2), Tick.CLOT, nrs=8))) == []
    assert rules(watch.log(ticked(START + timedelta(days=3), nrs=8))) == [15]
    assert rules(watch.log(ticked(START + timedelta(days=4), nrs=9))) == []
    last = START + timedelta(days=4)
    assert rules(watch.until(last + timedelta(days=21))) == []
    assert rules(watch.until(last + timedelta(days=21) + A_SECOND)) == [16]
    assert rules(watch.until(last + timedelta(days=50))) == []
    assert watch.flag
    assert (watch.flag.opened_at, rules(watch.flag.findings)) == (START, [20, 4, 15, 16])


def test_what_gets_more_severe_joins_again() -> None:
    steps = (Score("ohs", 40, START), Score("ohs", 35, CLOSED), Score("ohs", 25, CLOSED + A_SECOND))
    again = (Score("ohs", 15, CLOSED + 2 * A_SECOND), Score("ohs", 10, CLOSED + 3 * A_SECOND))
    watch = Watch(JointContext(scores=(*steps, *again)), DEFAULT)
    assert rules(watch.until(CLOSED + DAYS_14)) == [14]
    assert [finding.severity for finding in watch.findings] == [YELLOW, AMBER]
    watch.review(Review(CLOSED + DAYS_14))
    assert watch.flag is None
    assert watch.findings == []


def test_a_level_is_told_once_for_a_joint() -> None:
    watch = Watch(LESION, DEFAULT)
    told = [watch.log(Entry(START + timedelta(days=day), 8)) for day in range(6)]
    assert list(map(rules, told)) == [[], [], [], [15], [], []]
    watch.review(Review(START + timedelta(days=6)))
    assert [rules(watch.log(Entry(START + timedelta(days=60 + day), 8))) for day in range(6)] == [[]] * 6


@pytest.mark.parametrize(
    ("joint", "before", "told"),
    [
        pytest.param(JointContext(log_interval_days=7, large=True), None, [16], id="large"),
        pytest.param(JointContext(log_interval_days=7), None, [], id="neither large nor anything open"),
        pytest.param(JointContext(log_interval_days=7, flag_open=True), None, [16], id="a flag is open elsewhere"),
        pytest.param(JointContext(log_interval_days=7), Tick.WANTS_REVIEW, [16], id="amber is open"),
        pytest.param(JointContext(log_interval_days=7), Tick.CLOT, [16], id="red is open"),
        pytest.param(JointContext(log_interval_days=7, bisphosphonates=(Bisphosphonate("x", START.date()),)), Tick.JAW,
                     [], id="yellow is open"),
        pytest.param(JointContext(kind=JointKind.NO_LESION, log_interval_days=7, large=True), None, [],
                     id="no lesion"),
        pytest.param(JointContext(large=True), None, [], id="nobody is expected to log"),
    ],
)  # fmt: skip
def test_16_whose_silence_matters(joint: JointContext, before: Tick | None, told: list[int]) -> None:
    watch = Watch(joint, DEFAULT)
    watch.log(ticked(START, *([before] if before else [])))
    found = watch.until(START + timedelta(days=21) + A_SECOND)
    assert rules(found) == told
    for finding in found:
        assert (finding.severity, finding.kind, finding.at) == (YELLOW, Kind.SILENCE, START + timedelta(days=21))
        assert say(finding.why) == "No entry since 1 January; one was expected every 7 days."
        assert say(finding.clears) == "A new entry, or a word with the patient."
        assert finding.thresholds == {"quiet_intervals": 3, "quiet_answer_days": 3}


def test_16_is_told_again_after_the_next_entry_and_not_before_the_first() -> None:
    watch = Watch(JointContext(log_interval_days=7, large=True), DEFAULT)
    assert watch.until(START) == []
    watch.log(Entry(START, 2))
    assert rules(watch.log(Entry(START + timedelta(days=30), 2))) == [16]
    watch.review(Review(START + timedelta(days=31)))
    assert watch.until(START + timedelta(days=30 + 21)) == []
    assert watch.until(START + timedelta(days=30 + 22)) == []  # within 28 days of the review of the first
    assert watch.until(START + timedelta(days=80)) == []  # nor ever again without an entry
    watch.log(Entry(START + timedelta(days=81), 2))
    assert rules(watch.until(START + timedelta(days=110))) == [16]


@pytest.mark.parametrize(
    ("known_after", "closed_as", "kept"),
    [
        pytest.param(A_SECOND, AMBER, [4], id="recorded after the review, more severe"),
        pytest.param(timedelta(0), AMBER, [], id="recorded at the review"),
        pytest.param(A_SECOND, RED, [], id="as severe as what was closed"),
        pytest.param(A_SECOND, None, [], id="severity as found"),
    ],
)
def test_what_a_review_leaves_open(known_after: timedelta, closed_as: Severity | None, kept: list[int]) -> None:
    watch = Watch(LESION, DEFAULT)
    watch.log(ticked(CLOSED - HOURS_24, Tick.WANTS_REVIEW))
    watch.log(replace(ticked(CLOSED - HOURS_24, Tick.CLOT), recorded_at=CLOSED + known_after))
    watch.review(Review(CLOSED, severity=closed_as))
    assert rules(watch.findings) == kept
    assert watch.opened_at == (CLOSED if kept else None)
    again = watch.log(ticked(CLOSED + timedelta(minutes=1), Tick.CLOT))
    assert again == []  # it is open already, or it is quiet for a day
    assert rules(watch.log(ticked(CLOSED + HOURS_24, Tick.CLOT))) == ([] if kept else [4])


def test_a_review_of_nothing_changes_nothing() -> None:
    watch = Watch(LESION, DEFAULT)
    watch.review(Review(CLOSED, Outcome.SNOOZE, snoozed_to=CLOSED + DAYS_28))
    assert rules(watch.log(ticked(CLOSED + A_SECOND, Tick.CLOT))) == [4]


@pytest.mark.parametrize(("later", "told"), [(timedelta(days=7) - A_SECOND, []), (timedelta(days=7), [4])])
def test_where_nobody_reviews_a_flag_counts_as_reviewed_in_its_time(later: timedelta, told: list[int]) -> None:
    policy = replace(DEFAULT, red_cooldown_hours=0)
    watch = Watch(LESION, policy, reviewed_after=timedelta(days=7))
    assert rules(watch.log(ticked(START, Tick.CLOT))) == [4]
    assert rules(watch.log(ticked(START + later, Tick.CLOT))) == told


CALM_AND_WORSE = [
    *(Entry(START + timedelta(days=day), 2) for day in range(30)),
    *(Entry(START + timedelta(days=30 + day), 6) for day in range(8)),
]


@pytest.mark.parametrize(
    ("outcome", "usual"), [(Outcome.REBASELINE, 4.72), (Outcome.KEEP, 2.15), (Outcome.SNOOZE, 2.15)]
)
def test_a_review_says_what_is_usual_from_now_on(outcome: Outcome, usual: float) -> None:
    """Pain was 6 on eight days: two thirds of the rise are taken up at once."""
    watch = Watch(LESION, DEFAULT)
    for entry in CALM_AND_WORSE:
        watch.log(entry)
    assert rules(watch.findings) == [7]
    standing = watch.past.standing
    assert standing
    assert standing.evidence > standing.needed
    watch.review(Review(CALM_AND_WORSE[-1].felt_at, outcome))
    assert watch.past.known_usual() == pytest.approx(usual, abs=0.01)
    assert watch.past.standing
    assert watch.past.standing.evidence < 0


def test_a_review_of_what_says_nothing_of_the_level_leaves_it() -> None:
    watch = Watch(LESION, DEFAULT)
    for entry in [*CALM_AND_WORSE[:33], ticked(CALM_AND_WORSE[32].felt_at, Tick.WANTS_REVIEW)]:
        watch.log(entry)
    before = watch.past.standing
    watch.review(Review(CALM_AND_WORSE[33].felt_at))
    assert watch.past.standing == before


def test_the_usual_level_stands_still_only_while_a_worsening_is_open_and_it_is_known() -> None:
    def usual_after(first: Entry | None, days: int) -> float | None:
        watch = Watch(LESION, DEFAULT)
        for day in range(days):
            watch.log(Entry(START + timedelta(days=day), 2))
        if first:
            watch.log(first)
        for day in range(6):
            watch.log(Entry(START + timedelta(days=days + 1 + day), 3))
        return watch.past.known_usual()

    at = START + timedelta(days=20)
    assert usual_after(ticked(at, Tick.WANTS_REVIEW), 20) == 2.0
    assert usual_after(None, 20) != 2.0
    young = usual_after(ticked(START + timedelta(days=2), Tick.WANTS_REVIEW), 2)
    assert young is not None
    assert young > 2.0


def test_facts_are_told_when_their_time_has_come() -> None:
    steps = (Score("ohs", 40, START), Score("ohs", 35, CLOSED), Score("ohs", 25, CLOSED + DAYS_14))
    watch = Watch(JointContext(scores=steps), DEFAULT)
    assert rules(watch.until(CLOSED - A_SECOND)) == []
    assert rules(watch.until(CLOSED)) == [14]
    watch.log(Entry(CLOSED + DAYS_14 - A_SECOND, 2))
    assert len(watch.findings) == 1
    watch.log(Entry(CLOSED + DAYS_14, 2))
    assert [finding.severity for finding in watch.findings] == [YELLOW, AMBER]


def test_a_pause_outlasts_the_review_of_another_flag() -> None:
    level = flag_of(YELLOW, 15, kind=Kind.LEVEL, closed_at=CLOSED + timedelta(days=1))
    at = CLOSED + timedelta(days=2)
    assert not judge([], dropped(at, 5), DEFAULT, now=at, flags_before=[flag_of(AMBER, 7), level]).opens


def test_where_nobody_reviews_what_comes_within_the_week_joins() -> None:
    watch = Watch(LESION, DEFAULT, reviewed_after=timedelta(days=7))
    assert rules(watch.log(ticked(START, Tick.CLOT))) == [4]
    assert rules(watch.log(ticked(START + timedelta(days=6), Tick.FEVER, nrs=5))) == []
    assert rules(watch.findings) == [4, 3]


@pytest.mark.parametrize(("days", "told"), [(20, []), (21, [14])])
def test_where_nobody_reviews_the_pause_begins_after_a_week(days: int, told: list[int]) -> None:
    first, second = START + timedelta(days=1), START + timedelta(days=1 + days)
    steps = (Score("ohs", 40, START), Score("ohs", 30, first), Score("ohs", 20, second))
    watch = Watch(JointContext(scores=steps), DEFAULT, reviewed_after=timedelta(days=7))
    assert rules(watch.until(first)) == [14]
    assert rules(watch.until(second)) == told


def test_16_silence_does_not_matter_once_the_flag_has_had_its_week() -> None:
    joint = JointContext(log_interval_days=7)
    for reviewed_after, told in ((timedelta(days=7), []), (timedelta(days=22), [16])):
        watch = Watch(joint, DEFAULT, reviewed_after=reviewed_after)
        watch.log(ticked(START, Tick.WANTS_REVIEW))
        assert rules(watch.until(START + timedelta(days=21) + A_SECOND)) == told


@pytest.mark.parametrize("days", [20, 21, 25])
def test_16_waits_for_an_answer_that_was_asked_for(days: int) -> None:
    due = START + timedelta(days=max(21, days))
    watch = Watch(JointContext(log_interval_days=7, large=True, answer_by=START + timedelta(days=days)), DEFAULT)
    watch.log(Entry(START, 2))
    assert watch.until(due) == []
    assert [finding.at for finding in watch.until(due + A_SECOND)] == [due]
