"""What a study would answer and bring about is said before it is saved, and nothing is written."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.models import Clinic, User
from followups import planning
from followups.models import FollowUp
from patients.models import Finding, ImagingStudy, Joint, Patient, Seen
from tests.make import NOW, make_clinic, make_joint, make_patient, make_staff

pytestmark = pytest.mark.django_db
ClockAt = Callable[[datetime], AbstractContextManager[None]]
FILM = {"modality": "DX", "made_on": "18 Nov 2026", "views": ["AP", "frog_leg_lateral"], "covers": ["hip-left"]}


@pytest.fixture(autouse=True)
def _today(clock_at: ClockAt) -> Any:
    with clock_at(NOW):
        yield


@pytest.fixture
def asked_for(patient: Patient) -> FollowUp:
    """An X-ray of the left hip, due in December."""
    joint = make_joint(patient, side="left", state=Joint.State.LESION, since=date(2026, 9, 14))
    for modality, views, said in (
        ("DX", ["AP", "frog_leg_lateral"], {"stage_system": "ARCO", "stage_version": "2019", "stage_value": "2"}),
        ("MR", [], {"volume_percent": 34.0, "oedema": Seen.NO}),
    ):
        study = ImagingStudy.objects.create(
            patient=patient,
            made_on=date(2026, 9, 14),
            modality=modality,
            views=views,
            covers=[["hip", "left"]],
            entered_at=NOW,
            reviewed_at=NOW,
        )
        Finding.objects.create(study=study, joint=joint, entered_at=NOW, **said)
    planning.replan(patient, by=None, now=NOW)
    return FollowUp.objects.live().get(joint=joint)


def said(patient: Patient, by: User, **typed: Any) -> str:
    return str(answer(patient, by, **typed).content.decode())


def answer(patient: Patient, by: User, **typed: Any) -> Any:
    client = Client()
    client.force_login(by)
    return client.post(f"/clinic/patients/{patient.public_id}/studies/preview/", FILM | typed)


def test_a_film_with_its_views_answers_and_says_what_is_next(asked_for: FollowUp, clinician: User) -> None:
    page = said(asked_for.patient, clinician, save="imaged")

    assert "Fits the open follow-up: X-ray pelvis AP + frog-leg, left hip" in page
    assert "Completed, early: X-ray pelvis AP + frog-leg, target 14 Dec 2026." in page
    assert "3 months after the one of 18 Nov 2026" in page


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"modality": "MR"}, "The MRI cannot stand for it."),
        ({"views": ["AP"]}, "Its views are not complete: it needs AP and frog-leg lateral, or AP and cross-table"),
        ({"covers": ["knee-left"]}, "This study does not show that joint."),
        ({"made_on": "10 Sep 2026"}, "It counts from the study of 14 Sep 2026 on: this one is not newer."),
    ],
)
def test_what_does_not_answer_says_why(asked_for: FollowUp, clinician: User, typed: dict[str, Any], why: str) -> None:
    page = said(asked_for.patient, clinician, save="imaged", **typed)

    assert "This does not answer the open follow-up." in page
    assert why in page
    assert "Stays as it is: X-ray pelvis AP + frog-leg, target 14 Dec 2026." in page or typed.get("modality") == "MR"


@pytest.mark.parametrize("typed", [{"made_on": "soon"}, {"modality": ""}, {"modality": "zz"}, {"covers": []}])
def test_with_too_little_it_waits(asked_for: FollowUp, clinician: User, typed: dict[str, Any]) -> None:
    assert "Said here when kind, day and what it shows are filled in." in said(asked_for.patient, clinician, **typed)


def test_what_is_shown_comes_true_when_it_is_saved(asked_for: FollowUp, clinician: User) -> None:
    patient = asked_for.patient
    page = said(patient, clinician, save="imaged")
    ImagingStudy.objects.create(
        patient=patient,
        made_on=date(2026, 11, 18),
        modality="DX",
        views=["AP", "frog_leg_lateral"],
        covers=[["hip", "left"]],
        entered_at=NOW,
    )
    planning.replan(patient, by=clinician, now=NOW)

    live = FollowUp.objects.live().get(patient=patient)
    assert f"target {live.target_on:%-d %b %Y}" in page


def test_nothing_is_written(asked_for: FollowUp, clinician: User) -> None:
    before = list(FollowUp.objects.values()), ImagingStudy.objects.count()

    said(asked_for.patient, clinician, save="imaged")

    assert (list(FollowUp.objects.values()), ImagingStudy.objects.count()) == before


def test_the_study_that_is_corrected_does_not_count_twice(asked_for: FollowUp, clinician: User) -> None:
    film = ImagingStudy.objects.get(modality="DX")
    client = Client()
    client.force_login(clinician)
    address = f"/clinic/patients/{asked_for.patient.public_id}/studies/preview/?study={film.public_id}"

    page = client.post(address, FILM | {"save": "imaged"}).content.decode()

    assert "Fits the open follow-up" in page


def test_other_clinics_and_auditors_are_refused(clinic: Clinic, patient: Patient, clinician: User) -> None:
    assert answer(make_patient(make_clinic("Elsewhere")), clinician).status_code == 404
    assert answer(patient, make_staff(clinic, "auditor")).status_code == 403
