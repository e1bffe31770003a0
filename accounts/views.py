"""The front door, one's own settings, and the health addresses."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts import access
from accounts.adapters import own_path
from accounts.forms import PreferencesForm
from accounts.middleware import StaffRequest
from accounts.models import Clinic, User


@login_not_required
@require_safe
def door(request: HttpRequest) -> HttpResponse:
    """Two large choices; names no disease. A house of one clinic shows its name and its numbers."""
    clinics = Clinic.objects.order_by("pk")[:2]
    return render(request, "accounts/door.html", {"clinic": clinics[0] if len(clinics) == 1 else None})


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Where somebody who has signed in belongs."""
    role = request.role  # type: ignore[attr-defined]
    if role == access.NO_PART:
        raise PermissionDenied
    if role == access.PATIENT:
        return redirect("portal:home")
    return redirect("audit" if role == access.AUDITOR else "followups:worklist")


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Theme, kept with the person or, at the door, in a cookie."""
    theme, back = request.POST.get("theme", ""), request.POST.get("next", "")
    response = HttpResponseRedirect(back) if own_path(back) else redirect("door")
    if theme in User.Theme.values:
        if isinstance(request.user, User):
            User.objects.filter(pk=request.user.pk).update(theme=theme)
        else:
            response.set_cookie("theme", theme, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def my_preferences(request: HttpRequest) -> HttpResponse:
    """Theme, language and keys, for oneself."""
    assert isinstance(request.user, User)
    # A row of its own: a refused form must not change the person the page is drawn for.
    person = User.objects.get(pk=request.user.pk)
    form = PreferencesForm(
        request.POST if request.method == "POST" else None, instance=person, country=_staff_country(request)
    )
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("my_preferences")
    return render(request, "accounts/preferences.html", {"form": form}, status=422 if form.is_bound else 200)


def _staff_country(request: HttpRequest) -> str | None:
    """Where a member of staff works; None for patients."""
    clinic = getattr(request, "clinic", None)
    return clinic.country if clinic and getattr(request, "role", "") in access.RECORDS else None


@require_POST
def switch_clinic(request: StaffRequest) -> HttpResponse:
    """For staff of several clinics: the one they work for now, which every page then shows."""
    try:
        wanted = UUID(request.POST.get("clinic", ""))
    except ValueError:
        return redirect("my_preferences")
    clinic = next((c for c in request.clinics if c.public_id == wanted), None)
    if clinic is None:
        raise Http404
    request.session["clinic"] = clinic.pk
    request.session.cycle_key()
    return redirect("start")


@login_not_required
@require_GET
def health_live(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return JsonResponse({"live": True})


@login_not_required
@require_GET
def health_ready(request: HttpRequest) -> HttpResponse:
    """The database and the shared cache answer too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    cache.get("ready")
    return JsonResponse({"ready": True})


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)
