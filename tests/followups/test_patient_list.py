"""Finding patients: whatever one remembers of them finds them, and the search leaves a trace."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, Clinic, User
from followups import patient_list, planning
from patients.models import Patient
from tests.make import NOW, make_clinic, make_joint, make_patient, make_staff

pytestmark = pytest.mark.django_db
ClockAt = Callable[[datetime], AbstractContextManager[None]]
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _today(clock_at: ClockAt) -> Any:
    with clock_at(NOW):
        yield


@pytest.fixture
def adaeze(clinic: Clinic) -> Patient:
    return make_patient(
        clinic,
        family_name="Okönjo",
        given_name="Adaeze",
        mrn="AV-20411",
        born=date(1997, 1, 30),
        phone="+447700900518",
    )


def found(by: User, **query: str) -> str:
    client = Client()
    client.force_login(by)
    response = client.get("/clinic/patients/", query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        "okonjo", "OKÖN", "adaeze okonjo", "okonjo ada", "AV-20411", "av 20 411", "20411", "30.1.97", "30/1/1997",
        "1997-01-30", "1/30/97", "30 jan 1997", "900518", "07700 900 518", "0518", "okonjo 30.1.97", "okonjo 20411",
    ],
)  # fmt: skip
def test_whatever_one_remembers_finds_them(adaeze: Patient, clinician: User, typed: str) -> None:
    make_patient(adaeze.clinic, family_name="Somebody", given_name="Else", mrn="B-7", phone="+441134960142")

    page = found(clinician, q=typed)

    assert str(adaeze.public_id) in page
    assert "Somebody" not in page


@pytest.mark.parametrize("typed", ["30.1.96", "okonjo 31.1.97", "okonjo bea", "AV-20412", "99", "%", "_", "'", "\x00"])
def test_what_does_not_fit_finds_nobody(adaeze: Patient, clinician: User, typed: str) -> None:
    page = found(clinician, q=typed, show="all")

    assert str(adaeze.public_id) not in page or typed == "\x00"


def test_the_hit_is_bold_with_its_accents(adaeze: Patient, clinician: User) -> None:
    assert "Adaeze <mark>Okön</mark>jo" in found(clinician, q="okon")
    assert "AV-<mark>20411</mark>" in found(clinician, q="20411")


def test_a_name_is_never_markup(clinic: Clinic, clinician: User) -> None:
    make_patient(clinic, family_name="<i>x</i>")

    assert "<i>x" not in found(clinician, q="x")


@pytest.mark.parametrize(
    ("typed", "days"), [("1.2.97", {(1997, 2, 1), (1997, 1, 2)}), ("31.2.97", set()), ("97", set())]
)
def test_a_birth_date_is_every_day_it_can_mean(typed: str, days: set[tuple[int, int, int]]) -> None:
    assert set(patient_list.birth_days(typed, today=TODAY)) == {date(*day) for day in days}


def test_a_row_shows_joints_next_step_image_and_owner(adaeze: Patient, clinician: User) -> None:
    make_joint(adaeze, since=date(2026, 9, 14))
    planning.replan(adaeze, by=None, now=NOW)

    page = found(clinician, q="okonjo")

    assert "Not sized" in page
    assert "left hip" in page
    assert "never" in page
    assert "none open" in page
    assert "Coordinators" in page


def test_who_has_ended_is_found_by_name_and_by_filter_only(adaeze: Patient, clinician: User) -> None:
    adaeze.ended_on, adaeze.ended_reason = date(2026, 3, 4), Patient.Ending.MOVED
    adaeze.save()

    assert str(adaeze.public_id) not in found(clinician)
    assert str(adaeze.public_id) in found(clinician, show="ended")
    assert "Moved away 4 Mar 2026" in found(clinician, q="okonjo")


def test_nobody_found_offers_to_register(clinician: User) -> None:
    assert "Register “okon” as a new patient" in found(clinician, q="okon")


def test_the_next_page_begins_after_the_last_row(clinic: Clinic, clinician: User) -> None:
    for number in range(patient_list.ROWS + 5):
        make_patient(clinic, family_name="Same" if number % 2 else f"Name{number:03}", given_name="")
    first = found(clinician)
    place = first.split("after=")[1].split('"')[0]

    second = found(clinician, after=place)

    shown = [page.count("data-row") for page in (first, second)]
    assert shown == [patient_list.ROWS, 5]
    assert found(clinician, after="no place").count("data-row") == patient_list.ROWS


def test_other_clinics_are_never_shown(adaeze: Patient) -> None:
    elsewhere = make_staff(make_clinic("Elsewhere"))

    assert str(adaeze.public_id) not in found(elsewhere, q="okonjo")


def test_a_search_leaves_one_event_with_who_was_shown(adaeze: Patient, clinician: User) -> None:
    found(clinician, q="okonjo")

    event = AuditEvent.objects.get(action=AuditEvent.Action.SEARCH)
    assert event.detail["q"] == "okonjo"
    assert event.detail["shown"] == [str(adaeze.public_id)]


@pytest.mark.parametrize("role", ["auditor"])
def test_an_auditor_finds_nobody(clinic: Clinic, role: str) -> None:
    client = Client()
    client.force_login(make_staff(clinic, role))

    assert client.get("/clinic/patients/").status_code == 403


def test_typing_swaps_only_the_rows(adaeze: Patient, clinician: User) -> None:
    client = Client()
    client.force_login(clinician)

    answer = client.get("/clinic/patients/", {"q": "okonjo"}, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in answer
    assert str(adaeze.public_id) in answer


def test_the_list_asks_no_more_for_more_rows(clinic: Clinic, clinician: User) -> None:
    client = Client()
    client.force_login(clinician)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/clinic/patients/").status_code == 200
        return len(asked)

    make_joint(make_patient(clinic))
    queries()  # the first request of a session asks a little more
    few = queries()
    for _ in range(20):
        make_joint(make_patient(clinic))

    assert queries() == few
