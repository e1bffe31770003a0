"""How we use the sign-in library."""

import base64
import hashlib
import unicodedata
from typing import Any
from urllib.parse import unquote, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts import audit, clock
from accounts.models import User

KNOWN_DEVICE = "known_device"


def own_path(address: str) -> bool:
    """A path of this site, written plainly: the only thing a form may name as the page to go back to."""
    plain = unquote(address)
    hidden = "\\" in plain or any(unicodedata.category(letter) == "Cc" for letter in plain)
    return address.startswith("/") and not hidden and url_has_allowed_host_and_scheme(plain, allowed_hosts=None)


def device_mark(login: str) -> str:
    """What a device keeps after a right password, so that strangers guessing elsewhere cannot lock it out."""
    return salted_hmac("accounts.known_device", login.strip().lower()).hexdigest()


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("E-mail or password is not right"),
        "username_password_mismatch": _("E-mail or password is not right"),
        "too_many_login_attempts": _("Too many attempts. Wait 15 minutes and try again."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: staff are added by their lead, patients are invited."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        return bool(url) and own_path(str(url))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """A disabled account is not told apart from a wrong password."""
        return redirect("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("my_preferences")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Links in mail come from the settings, never from the request's host."""
        uidb36, token = key.split("-", 1)
        return f"{settings.SITE_ORIGIN}{reverse('account_reset_password_from_key', args=[uidb36, token])}"

    def format_email_subject(self, subject: str) -> str:
        return str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Mails know the site from the settings; the library would ask the request."""
        self.render_mail(template_prefix, email, {"email": email, "site": settings.SITE_ORIGIN} | context).send()

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """Tell the person on the address their clinic knows."""
        kwargs["email"] = kwargs.get("email") or user.email or EmailAddress.objects.get_primary_email(user)
        super().send_notification_mail(template_prefix, user, *args, **kwargs)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            audit.sign_in_failed(_login_in(credentials), now=clock.now(), why="throttled")
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        login = _login_in(credentials).lower()
        known = request.COOKIES.get(KNOWN_DEVICE) == device_mark(login)
        return f"{login}:known" if known else login


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are not readable in a stolen database: the key is not kept in it."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def _get_site_name(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """In production a passkey belongs to the site's own address, whatever name a request came by."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"id": urlsplit(settings.SITE_ORIGIN).hostname or ""} if settings.PRODUCTION else entity


def _login_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "")


def _box() -> MultiFernet:
    """The first key writes, older ones still read: a rotated SECRET_KEY loses nobody's second factor."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"second factor" + k.encode()).digest())) for k in keys]
    )
