"""Staff are told: urgent flags at once, late ones to the lead, everything else in one digest a day.

A message is a row with a natural key, made in the transaction that causes it; the sweep sends what is due. Mails are
neutral: no name, no joint, no finding, and a link to the door of the site only.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import access, clock
from accounts.models import Clinic, Membership, User
from followups import delivery, opening_days
from followups.models import Flag, StaffMessage

logger = logging.getLogger(__name__)
ATTEMPTS = 8


def urgent(flag: Flag, *, now: datetime) -> None:
    """An urgent flag: to whoever has it, else to the clinician on duty, else to all clinicians."""
    for user in _answering(flag):
        _make(f"{flag.public_id}.red.{user.public_id}", flag.clinic, user, flag=flag, now=now)


def escalated(flag: Flag, *, now: datetime) -> None:
    """A flag that waits too long: to the leads."""
    leads = Membership.objects.live().filter(clinic=flag.clinic, role=access.LEAD, user__is_active=True)
    for member in leads.select_related("user"):
        _make(f"{flag.public_id}.late.{member.user.public_id}", flag.clinic, member.user, flag=flag, now=now)


def clinics_with_news(now: datetime) -> Iterable[int]:
    """Clinics that are open and have flags which stood in no digest yet."""
    waiting = Clinic.objects.filter(pk__in=Flag.objects.to_tell().values("clinic"))
    return [clinic.pk for clinic in waiting if opening_days.is_open(clinic, now) and not _digest_made(clinic, now)]


@transaction.atomic
def digest(clinic_id: int, *, now: datetime) -> str:
    """One mail for each clinician who has, or stands for, something new. Empty: done; otherwise why it was skipped."""
    clinic = Clinic.objects.select_for_update().get(pk=clinic_id)
    if _digest_made(clinic, now):
        return "digest made already"
    flags = list(Flag.objects.at(clinic).to_tell().select_related("owner", "clinic"))
    for user in {user.pk: user for flag in flags for user in _answering(flag)}.values():
        _make(f"digest.{user.public_id}.{clock.day_of(now, clinic)}", clinic, user, now=now)
    Flag.objects.filter(pk__in=[flag.pk for flag in flags]).update(told_at=now)
    return ""


def _digest_made(clinic: Clinic, now: datetime) -> bool:
    day = clock.day_of(now, clinic)
    recent = StaffMessage.objects.filter(clinic=clinic, made_at__gt=now - timedelta(days=2))
    return recent.filter(key__startswith="digest.", key__endswith=f".{day}").exists()


def _answering(flag: Flag) -> list[User]:
    if flag.owner:
        return [flag.owner]
    members = Membership.objects.live().filter(
        clinic=flag.clinic, role__in=access.CLINICIANS, user__is_active=True
    ).select_related("user")  # fmt: skip
    on_duty = [member.user for member in members if member.on_duty]
    return on_duty or [member.user for member in members]


def _make(key: str, clinic: Clinic, to: User, *, now: datetime, flag: Flag | None = None) -> None:
    message, is_new = StaffMessage.objects.get_or_create(
        key=key, defaults={"clinic": clinic, "to": to, "flag": flag, "made_at": now, "due_at": now}
    )
    if is_new:
        transaction.on_commit(partial(_send_at_once, message.pk, now), robust=True)


def _send_at_once(message_id: int, now: datetime) -> None:
    """In the worker that judged. What fails here is the sweep's."""
    try:
        send(message_id, now=now)
    except Exception:
        logger.exception("staff message %s waits for the sweep", message_id)


def waiting(*, now: datetime) -> Q:
    """Not sent yet and due, or claimed by a worker that went silent."""
    free = Q(claimed_at=None) | Q(claimed_at__lte=now - delivery.ADOPT_AFTER)
    return Q(free, sent_at=None, failed_at=None, due_at__lte=now)


def to_send(now: datetime) -> Iterable[int]:
    return StaffMessage.objects.filter(waiting(now=now)).order_by("due_at").values_list("pk", flat=True)


def send(message_id: int, *, now: datetime) -> str:
    """Claim, act, record. Empty: it left; otherwise the reason why it did not, or not yet."""
    mine = StaffMessage.objects.filter(pk=message_id)
    if not mine.filter(waiting(now=now)).update(claimed_at=now, attempts=F("attempts") + 1):
        return "taken by another"
    message = mine.select_related("to", "flag", "clinic").get()
    if message.flag and message.flag.closed_at:
        mine.update(failed_at=now, outcome="no longer needed")
        return "no longer needed"
    if not message.to.email:
        mine.update(failed_at=now, outcome="no_channel")
        return "no_channel"
    return _send_and_record(message, now=now)


def _send_and_record(message: StaffMessage, *, now: datetime) -> str:
    mine = StaffMessage.objects.filter(pk=message.pk, claimed_at=message.claimed_at)
    subject, text = _words(message)
    try:
        delivery.send_email(to=message.to.email, subject=subject, text=text, key=message.key)
    except delivery.NotSentYet as error:
        if message.attempts < ATTEMPTS:
            later = now + timedelta(minutes=2 ** min(message.attempts, 6))
            mine.update(claimed_at=None, due_at=later, outcome=str(error))
            return "will be tried again"
        mine.update(failed_at=now, outcome=str(error))
        return "failed"
    except delivery.Refused as error:
        mine.update(failed_at=now, outcome=str(error))
        return "failed"
    mine.update(sent_at=now, outcome="")
    if message.flag:
        Flag.objects.filter(pk=message.flag.pk, told_at=None).update(told_at=now)
    return ""


def _words(message: StaffMessage) -> tuple[str, str]:
    with translation.override(message.to.language or settings.LANGUAGE_CODE):
        kind = message.key.split(".")[0 if message.flag is None else 1]
        subjects = {
            "red": _("Urgent: please look now"),
            "late": _("Something has waited too long"),
            "digest": _("There is something new to look at"),
        }
        texts = {
            "red": _("Something at your clinic needs an answer today. Please sign in and open Flags."),
            "late": _("Something at your clinic was not answered in time, or nobody has taken it. Please sign in."),
            "digest": _("Something new waits for you. It can wait until you have time today. Please sign in."),
        }
        return subjects[kind], f"{texts[kind]}\n\n{settings.SITE_ORIGIN}/\n"
