"""The clinic's opening days: clocks of flags and promised calls count only these."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts import clock
from accounts.models import Clinic

LEAST_FOR_RED = timedelta(hours=2)
LOOK_AHEAD = 60  # days; a clinic closed for longer than this is a question for a person


def next_opening_day(clinic: Clinic, after: date, *, number: int = 1) -> date:
    """The n-th opening day after a day, which itself never counts."""
    closed = set(clinic.closed_days.filter(on__gt=after).values_list("on", flat=True))
    days = (after + timedelta(days=n) for n in range(1, LOOK_AHEAD * (number + 1)))
    open_days = [day for day in days if day.isoweekday() in clinic.opening_days and day not in closed]
    return open_days[number - 1] if len(open_days) >= number else after + timedelta(days=number)


def end_of_clock(clinic: Clinic, opened_at: datetime, *, days: int) -> datetime:
    """The moment by which something opened now must be answered: closing time of the n-th opening day.

    One working day for what comes in opening hours is the closing time of the next opening day.
    """
    last = next_opening_day(clinic, clock.day_of(opened_at, clinic), number=days)
    return datetime.combine(last, clinic.closes_at, tzinfo=ZoneInfo(clinic.time_zone))


def end_of_day(clinic: Clinic, opened_at: datetime) -> datetime:
    """The moment by which an emergency must be answered: closing time of the opening day on which it comes.

    What comes with less than two opening hours left, or while the clinic is closed, has until closing time of the next
    opening day. People are told at once either way.
    """
    local = opened_at.astimezone(ZoneInfo(clinic.time_zone))
    closes = datetime.combine(local.date(), clinic.closes_at, tzinfo=local.tzinfo)
    closed = clinic.closed_days.filter(on=local.date()).exists()
    if local.isoweekday() in clinic.opening_days and not closed and closes - local >= LEAST_FOR_RED:
        return closes
    return end_of_clock(clinic, opened_at, days=1)


def half_way(clinic: Clinic, opened_at: datetime, due_at: datetime) -> datetime:
    """The middle of the opening time that is left on the day on which something is due."""
    zone = ZoneInfo(clinic.time_zone)
    opens = datetime.combine(due_at.astimezone(zone).date(), clinic.opens_at, tzinfo=zone)
    begins = max(opened_at, opens)
    return begins + (due_at - begins) / 2


def closed_days(clinic: Clinic) -> set[date]:
    return set(clinic.closed_days.values_list("on", flat=True))


def used(clinic: Clinic, since: date, until: date, closed: Collection[date]) -> int:
    """Opening days after `since`, `until` included."""
    days = (since + timedelta(days=n) for n in range(1, (until - since).days + 1))
    return sum(day.isoweekday() in clinic.opening_days and day not in closed for day in days)


def is_open(clinic: Clinic, now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(clinic.time_zone))
    working = local.isoweekday() in clinic.opening_days and clinic.opens_at <= local.time() < clinic.closes_at
    return working and not clinic.closed_days.filter(on=local.date()).exists()
