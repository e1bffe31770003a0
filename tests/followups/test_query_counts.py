"""How many questions a page asks the database does not depend on how much it shows."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Clinic, User
from followups import planning
from followups.models import Contact, Flag, FollowUp, Reminder
from patients.models import Finding, ImagingStudy, Joint, PainLog, Patient
from tests.make import NOW, make_joint, make_patient

pytestmark = pytest.mark.django_db
ClockAt = Callable[[datetime], AbstractContextManager[None]]
TODAY = NOW.date()

# What puts a follow-up into one section of the worklist after the other.
SECTIONS: list[dict[str, Any]] = [
    {"closes_on": TODAY - timedelta(days=9)},
    {"brought_forward_to": TODAY + timedelta(days=4)},
    {"contact_failed_at": NOW, "contact_failure": "no_channel"},
    {"promised_on": TODAY + timedelta(days=3)},
    {},
    {"snoozed_until": TODAY + timedelta(days=5)},
]


@pytest.fixture(autouse=True)
def _today(clock_at: ClockAt) -> Any:
    with clock_at(NOW):
        yield


def make_person(clinic: Clinic, by: User, n: int) -> Patient:
    """Somebody about whom every list has something to say."""
    patient = make_patient(clinic)
    joint = make_joint(patient, since=TODAY - timedelta(days=900))
    planning.replan(patient, by=None, now=NOW)
    follow_up = FollowUp.objects.get(patient=patient)
    window: dict[str, Any] = {
        "opens_on": TODAY - timedelta(days=40),
        "target_on": TODAY - timedelta(days=20),
        "closes_on": TODAY + timedelta(days=20),
        "latest_safe_on": TODAY + timedelta(days=40),
        "owner": by,
    }
    section = SECTIONS[n % len(SECTIONS)]
    if "brought_forward_to" in section:
        section = section | {"brought_forward_until": TODAY + timedelta(days=30), "brought_forward_by": by}
    FollowUp.objects.filter(pk=follow_up.pk).update(**(window | section))
    Contact.objects.create(
        clinic=clinic, patient=patient, at=NOW - timedelta(days=n), by=by, result="no_answer", next_on=TODAY
    )
    Reminder.objects.create(
        clinic=clinic,
        follow_up=follow_up,
        step="test",
        channel="sms",
        due_at=NOW - timedelta(days=2),
        status="sent",
        sent_at=NOW,
        made_at=NOW,
    )
    Flag.objects.create(
        clinic=clinic,
        patient=patient,
        joint=joint,
        severity="amber",
        severity_rank=1,
        rule=1,
        sentence={"code": "jump", "params": {}},
        opened_at=NOW,
        due_at=NOW + timedelta(days=3),
    )
    more_of(patient, joint)
    return patient


def more_of(patient: Patient, joint: Joint) -> None:
    """One more study, read and not staged, and one more report of pain."""
    study = ImagingStudy.objects.create(
        patient=patient, made_on=TODAY - timedelta(days=30), modality="MR", covers=[["hip", "left"]], entered_at=NOW
    )
    Finding.objects.create(study=study, joint=joint, volume_percent=10, entered_at=NOW)
    PainLog.objects.create(
        joint=joint, client_id=uuid4(), felt_at=NOW - timedelta(days=1), nrs=3, entered_at=NOW, judged_at=NOW
    )


def questions(by: User, address: str) -> int:
    client = Client()
    client.force_login(by)
    client.get(address)  # sets the clock of the session
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
    assert response.status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    "address",
    [
        "/clinic/",
        "/clinic/?whose=mine",
        "/clinic/?section=overdue",
        "/clinic/?section=not_reviewed",
        "/clinic/?section=resting",
        "/clinic/patients/",
        "/clinic/patients/?q=example",
        "/clinic/flags/",
        "/clinic/dashboard/",
        "/clinic/dashboard/behind/?figure=overdue",
        "/clinic/outbox/",
    ],
)
def test_a_list_asks_no_more_when_there_are_more_rows(clinic: Clinic, lead: User, address: str) -> None:
    for n in range(6):
        make_person(clinic, lead, n)
    few = questions(lead, address)

    for n in range(12):
        make_person(clinic, lead, n)

    assert questions(lead, address) <= few


def test_the_page_of_a_patient_asks_no_more_when_the_record_is_longer(clinic: Clinic, lead: User) -> None:
    patient = make_person(clinic, lead, 0)
    joint = patient.joints.get()
    address = f"/clinic/patients/{patient.public_id}/"
    few = questions(lead, address)

    for _ in range(8):
        more_of(patient, joint)

    assert questions(lead, address) <= few


@pytest.mark.parametrize("address", ["/me/", "/me/log/", "/me/trend/", "/me/access/"])
def test_the_diary_asks_no_more_when_it_is_longer(clinic: Clinic, address: str) -> None:
    patient = make_patient(clinic, sign_in=True)
    joint = make_joint(patient)
    more_of(patient, joint)
    more_of(patient, joint)
    assert patient.user
    few = questions(patient.user, address)

    for _ in range(8):
        more_of(patient, joint)

    assert questions(patient.user, address) <= few
