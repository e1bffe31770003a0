"""One joint watched over time: entries, facts and reviews go in, in order; findings worth telling come out.

The rules say what they see; here it is decided whether anyone is told. At most one flag is open; what
is found while it is open joins it. After a review there is a pause. The cost of an entry does not
depend on how long the diary is.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from clinical.worsening import facts
from clinical.worsening.diary import Entry, JointContext, JointKind
from clinical.worsening.findings import Finding, Flag, Kind, Outcome, Rule, Severity
from clinical.worsening.past import Past
from clinical.worsening.policy import Policy
from clinical.worsening.rules import found, speak
from clinical.worsening.words import Reason

SILENCE = Rule(16, "gone quiet", 1, Severity.YELLOW, Kind.SILENCE)
NEVER_PAUSED = frozenset({19, 20})  # ticks that ask for a person; red is only paused by red
NOTHING_SPOKEN: frozenset[int] = frozenset()


class Review(NamedTuple):
    """A person closed a flag."""

    at: datetime
    outcome: Outcome = Outcome.REBASELINE
    snoozed_to: datetime | None = None
    severity: Severity | None = None  # of the flag as stored; None: as found here
    kind: Kind | None = None
    rules: frozenset[int] = NOTHING_SPOKEN


class Pause(NamedTuple):
    kind: Kind
    severity: Severity
    until: datetime
    rules: frozenset[int]  # of the flag that was closed


class Watch:
    """Feed it in the order of time: `log`, `review`, and `until` for the silence at the end.

    `reviewed_after`: nobody reviews, each flag counts as reviewed so long after it opened.
    """

    __slots__ = (
        "_facts", "_pauses", "_silence_told", "_snoozed_to", "_spoken", "_tick_pauses",
        "context", "findings", "last", "opened_at", "past", "policy", "reviewed_after",
    )  # fmt: skip

    def __init__(self, context: JointContext, policy: Policy, *, reviewed_after: timedelta | None = None) -> None:
        self.context = context
        self.policy = policy
        self.reviewed_after = reviewed_after
        self.past = Past(context, policy)
        self.opened_at: datetime | None = None
        self.findings: list[Finding] = []  # of the open flag
        self._spoken: set[int] = set()
        self._pauses: list[Pause] = []
        self._tick_pauses: dict[int, datetime] = {}
        self._snoozed_to: datetime | None = None
        self._facts = facts.findings(context, policy)[::-1]  # the next one last
        self.last: datetime | None = None
        self._silence_told = False

    @property
    def flag(self) -> Flag | None:
        return Flag(self.opened_at, tuple(self.findings)) if self.opened_at else None

    @property
    def is_quiet(self) -> bool:
        """Nothing is open, nothing pauses and nothing is to come that is not in the diary."""
        ends = [*(pause.until for pause in self._pauses), *self._tick_pauses.values(), self._snoozed_to]
        over = all(end is None or (self.last is not None and end <= self.last) for end in ends)
        return over and self.opened_at is None and not self._facts

    def log(self, entry: Entry) -> list[Finding]:
        """The next entry. Gives what is told because of it: what opened a flag, or is the first of its kind in it."""
        told: list[Finding] = []
        if self._facts or self.context.log_interval_days:
            told = self.until(entry.felt_at)
        self._review_by(entry.felt_at)
        day = self.past.take(entry, frozen=self._frozen())
        self.last = entry.felt_at
        self._silence_told = False
        for finding in speak(entry, day, self.past, self._spoken):
            if self._raise(finding):
                told.append(finding)
        return told

    def _frozen(self) -> bool:
        """The usual level stands still while a worsening is open, so that it cannot become the new normal."""
        return (
            self.opened_at is not None
            and any(finding.kind is Kind.WORSENING for finding in self.findings)
            and self.past.known_usual() is not None
        )

    def until(self, now: datetime) -> list[Finding]:
        """Nothing came until now: facts whose time has come, and silence where an entry was expected."""
        told: list[Finding] = []
        while self._facts and self._facts[-1].at <= now:
            finding = self._facts.pop()
            if self._raise(finding):
                told.append(finding)
        silence = self._silence(now)
        if silence and self._raise(silence):
            told.append(silence)
        return told

    def _review_by(self, now: datetime) -> None:
        """Each flag counts as reviewed in its time; what a review leaves open has a time of its own."""
        while self.reviewed_after and self.opened_at and self.opened_at + self.reviewed_after <= now:
            self.review(Review(self.opened_at + self.reviewed_after))

    def _silence(self, now: datetime) -> Finding | None:
        interval = self.context.log_interval_days
        if self._silence_told or not interval or self.last is None:
            return None
        at = self.last + timedelta(days=self.policy.quiet_intervals * interval)
        if self.context.answer_by is not None:  # silences that an entry has ended need nobody
            at = max(at, self.context.answer_by)
        if now <= at:
            return None
        self._silence_told = True
        self._review_by(at)
        if not self._matters():
            return None
        why = Reason("silence", {"last_on": self.last.date(), "interval": interval})
        return found(SILENCE, at, why, self.policy, "quiet_intervals quiet_answer_days", clears=Reason("an_entry"))

    def _matters(self) -> bool:
        if self.context.flag_open or (self.context.kind is JointKind.LESION and self.context.large):
            return True
        return any(finding.severity is not Severity.YELLOW for finding in self.findings)

    def _raise(self, finding: Finding) -> bool:
        """Whether someone is told: it opens a flag, or is the first of its kind in the open one."""
        number = finding.rule.number
        self._review_by(finding.at)
        if self.opened_at is None:
            if self._paused(finding):
                return False
            self.opened_at = finding.at
            tell = True
        elif number in self._spoken and not self._more_severe(finding):
            return False
        else:
            tell = all(other.kind is not finding.kind for other in self.findings)
        self.findings.append(finding)
        self._spoken.add(number)
        if finding.kind is Kind.LEVEL:
            self.past.level_spoken = True
        return tell

    def _more_severe(self, finding: Finding) -> bool:
        same = (other.severity.rank for other in self.findings if other.rule.number == finding.rule.number)
        return finding.severity.rank < min(same)

    def _paused(self, finding: Finding) -> bool:
        number, at = finding.rule.number, finding.at
        if number in NEVER_PAUSED:
            return number in self._tick_pauses and at < self._tick_pauses[number]
        red = finding.severity is Severity.RED
        if not red and self._snoozed_to is not None and at < self._snoozed_to:
            return True
        return any(
            pause.kind is finding.kind
            and finding.severity.rank >= pause.severity.rank
            and at < pause.until
            and (not red or number in pause.rules)  # one emergency never hides another
            for pause in self._pauses
        )

    def review(self, review: Review) -> None:
        """A person closed the flag. What was recorded only later, and is more severe, stays open."""
        at = review.at
        severity = review.severity or min((f.severity for f in self.findings), key=lambda s: s.rank, default=None)
        if severity is None:
            return  # there was nothing to close
        kept = [f for f in self.findings if f.known_at > at and f.severity.rank < severity.rank]
        closed = [f for f in self.findings if f not in kept]
        rules = review.rules | {f.rule.number for f in closed}
        stored = {(review.kind, severity)} if review.kind else set()
        self._pause(at, {(f.kind, f.severity) for f in closed} | stored, rules)
        for number in rules:
            if number in NEVER_PAUSED:
                self._tick_pauses[number] = at + timedelta(hours=self.policy.red_cooldown_hours)
        if self.opened_at:
            self._settle(review, [f.began_on for f in closed if f.began_on], self.opened_at.date())
        self._snoozed_to = review.snoozed_to if review.outcome is Outcome.SNOOZE else None
        self.findings = kept
        self._spoken = {f.rule.number for f in kept}
        self.opened_at = at if kept else None  # what was left open counts anew from here

    def _pause(self, at: datetime, closed: set[tuple[Kind, Severity]], rules: frozenset[int]) -> None:
        policy = self.policy
        pause = {
            Severity.RED: timedelta(hours=policy.red_cooldown_hours),
            Severity.AMBER: timedelta(days=policy.amber_cooldown),
            Severity.YELLOW: timedelta(days=policy.yellow_cooldown),
        }
        self._pauses = [other for other in self._pauses if other.until > at]
        self._pauses += [Pause(kind, severity, at + pause[severity], rules) for kind, severity in sorted(closed)]

    def _settle(self, review: Review, began: list[date], opened: date) -> None:
        """What the review says about the usual level."""
        if not began:
            return
        if review.outcome is Outcome.REBASELINE:
            self.past.accept(min(began), opened)
        else:
            self.past.keep()
