"""A threshold changed in a browser: refused, written, tried while the page waits, approved by somebody else."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from accounts import clock
from accounts.models import Clinic, Role, User
from followups import policies, rule_lab
from followups.models import PolicyRun
from patients.models import PainLog, Patient
from tests.flows.conftest import SignIn
from tests.make import make_joint, make_staff

RULES = "/clinic/settings/rules/"


@pytest.fixture
def diary(patient: Patient) -> None:
    """Ten quiet weeks and two bad ones."""
    joint, now = make_joint(patient), clock.now()
    for back in range(84):
        at = now - timedelta(days=back, hours=1)
        PainLog.objects.create(
            joint=joint, client_id=uuid4(), felt_at=at, entered_at=at, judged_at=at, nrs=6 if back < 14 else 2
        )


@pytest.mark.django_db(transaction=True)
def test_a_threshold_from_the_form_into_force(
    desk: Page,
    scripted: bool,
    clinic: Clinic,
    clinician: User,
    diary: None,
    signed_in: SignIn,
    accessible: Callable[[Page], None],
) -> None:
    def look(page: Page) -> None:
        if scripted:  # axe is one
            accessible(page)

    signed_in(desk, clinician)
    desk.goto(RULES)
    look(desk)
    desk.get_by_role("link", name="Change thresholds in a draft").click()
    desk.get_by_label("Why").fill("Too many flags")
    desk.get_by_label("Sudden: pain from").fill("8,5")
    desk.get_by_label("Injury: pain from").fill("11")
    desk.get_by_role("button", name="Save the draft").click()
    expect(
        desk.get_by_role("link", name="“Injury: pain from”: Write a number from 1 to 10 NRS points.")
    ).to_be_visible()
    look(desk)

    desk.get_by_label("Injury: pain from").fill("8")
    desk.get_by_role("button", name="Save the draft").click()
    expect(desk.get_by_role("heading", name="Draft of version 2")).to_be_visible()
    desk.get_by_role("button", name="Try it on the last year").click()
    expect(desk.get_by_text("Waits for the worker")).to_be_visible()
    look(desk)

    assert rule_lab.go_on(PolicyRun.objects.get().pk, now=clock.now(), slice_=timedelta(minutes=1))
    expect(desk.get_by_text("You wrote this draft")).to_be_visible()
    expect(desk.get_by_role("button", name="Approve and put in force")).to_have_count(0)
    desk.set_viewport_size({"width": 360, "height": 740})
    look(desk)

    desk.context.clear_cookies()
    signed_in(desk, make_staff(clinic, Role.LEAD))
    desk.goto(f"{RULES}draft/")
    desk.get_by_role("button", name="Approve and put in force").click()
    expect(desk.get_by_text("Version 2 is in force:")).to_be_visible()
    assert policies.in_force(clinic)[1].sudden_nrs == 8.5
    desk.get_by_role("link", name="History").click()
    look(desk)
