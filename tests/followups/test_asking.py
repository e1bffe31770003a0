"""An expected logger who stops: noticed, asked once and gently, then a person's work."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import Clinic, User
from followups import asking, flagging, planning, sweeping
from followups.models import DiaryAsk, Flag, OutboxMessage, PatientPlan
from patients import recording
from patients.models import Joint, PainLog, Patient
from tests import make
from tests.followups.test_delivery import TELLS

# A Tuesday, in waking hours.
NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    """Expected to log every day, since long ago."""
    patient = make.make_patient(clinic, logs_every=1)
    make.make_joint(patient, since=NOW.date() - 30 * DAY)
    planning.replan(patient, by=None, now=NOW)
    PatientPlan.objects.update(diary_look_at=NOW - DAY)
    return patient


@pytest.fixture
def joint(patient: Patient) -> Joint:
    return patient.joints.get()


def entry(joint: Joint, *, at: datetime, **ticks: Any) -> PainLog:
    return PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=at, entered_at=at, nrs=3, **ticks)


def flagged(joint: Joint, *, at: datetime) -> Flag:
    """An amber flag, and nothing after its entry."""
    entry(joint, at=at, wants_review=True)
    flagging.judge_joint(joint, now=at)
    return Flag.objects.get()


def swept(*moments: datetime) -> None:
    for now in moments:
        balance = sweeping.sweep(now=now)
        assert balance.failed == 0


def quiet_for(joint: Joint, days: float) -> Flag:
    flag = flagged(joint, at=NOW - timedelta(days=days))
    swept(NOW)
    return flag


# --- Asked -----------------------------------------------------------------------------------------------------------
def test_who_stops_while_a_flag_is_open_is_asked_once(joint: Joint) -> None:
    quiet_for(joint, 3.5)
    swept(NOW + MINUTE, NOW + timedelta(hours=5), NOW + DAY)
    message = OutboxMessage.objects.get()
    assert message.recipient == joint.patient.phone
    assert not TELLS.search(message.body)
    assert len(message.body) <= 160
    assert DiaryAsk.objects.get().sent_at == NOW


@pytest.mark.parametrize("days", [0.5, 2.9])
def test_a_pause_of_less_than_three_intervals_is_nothing(joint: Joint, days: float) -> None:
    quiet_for(joint, days)
    assert not DiaryAsk.objects.exists()
    swept(NOW + 3 * DAY)
    assert DiaryAsk.objects.exists()


def test_once_a_week_has_longer_pauses(joint: Joint) -> None:
    Patient.objects.update(logs_every=7)
    quiet_for(joint, 20)
    assert not DiaryAsk.objects.exists()


def test_who_is_not_expected_is_left_in_peace(joint: Joint) -> None:
    Patient.objects.update(logs_every=None)
    quiet_for(joint, 30)
    assert not DiaryAsk.objects.exists()
    assert PatientPlan.objects.get().diary_look_at is None


def test_without_an_open_flag_or_a_large_lesion_silence_is_nothing(patient: Patient) -> None:
    clear = make.make_joint(patient, side="right", state="clear")
    entry(clear, at=NOW - 10 * DAY)
    planning.replan(patient, by=None, now=NOW)
    swept(NOW)
    assert not DiaryAsk.objects.exists()


def test_a_large_lesion_is_enough(joint: Joint) -> None:
    entry(joint, at=NOW - 10 * DAY)  # a hip that was never sized counts as large
    swept(NOW)
    assert DiaryAsk.objects.count() == 1


def test_an_entry_of_another_joint_is_no_silence(joint: Joint) -> None:
    other = make.make_joint(joint.patient, side="right")
    flagged(joint, at=NOW - 10 * DAY)
    entry(other, at=NOW - DAY)
    swept(NOW)
    assert not DiaryAsk.objects.exists()


def test_the_message_waits_for_the_morning(joint: Joint) -> None:
    night = NOW.replace(hour=3)
    flagged(joint, at=night - 4 * DAY)
    swept(night)
    assert not OutboxMessage.objects.exists()
    swept(NOW)
    assert OutboxMessage.objects.count() == 1


def test_who_answers_in_the_night_gets_no_message(joint: Joint) -> None:
    night = NOW.replace(hour=3)
    flagged(joint, at=night - 4 * DAY)
    swept(night)
    entry(joint, at=night + MINUTE)
    swept(NOW, NOW + 2 * DAY)
    assert not OutboxMessage.objects.exists()
    assert [hit["rule"] for hit in Flag.objects.get().hits] == [20]


def test_stop_is_kept_and_the_mail_goes_instead(joint: Joint) -> None:
    Patient.objects.update(sms_stopped_at=NOW - 100 * DAY)
    quiet_for(joint, 4)
    assert OutboxMessage.objects.filter(channel="sms").count() == 0
    assert DiaryAsk.objects.get().channel == "email"


@pytest.mark.parametrize(("email", "channel", "handed_over"), [("a@example.org", "email", False), ("", "sms", True)])
def test_a_way_that_closed_in_the_night_gives_way_to_the_next_or_to_a_person(
    joint: Joint, email: str, channel: str, handed_over: bool
) -> None:
    night = NOW.replace(hour=3)
    flagged(joint, at=night - 4 * DAY)
    swept(night)
    Patient.objects.update(sms_stopped_at=night + MINUTE, email=email)
    swept(NOW, NOW + MINUTE)
    ask = DiaryAsk.objects.get()
    assert (ask.channel, ask.status == "failed", ask.sent_at is None) == (channel, handed_over, handed_over)
    assert (16 in [hit["rule"] for hit in Flag.objects.get().hits]) == handed_over


def test_one_silence_has_one_ask_in_the_database(joint: Joint) -> None:
    quiet_for(joint, 4)
    ask = DiaryAsk.objects.get()
    ask.pk, ask.public_id = None, uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        ask.save()


# --- Then a person's work --------------------------------------------------------------------------------------------
def test_without_an_answer_it_joins_the_open_flag_and_stands_in_its_history(joint: Joint, clinician: User) -> None:
    flag = quiet_for(joint, 4)
    swept(NOW + 3 * DAY)
    flag.refresh_from_db()
    assert [hit["rule"] for hit in flag.hits] == [20]
    swept(NOW + 3 * DAY + MINUTE, NOW + 4 * DAY)
    flag.refresh_from_db()
    assert [hit["rule"] for hit in flag.hits] == [20, 16]
    assert flag.severity == "amber"
    client = Client()
    client.force_login(clinician)
    shown = " ".join(client.get(f"/clinic/flags/{flag.public_id}/").content.decode().split())
    assert "Gone quiet: asked by text message on 17 Nov 2026, no entry since" in shown
    assert "Rule 16 as well: Gone quiet: no entry since" in shown


def test_with_a_large_lesion_it_opens_a_yellow_flag_of_its_own(joint: Joint) -> None:
    entry(joint, at=NOW - 10 * DAY)
    swept(NOW, NOW + 3 * DAY + MINUTE)
    flag = Flag.objects.get()
    assert (flag.kind, flag.rule, flag.severity) == ("silence", 16, "yellow")
    assert flag.sentence["params"] == {"last_on": "2026-11-07", "interval": 1}


def test_an_entry_in_time_is_an_answer(joint: Joint) -> None:
    flag = quiet_for(joint, 4)
    entry(joint, at=NOW + 2 * DAY)
    swept(NOW + 3 * DAY + MINUTE)
    flag.refresh_from_db()
    assert [hit["rule"] for hit in flag.hits] == [20]


def test_who_cannot_be_reached_is_a_persons_work_at_once(joint: Joint) -> None:
    Patient.objects.update(phone="", email="")
    flag = quiet_for(joint, 4)
    swept(NOW + MINUTE)
    flag.refresh_from_db()
    assert flag.hits[-1]["rule"] == 16
    assert flag.events.get(what="quiet").note == "no message could reach the patient"


def test_a_silence_that_was_closed_is_not_told_again_and_the_next_one_is(joint: Joint, clinician: User) -> None:
    entry(joint, at=NOW - 10 * DAY)
    swept(NOW, NOW + 3 * DAY + MINUTE)
    flagging.close(
        Flag.objects.get(), by=clinician, role="clinician", now=NOW + 4 * DAY,
        outcome=Flag.Outcome.CONTACTED, next_step="will log again",
    )  # fmt: skip
    swept(*(NOW + n * DAY for n in range(5, 12)))
    assert (Flag.objects.count(), OutboxMessage.objects.count()) == (1, 1)
    again = NOW + 40 * DAY
    entry(joint, at=again)
    swept(again + 4 * DAY, again + 7 * DAY + MINUTE, again + 8 * DAY)
    assert OutboxMessage.objects.count() == 2
    assert Flag.objects.open().get().kind == "silence"


def test_silences_of_the_past_are_not_dug_up(joint: Joint) -> None:
    entry(joint, at=NOW - 100 * DAY)
    entry(joint, at=NOW - 10 * DAY)
    swept(NOW, NOW + 3 * DAY + MINUTE)
    assert Flag.objects.get().sentence["params"]["last_on"] == "2026-11-07"


# --- Who is expected -------------------------------------------------------------------------------------------------
def test_the_form_of_the_person_sets_it_and_the_count_begins_then(clinic: Clinic, clinician: User) -> None:
    patient = make.make_patient(clinic)
    joint = make.make_joint(patient, since=NOW.date() - 30 * DAY)
    planning.replan(patient, by=None, now=NOW)
    flagged(joint, at=NOW - 60 * DAY)
    recording.edit(patient, details={"logs_every": 1}, version=patient.version, by=clinician, now=NOW)
    assert PatientPlan.objects.get().diary_look_at == NOW + 3 * DAY
    patient.refresh_from_db()
    recording.edit(patient, details={"note": "x"}, version=patient.version, by=clinician, now=NOW + DAY)
    assert PatientPlan.objects.get().diary_look_at == NOW + 3 * DAY
    patient.refresh_from_db()
    recording.edit(patient, details={"logs_every": None}, version=patient.version, by=clinician, now=NOW + DAY)
    assert PatientPlan.objects.get().diary_look_at is None


def test_staff_choose_it_on_the_form_of_the_person(patient: Patient, clinician: User) -> None:
    client = Client()
    client.force_login(clinician)
    page = f"/clinic/patients/{patient.public_id}/edit/"
    assert '<option value="1" selected>every day' in client.get(page).content.decode()
    typed = {
        "family_name": "Example", "born": "2 5 1980", "mrn": patient.mrn, "sex": "F", "language": "en-gb",
        "version": patient.version,
    }  # fmt: skip
    saved = client.post(page, typed | {"logs_every": "7"})
    assert saved.status_code == 302, saved.context["form"].errors
    patient.refresh_from_db()
    assert patient.logs_every == 7
    assert client.post(page, typed | {"logs_every": "2", "version": patient.version}).status_code == 422


def test_an_end_of_surveillance_ends_the_looking(joint: Joint) -> None:
    quiet_for(joint, 4)
    Patient.objects.update(ended_on=NOW.date(), ended_reason="declined")
    swept(NOW + 3 * DAY + MINUTE)
    assert [hit["rule"] for hit in Flag.objects.get().hits] == [20]
    assert asking.look(PatientPlan.objects.get().pk, now=NOW + 9 * DAY) == "not expected"
