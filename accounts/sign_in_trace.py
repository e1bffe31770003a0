"""What the sign-in library does leaves its events here."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as second_factor
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import audit, clock
from accounts.models import User


@receiver(user_logged_in)
def _came_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    for mark in ("began_at", "seen_at", "has_second_factor"):
        request.session.pop(mark, None)
    _record(audit.Action.SIGN_IN, user)


@receiver(user_logged_out)
def _went(user: User | None, **kwargs: Any) -> None:
    if user:
        _record(audit.Action.SIGN_OUT, user)


@receiver(user_login_failed)
def _was_not_let_in(credentials: dict[str, Any], **kwargs: Any) -> None:
    login = str(credentials.get("email") or credentials.get("username") or "")
    audit.sign_in_failed(login, now=clock.now(), why="password")


@receiver(second_factor.authentication_failed)
def _second_factor_failed(user: User, **kwargs: Any) -> None:
    _record(audit.Action.SIGN_IN_FAILED, user, why="second factor")


@receiver(second_factor.authenticator_added)
@receiver(second_factor.authenticator_removed)
@receiver(second_factor.authenticator_reset)
def _second_factor_changed(request: HttpRequest, user: User, authenticator: Any, signal: Any, **kwargs: Any) -> None:
    request.session.pop("has_second_factor", None)
    done = {
        second_factor.authenticator_added: "added",
        second_factor.authenticator_removed: "removed",
        second_factor.authenticator_reset: "made anew",
    }[signal]
    _record(audit.Action.UPDATE, user, second_factor=done, kind=authenticator.type)


@receiver(account.password_set)
@receiver(account.password_changed)
@receiver(account.password_reset)
def _password_changed(user: User, **kwargs: Any) -> None:
    _record(audit.Action.UPDATE, user, password="changed")


def _record(action: str, user: User, **detail: str) -> None:
    clinic = audit.clinic_of(user)
    audit.record(action, clinic=clinic, by=user, now=clock.now(), subject=user, detail=detail)
