"""A clinic's protocol as data: which study, how often, how wide the window, when to prompt.

The numbers, their sources and their meaning are listed in docs/clinical/protocol.md. A clinic may change each of
them; what the words mean is fixed in the modules beside this one.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal, get_args

from clinical.months import months


class Row(StrEnum):
    ENDED = "ended"
    IMPLANT = "implant"
    COLLAPSED_EARLY = "collapsed_early"
    COLLAPSED_LATE = "collapsed_late"
    AFTER_DECOMPRESSION = "after_decompression"
    AFTER_GRAFT = "after_graft"
    AFTER_OSTEOTOMY = "after_osteotomy"
    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"


class ProtocolError(ValueError):
    """A protocol's data is not one; the message names the place."""


Unit = Literal["weeks", "months"]
Basis = Literal["start", "row_since"]
WindowName = Literal["weeks", "quarter", "half_year", "year", "at_once"]
WINDOW_NAMES: tuple[WindowName, ...] = get_args(WindowName)
MOST = {"weeks": 520, "months": 600}


@dataclass(frozen=True, slots=True)
class Span:
    """A number of weeks (7 days each) or of calendar months."""

    count: int
    unit: Unit

    def after(self, anchor: date) -> date:
        return months(anchor, self.count) if self.unit == "months" else anchor + timedelta(weeks=self.count)

    @property
    def days(self) -> float:
        """About how long; to compare spans, never to count a date."""
        return self.count * (7 if self.unit == "weeks" else 30.4375)

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


def weeks(count: int) -> Span:
    return Span(count, "weeks")


def in_months(count: int) -> Span:
    return Span(count, "months")


@dataclass(frozen=True, slots=True)
class WindowRule:
    """Days before and after a target, days from closing to the latest safe date, reminders in days before it."""

    before: int
    after: int
    grace: int
    reminders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One study, so long after the operation."""

    at: Span
    window: WindowName


@dataclass(frozen=True, slots=True)
class FirstPhase:
    """A closer interval while the anchor lies before `until`, counted from the lesion's start or the row's."""

    every: Span
    until: Span
    counted_from: Basis


@dataclass(frozen=True, slots=True)
class Schedule:
    """One clock in one row.

    points, then `every`; or `every` alone, closer in a first phase, wider for a person without symptoms; or `once`,
    so long after the first study since the lesion's start. All empty: the row does not have this clock.
    """

    points: tuple[Point, ...] = ()
    every: Span | None = None
    first: FirstPhase | None = None
    every_without_symptoms: Span | None = None
    once: Span | None = None

    @property
    def exists(self) -> bool:
        return bool(self.points or self.every or self.once)


@dataclass(frozen=True, slots=True)
class RowRule:
    xr: Schedule
    mr: Schedule = Schedule()


@dataclass(frozen=True, slots=True)
class PromptNumbers:
    """Days and months of the prompts."""

    image_other_hip_days: int = 42
    repeat_mri_months: int = 12
    repeat_mri_early_days: int = 42
    repeat_mri_not_before_days: int = 42
    image_both_hips_days: int = 42
    image_painful_joint_days: int = 28
    multifocal_sites: int = 3
    surgeon_review_medium_days: int = 42
    surgeon_review_large_days: int = 42
    surgeon_review_collapsed_early_days: int = 28
    surgeon_review_lookback_months: int = 12


@dataclass(frozen=True)
class Protocol:
    version: int
    rows: Mapping[Row, RowRule]
    windows: Mapping[WindowName, WindowRule]
    up_to: Mapping[WindowName, Span]
    """An interval has the first of these windows that it is not longer than, else "year"."""
    once_early_days: int = 42
    """The once-MRI is done by an MRI this many days before its date, or later."""
    prompts: PromptNumbers = field(default_factory=PromptNumbers)

    @cached_property
    def _window_of(self) -> dict[Span, WindowName]:
        spans: set[Span] = set()
        for rule in self.rows.values():
            for schedule in (rule.xr, rule.mr):
                first = schedule.first.every if schedule.first else None
                spans |= {span for span in (schedule.every, schedule.every_without_symptoms, first) if span}
        return {span: self._name(span) for span in spans}

    def _name(self, interval: Span) -> WindowName:
        return next((name for name, most in self.up_to.items() if interval.days <= most.days), "year")

    def window_of(self, interval: Span) -> WindowName:
        """The window of an interval that stands in this protocol's rows."""
        return self._window_of[interval]

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "rows": {row.value: {"XR": _schedule_out(r.xr), "MR": _schedule_out(r.mr)} for row, r in self.rows.items()},
            "windows": {
                name: {"before": w.before, "after": w.after, "grace": w.grace, "reminders": list(w.reminders)}
                for name, w in self.windows.items()
            },
            "up_to": {name: str(span) for name, span in self.up_to.items()},
            "once_early_days": self.once_early_days,
            "prompts": {f.name: getattr(self.prompts, f.name) for f in fields(PromptNumbers)},
        }

    @classmethod
    def from_json(cls, data: object) -> "Protocol":
        """The protocol this data describes. Raises ProtocolError naming the first place that is wrong."""
        return _protocol_in(data)


def _schedule_out(schedule: Schedule) -> dict[str, Any] | None:
    if not schedule.exists:
        return None
    out: dict[str, Any] = {}
    if schedule.points:
        out["points"] = [{"at": str(p.at), "window": p.window} for p in schedule.points]
    if schedule.first:
        first = schedule.first
        out["first"] = {"every": str(first.every), "until": str(first.until), "counted_from": first.counted_from}
    for name in ("every", "every_without_symptoms", "once"):
        span = getattr(schedule, name)
        if span:
            out[name] = str(span)
    return out


_NONE: frozenset[str] = frozenset()


def _object(data: object, at: str, needed: AbstractSet[str], optional: AbstractSet[str] = _NONE) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ProtocolError(f"{at}: an object is needed")
    for key in data:
        if key not in needed | optional:
            raise ProtocolError(f"{at}: unknown key {key!a}")
    for key in sorted(needed):
        if key not in data:
            raise ProtocolError(f"{at}.{key} is missing")
    return data


def _whole(data: object, at: str, least: int, most: int) -> int:
    if type(data) is not int or not least <= data <= most:
        raise ProtocolError(f"{at}: a whole number from {least} to {most} is needed")
    return data


def _span(data: object, at: str) -> Span:
    count, _, unit = data.partition(" ") if isinstance(data, str) else ("", "", "")
    if unit not in MOST or not (count.isascii() and count.isdigit() and len(count) <= 4):
        raise ProtocolError(f'{at}: a span such as "6 weeks" or "3 months" is needed')
    return Span(_whole(int(count), at, 1, MOST[unit]), "weeks" if unit == "weeks" else "months")


def _window_name(data: object, at: str) -> WindowName:
    for name in WINDOW_NAMES:
        if data == name:
            return name
    raise ProtocolError(f"{at}: one of {', '.join(WINDOW_NAMES)} is needed")


def _basis(data: object, at: str) -> Basis:
    if data == "start":
        return "start"
    if data == "row_since":
        return "row_since"
    raise ProtocolError(f"{at}: start or row_since is needed")


def _point(data: object, at: str) -> Point:
    obj = _object(data, at, {"at", "window"})
    return Point(_span(obj["at"], f"{at}.at"), _window_name(obj["window"], f"{at}.window"))


def _points(data: object, at: str) -> tuple[Point, ...]:
    if not isinstance(data, list) or not 1 <= len(data) <= 50:
        raise ProtocolError(f"{at}: a list of 1 to 50 points is needed")
    points = tuple(_point(item, f"{at}[{i}]") for i, item in enumerate(data))
    if any(later.at.days <= earlier.at.days for earlier, later in pairwise(points)):
        raise ProtocolError(f"{at}: each point must come after the one before")
    return points


def _first(data: object, at: str) -> FirstPhase:
    obj = _object(data, at, {"every", "until", "counted_from"})
    return FirstPhase(
        every=_span(obj["every"], f"{at}.every"),
        until=_span(obj["until"], f"{at}.until"),
        counted_from=_basis(obj["counted_from"], f"{at}.counted_from"),
    )


def _schedule(data: object, at: str) -> Schedule:
    if data is None:
        return Schedule()
    obj = _object(data, at, set(), {"points", "every", "first", "every_without_symptoms", "once"})
    schedule = Schedule(
        points=_points(obj["points"], f"{at}.points") if "points" in obj else (),
        first=_first(obj["first"], f"{at}.first") if "first" in obj else None,
        **{key: _span(obj[key], f"{at}.{key}") for key in ("every", "every_without_symptoms", "once") if key in obj},
    )
    if not schedule.exists:
        raise ProtocolError(f"{at}: points, every or once is needed")
    if schedule.once and len(obj) > 1:
        raise ProtocolError(f"{at}: once stands alone")
    if schedule.every is None and (schedule.first or schedule.every_without_symptoms):
        raise ProtocolError(f"{at}.every is missing")
    return schedule


def _row_rule(data: object, at: str, row: Row) -> RowRule:
    obj = _object(data, at, {"XR", "MR"})
    rule = RowRule(xr=_schedule(obj["XR"], f"{at}.XR"), mr=_schedule(obj["MR"], f"{at}.MR"))
    if not rule.xr.every:
        raise ProtocolError(f"{at}.XR.every is missing: a row without an interval loses people")
    operated = row is Row.IMPLANT or row.startswith("after_")
    if not operated and (rule.xr.points or rule.mr.points):
        raise ProtocolError(f"{at}: points need an operation to count from")
    if (rule.xr.once or rule.mr.once) and row is not Row.SMALL:
        raise ProtocolError(f"{at}: only the row small has a study once")
    return rule


def _window(data: object, at: str) -> WindowRule:
    obj = _object(data, at, {"before", "after", "grace", "reminders"})
    steps = obj["reminders"]
    if not isinstance(steps, list) or len(steps) > 10:
        raise ProtocolError(f"{at}.reminders: a list of at most 10 numbers of days is needed")
    return WindowRule(
        before=_whole(obj["before"], f"{at}.before", 0, 365),
        after=_whole(obj["after"], f"{at}.after", 0, 365),
        grace=_whole(obj["grace"], f"{at}.grace", 0, 365),
        reminders=tuple(_whole(step, f"{at}.reminders[{i}]", 0, 365) for i, step in enumerate(steps)),
    )


def _prompts(data: object, at: str) -> PromptNumbers:
    names = [f.name for f in fields(PromptNumbers)]
    obj = _object(data, at, set(names))
    return PromptNumbers(**{name: _whole(obj[name], f"{at}.{name}", 0, 730) for name in names})


def _protocol_in(data: object) -> Protocol:
    obj = _object(data, "protocol", {"version", "rows", "windows", "up_to", "once_early_days", "prompts"})
    planned = tuple(row for row in Row if row is not Row.ENDED)
    rows = _object(obj["rows"], "rows", {row.value for row in planned})
    windows = _object(obj["windows"], "windows", set(WINDOW_NAMES))
    bounded: tuple[WindowName, ...] = ("weeks", "quarter", "half_year")
    up_to = _object(obj["up_to"], "up_to", set(bounded))
    return Protocol(
        version=_whole(obj["version"], "version", 1, 1_000_000),
        rows={row: _row_rule(rows[row.value], f"rows.{row}", row) for row in planned},
        windows={name: _window(windows[name], f"windows.{name}") for name in WINDOW_NAMES},
        up_to={name: _span(up_to[name], f"up_to.{name}") for name in bounded},
        once_early_days=_whole(obj["once_early_days"], "once_early_days", 0, 365),
        prompts=_prompts(obj["prompts"], "prompts"),
    )


def _at(window: WindowName, *spans: Span) -> tuple[Point, ...]:
    return tuple(Point(span, window) for span in spans)


def _m(window: WindowName, *counts: int) -> tuple[Point, ...]:
    return _at(window, *map(in_months, counts))


_SIX_WEEKS = _at("weeks", weeks(6))

DEFAULT_PROTOCOL = Protocol(
    version=1,
    rows={
        Row.SMALL: RowRule(
            xr=Schedule(every=in_months(12), first=FirstPhase(in_months(6), in_months(60), "start")),
            mr=Schedule(once=in_months(12)),
        ),
        Row.MEDIUM: RowRule(
            xr=Schedule(every=in_months(6), first=FirstPhase(in_months(3), in_months(12), "row_since")),
            mr=Schedule(every=in_months(12)),
        ),
        Row.LARGE: RowRule(
            xr=Schedule(every=in_months(6), first=FirstPhase(in_months(3), in_months(24), "row_since")),
            mr=Schedule(every=in_months(12), first=FirstPhase(in_months(6), in_months(24), "row_since")),
        ),
        Row.COLLAPSED_EARLY: RowRule(xr=Schedule(every=in_months(3))),
        Row.COLLAPSED_LATE: RowRule(xr=Schedule(every=in_months(6), every_without_symptoms=in_months(12))),
        Row.AFTER_DECOMPRESSION: RowRule(
            xr=Schedule(
                points=(*_SIX_WEEKS, *_m("quarter", 3, 6), *_m("half_year", 12, 18, 24)),
                every=in_months(12),
            ),
            mr=Schedule(points=_m("half_year", 6, 12)),
        ),
        Row.AFTER_GRAFT: RowRule(
            xr=Schedule(
                points=(*_SIX_WEEKS, *_m("quarter", 3, 6, 9, 12), *_m("half_year", 18, 24)),
                every=in_months(12),
            ),
        ),
        Row.AFTER_OSTEOTOMY: RowRule(
            xr=Schedule(points=(*_SIX_WEEKS, *_m("quarter", 3, 6), *_m("half_year", 12)), every=in_months(12)),
        ),
        Row.IMPLANT: RowRule(
            xr=Schedule(points=(*_at("quarter", weeks(12)), *_m("year", 12, 120)), every=in_months(36)),
        ),
    },
    windows={
        "weeks": WindowRule(before=7, after=7, grace=7, reminders=(7, 2)),
        "quarter": WindowRule(before=14, after=14, grace=14, reminders=(21, 7, 1)),
        "half_year": WindowRule(before=28, after=28, grace=28, reminders=(28, 7, 1)),
        "year": WindowRule(before=42, after=42, grace=42, reminders=(42, 14, 1)),
        "at_once": WindowRule(before=0, after=14, grace=14, reminders=(0,)),
    },
    up_to={"weeks": weeks(6), "quarter": in_months(4), "half_year": in_months(9)},
)
"""Version 1: the default of protocol.md. Sources: docs/clinical/protocol.md."""
