"""The second step: asked of staff, offered to patients."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client, override_settings

from accounts.models import AuditEvent, Clinic, User
from tests import make


@pytest.fixture(autouse=True)
def _required() -> Iterator[None]:
    with override_settings(SECOND_FACTOR_REQUIRED=True):
        yield


def sign_in(client: Client, user: User) -> str:
    answer: str = client.post("/accounts/login/", {"login": user.username, "password": make.PASSWORD})["Location"]
    return answer


def code_for(secret: str) -> str:
    code: str = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    return code


def set_up_app(client: Client) -> str:
    """Set an app up as a person does, with the password asked again; its secret."""
    client.post("/accounts/reauthenticate/", {"password": make.PASSWORD})
    page = client.get("/accounts/2fa/app/add/")
    secret: str = page.context["form"].secret
    assert secret in page.content.decode()
    assert client.post("/accounts/2fa/app/add/", {"code": code_for(secret)}).status_code == 302
    return secret


def test_staff_without_one_see_nothing_until_they_have_it(client: Client, lead: User) -> None:
    sign_in(client, lead)

    assert client.get("/clinic/audit/").headers["Location"] == "/accounts/2fa/"
    assert client.get("/start/").headers["Location"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200
    set_up_app(client)
    assert client.get("/clinic/audit/").status_code == 200


def test_a_patient_is_not_asked(client: Client, clinic: Clinic) -> None:
    patient = make.make_patient(clinic, sign_in=True)
    assert patient.user
    sign_in(client, patient.user)

    assert client.get("/start/").headers["Location"] == "/me/"


def test_signing_in_takes_two_steps_and_a_code_works_once(client: Client, lead: User) -> None:
    sign_in(client, lead)
    secret = set_up_app(client)
    other = Client()

    assert sign_in(other, lead) == "/accounts/2fa/authenticate/"
    assert other.get("/clinic/audit/").status_code == 302, "the password alone opens nothing"
    wrong = other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 422
    assert "Incorrect code" in wrong.content.decode()
    seen = code_for(secret)
    assert other.post("/accounts/2fa/authenticate/", {"code": seen}).status_code == 302
    assert other.get("/clinic/audit/").status_code == 200
    looked_over_the_shoulder = Client()
    sign_in(looked_over_the_shoulder, lead)
    assert looked_over_the_shoulder.post("/accounts/2fa/authenticate/", {"code": seen}).status_code == 422
    assert AuditEvent.objects.filter(action="sign_in_failed", detail={"why": "second factor"}).count() == 2


def test_a_recovery_code_lets_in_once(client: Client, lead: User) -> None:
    sign_in(client, lead)
    set_up_app(client)
    codes = client.get("/accounts/2fa/codes/").context["unused_codes"]
    assert len(codes) == 10

    for other, lets_in in [(Client(), True), (Client(), False)]:
        sign_in(other, lead)
        other.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert (other.get("/clinic/audit/").status_code == 200) is lets_in


def test_guessing_codes_is_slowed_down(client: Client, lead: User) -> None:
    sign_in(client, lead)
    set_up_app(client)
    code = client.get("/accounts/2fa/codes/").context["unused_codes"][0]
    other = Client()
    sign_in(other, lead)
    for _ in range(6):
        other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    other.post("/accounts/2fa/authenticate/", {"code": code})

    assert other.get("/clinic/audit/").status_code == 302


def test_the_secret_is_not_readable_in_the_database(client: Client, lead: User) -> None:
    sign_in(client, lead)
    secret = set_up_app(client)

    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_taking_it_away_closes_the_clinic_again(
    client: Client, lead: User, django_capture_on_commit_callbacks: Any
) -> None:
    sign_in(client, lead)
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(client)
    client.post("/accounts/2fa/app/remove/")

    assert client.get("/clinic/audit/").headers["Location"] == "/accounts/2fa/"
    done = AuditEvent.objects.filter(action="update", user=lead, detail__has_key="second_factor").order_by("pk")
    assert ("totp", "added") in {(e.detail["kind"], e.detail["second_factor"]) for e in done}
    assert ("totp", "removed") in {(e.detail["kind"], e.detail["second_factor"]) for e in done}


def test_a_password_is_asked_again_before_it_is_changed(client: Client, lead: User) -> None:
    sign_in(client, lead)

    assert client.get("/accounts/2fa/app/add/").headers["Location"].startswith("/accounts/reauthenticate/")
    refused = client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert refused.status_code == 422


def test_an_operator_needs_one_too(client: Client, db: None) -> None:
    operator = User.objects.create_superuser("operator", "", make.PASSWORD)
    sign_in(client, operator)

    assert client.get("/admin/").headers["Location"] == "/accounts/2fa/"
    set_up_app(client)
    assert client.get("/admin/").status_code == 200
    assert client.get("/clinic/audit/").status_code == 403, "an operator sees no clinic"
