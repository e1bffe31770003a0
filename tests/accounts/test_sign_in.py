"""Coming in by name and password, and being kept out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import clock
from accounts.models import AuditEvent, Clinic, User
from patients.models import Patient
from tests import make

SIGN_IN = "/accounts/login/"
WRONG = "E-mail or password is not right"
# Ways to write an address of somewhere else (reliability.md B238).
ELSEWHERE = [
    "//evil.com",
    "/\\evil.com",
    "https:evil.com",
    "javascript:alert(1)",
    "http://testserver@evil.com",
    "\x08//evil.com",
    "/%09/evil.com",
    "//evil%00.com",
    "https://evil.com/",
    "\\\\evil.com",
]


def sign_in(client: Client, login: str, password: str = make.PASSWORD, **more: str) -> str:
    """Where the form leads, or what it answers instead."""
    response = client.post(SIGN_IN, {"login": login, "password": password} | more)
    return response.headers.get("Location", f"{response.status_code} {response.content.decode()}")


def test_by_user_name_or_by_email(client: Client, lead: User) -> None:
    assert sign_in(client, lead.username) == "/start/"
    assert sign_in(Client(), lead.email.upper()) == "/start/"


def test_the_form_is_one_form_without_script(client: Client) -> None:
    page = client.get(SIGN_IN).content.decode()

    form = next(f for f in re.findall(r"<form.*?</form>", page, re.S) if 'name="password"' in f)
    assert 'name="login"' in form
    assert 'name="csrfmiddlewaretoken"' in form


@pytest.mark.parametrize(
    ("login", "password"), [("nobody", make.PASSWORD), ("nobody@example.org", "x"), (None, "wrong")]
)
def test_a_wrong_pair_is_not_told_apart(client: Client, lead: User, login: str | None, password: str) -> None:
    answer = sign_in(client, login or lead.username, password)

    assert answer.startswith("422")
    assert WRONG in answer


def test_a_disabled_person_is_not_told_apart(client: Client, lead: User) -> None:
    User.objects.filter(pk=lead.pk).update(is_active=False)

    assert sign_in(client, lead.username) == SIGN_IN


def test_what_was_typed_is_kept_and_the_password_is_not(client: Client, db: None) -> None:
    answer = sign_in(client, 'a"<b>', "my secret sentence")

    assert 'value="a&quot;&lt;b&gt;"' in answer
    assert "my secret sentence" not in answer


@pytest.mark.parametrize("login", ["\x00", "a" * 10_000, "' OR 1=1 --", "ﬁ", "👩‍⚕️", "%s%n"])
def test_strange_names_are_refused_calmly(client: Client, db: None, login: str) -> None:
    assert sign_in(client, login).startswith("422")
    assert sign_in(client, "lead", login).startswith("422")


@pytest.mark.parametrize("address", ELSEWHERE)
def test_next_never_leads_off_the_site(client: Client, lead: User, address: str) -> None:
    assert sign_in(client, lead.username, next=address) == "/start/"


def test_next_leads_back_to_the_page_that_was_asked_for(client: Client, lead: User) -> None:
    asked = client.get("/clinic/audit/?action=read")

    assert asked.headers["Location"] == "/accounts/login/?next=/clinic/audit/%3Faction%3Dread"
    assert sign_in(client, lead.username, next="/clinic/audit/?action=read") == "/clinic/audit/?action=read"


def test_a_form_posted_by_a_stranger_is_not_gone_back_to(client: Client, db: None) -> None:
    assert client.post("/clinic/settings/staff/").headers["Location"] == SIGN_IN


def test_a_fragment_sends_the_whole_page_to_sign_in(client: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/clinic/audit/"}
    response = client.get("/clinic/audit/", headers=headers)

    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/accounts/login/?next=/clinic/audit/"


def test_the_session_is_a_new_one(client: Client, lead: User) -> None:
    session = client.session
    session["planted"] = "by somebody"
    session.save()
    planted = session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted or ""
    sign_in(client, lead.username)

    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
    assert planted
    assert not client.session.exists(planted)


def test_guessing_is_slowed_down_for_one_name_and_noted(client: Client, lead: User) -> None:
    answers = [sign_in(Client(), lead.username, f"guess {n}") for n in range(6)]

    assert all(WRONG in answer for answer in answers[:5])
    assert "Too many attempts" in answers[5]
    assert "Too many attempts" in sign_in(Client(), lead.username)
    assert AuditEvent.objects.filter(action="sign_in_failed", user=lead).count() == 7
    assert AuditEvent.objects.filter(detail={"why": "throttled"}).count() == 2


def test_guessing_elsewhere_does_not_lock_out_a_device_that_is_known(client: Client, lead: User) -> None:
    sign_in(client, lead.username)
    client.post("/accounts/logout/")
    for n in range(6):
        sign_in(Client(), lead.username, f"guess {n}")

    assert sign_in(client, lead.username) == "/start/"


def test_coming_and_going_leaves_a_trace(client: Client, lead: User, clinic: Clinic) -> None:
    sign_in(client, lead.username, "wrong")
    sign_in(client, lead.username)
    client.post("/accounts/logout/")

    events = AuditEvent.objects.filter(clinic=clinic, user=lead).order_by("pk")
    assert [event.action for event in events] == ["sign_in_failed", "sign_in", "sign_out"]
    assert {event.address for event in events} == {"127.0.0.1"}
    assert "wrong" not in str([event.detail for event in events])


def test_sign_out_is_a_post(client: Client, lead: User) -> None:
    client.force_login(lead)

    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").headers["Location"] == "/"
    assert client.get("/clinic/audit/").status_code == 302


@pytest.mark.parametrize(
    "path", ["signup/", "email/", "confirm-email/", "social/connections/", "login/code/", "inactive/"]
)
def test_what_is_not_used_is_not_there(client: Client, db: None, path: str) -> None:
    assert client.get(f"/accounts/{path}").status_code == 404


# --- Sessions ---------------------------------------------------------------------------------------------------------

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_half_an_hour_without_anybody_ends_a_session(client: Client, lead: User) -> None:
    client.force_login(lead)
    for minutes, status in [(0, 200), (25, 200), (50, 200), (81, 302)]:
        with clock.fixed_at(NINE + timedelta(minutes=minutes)):
            assert client.get("/clinic/audit/").status_code == status, minutes


def test_no_parameter_keeps_an_idle_session(client: Client, lead: User) -> None:
    client.force_login(lead)
    with clock.fixed_at(NINE):
        client.get("/clinic/audit/")
    with clock.fixed_at(NINE + timedelta(minutes=31)):
        response = client.get("/clinic/audit/?skip_timeout_reset=1&polled=1&next=/")
    assert response.headers["Location"].startswith(SIGN_IN)


def test_twelve_hours_end_a_session_in_any_case(client: Client, lead: User) -> None:
    client.force_login(lead)
    for minutes in range(0, 12 * 60, 20):
        with clock.fixed_at(NINE + timedelta(minutes=minutes)):
            assert client.get("/clinic/audit/").status_code == 200
    with clock.fixed_at(NINE + timedelta(hours=12, minutes=1)):
        assert client.get("/clinic/audit/").status_code == 302


def test_nothing_is_left_in_the_browsers_cache(client: Client, lead: User) -> None:
    client.force_login(lead)

    assert "no-store" in client.get("/clinic/audit/").headers["Cache-Control"]
    assert "no-store" in client.get("/nowhere/").headers["Cache-Control"]


def test_a_page_costs_three_queries_to_find_out_who_asks(
    client: Client, lead: User, django_assert_num_queries: object
) -> None:
    client.force_login(lead)
    client.post("/accounts/clinic/")
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert client.post("/accounts/clinic/").status_code == 302


# --- Passwords --------------------------------------------------------------------------------------------------------


def reset_link(client: Client, email: str) -> str:
    client.post("/accounts/password/reset/", {"email": email})
    found = re.search(r"https?://\S+/key/\S+", str(mail.outbox[-1].body))
    assert found
    return found[0]


def test_a_link_in_mail_knows_its_own_site(client: Client, lead: User) -> None:
    client.post("/accounts/password/reset/", {"email": lead.email}, headers={"X-Forwarded-Host": "evil.com"})

    assert settings.SITE_ORIGIN + "/accounts/password/reset/key/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body
    assert (
        client.post("/accounts/password/reset/", {"email": lead.email}, headers={"host": "evil.com"}).status_code == 400
    )
    assert len(mail.outbox) == 1


def test_nobody_learns_who_signs_in_here(client: Client, lead: User) -> None:
    answers = [client.post("/accounts/password/reset/", {"email": email}) for email in (lead.email, "x@example.org")]

    assert {a.headers["Location"] for a in answers} == {"/accounts/password/reset/sent/"}
    assert len(mail.outbox) == 2
    assert {m.subject for m in mail.outbox} == {"Your new password"}


def test_a_look_alike_address_gets_no_link(client: Client, clinic: Clinic) -> None:
    make.make_staff(clinic, email="mike@example.org")
    client.post("/accounts/password/reset/", {"email": "mıke@example.org"})

    assert all("/key/" not in message.body for message in mail.outbox)


def test_a_reset_link_works_once(client: Client, lead: User) -> None:
    link = reset_link(client, lead.email).removeprefix(settings.SITE_ORIGIN)
    scanner = Client()
    scanner.get(link)
    form = client.get(link).headers["Location"]
    new = {"password1": "another sentence nobody guesses", "password2": "another sentence nobody guesses"}

    assert client.post(form, new).headers["Location"] == "/accounts/password/reset/done/"
    assert client.get("/clinic/audit/").status_code == 302, "the link signs nobody in"
    assert "does not work any more" in Client().get(link).content.decode()
    assert sign_in(client, lead.username, new["password1"]) == "/start/"


@pytest.mark.parametrize(
    ("password", "because"),
    [
        ("fourteen chars", "at least 15"),
        ("x" * 100 + "y z" * 10, "at most 128"),
        ("passwordpasswordpassword\x00", "Null characters"),
        ("osteonecrosis2026", "too close"),
        ("North Hip Clinic 1", "too close"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(client: Client, lead: User, password: str, because: str) -> None:
    client.force_login(lead)
    response = client.post(
        "/accounts/password/change/", {"oldpassword": make.PASSWORD, "password1": password, "password2": password}
    )

    assert response.status_code == 422
    assert because in response.content.decode()


@pytest.mark.parametrize("password", [" leading and trailing ", "fifteen letters", "λέξεις που θυμάμαι", "w " * 64])
def test_long_passwords_of_any_letters_are_taken_as_typed(client: Client, lead: User, password: str) -> None:
    client.force_login(lead)
    old = {"oldpassword": make.PASSWORD, "password1": password, "password2": password}

    assert client.post("/accounts/password/change/", old).status_code == 302
    assert sign_in(Client(), lead.username, password) == "/start/"
    assert sign_in(Client(), lead.username, password.strip() + "!").startswith("422")


def test_a_new_password_ends_the_other_sessions(client: Client, lead: User) -> None:
    other = Client()
    for each in (client, other):
        sign_in(each, lead.username)
    new = "another sentence nobody guesses"
    client.post("/accounts/password/change/", {"oldpassword": make.PASSWORD, "password1": new, "password2": new})

    assert client.get("/clinic/audit/").status_code == 200
    assert other.get("/clinic/audit/").status_code == 302
    assert AuditEvent.objects.filter(action="update", user=lead, detail={"password": "changed"}).exists()


def test_a_patient_comes_in_the_same_way(client: Client, clinic: Clinic) -> None:
    patient: Patient = make.make_patient(clinic, sign_in=True)
    assert patient.user
    assert sign_in(client, patient.user.username) == "/start/"
    assert client.get("/start/").headers["Location"] == "/me/"
