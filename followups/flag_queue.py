"""The queue of flags: severity, then clock. What the left column of `/clinic/flags/` prints."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import Clinic
from accounts.templatetags.words import day, moment
from followups import flag_words, flagging, opening_days
from followups.models import Flag, Heartbeat
from patients.models import PainLog

ROWS = 25  # of one page of the queue
MOST_COUNTED = 100  # logs that wait to be judged


@dataclass(frozen=True, slots=True)
class Row:
    flag_id: UUID
    severity: str
    clock: str
    past: bool
    side: str
    name: str
    owner: str
    line: str
    escalated: bool


@dataclass(frozen=True, slots=True)
class Queue:
    rows: list[Row]
    count: int
    page: int
    pages: int

    @property
    def first(self) -> int:
        return (self.page - 1) * ROWS + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def queue(clinic: Clinic, *, now: datetime, page: int = 0, at: Flag | None = None) -> Queue:
    """A page of a clinic's open flags, the most pressing first. 0: the page on which `at` stands, or the first."""
    flags = Flag.objects.at(clinic).open()
    count = flags.count()
    pages = max(1, -(-count // ROWS))
    page = min(page or _page_of(at, flags), pages)
    rows = flags.select_related("patient__clinic", "joint", "owner").order_by("severity_rank", "due_at", "pk")
    duty, closed = flagging.on_duty(clinic), opening_days.closed_days(clinic)
    standing = _("on duty: %(name)s") % {"name": duty} if duty else _("not taken")
    shown = [_row(flag, clinic, standing, closed, now) for flag in rows[(page - 1) * ROWS : page * ROWS]]
    return Queue(shown, count, page, pages)


def _page_of(flag: Flag | None, flags: QuerySet[Flag]) -> int:
    if flag is None or flag.closed_at:
        return 1
    same = Q(severity_rank=flag.severity_rank)
    before = Q(severity_rank__lt=flag.severity_rank) | same & Q(due_at__lt=flag.due_at)
    return flags.filter(before | same & Q(due_at=flag.due_at, pk__lt=flag.pk)).count() // ROWS + 1


def _row(flag: Flag, clinic: Clinic, standing: str, closed: set[date], now: datetime) -> Row:
    words, past = clock_words(flag, clinic, closed, now=now)
    return Row(
        flag_id=flag.public_id,
        severity=flag.severity,
        clock=words,
        past=past or flag.severity == Flag.Severity.RED,
        side=flag.joint.side,
        name=str(flag.patient),
        owner=str(flag.owner) if flag.owner else standing,
        line=flag_words.short(flag, today=clock.day_of(now, clinic)),
        escalated=flag.escalated_at is not None,
    )


def clock_words(flag: Flag, clinic: Clinic, closed: set[date], *, now: datetime) -> tuple[str, bool]:
    """'2 of 5 days used', 'today: 7 h left'; and whether the clock is past."""
    past, today = flag.due_at < now, clock.day_of(now, clinic)
    if flag.severity == Flag.Severity.RED:
        if past:
            return _("past since %(moment)s") % {"moment": moment(flag.due_at, today)}, True
        if clock.day_of(flag.due_at, clinic) == today:
            return _("today: %(left)s left") % {"left": hours_left(flag.due_at, now)}, False
        return _("by %(moment)s") % {"moment": moment(flag.due_at, today)}, False
    used = opening_days.used(clinic, clock.day_of(flag.opened_at, clinic), today, closed)
    counts = {"used": used, "all": flagging.CLOCK_DAYS[flag.severity]}
    if past:
        return _("%(used)s of %(all)s days: past") % counts, True
    return _("%(used)s of %(all)s days used") % counts, False


def long_clock(flag: Flag, clinic: Clinic, *, now: datetime) -> str:
    """'2 of 5 working days used, review by Wed 25 Nov'."""
    today = clock.day_of(now, clinic)
    if flag.severity == Flag.Severity.RED:
        if flag.due_at >= now and clock.day_of(flag.due_at, clinic) == today:
            closes = f"{flag.due_at.astimezone(ZoneInfo(clinic.time_zone)):%H:%M}"
            return _("today by %(time)s: %(left)s left") % {"time": closes, "left": hours_left(flag.due_at, now)}
        return clock_words(flag, clinic, set(), now=now)[0]
    used = opening_days.used(
        clinic, clock.day_of(flag.opened_at, clinic), today, opening_days.closed_days(clinic)
    )  # fmt: skip
    counts = {
        "used": used,
        "all": flagging.CLOCK_DAYS[flag.severity],
        "day": day(clock.day_of(flag.due_at, clinic), today),
    }
    if flag.due_at < now:
        return _("%(used)s of %(all)s working days: past, was due by %(day)s") % counts
    return _("%(used)s of %(all)s working days used, review by %(day)s") % counts


def hours_left(due_at: datetime, now: datetime) -> str:
    minutes = int((due_at - now).total_seconds()) // 60
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h %(minutes)s") % {"hours": minutes // 60, "minutes": f"{minutes % 60:02}"}


@dataclass(frozen=True, slots=True)
class Judging:
    """How fresh an empty queue is."""

    last_at: datetime | None
    waiting: int


def judging(clinic: Clinic) -> Judging:
    beat = Heartbeat.objects.filter(machine="judging").values_list("at", flat=True).first()
    waiting = PainLog.objects.filter(joint__patient__clinic=clinic, judged_at=None).values("pk")[:MOST_COUNTED].count()
    return Judging(beat, waiting)
