"""Reminders: when one has to wait, when it is not needed any more, and who takes over when it cannot arrive.

How a message leaves is `sending`; which reminders there are is `reminding`.
"""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import translation

from accounts import clock
from followups import gateways, messages, reminding, sending
from followups.models import FollowUp, Reminder

Status, Channel = Reminder.Status, Reminder.Channel

ONE_MESSAGE_IN = timedelta(hours=20)  # both hips are due on one day: one message


def _rows() -> QuerySet[Reminder]:
    return Reminder.objects.select_related("follow_up__patient__clinic", "follow_up__clinic", "clinic")


def not_now(reminder: Reminder, now: datetime) -> str:
    """Why it has to wait though its moment has come."""
    if reminding.quiet(reminder.follow_up.patient, now=now):
        return "quiet hours"
    if reminder.follow_up.held_at:
        return "held until released"
    return "another message first" if _another_first(reminder, now=now) else ""


def no_longer(reminder: Reminder, now: datetime) -> str:
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


def _hand_over(reminder: Reminder) -> None:
    patient = reminder.follow_up.patient
    with translation.override(patient.language):
        if reminder.channel == Channel.SMS:
            gateways.send_sms(to=patient.phone, text=messages.sms(reminder), key=reminder.key)
        else:
            text = messages.email(reminder)
            gateways.send_email(to=patient.email, subject=messages.subject(), text=text, key=reminder.key)


def _failed(reminder: Reminder, code: str, now: datetime) -> None:
    """The next channel takes over, or a person does. What broke the code by one channel would by the next."""
    tried = reminder.follow_up.reminders.filter(step=reminder.step).values_list("channel", flat=True)
    untried = [way for way in reminding.channels(reminder.follow_up.patient) if way not in tried]
    if untried and code != sending.BROKEN:
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


REMINDERS = sending.Kind(_rows, no_longer, _hand_over, _failed, not_now)
