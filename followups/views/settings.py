"""The clinic's own settings, the protocol in force, and the demo's post."""

from contextlib import suppress
from datetime import date, time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import access, audit, clock
from accounts.middleware import StaffRequest
from accounts.models import Clinic
from accounts.templatetags.words import phone
from followups import planning
from followups.forms import DAYS, ClinicForm, ClosedDayForm
from followups.models import Heartbeat, OutboxMessage

POST_SHOWN = 100


@require_GET
def page(request: StaffRequest) -> HttpResponse:
    """What is set at this clinic. Everybody who works with records reads it."""
    return _settings(request, ClosedDayForm(today=clock.today(request.clinic)))


def _settings(request: StaffRequest, closing: ClosedDayForm) -> HttpResponse:
    today = clock.today(request.clinic)
    context = {
        "facts": [(field.label, _said(request.clinic, field.name)) for field in ClinicForm(instance=request.clinic)],
        "may_change": request.role == access.LEAD,
        "closed_days": request.clinic.closed_days.filter(on__gte=today).order_by("on"),
        "form": closing,
    }
    return render(request, "followups/settings.html", context, status=422 if closing.is_bound else 200)


@require_POST
def closed_day(request: StaffRequest) -> HttpResponse:
    """Close the clinic on a day, or open it again (`open` names the day)."""
    if opened := request.POST.get("open", ""):
        with suppress(ValueError):
            request.clinic.closed_days.filter(on=date.fromisoformat(opened)).delete()
        return redirect("followups:settings")
    form = ClosedDayForm(request.POST, today=clock.today(request.clinic))
    if not form.is_valid():
        return _settings(request, form)
    request.clinic.closed_days.update_or_create(
        on=form.cleaned_data["on"], defaults={"reason": form.cleaned_data["reason"]}
    )
    _trace(request, {"closed_day": form.cleaned_data["on"].isoformat()})
    return redirect("followups:settings")


def _said(clinic: Clinic, name: str) -> str:
    if name == "opening_days":
        return ", ".join(str(word) for number, word in DAYS if number in clinic.opening_days)
    value = getattr(clinic, name)
    if name.endswith("phone") and value:
        return phone(value, clinic.country)
    return f"{value:%H:%M}" if isinstance(value, time) else str(value) or _("not set")


@require_http_methods(["GET", "POST"])
def clinic(request: StaffRequest) -> HttpResponse:
    """What the lead decides about the clinic."""
    form = ClinicForm(request.POST or None, instance=_fresh(request.clinic))
    if form.is_valid():
        _keep(form, request)
        messages.success(request, _("The clinic's settings are saved."))
        return redirect("followups:settings")
    return render(request, "followups/clinic_form.html", {"form": form}, status=422 if form.is_bound else 200)


def _fresh(clinic: Clinic) -> Clinic:
    """A copy to change: the request's own stays as it is when the form is refused."""
    return Clinic.objects.get(pk=clinic.pk)


def _keep(form: ClinicForm, request: StaffRequest) -> None:
    form.save()
    _trace(request, {name: str(form.cleaned_data[name]) for name in form.changed_data})


def _trace(request: StaffRequest, changed: dict[str, str]) -> None:
    audit.record(
        audit.Action.UPDATE,
        clinic=request.clinic,
        by=request.user,
        now=clock.now(),
        subject=request.clinic,
        detail={"changed": changed},
    )


@require_GET
def protocol(request: StaffRequest) -> HttpResponse:
    """The protocol in force, as a table that a clinician can check against its sources."""
    version, tables = planning.in_force(request.clinic)
    return render(request, "followups/protocol.html", {"version": version, "rows": _rows(tables)})


def _rows(tables: Any) -> list[tuple[str, str, str]]:
    """Row, X-ray with visit, MRI: in words."""
    return [(str(row), _schedule(rule.xr), _schedule(rule.mr)) for row, rule in tables.rows.items()]


def _schedule(schedule: Any) -> str:
    parts = []
    if schedule.points:
        parts.append(_("%(points)s after the operation") % {"points": ", ".join(str(p.at) for p in schedule.points)})
    if schedule.first:
        first = schedule.first
        parts.append(
            _("every %(every)s while the last is within %(until)s of the start")
            % {"every": first.every, "until": first.until}
        )
    if schedule.every:
        parts.append((_("then every %s") if parts else _("every %s")) % schedule.every)
    if schedule.every_without_symptoms:
        parts.append(_("every %s without symptoms") % schedule.every_without_symptoms)
    if schedule.once:
        parts.append(_("once, %s after the first") % schedule.once)
    return "; ".join(parts) or _("none")


@require_GET
def outbox(request: StaffRequest) -> HttpResponse:
    """Messages that would have left, were a server set."""
    rows = OutboxMessage.objects.filter(clinic=request.clinic).order_by("-at")[:POST_SHOWN]
    return render(request, "followups/outbox.html", {"messages_kept": rows})


@login_not_required
@require_GET
def health_schedule(request: StaffRequest) -> HttpResponse:
    """For an outside monitor: 200 while the scheduler has run within 15 minutes, 503 otherwise."""
    at = Heartbeat.objects.filter(machine="scheduler").values_list("at", flat=True).first()
    seconds = int((clock.now() - at).total_seconds()) if at else None
    alive = seconds is not None and seconds < 15 * 60
    return JsonResponse({"schedule": alive, "seconds_ago": seconds}, status=200 if alive else 503)
