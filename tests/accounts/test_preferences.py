"""Theme, language and keys, for oneself and at the door."""

import pytest
from django.test import Client

from accounts.models import User
from patients.models import Patient
from tests.accounts.test_sign_in import ELSEWHERE

PAGE = "/accounts/preferences/"


def test_one_keeps_ones_own(client: Client, lead: User) -> None:
    client.force_login(lead)
    assert client.post(PAGE, {"theme": "dark", "language": "en-gb"}).status_code == 302
    lead.refresh_from_db()

    assert (lead.theme, lead.language, lead.keyboard_shortcuts) == ("dark", "en-gb", False)
    assert 'data-theme="dark"' in client.get(PAGE).content.decode()


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"language": "x" * 600}, {"theme": ""}])
def test_what_does_not_exist_is_refused(client: Client, lead: User, wrong: dict[str, str]) -> None:
    client.force_login(lead)

    assert client.post(PAGE, {"theme": "dark"} | wrong).status_code == 422
    lead.refresh_from_db()
    assert lead.theme == "device"


def test_nothing_else_can_be_changed_here(client: Client, lead: User) -> None:
    client.force_login(lead)
    client.post(PAGE, {"theme": "dark", "is_superuser": "1", "username": "root", "id": "99", "version": "9"})
    lead.refresh_from_db()

    assert (lead.is_superuser, lead.username != "root") == (False, True)


def test_the_door_remembers_the_theme_in_a_cookie(client: Client, db: None) -> None:
    client.post("/preferences/", {"theme": "dark"})

    assert 'data-theme="dark"' in client.get("/").content.decode()


@pytest.mark.parametrize("address", [*ELSEWHERE, "nowhere", ""])
def test_the_way_back_stays_on_the_site(client: Client, db: None, address: str) -> None:
    assert client.post("/preferences/", {"theme": "dark", "next": address}).headers["Location"] == "/"


def test_the_way_back_is_the_page_it_came_from(client: Client, lead: User) -> None:
    client.force_login(lead)

    assert (
        client.post("/preferences/", {"theme": "dark", "next": "/clinic/audit/"}).headers["Location"]
        == "/clinic/audit/"
    )


def test_staff_may_have_urgent_flags_texted(client: Client, lead: User) -> None:
    client.force_login(lead)
    assert client.post(PAGE, {"theme": "dark", "mobile": "07700 900123"}).status_code == 302
    lead.refresh_from_db()
    assert lead.mobile == "+447700900123"
    assert client.post(PAGE, {"theme": "dark", "mobile": "call me"}).status_code == 422
    assert client.post(PAGE, {"theme": "dark", "mobile": ""}).status_code == 302
    lead.refresh_from_db()
    assert lead.mobile == ""


def test_a_patient_is_not_asked_for_it_here(client: Client, patient: Patient) -> None:
    user = User.objects.create_user("ada", email="ada@example.org")
    Patient.objects.filter(pk=patient.pk).update(user=user)
    client.force_login(user)
    assert "mobile" not in client.get(PAGE).content.decode()
    client.post(PAGE, {"theme": "dark", "mobile": "07700 900123"})
    user.refresh_from_db()
    assert user.mobile == ""
