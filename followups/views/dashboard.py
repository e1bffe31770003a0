"""Is anyone being lost, and is the machine alive? Every number opens what it counts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import clock
from accounts.middleware import StaffRequest
from accounts.models import Clinic
from accounts.templatetags.words import ago, day, moment
from clinical.months import months as add_months
from followups import addresses, figures, proving, telling, words
from followups.charts import oversight
from followups.charts.paper import Picture
from followups.flagging import CLOCK_DAYS
from followups.models import Flag, FollowUp, Heartbeat, Proof, Reminder
from patients.models import PainLog

GROUPS = ("collapsed", "large", "not_sized", "medium", "small", "replaced")
AIM = 90  # per cent on time; the clinic's own aim
FAILED_DAYS = 7
DRAWN = 60  # flags on the picture of clocks, the most pressing first
ROWS = 100
KINDS = {"on_time": _("on time"), "late": _("late"), "early": _("early"), "not_made": _("not made")}


@require_GET
def page(request: StaffRequest) -> HttpResponse:
    now, today = clock.now(), clock.today(request.clinic)
    proof = Proof.objects.filter(clinic=request.clinic).order_by("-at").first()
    late = figures.overdue(request.clinic, today=today)
    flags = Flag.objects.at(request.clinic)
    drawn = list(flags.open().select_related("patient", "joint").order_by("due_at")[:DRAWN])
    months = _months(proof)
    context = {
        "now": now,
        "proof": proof,
        "late": late,
        "late_count": f"{figures.SHOWN - 1}+" if len(late) >= figures.SHOWN else str(len(late)),
        "late_groups": _late_groups(late),
        "late_counted": len(late) > oversight.ONE_MARK_EACH,
        "late_chart": oversight.overdue(_late_lanes(request.clinic, late, today)),
        "flags": flags.tally(now=now),
        "drawn": len(drawn),
        "nobody_answers": telling.nobody_answers(request.clinic),
        "reviewed": _reviewed(request.clinic, now),
        "clock_chart": oversight.flag_clocks(_clocks(drawn, request.clinic, now)),
        "month": months[-1] if months else None,
        "month_chart": oversight.on_time([_bar(m) for m in months], aim=AIM) if months else None,
        "aim": AIM,
        "needed_chart": _needed(proof),
        "machines": _machines(request.clinic, proof, now),
        "strip": oversight.day_strip(_("Scheduler"), figures.signs_of_life(now=now), until=now, key="scheduler-day"),
        "failed": figures.failed_messages(request.clinic, since=now - timedelta(days=FAILED_DAYS)),
        "failures": words.FAILURES,
        "failed_to_staff": figures.failed_to_staff(request.clinic, since=now - timedelta(days=FAILED_DAYS)),
    }
    return render(request, "followups/dashboard.html", context)


def _late_groups(late: Sequence[figures.Late]) -> list[tuple[str, str, int]]:
    """Group words, address, how many; only groups that have any."""
    counts = {group: sum(one.group == group for one in late) for group in GROUPS}
    return [(str(words.GROUPS[g]), _behind(what="overdue", group=g), n) for g, n in counts.items() if n]


def _late_lanes(clinic: Clinic, late: Sequence[figures.Late], today: date) -> list[oversight.LateGroup]:
    """Each person by name where they are few, otherwise how many in each band."""
    people: dict[str, list[oversight.Late]] = defaultdict(list)
    few = len(late) <= oversight.ONE_MARK_EACH
    if few:
        for one in figures.overdue_people(clinic, today=today):
            people[one.group].append(oversight.Late(one.days, one.href, one.name))
    days: dict[str, list[int]] = defaultdict(list)
    for group, so_many in late:
        days[group].append(so_many)
    return [
        oversight.LateGroup(
            str(words.GROUPS[group]),
            people[group],
            _behind(what="overdue", group=group),
            () if few else oversight.in_bands(days[group]),
        )
        for group in GROUPS
        if group != "replaced" or days[group]
    ]


def _behind(**what: object) -> str:
    return reverse("followups:behind") + "?" + "&".join(f"{name}={value}" for name, value in what.items())


@dataclass(frozen=True)
class MonthFigure:
    """One month's images, by what became of them."""

    first: date
    name: str
    kinds: list[tuple[str, int, str]]  # words, how many, address
    on_time: int
    n: int

    @property
    def percent(self) -> int:
        return round(100 * self.on_time / self.n) if self.n else 0


def _months(proof: Proof | None) -> list[MonthFigure]:
    found = []
    for row in (proof.figures if proof else {}).get("months", []):
        first = date.fromisoformat(row["month"])
        address = {kind: _behind(what=kind, month=f"{first:%Y-%m}") for kind in KINDS}
        kinds = [(str(word), row.get(kind, 0), address[kind]) for kind, word in KINDS.items() if row.get(kind)]
        n = sum(row.get(kind, 0) for kind in KINDS)
        found.append(MonthFigure(first, date_format(first, "F"), kinds, row.get("on_time", 0), n))
    return found


def _bar(month: MonthFigure) -> oversight.Month:
    return oversight.Month(date_format(month.first, "M"), month.n, month.on_time)


def _needed(proof: Proof | None) -> Picture | None:
    weeks = (proof.figures if proof else {}).get("weeks")
    if not weeks:
        return None
    return oversight.needed(
        [oversight.Week(day(date.fromisoformat(w["week"])).split(" ", 1)[1], w["xr"], w["mr"]) for w in weeks]
    )


def _clocks(flags: Sequence[Flag], clinic: Clinic, now: datetime) -> list[oversight.Clock]:
    lengths = {"red": _("1 day"), "amber": _("5 days"), "yellow": _("14 days")}
    return [
        oversight.Clock(
            severity,
            str(Flag.Severity(severity).label),
            lengths[severity],
            [
                oversight.Waiting(
                    (now - flag.opened_at) / (flag.due_at - flag.opened_at),
                    addresses.flag(flag.public_id),
                    str(flag.patient),
                )
                for flag in flags
                if flag.severity == severity
            ],
        )
        for severity in CLOCK_DAYS
    ]


def _reviewed(clinic: Clinic, now: datetime) -> list[tuple[str, str, int]]:
    """Middle time to review in the last 30 days, by severity: word, time, how many."""
    closed = Flag.objects.at(clinic).filter(closed_at__gt=now - timedelta(days=30))
    spent: dict[str, list[float]] = defaultdict(list)
    for flag in closed.only("severity", "opened_at", "closed_at")[:500]:
        assert flag.closed_at
        spent[flag.severity].append((flag.closed_at - flag.opened_at).total_seconds())
    return [
        (str(Flag.Severity(severity).label), ago(int(median(seconds))), len(seconds))
        for severity, seconds in spent.items()
    ]


@dataclass(frozen=True)
class Machine:
    """One line of the machines."""

    name: str
    at: str
    ago: str
    silent: bool
    waiting: str


def _machines(clinic: Clinic, proof: Proof | None, now: datetime) -> list[Machine]:
    signs = dict(Heartbeat.objects.values_list("machine", "at"))
    late = now - timedelta(minutes=15)
    messages = Reminder.objects.filter(
        clinic=clinic, status__in=["queued", "sending"], due_at__lte=now, follow_up__held_at=None
    )
    logs = PainLog.objects.filter(joint__patient__clinic=clinic, judged_at=None)
    waiting = {"delivery": _few(messages.order_by("due_at")), "judging": _few(logs)}
    names = {"scheduler": _("Scheduler"), "delivery": _("Delivery"), "judging": _("Judging pain logs")}
    lines = [
        Machine(
            str(name),
            moment(signs.get(key)),
            ago(int((now - signs[key]).total_seconds())) if key in signs else _("no sign of life yet"),
            key == "scheduler" and (key not in signs or signs[key] < late),
            waiting.get(key, "–"),
        )
        for key, name in names.items()
    ]
    if proof:
        since = ago(int((now - proof.at).total_seconds()))
        lines.append(Machine(str(_("Proof")), moment(proof.at), since, proof.at < now - timedelta(hours=26), "–"))
    return lines


def _few(rows: Any) -> str:
    number = len(rows.values_list("pk")[:100])
    return "99+" if number == 100 else str(number)


@require_POST
def prove_now(request: StaffRequest) -> HttpResponse:
    proving.prove(request.clinic, now=clock.now())
    return redirect("followups:dashboard")


# --- Behind a number -------------------------------------------------------------------------------------------------
@require_GET
def behind(request: StaffRequest) -> HttpResponse:
    """The patients behind one number of the dashboard."""
    today = clock.today(request.clinic)
    title, rows = _rows_behind(request, today)
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 19:
        rows = rows.filter(pk__gt=int(after))
    found = list(rows.select_related("patient", "joint").order_by("pk")[: ROWS + 1])
    query = request.GET.copy()
    if len(found) > ROWS:
        query["after"] = str(found[ROWS - 1].pk)
    context = {
        "title": title,
        "rows": found[:ROWS],
        "more": f"?{query.urlencode()}" if len(found) > ROWS else "",
        "today": today,
    }
    return render(request, "followups/behind.html", context)


def _rows_behind(request: StaffRequest, today: date) -> tuple[str, QuerySet[FollowUp]]:
    what, group = request.GET.get("what", "overdue"), request.GET.get("group", "")
    if what == "overdue":
        late = FollowUp.objects.at(request.clinic).overdue(today=today)
        if group and group not in words.GROUPS:
            raise Http404
        title = _("Overdue: %(group)s") % {"group": words.GROUPS[group]} if group else _("Overdue")
        return title, late.filter(group=group) if group else late
    if what == "live":
        return _("Lesions with a live follow-up"), FollowUp.objects.at(request.clinic).live()
    if what not in KINDS:
        raise Http404
    first = _month(request.GET.get("month", ""))
    rows = figures.closed_in(request.clinic, first, add_months(first, 1), today=today)
    rows = rows.filter(timing="") if what == "not_made" else rows.filter(timing=what)
    return _("%(kind)s, %(month)s") % {"kind": KINDS[what], "month": date_format(first, "F Y")}, rows


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Http404 from error
