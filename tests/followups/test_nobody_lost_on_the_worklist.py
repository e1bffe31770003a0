"""A lesion without a plan stands on top of the worklist, whether the proof has named it or it happened since."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Clinic, User
from followups import planning, proving
from followups.models import FollowUp
from patients.models import Patient
from tests.make import NOW, make_joint, make_patient

pytestmark = pytest.mark.django_db
ClockAt = Callable[[datetime], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _today(clock_at: ClockAt) -> Any:
    with clock_at(NOW):
        yield


@pytest.fixture
def planned(clinic: Clinic) -> Patient:
    patient = make_patient(clinic)
    make_joint(patient, since=NOW.date() - timedelta(days=900), entered_at=NOW - timedelta(days=90))
    planning.replan(patient, by=None, now=NOW - timedelta(days=90))
    return patient


def lose(patient: Patient) -> None:
    FollowUp.objects.filter(patient=patient).update(status="ended", ended_at=NOW)


def worklist(by: User) -> str:
    client = Client()
    client.force_login(by)
    return client.get("/clinic/").content.decode()


def test_before_the_first_proof_every_joint_is_asked(planned: Patient, coordinator: User) -> None:
    lose(planned)

    assert "No plan</b>" in worklist(coordinator)


def test_what_the_last_proof_named_is_shown_until_it_has_a_plan(planned: Patient, coordinator: User) -> None:
    lose(planned)
    proving.prove(planned.clinic, now=NOW)
    assert "No plan</b>" in worklist(coordinator)

    planning.replan(planned, by=None, now=NOW)

    assert "No plan</b>" not in worklist(coordinator)


def test_a_lesion_that_came_in_after_the_proof_is_shown(planned: Patient, coordinator: User) -> None:
    proving.prove(planned.clinic, now=NOW - timedelta(minutes=50))
    assert "No plan</b>" not in worklist(coordinator)

    make_joint(planned, side="right", entered_at=NOW)

    assert "No plan</b>" in worklist(coordinator)


def test_a_plan_that_went_wrong_after_the_proof_is_shown(planned: Patient, coordinator: User) -> None:
    proving.prove(planned.clinic, now=NOW - timedelta(minutes=50))
    planning.replan(planned, by=None, now=NOW)
    lose(planned)

    assert "No plan</b>" in worklist(coordinator)
