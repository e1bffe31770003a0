"""Editing a person, asking what may be ordered, ending surveillance and taking the end back."""

from datetime import date

import pytest
from django.test import Client

from accounts import clock
from accounts.models import AuditEvent, Clinic, Role, User
from patients.models import ImagingStudy, Patient
from tests.make import NOW, make_joint, make_patient, make_staff

EDIT = {
    "family_name": "Halvorsen",
    "given_name": "Ingrid",
    "born": "12 3 1979",
    "mrn": "AV-20417",
    "sex": "F",
    "language": "en-gb",
    "version": "1",
}
SAFETY = {
    "mri_unsafe": "yes",
    "mri_unsafe_asked_on": "19 11 2026",
    "pregnant": "no",
    "pregnant_asked_on": "19 11 2026",
    "kidney_disease": "not_known",
    "version": "1",
}
END = {"reason": "transferred", "on": "19 11 2026", "signed": "on", "version": "1"}


@pytest.fixture(autouse=True)
def _friday_morning() -> object:
    with clock.fixed_at(NOW):
        yield


@pytest.fixture
def ingrid(clinic: Clinic) -> Patient:
    patient = make_patient(clinic, family_name="Halvorsen", given_name="Ingrid", mrn="AV-20417", born=date(1979, 3, 12))
    make_joint(patient, since=date(2025, 6, 18))
    return patient


@pytest.fixture
def desk(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


@pytest.fixture
def surgery(client: Client, clinician: User) -> Client:
    client.force_login(clinician)
    return client


def url(patient: Patient, rest: str) -> str:
    return f"/clinic/patients/{patient.public_id}/{rest}/"


def test_an_edit_is_saved_and_traced(desk: Client, ingrid: Patient) -> None:
    assert desk.post(url(ingrid, "edit"), EDIT | {"given_name": "Inger"}).status_code == 302

    ingrid.refresh_from_db()
    assert (str(ingrid), ingrid.version, ingrid.name_key) == ("Inger Halvorsen", 2, "halvorsen inger")
    event = AuditEvent.objects.get(action="update")
    assert event.detail["changed"]["given_name"] == ["Ingrid", "Inger"]


@pytest.mark.parametrize("language", ["en", "pl"])
def test_an_edit_keeps_a_language_that_we_do_not_write_in_yet(desk: Client, ingrid: Patient, language: str) -> None:
    Patient.objects.filter(pk=ingrid.pk).update(language=language)
    assert f'value="{language}" selected' in desk.get(url(ingrid, "edit")).content.decode()
    assert desk.post(url(ingrid, "edit"), EDIT | {"language": language}).status_code == 302
    ingrid.refresh_from_db()
    assert ingrid.language == language


def test_opening_the_form_leaves_a_trace(desk: Client, ingrid: Patient) -> None:
    desk.get(url(ingrid, "edit"))

    assert AuditEvent.objects.filter(action="read", patient_id=ingrid.public_id).count() == 1


def test_the_form_shows_what_is_stored_in_a_form_it_takes_back(desk: Client, ingrid: Patient) -> None:
    page = desk.get(url(ingrid, "edit")).content.decode()

    assert 'value="12 Mar 1979"' in page
    assert desk.post(url(ingrid, "edit"), EDIT | {"born": "12 Mar 1979"}).status_code == 302


def test_a_stale_edit_is_refused_and_both_versions_are_shown(desk: Client, ingrid: Patient, coordinator: User) -> None:
    desk.post(url(ingrid, "edit"), EDIT | {"given_name": "Theirs"})

    response = desk.post(url(ingrid, "edit"), EDIT | {"given_name": "Mine"})

    page = response.content.decode()
    assert response.status_code == 409
    assert f"{coordinator.name} saved this at 10:00" in page
    assert "Theirs" in page
    assert 'value="Mine"' in page
    assert 'name="version" value="2"' in page
    ingrid.refresh_from_db()
    assert ingrid.given_name == "Theirs"
    assert desk.post(url(ingrid, "edit"), EDIT | {"given_name": "Mine", "version": "2"}).status_code == 302


@pytest.mark.parametrize("version", ["", "0", "-1", "abc", "99999999999999999999"])
def test_a_form_without_a_true_version_changes_nothing(desk: Client, ingrid: Patient, version: str) -> None:
    response = desk.post(url(ingrid, "edit"), EDIT | {"given_name": "Mine", "version": version})

    assert response.status_code in (409, 422)
    ingrid.refresh_from_db()
    assert ingrid.given_name == "Ingrid"


def test_somebody_elses_number_is_refused(desk: Client, clinic: Clinic, ingrid: Patient) -> None:
    make_patient(clinic, mrn="AV-1", family_name="Bauer", given_name="Jo")

    response = desk.post(url(ingrid, "edit"), EDIT | {"mrn": "av 1"})

    assert response.status_code == 422
    assert "AV-1 belongs to Jo Bauer at this clinic" in response.content.decode()


def test_a_birth_date_after_a_study_names_the_study(desk: Client, ingrid: Patient) -> None:
    ImagingStudy.objects.create(patient=ingrid, made_on=date(2020, 5, 1), modality="DX", entered_at=NOW)

    response = desk.post(url(ingrid, "edit"), EDIT | {"born": "1 1 2021", "why-child": "right"})

    assert response.status_code == 422
    assert "1 May 2020" in response.content.decode()


# --- What may be asked for -------------------------------------------------------------------------------------------
def test_safety_answers_are_kept_with_the_day_they_were_asked(desk: Client, ingrid: Patient) -> None:
    assert desk.post(url(ingrid, "safety"), SAFETY).status_code == 302

    ingrid.refresh_from_db()
    assert ingrid.constraints == {"mri_unsafe"}
    assert ingrid.mri_unsafe_asked_on == date(2026, 11, 19)


@pytest.mark.parametrize(
    "changes",
    [
        {"mri_unsafe_asked_on": ""},
        {"mri_unsafe_asked_on": "21 11 2026"},
        {"mri_unsafe_asked_on": "1 1 1970"},
        {"pregnant": "maybe"},
        {"kidney_disease": ""},
    ],
)
def test_a_safety_answer_is_refused(desk: Client, ingrid: Patient, changes: dict[str, str]) -> None:
    assert desk.post(url(ingrid, "safety"), SAFETY | changes).status_code == 422

    ingrid.refresh_from_db()
    assert not ingrid.constraints


def test_pregnancy_of_a_man_is_asked_about_and_not_blocked(desk: Client, ingrid: Patient) -> None:
    Patient.objects.update(sex="M")

    assert desk.post(url(ingrid, "safety"), SAFETY | {"pregnant": "yes"}).status_code == 422
    kept = SAFETY | {"pregnant": "yes", "why-pregnant_male": "right"}
    assert desk.post(url(ingrid, "safety"), kept).status_code == 302


# --- The end of surveillance -----------------------------------------------------------------------------------------
def test_an_end_is_signed_and_can_be_taken_back(surgery: Client, ingrid: Patient, clinician: User) -> None:
    assert surgery.post(url(ingrid, "end"), END).status_code == 302
    ingrid.refresh_from_db()
    assert (ingrid.ended_reason, ingrid.ended_on, ingrid.ended_by) == ("transferred", date(2026, 11, 19), clinician)

    assert surgery.post(url(ingrid, "resume"), {"version": "2"}).status_code == 302
    ingrid.refresh_from_db()
    assert (ingrid.ended_reason, ingrid.ended_on) == ("", None)


@pytest.mark.parametrize(
    "changes",
    [{"reason": ""}, {"reason": "lost"}, {"on": "21 11 2026"}, {"on": "1 1 1970"}, {"signed": ""}, {"on": ""}],
)
def test_an_end_without_reason_day_or_signature_is_refused(
    surgery: Client, ingrid: Patient, changes: dict[str, str]
) -> None:
    assert surgery.post(url(ingrid, "end"), END | changes).status_code == 422

    ingrid.refresh_from_db()
    assert ingrid.ended_on is None


def test_a_death_before_the_last_entry_is_asked_about(surgery: Client, ingrid: Patient) -> None:
    ImagingStudy.objects.create(patient=ingrid, made_on=date(2026, 11, 18), modality="DX", entered_at=NOW)
    died = END | {"reason": "deceased", "on": "1 11 2026"}

    assert surgery.post(url(ingrid, "end"), died).status_code == 422
    assert surgery.post(url(ingrid, "end"), died | {"why-entries_after": "right"}).status_code == 302


def test_a_stale_end_is_refused(surgery: Client, ingrid: Patient) -> None:
    Patient.objects.update(version=5)

    assert surgery.post(url(ingrid, "end"), END).status_code == 409
    assert surgery.post(url(ingrid, "resume"), {"version": "1"}).status_code == 302
    ingrid.refresh_from_db()
    assert ingrid.version == 5


# --- Who may ---------------------------------------------------------------------------------------------------------
FOR_RECORDS = ["edit", "safety", "studies/new", "exposures/new"]
FOR_CLINICIANS = ["end", "joints/new", "symptoms/new", "reviews/new", "treatments/new"]


@pytest.mark.parametrize("page", FOR_RECORDS + FOR_CLINICIANS)
@pytest.mark.parametrize("role", list(Role))
def test_each_page_opens_to_those_it_is_for(
    client: Client, clinic: Clinic, ingrid: Patient, role: str, page: str
) -> None:
    client.force_login(make_staff(clinic, role))

    clinicians = role in (Role.CLINICIAN, Role.LEAD)
    allowed = clinicians or (role == Role.COORDINATOR and page in FOR_RECORDS)
    assert client.get(url(ingrid, page)).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("page", FOR_RECORDS + FOR_CLINICIANS)
def test_another_clinics_patient_does_not_exist(client: Client, ingrid: Patient, page: str) -> None:
    south = Clinic.objects.create(name="South", phone="+442071234568")
    client.force_login(make_staff(south, Role.LEAD))

    for answer in (client.get(url(ingrid, page)), client.post(url(ingrid, page), EDIT | END)):
        assert answer.status_code == 404
        assert "Halvorsen" not in answer.content.decode()
