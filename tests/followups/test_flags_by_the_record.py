"""Flags that what staff enter opens by itself: no entry in the diary is needed, and the next tick is enough."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import AuditEvent, User
from clinical.worsening import Outcome
from followups import flagging, planning, sweeping
from followups.models import Flag, JointPlan
from patients import recording
from patients.models import Exposure, ImagingStudy, Joint, PainLog, Patient, Score
from tests import make

# A Tuesday, an hour after the clinic opened.
NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
STAGE_2 = {"stage_system": "ARCO", "stage_version": "2019", "stage_value": "2"}
STAGE_3A = STAGE_2 | {"stage_value": "3A"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def joint(patient: Patient) -> Joint:
    joint = make.make_joint(patient, since=NOW.date() - 400 * DAY)
    planning.replan(patient, by=None, now=NOW)
    return joint


def imaged(
    joint: Joint, made_on: date, found: dict[str, Any], *, by: User, now: datetime, reviewed: bool = True
) -> ImagingStudy:
    return recording.add_study(
        patient=joint.patient,
        details={"made_on": made_on, "modality": "MR", "covers": [[joint.site, joint.side]]},
        findings={(joint.site, joint.side): found},
        reviewed=reviewed,
        by=by,
        now=now,
    )


def corrected(study: ImagingStudy, found: dict[str, Any], *, by: User, now: datetime) -> None:
    study.refresh_from_db()
    recording.change_study(
        study,
        details={},
        findings={("hip", "left"): found},
        reviewed=True,
        version=study.version,
        why="read again",
        by=by,
        now=now,
    )


def got_worse(joint: Joint, by: User) -> ImagingStudy:
    """Stage 2 in spring, read in spring; stage 3A made yesterday and read now."""
    imaged(joint, date(2026, 5, 4), STAGE_2, by=by, now=NOW - 190 * DAY)
    return imaged(joint, NOW.date() - DAY, STAGE_3A, by=by, now=NOW)


def closed(flag: Flag, *, by: User, now: datetime) -> None:
    flag.refresh_from_db()
    flagging.close(
        flag, by=by, role="clinician", now=now, outcome=Flag.Outcome.IMAGING, next_step="CT next week",
        usual_after=Outcome.REBASELINE,
    )  # fmt: skip


# --- Rule 17: images -------------------------------------------------------------------------------------------------
def test_a_study_that_shows_more_than_the_one_before_opens_a_flag_with_the_next_tick(
    joint: Joint, clinician: User
) -> None:
    got_worse(joint, clinician)
    balance = sweeping.sweep(now=NOW)
    flag = Flag.objects.get()
    assert (flag.joint, flag.rule, flag.severity, balance.failed) == (joint, 17, "amber", 0)
    assert flag.sentence["params"] == {"on": "2026-11-16", "before_on": "2026-05-04", "changes": "stage"}
    assert not JointPlan.objects.to_judge(now=NOW).exists()
    assert AuditEvent.objects.filter(subject_id=flag.public_id, action="create").exists()


def test_the_card_says_what_is_new_and_since_which_image(joint: Joint, clinician: User) -> None:
    got_worse(joint, clinician)
    sweeping.sweep(now=NOW)
    client = Client()
    client.force_login(clinician)
    shown = " ".join(client.get(f"/clinic/flags/{Flag.objects.get().public_id}/").content.decode().split())
    assert "shows what that of" in shown
    assert "a later stage" in shown


def test_it_is_told_once(joint: Joint, clinician: User) -> None:
    got_worse(joint, clinician)
    sweeping.sweep(now=NOW)
    closed(Flag.objects.get(), by=clinician, now=NOW + DAY)
    flagging.judge_joint(joint, now=NOW + 60 * DAY)
    assert Flag.objects.count() == 1


def test_an_image_says_nothing_before_somebody_has_read_it(joint: Joint, clinician: User) -> None:
    imaged(joint, date(2026, 5, 4), STAGE_2, by=clinician, now=NOW - 190 * DAY)
    study = imaged(joint, NOW.date() - 30 * DAY, STAGE_3A, by=clinician, now=NOW - 30 * DAY, reviewed=False)
    sweeping.sweep(now=NOW)
    assert not Flag.objects.exists()
    corrected(study, STAGE_3A, by=clinician, now=NOW + DAY)
    sweeping.sweep(now=NOW + DAY)
    assert Flag.objects.get().rule == 17


def test_a_history_entered_today_raises_nothing(joint: Joint, clinician: User) -> None:
    for made_on, found in [(date(2024, 5, 4), STAGE_2), (date(2026, 2, 2), STAGE_3A)]:
        imaged(joint, made_on, found, by=clinician, now=NOW)
    sweeping.sweep(now=NOW)
    assert not Flag.objects.exists()


def test_but_it_is_what_the_next_study_is_compared_with(joint: Joint, clinician: User) -> None:
    imaged(joint, date(2024, 5, 4), STAGE_2 | {"oedema": "no"}, by=clinician, now=NOW)
    imaged(joint, NOW.date(), STAGE_2 | {"oedema": "yes"}, by=clinician, now=NOW)
    sweeping.sweep(now=NOW)
    assert Flag.objects.get().sentence["params"]["changes"] == "oedema"


def test_a_corrected_note_is_no_news_and_a_corrected_stage_is(joint: Joint, clinician: User) -> None:
    study = got_worse(joint, clinician)
    sweeping.sweep(now=NOW)
    closed(Flag.objects.get(), by=clinician, now=NOW + DAY)
    corrected(study, STAGE_3A | {"note": "read with Dr Dahl"}, by=clinician, now=NOW + 40 * DAY)
    sweeping.sweep(now=NOW + 40 * DAY)
    assert Flag.objects.count() == 1
    corrected(study, STAGE_2 | {"stage_value": "4"}, by=clinician, now=NOW + 50 * DAY)
    sweeping.sweep(now=NOW + 50 * DAY)
    assert Flag.objects.open().get().rule == 17


def test_an_image_entered_in_error_is_judged_again_and_closes_nothing(joint: Joint, clinician: User) -> None:
    study = got_worse(joint, clinician)
    sweeping.sweep(now=NOW)
    recording.mark_in_error(study, patient=joint.patient, reason="another person", by=clinician, now=NOW + DAY)
    assert JointPlan.objects.to_judge(now=NOW + DAY).get().joint == joint
    sweeping.sweep(now=NOW + DAY)
    assert not JointPlan.objects.to_judge(now=NOW + DAY).exists()
    assert Flag.objects.open().count() == 1


def test_a_tick_that_finds_the_joint_judged_skips_it(joint: Joint, clinician: User) -> None:
    got_worse(joint, clinician)
    plan = JointPlan.objects.to_judge(now=NOW).get()
    assert flagging.judge_record(plan.pk, now=NOW) == ""
    assert flagging.judge_record(plan.pk, now=NOW) == "judged already"


# --- Rule 3: what makes a fever more of a concern --------------------------------------------------------------------
def fever(joint: Joint, *, now: datetime = NOW) -> Flag:
    PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=now, entered_at=now, nrs=6, fever=True)
    flagging.judge_joint(joint, now=now)
    return Flag.objects.get()


def card(flag: Flag, user: User) -> str:
    client = Client()
    client.force_login(user)
    return " ".join(client.get(f"/clinic/flags/{flag.public_id}/").content.decode().split())


def exposed(patient: Patient, kind: str, **more: Any) -> Exposure:
    return Exposure.objects.create(patient=patient, kind=kind, entered_at=NOW, **more)


def test_a_fever_lists_what_makes_it_more_of_a_concern(joint: Joint, clinician: User) -> None:
    exposed(joint.patient, "steroid", started_on=date(2026, 1, 1))
    exposed(joint.patient, "chemotherapy", ended_on=date(2020, 1, 1))
    other = make.make_joint(joint.patient, side="right")
    other.treatments.create(code="THA", on=NOW.date() - 80 * DAY, entered_at=NOW)
    planning.replan(joint.patient, by=None, now=NOW)
    flag = fever(joint)
    assert flag.sentence["params"]["risks"] == ["steroid", "operation", "prosthesis"]
    assert "corticosteroids, an operation in the last 90 days, an artificial joint" in card(flag, clinician)


def test_hiv_and_sickle_cell_are_shown_to_clinicians_and_never_kept_in_the_flag(
    joint: Joint, clinician: User, coordinator: User
) -> None:
    exposed(joint.patient, "hiv")
    exposed(joint.patient, "sickle_cell")
    flag = fever(joint)
    assert "hiv" not in str([flag.sentence, flag.evidence, flag.hits])
    assert "Higher concern for infection: HIV, sickle cell disease" in card(flag, clinician)
    for_all = card(flag, coordinator)
    assert "HIV" not in for_all
    assert "sickle" not in for_all


def test_a_joint_replaced_before_it_came_here_counts_too(joint: Joint) -> None:
    make.make_joint(joint.patient, side="right", state="replaced", since=date(2015, 1, 1))
    planning.replan(joint.patient, by=None, now=NOW)
    assert fever(joint).sentence["params"]["risks"] == ["prosthesis"]


# --- Rule 14: scores -------------------------------------------------------------------------------------------------
def scored(joint: Joint, value: float, *, by: User, now: datetime, on: date | None = None) -> Score:
    values = {"joint": joint, "instrument": "ohs", "value": value, "on": on or now.date()}
    return recording.add(Score, patient=joint.patient, values=values, by=by, now=now)


def test_a_score_that_drops_opens_a_flag_once(joint: Joint, clinician: User) -> None:
    scored(joint, 40, by=clinician, now=NOW - 100 * DAY)
    row = scored(joint, 30, by=clinician, now=NOW)
    sweeping.sweep(now=NOW)
    flag = Flag.objects.get()
    assert (flag.rule, flag.severity) == (14, "amber")
    assert "<b>Oxford Hip Score</b>" in card(flag, clinician)
    closed(flag, by=clinician, now=NOW + DAY)
    later = NOW + 40 * DAY
    recording.mark_in_error(row, patient=joint.patient, reason="note", by=clinician, now=later)
    scored(joint, 30, by=clinician, now=later, on=NOW.date())
    sweeping.sweep(now=later)
    assert Flag.objects.count() == 1


def test_old_scores_typed_in_today_raise_nothing(joint: Joint, clinician: User) -> None:
    scored(joint, 40, by=clinician, now=NOW, on=date(2024, 1, 1))
    scored(joint, 30, by=clinician, now=NOW, on=date(2025, 1, 1))
    sweeping.sweep(now=NOW)
    assert not Flag.objects.exists()


# --- Rule 18: steroid courses ----------------------------------------------------------------------------------------
def course(patient: Patient, *, by: User, now: datetime = NOW, **more: Any) -> Exposure:
    values = {"kind": "steroid", "drug": "prednisolone", "daily_mg": 60.0, "started_on": NOW.date() - 3 * DAY}
    return recording.add(Exposure, patient=patient, values=values | more, by=by, now=now)


def test_a_new_steroid_course_is_told_once_for_the_person_at_the_diseased_joint(joint: Joint, clinician: User) -> None:
    other = make.make_joint(joint.patient, side="right", state="clear")
    planning.replan(joint.patient, by=None, now=NOW)
    course(joint.patient, by=clinician)
    assert set(JointPlan.objects.to_judge(now=NOW).values_list("joint", flat=True)) == {joint.pk, other.pk}
    sweeping.sweep(now=NOW)
    flag = Flag.objects.get()
    assert (flag.joint, flag.rule, flag.severity) == (joint, 18, "yellow")
    assert "60 mg of prednisolone a day" in card(flag, clinician)


def test_a_low_dose_that_adds_up_is_told_on_the_day_it_is_too_much(joint: Joint, clinician: User) -> None:
    """25 mg a day are more than 2 g with the 81st day, though nothing is recorded then."""
    began = NOW.date() - 10 * DAY
    course(joint.patient, by=clinician, daily_mg=25.0, started_on=began)
    for days in range(71):
        sweeping.sweep(now=NOW + days * DAY)
        told = Flag.objects.filter(rule=18).exists()
        assert told is ((NOW + days * DAY).date() >= began + 80 * DAY), days
    flag = Flag.objects.get(rule=18)
    assert flag.evidence["at"][:10] == str(began + 80 * DAY)


@pytest.mark.parametrize(
    "changed",
    [
        {"daily_mg": 30.0},
        {"daily_mg": None, "dose": "60 mg a day"},
        {"drug": "something new"},
        {"started_on": None},
        {"started_on": date(2026, 1, 1), "ended_on": date(2026, 1, 20)},
    ],
)
def test_this_is_no_new_high_course(joint: Joint, clinician: User, changed: dict[str, Any]) -> None:
    course(joint.patient, by=clinician, **changed)
    sweeping.sweep(now=NOW)
    assert not Flag.objects.exists()


def test_a_course_entered_anew_to_correct_its_note_is_not_told_again(joint: Joint, clinician: User) -> None:
    row = course(joint.patient, by=clinician)
    sweeping.sweep(now=NOW)
    closed(Flag.objects.get(), by=clinician, now=NOW + DAY)
    later = NOW + 40 * DAY
    recording.mark_in_error(row, patient=joint.patient, reason="note", by=clinician, now=later)
    course(joint.patient, by=clinician, now=later, note="for lupus")
    sweeping.sweep(now=later)
    assert Flag.objects.count() == 1


# --- Rule 19: bisphosphonates ----------------------------------------------------------------------------------------
def ticked(joint: Joint, box: str, *, now: datetime = NOW) -> None:
    PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=now, entered_at=now, nrs=2, **{box: True})
    flagging.judge_joint(joint, now=now)


@pytest.mark.parametrize(("box", "severity"), [("thigh_pain", "amber"), ("jaw", "yellow")])
def test_thigh_and_jaw_under_a_bisphosphonate(joint: Joint, clinician: User, box: str, severity: str) -> None:
    exposed(joint.patient, "bisphosphonate", drug="alendronate", started_on=date(2022, 3, 1))
    ticked(joint, box)
    flag = Flag.objects.get()
    assert (flag.rule, flag.severity) == (19, severity)
    assert "takes or took <b>alendronate</b>" in card(flag, clinician)


def test_without_the_drug_on_record_the_tick_says_nothing(joint: Joint) -> None:
    exposed(joint.patient, "bisphosphonate", drug="alendronate", entered_in_error=True)
    exposed(joint.patient, "bisphosphonate", drug="zoledronate", started_on=NOW.date() + DAY)
    ticked(joint, "thigh_pain")
    assert not Flag.objects.exists()


def test_a_drug_without_a_name_or_a_day_counts(joint: Joint, clinician: User) -> None:
    exposed(joint.patient, "bisphosphonate")
    ticked(joint, "thigh_pain")
    assert "takes or took <b>a bisphosphonate</b>" in card(Flag.objects.get(), clinician)


def test_staff_are_shown_the_boxes_on_the_phone_form_for_those_people_only(joint: Joint, clinician: User) -> None:
    client = Client()
    client.force_login(clinician)
    page = f"/clinic/patients/{joint.patient.public_id}/phone-log/"
    assert 'name="jaw"' not in client.get(page).content.decode()
    exposed(joint.patient, "bisphosphonate")
    shown = client.get(page).content.decode()
    assert 'name="jaw"' in shown
    assert 'name="thigh_pain"' in shown


def test_what_was_known_long_before_the_joint_was_first_judged_is_history(joint: Joint, clinician: User) -> None:
    for days, found in ((300, STAGE_2), (200, STAGE_3A)):
        at = NOW - days * DAY
        imaged(joint, at.date(), found, by=clinician, now=at)
    sweeping.sweep(now=NOW)
    assert not Flag.objects.exists()


def test_a_flag_of_an_image_stays_what_it_is_however_long_it_is_open(joint: Joint, clinician: User) -> None:
    for days, found in ((200, STAGE_2), (120, STAGE_3A)):
        at = NOW - days * DAY
        imaged(joint, at.date(), found, by=clinician, now=at)
        sweeping.sweep(now=at)
    flag = Flag.objects.open().get()
    flagging.judge_joint(joint, now=NOW)
    flag.refresh_from_db()
    assert [hit["rule"] for hit in flag.hits] == [17]
