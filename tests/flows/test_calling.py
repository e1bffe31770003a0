"""A coordinator calls: the strip under a row, an answer at one press, and Undo."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Clinic, User
from followups import planning
from followups.models import FollowUp
from tests import make
from tests.flows.conftest import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def overdue(clinic: Clinic, held_clock: datetime) -> list[FollowUp]:
    """Two people whose pictures should have been made long ago."""
    long_ago = held_clock - timedelta(days=300)
    for name in ("Amara", "Bo"):
        patient = make.make_patient(clinic, given_name=name, family_name="Okafor")
        make.make_joint(patient, since=long_ago.date(), entered_at=long_ago)
        planning.replan(patient, by=None, now=long_ago)
    return list(FollowUp.objects.order_by("pk"))


@pytest.mark.parametrize("scripted", [True], ids=["script"], indirect=True)
def test_by_keyboard_no_answer_is_saved_and_undone(
    desk: Page, signed_in: SignIn, coordinator: User, overdue: list[FollowUp]
) -> None:
    signed_in(desk, coordinator)
    desk.goto("/clinic/")
    desk.locator("[data-open]").first.focus()
    second = desk.locator("article[data-row]").nth(1)

    desk.keyboard.press("j")
    expect(second.locator("[data-open]")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(second.get_by_role("heading", name="What happened?")).to_be_focused()
    desk.keyboard.press("2")

    saved = desk.get_by_role("status").filter(has_text="No answer")
    expect(saved).to_contain_text("Okafor")
    expect(saved.get_by_text("Saved")).to_be_focused()
    assert sorted(FollowUp.objects.values_list("no_answer_count", flat=True)) == [0, 1]
    desk.keyboard.press("u")
    expect(desk.get_by_text("Undone: it is as before.")).to_be_visible()
    assert list(FollowUp.objects.values_list("no_answer_count", flat=True)) == [0, 0]


def test_by_hand_no_answer_is_saved_and_undone(
    desk: Page, signed_in: SignIn, coordinator: User, overdue: list[FollowUp]
) -> None:
    signed_in(desk, coordinator)
    desk.goto("/clinic/")

    desk.get_by_role("link", name="Call Amara Okafor").click()
    desk.get_by_role("button", name="No answer").click()
    expect(desk.get_by_role("status").filter(has_text="No answer")).to_contain_text("Amara Okafor")
    assert FollowUp.objects.get(pk=overdue[0].pk).no_answer_count == 1
    desk.get_by_role("button", name="Undo").click()

    expect(desk.get_by_text("Undone: it is as before.")).to_be_visible()
    assert FollowUp.objects.get(pk=overdue[0].pk).no_answer_count == 0


def test_a_day_that_is_missing_is_asked_for_beside_its_field(
    desk: Page, signed_in: SignIn, coordinator: User, overdue: list[FollowUp], scripted: bool
) -> None:
    signed_in(desk, coordinator)
    desk.goto("/clinic/")
    desk.get_by_role("link", name="Call Amara Okafor").click()
    desk.locator("summary", has_text="Date agreed").click()
    with desk.expect_response(lambda answer: answer.request.method == "POST") as answered:
        desk.get_by_role("button", name="Save").first.click()

    assert answered.value.status == 422
    expect(desk.locator(".field-error").first).to_be_visible()
    assert FollowUp.objects.get(pk=overdue[0].pk).promised_on is None
