"""The patient's pages: log pain in seconds, see the trend and the next step, and who opened the record."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit, clock
from accounts.middleware import PatientRequest
from clinical.treatments import OPERATIONS, REPLACEMENTS
from followups import charts, contacting, facts, reporting, safety
from followups.diary_form import LABELS, ON_BISPHOSPHONATE, RED_BOXES, PainLogForm
from followups.models import Contact, Flag, FollowUp
from patients.models import ImagingStudy, Joint, PainLog, Patient, Side, Site, Treatment
from portal import plain_words

WOUND_DAYS = 90  # after an operation the wound is asked about (clinical.md 5.4, rule 5)
# How far back the course is shown, in days; None: from the first entry.
SPANS: dict[str, tuple[str | Promise, int | None]] = {
    "weeks": (gettext_lazy("6 weeks"), 42),
    "months": (gettext_lazy("6 months"), 183),
    "all": (gettext_lazy("All"), None),
}
DEFAULT_SPAN = "months"
LOGGED_SITES = (Site.HIP, Site.KNEE, Site.SHOULDER, Site.ANKLE)


@require_GET
def home(request: PatientRequest) -> HttpResponse:
    now, today = clock.now(), clock.today(request.clinic)
    follow_ups = FollowUp.objects.live().filter(patient=request.patient).select_related("joint")
    context = {
        "patient": request.patient,
        "last": _last_log(request.patient),
        "steps": plain_words.next_steps(list(follow_ups), today=today),
        "readings": plain_words.readings(_flags(request.patient, now), follow_ups),
        "open_until": safety.open_until(request.clinic, now=now),
        "opens_next": safety.opens_next(request.clinic, now=now),
        "entry": uuid4(),
    }
    return render(request, "portal/home.html", context)


def _flags(patient: Patient, now: datetime) -> QuerySet[Flag]:
    """Those that are open, and those that were read in the last two weeks."""
    lately = Q(closed_at=None) | Q(closed_at__gt=now - plain_words.READ_FOR)
    return Flag.objects.filter(lately, patient=patient).select_related("joint")


@require_http_methods(["GET", "POST"])
def log(request: PatientRequest) -> HttpResponse:
    if request.patient.ended_on:
        return render(request, "portal/not_followed.html", status=200 if request.method == "GET" else 409)
    # A report that is saved says its joint; the others are looked up for a page that is shown.
    joints = [] if "joint" in request.POST else _joints(request.patient)
    chosen = _chosen(request, joints)
    now = clock.now()
    form = PainLogForm(request.POST or None, now=now, zone=request.patient.zone)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        try:
            stored = reporting.report(
                patient=request.patient,
                joint=_joint(request.patient, chosen, by_patient_at=now),
                client_id=said.pop("client_id"),
                by=request.user,
                now=now,
                **said,
            )
        except reporting.Conflict:
            return render(request, "portal/conflict.html", {"chosen": chosen}, status=409)
        except reporting.TooMany:
            return _too_many(request)
        return redirect("portal:saved", log_id=stored.log.public_id)
    joints = joints or _joints(request.patient)
    context = {
        "form": form,
        "joints": joints,
        "chosen": chosen,
        "chosen_name": _name(chosen),
        "others": _others(joints),
        "digits": range(11),
        "boxes": _boxes(request.patient, now),
        "client_id": form["client_id"].value() or _entry(request),
    }
    return render(request, "portal/log.html", context, status=422 if form.is_bound else 200)


@require_GET
def saved(request: PatientRequest, log_id: UUID) -> HttpResponse:
    entry = _own_log(request.patient, log_id)
    ticked = [box for box in RED_BOXES if getattr(entry, box)]
    now = clock.now()
    context = {
        "log": entry,
        "answer": safety.answer(ticked, request.clinic, now=now),
        "change_until": entry.entered_at + reporting.CHANGE_WITHIN,
        "entry": uuid4(),
        "can_change": entry.entered_at + reporting.CHANGE_WITHIN > now and not entry.entered_in_error,
    }
    return render(request, "portal/saved.html", context)


@require_POST
def take_back(request: PatientRequest, log_id: UUID) -> HttpResponse:
    entry = _own_log(request.patient, log_id)
    done = reporting.take_back(entry, by=request.user, now=clock.now())
    return redirect(f"{reverse('portal:log')}?entry={uuid4()}") if done else redirect("portal:saved", log_id=log_id)


@require_GET
def trend(request: PatientRequest) -> HttpResponse:
    joints = _joints(request.patient)
    chosen = _chosen(request, joints)
    joint = next((j for j in joints if _key(j) == chosen), None)
    today = clock.today(request.clinic)
    logs = PainLog.objects.filter(joint=joint, entered_in_error=False).order_by("felt_at")
    zone = request.patient.zone
    reports = [(at.astimezone(zone).date(), nrs) for at, nrs in logs.values_list("felt_at", "nrs")] if joint else []
    span = request.GET.get("span", "") if request.GET.get("span") in SPANS else DEFAULT_SPAN
    context = {
        "joints": joints,
        "chosen": chosen,
        "joint": joint,
        "trend": plain_words.trend(reports, today=today),
        "spans": [(key, label, key == span) for key, (label, _days) in SPANS.items()],
        "picture": _picture(joint, reports, span, today=today) if joint and reports else None,
    }
    return render(request, "portal/trend.html", context)


def _picture(joint: Joint, reports: list[tuple[date, int]], span: str, *, today: date) -> charts.Picture:
    """The course of one joint with the days of its pictures; the table below the sentence holds the same."""
    length = SPANS[span][1] or max((today - reports[0][0]).days + 7, 42)
    days = charts.Days(today - timedelta(days=length), today + timedelta(days=max(length // 20, 2)))
    taken = ImagingStudy.objects.filter(
        patient_id=joint.patient_id,
        entered_in_error=False,
        made_on__range=(days.start, today),
        modality__in=charts.KINDS,
    )
    images = [
        charts.Image(on, charts.KINDS[kind])
        for on, kind, covers in taken.values_list("made_on", "modality", "covers")
        if [joint.site, joint.side] in covers
    ]
    pains = [charts.Pain(on, nrs) for on, nrs in reports]
    return charts.pain_trend(joint.side, str(joint), pains, images, days=days, today=today, key="trend", table=False)


@require_GET
def access(request: PatientRequest) -> HttpResponse:
    """Who opened my record."""
    return render(request, "portal/access.html", {"openings": audit.openings(request.patient.public_id)[:100]})


@require_http_methods(["GET", "POST"])
def have_date(request: PatientRequest, follow_up_id: UUID) -> HttpResponse:
    """The patient names the day on which they will come."""
    follow_up = _own_follow_up(request.patient, follow_up_id)
    typed, error = request.POST.get("day", ""), ""
    if request.method == "POST":
        try:
            _tell_clinic(request, follow_up, Contact.Result.PATIENT_PROMISED, day=_day(typed))
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            return redirect("portal:home")
    context = {"follow_up": follow_up, "error": error, "typed": typed, "refused": bool(error)}
    return render(request, "portal/have_date.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def cannot_come(request: PatientRequest, follow_up_id: UUID) -> HttpResponse:
    """The patient says that it does not work out; a coordinator calls."""
    follow_up = _own_follow_up(request.patient, follow_up_id)
    if request.method == "POST":
        _tell_clinic(request, follow_up, Contact.Result.PATIENT_CANNOT, note=request.POST.get("note", "")[:500])
        return redirect("portal:home")
    return render(request, "portal/cannot_come.html", {"follow_up": follow_up})


def _tell_clinic(request: PatientRequest, follow_up: FollowUp, result: str, **what: Any) -> None:
    together = FollowUp.objects.live().filter(
        patient=request.patient, opens_on=follow_up.opens_on, closes_on=follow_up.closes_on
    )
    contacting.record(
        result,
        follow_ups=list(together.select_related("clinic", "patient__clinic")),
        by=request.user,
        now=clock.now(),
        **what,
    )


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _own_follow_up(patient: Patient, follow_up_id: UUID) -> FollowUp:
    mine = FollowUp.objects.live().filter(patient=patient).select_related("joint", "clinic")
    return get_object_or_404(mine, public_id=follow_up_id)


def _own_log(patient: Patient, log_id: UUID) -> PainLog:
    mine = PainLog.objects.filter(joint__patient=patient).select_related("joint__patient__clinic")
    return get_object_or_404(mine, public_id=log_id)


def _last_log(patient: Patient) -> PainLog | None:
    mine = PainLog.objects.filter(joint__patient=patient, entered_in_error=False)
    return mine.select_related("joint").order_by("-felt_at").first()


def _joints(patient: Patient) -> list[Joint]:
    """The joints a patient logs about, the one logged last first."""
    joints = list(Joint.objects.filter(patient=patient, site__in=LOGGED_SITES))
    last = _last_log(patient)
    lesions = [j for j in joints if j.state in (Joint.State.LESION, Joint.State.REPLACED) or (last and j == last.joint)]
    return sorted(lesions or joints, key=lambda j: (last is None or j != last.joint, j.site, j.side != Side.RIGHT))


def _key(joint: Joint) -> str:
    return f"{joint.site}-{joint.side}"


def _chosen(request: HttpRequest, joints: list[Joint]) -> str:
    """The joint asked about: as pressed, else the one logged last."""
    wanted = request.POST.get("joint") or request.GET.get("joint") or (_key(joints[0]) if joints else "hip-right")
    if wanted not in {f"{site}-{side}" for site in LOGGED_SITES for side in (Side.RIGHT, Side.LEFT)}:
        raise Http404
    return wanted


def _joint(patient: Patient, chosen: str, *, by_patient_at: Any) -> Joint:
    """The joint of a report. One that is not on the record yet is put there, as never imaged."""
    site, side = chosen.split("-")
    joint, _made = Joint.objects.get_or_create(
        patient=patient, site=site, side=side, defaults={"entered_at": by_patient_at, "entered_by": patient.user}
    )
    return joint


def _name(chosen: str) -> str:
    site, side = chosen.split("-")
    return f"{Side(side).label} {Site(site).label}"


def _others(joints: list[Joint]) -> list[tuple[str, str]]:
    known = {_key(joint) for joint in joints}
    keys = [f"{site}-{side}" for site in LOGGED_SITES for side in (Side.RIGHT, Side.LEFT)]
    return [(key, _name(key)) for key in keys if key not in known]


def _entry(request: HttpRequest) -> UUID:
    """Which entry a page would save. Its address keeps it: Back leads to the same entry, not to a second one."""
    try:
        return UUID(request.GET.get("entry", ""))
    except ValueError:
        return uuid4()


def _boxes(patient: Patient, now: Any) -> list[tuple[str, str]]:
    """The red boxes; the wound is asked about only after an operation, thigh and jaw only with a bisphosphonate."""
    today = clock.day_of(now, patient.clinic)
    since = today - timedelta(days=WOUND_DAYS)
    operated = Treatment.objects.filter(
        joint__patient=patient, on__gte=since, code__in=(*OPERATIONS, *REPLACEMENTS), entered_in_error=False
    ).exists()
    left_out = set() if operated else {"wound"}
    if not facts.on_bisphosphonate(patient, today=today):
        left_out |= set(ON_BISPHOSPHONATE)
    texts = safety.TICKED | {box: LABELS[box] for box in (*ON_BISPHOSPHONATE, "wants_review")}
    return [(box, str(texts[box])) for box in RED_BOXES if box not in left_out]


def _too_many(request: PatientRequest) -> HttpResponse:
    response = render(request, "portal/too_many.html", status=429)
    response["Retry-After"] = "60"
    return response
