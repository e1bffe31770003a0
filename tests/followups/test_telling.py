"""Who hears of a flag, by which channel, how often; and that nobody is skipped in silence."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Clinic, Membership, User
from followups import flagging, sweeping
from followups.models import Flag, OutboxMessage, StaffMessage
from patients.models import Joint, PainLog, Patient
from tests import make

# A Tuesday, an hour after the clinic opened.
NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
At = Callable[[datetime], AbstractContextManager[None]]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _now(clock_at: At, settings: Any) -> Any:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with clock_at(NOW):
        yield


def raised(patient: Patient, now: datetime = NOW, **ticked: bool) -> Flag:
    joint: Joint = make.make_joint(patient)
    boxes: dict[str, Any] = ticked or {"cannot_bear_weight": True}
    log = PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=now, entered_at=now, nrs=6, **boxes)
    flagging.judge_log(log.pk, now=now)
    return Flag.objects.get(joint=joint)


def told(what: str) -> set[User]:
    return {message.to for message in StaffMessage.objects.filter(key__contains=f".{what}.").select_related("to")}


def swept(until: datetime, since: datetime = NOW) -> None:
    while since <= until:
        sweeping.sweep(now=since)
        since += HOUR


# --- The second channel ----------------------------------------------------------------------------------------------
def test_red_comes_by_text_too_once_and_in_neutral_words(patient: Patient, clinic: Clinic) -> None:
    doctor = make.make_staff(clinic, "clinician", mobile="+447700900555")
    flag = raised(patient)
    for _ in range(3):
        sweeping.sweep(now=NOW)
    text = OutboxMessage.objects.get(channel="sms")
    assert (text.recipient, text.clinic) == ("+447700900555", clinic)
    assert len(mail.outbox) == 1
    for private in (str(flag.patient), "hip", "weight", "pain", "necrosis", str(flag.public_id)):
        assert private.lower() not in text.body.lower()
    assert {message.key for message in StaffMessage.objects.filter(to=doctor)} == {
        f"{flag.public_id}.red.{doctor.public_id}",
        f"{flag.public_id}.red.{doctor.public_id}.sms",
    }


def test_a_text_fits_one_part(patient: Patient, clinic: Clinic) -> None:
    make.make_staff(clinic, "clinician", mobile="+447700900555")
    raised(patient)
    assert len(OutboxMessage.objects.get(channel="sms").body) <= 160


def test_without_a_number_or_for_what_can_wait_no_text_leaves(patient: Patient, clinic: Clinic) -> None:
    make.make_staff(clinic, "clinician")
    raised(patient)
    User.objects.update(mobile="+447700900555")
    raised(make.make_patient(clinic), wants_review=True)
    swept(NOW + 6 * HOUR)
    assert not StaffMessage.objects.filter(channel="sms").exclude(key__contains=".late.").exists()


def test_without_a_gateway_in_production_there_is_no_second_channel(
    patient: Patient, clinic: Clinic, settings: Any
) -> None:
    settings.DEMO, settings.SMS_GATEWAY_URL = False, ""
    make.make_staff(clinic, "clinician", mobile="+447700900555")
    raised(patient)
    assert [message.channel for message in StaffMessage.objects.all()] == ["email"]


# --- The backup ------------------------------------------------------------------------------------------------------
def test_the_lead_hears_when_nobody_takes_it(patient: Patient, clinic: Clinic) -> None:
    make.make_staff(clinic, "clinician")
    duty = make.make_staff(clinic, "clinician")
    Membership.objects.filter(user=duty).update(on_duty=True)
    lead = make.make_staff(clinic, "lead")
    raised(patient)
    swept(NOW + 5 * HOUR)
    assert (told("red"), told("late")) == ({duty}, {lead})


def test_without_another_lead_the_other_clinicians_hear(patient: Patient, clinic: Clinic) -> None:
    lead, other = make.make_staff(clinic, "lead"), make.make_staff(clinic, "clinician")
    Membership.objects.filter(user=lead).update(on_duty=True)
    raised(patient)
    swept(NOW + 5 * HOUR)
    assert (told("red"), told("late")) == ({lead}, {other})


def test_the_lead_who_has_it_is_not_the_own_backup(patient: Patient, clinic: Clinic) -> None:
    lead, other = make.make_staff(clinic, "lead"), make.make_staff(clinic, "clinician")
    flagging.claim(raised(patient), by=lead, now=NOW)
    swept(NOW + 9 * HOUR)
    assert told("late") == {other}


def test_one_clinician_alone_is_told_again(patient: Patient, clinic: Clinic) -> None:
    alone = make.make_staff(clinic, "clinician")
    raised(patient)
    swept(NOW + 5 * HOUR)
    assert (told("red"), told("late")) == ({alone}, {alone})


def test_a_clinic_without_clinicians_tells_the_coordinators_and_says_so(patient: Patient, clinic: Clinic) -> None:
    coordinator = make.make_staff(clinic)
    make.make_staff(clinic, "auditor")
    raised(patient)
    assert told("red") == {coordinator}
    desk = Client()
    desk.force_login(coordinator)
    assert "Nobody here may answer flags" in desk.get("/clinic/dashboard/").content.decode()
    assert "Nobody at this clinic may answer flags" in desk.get("/clinic/flags/").content.decode()


def test_news_for_nobody_waits_until_somebody_is_there(patient: Patient, clinic: Clinic) -> None:
    flag = raised(patient, wants_review=True)
    sweeping.sweep(now=NOW)
    flag.refresh_from_db()
    assert flag.told_at is None
    make.make_staff(clinic, "clinician")
    sweeping.sweep(now=NOW + HOUR)
    assert len(mail.outbox) == 1


def test_when_the_one_on_duty_cannot_be_reached_the_backup_is_told_at_once(patient: Patient, clinic: Clinic) -> None:
    duty = make.make_staff(clinic, "clinician", email="")
    Membership.objects.filter(user=duty).update(on_duty=True)
    lead = make.make_staff(clinic, "lead")
    raised(patient)
    sweeping.sweep(now=NOW + timedelta(minutes=1))
    assert told("late") == {lead}
    assert [message.to for message in mail.outbox] == [[lead.email]]


def test_who_gets_a_red_flag_back_is_told_again(patient: Patient, clinic: Clinic) -> None:
    first, second = make.make_staff(clinic, "clinician"), make.make_staff(clinic, "clinician")
    flag = raised(patient)
    mail.outbox.clear()
    for to, by in ((second, first), (first, second)):
        flagging.hand_over(Flag.objects.get(pk=flag.pk), to=to, by=by, now=NOW)
    assert [message.to for message in mail.outbox] == [[second.email], [first.email]]


# --- One mail a day --------------------------------------------------------------------------------------------------
def test_forty_flags_past_their_clock_on_one_day_are_one_mail_for_each(clinic: Clinic) -> None:
    lead, doctor = make.make_staff(clinic, "lead"), make.make_staff(clinic, "clinician")
    Membership.objects.filter(user=doctor).update(on_duty=True)
    for _ in range(40):
        raised(make.make_patient(clinic), wants_review=True)
    sweeping.sweep(now=NOW)
    assert [message.to for message in mail.outbox] == [[doctor.email]]
    mail.outbox.clear()
    swept(NOW + 6 * DAY + 23 * HOUR, since=NOW + HOUR)  # nobody takes one in a day, and all clocks end in a week
    assert Flag.objects.exclude(escalated_at=None).count() == 40
    per_day = StaffMessage.objects.filter(to=lead).values_list("key", flat=True)
    assert len({key.rsplit(".", 1)[1] for key in per_day}) == len(per_day) >= 1
    assert all(key.startswith("digest.") for key in per_day)
    assert len(mail.outbox) <= 2 * 2  # two people, two reasons: not taken, and past its clock


def test_red_is_not_held_back_by_the_mail_of_the_day(patient: Patient, clinic: Clinic) -> None:
    make.make_staff(clinic, "clinician")
    raised(patient, wants_review=True)
    sweeping.sweep(now=NOW)
    raised(make.make_patient(clinic))
    assert [message.subject for message in mail.outbox] == ["There is something to look at", "Urgent: please look now"]


def test_who_gets_a_flag_handed_over_reads_of_it_in_the_next_mail(patient: Patient, clinic: Clinic) -> None:
    first, second = make.make_staff(clinic, "clinician"), make.make_staff(clinic, "clinician")
    flag = raised(patient, wants_review=True)
    sweeping.sweep(now=NOW)
    mail.outbox.clear()
    flag.refresh_from_db()
    flagging.hand_over(flag, to=second, by=first, now=NOW)
    sweeping.sweep(now=NOW + DAY)
    assert [message.to for message in mail.outbox] == [[second.email]]


def test_the_dashboard_counts_every_flag(clinic: Clinic, clinician: User) -> None:
    """Also beyond those that are drawn."""
    patient = make.make_patient(clinic)
    joint = make.make_joint(patient)
    pattern = {"clinic": clinic, "patient": patient, "severity": "amber", "severity_rank": 1, "rule": 7, "sentence": {}}
    Flag.objects.create(joint=joint, opened_at=NOW - 9 * DAY, due_at=NOW - DAY, **pattern)
    joints = Joint.objects.bulk_create(
        Joint(patient=make.make_patient(clinic), site="hip", side="left", state="lesion", entered_at=NOW)
        for _ in range(220)
    )
    Flag.objects.bulk_create(
        Flag(
            joint=j,
            opened_at=NOW - 9 * DAY,
            due_at=NOW - HOUR,
            **(pattern | {"patient_id": j.patient_id, "patient": j.patient}),
        )
        for j in joints
    )
    desk = Client()
    desk.force_login(clinician)
    page = " ".join(desk.get("/clinic/dashboard/").content.decode().split())
    assert ">221</a>" in page
    assert "221 past the clock" in page
    assert "60 most pressing of 221" in page
    assert "1 to 25 of 221" in " ".join(desk.get("/clinic/flags/").content.decode().split())
