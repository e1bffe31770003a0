"""What a register brought in already due is released by a person, one or many, and then each gets one message."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEvent, Clinic, User
from followups import planning
from followups.models import FollowUp, Reminder
from interop.models import Import, ImportRow
from tests.make import NOW, make_clinic, make_joint, make_patient

pytestmark = pytest.mark.django_db
ClockAt = Callable[[datetime], AbstractContextManager[None]]
RELEASE = "/clinic/follow-ups/release/"


@pytest.fixture(autouse=True)
def _today(clock_at: ClockAt) -> Any:
    with clock_at(NOW):
        yield


@pytest.fixture
def desk(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


def held(clinic: Clinic, days_late: int = 30) -> FollowUp:
    """A follow-up that came in late with a register: no step of it is left to send."""
    joint = make_joint(make_patient(clinic), since=NOW.date())
    planning.replan(joint.patient, by=None, now=NOW)
    follow_up = FollowUp.objects.live().get(joint=joint)
    Reminder.objects.filter(follow_up=follow_up).delete()
    closed = NOW.date() - timedelta(days=days_late)
    FollowUp.objects.filter(pk=follow_up.pk).update(
        held_at=NOW, opens_on=closed, target_on=closed, closes_on=closed, latest_safe_on=closed
    )
    follow_up.refresh_from_db()
    return follow_up


def test_the_worklist_leads_to_what_is_held(desk: Client, clinic: Clinic) -> None:
    follow_up = held(clinic)

    assert "came in with a register already due" in desk.get("/clinic/").content.decode()
    page = desk.get("/clinic/?section=held").content.decode()

    assert str(follow_up.public_id) in page
    assert "Release all 1" in page


def test_one_press_releases_all_and_each_gets_one_message(desk: Client, clinic: Clinic) -> None:
    first, second = held(clinic), held(clinic, days_late=5)

    desk.post(RELEASE, {"until": NOW.isoformat()})
    desk.post(RELEASE, {"until": NOW.isoformat()})

    assert not FollowUp.objects.filter(held_at__isnull=False).exists()
    queued = Reminder.objects.filter(status="queued").values_list("follow_up", "step")
    assert sorted(queued) == sorted([(first.pk, "after_1"), (second.pk, "after_1")])
    released = AuditEvent.objects.filter(detail__what="released")
    assert {event.patient_id for event in released} == {first.patient.public_id, second.patient.public_id}


def test_the_trace_names_the_act(desk: Client, clinic: Clinic, lead: User) -> None:
    held(clinic)
    desk.post(RELEASE, {"until": NOW.isoformat()})
    reader = Client()
    reader.force_login(lead)

    assert "<td>released</td>" in reader.get("/clinic/audit/").content.decode()


def test_who_cannot_be_written_to_is_released_without_a_message(desk: Client, clinic: Clinic) -> None:
    follow_up = held(clinic)
    type(follow_up.patient).objects.update(phone="", email="")

    desk.post(RELEASE, {"until": NOW.isoformat()})

    assert FollowUp.objects.get(pk=follow_up.pk).held_at is None
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("until", ["", "yesterday", "2026-11-20T09:00", "2020-01-01T00:00:00+00:00", "\x00"])
def test_nothing_is_released_that_was_not_looked_at(desk: Client, clinic: Clinic, until: str) -> None:
    held(clinic)

    assert desk.post(RELEASE, {"until": until}).status_code == 302

    assert FollowUp.objects.filter(held_at__isnull=False).count() == 1


def test_another_clinic_s_stay_held(desk: Client, clinic: Clinic) -> None:
    held(make_clinic("South"))

    desk.post(RELEASE, {"until": NOW.isoformat()})

    assert FollowUp.objects.filter(held_at__isnull=False).count() == 1


@pytest.mark.parametrize("page", ["/clinic/", "/clinic/dashboard/"])
def test_rows_that_wait_for_a_look_are_said_where_the_day_begins(
    desk: Client, clinic: Clinic, coordinator: User, page: str
) -> None:
    sent = Import.objects.create(
        clinic=clinic,
        file_name="a.csv",
        content=b"",
        size=0,
        sha256="x",
        sent_at=NOW,
        sent_by=coordinator,
        status="done",
        row_count=1,
    )
    assert "wait for a look" not in desk.get(page).content.decode()

    ImportRow.objects.create(of=sent, clinic=clinic, number=2, cells=[], state="look", digest="y")

    assert "1 row of a register waits for a look" in desk.get(page).content.decode()
