"""Reaching the patient: each result of a call forces the next date. "Not responding" is a barrier, never an ending."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import access, audit, clock
from accounts.models import Clinic, Membership, User
from followups import opening_days, reminding
from followups.models import Contact, FollowUp, Reminder

Result = Contact.Result

NO_ANSWERS = 3  # calls without answer before a text leaves and a clinician decides (pages.md 6.1)
BARRIER_DAYS = 7  # until a barrier is looked at again
REPORT_DAYS = 7  # until the report of a study made elsewhere should have come
NUMBER_DAYS = 2  # opening days to find a working number
DECISION_DAYS = 5  # opening days for a clinician to decide

RELEASED_AT_ONCE = 500  # by one press; what is left is released by the next

# What a contact may change on a follow-up, and Undo puts back.
STATE = (
    "next_contact_on",
    "next_contact_note",
    "no_answer_count",
    "promised_on",
    "claimed_done_at",
    "barrier",
    "snoozed_until",
    "snooze_reason",
    "escalated_to",
    "contact_failed_at",
    "contact_failure",
)


def next_date(result: str, clinic: Clinic, *, today: date, day: date | None = None, calls_before: int = 0) -> date:
    """The day on which a result brings the patient back to the list. Shown on the button before it is pressed."""
    match result:
        case Result.DATE_AGREED | Result.PATIENT_PROMISED:
            return (day or today) + timedelta(days=1)
        case Result.NEEDS_HELP:
            return today + timedelta(days=BARRIER_DAYS)
        case Result.ALREADY_DONE:
            return today + timedelta(days=REPORT_DAYS)
        case Result.WRONG_NUMBER:
            return opening_days.next_opening_day(clinic, today, number=NUMBER_DAYS)
        case Result.DECLINED:
            return opening_days.next_opening_day(clinic, today, number=DECISION_DAYS)
        case Result.CALL_LATER:
            return day or opening_days.next_opening_day(clinic, today)
    return opening_days.next_opening_day(clinic, today)


@transaction.atomic
def record(
    result: str,
    *,
    follow_ups: Sequence[FollowUp],
    by: User,
    now: datetime,
    day: date | None = None,
    barrier: str = "",
    note: str = "",
) -> Contact:
    """Keep one attempt to reach a patient about one or more live follow-ups, and set when they come back."""
    first = follow_ups[0]
    clinic, today = first.clinic, clock.day_of(now, first.clinic)
    _check(result, today=today, day=day, barrier=barrier)
    back_on = next_date(result, clinic, today=today, day=day)
    contact = Contact.objects.create(
        clinic=clinic,
        patient=first.patient,
        at=now,
        by=by,
        result=result,
        next_on=back_on,
        note=note[:500],
        before=[{"id": f.pk, **{name: _plain(getattr(f, name)) for name in STATE}} for f in follow_ups],
    )
    contact.follow_ups.set(follow_ups)
    for follow_up in follow_ups:
        _apply(follow_up, result, back_on=back_on, day=day, barrier=barrier, note=note, now=now)
    _trace(contact, by=by, now=now)
    return contact


def _check(result: str, *, today: date, day: date | None, barrier: str) -> None:
    if result not in Result.values:
        raise ValidationError(_("Choose what happened."))
    if result in (Result.DATE_AGREED, Result.PATIENT_PROMISED) and (day is None or day < today):
        raise ValidationError({"day": _("Choose the day that was agreed, today or later.")})
    if day and day > today + timedelta(days=366):
        raise ValidationError({"day": _("Choose a day within a year.")})
    if result == Result.NEEDS_HELP and barrier not in FollowUp.Barrier.values:
        raise ValidationError({"barrier": _("Choose what stands in the way.")})


def _apply(
    follow_up: FollowUp, result: str, *, back_on: date, day: date | None, barrier: str, note: str, now: datetime
) -> None:
    state: dict[str, Any] = {"next_contact_on": back_on, "next_contact_note": "", "snoozed_until": None}
    state |= {"snooze_reason": "", "contact_failed_at": None, "contact_failure": ""}
    if result == Result.NO_ANSWER:
        calls = follow_up.no_answer_count + 1
        state |= {"no_answer_count": calls}
        if calls >= NO_ANSWERS:
            state |= {"escalated_to": access.CLINICIAN}
            _text_today(follow_up, now=now)
    else:
        state |= {"no_answer_count": 0}
    match result:
        case Result.DATE_AGREED | Result.PATIENT_PROMISED:
            state |= {"promised_on": day, "barrier": "", "escalated_to": ""}
        case Result.CALL_LATER:
            state |= {"next_contact_note": note[:80]}
        case Result.NEEDS_HELP:
            state |= {"barrier": barrier}
        case Result.ALREADY_DONE:
            state |= {"claimed_done_at": now}
        case Result.WRONG_NUMBER:
            state |= {"contact_failed_at": now, "contact_failure": "wrong_number"}
        case Result.DECLINED:
            state |= {"escalated_to": access.CLINICIAN}
        case Result.PATIENT_CANNOT:
            state |= {"promised_on": None, "next_contact_on": None}
    FollowUp.objects.live().filter(pk=follow_up.pk).update(version=F("version") + 1, **state)


def _text_today(follow_up: FollowUp, *, now: datetime) -> None:
    """After the third call without an answer a message leaves, in the hours in which it may."""
    for channel in reminding.channels(follow_up.patient)[:1]:
        Reminder.objects.get_or_create(
            follow_up=follow_up,
            step="no_answer",
            channel=channel,
            defaults={"clinic": follow_up.clinic, "due_at": now, "made_at": now},
        )


@transaction.atomic
def undo(contact: Contact, *, by: User, now: datetime) -> None:
    """Put back what the follow-ups held before this contact. The contact stays, marked as undone."""
    if not Contact.objects.filter(pk=contact.pk, undone_at=None).update(undone_at=now, undone_by=by):
        raise ValidationError(_("This was undone already."))
    for before in contact.before:
        FollowUp.objects.live().filter(pk=before["id"]).update(
            version=F("version") + 1, **{name: before[name] for name in STATE}
        )
    _trace(contact, by=by, now=now, what="undone")


@transaction.atomic
def assign(follow_ups: Sequence[FollowUp], *, to: User | None, by: User, now: datetime) -> None:
    """Make it somebody's work; None gives it back to the coordinators."""
    first = follow_ups[0]
    if to and not Membership.objects.filter(user=to, clinic=first.clinic, user__is_active=True).exists():
        raise ValidationError({"to": _("Choose somebody who works at this clinic.")})
    FollowUp.objects.live().filter(pk__in=[f.pk for f in follow_ups]).update(owner=to, version=F("version") + 1)
    _trace_follow_up(first, by=by, now=now, what="assigned")


@transaction.atomic
def snooze(follow_ups: Sequence[FollowUp], *, until: date | None, reason: str, by: User, now: datetime) -> None:
    """Keep it off the list until a day, for a reason. Then automation resumes."""
    first = follow_ups[0]
    today = clock.day_of(now, first.clinic)
    errors: dict[str, str] = {}
    if until is None or not today < until <= today + timedelta(days=92):
        errors["until"] = _("Choose a day after today, at most three months ahead.")
    if not reason.strip():
        errors["reason"] = _("Say why it can wait.")
    if errors:
        raise ValidationError(errors)
    FollowUp.objects.live().filter(pk__in=[f.pk for f in follow_ups]).update(
        snoozed_until=until, snooze_reason=reason.strip()[:120], version=F("version") + 1
    )
    _trace_follow_up(first, by=by, now=now, what="snoozed")


@transaction.atomic
def release(follow_ups: Sequence[FollowUp], *, by: User, now: datetime) -> None:
    """Let reminders leave for what was brought in already due.

    The steps of a window that has closed are past, so one message is made for it: that the person was not seen yet.
    """
    held = FollowUp.objects.live().filter(pk__in=[f.pk for f in follow_ups], held_at__isnull=False)
    found = list(held.select_related("clinic", "patient__clinic").select_for_update(of=("self",)))
    held.update(held_at=None, released_at=now, released_by=by, version=F("version") + 1)
    late = [f for f in found if f.closes_on < clock.day_of(now, f.clinic)]
    Reminder.objects.bulk_create(
        [reminding.not_seen_yet(f, now=now) for f in late if reminding.channels(f.patient)], ignore_conflicts=True
    )
    for one in {f.patient_id: f for f in found}.values():
        _trace_follow_up(one, by=by, now=now, what="released")


def how_many_held(clinic: Clinic) -> int:
    """What the next press releases: all that is held, or as much as one press may."""
    return FollowUp.objects.at(clinic).live().filter(held_at__isnull=False)[:RELEASED_AT_ONCE].count()


def release_all(clinic: Clinic, *, until: datetime, by: User, now: datetime) -> int:
    """Release what was held when a person looked, the most urgent first; at most `RELEASED_AT_ONCE`. How many."""
    held = FollowUp.objects.at(clinic).live().filter(held_at__lte=until)
    first = list(held.order_by("group_rank", "closes_on", "pk")[:RELEASED_AT_ONCE])
    if first:
        release(first, by=by, now=now)
    return len(first)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _trace(contact: Contact, *, by: User, now: datetime, what: str = "") -> None:
    audit.record(
        audit.Action.UPDATE if what else audit.Action.CREATE,
        clinic=contact.clinic,
        by=by,
        now=now,
        subject=contact,
        patient_id=contact.patient.public_id,
        detail={"what": what or contact.result},
    )


def _trace_follow_up(follow_up: FollowUp, *, by: User, now: datetime, what: str) -> None:
    audit.record(
        audit.Action.UPDATE,
        clinic=follow_up.clinic,
        by=by,
        now=now,
        subject=follow_up,
        patient_id=follow_up.patient.public_id,
        detail={"what": what},
    )
