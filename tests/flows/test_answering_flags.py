"""A clinician answers a flag: the queue, the card, and an end with its outcome and next step."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Clinic, User
from followups import flagging, planning
from followups.models import Flag, FollowUp
from patients.models import PainLog
from tests import make
from tests.flows.conftest import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def flag(clinic: Clinic, held_clock: datetime) -> Flag:
    joint = make.make_joint(make.make_patient(clinic, given_name="Amara", family_name="Okafor"))
    PainLog.objects.create(
        joint=joint, client_id=uuid4(), nrs=5, wants_review=True, felt_at=held_clock, entered_at=held_clock
    )
    flag = flagging.judge_joint(joint, now=held_clock)
    assert flag
    return flag


def test_a_flag_is_closed_with_an_outcome_and_a_next_step(
    desk: Page, signed_in: SignIn, clinician: User, flag: Flag, held_clock: datetime
) -> None:
    signed_in(desk, clinician)
    desk.goto("/clinic/flags/")
    desk.locator(".flag-row", has_text="Amara Okafor").click()
    desk.get_by_role("button", name="Claim").click()
    expect(desk.locator(".flag-who")).to_contain_text("(you)")

    desk.locator(".flag-choices").get_by_role("link", name="Close with outcome").click()
    desk.get_by_role("button", name="Save and close the flag").click()
    expect(desk.locator(".invalid-feedback, .field-error, [data-error-summary]").first).to_be_visible()
    assert Flag.objects.get().closed_at is None

    desk.get_by_label("Outcome").select_option("No change")
    desk.get_by_label("Next step").fill("Pictures in January")
    desk.get_by_label("Next image by").fill(f"{held_clock.date() + timedelta(days=60)}")
    desk.get_by_role("button", name="Save and close the flag").click()

    expect(desk.get_by_text(re.compile("Closed")).first).to_be_visible()
    closed = Flag.objects.get()
    assert closed.closed_by == clinician
    assert closed.next_step.startswith("Pictures in January. Next image by")
    assert FollowUp.objects.live().get(joint=flag.joint).brought_forward_to == held_clock.date() + timedelta(days=60)


@pytest.fixture
def risen(clinic: Clinic, held_clock: datetime) -> Flag:
    """A rise that stayed, in a joint before collapse."""
    joint = make.make_joint(make.make_patient(clinic), since=held_clock.date() - timedelta(days=90))
    planning.replan(joint.patient, by=None, now=held_clock)
    return Flag.objects.create(
        clinic=clinic, patient=joint.patient, joint=joint, severity="amber", severity_rank=1, rule=7, sentence={},
        opened_at=held_clock, due_at=held_clock + timedelta(days=7),
        evidence={"why": {"code": "step"}, "began_on": held_clock.date().isoformat(), "usual": 2.0},
    )  # fmt: skip


def test_a_proposed_picture_is_planned_by_one_press_and_undone_by_another(
    desk: Page, signed_in: SignIn, clinician: User, risen: Flag
) -> None:
    signed_in(desk, clinician)
    desk.goto(f"/clinic/flags/{risen.public_id}/")
    expect(desk.get_by_role("heading", name=re.compile("Proposed: MRI both hips"))).to_be_visible()
    desk.get_by_role("button", name=re.compile("Plan MRI both hips")).click()
    expect(desk.get_by_text(re.compile("Planned: MRI both hips"))).to_be_visible()
    assert FollowUp.objects.live().get(joint=risen.joint).brought_forward_studies == ["MR"]
    desk.get_by_role("button", name="Undo").click()
    expect(desk.get_by_text("Undone: it is planned as before.")).to_be_visible()
    assert FollowUp.objects.live().get(joint=risen.joint).brought_forward_studies == []


@pytest.mark.parametrize("scripted", [True], ids=["script"], indirect=True)
def test_it_goes_by_keyboard_from_a_page_that_has_just_come(
    desk: Page, signed_in: SignIn, clinician: User, flag: Flag, risen: Flag
) -> None:
    signed_in(desk, clinician)
    desk.goto(f"/clinic/flags/{flag.public_id}/")
    desk.keyboard.press("j")
    expect(desk.locator(".flag-row:focus")).to_have_count(1)
    desk.keyboard.press("c")
    expect(desk.locator(".flag-who")).to_contain_text("(you)")
    expect(desk.locator("#flags :focus")).to_have_count(1)
    desk.keyboard.press("x")
    expect(desk.get_by_role("heading", name="Close with outcome")).to_be_focused()
    desk.keyboard.press("?")
    expect(desk.locator("dialog[open]")).to_be_visible()
