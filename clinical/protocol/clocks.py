"""The two clocks of a lesion: the walk through its rows to a target, and the window around it."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clinical.protocol.rows import Story, Stretch
from clinical.protocol.tables import Protocol, Row, Schedule, Span, WindowName
from clinical.reasons import Reason, Value


class State(StrEnum):
    PLANNED = "PLANNED"
    OPEN = "OPEN"
    DUE = "DUE"
    OVERDUE = "OVERDUE"
    BREACH = "BREACH"


@dataclass(frozen=True, slots=True)
class Window:
    """The days of something that is due."""

    target: date
    opens: date
    closes: date
    latest_safe: date


def state_on(window: Window, day: date) -> State:
    """PLANNED before it opens, DUE from the target, OVERDUE once closed, BREACH after the latest safe date."""
    if day > window.latest_safe:
        return State.BREACH
    if day > window.closes:
        return State.OVERDUE
    if day >= window.target:
        return State.DUE
    return State.OPEN if day >= window.opens else State.PLANNED


@dataclass(frozen=True, slots=True)
class Due:
    """A target, the name of its window, and why."""

    target: date
    window: WindowName
    code: str
    params: dict[str, Value]

    def reason(self, study: str) -> Reason:
        return Reason(self.code, {"study": study, "target_on": self.target, **self.params})

    def staying(self, changed_on: date) -> "Due":
        return (
            self
            if self.code == "clock_stays"
            else Due(self.target, self.window, "clock_stays", {"changed_on": changed_on})
        )


def window_around(due: Due, protocol: Protocol) -> Window:
    rule = protocol.windows[due.window]
    closes = due.target + timedelta(days=rule.after)
    return Window(due.target, due.target - timedelta(days=rule.before), closes, closes + timedelta(days=rule.grace))


@dataclass(frozen=True, slots=True)
class Clock:
    """What one clock of one lesion stands on.

    made: days with a study that counts, oldest first. anchor: the newest that counts for the rows of now; None when
    there is none since the operation that began anew, or none at all.
    """

    story: Story
    protocol: Protocol
    name: str
    made: list[date]
    anchor: date | None

    def schedule(self, stretch: Stretch) -> Schedule | None:
        rule = self.protocol.rows.get(stretch.row) if stretch.row else None
        schedule = (rule.xr if self.name == "XR" else rule.mr) if rule else None
        return schedule if schedule and schedule.exists else None

    def due(self) -> Due | None:
        """The walk through the rows since the anchor (or the operation), oldest first."""
        held: Due | None = None
        for stretch in self._stretches():
            schedule = self.schedule(stretch)
            if schedule is None:
                held = None
            elif held is not None and held.target < stretch.first_on:
                held = held.staying(stretch.first_on)
            else:
                held = self._anew(schedule, stretch)
        return held

    def _stretches(self) -> list[Stretch]:
        stretches = self.story.stretches
        begins = self.anchor or self.story.begins_anew_on
        if begins is None:
            return stretches
        first = 0
        for index, stretch in enumerate(stretches):
            if stretch.first_on <= begins:
                first = index
        return stretches[first:]

    def _anew(self, schedule: Schedule, stretch: Stretch) -> Due | None:
        if schedule.points:
            point = self._point(schedule)
            if point is not None:
                return point
        if schedule.once:
            return self._once(schedule.once, stretch)
        if schedule.every is None:
            return None
        if self.anchor is None:
            return _at_once(stretch.first_on)
        every = self._interval(schedule, schedule.every, stretch, self.anchor)
        target, window = every.after(self.anchor), self.protocol.window_of(every)
        if target < stretch.first_on:
            return Due(stretch.first_on, window, "clock_from_change", {"anchor_on": self.anchor})
        code = "clock_interval_months" if every.unit == "months" else "clock_interval_weeks"
        return Due(target, window, code, {"count": every.count, "anchor_on": self.anchor})

    def _interval(self, schedule: Schedule, every: Span, stretch: Stretch, anchor: date) -> Span:
        if schedule.every_without_symptoms and stretch.without_symptoms:
            return schedule.every_without_symptoms
        first = schedule.first
        if first is not None:
            start = self.story.start
            base = start if first.counted_from == "start" and start else stretch.row_since
            if anchor < first.until.after(base):
                return first.every
        return every

    def _point(self, schedule: Schedule) -> Due | None:
        """The first point not satisfied: the newest study satisfies each that had opened, and all before it."""
        operated_on = self.story.begins_anew_on
        if operated_on is None:
            return None
        left: Due | None = None
        for point in reversed(schedule.points):
            target = point.at.after(operated_on)
            opens = target - timedelta(days=self.protocol.windows[point.window].before)
            if self.anchor is not None and opens <= self.anchor:
                break
            code = "clock_point_months" if point.at.unit == "months" else "clock_point_weeks"
            left = Due(target, point.window, code, {"count": point.at.count, "operated_on": operated_on})
        return left

    def _once(self, once: Span, stretch: Stretch) -> Due | None:
        start = self.story.start
        first = next((day for day in self.made if start is None or day >= start), None)
        if first is None:
            return _at_once(stretch.first_on)
        target = once.after(first)
        if self.once_done(target):
            return None
        return Due(max(target, stretch.first_on), "year", "clock_once", {"anchor_on": first})

    def once_done(self, target: date) -> bool:
        return self.made[-1] >= target - timedelta(days=self.protocol.once_early_days)


def _at_once(on: date) -> Due:
    return Due(on, "at_once", "clock_at_once", {})


def clocks(story: Story, protocol: Protocol) -> list[tuple[Clock, Due | None]]:
    """The clocks that the lesion's row has, X-ray first; without a target where its work is done."""
    if story.row in (None, Row.ENDED):
        return []
    found = []
    begins = story.begins_anew_on
    for name, made in (("XR", story.records.xr), ("MR", story.records.mr)):
        anchor = made[-1] if made and (begins is None or made[-1] >= begins) else None
        clock = Clock(story, protocol, name, made, anchor)
        if clock.schedule(story.stretches[-1]) is not None:
            found.append((clock, clock.due()))
    return found
