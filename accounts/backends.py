"""Whose session this is."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Signs in by e-mail or user name; brings a patient's record and clinic along in the one query for the person."""

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("patient__clinic").filter(pk=user_id).first()
        return user if user and user.is_active else None
