"""A clinician answers a flag: the queue, the card, and an end with its outcome and next step."""

import re
from datetime import datetime
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Clinic, User
from followups import flagging
from followups.models import Flag
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
    desk: Page, signed_in: SignIn, clinician: User, flag: Flag
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
    desk.get_by_label("Next step").fill("Pictures as planned in January")
    desk.get_by_role("button", name="Save and close the flag").click()

    expect(desk.get_by_text(re.compile("Closed")).first).to_be_visible()
    closed = Flag.objects.get()
    assert (closed.closed_by, closed.next_step) == (clinician, "Pictures as planned in January")
