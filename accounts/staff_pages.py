"""The lead's list of staff."""

from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import clock, staffing
from accounts.forms import RoleForm, StaffForm
from accounts.middleware import StaffRequest
from accounts.models import Membership, Role

DUTY = (Role.CLINICIAN, Role.LEAD)


@require_http_methods(["GET", "HEAD", "POST"])
def staff(request: StaffRequest) -> HttpResponse:
    """Who works here, and a form for somebody new."""
    form = StaffForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            member = staffing.add(clinic=request.clinic, by=request.user, now=clock.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request, _("%(name)s is on the list. A mail tells them how to come in.") % {"name": member.user}
            )
            return redirect("staff")
    page = {"form": form, "members": _members(request), "roles": Role.choices, "duty_roles": DUTY}
    return render(request, "accounts/staff.html", page, status=422 if form.is_bound else 200)


@require_POST
def staff_role(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    member, form = _member(request, staff_id), RoleForm(request.POST)
    if not form.is_valid():
        return _refused(request, _("Choose a part from the list."))
    try:
        staffing.change_role(member, role=form.cleaned_data["role"], by=request.user, now=clock.now())
    except ValidationError as error:
        return _refused(request, *error.messages)
    return redirect("staff")


@require_POST
def staff_access(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    member = _member(request, staff_id)
    act = {"disable": staffing.disable, "enable": staffing.enable}.get(request.POST.get("access", ""))
    if act is None:
        return _refused(request, _("Say whether to disable or to enable."))
    try:
        act(member, by=request.user, now=clock.now())
    except ValidationError as error:
        return _refused(request, *error.messages)
    return redirect("staff")


@require_POST
def staff_duty(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """From now on they answer for what nobody has taken."""
    member = _member(request, staff_id)
    try:
        staffing.put_on_duty(member, by=request.user, now=clock.now())
    except ValidationError as error:
        return _refused(request, *error.messages)
    messages.success(request, _("%(name)s is on duty now.") % {"name": member.user})
    return redirect("staff")


@require_POST
def staff_renew(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """They lost their phone, or never got the mail."""
    member = _member(request, staff_id)
    try:
        staffing.renew(member, by=request.user, now=clock.now())
    except ValidationError as error:
        return _refused(request, *error.messages)
    messages.success(request, _("%(name)s is signed out everywhere. A mail brings a new link.") % {"name": member.user})
    return redirect("staff")


def _member(request: StaffRequest, staff_id: UUID) -> Membership:
    return get_object_or_404(request.clinic.memberships.select_related("user", "clinic"), user__public_id=staff_id)


def _members(request: StaffRequest) -> list[Membership]:
    """With whether they have come in and whether they have a second factor, in one query."""
    factors = Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    members = request.clinic.memberships.select_related("user").annotate(has_second_factor=Exists(factors))
    return list(members.order_by("disabled_at", "user__name"))


def _refused(request: StaffRequest, *reasons: str) -> HttpResponse:
    page = {
        "form": StaffForm(),
        "members": _members(request),
        "roles": Role.choices,
        "duty_roles": DUTY,
        "refused": reasons,
    }
    return render(request, "accounts/staff.html", page, status=422)
