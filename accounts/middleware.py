"""One gate before every view, and the preferences of whoever comes through it."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation

from accounts import access, audit, clock
from accounts.models import Clinic, Membership, User

GetResponse = Callable[[HttpRequest], HttpResponse]


class StaffRequest(HttpRequest):
    """What a view of the clinic is handed: a member of staff at one clinic."""

    user: User
    clinic: Clinic
    clinics: list[Clinic]
    role: str
    htmx: Any
    worklist_waiting: int  # set by the worklist for the bar


class PatientRequest(HttpRequest):
    """What a view of the diary is handed: a patient, and nobody else."""

    user: User
    clinic: Clinic
    role: str
    patient: Any
    htmx: Any


class PlacedRequest(HttpRequest):
    """Any request that has come past the gate: somebody known or not, at a clinic or not."""

    clinic: Clinic | None
    clinics: list[Clinic]
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
        language = language if language in known else settings.LANGUAGE_CODE
        with translation.override(language):
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
        placed: PlacedRequest = request  # type: ignore[assignment]
        placed.role, placed.clinic, placed.clinics, placed.patient = access.ANONYMOUS, None, [], None
        if isinstance(request.user, User) and _has_expired(request):
            logout(request)
        if isinstance(request.user, User):
            _place(placed, request.user)
        token = audit.seen_from.set((_address(request), placed.role))
        try:
            with timezone.override(ZoneInfo(placed.clinic.time_zone) if placed.clinic else None):
                response = self.get_response(request)
            if isinstance(request.user, User):
                _start_the_clock(request)
                if response.status_code in (403, 404) and request.resolver_match:
                    _leave_a_trace(placed, request.user, response.status_code)
            return response
        finally:
            audit.seen_from.reset(token)

    def process_view(
        self, request: PlacedRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        assert request.resolver_match is not None
        name = request.resolver_match.view_name
        door = access.door_of(name)
        if door is None or not (door.admits(request.role) or (door is access.SUPPORT and _is_operator(request))):
            if isinstance(request.user, User):
                raise PermissionDenied
            return _to_sign_in(request)
        if not door.answers(request.method):
            return HttpResponseNotAllowed(door.methods)
        if not door.polled:
            _note_presence(request)
        return redirect("mfa_index") if _lacks_second_factor(request, name) else None


def _to_sign_in(request: PlacedRequest) -> HttpResponse:
    """Sign in first, then back to what was asked for, when that was a page."""
    if request.htmx:
        to = redirect_to_login(request.htmx.current_url_abs_path or reverse("start"))
        return HttpResponse(status=401, headers={"HX-Redirect": to.url})
    if request.method not in ("GET", "HEAD"):
        return redirect(settings.LOGIN_URL)
    return redirect_to_login(request.get_full_path())


def _place(request: PlacedRequest, user: User) -> None:
    """Find the person's clinic and part: a patient by their own record, staff by their membership."""
    if patient := getattr(user, "patient", None):
        request.patient, request.clinic, request.role = patient, patient.clinic, access.PATIENT
        return
    memberships = list(Membership.objects.live().filter(user=user).select_related("clinic").order_by("pk"))
    request.clinics = [m.clinic for m in memberships]
    chosen = request.session.get("clinic")
    membership = next((m for m in memberships if m.clinic_id == chosen), memberships[0] if memberships else None)
    request.clinic, request.role = (membership.clinic, membership.role) if membership else (None, access.NO_PART)


def _is_operator(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_superuser


def _lacks_second_factor(request: PlacedRequest, name: str) -> bool:
    """Staff and operators see nothing of a clinic before they have a second factor (not in demo mode)."""
    bound = request.role in access.STAFF or _is_operator(request)
    free = name in access.SIGN_IN or (name in access.OPEN and name != "start")
    if not settings.SECOND_FACTOR_REQUIRED or not bound or free or request.session.get("has_second_factor"):
        return False
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    has_one: bool = Authenticator.objects.filter(user=request.user, type__in=kinds).exists()
    if has_one:
        request.session["has_second_factor"] = True
    return not has_one


def _has_expired(request: HttpRequest) -> bool:
    """Half an hour with nobody there ends a session, and so do twelve hours in any case."""
    now = clock.now().timestamp()
    idle = now - request.session.get("seen_at", now)
    age = now - request.session.get("began_at", now)
    return bool(idle > settings.SESSION_IDLE_SECONDS or age > settings.SESSION_COOKIE_AGE)


def _start_the_clock(request: HttpRequest) -> None:
    if "began_at" not in request.session:
        request.session["began_at"] = request.session["seen_at"] = clock.now().timestamp()


def _note_presence(request: HttpRequest) -> None:
    """Noted once a minute at most: each note is a write."""
    if isinstance(request.user, User) and "seen_at" in request.session:
        now = clock.now().timestamp()
        if now - request.session["seen_at"] > timedelta(minutes=1).total_seconds():
            request.session["seen_at"] = now


def _address(request: HttpRequest) -> str | None:
    """The client's address: the hop before our own proxies, never what a client claims."""
    hops = [h.strip() for h in request.headers.get("X-Forwarded-For", "").split(",") if h.strip()]
    trusted = settings.TRUSTED_PROXIES
    claimed = hops[-trusted] if trusted and len(hops) >= trusted else str(request.META.get("REMOTE_ADDR", ""))
    try:
        return str(ip_address(claimed))
    except ValueError:
        return None


def _leave_a_trace(request: PlacedRequest, user: User, status: int) -> None:
    assert request.resolver_match is not None
    asked_for = {name: str(value) for name, value in request.resolver_match.kwargs.items() if name.endswith("_id")}
    patient_id = request.resolver_match.kwargs.get("patient_id")
    audit.record(
        audit.Action.DENIED,
        clinic=request.clinic,
        by=user,
        now=clock.now(),
        subject=request.resolver_match.view_name[:80],
        patient_id=patient_id if isinstance(patient_id, UUID) else None,
        detail={"status": status, "asked_for": asked_for},
    )
