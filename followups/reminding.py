"""Which messages a follow-up has, and when each may leave.

A follow-up has steps before, on and after its target day (`clinical.md` 4.2, kept in the clinic's protocol). A step
whose day had passed when the follow-up was opened is not made: what is already late is a person's work.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.conf import settings

from accounts import clock
from followups.models import FollowUp, Reminder
from patients.models import Patient

Channel = Reminder.Channel


def steps(follow_up: FollowUp, days_before: Iterable[int]) -> list[tuple[str, date]]:
    """Each step's name and day: so many days before the target, on it, and the day after the window has closed."""
    before = [(f"before_{n}", follow_up.target_on - timedelta(days=n)) for n in sorted(days_before, reverse=True)]
    return [*before, ("due", follow_up.target_on), ("after_1", follow_up.closes_on + timedelta(days=1))]


def channels(patient: Patient) -> list[str]:
    """How this person may be reached by the machine, best first. Empty: only by a person.

    In production a channel without a server does not exist: a message kept in the outbox would look like one sent.
    """
    ways = []
    texts, mails = settings.SMS_GATEWAY_URL or settings.DEMO, settings.EMAIL_URL or settings.DEMO
    if texts and patient.phone and patient.sms_allowed and patient.sms_stopped_at is None:
        ways.append(Channel.SMS.value)
    if mails and patient.email and patient.email_allowed:
        ways.append(Channel.EMAIL.value)
    return ways


def schedule(follow_up: FollowUp, *, days_before: Iterable[int], now: datetime) -> None:
    """Make the reminders of a follow-up that has just been opened; none at all is a coordinator's work."""
    if not channels(follow_up.patient):
        FollowUp.objects.filter(pk=follow_up.pk).update(contact_failed_at=now, contact_failure="no_channel")
        return
    Reminder.objects.bulk_create(reminders_of(follow_up, days_before=days_before, now=now))


def reminders_of(follow_up: FollowUp, *, days_before: Iterable[int], now: datetime) -> list[Reminder]:
    """The reminders of a follow-up whose patient can be reached, not stored yet."""
    patient, opened_on = follow_up.patient, clock.day_of(now, follow_up.clinic)
    way = channels(patient)[0]
    return [
        Reminder(
            clinic_id=follow_up.clinic_id,
            follow_up=follow_up,
            step=name,
            channel=way,
            due_at=first_moment(patient, on),
            made_at=now,
        )
        for name, on in steps(follow_up, days_before)
        if on >= opened_on
    ]


def not_seen_yet(follow_up: FollowUp, *, now: datetime) -> Reminder:
    """The message about a window that closed before anybody could be reminded, not stored yet. Leaves by day."""
    return Reminder(
        clinic_id=follow_up.clinic_id,
        follow_up=follow_up,
        step="after_1",
        channel=channels(follow_up.patient)[0],
        due_at=max(now, first_moment(follow_up.patient, clock.day_of(now, follow_up.clinic))),
        made_at=now,
    )


def first_moment(patient: Patient, on: date) -> datetime:
    """When a message of this day may leave: the first minute outside quiet hours, where the person is."""
    return _local(on, patient.clinic.messages_from, patient)


def quiet(patient: Patient, *, now: datetime) -> bool:
    """True in the hours in which nothing may ring at this person's place."""
    local = now.astimezone(patient.zone).time()
    return not patient.clinic.messages_from <= local < patient.clinic.messages_until


def _local(on: date, at: time, patient: Patient) -> datetime:
    # A minute that a clock change skips becomes the first one after it.
    return datetime.combine(on, at, tzinfo=patient.zone)
