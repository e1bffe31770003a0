"""What a password may not be, beside Django's own checks (NIST 800-63B: length counts, composition does not)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.audit import clinic_of
from accounts.models import User

LONGEST = 128
# The product and the disease: the first words somebody tries here.
OWN_WORDS = ("jointdiary", "avntracker", "osteonecrosis", "avascular")


class NotTooLong:
    """Longer ones cost the hasher time and help nobody."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(_("Use at most 128 characters."), code="password_too_long")

    def get_help_text(self) -> str:
        return _("At most 128 characters; spaces and any letters are welcome.")


class NotOurWords:
    """Mostly made of the name of this product, the disease, or the person's clinic."""

    def validate(self, password: str, user: User | None = None) -> None:
        plain = "".join(password.lower().split())
        clinic = clinic_of(user) if user and user.pk else None
        words = [*OWN_WORDS, "".join(str(clinic).lower().split())] if clinic else list(OWN_WORDS)
        if any(word in plain and len(plain) - len(word) < 8 for word in words):
            raise ValidationError(_("This is too close to the name of the clinic or of this site."), code="own_words")

    def get_help_text(self) -> str:
        return _("Not the name of the clinic or of this site.")
