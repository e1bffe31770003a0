"""Forms for signing in, for one's own settings, and for the lead's list of staff."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.adapter import get_adapter
from allauth.account.fields import SetPasswordField
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.models import AuditEvent, Membership, Role, User
from accounts.passwords import LONGEST


def _without_placeholders(form: forms.Form) -> None:
    """Labels say what a field is; a placeholder is gone when it is needed."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


def bare_helper() -> FormHelper:
    """For a page that writes the form's tag and its buttons itself."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


class SignInForm(LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        login, password = self.fields["login"], self.fields["password"]
        login.label, login.max_length = _("E-mail or user name"), 254
        self.helper = bare_helper()
        login.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        password.help_text = ""

    def clean_login(self) -> str:
        login: str = super().clean_login()
        if len(login) > 254:
            raise ValidationError(_("This is too long for an e-mail or a user name."))
        return login

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if len(password) > LONGEST:
            raise ValidationError(_("This is too long for a password."))
        return password


class NewPasswordForm(forms.Form):
    """One password, typed twice. Its rules come from the settings."""

    password1 = SetPasswordField(label=_("New password"))
    password2 = forms.CharField(
        label=_("New password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        self.fields["password1"].user = user  # type: ignore[attr-defined]

    def clean(self) -> None:
        first, second = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))


class _Plain:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)  # type: ignore[arg-type]


class OwnPasswordForm(_Plain, ChangePasswordForm):  # type: ignore[misc]
    """Change one's own password."""


class FirstPasswordForm(_Plain, SetPasswordForm):  # type: ignore[misc]
    """Set one's own password where there is none."""


class ForgottenPasswordForm(_Plain, ResetPasswordForm):  # type: ignore[misc]
    """Ask for a link. Who is unknown gets a mail too, so that the answer takes as long and says the same."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        email: str = self.cleaned_data["email"]
        if self.users:
            super().save(request, **kwargs)
        else:
            get_adapter().send_mail("account/email/unknown_account", email, {})
        return email


class ResetForm(_Plain, ResetPasswordKeyForm):  # type: ignore[misc]
    """Set a new password with a link."""


class CodeForm(_Plain, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class AppForm(_Plain, ActivateTOTPForm):  # type: ignore[misc]
    """Begin to use an authenticator app."""


class PasskeyForm(_Plain, AddWebAuthnForm):  # type: ignore[misc]
    """Begin to use a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of this key")
        self.fields["name"].max_length = 80
        self.fields["passwordless"].label = _("Sign in with this key alone")
        self.fields["passwordless"].help_text = _("Your device asks for your finger, face or PIN each time.")


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    """`country`: where a number without a country's code is dialled. None: a patient, who is asked for none here."""

    language = forms.ChoiceField(label=_("Language"), required=False)

    class Meta:
        model = User
        fields = ("theme", "language", "mobile", "keyboard_shortcuts")
        widgets = {"theme": forms.RadioSelect}  # noqa: RUF012
        help_texts = {  # noqa: RUF012
            "keyboard_shortcuts": _(
                "Single keys on the worklist and the flags. Switch them off if you use speech input."
            ),
            "mobile": _("Red flags come as a text too, without a name and without a finding. Empty: by e-mail only."),
        }

    def __init__(self, *args: Any, country: str | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        if country is None:
            del self.fields["mobile"]
        else:
            self.fields["mobile"].widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
        language = self.fields["language"]
        language.choices = [("", _("As my device")), *settings.LANGUAGES]  # type: ignore[attr-defined]

    def clean_mobile(self) -> str:
        return phones.clean(self.cleaned_data["mobile"], country=self.country or "GB")


class StaffForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(
        label=_("Work e-mail"), max_length=150, help_text=_("They get one link there and set their own password.")
    )
    role = forms.ChoiceField(label=_("Part"), choices=Role)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if not email.isascii():
            raise ValidationError(_("Write the address in plain letters, as in name@example.org."))
        return email


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role)


def _day(label: Any) -> forms.DateField:
    """As the picker writes it, and within what calendars of every zone can hold."""
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31))],
    )


class TraceForm(forms.Form):
    """Filters of the trace. An empty field asks nothing."""

    person = forms.ModelChoiceField(
        label=_("Who"),
        queryset=User.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("Everybody"),
    )
    patient = forms.UUIDField(label=_("Patient id"), required=False)
    action = forms.ChoiceField(label=_("What"), required=False)
    first_on = _day(_("From"))
    last_on = _day(_("Until"))

    def __init__(self, *args: Any, clinic: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(clinic.time_zone)
        self.helper = bare_helper()
        narrow, wide = "col-6 col-md-4 col-xl-2", "col-12 col-md-8 col-xl-4"
        self.helper.layout = Layout(
            Row(*(Column(name, css_class=wide if name == "patient" else narrow) for name in self.fields))
        )
        people = User.objects.filter(pk__in=Membership.objects.filter(clinic=clinic).values("user"))
        self.fields["person"].queryset = people.order_by("name")  # type: ignore[attr-defined]
        self.fields["action"].choices = [("", _("Everything")), *AuditEvent.Action.choices]  # type: ignore[attr-defined]

    def clean(self) -> None:
        first, last = self.cleaned_data.get("first_on"), self.cleaned_data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("This is before the first day."))
