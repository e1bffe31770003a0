"""What is entered about joints and exposures, and how an entry is marked as wrong."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import clock
from accounts.models import AuditEvent, Clinic, User
from patients.models import (
    Exposure,
    Finding,
    ImagingStudy,
    Joint,
    Patient,
    Score,
    SurgeonReview,
    SymptomStatus,
    Treatment,
)
from patients.signals import record_changed
from tests.make import NOW, make_joint, make_patient


@pytest.fixture(autouse=True)
def _friday_morning() -> object:
    with clock.fixed_at(NOW):
        yield


@pytest.fixture
def ingrid(clinic: Clinic) -> Patient:
    return make_patient(clinic, family_name="Halvorsen", given_name="Ingrid", born=date(1979, 3, 12))


@pytest.fixture
def left(ingrid: Patient) -> Joint:
    return make_joint(ingrid, since=date(2025, 6, 18))


@pytest.fixture
def surgery(client: Client, clinician: User) -> Client:
    client.force_login(clinician)
    return client


@pytest.fixture
def changes() -> Any:
    """Patients of whom planning was told that their record changed."""
    told: list[Patient] = []

    def hear(sender: Any, patient: Patient, **kwargs: Any) -> None:
        told.append(patient)

    record_changed.connect(hear)
    yield told
    record_changed.disconnect(hear)


def url(patient: Patient, rest: str) -> str:
    return f"/clinic/patients/{patient.public_id}/{rest}/"


# --- Joints ----------------------------------------------------------------------------------------------------------
LESION = {"site": "hip", "side": "left", "state": "lesion", "since": "18 6 2025"}


def test_both_sides_make_two_lesions(surgery: Client, ingrid: Patient, changes: list[Patient]) -> None:
    assert surgery.post(url(ingrid, "joints/new"), LESION | {"side": "both"}).status_code == 302

    joints = Joint.objects.filter(patient=ingrid)
    assert {(j.side, j.state, j.since) for j in joints} == {
        ("right", "lesion", date(2025, 6, 18)),
        ("left", "lesion", date(2025, 6, 18)),
    }
    assert changes == [ingrid]


@pytest.mark.parametrize(
    "changed",
    [
        {"side": ""},
        {"side": "none"},
        {"side": "up"},
        {"site": "elbow"},
        {"site": "jaw"},
        {"state": ""},
        {"since": ""},
        {"since": "21 11 2026"},
        {"since": "1 1 1979"},
    ],
)
def test_a_joint_is_refused(surgery: Client, ingrid: Patient, changed: dict[str, str]) -> None:
    response = surgery.post(url(ingrid, "joints/new"), LESION | changed)

    assert response.status_code == 422
    assert "Nothing is saved yet" in response.content.decode()
    assert not Joint.objects.exists()


def test_a_joint_on_record_is_not_added_again(surgery: Client, ingrid: Patient, left: Joint) -> None:
    assert surgery.post(url(ingrid, "joints/new"), LESION).status_code == 302  # the same press twice
    response = surgery.post(url(ingrid, "joints/new"), LESION | {"state": "clear"})

    assert response.status_code == 422
    assert "on record already" in response.content.decode()
    assert Joint.objects.count() == 1


def test_a_joint_is_changed_with_a_reason(surgery: Client, ingrid: Patient, left: Joint) -> None:
    new = {"state": "lesion", "since": "1 5 2025", "why": "older films found", "version": "1"}

    assert surgery.post(url(ingrid, f"joints/{left.public_id}"), new).status_code == 302

    left.refresh_from_db()
    assert (left.since, left.version) == (date(2025, 5, 1), 2)
    event = AuditEvent.objects.get(action="update")
    assert event.detail["changed"]["since"] == ["2025-06-18", "2025-05-01"]
    assert surgery.post(url(ingrid, f"joints/{left.public_id}"), new).status_code == 409


def test_a_joint_that_a_study_describes_is_not_called_clear(surgery: Client, ingrid: Patient, left: Joint) -> None:
    study = ImagingStudy.objects.create(patient=ingrid, made_on=date(2026, 1, 1), modality="MR", entered_at=NOW)
    Finding.objects.create(study=study, joint=left, volume_percent=12, entered_at=NOW)
    new = {"state": "clear", "since": "", "why": "wrong side", "version": "1"}

    assert surgery.post(url(ingrid, f"joints/{left.public_id}"), new).status_code == 422


# --- Entries ---------------------------------------------------------------------------------------------------------
def test_symptoms_with_their_day(surgery: Client, ingrid: Patient, left: Joint, changes: list[Patient]) -> None:
    typed = {"joint": str(left.public_id), "value": "yes", "on": "19 11 2026"}

    assert surgery.post(url(ingrid, "symptoms/new"), typed).status_code == 302

    status = SymptomStatus.objects.get()
    assert (status.joint, status.value, status.on) == (left, "yes", date(2026, 11, 19))
    assert changes == [ingrid]


def test_a_surgeons_review(surgery: Client, ingrid: Patient, left: Joint) -> None:
    typed = {"joint": str(left.public_id), "on": "19 11 2026", "note": "wait"}

    assert surgery.post(url(ingrid, "reviews/new"), typed).status_code == 302
    assert SurgeonReview.objects.get().note == "wait"


TREATMENT = {"code": "CD", "on": "1 10 2026", "until": "", "detail": ""}


def test_a_treatment_once_however_often_it_is_sent(surgery: Client, ingrid: Patient, left: Joint) -> None:
    typed = TREATMENT | {"joint": str(left.public_id), "form_token": str(uuid4())}

    for _press in range(2):
        assert surgery.post(url(ingrid, "treatments/new"), typed).status_code == 302
    assert Treatment.objects.count() == 1

    assert surgery.post(url(ingrid, "treatments/new"), typed | {"on": "2 10 2026"}).status_code == 409
    assert Treatment.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code": "WBR"}, "an order without an end is forgotten"),
        ({"code": "ACT"}, "an order without an end is forgotten"),
        ({"code": "WBR", "until": "30 9 2026"}, "The end is before the beginning"),
        ({"code": "XXX"}, "Select a valid choice"),
        ({"on": "21 11 2026"}, "cannot be in the future"),
        ({"on": "1 1 1979"}, "before the date of birth"),
        ({"on": ""}, "On, or from"),
        ({"on": "1 1 2025"}, "before the lesion was known"),
        ({"joint": ""}, "Joint"),
        ({"joint": "abc"}, "Choose one of this person"),
        ({"joint": str(uuid4())}, "Choose one of this person"),
    ],
)
def test_a_treatment_is_refused(
    surgery: Client, ingrid: Patient, left: Joint, changed: dict[str, str], said: str
) -> None:
    typed = TREATMENT | {"joint": str(left.public_id)} | changed

    response = surgery.post(url(ingrid, "treatments/new"), typed)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Treatment.objects.exists()


@pytest.mark.parametrize(("code", "stage", "check"), [("CD", "3B", "late_stage"), ("THA", "2", "early_stage")])
def test_an_unusual_operation_is_asked_about(
    surgery: Client, ingrid: Patient, left: Joint, code: str, stage: str, check: str
) -> None:
    study = ImagingStudy.objects.create(patient=ingrid, made_on=date(2026, 1, 1), modality="DX", entered_at=NOW)
    Finding.objects.create(
        study=study, joint=left, stage_system="ARCO", stage_version="2019", stage_value=stage, entered_at=NOW
    )
    typed = TREATMENT | {"joint": str(left.public_id), "code": code}

    assert surgery.post(url(ingrid, "treatments/new"), typed).status_code == 422
    assert surgery.post(url(ingrid, "treatments/new"), typed | {f"why-{check}": "right"}).status_code == 302
    assert AuditEvent.objects.filter(action="create", detail__because={check: "right"}).exists()


def test_keeping_a_replaced_joint_is_asked_about(surgery: Client, ingrid: Patient, left: Joint) -> None:
    left.treatments.create(code="THA", on=date(2026, 1, 1), entered_at=NOW)
    typed = TREATMENT | {"joint": str(left.public_id)}

    assert surgery.post(url(ingrid, "treatments/new"), typed).status_code == 422
    assert surgery.post(url(ingrid, "treatments/new"), typed | {"why-replaced": "right"}).status_code == 302


def test_somebody_elses_joint_cannot_be_treated_here(surgery: Client, clinic: Clinic, ingrid: Patient) -> None:
    other = make_joint(make_patient(clinic), since=date(2025, 1, 1))

    response = surgery.post(url(ingrid, "treatments/new"), TREATMENT | {"joint": str(other.public_id)})

    assert response.status_code == 422
    assert not Treatment.objects.exists()


# --- Scores ----------------------------------------------------------------------------------------------------------
def score(left: Joint, **changed: str) -> dict[str, str]:
    return {"joint": str(left.public_id), "instrument": "ohs", "value": "41", "on": "1 3 2026"} | changed


@pytest.mark.parametrize(("instrument", "value"), [("hoos_jr", "55.985"), ("ohs", "48"), ("peg", "3.33"), ("ohs", "0")])
def test_a_score(surgery: Client, ingrid: Patient, left: Joint, instrument: str, value: str) -> None:
    assert surgery.get(url(ingrid, "scores/new")).status_code == 200
    assert surgery.post(url(ingrid, "scores/new"), score(left, instrument=instrument, value=value)).status_code == 302
    row = Score.objects.get()
    assert (row.joint, row.instrument, row.value) == (left, instrument, float(value))
    assert f": {float(value):g}" in surgery.get(url(ingrid, "").rstrip("/") + "/").content.decode()


@pytest.mark.parametrize(
    "changed",
    [
        {"value": ""},
        {"value": "49"},
        {"value": "40.5"},
        {"value": "-1"},
        {"value": "good"},
        {"instrument": "peg", "value": "10.5"},
        {"instrument": "hoos_jr", "value": "101"},
        {"instrument": ""},
        {"instrument": "koos"},
        {"on": ""},
        {"on": "21 11 2026"},
    ],
)
def test_a_score_is_refused(surgery: Client, ingrid: Patient, left: Joint, changed: dict[str, str]) -> None:
    assert surgery.post(url(ingrid, "scores/new"), score(left, **changed)).status_code == 422
    assert not Score.objects.exists()


def test_a_hip_questionnaire_is_not_about_a_knee(surgery: Client, ingrid: Patient) -> None:
    knee = make_joint(ingrid, site="knee", side="left")
    assert surgery.post(url(ingrid, "scores/new"), score(knee)).status_code == 422
    assert surgery.post(url(ingrid, "scores/new"), score(knee, instrument="peg", value="4")).status_code == 302


# --- Exposures -------------------------------------------------------------------------------------------------------
STEROID = {"kind": "steroid", "drug": "prednisolone", "dose": "20 mg a day", "daily_mg": "20", "started_on": "1 1 2024"}


def test_an_exposure(surgery: Client, ingrid: Patient) -> None:
    assert surgery.post(url(ingrid, "exposures/new"), STEROID).status_code == 302

    row = Exposure.objects.get()
    assert (row.drug, row.daily_mg) == ("prednisolone", 20.0)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": ""},
        {"kind": "magic"},
        {"dose": "0 mg"},
        {"dose": "-5 mg"},
        {"dose": "20"},
        {"daily_mg": "a lot"},
        {"daily_mg": "0"},
        {"started_on": "21 11 2026"},
        {"ended_on": "1 1 2023"},
    ],
)
def test_an_exposure_is_refused(surgery: Client, ingrid: Patient, changed: dict[str, str]) -> None:
    assert surgery.post(url(ingrid, "exposures/new"), STEROID | changed).status_code == 422
    assert not Exposure.objects.exists()


def test_an_overlap_is_asked_about(surgery: Client, ingrid: Patient) -> None:
    surgery.post(url(ingrid, "exposures/new"), STEROID)

    assert surgery.post(url(ingrid, "exposures/new"), STEROID).status_code == 422
    assert surgery.post(url(ingrid, "exposures/new"), STEROID | {"why-overlaps": "right"}).status_code == 302


@pytest.mark.parametrize("kind", ["hiv", "alcohol", "genetic", "sickle_cell"])
def test_a_sensitive_kind_does_not_exist_for_coordinators(
    client: Client, coordinator: User, ingrid: Patient, kind: str
) -> None:
    client.force_login(coordinator)

    assert f'value="{kind}"' not in client.get(url(ingrid, "exposures/new")).content.decode()
    assert client.post(url(ingrid, "exposures/new"), STEROID | {"kind": kind}).status_code == 422
    assert client.post(url(ingrid, "exposures/new"), STEROID).status_code == 302
    assert Exposure.objects.get().kind == "steroid"


# --- Entered in error ------------------------------------------------------------------------------------------------
@pytest.fixture
def entries(ingrid: Patient, left: Joint) -> dict[str, Any]:
    """One entry of each kind that can turn out to be wrong, by the address of its page."""
    study = ImagingStudy.objects.create(patient=ingrid, made_on=date(2026, 1, 1), modality="MR", entered_at=NOW)
    return {
        "studies": study,
        "findings": Finding.objects.create(study=study, joint=left, volume_percent=12, entered_at=NOW),
        "symptoms": left.symptom_statuses.create(on=date(2026, 1, 1), value="yes", entered_at=NOW),
        "reviews": left.surgeon_reviews.create(on=date(2026, 1, 1), entered_at=NOW),
        "treatments": left.treatments.create(code="CD", on=date(2026, 1, 1), entered_at=NOW),
        "scores": left.scores.create(on=date(2026, 1, 1), instrument="ohs", value=40, entered_at=NOW),
        "exposures": ingrid.exposures.create(kind="steroid", entered_at=NOW),
    }


KINDS = ["studies", "findings", "symptoms", "reviews", "scores", "treatments", "exposures"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_is_marked_and_kept(
    surgery: Client, ingrid: Patient, entries: dict[str, Any], clinician: User, changes: list[Patient], kind: str
) -> None:
    row = entries[kind]
    page = url(ingrid, f"{kind}/{row.public_id}/error")

    assert surgery.get(page).status_code == 200
    assert surgery.post(page, {"reason": ""}).status_code == 422
    assert surgery.post(page, {"reason": "another person's"}).status_code == 302

    row.refresh_from_db()
    assert (row.entered_in_error, row.error_reason, row.error_marked_by) == (True, "another person's", clinician)
    assert changes == [ingrid]
    assert surgery.post(page, {"reason": "again"}).status_code == 302  # nothing happens twice
    row.refresh_from_db()
    assert row.error_reason == "another person's"
    assert "another person" in surgery.get(page).content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_of_somebody_else_does_not_exist(
    surgery: Client, clinic: Clinic, entries: dict[str, Any], kind: str
) -> None:
    other = make_patient(clinic)

    assert surgery.post(url(other, f"{kind}/{entries[kind].public_id}/error"), {"reason": "mine"}).status_code == 404
    assert surgery.post(url(other, f"{kind}/{uuid4()}/error"), {"reason": "mine"}).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_coordinator_marks_nothing(
    client: Client, coordinator: User, ingrid: Patient, entries: dict[str, Any], kind: str
) -> None:
    client.force_login(coordinator)

    assert client.post(url(ingrid, f"{kind}/{entries[kind].public_id}/error"), {"reason": "no"}).status_code == 403


@pytest.mark.parametrize("bad", ["0", "-1", "1.0", "1e0", "\u0661", "1_0", str(2**63), str(2**70), "abc", "null"])
def test_an_id_that_is_none_is_not_found(surgery: Client, ingrid: Patient, bad: str) -> None:
    assert surgery.get(f"/clinic/patients/{bad}/edit/").status_code == 404
    assert surgery.get(url(ingrid, f"studies/{bad}")).status_code == 404
