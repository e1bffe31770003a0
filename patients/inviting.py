"""A patient's way in: a link made by staff, which lets them set their own password once."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from patients.models import Invitation, Patient

LASTS = timedelta(days=14)


@transaction.atomic
def invite(patient: Patient, *, by: User, now: datetime, by_mail: bool = False) -> str:
    """Make the one link that works for this patient, and mail it if asked. Only its hash is kept."""
    if by_mail and not (patient.email and patient.email_allowed):
        raise ValidationError(_("There is no e-mail address that may be written to. Print the link instead."))
    token = secrets.token_urlsafe(32)
    Invitation.objects.filter(patient=patient, accepted_at=None, expires_at__gt=now).update(expires_at=now)
    Invitation.objects.create(patient=patient, token_hash=_hash(token), made_at=now, made_by=by, expires_at=now + LASTS)
    link: str = settings.SITE_ORIGIN + reverse("invitation", args=[token])
    audit.record(
        audit.Action.CREATE,
        clinic=patient.clinic,
        by=by,
        now=now,
        subject="patients.Invitation",
        patient_id=patient.public_id,
        detail={"by_mail": by_mail},
    )
    if by_mail:
        transaction.on_commit(lambda: _send(patient, link), robust=True)
    return link


def invited(token: str, *, now: datetime) -> Patient | None:
    """Whose link this is; None when it is false, used, old or replaced by a newer one."""
    found = Invitation.objects.select_related("patient__clinic", "patient__user").filter(token_hash=_hash(token))
    invitation = found.filter(accepted_at=None, expires_at__gt=now).first()
    return invitation.patient if invitation else None


@transaction.atomic
def accept(token: str, *, username: str, password: str, now: datetime) -> User | None:
    """Use the link up and let the patient in with the password they chose. None: it was used in the meantime."""
    patient = invited(token, now=now)
    unused = Invitation.objects.filter(token_hash=_hash(token), accepted_at=None, expires_at__gt=now)
    if patient is None or unused.update(accepted_at=now) != 1:
        return None
    user = patient.user or _new_user(patient, username)
    user.set_password(password)
    user.save()
    if patient.user_id is None:
        patient.user = user
        patient.save(update_fields=["user"])
    audit.record(
        audit.Action.UPDATE,
        clinic=patient.clinic,
        by=user,
        now=now,
        subject="patients.Invitation",
        patient_id=patient.public_id,
        detail={"password": "set"},
    )
    return user


def _new_user(patient: Patient, username: str) -> User:
    """Their e-mail serves for a forgotten password, unless somebody else signs in with it: families share inboxes."""
    taken = User.objects.filter(email__iexact=patient.email).exists()
    return User(username=username, name=str(patient), email="" if taken else patient.email.lower())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _send(patient: Patient, link: str) -> None:
    text = render_to_string("patients/mail/invitation.txt", {"clinic": patient.clinic, "link": link})
    # The key says whose post it is where mail is kept instead of sent.
    key = f"{patient.public_id}.{_hash(link)[:16]}"
    EmailMessage(_("Your invitation"), text, to=[patient.email], headers={"X-Idempotency-Key": key}).send()
