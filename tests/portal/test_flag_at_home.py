"""What a patient reads while a flag is open and after it was answered: fixed words, the emergency first."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Clinic, User
from followups import flagging, overriding, planning
from followups.models import Flag, FollowUp
from patients.models import Patient
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)
DAY = timedelta(days=1)
NEVER = re.compile(r"necros|collaps|\bAVN\b|ARCO|risk|watching|osteo|normal|\bfine\b|\brule\b", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _that_morning() -> Any:
    with clock.fixed_at(NOW):
        yield


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    patient = make.make_patient(clinic, sign_in=True)
    make.make_joint(patient, since=date(2026, 5, 25))
    planning.replan(patient, by=None, now=NOW)
    return patient


@pytest.fixture
def flag(patient: Patient) -> Flag:
    return Flag.objects.create(
        clinic=patient.clinic, patient=patient, joint=patient.joints.get(side="left"), severity="amber",
        severity_rank=1, rule=7, sentence={}, opened_at=NOW - DAY, due_at=NOW + 5 * DAY,
        evidence={"why": {"code": "step"}, "began_on": "2026-11-11", "usual": 2.9},
    )  # fmt: skip


def read(patient: Patient) -> str:
    phone = Client()
    assert patient.user
    phone.force_login(patient.user)
    page = phone.get("/me/").content.decode()
    assert not NEVER.search(page)
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def test_the_emergency_comes_first_then_by_when_somebody_reads(patient: Patient, flag: Flag) -> None:
    page = read(patient)
    assert "Your entries since 11 November are higher than your own usual 3." in page
    assert "A clinician will read your entries by Wednesday 25 November and phone you" in page
    assert page.index("Phone now, do not wait,") < page.index("Your entries since") < page.index("Your next step")


def test_a_flag_that_compares_nothing_says_no_level(patient: Patient, flag: Flag) -> None:
    Flag.objects.update(evidence={"why": {"code": "wants_review"}})
    page = read(patient)
    assert "higher than" not in page
    assert "A clinician will read your entries by" in page


def test_a_flag_of_a_picture_does_not_speak_of_entries(patient: Patient, flag: Flag) -> None:
    Flag.objects.update(rule=17, evidence={"why": {"code": "imaging"}})
    page = read(patient)
    assert "A clinician will look at your record by Wednesday 25 November" in page
    assert "entries" not in page


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("imaging", "New pictures were asked for."),
        ("treatment", "Something in your treatment changes."),
        ("contacted", "You have spoken with your clinic."),
        ("referred", "You were asked to see somebody else."),
        ("no_change", "Your plan stays as it is. What comes next, and when, stands under “Your next step”."),
        ("other_cause", "Your plan stays as it is."),
        ("expected", "Your plan stays as it is."),
        ("rule_wrong", "Your plan stays as it is."),
    ],
)
def test_after_the_review_they_read_what_changes_for_them(
    patient: Patient, flag: Flag, clinician: User, outcome: str, said: str
) -> None:
    flagging.close(flag, by=clinician, role="clinician", now=NOW, outcome=outcome, next_step="Words of the staff.")
    page = read(patient)
    assert "A clinician read your entries on Friday 20 November." in page
    assert said in page
    assert "Words of the staff" not in page
    assert page.index("Phone now, do not wait,") < page.index(said)


def test_it_is_said_for_two_weeks(patient: Patient, flag: Flag, clinician: User) -> None:
    flagging.close(flag, by=clinician, role="clinician", now=NOW, outcome="contacted", next_step="Seen.")
    with clock.fixed_at(NOW + 15 * DAY):
        assert "A clinician read" not in read(patient)


def test_the_newest_speaks_for_a_joint(patient: Patient, flag: Flag, clinician: User) -> None:
    flagging.close(flag, by=clinician, role="clinician", now=NOW, outcome="contacted", next_step="Seen.")
    Flag.objects.create(
        clinic=flag.clinic, patient=patient, joint=flag.joint, severity="red", severity_rank=0, rule=1, sentence={},
        opened_at=NOW, due_at=NOW + DAY,
    )  # fmt: skip
    page = read(patient)
    assert page.count("Phone now, do not wait,") == 1
    assert "will read your entries" in page


def test_what_was_brought_forward_is_the_next_step_with_its_day(patient: Patient, flag: Flag, clinician: User) -> None:
    follow_up = FollowUp.objects.live().get(joint=flag.joint)
    by = overriding.latest(follow_up, today=NOW.date())
    flagging.bring_imaging_forward(flag, follow_up, studies=["MR"], to=by, owner=None, by=clinician, now=NOW)
    page = read(patient)
    assert "MRI scan of your left hip by Friday 4 December" in page
    assert "A clinician asked for it. Your clinic phones you to find a day." in page
    flagging.close(flag, by=clinician, role="clinician", now=NOW, outcome="no_change", next_step="Seen.")
    page = read(patient)
    assert "New pictures were asked for." in page
    assert "stays as it is" not in page
