"""The pages of the sign-in library that we use. A refused form answers 422 and is shown again, as everywhere here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.account.utils import perform_login
from allauth.mfa.base import views as second_factor
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import clock, staffing
from accounts.adapters import KNOWN_DEVICE, device_mark
from accounts.forms import NewPasswordForm

HALF_A_YEAR = 182 * 24 * 60 * 60


class _Refusing:
    def form_invalid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        if response.status_code == 200:
            response.status_code = 422
        return response


class SignIn(_Refusing, account.LoginView):  # type: ignore[misc]
    def form_valid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        response.set_cookie(
            KNOWN_DEVICE,
            device_mark(form.cleaned_data["login"]),
            max_age=HALF_A_YEAR,
            secure=settings.PRODUCTION,
            httponly=True,
            samesite="Lax",
        )
        return response


class SecondStep(_Refusing, second_factor.AuthenticateView):  # type: ignore[misc]
    pass


class Forgotten(_Refusing, account.PasswordResetView):  # type: ignore[misc]
    pass


class Reset(_Refusing, account.PasswordResetFromKeyView):  # type: ignore[misc]
    pass


class ChangePassword(_Refusing, account.PasswordChangeView):  # type: ignore[misc]
    pass


class SetPassword(_Refusing, account.PasswordSetView):  # type: ignore[misc]
    template_name = "account/password_change.html"


class ConfirmByPassword(_Refusing, account.ReauthenticateView):  # type: ignore[misc]
    pass


class ConfirmByCode(_Refusing, second_factor.ReauthenticateView):  # type: ignore[misc]
    pass


class AddApp(_Refusing, totp.ActivateTOTPView):  # type: ignore[misc]
    pass


class AddPasskey(_Refusing, webauthn.AddWebAuthnView):  # type: ignore[misc]
    pass


class RemovePasskey(webauthn.RemoveWebAuthnView):  # type: ignore[misc]
    pk_url_kwarg = "passkey_id"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Somebody else's passkey does not exist; only for one's own is a password asked again."""
        get_object_or_404(self.get_queryset(), pk=kwargs["passkey_id"])
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


def _only_with(kind: str, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Nothing to show or to remove yet: back to where it is set up. The library would answer "not found"."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        has_one = Authenticator.objects.filter(user=request.user, type=kind).exists()
        return view(request) if has_one else redirect("mfa_index")

    return answer


log_out = account.logout
reset_sent = login_not_required(account.password_reset_done)
reset_done = login_not_required(account.password_reset_from_key_done)
second_factors = second_factor.index
remove_app = _only_with(Authenticator.Type.TOTP, totp.deactivate_totp)
passkeys = webauthn.list_webauthn
confirm_by_passkey = webauthn.reauthenticate_webauthn
passkey_sign_in = webauthn.login_webauthn
codes = _only_with(Authenticator.Type.RECOVERY_CODES, recovery_codes.view_recovery_codes)
new_codes = recovery_codes.generate_recovery_codes


@never_cache
@login_not_required
@sensitive_post_parameters("password1", "password2")
def staff_welcome(request: HttpRequest, token: str) -> HttpResponse:
    """A colleague's one link: it shows a form as often as it is opened, and works once."""
    now = clock.now()
    user = staffing.welcomed(token, now=now)
    form: Any = NewPasswordForm(request.POST if request.method == "POST" else None, user=user) if user else None
    if form and form.is_valid():
        user = staffing.accept_welcome(token, password=form.cleaned_data["password1"], now=now)
        if user:
            response: HttpResponse = perform_login(request, user)
            return response
    if not user:
        return render(request, "accounts/link_over.html", status=410)
    status = 422 if form.is_bound else 200
    return render(request, "accounts/welcome.html", {"form": form, "person": user}, status=status)
