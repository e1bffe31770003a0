"""What holds for every diary, however long and hostile.

Diaries are made of stretches with a level each, so that most of them do reach a verdict: short random
ones hardly ever would, and everything below would then hold for the wrong reason.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from random import Random

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from clinical.worsening import (
    DEFAULT,
    Bisphosphonate,
    Entry,
    Flag,
    JointContext,
    JointKind,
    Kind,
    Operation,
    OperationKind,
    Order,
    Outlook,
    Review,
    Severity,
    StoredFlag,
    Tick,
    Watch,
    judge,
    say,
)
from clinical.worsening.diary import in_order

START = datetime(2024, 1, 1, 20, tzinfo=UTC)
END = START + timedelta(days=1200)
LESION = JointContext()
CONTEXTS = (
    LESION,
    JointContext(kind=JointKind.NO_LESION),
    JointContext(kind=JointKind.IMPLANT, operations=(Operation(START.date(), OperationKind.ARTHROPLASTY),)),
    JointContext(
        asymptomatic=True,
        clinic_usual=0.0,
        large=True,
        log_interval_days=2,
        operations=(Operation(START.date() + timedelta(days=60), OperationKind.PRESERVING),),
        non_weight_bearing=(Order(START.date() + timedelta(days=60)),),
        bisphosphonates=(Bisphosphonate("alendronate", START.date()),),
    ),
)
long_and_slow = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a seed is nothing that can be made simpler
    suppress_health_check=list(HealthCheck),
)


def diary(seed: int, *, hostile: bool) -> list[Entry]:
    """Up to about 250 entries in stretches of one level; hostile ones hold what should not be there."""
    rng = Random(seed)
    entries: list[Entry] = []
    day = 0.0
    for _ in range(rng.randint(1, 8)):
        level, noise = rng.uniform(0, 9), rng.choice((0.0, 0.5, 1.0, 2.0))
        gap = rng.choice((0.5, 1.0, 1.5, 3.0))
        for _ in range(rng.randint(1, 40)):
            day += gap if rng.random() < 0.9 else rng.choice((0.0, 0.01, 20.0))
            entries.append(_entry(rng, day, round(rng.gauss(level, noise)), hostile=hostile))
        day += rng.choice((0.0, 0.0, 30.0, 120.0))
    return entries


def _entry(rng: Random, day: float, nrs: int, *, hostile: bool) -> Entry:
    felt_at = START + timedelta(days=day)
    number: int | None = min(10, max(0, nrs))
    ticks = frozenset(tick for tick in Tick if rng.random() < (0.05 if hostile else 0.004))
    if not hostile:
        return Entry(felt_at, number, ticks)
    if rng.random() < 0.05:
        number = rng.choice((None, None, -1, 11, 10**30))
    zone = timezone(timedelta(minutes=rng.choice((-720, 0, 0, 0, 840))))
    recorded_at = felt_at + timedelta(hours=rng.choice((0, 0, 1, 80, 2000)))
    levels = (None, None, 0, 1, 3, 99)
    return Entry(felt_at.astimezone(zone), number, ticks, rng.choice(levels), rng.choice(levels), recorded_at)


seeds = st.integers(0, 10**9)
contexts = st.sampled_from(CONTEXTS)


class Clinic(Watch):
    """Lives as a clinic does: each entry when it comes, each flag reviewed after a week, and that written down."""

    def __init__(self, context: JointContext) -> None:
        super().__init__(context, DEFAULT, reviewed_after=timedelta(days=7))
        self.closed: list[StoredFlag] = []

    def review(self, review: Review) -> None:
        flag = self.flag
        assert flag
        known = Flag(flag.opened_at, tuple(f for f in flag.findings if f.known_at <= review.at) or flag.findings)
        rules = frozenset(finding.rule.number for finding in known.findings)
        super().review(Review(review.at, severity=known.severity, kind=known.kind, rules=rules))
        self.closed.append(StoredFlag(known.opened_at, known.severity, known.kind, rules, closed_at=review.at))


def test_the_diaries_reach_every_outlook_and_most_rules() -> None:
    outlooks, rules = set(), set()
    for seed in range(40):
        entries = diary(seed, hostile=True)
        for context in CONTEXTS:
            verdict = judge(entries, context, DEFAULT, now=entries[-1].felt_at).verdict
            outlooks.add(verdict.outlook)
            rules |= {finding.rule.number for finding in verdict.findings}
    for seed in range(40):
        entries = diary(seed, hostile=False)
        verdict = judge(entries, LESION, DEFAULT, now=entries[-1].felt_at).verdict
        outlooks.add(verdict.outlook)
        rules |= {finding.rule.number for finding in verdict.findings}
    assert outlooks == set(Outlook)
    assert rules >= {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 19, 20}


@long_and_slow
@given(seeds, contexts)
def test_a_rule_never_raises_and_says_why(seed: int, context: JointContext) -> None:
    for entries in (diary(seed, hostile=True), diary(seed, hostile=False)):
        judgement = judge(entries, context, DEFAULT, now=END)
        assert say(judgement.verdict.why)
        for finding in judgement.verdict.findings:
            assert say(finding.why)
            assert finding.as_json()["rule"] == finding.rule.number


@long_and_slow
@given(seeds, contexts, st.randoms(use_true_random=False))
@example(seed=357, context=CONTEXTS[1], rng=Random(0))  # one moment as two people wrote it, in two time zones
def test_the_order_in_which_entries_come_does_not_matter(seed: int, context: JointContext, rng: Random) -> None:
    entries = diary(seed, hostile=True)
    shuffled = entries[:]
    rng.shuffle(shuffled)
    assert judge(shuffled, context, DEFAULT, now=END) == judge(entries, context, DEFAULT, now=END)


@long_and_slow
@given(seeds, contexts, st.booleans())
@example(seed=112, context=CONTEXTS[-1], hostile=True)  # two reviews at one moment
@example(seed=372, context=CONTEXTS[-1], hostile=True)  # what a review left open was reviewed too late
def test_following_entry_by_entry_is_judging_the_whole(seed: int, context: JointContext, hostile: bool) -> None:
    entries = sorted(diary(seed, hostile=hostile), key=in_order)
    clinic = Clinic(context)
    for entry in entries:
        clinic.log(entry)
    open_flag = clinic.flag
    judgement = judge(entries, context, DEFAULT, now=entries[-1].felt_at, flags_before=clinic.closed)
    assert judgement.verdict.findings == (open_flag.findings if open_flag else ())
    assert judgement.opens == open_flag


@long_and_slow
@given(seeds, contexts)
def test_more_pain_today_never_clears_worsening(seed: int, context: JointContext) -> None:
    entries = diary(seed, hostile=False)
    now = max(entry.felt_at for entry in entries)
    worse = Entry(now + timedelta(hours=1), 10)
    if judge(entries, context, DEFAULT, now=now).verdict.outlook is Outlook.WORSENING:
        judgement = judge([*entries, worse], context, DEFAULT, now=worse.felt_at)
        assert judgement.verdict.outlook is Outlook.WORSENING


@long_and_slow
@given(seeds, contexts, st.randoms(use_true_random=False))
def test_a_correction_never_closes_a_flag(seed: int, context: JointContext, rng: Random) -> None:
    entries = diary(seed, hostile=False)
    now = max(entry.felt_at for entry in entries)
    flag = judge(entries, context, DEFAULT, now=now).opens
    if flag is None:
        return
    stored = StoredFlag(flag.opened_at, flag.severity, flag.kind, frozenset(f.rule.number for f in flag.findings))
    fewer = [entry for entry in entries if rng.random() < 0.5]
    after = judge(fewer, context, DEFAULT, now=now, flags_before=[stored])
    assert after.opens is None
    if flag.kind is Kind.WORSENING:
        assert after.verdict.outlook is Outlook.WORSENING


@long_and_slow
@given(seeds, contexts)
def test_what_is_recorded_days_late_is_never_red(seed: int, context: JointContext) -> None:
    late = [
        Entry(entry.felt_at, entry.nrs, entry.ticks, recorded_at=entry.felt_at + timedelta(hours=73))
        for entry in diary(seed, hostile=True)
    ]
    findings = judge(late, context, DEFAULT, now=END).verdict.findings
    assert all(finding.severity is not Severity.RED for finding in findings)


@long_and_slow
@given(seeds)
def test_memory_does_not_grow_with_the_diary(seed: int) -> None:
    watch = Watch(LESION, DEFAULT)
    for entry in sorted(diary(seed, hostile=False), key=in_order):
        watch.log(entry)
        assert len({day for day, _ in watch.past.recent}) <= 92


def test_late_entries_end_in_the_flag_that_order_would_have_raised() -> None:
    """Each entry judged as it arrives, in any order, with what is raised kept open: one flag, the same findings."""
    calm = [Entry(START + timedelta(days=day), 2 + day % 2) for day in range(40)]
    worse = [Entry(START + timedelta(days=40 + day), 6) for day in range(10)]
    in_time = judge([*calm, *worse], LESION, DEFAULT, now=END).opens
    assert in_time
    for seed in range(5):
        arriving = [*calm, *worse]
        Random(seed).shuffle(arriving)
        stored: list[StoredFlag] = []
        rules: set[int] = set()
        for count in range(1, len(arriving) + 1):
            judgement = judge(arriving[:count], LESION, DEFAULT, now=END, flags_before=stored)
            found = judgement.opens.findings if judgement.opens else judgement.joins
            rules |= {finding.rule.number for finding in found}
            if judgement.opens:
                assert not stored
            if found:
                opened_at = stored[0].opened_at if stored else found[0].at
                severity = min((*(f.severity for f in found), *(s.severity for s in stored)), key=lambda s: s.rank)
                stored = [StoredFlag(opened_at, severity, rules=frozenset(rules))]
        assert {finding.rule.number for finding in in_time.findings} <= rules
        assert len(stored) == 1
