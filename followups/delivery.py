"""The one path by which a reminder leaves: claim, act, record.

The key (follow-up, step, channel) is unique in the database and travels with the message, so a receiver that honours
it never shows a second copy. A process may be killed anywhere: a claim that went silent is adopted and tried again
with the same key.
"""

import json
import logging
import smtplib
from base64 import b64encode
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation

from accounts import clock
from followups import messages, outbox, reminding
from followups.models import FollowUp, Heartbeat, Reminder

logger = logging.getLogger(__name__)
Status, Channel = Reminder.Status, Reminder.Channel

ADOPT_AFTER = timedelta(minutes=10)
ATTEMPTS = 5
ONE_MESSAGE_IN = timedelta(hours=20)  # both hips are due on one day: one message


class NotSentYet(Exception):
    """The other side could not take it now; the same message may be tried again."""


class Refused(Exception):
    """This address will never take it; its argument is a code for people."""


def waiting(*, now: datetime) -> Q:
    """Reminders whose moment has come, and claims that went silent."""
    silent = Q(status=Status.SENDING, claimed_at__lte=now - ADOPT_AFTER)
    return Q(due_at__lte=now) & (Q(status=Status.QUEUED) | silent)


def deliver(reminder_id: int, *, now: datetime) -> str:
    """Send one reminder. Empty: it left. Otherwise the reason why it did not, or not yet."""
    reminder = (
        Reminder.objects.filter(waiting(now=now), pk=reminder_id)
        .select_related("follow_up__patient__clinic", "follow_up__clinic", "clinic")
        .first()
    )
    if reminder is None:
        return "taken by another"
    try:
        return _deliver(reminder, now=now)
    except Exception:
        _broken(reminder, now=now)
        raise


def _deliver(reminder: Reminder, *, now: datetime) -> str:
    if reason := not_now(reminder, now=now):
        return reason
    if reason := no_longer(reminder, now=now):
        Reminder.objects.filter(waiting(now=now), pk=reminder.pk).update(status=Status.SKIPPED, outcome=reason)
        return reason
    if not claim(reminder, now=now):
        return "taken by another"
    if reminder.attempts > ATTEMPTS:  # each attempt so far took its worker with it
        return _give_up(reminder, "broken_off", now=now)
    return _send_and_record(reminder, now=now)


@transaction.atomic
def _broken(reminder: Reminder, *, now: datetime) -> None:
    """A row that breaks the code that sends it: tried a few times, later each time, and then a person's work."""
    mine = Reminder.objects.filter(pk=reminder.pk, status=reminder.status, claimed_at=reminder.claimed_at)
    attempts = reminder.attempts + 1
    if attempts < ATTEMPTS:
        later = now + timedelta(minutes=2**attempts)
        mine.update(status=Status.QUEUED, claimed_at=None, due_at=later, attempts=attempts, outcome="cannot_be_sent")
    elif mine.update(status=Status.FAILED, attempts=attempts, outcome="cannot_be_sent"):
        FollowUp.objects.filter(pk=reminder.follow_up_id).update(
            contact_failed_at=now, contact_failure="cannot_be_sent"
        )


def not_now(reminder: Reminder, *, now: datetime) -> str:
    """Why it has to wait though its moment has come."""
    if reminding.quiet(reminder.follow_up.patient, now=now):
        return "quiet hours"
    if reminder.follow_up.held_at:
        return "held until released"
    return "another message first" if _another_first(reminder, now=now) else ""


def no_longer(reminder: Reminder, *, now: datetime) -> str:
    """Why it must not leave any more."""
    follow_up, patient = reminder.follow_up, reminder.follow_up.patient
    if follow_up.status != FollowUp.Status.LIVE or patient.ended_on:
        return "no longer needed"
    if reminder.channel not in reminding.channels(patient):
        return "not allowed"
    if follow_up.promised_on and follow_up.promised_on >= clock.day_of(now, follow_up.clinic):
        return "day agreed"
    begun = Q(due_at__lte=now) | Q(attempts__gt=0)  # a step tried once already waits for its next attempt
    newer = Reminder.objects.filter(begun, follow_up=follow_up, due_at__gt=reminder.due_at)
    if newer.exclude(status=Status.SKIPPED).exists():
        return "a later step is due"
    return "one message for both" if _said_already(reminder, now=now) else ""


def _said_already(reminder: Reminder, *, now: datetime) -> bool:
    """Another follow-up of the same person had its message at the same time: it spoke for both."""
    return _others(reminder).filter(status=Status.SENT, sent_at__gt=now - ONE_MESSAGE_IN).exists()


def _another_first(reminder: Reminder, *, now: datetime) -> bool:
    """Another follow-up of the same person is about to have its message: this one waits, for it may speak for both.

    The older row goes first; whatever has begun to leave, and may have arrived, is brought to its end.
    """
    if reminder.status == Status.SENDING:
        return False
    older = Q(status=Status.QUEUED, due_at__lte=now, pk__lt=reminder.pk)
    going = older & Q(follow_up__status=FollowUp.Status.LIVE, follow_up__held_at=None)
    return _others(reminder).filter(Q(status=Status.SENDING) | going).exists()


def _others(reminder: Reminder) -> QuerySet[Reminder]:
    same = Reminder.objects.filter(follow_up__patient=reminder.follow_up.patient_id, channel=reminder.channel)
    return same.exclude(follow_up=reminder.follow_up_id)


def claim(reminder: Reminder, *, now: datetime) -> bool:
    """Take it; False if another worker has it."""
    taken = Reminder.objects.filter(waiting(now=now), pk=reminder.pk).update(
        status=Status.SENDING, claimed_at=now, attempts=F("attempts") + 1
    )
    if taken:
        reminder.refresh_from_db(fields=["attempts", "claimed_at", "status"])
    return taken == 1


def _send_and_record(reminder: Reminder, *, now: datetime) -> str:
    try:
        _send(reminder)
    except NotSentYet as error:
        return _try_again(reminder, str(error), now=now)
    except Refused as error:
        return _give_up(reminder, str(error), now=now)
    _record(reminder, status=Status.SENT, sent_at=clock.now(), outcome="")
    Heartbeat.objects.update_or_create(machine="delivery", defaults={"at": now})
    return ""


def _record(reminder: Reminder, **values: object) -> bool:
    """Write the outcome, unless somebody adopted the claim in the meantime."""
    mine = Reminder.objects.filter(pk=reminder.pk, status=Status.SENDING, claimed_at=reminder.claimed_at)
    return mine.update(**values) == 1


def _try_again(reminder: Reminder, code: str, *, now: datetime) -> str:
    if reminder.attempts >= ATTEMPTS:
        return _give_up(reminder, code, now=now)
    _record(
        reminder,
        status=Status.QUEUED,
        claimed_at=None,
        due_at=now + timedelta(minutes=2**reminder.attempts),
        outcome=code,
    )
    return "will be tried again"


@transaction.atomic
def _give_up(reminder: Reminder, code: str, *, now: datetime) -> str:
    """Visibly not sent: the next channel takes over, or a person does, the same day."""
    if not _record(reminder, status=Status.FAILED, outcome=code):
        return "taken by another"
    others = [way for way in reminding.channels(reminder.follow_up.patient) if way != reminder.channel]
    untried = [w for w in others if not reminder.follow_up.reminders.filter(step=reminder.step, channel=w).exists()]
    if untried:
        Reminder.objects.create(
            clinic=reminder.clinic,
            follow_up=reminder.follow_up,
            step=reminder.step,
            channel=untried[0],
            due_at=now,
            made_at=now,
        )
    else:
        FollowUp.objects.filter(pk=reminder.follow_up_id).update(contact_failed_at=now, contact_failure=code)
    return "failed"


def _send(reminder: Reminder) -> None:
    patient = reminder.follow_up.patient
    with translation.override(patient.language):
        if reminder.channel == Channel.SMS:
            send_sms(to=patient.phone, text=messages.sms(reminder), key=reminder.key)
        else:
            send_email(to=patient.email, subject=messages.subject(), text=messages.email(reminder), key=reminder.key)


def send_email(*, to: str, subject: str, text: str, key: str) -> None:
    """Hand one mail to the server. Raises NotSentYet or Refused."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> ") or "localhost"
    headers = {"Message-ID": f"<{key}@{domain}>", "X-Idempotency-Key": key, "Auto-Submitted": "auto-generated"}
    try:
        EmailMessage(subject, text, to=[to], headers=headers).send()
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        raise NotSentYet("mail_server_away") from error  # about us, not about this address
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise (Refused("mailbox_refused") if code >= 500 else NotSentYet("mail_server_busy")) from error
    except smtplib.SMTPResponseException as error:
        raise (Refused("mail_refused") if error.smtp_code >= 500 else NotSentYet("mail_server_busy")) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSentYet("mail_server_away") from error
    except ValueError as error:  # a header that cannot be written
        raise Refused("address_unusable") from error


def send_sms(*, to: str, text: str, key: str) -> None:
    """Hand one text to the gateway. Raises NotSentYet or Refused."""
    if not settings.SMS_GATEWAY_URL:
        outbox.keep(channel=Channel.SMS, recipient=to, subject="", body=text, key=key)
        return
    try:
        with urlopen(_gateway_request(to, text, key), timeout=settings.SMS_TIMEOUT) as answer:
            answer.read(10_000)
    except HTTPError as error:
        temporary = error.code >= 500 or error.code in (408, 429)
        raise (NotSentYet("gateway_busy") if temporary else Refused("gateway_refused")) from error
    except (OSError, HTTPException) as error:
        raise NotSentYet("gateway_away") from error


def _gateway_request(to: str, text: str, key: str) -> Request:
    headers = {"Idempotency-Key": key}
    if settings.SMS_GATEWAY_KIND == "twilio":
        pair = b64encode(f"{settings.SMS_USER}:{settings.SMS_TOKEN}".encode()).decode()
        body = urlencode({"To": to, "From": settings.SMS_SENDER, "Body": text}).encode()
        return Request(settings.SMS_GATEWAY_URL, body, {**headers, "Authorization": f"Basic {pair}"})
    body = json.dumps({"to": to, "from": settings.SMS_SENDER, "text": text, "key": key}).encode()
    headers |= {"Content-Type": "application/json"}
    if settings.SMS_TOKEN:
        headers["Authorization"] = f"Bearer {settings.SMS_TOKEN}"
    return Request(settings.SMS_GATEWAY_URL, body, headers)
