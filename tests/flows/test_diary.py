"""A patient on a phone of 360 pixels: pain in two taps, the red boxes, the trend; once without script."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Clinic
from patients.models import PainLog, Patient
from tests import make
from tests.flows.conftest import SignIn
from tests.flows.test_frame import sideways

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(clinic: Clinic, held_clock: datetime) -> Patient:
    """Somebody with one painful hip who has written a few weeks already."""
    person = make.make_patient(clinic, sign_in=True, given_name="Ada")
    joint = make.make_joint(person)
    for days in range(3, 40, 4):
        at = held_clock - timedelta(days=days)
        PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=at, entered_at=at, judged_at=at, nrs=3)
    return person


@pytest.fixture
def diary(phone: Page, signed_in: SignIn, person: Patient) -> Page:
    """The page on which pain is logged."""
    assert person.user
    signed_in(phone, person.user)
    phone.goto("/me/")
    phone.get_by_role("link", name="Log pain").tap()
    expect(phone.locator(".pad label").first).to_be_visible()  # going elsewhere before it came would be an error
    return phone


def today(person: Patient) -> list[PainLog]:
    return list(PainLog.objects.filter(joint__patient=person, judged_at=None))


def test_pain_is_logged_in_two_taps(diary: Page, person: Patient, scripted: bool) -> None:
    expect(diary.get_by_role("radio", checked=True)).to_have_count(0)
    diary.locator(".pad label", has_text="7").tap()
    diary.get_by_role("button", name="Save 7 out of 10" if scripted else "Save").tap()

    expect(diary.get_by_role("heading", name="Saved")).to_be_visible()
    expect(diary.get_by_text("Left hip, worst pain 7 out of 10.")).to_be_visible()
    assert [(log.nrs, log.entered_by) for log in today(person)] == [(7, person.user)]


def test_a_red_box_says_at_once_whom_to_phone(diary: Page, person: Patient) -> None:
    diary.locator(".pad label", has_text="8").tap()
    diary.get_by_label("I cannot put weight on the leg").check()
    diary.get_by_role("button", name="Save").tap()

    expect(diary.get_by_role("heading", name="Phone now")).to_be_visible()
    expect(diary.locator(".phone-now").get_by_role("link", name="Call the clinic")).to_have_attribute(
        "href", f"tel:{person.clinic.phone}"
    )
    assert today(person)[0].cannot_bear_weight


def test_save_without_a_number_is_refused_beside_the_field(diary: Page, person: Patient) -> None:
    diary.get_by_label("Fever, or I feel very unwell").check()
    diary.get_by_role("button", name="Save").tap()

    expect(diary.locator("#nrs-error")).to_contain_text("Choose a number from 0 to 10")
    expect(diary.get_by_label("Fever, or I feel very unwell")).to_be_checked()
    assert today(person) == []


def test_a_double_press_of_save_makes_one_entry(diary: Page, person: Patient) -> None:
    diary.locator(".pad label", has_text="5").tap()
    diary.get_by_role("button", name="Save").dblclick()

    expect(diary.get_by_role("heading", name="Saved")).to_be_visible()
    assert len(today(person)) == 1


def test_back_and_save_again_makes_no_second_entry(diary: Page, person: Patient) -> None:
    diary.locator(".pad label", has_text="5").tap()
    diary.get_by_role("button", name="Save").tap()
    expect(diary.get_by_role("heading", name="Saved")).to_be_visible()

    diary.go_back()
    diary.get_by_role("button", name="Save").tap()

    expect(diary.get_by_role("heading", name=re.compile("Saved|Not saved yet"))).to_be_visible()
    assert len(today(person)) == 1


def test_the_trend_is_a_picture_with_a_table(diary: Page) -> None:
    diary.goto("/me/trend/")

    expect(diary.locator("figure svg, svg[role=img]").first).to_be_visible()
    expect(diary.get_by_role("table").first).to_be_visible()
    expect(diary.get_by_text("A gap means no entry, not no pain.")).to_be_visible()
    expect(diary.get_by_role("link", name="6 weeks")).to_be_visible()


@pytest.mark.parametrize("scripted", [True], ids=["script"], indirect=True)
def test_nothing_moves_sideways_on_the_way(diary: Page) -> None:
    for path in ("/me/", "/me/log/", "/me/trend/"):
        diary.goto(path)
        assert sideways(diary) == 0, path
