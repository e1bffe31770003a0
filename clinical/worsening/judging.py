"""The verdict on one joint from all its entries, whatever order they came in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clinical.worsening import memory
from clinical.worsening.diary import Entry, JointContext, in_order
from clinical.worsening.findings import Finding, Flag, Kind, Outlook, StoredFlag, Verdict
from clinical.worsening.policy import Policy
from clinical.worsening.watch import Review, Watch
from clinical.worsening.words import Reason

AHEAD = timedelta(minutes=10)  # a phone's clock may be so far ahead; later entries wait for their time


@dataclass(frozen=True, slots=True)
class Judgement:
    """`opens` is a flag to store. `joins` are findings for the flag that is open, which it does not have yet.

    `memory` lets `judge_next` go on from here; None where the whole diary is needed again.
    """

    verdict: Verdict
    opens: Flag | None
    joins: tuple[Finding, ...]
    memory: dict[str, Any] | None


def judge(
    entries: Iterable[Entry],
    context: JointContext,
    policy: Policy,
    *,
    now: datetime,
    flags_before: Collection[StoredFlag] = (),
) -> Judgement:
    """A function of the set of entries. It never closes a flag: `flags_before` that are open stay so.

    The diary is gone through again from its beginning, with the reviews where they happened, so an
    entry that comes late is judged for its own time and as if it had come in order.
    """
    watch = Watch(context, policy)
    for event in _in_time(entries, flags_before, now):
        if isinstance(event, Review):
            watch.until(event.at)
            watch.review(event)
        else:
            watch.log(event)
    watch.until(now)
    stored = next((flag for flag in flags_before if flag.closed_at is None), None)
    derived = watch.flag
    verdict = _verdict(watch, stored, now)
    if stored is None:
        return Judgement(verdict, opens=derived, joins=(), memory=memory.kept(watch))
    joins = tuple(f for f in derived.findings if _is_new(f, stored)) if derived else ()
    return Judgement(verdict, opens=None, joins=joins, memory=None)


@dataclass(frozen=True, slots=True)
class Next:
    """What `judge` would say of `opens` and `memory`."""

    opens: Flag | None
    memory: dict[str, Any] | None


def judge_next(
    kept: dict[str, Any],
    recent: Callable[[], Iterable[Entry]],
    new: Sequence[Entry],
    policy: Policy,
    *,
    now: datetime,
) -> Next | None:
    """Go on where `kept` was learnt, with what is `new`. None where it takes the whole diary to say: it was learnt with
    other thresholds, or what is new is not later than all the rest.

    `recent` gives the diary's entries of `memory.learnt_between`; it is called only if a rule looks back at them, which
    it seldom does.
    """
    if not memory.fits(kept, policy):
        return None
    last, new = memory.last_of(kept), sorted(new, key=in_order)
    if not all(last < entry.felt_at <= now + AHEAD for entry in new):
        return None
    watch = memory.resumed(kept, lambda: sorted(recent(), key=in_order), policy)
    for entry in new:
        watch.log(entry)
    watch.until(now)
    return Next(opens=watch.flag, memory=memory.kept(watch))


def _is_new(finding: Finding, stored: StoredFlag) -> bool:
    return finding.rule.number not in stored.rules or finding.severity.rank < stored.severity.rank


def _in_time(entries: Iterable[Entry], flags_before: Iterable[StoredFlag], now: datetime) -> Iterator[Entry | Review]:
    reviews = [
        Review(flag.closed_at, flag.outcome, flag.snoozed_to, flag.severity, flag.kind, flag.rules)
        for flag in flags_before
        if flag.closed_at is not None
    ]
    reviews.sort(key=lambda review: (review.at, review.severity, review.kind, review.outcome, sorted(review.rules)))
    waiting = iter(reviews)
    review = next(waiting, None)
    for entry in sorted((entry for entry in entries if entry.felt_at <= now + AHEAD), key=in_order):
        while review is not None and review.at <= entry.felt_at:
            yield review
            review = next(waiting, None)
        yield entry
    while review is not None:
        yield review
        review = next(waiting, None)


def _verdict(watch: Watch, stored: StoredFlag | None, now: datetime) -> Verdict:
    past, policy = watch.past, watch.policy
    usual = past.known_usual()
    days = round(past.standing.weight) if past.standing else 0
    findings = tuple(watch.findings)
    open_kinds = {finding.kind for finding in findings} | ({stored.kind} if stored else set())
    if Kind.WORSENING in open_kinds:
        worst = min(findings, key=lambda finding: finding.severity.rank, default=None)
        outlook, why = Outlook.WORSENING, worst.why if worst else Reason("open_flag")
    elif past.day < now.toordinal() - policy.verdict_days:
        outlook, why = Outlook.NOT_KNOWN, Reason("no_recent", {"days": policy.verdict_days})
    elif usual is None:
        outlook, why = Outlook.NOT_KNOWN, Reason("no_usual", {"days": days, "needed": policy.usual_entries})
    else:
        outlook, why = Outlook.STEADY, Reason("steady", {"usual": round(usual), "days": policy.verdict_days})
    recent = past.recent_level(now.toordinal())
    return Verdict(outlook, why, usual, days, recent, _back_to_usual(watch, now), findings)


def _back_to_usual(watch: Watch, now: datetime) -> bool:
    """What would let a reviewer close rules 7 and 13: a week of entries, none of them up."""
    usual, policy = watch.past.known_usual(), watch.policy
    numbers = watch.past.numbers(now.toordinal() - policy.recent_days + 1, now.toordinal())
    highest = [max(of_day) for of_day in numbers.values()]
    return usual is not None and len(highest) >= 2 and max(highest) <= usual + policy.still_up
