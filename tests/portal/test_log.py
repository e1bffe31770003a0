"""A pain report: two taps, stored once, refused beside the field, answered at once when a red box is ticked."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Clinic
from patients.models import Joint, PainLog, Patient
from tests import make

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)  # a Friday


@pytest.fixture(autouse=True)
def _friday_morning() -> Any:
    with clock.fixed_at(MORNING):
        yield


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    patient = make.make_patient(clinic, sign_in=True)
    make.make_joint(patient, since=date(2026, 1, 1))
    return patient


@pytest.fixture
def phone(patient: Patient, client: Client) -> Client:
    assert patient.user
    client.force_login(patient.user)
    return client


def report(phone: Client, **fields: Any) -> Any:
    return phone.post("/me/log/", {"joint": "hip-left", "client_id": str(uuid4()), "nrs": "5"} | fields)


def test_two_taps_store_one_report(phone: Client, patient: Patient) -> None:
    response = report(phone)

    log = PainLog.objects.get()
    assert response.status_code == 302
    assert (log.nrs, log.felt_at, log.entered_by) == (5, MORNING, patient.user)
    page = phone.get(response["Location"]).content.decode()
    assert "worst pain 5 out of 10" in page


@pytest.mark.parametrize(("typed", "kept"), [("7.0", 7), ("+7", 7), ("07", 7), (" 7 ", 7), ("0", 0), ("10", 10)])
def test_these_are_numbers(phone: Client, typed: str, kept: int) -> None:
    report(phone, nrs=typed)
    assert PainLog.objects.get().nrs == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "11",
        "-1",
        "100",
        "10.5",
        "7.5",
        "1_0",
        "٧",
        "７",
        "½",
        "Ⅶ",
        "VII",
        "seven",
        "9" * 5000,
        "NaN",
        "1e1",
        "null",
    ],
)
def test_these_are_refused_beside_the_pad_and_nothing_is_stored(phone: Client, typed: str) -> None:
    response = report(phone, nrs=typed, note="kept as typed", fever="on")

    page = response.content.decode()
    assert response.status_code == 422
    assert "Choose a number from 0 to 10" in page
    assert "kept as typed" in page
    assert page.count("checked") == 1
    assert not PainLog.objects.exists()


def test_two_numbers_in_one_report_are_refused(phone: Client) -> None:
    assert report(phone, nrs=["2", "9"]).status_code == 422
    assert not PainLog.objects.exists()


@pytest.mark.parametrize("joint", ["", "hip", "hip-both", "hip-links", "jaw-none", "../etc", "shaft-left"])
def test_an_unknown_joint_does_not_exist(phone: Client, joint: str) -> None:
    response = report(phone, joint=joint)
    assert response.status_code == (302 if joint == "" else 404)
    assert PainLog.objects.count() == (1 if joint == "" else 0)


def test_another_joint_is_put_on_the_record_as_never_imaged(phone: Client, patient: Patient) -> None:
    report(phone, joint="knee-right")
    assert Joint.objects.get(patient=patient, site="knee", side="right").state == "never_imaged"


def test_a_second_press_of_save_is_the_same_report(phone: Client) -> None:
    same = str(uuid4())
    first, second = report(phone, client_id=same), report(phone, client_id=same)

    assert first["Location"] == second["Location"]
    assert PainLog.objects.count() == 1


def test_the_same_report_with_other_words_is_refused_and_the_first_stands(phone: Client) -> None:
    same = str(uuid4())
    report(phone, client_id=same)

    assert report(phone, client_id=same, nrs="9").status_code == 409
    assert PainLog.objects.get().nrs == 5


def test_a_report_of_somebody_else_is_not_touched(phone: Client, clinic: Clinic) -> None:
    theirs = make.make_joint(make.make_patient(clinic))
    log = PainLog.objects.create(joint=theirs, client_id=uuid4(), felt_at=MORNING, nrs=1, entered_at=MORNING)

    assert report(phone, client_id=str(log.client_id)).status_code == 409
    assert phone.get(f"/me/log/{log.public_id}/").status_code == 404
    assert phone.post(f"/me/log/{log.public_id}/undo/").status_code == 404


@pytest.mark.parametrize(
    "key",
    ["", "x", "0" * 32, "00000000-0000-0000-0000-000000000000", "a" * 10_000, "{c64cf62f-4b1d-4b50-9a4d-0a86a4c3f6a5}"],
)
def test_a_key_that_is_none_is_refused(phone: Client, key: str) -> None:
    assert report(phone, client_id=key).status_code == 422
    assert not PainLog.objects.exists()


@pytest.mark.parametrize(
    ("on", "time", "status"),
    [
        pytest.param("2026-11-19", "21:00", 302, id="yesterday evening"),
        pytest.param("2026-11-21", "", 422, id="tomorrow"),
        pytest.param("2026-11-20", "23:00", 422, id="tonight"),
        pytest.param("2024-11-20", "", 422, id="two years ago"),
        pytest.param("19/11/2026", "", 422, id="not the form of the picker"),
        pytest.param("2026-02-30", "", 422, id="no such day"),
        pytest.param("9999-12-31", "", 422, id="the end of time"),
        pytest.param("2026-11-19", "25:00", 422, id="no such hour"),
    ],
)
def test_when_it_was(phone: Client, on: str, time: str, status: int) -> None:
    assert report(phone, felt_on=on, felt_time=time).status_code == status
    assert PainLog.objects.exists() == (status == 302)


@pytest.mark.parametrize("note", ["x" * 2001, "a\x00b"])
def test_a_note_that_cannot_be_kept_is_refused(phone: Client, note: str) -> None:
    assert report(phone, note=note).status_code == 422


def test_fields_that_are_not_asked_are_not_written(phone: Client) -> None:
    report(phone, judged_at="2020-01-01", by_phone="on", severity="9", entered_in_error="on")
    log = PainLog.objects.get()
    assert (log.by_phone, log.entered_in_error) == (False, False)


@pytest.mark.parametrize("box", ["cannot_bear_weight", "injury", "fever", "clot"])
def test_a_red_box_answers_at_once_with_the_clinics_number(phone: Client, clinic: Clinic, box: str) -> None:
    response = report(phone, **{box: "on"})

    page = phone.get(response["Location"]).content.decode()
    assert "Phone now" in page
    assert f'href="tel:{clinic.phone}"' in page
    assert 'href="tel:999"' in page
    assert "Your entry is saved" in page


def test_with_chest_pain_the_emergency_number_comes_first(phone: Client, clinic: Clinic) -> None:
    page = phone.get(report(phone, clot="on")["Location"]).content.decode()
    assert page.index('href="tel:999"') < page.index(f'href="tel:{clinic.phone}"')


def test_asking_for_a_look_alone_is_not_red(phone: Client) -> None:
    page = phone.get(report(phone, wants_review="on")["Location"]).content.decode()
    assert "Phone now" not in page
    assert "within five working days" in page


def test_more_than_twenty_in_a_minute_are_asked_to_wait(phone: Client) -> None:
    answers = [report(phone) for _ in range(21)]
    assert [a.status_code for a in answers] == [302] * 20 + [429]
    assert answers[-1]["Retry-After"] == "60"


def test_after_a_day_it_stays_as_it_is(phone: Client, patient: Patient) -> None:
    report(phone)
    log = PainLog.objects.get()
    assert patient.user

    with clock.fixed_at(MORNING + timedelta(hours=25)):
        phone.force_login(patient.user)
        phone.post(f"/me/log/{log.public_id}/undo/")

    log.refresh_from_db()
    assert not log.entered_in_error


def test_it_can_be_taken_back_for_a_day_and_stays_on_the_record(phone: Client) -> None:
    report(phone)
    log = PainLog.objects.get()

    phone.post(f"/me/log/{log.public_id}/undo/")

    log.refresh_from_db()
    assert log.entered_in_error


def test_nobody_who_has_left_is_asked_for_reports(phone: Client, patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(ended_on=date(2026, 11, 1), ended_reason="moved", ended_at=MORNING)
    assert report(phone).status_code == 409
    assert not PainLog.objects.exists()


# --- Asked of some ---------------------------------------------------------------------------------------------------
def test_thigh_and_jaw_are_asked_only_of_people_with_a_bisphosphonate(phone: Client, patient: Patient) -> None:
    assert 'name="jaw"' not in phone.get("/me/log/").content.decode()
    patient.exposures.create(kind="bisphosphonate", drug="alendronate", ended_on=date(2024, 1, 1), entered_at=MORNING)
    shown = phone.get("/me/log/").content.decode()
    assert 'name="thigh_pain"' in shown
    assert 'name="jaw"' in shown


@pytest.mark.parametrize(
    ("box", "said"), [("thigh_pain", "within five working days"), ("jaw", "fourteen working days")]
)
def test_who_ticks_them_reads_when_somebody_looks_and_when_to_phone(
    phone: Client, patient: Patient, box: str, said: str
) -> None:
    patient.exposures.create(kind="bisphosphonate", entered_at=MORNING)
    response = report(phone, **{box: "on"})
    assert getattr(PainLog.objects.get(), box)
    page = phone.get(response["Location"]).content.decode()
    assert said in page
    assert "Phone now" not in page
