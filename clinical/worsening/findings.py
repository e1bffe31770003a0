"""What comes out: what a rule found, the flag it belongs to, and the verdict on the joint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from clinical.worsening.words import Reason


class Kind(StrEnum):
    WORSENING = "worsening"
    LEVEL = "level"  # rule 15
    SILENCE = "silence"  # rule 16


# Rules that speak without an entry: of scores, silence, images and steroid courses.
NOT_OF_A_DIARY = frozenset({14, 16, 17, 18})


class Severity(StrEnum):
    RED = "red"
    AMBER = "amber"
    YELLOW = "yellow"

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return _RANKS[self]


_RANKS = {Severity.RED: 0, Severity.AMBER: 1, Severity.YELLOW: 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by number and name. `version` grows when what it does changes, not when a clinic sets a threshold."""

    number: int
    name: str
    version: int
    severity: Severity
    kind: Kind = Kind.WORSENING


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as evidence."""

    felt_at: datetime
    nrs: int | None
    key: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule speaking once, with all it takes to check it by hand."""

    rule: Rule
    severity: Severity  # as raised: late entries are never red
    at: datetime  # of the entry that decided
    known_at: datetime  # when the last of its evidence was recorded
    why: Reason
    clears: Reason
    thresholds: dict[str, Any]
    entries: tuple[Shown, ...] = ()
    usual: float | None = None
    usual_days: int = 0
    recent: float | None = None
    began_on: date | None = None

    @property
    def kind(self) -> Kind:
        return self.rule.kind

    def as_json(self) -> dict[str, Any]:
        """Plain values, for storing beside a flag."""
        return {
            "rule": self.rule.number,
            "name": self.rule.name,
            "version": self.rule.version,
            "kind": str(self.kind),
            "severity": str(self.severity),
            "at": self.at.isoformat(),
            "why": _plain(self.why),
            "clears": _plain(self.clears),
            "thresholds": self.thresholds,
            "usual": self.usual,
            "usual_days": self.usual_days,
            "recent": self.recent,
            "began_on": self.began_on and self.began_on.isoformat(),
            "entries": [
                {"felt_at": entry.felt_at.isoformat(), "nrs": entry.nrs, "key": entry.key} for entry in self.entries
            ],
        }


def _plain(reason: Reason) -> dict[str, Any]:
    params = {name: value.isoformat() if isinstance(value, date) else value for name, value in reason.params.items()}
    return {"code": reason.code, "params": params}


class Outcome(StrEnum):
    """What the reviewer said about the usual level."""

    REBASELINE = "rebaseline"  # this is the new usual
    KEEP = "keep"
    SNOOZE = "snooze"  # keep, and be quiet until a date


@dataclass(frozen=True, slots=True)
class Flag:
    """One open item of a joint: what opened it and all that was found while it was open."""

    opened_at: datetime
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity:
        return min((finding.severity for finding in self.findings), key=lambda severity: severity.rank)

    @property
    def kind(self) -> Kind:
        kinds = {finding.kind for finding in self.findings}
        return next(kind for kind in Kind if kind in kinds)


@dataclass(frozen=True, slots=True)
class StoredFlag:
    """A flag as the clinic keeps it, with its review if it had one."""

    opened_at: datetime
    severity: Severity
    kind: Kind = Kind.WORSENING
    rules: frozenset[int] = frozenset()
    closed_at: datetime | None = None
    outcome: Outcome = Outcome.REBASELINE
    snoozed_to: datetime | None = None


class Outlook(StrEnum):
    WORSENING = "worsening"
    STEADY = "steady"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Verdict:
    outlook: Outlook
    why: Reason
    usual: float | None
    usual_days: int
    recent: float | None  # median of the last days; None: fewer than two days
    back_to_usual: bool  # for a week; never closes a flag by itself
    findings: tuple[Finding, ...] = ()
