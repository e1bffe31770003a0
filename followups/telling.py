"""Staff are told: urgent flags at once and by two channels, everything else in one mail a day.

A message is a row with a natural key, made in the transaction that causes it; the sweep sends what is due. Messages are
neutral: no name, no joint, no finding, and a link to the door of the site only. Nobody is skipped in silence: each
question "who hears of it?" ends with somebody who is there, as long as the clinic has anybody at all.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import access, clock
from accounts.models import Clinic, Membership, User
from followups import gateways, opening_days, sending
from followups.models import Flag, StaffMessage

logger = logging.getLogger(__name__)
Channel, Status = StaffMessage.Channel, StaffMessage.Status


def urgent(flag: Flag, *, now: datetime, turn: str = "") -> None:
    """An urgent flag, at once: to whoever answers for it. `turn` tells a second time with them from the first."""
    for user in answering(flag):
        _make_urgent(f"{flag.public_id}.red.{user.public_id}{turn}", flag, user, now=now)


def escalated(flag: Flag, *, now: datetime) -> None:
    """A flag that waits too long. A red one goes to the backup at once; another stands in the next mail of the day."""
    if flag.severity != Flag.Severity.RED:
        Flag.objects.filter(pk=flag.pk).update(told_at=None)
        return
    for user in backup(flag):
        _make_urgent(f"{flag.public_id}.late.{user.public_id}", flag, user, now=now)


def answering(flag: Flag) -> list[User]:
    """Whoever has it; else the clinician on duty; else all clinicians; else all coordinators, who can phone."""
    if flag.owner:
        return [flag.owner]
    clinicians = _staff(flag.clinic, access.CLINICIANS)
    on_duty = [member for member in clinicians if member.on_duty]
    return _users(on_duty or clinicians or _staff(flag.clinic, access.RECORDS))


def backup(flag: Flag) -> list[User]:
    """Who hears of it when it is not answered: the leads who were not told yet; else the other clinicians; else the
    ones who know already, once more.
    """
    know = {user.pk for user in answering(flag)}
    clinicians = _staff(flag.clinic, access.CLINICIANS)
    others = [member for member in clinicians if member.user_id not in know]
    leads = [member for member in others if member.role == access.LEAD]
    return _users(leads or others) or answering(flag)


def nobody_answers(clinic: Clinic) -> bool:
    """The clinic has nobody who may close a flag."""
    return not _staff(clinic, access.CLINICIANS)


def _staff(clinic: Clinic, roles: Iterable[str]) -> list[Membership]:
    members = Membership.objects.live().filter(clinic=clinic, role__in=roles, user__is_active=True)
    return list(members.select_related("user").order_by("pk"))


def _users(members: Iterable[Membership]) -> list[User]:
    return [member.user for member in members]


def clinics_with_news(now: datetime) -> Iterable[int]:
    """Clinics that are open and have flags which stood in no mail of the day yet."""
    waiting = Clinic.objects.filter(pk__in=Flag.objects.to_tell().values("clinic"))
    return [clinic.pk for clinic in waiting if opening_days.is_open(clinic, now) and not _digest_made(clinic, now)]


@transaction.atomic
def digest(clinic_id: int, *, now: datetime) -> str:
    """One mail for each person for whom something is new or has waited too long. Empty: done; otherwise why not."""
    clinic = Clinic.objects.select_for_update().get(pk=clinic_id)
    if _digest_made(clinic, now):
        return "digest made already"
    flags = list(Flag.objects.at(clinic).to_tell().select_related("owner", "clinic"))
    readers = {user.pk: user for flag in flags for user in _reading(flag)}
    if not readers:
        return "nobody to tell"
    for user in readers.values():
        _make(f"digest.{user.public_id}.{clock.day_of(now, clinic)}", clinic, user, now=now)
    Flag.objects.filter(pk__in=[flag.pk for flag in flags]).update(told_at=now)
    return ""


def _reading(flag: Flag) -> list[User]:
    return [*answering(flag), *(backup(flag) if flag.escalated_at else [])]


def _digest_made(clinic: Clinic, now: datetime) -> bool:
    day = clock.day_of(now, clinic)
    recent = StaffMessage.objects.filter(clinic=clinic, made_at__gt=now - timedelta(days=2))
    return recent.filter(key__startswith="digest.", key__endswith=f".{day}").exists()


def _make_urgent(key: str, flag: Flag, to: User, *, now: datetime) -> None:
    """By mail and, where a text can leave, by text. Each channel has a key of its own."""
    _make(key, flag.clinic, to, flag=flag, now=now)
    if to.mobile and (settings.SMS_GATEWAY_URL or settings.DEMO):
        _make(f"{key}.sms", flag.clinic, to, flag=flag, channel=Channel.SMS, now=now)


def _make(
    key: str, clinic: Clinic, to: User, *, now: datetime, flag: Flag | None = None, channel: str = Channel.EMAIL
) -> None:
    message, is_new = StaffMessage.objects.get_or_create(
        key=key,
        defaults={"clinic": clinic, "to": to, "flag": flag, "channel": channel, "made_at": now, "due_at": now},
    )
    if is_new:
        transaction.on_commit(partial(_send_at_once, message.pk, now), robust=True)


def _send_at_once(message_id: int, now: datetime) -> None:
    """In the worker that judged. What fails here is the sweep's."""
    try:
        sending.deliver(MESSAGES, message_id, now=now)
    except Exception:
        logger.exception("staff message %s waits for the sweep", message_id)


def _rows() -> QuerySet[StaffMessage]:
    return StaffMessage.objects.select_related("to", "flag", "clinic")


def _no_longer(message: StaffMessage, now: datetime) -> str:
    return "no longer needed" if message.flag and message.flag.closed_at else ""


def _hand_over(message: StaffMessage) -> None:
    subject, text = _words(message)
    to, by_text = message.to, message.channel == Channel.SMS
    if not (to.mobile if by_text else to.email):
        raise gateways.Refused("no_channel")
    if by_text:
        text = f"{message.clinic.public_name}: {subject}. {settings.SITE_ORIGIN}/"
        gateways.send_sms(to=to.mobile, text=text, key=message.key)
    else:
        text = f"{text}\n\n{settings.SITE_ORIGIN}/\n"
        gateways.send_email(to=to.email, subject=subject, text=text, key=message.key)


def _sent(message: StaffMessage, now: datetime) -> None:
    if message.flag:
        Flag.objects.filter(pk=message.flag.pk, told_at=None).update(told_at=now)


def _failed(message: StaffMessage, code: str, now: datetime) -> None:
    """When nobody else knows of an urgent flag, the backup is told at the next tick."""
    flag = message.flag
    if flag and flag.severity == Flag.Severity.RED and not flag.messages.exclude(status=Status.FAILED).exists():
        Flag.objects.open().filter(pk=flag.pk, escalated_at=None).update(escalates_at=now)


def _words(message: StaffMessage) -> tuple[str, str]:
    with translation.override(message.to.language or settings.LANGUAGE_CODE):
        kind = message.key.split(".")[0 if message.flag is None else 1]
        subjects = {
            "red": _("Urgent: please look now"),
            "late": _("Urgent: this has waited too long"),
            "digest": _("There is something to look at"),
        }
        texts = {
            "red": _("Something at your clinic needs an answer today. Please sign in and open Flags."),
            "late": _(
                "Something urgent at your clinic was not answered in time, or nobody has taken it. "
                "Please sign in and open Flags."
            ),
            "digest": _(
                "Something waits for you: it is new, or it has waited too long. It can wait until you have time today. "
                "Please sign in and open Flags."
            ),
        }
        return subjects[kind], texts[kind]


MESSAGES = sending.Kind(_rows, _no_longer, _hand_over, _failed, sent=_sent, attempts=8)
