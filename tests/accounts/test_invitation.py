"""A patient's way in."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import clock
from accounts.models import AuditEvent, Clinic, User
from patients import inviting
from patients.models import Invitation, Patient
from tests import make

MINE = {"username": "ada", "password1": "a sentence of my own", "password2": "a sentence of my own"}


@pytest.fixture
def staff(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


def make_link(staff: Client, patient: Patient) -> str:
    response = staff.post(f"/clinic/patients/{patient.public_id}/invitation/")
    assert response.status_code == 200
    found = re.search(rf"{settings.SITE_ORIGIN}(/invitation/[\w-]+/)", response.content.decode())
    assert found
    return found[1]


def test_the_patient_sets_their_own_sign_in(staff: Client, patient: Patient) -> None:
    link = make_link(staff, patient)
    theirs = Client()

    assert theirs.get(link).status_code == 200
    assert theirs.post(link, MINE).headers["Location"] == "/start/"
    assert theirs.get("/start/").headers["Location"] == "/me/"
    patient.refresh_from_db()
    assert patient.user
    assert patient.user.username == "ada"
    assert Client().post("/accounts/login/", {"login": "ada", "password": MINE["password1"]}).status_code == 302


def test_it_works_once_and_looking_does_not_use_it_up(staff: Client, patient: Patient) -> None:
    link = make_link(staff, patient)
    for _ in range(3):
        assert Client().get(link).status_code == 200
    Client().post(link, MINE)

    assert Client().get(link).status_code == 410
    assert Client().post(link, MINE | {"username": "eve"}).status_code == 410
    assert not User.objects.filter(username="eve").exists()


def test_only_its_hash_is_kept(staff: Client, patient: Patient) -> None:
    token = make_link(staff, patient).split("/")[2]

    assert token not in str(list(Invitation.objects.values()))
    assert token not in str(list(AuditEvent.objects.values()))


def test_it_ends_after_two_weeks_and_with_a_newer_one(staff: Client, patient: Patient) -> None:
    first, second = make_link(staff, patient), make_link(staff, patient)

    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 200
    with clock.fixed_at(clock.now() + timedelta(days=15)):
        assert Client().get(second).status_code == 410


def test_the_mail_names_no_disease(
    staff: Client, patient: Patient, clinic: Clinic, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        page = staff.post(f"/clinic/patients/{patient.public_id}/invitation/", {"by_mail": "1"}).content.decode()
    text = f"{mail.outbox[0].subject} {mail.outbox[0].body}"

    assert mail.outbox[0].to == [patient.email]
    assert settings.SITE_ORIGIN + "/invitation/" in text
    assert settings.SITE_ORIGIN not in page, "what was mailed is not shown too"
    for word in (
        clinic.name,
        patient.family_name,
        patient.given_name,
        patient.mrn,
        "hip",
        "joint",
        "osteo",
        "necrosis",
    ):
        assert word.lower() not in text.lower(), word


def test_without_a_mail_server_the_link_lands_in_the_clinic_s_own_outbox(
    staff: Client, patient: Patient, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "followups.outbox.EmailBackend"

    with django_capture_on_commit_callbacks(execute=True):
        staff.post(f"/clinic/patients/{patient.public_id}/invitation/", {"by_mail": "1"})

    link = re.search(r"/invitation/[\w-]+/", staff.get("/clinic/outbox/").content.decode())
    assert link
    assert Client().get(link[0]).status_code == 200


def test_without_an_address_nothing_is_mailed_or_made(staff: Client, clinic: Clinic) -> None:
    patient = make.make_patient(clinic, email="")
    response = staff.post(f"/clinic/patients/{patient.public_id}/invitation/", {"by_mail": "1"})

    assert response.status_code == 422
    assert "Print the link" in response.content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "because"),
    [
        ("password1", "short", "at least 15"),
        ("password2", "a sentence of mine", "differ"),
        ("username", "LEAD", "already"),
        ("username", "аda", "letters"),
        ("username", "", "required"),
        ("username", "a" * 151, "at most 150"),
    ],
)
def test_a_refused_form_keeps_the_link_and_what_was_typed(
    staff: Client, patient: Patient, clinic: Clinic, field: str, value: str, because: str
) -> None:
    make.make_staff(clinic, username="lead")
    link = make_link(staff, patient)
    response = Client().post(link, MINE | {field: value})

    assert response.status_code == 422
    assert because in response.content.decode()
    assert Client().get(link).status_code == 200


def test_a_family_may_share_an_inbox(staff: Client, patient: Patient, clinic: Clinic) -> None:
    sister = make.make_patient(clinic, email=patient.email)
    Client().post(make_link(staff, patient), MINE)
    Client().post(make_link(staff, sister), MINE | {"username": "bea"})

    assert User.objects.get(username="ada").email == patient.email
    assert User.objects.get(username="bea").email == ""


def test_a_second_invitation_gives_a_forgotten_password_back(staff: Client, clinic: Clinic) -> None:
    patient = make.make_patient(clinic, sign_in=True)
    assert patient.user
    link = make_link(staff, patient)

    assert "username" not in Client().get(link).context["form"].fields
    assert Client().post(link, MINE).status_code == 302
    patient.user.refresh_from_db()
    assert patient.user.check_password(MINE["password1"])


def test_two_who_accept_at_once(staff: Client, patient: Patient) -> None:
    """Both saw the form; the second finds the link used."""
    token = make_link(staff, patient).split("/")[2]
    answers = [
        inviting.accept(token, username=name, password=MINE["password1"], now=clock.now()) for name in ("ada", "eve")
    ]

    assert [bool(user) for user in answers] == [True, False]
