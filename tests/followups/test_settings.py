"""What a lead sets: who is on duty, closed days, and a neutral name for messages."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Clinic, Membership
from followups import opening_days
from tests import make

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _that_friday() -> Any:
    with clock.fixed_at(make.NOW):
        yield


@pytest.fixture
def lead(clinic: Clinic, client: Client) -> Client:
    client.force_login(make.make_staff(clinic, "lead"))
    return client


def test_a_closed_day_is_skipped_by_clocks_and_can_be_opened_again(lead: Client, clinic: Clinic) -> None:
    lead.post("/clinic/settings/closed-day/", {"on": "2026-11-23", "reason": "holiday"})
    assert opening_days.next_opening_day(clinic, FRIDAY) == date(2026, 11, 24)
    assert "holiday" in lead.get("/clinic/settings/").content.decode()

    lead.post("/clinic/settings/closed-day/", {"open": "2026-11-23"})
    assert opening_days.next_opening_day(clinic, FRIDAY) == date(2026, 11, 23)


@pytest.mark.parametrize("on", ["", "2020-01-01", "2099-01-01", "2026-02-30", "23/11/2026", "x"])
def test_a_day_that_cannot_be_is_refused_beside_the_field(lead: Client, clinic: Clinic, on: str) -> None:
    response = lead.post("/clinic/settings/closed-day/", {"on": on, "reason": "typed"})

    assert response.status_code == 422
    assert "typed" in response.content.decode()
    assert not clinic.closed_days.exists()


def test_one_person_is_on_duty(lead: Client, clinic: Clinic) -> None:
    first, second = make.make_staff(clinic, "clinician"), make.make_staff(clinic, "clinician")

    for user in (first, second):
        lead.post(f"/clinic/settings/staff/{user.public_id}/duty/")

    assert list(Membership.objects.filter(on_duty=True).values_list("user", flat=True)) == [second.pk]


def test_a_coordinator_is_not_put_on_duty(lead: Client, clinic: Clinic) -> None:
    user = make.make_staff(clinic, "coordinator")

    assert lead.post(f"/clinic/settings/staff/{user.public_id}/duty/").status_code == 422
    assert not Membership.objects.filter(on_duty=True).exists()


@pytest.mark.parametrize("name", ["Hip Clinic", "Osteonecrosis", "AVN Team", "Bone Centre", "Café ☎"])
def test_a_sender_that_tells_what_is_treated_is_refused(lead: Client, clinic: Clinic, name: str) -> None:
    form = {
        "name": clinic.name, "public_name": name, "phone": clinic.phone, "emergency_phone": "999", "country": "GB",
        "time_zone": "Europe/London", "opening_days": ["1"], "opens_at": "09:00", "closes_at": "17:00",
        "messages_from": "09:00", "messages_until": "20:00",
    }  # fmt: skip

    assert lead.post("/clinic/settings/clinic/", form).status_code == 422
    assert Clinic.objects.get(pk=clinic.pk).public_name == "Your clinic"
