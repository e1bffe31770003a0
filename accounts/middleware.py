"""One gate before every view, and the preferences of whoever comes through it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation

from accounts import access, audit, clock
from accounts.models import Clinic, Membership, User

GetResponse = Callable[[HttpRequest], HttpResponse]


class StaffRequest(HttpRequest):
    """What a view of the clinic is handed: a member of staff at one clinic."""

    user: User
    clinic: Clinic
    role: str
    htmx: Any


class PatientRequest(HttpRequest):
    """What a view of the diary is handed: a patient, and nobody else."""

    user: User
    clinic: Clinic
    role: str
    patient: Any
    htmx: Any


class PreferencesMiddleware:
    """Language and theme, from the person or from a cookie at the door."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        wanted = user.language if isinstance(user, User) else request.COOKIES.get("language", "")
        known = {code for code, _ in settings.LANGUAGES}
        language = wanted if wanted in known else translation.get_language_from_request(request)
        with translation.override(language if language in known else settings.LANGUAGE_CODE):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        if isinstance(user, User):
            response.headers["Cache-Control"] = "no-store"
        return response


class AccessMiddleware:
    """Asks the access matrix before every view, and leaves a trace of every refusal."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.role, request.clinic, request.patient = access.ANONYMOUS, None, None  # type: ignore[attr-defined]
        if isinstance(request.user, User):
            if _is_idle(request):
                logout(request)
                return redirect(f"{settings.LOGIN_URL}")
            _place(request, request.user)
        token = audit.seen_from.set((_address(request), request.role))  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
            if response.status_code in (403, 404) and isinstance(request.user, User):
                _leave_a_trace(request, response.status_code)
            return response
        finally:
            audit.seen_from.reset(token)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        assert request.resolver_match is not None
        name = request.resolver_match.view_name
        door = access.DOORS.get(name)
        timezone.activate(request.clinic.time_zone) if request.clinic else timezone.deactivate()  # type: ignore[attr-defined]
        if name.startswith("admin:"):
            door = access.Door(access.EVERYBODY if _is_operator(request) else access.NOBODY)
        if door is None or request.role not in door.roles:  # type: ignore[attr-defined]
            if not isinstance(request.user, User):
                return redirect(settings.LOGIN_URL)
            raise PermissionDenied
        return None


def _place(request: HttpRequest, user: User) -> None:
    """Find the person's clinic and part: staff by their membership, a patient by their own record."""
    chosen = request.session.get("clinic")
    memberships = Membership.objects.filter(user=user).select_related("clinic").order_by("pk")
    membership = next((m for m in memberships if m.clinic_id == chosen), None) or next(iter(memberships), None)
    if membership:
        request.clinic, request.role = membership.clinic, membership.role  # type: ignore[attr-defined]
    elif patient := getattr(user, "patient", None):
        request.patient, request.clinic, request.role = patient, patient.clinic, access.PATIENT  # type: ignore[attr-defined]
    else:
        request.role = ""  # type: ignore[attr-defined]


def _is_operator(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _is_idle(request: HttpRequest) -> bool:
    """Half an hour without a request ends a session; noted once a minute at most."""
    now = clock.now().timestamp()
    seen = request.session.get("seen_at", now)
    if now - seen > settings.SESSION_IDLE_SECONDS:
        return True
    if now - request.session.get("seen_at", 0) > timedelta(minutes=1).total_seconds():
        request.session["seen_at"] = now
    return False


def _address(request: HttpRequest) -> str | None:
    """The client's address: the hop before our own proxies, never what a client claims."""
    hops = [h.strip() for h in request.headers.get("X-Forwarded-For", "").split(",") if h.strip()]
    proxies: int = settings.TRUSTED_PROXIES
    if proxies and len(hops) >= proxies:
        return hops[-proxies]
    return str(request.META.get("REMOTE_ADDR", "")) or None


def _leave_a_trace(request: HttpRequest, status: int) -> None:
    match = request.resolver_match
    audit.record(
        audit.Action.DENIED,
        clinic=request.clinic,  # type: ignore[attr-defined]
        by=request.user if isinstance(request.user, User) else None,
        now=clock.now(),
        subject=match.view_name if match else "unknown address",
        detail={"status": status, "asked_for": {k: str(v) for k, v in (match.kwargs if match else {}).items()}},
    )
