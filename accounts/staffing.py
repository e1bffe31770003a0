"""Who works at a clinic: added, given a part, and sent away by its lead. Nobody changes their own part."""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Clinic, Membership, Role, User

WELCOME_LASTS = timedelta(days=7)
_SALT = "accounts.staffing.welcome"


@transaction.atomic
def found_clinic(
    *, name: str, time_zone: str, phone: str, lead_name: str, lead_email: str, now: datetime
) -> Membership:
    """A clinic and its first lead, who comes in by the link of `welcome_link`."""
    clinic = Clinic(name=name, time_zone=time_zone, phone=phone)
    clinic.full_clean()
    clinic.save()
    lead = _person(name=lead_name, email=lead_email)
    membership = Membership.objects.create(user=lead, clinic=clinic, role=Role.LEAD)
    audit.record(audit.Action.CREATE, clinic=clinic, by=None, now=now, subject=lead, detail={"role": Role.LEAD})
    return membership


@transaction.atomic
def add(*, clinic: Clinic, name: str, email: str, role: str, by: User, now: datetime) -> Membership:
    """Give somebody a part here and mail them their way in; a person of another clinic keeps their password."""
    _as_lead(by, clinic)
    user = User.objects.filter(email__iexact=email).first() or _person(name=name, email=email)
    if hasattr(user, "patient"):
        raise ValidationError({"email": _("This address cannot be used for staff. Take their work address.")})
    membership, is_new = Membership.objects.get_or_create(user=user, clinic=clinic, defaults={"role": role})
    if not is_new:
        raise ValidationError({"email": _("This person is on the list already.")})
    audit.record(audit.Action.CREATE, clinic=clinic, by=by, now=now, subject=user, detail={"role": role})
    transaction.on_commit(lambda: _send_welcome(user, clinic, now=now), robust=True)
    return membership


@transaction.atomic
def change_role(membership: Membership, *, role: str, by: User, now: datetime) -> None:
    _as_lead(by, membership.clinic, over=membership)
    was, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    _note(membership, by, now, role=role, role_before=was)


@transaction.atomic
def put_on_duty(membership: Membership, *, by: User, now: datetime) -> None:
    """They answer for flags that nobody has taken; one person at a time."""
    _as_lead(by, membership.clinic)
    if membership.role not in (Role.CLINICIAN, Role.LEAD) or membership.disabled_at:
        raise ValidationError(_("Only a clinician or a lead can be on duty."))
    Membership.objects.filter(clinic=membership.clinic, on_duty=True).exclude(pk=membership.pk).update(on_duty=False)
    Membership.objects.filter(pk=membership.pk).update(on_duty=True)
    _note(membership, by, now, duty="on duty")


@transaction.atomic
def disable(membership: Membership, *, by: User, now: datetime) -> None:
    """They are out at their next request. Their sign-in dies with their last clinic."""
    _as_lead(by, membership.clinic, over=membership)
    membership.disabled_at, membership.disabled_by, membership.on_duty = now, by, False
    membership.save(update_fields=["disabled_at", "disabled_by", "on_duty"])
    if not Membership.objects.live().filter(user=membership.user).exists():
        User.objects.filter(pk=membership.user_id, is_superuser=False).update(is_active=False)
    _note(membership, by, now, access="disabled")


@transaction.atomic
def enable(membership: Membership, *, by: User, now: datetime) -> None:
    _as_lead(by, membership.clinic, over=membership)
    membership.disabled_at = membership.disabled_by = None
    membership.save(update_fields=["disabled_at", "disabled_by"])
    User.objects.filter(pk=membership.user_id).update(is_active=True)
    _note(membership, by, now, access="enabled")


@transaction.atomic
def renew(membership: Membership, *, by: User, now: datetime) -> None:
    """They lost their phone or their first mail: second factor and password go, every session ends, a link comes."""
    _as_lead(by, membership.clinic, over=membership)
    user = membership.user
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    _note(membership, by, now, second_factor="removed", password="removed")
    transaction.on_commit(lambda: _send_welcome(user, membership.clinic, now=now), robust=True)


def welcome_link(user: User, *, now: datetime) -> str:
    """One link, once: it dies when the password is set, and after a week."""
    token = signing.dumps([str(user.public_id), _state(user), now.timestamp()], salt=_SALT)
    link: str = settings.SITE_ORIGIN + reverse("staff_welcome", args=[token])
    return link


def welcomed(token: str, *, now: datetime) -> User | None:
    """Who comes with this link; None when it is false, used or old."""
    try:
        public_id, state, made_at = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    user = User.objects.filter(public_id=public_id, is_active=True).first()
    fresh = now.timestamp() - made_at <= WELCOME_LASTS.total_seconds()
    return user if user and fresh and constant_time_compare(state, _state(user)) else None


@transaction.atomic
def accept_welcome(token: str, *, password: str, now: datetime) -> User | None:
    """Set the first password. None: somebody used the link in the meantime."""
    user = welcomed(token, now=now)
    user = user and User.objects.select_for_update().get(pk=user.pk)
    if user is None or welcomed(token, now=now) is None:
        return None
    user.set_password(password)
    user.save(update_fields=["password"])
    detail = {"password": "set"}
    audit.record(audit.Action.UPDATE, clinic=audit.clinic_of(user), by=user, now=now, subject=user, detail=detail)
    return user


def _person(*, name: str, email: str) -> User:
    user = User(username=email.lower(), email=email.lower(), name=name)
    user.set_unusable_password()
    user.full_clean()
    user.save()
    return user


def _as_lead(by: User, clinic: Clinic, over: Membership | None = None) -> None:
    """One lead at a time: two who send each other away at once must not leave a clinic without any."""
    Clinic.objects.select_for_update().get(pk=clinic.pk)
    if not Membership.objects.live().filter(user=by, clinic=clinic, role=Role.LEAD).exists():
        raise ValidationError(_("Only a lead of this clinic may do this."))
    if over and over.user_id == by.pk:
        raise ValidationError(_("Nobody changes their own part. Ask another lead."))


def _note(membership: Membership, by: User, now: datetime, **detail: str) -> None:
    audit.record(audit.Action.UPDATE, clinic=membership.clinic, by=by, now=now, subject=membership.user, detail=detail)


def _state(user: User) -> str:
    return salted_hmac(_SALT, f"{user.pk}:{user.password}").hexdigest()[:20]


def _send_welcome(user: User, clinic: Clinic, *, now: datetime) -> None:
    link = None if user.has_usable_password() else welcome_link(user, now=now)
    text = render_to_string("accounts/mail/welcome.txt", {"clinic": clinic, "link": link, "site": settings.SITE_ORIGIN})
    send_mail(_("Your sign-in"), text, settings.DEFAULT_FROM_EMAIL, [user.email])
