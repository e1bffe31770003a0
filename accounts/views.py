"""The front door and the health addresses."""

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.models import User


@login_not_required
@require_GET
def door(request: HttpRequest) -> HttpResponse:
    """Two large choices; names no disease."""
    return render(request, "accounts/door.html")


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Where somebody who has signed in belongs."""
    role = request.role  # type: ignore[attr-defined]
    if role == access.PATIENT:
        return redirect("portal:home")
    return redirect("followups:audit" if role == access.AUDITOR else "followups:worklist")


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Theme, kept with the person or, at the door, in a cookie."""
    theme = request.POST.get("theme", "")
    back = request.POST.get("next", "")
    response = redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "door")
    if theme in User.Theme.values:
        if isinstance(request.user, User):
            User.objects.filter(pk=request.user.pk).update(theme=theme)
        else:
            response.set_cookie("theme", theme, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)
    return response


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
