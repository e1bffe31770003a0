"""The trace, for the lead and the auditor: ids and names of fields, never what was in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.core import signing
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import audit, clock
from accounts.forms import TraceForm
from accounts.middleware import StaffRequest
from accounts.models import AuditEvent, Clinic

ROWS = 50
_SALT = "accounts.trace.after"
# What these hold is not about anybody's health. Of everything else only the name is shown.
_SHOWN = frozenset({"role", "role_before", "access", "status", "why", "second_factor", "kind", "password", "rows"})


@dataclass(frozen=True)
class Row:
    event: AuditEvent
    role: str
    what: str
    where: str
    detail: str


@require_safe
def audit_page(request: StaffRequest) -> HttpResponse:
    """Newest first. The next page begins after the last row, so that no page costs more than the first."""
    form = TraceForm(request.GET or None, clinic=request.clinic)
    refused = form.is_bound and not form.is_valid()
    asked = {} if refused or not form.is_bound else form.cleaned_data
    events = [] if refused else list(_after(request.GET, chosen(request.clinic, asked, form))[: ROWS + 1])
    audit.record(
        audit.Action.READ,
        clinic=request.clinic,
        by=request.user,
        now=clock.now(),
        subject="audit",
        detail={"asked": sorted(name for name, value in asked.items() if value)},
    )
    page = {
        "form": form,
        "rows": [
            Row(
                event,
                event.played,
                str(event.get_action_display()),
                _where(event.subject),
                ", ".join(_words(event.detail)),
            )
            for event in events[:ROWS]
        ],
        "more": _address(request.GET, events[ROWS - 1]) if len(events) > ROWS else "",
        "first": "?" + _without_place(request.GET).urlencode() if "after" in request.GET else "",
    }
    return render(request, "accounts/audit.html", page, status=422 if refused else 200)


def chosen(clinic: Clinic, asked: dict[str, Any], form: TraceForm) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.filter(clinic=clinic).order_by("-at", "-pk")
    if asked.get("person"):
        events = events.filter(user=asked["person"])
    if asked.get("patient"):
        events = events.filter(patient_id=asked["patient"])
    if asked.get("action"):
        events = events.filter(action=asked["action"])
    if first := asked.get("first_on"):
        events = events.filter(at__gte=datetime.combine(first, time.min, tzinfo=form.zone))
    if last := asked.get("last_on"):
        events = events.filter(at__lt=datetime.combine(last + timedelta(days=1), time.min, tzinfo=form.zone))
    return events


def _after(query: QueryDict, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """From the place the address names on; a false place is the beginning."""
    try:
        at, pk = signing.loads(query.get("after", ""), salt=_SALT)
    except signing.BadSignature:
        return events
    moment = datetime.fromisoformat(at)
    return events.filter(at__lte=moment).exclude(Q(at=moment) & Q(pk__gte=pk))


def _address(query: QueryDict, last: AuditEvent) -> str:
    following = _without_place(query)
    following["after"] = signing.dumps([last.at.isoformat(), last.pk], salt=_SALT)
    return "?" + following.urlencode()


def _without_place(query: QueryDict) -> QueryDict:
    copy = query.copy()
    copy.pop("after", None)
    return copy


def _where(subject: str) -> str:
    """The kind of row in words, or the name of an address as the access matrix has it."""
    try:
        return str(apps.get_model(subject)._meta.verbose_name)
    except (LookupError, ValueError):
        return subject


def _words(detail: dict[str, Any]) -> Iterator[str]:
    for name, value in detail.items():
        plain = name.replace("_", " ")
        if name in _SHOWN:
            yield f"{plain}: {value}"
        elif name == "what":  # the act itself: "released", "no answer"
            yield str(value).replace("_", " ")
        elif name == "asked_for" and isinstance(value, dict):
            yield from (f"{key}: {identity}" for key, identity in value.items())
        elif isinstance(value, dict):
            yield from (str(key).replace("_", " ") for key in value)
        elif name == "fields" and isinstance(value, list):
            yield from (str(field).replace("_", " ") for field in value)
        else:
            yield plain
