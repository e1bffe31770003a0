"""The two ends of an invitation: staff make the link, the patient opens it."""

from typing import Any
from uuid import UUID

from allauth.account.utils import perform_login
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import audit, clock
from accounts.forms import NewPasswordForm
from accounts.middleware import StaffRequest
from accounts.models import User
from patients import inviting
from patients.models import Patient


class InviteForm(forms.Form):
    by_mail = forms.BooleanField(required=False)


class AcceptForm(NewPasswordForm):
    """Name and password of somebody who comes in for the first time; only the password when they come again."""

    username = forms.CharField(
        label=_("The name you sign in with"),
        max_length=150,
        validators=[ASCIIUsernameValidator()],
        help_text=_("Your e-mail address, or any name you can remember."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("username", "password1", "password2")

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        known = patient.user
        user = known or User(name=str(patient), email=patient.email)
        super().__init__(*args, user=user, **kwargs)
        if known:
            del self.fields["username"]
        else:
            self.fields["username"].initial = patient.email

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"].strip()
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(_("Somebody signs in with this name already. Choose another."))
        return username


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Make a link to print or to mail. It is shown once: nobody can look it up later."""
    patient = get_object_or_404(Patient.objects.at(request.clinic).select_related("user"), public_id=patient_id)
    audit.opened(request, patient)
    form = InviteForm(request.POST if request.method == "POST" else None)
    link, by_mail = "", False
    if form.is_valid():
        by_mail = form.cleaned_data["by_mail"]
        try:
            link = inviting.invite(patient, by=request.user, now=clock.now(), by_mail=by_mail)
        except ValidationError as error:
            form.add_error(None, error)
    page = {"patient": patient, "form": form, "link": link, "by_mail": by_mail, "days": inviting.LASTS.days}
    return render(request, "patients/invite.html", page, status=200 if link or not form.is_bound else 422)


@never_cache
@login_not_required
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Opening the link does not use it up: mail scanners open links too."""
    now = clock.now()
    patient = inviting.invited(token, now=now)
    data = request.POST if request.method == "POST" else None
    form: Any = AcceptForm(data, patient=patient) if patient else None
    if form and form.is_valid():
        chosen, password = form.cleaned_data.get("username", ""), form.cleaned_data["password1"]
        if user := inviting.accept(token, username=chosen, password=password, now=now):
            response: HttpResponse = perform_login(request, user)
            return response
        patient = None
    if not patient:
        return render(request, "accounts/link_over.html", status=410)
    page = {"form": form, "at": patient.clinic, "person": patient.user}
    return render(request, "patients/invitation.html", page, status=422 if form.is_bound else 200)
