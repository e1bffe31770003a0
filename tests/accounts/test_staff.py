"""The lead's list of staff: who is added, given a part, sent away, and how they come in."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import clock, staffing
from accounts.models import AuditEvent, Clinic, Membership, Role, User
from tests import make

STAFF = "/clinic/settings/staff/"
NEW = {"name": "Ada Nwosu", "email": "Ada@Example.org", "role": "clinician"}
PASSWORDS = {"password1": "a sentence of my own", "password2": "a sentence of my own"}


@pytest.fixture
def as_lead(client: Client, lead: User) -> Client:
    client.force_login(lead)
    return client


@pytest.fixture
def add(as_lead: Client, django_capture_on_commit_callbacks: Any) -> Callable[..., User]:
    def act(**more: str) -> User:
        with django_capture_on_commit_callbacks(execute=True):
            assert as_lead.post(STAFF, NEW | more).status_code == 302
        return User.objects.get(email__iexact=(NEW | more)["email"])

    return act


def link() -> str:
    found = re.search(r"https?://\S+", str(mail.outbox[-1].body))
    assert found
    return found[0].removeprefix(settings.SITE_ORIGIN)


def member(user: User) -> Membership:
    return Membership.objects.get(user=user)


def test_a_colleague_comes_in_by_one_link_and_sets_their_own_password(add: Callable[..., User], clinic: Clinic) -> None:
    user = add()
    assert mail.outbox[-1].to == ["ada@example.org"]
    assert member(user).role == "clinician"

    theirs = Client()
    assert theirs.get(link()).status_code == 200
    assert theirs.get(link()).status_code == 200, "looking does not use it up"
    assert theirs.post(link(), PASSWORDS).headers["Location"] == "/start/"
    assert theirs.get("/accounts/preferences/").status_code == 200
    assert Client().get(link()).status_code == 410, "it is used"
    assert (
        Client().post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORDS["password1"]}).status_code
        == 302
    )


def test_a_refused_password_keeps_the_link(add: Callable[..., User]) -> None:
    add()
    refused = Client().post(link(), {"password1": "short", "password2": "short"})

    assert refused.status_code == 422
    assert "at least 15" in refused.content.decode()
    assert Client().get(link()).status_code == 200


def test_the_link_ends_after_a_week(add: Callable[..., User]) -> None:
    add()
    with clock.fixed_at(clock.now() + timedelta(days=8)):
        assert Client().get(link()).status_code == 410


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "1" * 3000])
def test_a_false_link_is_answered_like_an_old_one(client: Client, db: None, token: str) -> None:
    assert client.get(f"/accounts/welcome/{token}/").status_code in (404, 410)


def test_somebody_of_another_clinic_keeps_their_password(add: Callable[..., User]) -> None:
    known = make.make_staff(make.make_clinic("York"), email="ada@example.org")
    add()

    assert "/welcome/" not in mail.outbox[-1].body
    assert known.check_password(make.PASSWORD)
    assert known.memberships.count() == 2


@pytest.mark.parametrize(
    ("field", "value", "because"),
    [
        ("email", "a@b", "valid email"),
        ("email", "a@example.org\nBcc: x@y.org", "valid email"),
        ("email", "mıke@example.org", "plain letters"),
        ("role", "owner", "not one of the available choices"),
        ("name", "", "required"),
        ("name", "x" * 121, "at most 120"),
    ],
)
def test_bad_entries_are_refused_beside_the_field(as_lead: Client, field: str, value: str, because: str) -> None:
    response = as_lead.post(STAFF, NEW | {field: value})

    assert response.status_code == 422
    assert because in response.content.decode()
    assert User.objects.count() == 1


def test_a_patients_address_is_refused(as_lead: Client, clinic: Clinic) -> None:
    patient = make.make_patient(clinic, sign_in=True)
    assert patient.user
    response = as_lead.post(STAFF, NEW | {"email": patient.user.email})

    assert response.status_code == 422
    assert "work address" in response.content.decode()


def test_twice_is_refused(add: Callable[..., User], as_lead: Client) -> None:
    add()
    assert as_lead.post(STAFF, NEW | {"email": "ADA@example.org"}).status_code == 422


def test_an_extra_field_is_ignored(add: Callable[..., User]) -> None:
    user = add(is_superuser="1", clinic="99", username="root")

    assert (user.is_superuser, user.username) == (False, "ada@example.org")


def test_a_new_part_counts_from_the_next_request(as_lead: Client, coordinator: User) -> None:
    theirs = Client()
    theirs.force_login(coordinator)
    assert theirs.get("/clinic/audit/").status_code == 403

    assert as_lead.post(f"{STAFF}{coordinator.public_id}/role/", {"role": "auditor"}).status_code == 302
    assert theirs.get("/clinic/audit/").status_code == 200
    event = AuditEvent.objects.get(action="update", subject_id=coordinator.public_id)
    assert event.detail == {"role": "auditor", "role_before": "coordinator"}


def test_a_disabled_colleague_is_out_at_the_next_request(as_lead: Client, coordinator: User) -> None:
    theirs = Client()
    theirs.force_login(coordinator)
    as_lead.post(f"{STAFF}{coordinator.public_id}/access/", {"access": "disable"})

    assert theirs.get("/accounts/preferences/").headers["Location"].startswith("/accounts/login/")
    assert (
        theirs.post("/accounts/login/", {"login": coordinator.username, "password": make.PASSWORD})
        .headers["Location"]
        .endswith("/accounts/login/")
    )

    as_lead.post(f"{STAFF}{coordinator.public_id}/access/", {"access": "enable"})
    assert (
        theirs.post("/accounts/login/", {"login": coordinator.username, "password": make.PASSWORD}).headers["Location"]
        == "/start/"
    )


def test_who_leaves_one_clinic_of_two_keeps_the_other(as_lead: Client, coordinator: User) -> None:
    york = make.make_clinic("York")
    Membership.objects.create(user=coordinator, clinic=york, role=Role.LEAD)
    theirs = Client()
    theirs.force_login(coordinator)
    as_lead.post(f"{STAFF}{coordinator.public_id}/access/", {"access": "disable"})

    assert "York" in theirs.get(STAFF).content.decode()


def test_nobody_changes_their_own_part(as_lead: Client, lead: User) -> None:
    for path, data in [("role/", {"role": "auditor"}), ("access/", {"access": "disable"}), ("renew/", {})]:
        assert as_lead.post(f"{STAFF}{lead.public_id}/{path}", data).status_code == 422
    assert member(lead).role == Role.LEAD
    assert member(lead).disabled_at is None


def test_two_leads_cannot_send_each_other_away(clinic: Clinic, lead: User) -> None:
    """The second comes after the first, finds that they are no lead any more, and is refused."""
    second = make.make_staff(clinic, Role.LEAD)
    staffing.disable(member(second), by=lead, now=make.NOW)

    with pytest.raises(ValidationError):
        staffing.disable(member(lead), by=second, now=make.NOW)


@pytest.mark.parametrize("access", ["", "delete", "1"])
def test_an_unknown_act_is_refused(as_lead: Client, coordinator: User, access: str) -> None:
    assert as_lead.post(f"{STAFF}{coordinator.public_id}/access/", {"access": access}).status_code == 422


def test_a_lost_phone(as_lead: Client, coordinator: User, django_capture_on_commit_callbacks: Any) -> None:
    """The lead gives a new link; the old password, the second factor and every session end."""
    Authenticator.objects.create(user=coordinator, type="webauthn", data={"name": "key", "credential": {}})
    theirs = Client()
    theirs.force_login(coordinator)
    with django_capture_on_commit_callbacks(execute=True):
        as_lead.post(f"{STAFF}{coordinator.public_id}/renew/")

    assert theirs.get("/accounts/preferences/").status_code == 302
    assert not Authenticator.objects.filter(user=coordinator).exists()
    assert (
        theirs.post("/accounts/login/", {"login": coordinator.username, "password": make.PASSWORD}).status_code == 422
    )
    assert Client().post(link(), PASSWORDS).status_code == 302


def test_somebody_of_two_clinics_switches_between_them(as_lead: Client, lead: User) -> None:
    york = make.make_clinic("York")
    Membership.objects.create(user=lead, clinic=york, role=Role.AUDITOR)
    before = as_lead.cookies[settings.SESSION_COOKIE_NAME].value

    assert as_lead.get(STAFF).status_code == 200
    as_lead.post("/accounts/clinic/", {"clinic": str(york.public_id)})
    assert as_lead.get(STAFF).status_code == 403
    assert "York" in as_lead.get("/clinic/audit/").content.decode()
    assert as_lead.cookies[settings.SESSION_COOKIE_NAME].value != before


@pytest.mark.parametrize("clinic_id", ["6f7c3c1c-2d4e-4a3b-9a67-1b2a0c9d8e7f"])
def test_a_clinic_of_others_cannot_be_chosen(as_lead: Client, clinic_id: str) -> None:
    assert as_lead.post("/accounts/clinic/", {"clinic": clinic_id}).status_code == 404


# --- The first lead ---------------------------------------------------------------------------------------------------


def found(**more: str) -> str:
    out = StringIO()
    options = {
        "phone": "+441132960000",
        "time_zone": "Europe/London",
        "lead_name": "Tom",
        "lead_email": "t@example.org",
    }
    call_command("create_clinic", "York Hip Clinic", stdout=out, **(options | more))
    return out.getvalue()


def test_a_clinic_begins_with_one_command(client: Client, db: None) -> None:
    printed = found()
    path = printed.strip().splitlines()[-1].removeprefix(settings.SITE_ORIGIN)

    assert client.post(path, PASSWORDS).status_code == 302
    assert client.get(STAFF).status_code == 200
    assert Membership.objects.get().role == Role.LEAD


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Phobos"}, {"lead_email": "nobody"}, {"phone": "1" * 30}])
def test_a_wrong_word_makes_no_half_a_clinic(db: None, wrong: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        found(**wrong)
    assert not Clinic.objects.exists()
