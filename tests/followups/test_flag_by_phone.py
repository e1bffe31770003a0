"""A report that staff take by phone is judged like the patient's own, and its safety words are read out."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Clinic, User
from followups import sweeping
from followups.models import Flag
from patients.models import Joint, PainLog, Patient
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def joint(patient: Patient) -> Joint:
    return make.make_joint(patient)


@pytest.fixture
def client(coordinator: User) -> Client:
    client = Client()
    client.force_login(coordinator)
    return client


def page(patient: Patient) -> str:
    return f"/clinic/patients/{patient.public_id}/phone-log/"


def told(joint: Joint, **said: Any) -> dict[str, Any]:
    return {"client_id": str(uuid4()), "joint": str(joint.public_id), "nrs": "4"} | said


def test_it_is_stored_once_marked_and_judged(
    patient: Patient, joint: Joint, client: Client, coordinator: User, clock_at: Any
) -> None:
    with clock_at(make.NOW):
        report = told(joint, cannot_bear_weight="on")
        first = client.post(page(patient), report)
        again = client.post(page(patient), report)
        assert first.headers["Location"] == again.headers["Location"]
        log = PainLog.objects.get()
        assert (log.by_phone, log.entered_by, log.nrs) == (True, coordinator, 4)
        sweeping.sweep(now=make.NOW)
        assert Flag.objects.get().severity == "red"
        assert (
            "Until you have spoken to someone, stay off the leg."
            in client.get(first.headers["Location"]).content.decode()
        )


def test_without_a_red_box_nothing_is_to_be_read_out(patient: Patient, joint: Joint, client: Client) -> None:
    saved = client.post(page(patient), told(joint), follow=True).content.decode()
    assert "Saved" in saved
    assert "Say this to the patient now" not in saved


@pytest.mark.parametrize(
    "wrong", [{"nrs": "11"}, {"nrs": ""}, {"joint": ""}, {"felt_on": "2031-01-01"}, {"client_id": "x"}]
)
def test_the_same_rules_hold_as_in_the_diary(patient: Patient, joint: Joint, client: Client, wrong: Any) -> None:
    refused = client.post(page(patient), told(joint, note="kept words") | wrong)
    assert refused.status_code == 422
    assert "kept words" in refused.content.decode()
    assert not PainLog.objects.exists()


def test_a_joint_of_somebody_else_cannot_be_named(
    patient: Patient, joint: Joint, client: Client, clinic: Clinic
) -> None:
    other = make.make_joint(make.make_patient(clinic))
    assert client.post(page(patient), told(other)).status_code == 422
    assert client.get(page(patient) + "?saved=nonsense").status_code == 404
    assert not PainLog.objects.exists()


def test_nobody_elses_patient_exists(client: Client) -> None:
    elsewhere = make.make_patient(make.make_clinic("South"))
    assert client.get(page(elsewhere)).status_code == 404


@pytest.mark.parametrize(("hours", "severity"), [(71, "red"), (73, "amber")])
def test_what_is_told_late_is_never_red(
    patient: Patient, joint: Joint, client: Client, clock_at: Any, hours: int, severity: str
) -> None:
    felt = (make.NOW - timedelta(hours=hours)).astimezone(patient.zone)
    with clock_at(make.NOW):
        late = told(joint, cannot_bear_weight="on", felt_on=f"{felt:%Y-%m-%d}", felt_time=f"{felt:%H:%M}")
        assert client.post(page(patient), late).status_code == 302
        sweeping.sweep(now=make.NOW)
    assert Flag.objects.get().severity == severity
