"""The lead's figures: who is overdue, how many images were on time, what is needed. Worked out with the proof.

What would have to read every follow-up is counted once an hour and kept beside the proof with its time; what is
bounded by its nature (who is overdue now, open flags, failed messages) is asked when the page is opened.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from accounts.models import Clinic
from clinical.months import months as add_months
from followups import addresses
from followups.models import Flag, FollowUp, Reminder, StaffMessage, Sweep

SHOWN = 1000  # of the overdue; beyond this the page says "999+"
MONTHS, WEEKS = 12, 12
QUARTERS = 96  # of an hour, in a day


def counted(clinic: Clinic, *, today: date) -> dict[str, Any]:
    """What is kept with a proof: on-time figures by month, images needed by week, what rules led to."""
    return {"months": _months(clinic, today), "weeks": _weeks(clinic, today), "yield": _yield(clinic, today)}


def _months(clinic: Clinic, today: date) -> list[dict[str, Any]]:
    """Follow-ups by the month of their target day, once their window has closed; only months that are over."""
    last = today.replace(day=1)
    first = add_months(last, -MONTHS)
    rows = (
        closed_in(clinic, first, last, today=today)
        .annotate(month=TruncMonth("target_on"))
        .values("month", "status", "timing")
        .annotate(n=Count("pk"))
    )
    by_month: dict[date, Counter[str]] = {}
    for row in rows:
        kind = row["timing"] or "not_made"
        by_month.setdefault(row["month"], Counter())[kind] += row["n"]
    return [{"month": month.isoformat(), **by_month[month]} for month in sorted(by_month)]


def closed_in(clinic: Clinic, first: date, last: date, *, today: date) -> QuerySet[FollowUp]:
    """Follow-ups with a target from `first` until before `last` and a closed window: answered, or still asked for."""
    asked = Q(status=FollowUp.Status.COMPLETED) | Q(status=FollowUp.Status.LIVE)
    return FollowUp.objects.at(clinic).filter(asked, target_on__gte=first, target_on__lt=last, closes_on__lt=today)


def _weeks(clinic: Clinic, today: date) -> list[dict[str, Any]]:
    monday = today - timedelta(days=today.weekday())
    until = monday + timedelta(weeks=WEEKS)
    found: dict[date, Counter[str]] = {monday + timedelta(weeks=n): Counter() for n in range(WEEKS)}
    ahead = FollowUp.objects.at(clinic).live().filter(target_on__gte=monday, target_on__lt=until)
    seen: set[tuple[int, date, str]] = set()
    for patient_id, target_on, studies in ahead.values_list("patient_id", "target_on", "studies").iterator():
        for study in studies:
            if (journey := (patient_id, target_on, study)) not in seen:  # one film covers both hips
                seen.add(journey)
                found[target_on - timedelta(days=target_on.weekday())]["mr" if study == "MR" else "xr"] += 1
    return [{"week": week.isoformat(), "xr": n["xr"], "mr": n["mr"]} for week, n in found.items()]


def _yield(clinic: Clinic, today: date) -> list[dict[str, Any]]:
    """Closed flags by their rule and the month of closing, and how many led to an action; only months that are over."""
    zone = ZoneInfo(clinic.time_zone)
    last = datetime.combine(today.replace(day=1), time.min, tzinfo=zone)
    first = datetime.combine(add_months(last.date(), -MONTHS), time.min, tzinfo=zone)
    rows = (
        Flag.objects.at(clinic)
        .filter(closed_at__gte=first, closed_at__lt=last)
        .annotate(month=TruncMonth("closed_at", tzinfo=zone))
        .values("rule", "month")
        .annotate(flags=Count("pk"), acted=Count("pk", filter=~Q(outcome__in=Flag.NOT_ACTED)))
    )
    found = [row | {"month": row["month"].date().isoformat()} for row in rows]
    return sorted(found, key=lambda row: (row["rule"], row["month"]))


class Late(NamedTuple):
    """One overdue follow-up on the dashboard: its group, and days since the window closed."""

    group: str
    days: int


@dataclass(frozen=True)
class LatePerson:
    """The same with who it is."""

    group: str
    days: int
    href: str
    name: str


def overdue(clinic: Clinic, *, today: date) -> list[Late]:
    """Everybody overdue now, the longest first, up to a thousand."""
    rows = _overdue(clinic, today).values_list("group", "closes_on")
    return [Late(group, (today - closes_on).days) for group, closes_on in rows[:SHOWN]]


def overdue_people(clinic: Clinic, *, today: date) -> list[LatePerson]:
    """The same people with their names, where they are few."""
    names = ("group", "closes_on", "patient__public_id", "patient__given_name", "patient__family_name")
    return [
        LatePerson(group, (today - closes_on).days, addresses.patient(patient_id), f"{given} {family}".strip())
        for group, closes_on, patient_id, given, family in _overdue(clinic, today).values_list(*names)[:SHOWN]
    ]


def _overdue(clinic: Clinic, today: date) -> QuerySet[FollowUp]:
    return FollowUp.objects.at(clinic).overdue(today=today).order_by("closes_on")


def failed_messages(clinic: Clinic, *, since: datetime) -> list[Reminder]:
    rows = Reminder.objects.filter(clinic=clinic, status=Reminder.Status.FAILED, due_at__gte=since)
    return list(rows.select_related("follow_up__patient", "follow_up__owner").order_by("-due_at")[:20])


def failed_to_staff(clinic: Clinic, *, since: datetime) -> list[StaffMessage]:
    """Messages to staff that will not arrive."""
    rows = StaffMessage.objects.filter(clinic=clinic, status=StaffMessage.Status.FAILED, made_at__gte=since)
    return list(rows.select_related("to", "flag").order_by("-made_at")[:20])


def signs_of_life(*, now: datetime) -> list[bool]:
    """For each quarter of the last 24 hours, oldest first: did the scheduler run? Begins with its first run ever."""
    since = now - timedelta(minutes=15 * QUARTERS)
    ran = set(_quarters(Sweep.objects.filter(started_at__gt=since).values_list("started_at", flat=True), since))
    first = 0 if Sweep.objects.filter(started_at__lte=since).exists() else min(ran, default=QUARTERS - 1)
    return [n in ran for n in range(first, QUARTERS)]


def _quarters(moments: Iterable[datetime], since: datetime) -> Iterable[int]:
    return (int((at - since).total_seconds() // 900) for at in moments)
