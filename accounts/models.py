"""Who acts: clinics, people who sign in, the part they play, and the trace they leave."""

import uuid
from datetime import time
from typing import Any, ClassVar, NoReturn, Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


def monday_to_friday() -> list[int]:
    """ISO weekdays, Monday is 1."""
    return [1, 2, 3, 4, 5]


class Clinic(models.Model):
    """The tenant. Every clinical row belongs to exactly one."""

    class Country(models.TextChoices):
        GB = "GB", _("United Kingdom")
        IE = "IE", _("Ireland")
        US = "US", _("United States")
        DE = "DE", _("Germany")
        FR = "FR", _("France")
        ES = "ES", _("Spain")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    # Sender of messages. It must not name a disease or a joint: phones are shared.
    public_name = models.CharField(_("name in messages"), max_length=40, default="Your clinic")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/London")
    country = models.CharField(_("country"), max_length=2, choices=Country, default=Country.GB)
    phone = models.CharField(_("phone"), max_length=20)
    out_of_hours_phone = models.CharField(_("out-of-hours line"), max_length=20, blank=True)
    emergency_phone = models.CharField(_("emergency number"), max_length=20, default="999")
    opening_days = models.JSONField(_("opening days"), default=monday_to_friday)
    opens_at = models.TimeField(_("opens at"), default=time(9))
    closes_at = models.TimeField(_("closes at"), default=time(17))
    # Messages leave only between these, in the patient's zone.
    messages_from = models.TimeField(_("messages from"), default=time(9))
    messages_until = models.TimeField(_("messages until"), default=time(20))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(messages_from__lt=models.F("messages_until")), name="accounts_clinic_messages_have_a_window"
            ),
            models.CheckConstraint(condition=Q(opens_at__lt=models.F("closes_at")), name="accounts_clinic_opens_first"),
        ]

    def __str__(self) -> str:
        return self.name


class ClosedDay(models.Model):
    """A day on which the clinic is closed although its weekday is an opening day."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="closed_days")
    on = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=80, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "on"], name="accounts_closedday_once_per_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.on}"


class Role(models.TextChoices):
    """The parts staff play at a clinic."""

    COORDINATOR = "coordinator", _("Coordinator")
    CLINICIAN = "clinician", _("Clinician")
    LEAD = "lead", _("Lead")
    AUDITOR = "auditor", _("Auditor")


class User(AbstractUser):
    """Someone who signs in: staff or patient."""

    class Theme(models.TextChoices):
        DEVICE = "device", _("As my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    theme = models.CharField(_("theme"), max_length=6, choices=Theme, default=Theme.DEVICE)
    language = models.CharField(_("language"), max_length=10, blank=True)
    # Of staff: urgent flags are texted there as well. A patient's number stands on the record.
    mobile = models.CharField(_("mobile number for urgent texts"), max_length=20, blank=True, default="")
    keyboard_shortcuts = models.BooleanField(_("keyboard shortcuts"), default=True)

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("username"), name="accounts_user_name_once_in_any_case"),
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="accounts_user_email_once_in_any_case"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    @property
    def initials(self) -> str:
        """Two letters for the round mark beside an owner."""
        words = [w for w in str(self).replace("Dr ", "").split() if w]
        return "".join(w[0] for w in ([words[0], words[-1]] if len(words) > 1 else words)).upper()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def live(self) -> Self:
        """Those who may come in: not disabled by their lead."""
        return self.filter(disabled_at=None)


class Membership(models.Model):
    """One person's part at one clinic. Disabled and not deleted when they leave: their name stays on what they did."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=12, choices=Role)
    # Sees new urgent flags that nobody has taken; one clinician at a time.
    on_duty = models.BooleanField(_("on duty"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "clinic"], name="accounts_membership_one_role_per_clinic"),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_by=None)
                | Q(disabled_at__isnull=False, disabled_by__isnull=False),
                name="accounts_membership_disabled_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}"


class TraceIsKept(Exception):
    """Somebody tried to change or remove an event of the trace."""


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TraceIsKept

    def delete(self) -> NoReturn:
        raise TraceIsKept


class AuditEvent(models.Model):
    """Who did what to which record, when, and from where. Only ever added to."""

    class Action(models.TextChoices):
        READ = "read", _("opened")
        CREATE = "create", _("added")
        UPDATE = "update", _("changed")
        SEARCH = "search", _("searched")
        EXPORT = "export", _("exported")
        SIGN_IN = "sign_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("failed to sign in")
        SIGN_OUT = "sign_out", _("signed out")
        DENIED = "denied", _("was refused")

    at = models.DateTimeField()
    action = models.CharField(max_length=16, choices=Action)
    clinic = models.ForeignKey(Clinic, null=True, on_delete=models.PROTECT, related_name="+")
    # None: the scheduler acted. The name is kept because a person may later be renamed.
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    user_name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=12, blank=True)
    # The public id of the patient whose record it was; not a foreign key, so that this app knows no patients.
    patient_id = models.UUIDField(null=True)
    # What was touched, as "app.Model" or a route's name, with its public id where it has one.
    subject = models.CharField(max_length=80)
    subject_id = models.UUIDField(null=True)
    # Names of fields with their old and new values, or the parameters of a search. Never shown to an auditor.
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-at"], name="accounts_audit_by_clinic"),
            models.Index(fields=["patient_id", "-at"], name="accounts_audit_by_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.user_name or 'scheduler'} {self.action} {self.subject}"

    @property
    def who(self) -> str:
        """Whose act it was, in words. Patients are kept by id alone."""
        return self.user_name or str(_("a patient") if self.user_id else _("the system"))

    @property
    def played(self) -> str:
        """The part they played, in words; empty for whoever was only just signing in."""
        return str({**dict(Role.choices), "patient": _("Patient")}.get(self.role, ""))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TraceIsKept
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TraceIsKept
