"""The picture on the trend page: the entries of the chosen joint, its own pictures, and how far back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Clinic
from patients.models import ImagingStudy, Joint, PainLog, Patient
from tests import make

NOW = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)


@pytest.fixture
def ada(clinic: Clinic) -> Patient:
    return make.make_patient(clinic, sign_in=True)


def log(joint: Joint, nrs: int, *, days_ago: int) -> None:
    at = NOW - timedelta(days=days_ago)
    PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=at, nrs=nrs, entered_at=at)


@pytest.fixture
def look(
    ada: Patient, client: Client, clock_at: Callable[[datetime], AbstractContextManager[None]]
) -> Callable[..., str]:
    def trend(**query: str) -> str:
        assert ada.user
        with clock_at(NOW):
            client.force_login(ada.user)
            answer = client.get("/me/trend/", query)
        assert answer.status_code == 200
        return answer.content.decode()

    return trend


def test_entries_are_drawn_and_told(ada: Patient, look: Callable[..., str]) -> None:
    joint = make.make_joint(ada)
    for days_ago in range(10):
        log(joint, 3, days_ago=days_ago)

    assert "10 entries since" in look()


def test_only_pictures_of_this_joint_are_marked(ada: Patient, look: Callable[..., str]) -> None:
    log(make.make_joint(ada, side="left"), 3, days_ago=1)
    for side, modality in (("left", "MR"), ("right", "DX"), ("left", "VISIT")):
        ImagingStudy.objects.create(
            patient=ada,
            made_on=date(2026, 9, 14),
            modality=modality,
            covers=[["hip", side]],
            entered_at=NOW,
        )
    html = look()

    assert html.count("mk mk-") == 1
    assert '<text y="3.500">M</text>' in html or '<text y="3.5">M</text>' in html


def test_without_entries_there_is_no_picture(ada: Patient, look: Callable[..., str]) -> None:
    make.make_joint(ada)

    assert "picture-plot" not in look()


@pytest.mark.parametrize("span", ["weeks", "months", "all", "nonsense"])
def test_how_far_back_is_a_link(ada: Patient, look: Callable[..., str], span: str) -> None:
    log(make.make_joint(ada), 3, days_ago=300)

    assert "picture-plot" in look(span=span)
