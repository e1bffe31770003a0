"""What the rule lab's pages print: the table of thresholds, the result of a run, and what each rule led to."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.models import Clinic
from clinical.worsening import Policy
from followups import charts, policies, rule_words
from followups.models import Flag, PolicyRun, PolicyVersion, Proof
from followups.rule_lab import Tally
from followups.rule_words import Threshold

# A rule that led to an action less often than this is looked at, once so many of its flags were closed.
REVIEW_BELOW_PERCENT = 20
REVIEW_FROM_FLAGS = 10
WEEKS_A_YEAR = 365 / 7

BECAME: dict[str, Promise | str] = {
    "acted": _("acted on"),
    "not_acted": _("closed without an action"),
    "open": _("still open"),
    "nobody": _("not known: no flag was open then"),
}


class Line(NamedTuple):
    """One threshold in the table; `draft` is empty where the draft does not differ."""

    threshold: Threshold
    value: str
    changed: bool  # from the default
    draft: str


class Part(NamedTuple):
    heading: str
    lines: list[Line]


def table(policy: Policy, draft: Policy | None = None) -> list[Part]:
    now, then = asdict(policy), asdict(draft or policy)
    return [
        Part(section.heading, [_line(one, now[one.name], then[one.name]) for one in section.thresholds])
        for section in rule_words.sections()
    ]


def _line(one: Threshold, value: float, then: float) -> Line:
    shown = rule_words.number(value)
    return Line(one, shown, shown != one.default, rule_words.number(then) if then != value else "")


class Counts(NamedTuple):
    """One line of a table: with the rules in force, with the draft."""

    what: str
    before: int
    after: int


@dataclass(frozen=True)
class Missed:
    """A worsening that staff confirmed and the draft would not have told."""

    flag: Flag
    seen_in_force: bool


@dataclass(frozen=True)
class Result:
    """A finished run as its page prints it."""

    run: PolicyRun
    entries: int
    raised: Counts
    a_week: tuple[str, str]
    minutes: tuple[int, int]
    of_entries: str  # per cent of the entries on which the draft would speak
    picture: charts.Picture
    rules: list[Counts]
    became: list[Counts]
    confirmed: int
    seen: Counts
    missed: list[Missed]
    missed_more: int


def result(run: PolicyRun, draft: PolicyVersion) -> Result:
    tally = Tally(**run.result)
    before, after = tally.raised
    missed_count = tally.confirmed - tally.seen[1]
    missed = _missed(run.clinic, tally.missed)
    return Result(
        run=run,
        entries=tally.entries,
        raised=Counts("", before, after),
        a_week=(f"{before / WEEKS_A_YEAR:.1f}", f"{after / WEEKS_A_YEAR:.1f}"),
        minutes=(_minutes(before, draft), _minutes(after, draft)),
        of_entries=f"{100 * after / tally.entries:.1f}" if tally.entries else "0",
        picture=charts.flags_a_week(_weeks(tally, run)),
        rules=_rules(tally.rules),
        became=[Counts(str(word), *tally.became.get(key, (0, 0))) for key, word in BECAME.items()],
        confirmed=tally.confirmed,
        seen=Counts("", *tally.seen),
        missed=missed,
        missed_more=missed_count - len(missed),
    )


def _minutes(flags: int, draft: PolicyVersion) -> int:
    return round(flags / WEEKS_A_YEAR * draft.minutes_per_flag)


def _weeks(tally: Tally, run: PolicyRun) -> list[charts.FlagWeek]:
    monday = run.since.date() - timedelta(days=run.since.weekday())
    found = []
    while monday <= run.until.date():
        before, after = tally.weeks.get(monday.isoformat(), (0, 0))
        found.append(charts.FlagWeek(date_format(monday, pgettext("day and month", "j M")), before, after))
        monday += timedelta(days=7)
    return found


def _rules(found: Mapping[str, list[int]]) -> list[Counts]:
    keys = sorted((int(key.partition(".")[0]), key.partition(".")[2]) for key in found)
    return [
        Counts(f"{rule_words.rule(rule)}, {Flag.Severity(severity).label}", *found[f"{rule}.{severity}"])
        for rule, severity in keys
    ]


def _missed(clinic: Clinic, named: Iterable[tuple[str, bool]]) -> list[Missed]:
    seen = dict(named)
    flags = Flag.objects.at(clinic).filter(public_id__in=seen).select_related("patient", "joint").order_by("opened_at")
    return [Missed(flag, seen[str(flag.public_id)]) for flag in flags]


class Yield(NamedTuple):
    """What the closed flags of one rule led to."""

    rule: str
    flags: int
    acted: int
    months: list[tuple[date, int, int]]

    @property
    def percent(self) -> int:
        return round(100 * self.acted / self.flags) if self.flags else 0

    @property
    def review(self) -> bool:
        return self.flags >= REVIEW_FROM_FLAGS and 100 * self.acted < REVIEW_BELOW_PERCENT * self.flags


class Yields(NamedTuple):
    counted_at: datetime
    rules: list[Yield]

    @property
    def to_review(self) -> list[Yield]:
        return [one for one in self.rules if one.review]


def yields(clinic: Clinic) -> Yields | None:
    """Counted with the newest proof; None before the first one that knows of it."""
    proof = Proof.objects.filter(clinic=clinic).order_by("-at").first()
    if proof is None or "yield" not in proof.figures:
        return None
    by_rule: dict[int, list[dict[str, Any]]] = {}
    for row in proof.figures["yield"]:
        by_rule.setdefault(row["rule"], []).append(row)
    return Yields(proof.at, [_of_rule(rule, rows) for rule, rows in sorted(by_rule.items())])


def _of_rule(rule: int, rows: list[dict[str, Any]]) -> Yield:
    months = [(date.fromisoformat(row["month"]), row["flags"], row["acted"]) for row in rows]
    return Yield(rule_words.rule(rule), sum(row["flags"] for row in rows), sum(row["acted"] for row in rows), months)


class Version(NamedTuple):
    """One line of the history."""

    version: PolicyVersion
    changes: list[rule_words.Said]


def versions(clinic: Clinic, *, most: int) -> list[Version]:
    return [Version(past.version, rule_words.said(past.changes)) for past in policies.history(clinic, most=most)]
