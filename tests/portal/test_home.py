"""What a patient reads: the next step in plain words, never the words of the disease."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Clinic
from followups import planning
from followups.models import Contact, FollowUp
from patients.models import ImagingStudy, PainLog, Patient, SymptomStatus
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)
NEVER = re.compile(r"necros|death|collaps|\bAVN\b|ARCO|stage \d|risk|watching|osteo", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _that_morning() -> Any:
    with clock.fixed_at(NOW):
        yield


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    patient = make.make_patient(clinic, sign_in=True, given_name="Ada")
    joint = make.make_joint(patient, since=date(2026, 5, 25))
    SymptomStatus.objects.create(joint=joint, on=date(2026, 5, 25), value="no", entered_at=NOW)
    for modality, views in (("DX", ["AP", "frog_leg_lateral"]), ("MR", [])):
        study = ImagingStudy.objects.create(
            patient=patient,
            made_on=date(2026, 5, 25),
            modality=modality,
            views=views,
            covers=[["hip", "left"], ["hip", "right"]],
            entered_at=NOW,
        )
        study.findings.create(joint=joint, volume_percent=8, oedema="no", entered_at=NOW)
    planning.replan(patient, by=None, now=NOW)
    return patient


@pytest.fixture
def phone(patient: Patient, client: Client) -> Client:
    assert patient.user
    client.force_login(patient.user)
    return client


def test_home_says_the_next_step_and_why(phone: Client) -> None:
    page = phone.get("/me/").content.decode()

    assert "X-ray of your left hip" in page
    assert "now, until Wednesday 23 December" in page
    assert "6 months have passed by then since your last pictures on 25 May 2026" in page
    assert 'href="tel:+442071234567"' in page


@pytest.mark.parametrize("path", ["/me/", "/me/log/", "/me/trend/", "/me/access/"])
def test_no_page_says_the_words_of_the_disease(phone: Client, path: str) -> None:
    assert not NEVER.search(phone.get(path).content.decode())


def test_naming_a_day_tells_the_clinic(phone: Client, patient: Patient) -> None:
    follow_up = FollowUp.objects.live().get()

    phone.post(f"/me/next/{follow_up.public_id}/date/", {"day": "2026-12-01"})

    follow_up.refresh_from_db()
    assert follow_up.promised_on == date(2026, 12, 1)
    assert "You told us that you come on" in phone.get("/me/").content.decode()


@pytest.mark.parametrize("day", ["", "2026-11-01", "2029-01-01", "31/12/2026", "2026-02-30", "x"])
def test_a_day_that_cannot_be_is_refused_and_changes_nothing(phone: Client, day: str) -> None:
    follow_up = FollowUp.objects.live().get()

    response = phone.post(f"/me/next/{follow_up.public_id}/date/", {"day": day})

    assert response.status_code == 422
    assert not Contact.objects.exists()


def test_somebody_who_cannot_come_is_called(phone: Client) -> None:
    follow_up = FollowUp.objects.live().get()

    phone.post(f"/me/next/{follow_up.public_id}/cannot/", {"note": "no transport"})

    assert Contact.objects.get().result == "patient_cannot"
    assert FollowUp.objects.live().get().next_contact_on is None


def test_another_persons_step_does_not_exist(phone: Client, clinic: Clinic) -> None:
    joint = make.make_joint(make.make_patient(clinic), since=date(2026, 5, 25))
    planning.replan(joint.patient, by=None, now=NOW)
    theirs = FollowUp.objects.live().get(joint=joint)

    assert phone.get(f"/me/next/{theirs.public_id}/date/").status_code == 404
    assert phone.post(f"/me/next/{theirs.public_id}/cannot/").status_code == 404


def test_the_trend_tells_two_weeks_beside_the_month_before(phone: Client, patient: Patient) -> None:
    joint = patient.joints.get()
    for on, nrs in [(date(2026, 10, 20), 3), (date(2026, 10, 25), 3), (date(2026, 11, 12), 5), (date(2026, 11, 18), 5)]:
        PainLog.objects.create(
            joint=joint,
            client_id=uuid4(),
            nrs=nrs,
            felt_at=datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
            entered_at=NOW,
        )

    page = phone.get("/me/trend/").content.decode()

    assert "About 5 in the last two weeks (2 entries), about 3 in the month before (2 entries)" in page
    assert "<svg" in page


def test_too_few_entries_are_not_a_trend(phone: Client) -> None:
    assert "Too few entries to say." in phone.get("/me/trend/").content.decode()


def test_the_clinic_stays_on_the_other_side(phone: Client) -> None:
    assert phone.get("/clinic/").status_code == 403
