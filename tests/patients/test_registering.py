"""Registering a patient: who is taken, who is refused, and who may be somebody else."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Clinic, Role, User
from patients import recording
from patients.models import Patient
from tests.make import NOW, make_patient, make_staff

URL = "/clinic/patients/new/"
ADA: dict[str, str] = {
    "family_name": "Okonjo",
    "given_name": "Ada",
    "born": "30 1 1997",
    "mrn": "av 20 411",
    "sex": "F",
    "language": "en-gb",
    "phone": "07700 900518",
    "sms_allowed": "on",
}


@pytest.fixture
def desk(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


def test_a_coordinator_registers_a_patient(desk: Client, clinic: Clinic) -> None:
    response = desk.post(URL, ADA)

    patient = Patient.objects.get()
    assert response["Location"] == reverse("followups:patient", args=[patient.public_id])
    assert (patient.family_name, patient.mrn) == ("Okonjo", "AV 20 411")
    assert patient.phone == "+447700900518"
    assert patient.born == date(1997, 1, 30)
    assert (patient.sms_allowed, patient.email_allowed) == (True, False)
    event = AuditEvent.objects.get(action="create")
    assert (event.patient_id, event.clinic) == (patient.public_id, clinic)


def test_what_is_missing_is_said_beside_the_field_and_on_top(desk: Client) -> None:
    response = desk.post(URL, ADA | {"family_name": "", "mrn": ""})

    assert response.status_code == 422
    page = response.content.decode()
    assert "There are 2 things to put right. Nothing is saved yet." in page
    assert 'href="#id_family_name"' in page
    assert 'value="30 1 1997"' in page
    assert not Patient.objects.exists()


def test_a_person_with_one_name_needs_no_other(desk: Client) -> None:
    assert desk.post(URL, ADA | {"family_name": "Suharto", "given_name": ""}).status_code == 302


@pytest.mark.parametrize("typed", ["av 20 411", " AV-20411 ", "AV\u201120411", "av\u200b20411", "ＡＶ２０４１１"])
def test_the_same_number_names_the_record_that_has_it(desk: Client, clinic: Clinic, typed: str) -> None:
    other = make_patient(clinic, mrn="AV-20411", family_name="Okonjo", given_name="Adaeze")

    response = desk.post(URL, ADA | {"mrn": typed, "family_name": "Somebody", "given_name": "Else", "phone": ""})

    assert response.status_code == 422
    assert "AV-20411 belongs to Adaeze Okonjo at this clinic" in response.content.decode()
    assert list(Patient.objects.all()) == [other]


def test_another_clinics_number_is_free_and_gives_no_hint(desk: Client) -> None:
    south = Clinic.objects.create(name="South", phone="+442071234568")
    make_patient(south, mrn="AV-20411", family_name="Okonjo", given_name="Ada", born=date(1997, 1, 30))

    assert desk.post(URL, ADA).status_code == 302


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(
            {"family_name": "Okonjo", "given_name": "Adaeze", "born": date(1997, 1, 30)}, id="same birth date"
        ),
        pytest.param({"family_name": "Ada", "given_name": "Okonjo", "born": date(1997, 1, 30)}, id="names swapped"),
        pytest.param({"family_name": "Okonjo", "given_name": "Ada", "born": None}, id="birth date not known"),
        pytest.param({"family_name": "Okonjo", "given_name": "Ada", "born": date(1979, 1, 30)}, id="another year"),
        pytest.param({"family_name": "Bauer", "given_name": "Jo", "phone": "+447700900518"}, id="same phone"),
        pytest.param({"mrn": "00AV20411"}, id="leading zeros"),
    ],
)
def test_a_look_alike_is_asked_about_once(desk: Client, clinic: Clinic, known: dict[str, Any]) -> None:
    make_patient(clinic, **known)

    first = desk.post(URL, ADA)
    assert first.status_code == 422
    assert "Already here?" in first.content.decode()
    assert Patient.objects.count() == 1

    other = Patient.objects.get()
    second = desk.post(URL, ADA | {"not_same": str(other.public_id)})
    assert second.status_code == 302
    event = AuditEvent.objects.get(action="create")
    assert event.detail["because"] == {"not_the_same_as": [str(other.public_id)]}


def test_others_are_not_asked_about(desk: Client, clinic: Clinic) -> None:
    make_patient(clinic, family_name="Okafor", given_name="Bola", born=date(1961, 5, 2))
    make_patient(clinic, family_name="Bauer", given_name="Jonas", born=date(1997, 1, 30))

    assert desk.post(URL, ADA).status_code == 302


def test_look_alikes_come_while_typing(desk: Client, clinic: Clinic) -> None:
    make_patient(clinic, family_name="Okonjo", given_name="Adaeze", born=date(1997, 1, 30), mrn="AV-20411")

    response = desk.post(f"{URL}look-alikes/", {"family_name": "Okonjo", "born": "30 1 1997"})

    assert response.status_code == 200
    assert "Adaeze Okonjo" in response.content.decode()
    assert AuditEvent.objects.filter(action="search").count() == 1


def test_nothing_is_found_for_an_empty_form(desk: Client, clinic: Clinic) -> None:
    make_patient(clinic)

    assert "Nobody on record looks alike" in desk.post(f"{URL}look-alikes/", {}).content.decode()


def test_a_form_sent_twice_makes_one_patient(desk: Client) -> None:
    sent = ADA | {"form_token": str(uuid4())}

    first, second = desk.post(URL, sent), desk.post(URL, sent)

    assert first["Location"] == second["Location"]
    assert Patient.objects.count() == 1


def test_fields_that_are_not_asked_for_are_not_taken(desk: Client) -> None:
    south = Clinic.objects.create(name="South", phone="+442071234568")

    desk.post(URL, ADA | {"clinic": str(south.pk), "version": "99", "id": "5", "ended_reason": "deceased"})

    patient = Patient.objects.get()
    assert patient.clinic != south
    assert (patient.version, patient.ended_reason) == (1, "")


def test_an_auditor_registers_nobody(client: Client, clinic: Clinic) -> None:
    client.force_login(make_staff(clinic, Role.AUDITOR))

    assert client.get(URL).status_code == 403
    assert client.post(URL, ADA).status_code == 403
    assert not Patient.objects.exists()


def test_two_who_register_one_number_at_once_make_one_patient(clinic: Clinic, coordinator: User) -> None:
    details = {"family_name": "Okonjo", "given_name": "Ada", "mrn": "AV-1", "born": date(1997, 1, 30)}
    recording.register(clinic=clinic, details=details, by=coordinator, now=NOW)

    with pytest.raises(recording.MrnTakenError):
        recording.register(clinic=clinic, details=details | {"mrn": "av 1"}, by=coordinator, now=NOW)

    assert Patient.objects.count() == 1
    assert AuditEvent.objects.filter(action="create").count() == 1


@pytest.mark.parametrize(
    ("typed", "field", "value"),
    [
        ("okon", "family_name", "okon"),
        ("Ada Okonjo", "given_name", "Ada"),
        ("Okonjo, Ada", "family_name", "Okonjo"),
        ("av-20411", "mrn", "av-20411"),
    ],
)
def test_what_was_searched_for_begins_the_form(desk: Client, typed: str, field: str, value: str) -> None:
    form = desk.get(URL, {"q": typed}).context["form"]

    assert form[field].value() == value


@pytest.mark.parametrize("typed", ["30.1.1997", "30 Jan 1997", "\x00<b>", "x" * 5000])
def test_a_search_that_is_no_name_breaks_nothing(desk: Client, typed: str) -> None:
    assert desk.get(URL, {"q": typed}).status_code == 200
