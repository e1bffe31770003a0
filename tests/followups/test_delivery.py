"""A reminder leaves once, in the hours in which it may, or becomes a person's work."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Clinic
from followups import delivery, messages, planning, reminding, sending, sweeping
from followups.models import FollowUp, OutboxMessage, Reminder
from patients.models import Patient
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TELLS = re.compile(r"osteo|necros|avn|\bhip|x-?ray|mri|scan|joint|film|example|person", re.IGNORECASE)


def due(clinic: Clinic, now: datetime = NOW, **patient: Any) -> Reminder:
    """One reminder whose moment has come."""
    joint = make.make_joint(make.make_patient(clinic, **patient), since=DAY)
    planning.replan(joint.patient, by=None, now=NOW)
    reminder = Reminder.objects.filter(follow_up__joint=joint).order_by("due_at").first()
    if reminder is None:
        raise AssertionError("the follow-up has no reminder")
    Reminder.objects.filter(pk=reminder.pk).update(due_at=now)
    reminder.refresh_from_db()
    return reminder


def test_it_leaves_once(clinic: Clinic) -> None:
    reminder = due(clinic)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == ""
    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "taken by another"

    assert OutboxMessage.objects.count() == 1
    assert Reminder.objects.get(pk=reminder.pk).status == "sent"


@pytest.mark.parametrize("step", ["before_7", "due", "after_1", "no_answer"])
def test_texts_name_no_disease_joint_or_examination_and_fit_one_segment(clinic: Clinic, step: str) -> None:
    reminder = due(clinic)
    reminder.step = step

    text = messages.sms(reminder)

    assert not TELLS.search(text + messages.email(reminder) + messages.subject())
    assert len(text) <= 160
    assert text.isascii()
    assert "STOP" in text


def test_a_claim_that_went_silent_is_adopted_with_the_same_key(clinic: Clinic) -> None:
    reminder = due(clinic)
    Reminder.objects.filter(pk=reminder.pk).update(status="sending", claimed_at=NOW, attempts=1)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW + timedelta(minutes=5)) == "taken by another"
    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW + timedelta(minutes=11)) == ""

    kept = OutboxMessage.objects.get()
    assert kept.key == reminder.key
    assert Reminder.objects.get(pk=reminder.pk).attempts == 2


def test_nothing_rings_in_quiet_hours_of_the_patient(clinic: Clinic) -> None:
    reminder = due(clinic, time_zone="Pacific/Auckland")  # 12:00 in London is 01:00 there

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "quiet hours"
    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW + timedelta(hours=9)) == ""


def test_after_a_study_or_the_end_it_does_not_leave(clinic: Clinic) -> None:
    reminder = due(clinic)
    FollowUp.objects.update(status="ended", ended_at=NOW)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "no longer needed"
    assert not OutboxMessage.objects.exists()


def test_after_stop_it_does_not_leave(clinic: Clinic) -> None:
    reminder = due(clinic)
    Patient.objects.update(sms_stopped_at=NOW)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "not allowed"


def test_nobody_without_a_channel_is_forgotten(clinic: Clinic) -> None:
    joint = make.make_joint(make.make_patient(clinic, phone="", email=""), since=DAY)

    planning.replan(joint.patient, by=None, now=NOW)

    assert FollowUp.objects.get().contact_failure == "no_channel"


def test_in_production_a_channel_without_a_server_does_not_exist(clinic: Clinic, settings: Any) -> None:
    settings.DEMO, settings.EMAIL_URL, settings.SMS_GATEWAY_URL = False, "", ""
    joint = make.make_joint(make.make_patient(clinic), since=DAY)

    planning.replan(joint.patient, by=None, now=NOW)

    assert FollowUp.objects.get().contact_failure == "no_channel"
    settings.EMAIL_URL = "smtp://mail.example.org:25/"
    assert reminding.channels(joint.patient) == ["email"]


def test_both_hips_on_one_day_are_one_message(clinic: Clinic) -> None:
    patient = make.make_patient(clinic)
    for side in ("left", "right"):
        make.make_joint(patient, side=side, since=DAY)
    planning.replan(patient, by=None, now=NOW)
    Reminder.objects.update(due_at=NOW + timedelta(days=30))
    for follow_up in FollowUp.objects.all():
        first = follow_up.reminders.order_by("pk")[:1].values("pk")
        Reminder.objects.filter(pk__in=first).update(due_at=NOW)

    sweeping.sweep(now=NOW)

    assert OutboxMessage.objects.count() == 1


def test_a_missed_week_sends_the_newest_step_only(clinic: Clinic) -> None:
    reminder = due(clinic)
    steps = list(Reminder.objects.filter(follow_up=reminder.follow_up).order_by("pk"))
    for number, step in enumerate(steps):
        Reminder.objects.filter(pk=step.pk).update(due_at=NOW - timedelta(days=7 - number))

    sweeping.sweep(now=NOW)

    assert OutboxMessage.objects.count() == 1
    assert Reminder.objects.filter(status="sent").get().pk == steps[-1].pk


def test_what_is_held_waits_for_a_person(clinic: Clinic) -> None:
    reminder = due(clinic)
    FollowUp.objects.update(held_at=NOW)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "held until released"


def test_the_clock_change_gives_the_first_minute_after_it(clinic: Clinic) -> None:
    patient = make.make_patient(clinic, time_zone="Europe/London")

    assert reminding.first_moment(patient, date(2027, 3, 28)) == datetime(2027, 3, 28, 8, tzinfo=UTC)
    assert reminding.first_moment(patient, date(2027, 3, 27)) == datetime(2027, 3, 27, 9, tzinfo=UTC)


def test_the_sweep_balances_and_a_bad_row_delays_only_itself(clinic: Clinic) -> None:
    good, bad = due(clinic), due(clinic)
    Patient.objects.filter(pk=bad.follow_up.patient_id).update(time_zone="Mars/Phobos")

    balances = [sweeping.sweep(now=NOW + timedelta(hours=n)) for n in range(6)]

    assert all(balance.balanced for balance in balances)
    assert [balance.failed > 0 for balance in balances] == [True] * 5 + [False]
    assert Reminder.objects.get(pk=good.pk).status == "sent"
    assert Reminder.objects.get(pk=bad.pk).status == "failed"
    assert FollowUp.objects.get(pk=bad.follow_up_id).contact_failure == "cannot_be_sent"
