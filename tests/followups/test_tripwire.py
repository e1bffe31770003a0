"""The proposal on the card: shown beside the protocol's own plan, planned by one press, undone by one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Clinic, User
from followups import flagging, overriding, planning, proving
from followups.models import Flag, FollowUp, JointPlan
from patients.models import Finding, ImagingStudy, Joint, Patient
from patients.signals import record_changed
from tests import make

# A Tuesday, an hour after the clinic opened.
NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = NOW.date()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now(clock_at: Callable[[datetime], AbstractContextManager[None]]) -> Any:
    with clock_at(NOW):
        yield


def studied(joint: Joint, modality: str, on: Any, **shows: Any) -> ImagingStudy:
    """A study as it was read."""
    study = ImagingStudy.objects.create(
        patient=joint.patient, modality=modality, made_on=on, covers=[[joint.site, joint.side]], entered_at=NOW,
        views=["AP", "frog_leg_lateral"] if modality == "DX" else [], reviewed_at=NOW,
        reviewed_by=User.objects.filter(memberships__isnull=False).first(),
    )  # fmt: skip
    Finding.objects.create(study=study, joint=joint, entered_at=NOW, **shows)
    record_changed.send(ImagingStudy, patient=joint.patient, by=None, now=NOW)
    return study


@pytest.fixture
def joint(patient: Patient, clinician: User) -> Joint:
    """A medium lesion whose last pictures are two months old."""
    joint = make.make_joint(patient, since=TODAY - 400 * DAY)
    studied(joint, "MR", TODAY - 60 * DAY, volume_percent=20)
    studied(joint, "DX", TODAY - 60 * DAY)
    return joint


def risen(joint: Joint, code: str = "step", **evidence: Any) -> Flag:
    red = code == "sudden"
    return Flag.objects.create(
        clinic=joint.patient.clinic, patient=joint.patient, joint=joint, severity="red" if red else "amber",
        severity_rank=0 if red else 1, rule=6 if red else 7, sentence={}, opened_at=NOW, due_at=NOW + DAY,
        evidence={"why": {"code": code}, "began_on": (TODAY - 6 * DAY).isoformat(), "usual": 2.0} | evidence,
    )  # fmt: skip


@pytest.fixture
def desk(clinician: User) -> Client:
    client = Client()
    client.force_login(clinician)
    return client


def body(response: Any) -> str:
    return " ".join(response.content.decode().split())


def url(flag: Flag, do: str = "") -> str:
    return f"/clinic/flags/{flag.public_id}/" + (f"{do}/" if do else "")


CT_BY = {"study": "CT", "by": (TODAY + 9 * DAY).isoformat()}  # the seventh opening day


def test_the_card_shows_the_proposal_and_what_the_protocol_would_do(joint: Joint, desk: Client) -> None:
    page = body(desk.get(url(risen(joint))))
    assert "Proposed: CT hip by Thu 26 Nov" in page
    assert "The last X-ray shows no collapse" in page
    assert "The protocol would ask for: X-ray" in page


def test_a_sudden_rise_proposes_within_three_opening_days(joint: Joint, desk: Client) -> None:
    assert "Proposed: CT hip by Fri 20 Nov" in body(desk.get(url(risen(joint, "sudden"))))


@pytest.mark.parametrize(
    ("answers", "study"),
    [({"mri_unsafe": "yes"}, "CT hip"), ({"pregnant": "yes"}, "MRI both hips"), ({}, "MRI both hips")],
)
def test_it_fits_the_person(joint: Joint, desk: Client, answers: dict[str, str], study: str) -> None:
    ImagingStudy.objects.filter(modality="DX").update(made_on=TODAY - 100 * DAY)
    Patient.objects.filter(pk=joint.patient_id).update(**answers)
    assert f"Proposed: {study}" in body(desk.get(url(risen(joint))))


@pytest.mark.parametrize("group", ["collapsed", "replaced", ""])
def test_after_collapse_nothing_is_proposed(joint: Joint, desk: Client, group: str) -> None:
    JointPlan.objects.filter(joint=joint).update(group=group)
    assert "Proposed:" not in body(desk.get(url(risen(joint))))


def test_what_was_made_since_it_began_is_not_proposed(joint: Joint, desk: Client) -> None:
    studied(joint, "CT", TODAY - DAY)
    assert "Proposed:" not in body(desk.get(url(risen(joint))))


def test_one_press_plans_it_as_shown_and_one_undoes_it(joint: Joint, desk: Client, clinician: User) -> None:
    flag, before = risen(joint), FollowUp.objects.live().get(joint=joint)
    assert desk.post(url(flag, "plan-proposed"), CT_BY).status_code == 302
    asked = FollowUp.objects.live().get(joint=joint)
    assert (asked.pk, asked.brought_forward_studies) == (before.pk, ["CT"])
    assert asked.brought_forward_to == TODAY + 9 * DAY
    assert (asked.target_on, asked.studies) == (before.target_on, before.studies)
    page = body(desk.get(url(flag)))
    assert f"{clinician} asked for CT hip by 26 Nov 2026" in page
    assert "Proposed:" not in page
    assert desk.post(url(flag, "undo-imaging")).status_code == 302
    back = FollowUp.objects.live().get(joint=joint)
    assert (back.brought_forward_to, back.brought_forward_studies, back.owner) == (None, [], before.owner)
    assert "Proposed: CT hip" in body(desk.get(url(flag)))


def test_what_was_not_shown_is_not_planned(joint: Joint, desk: Client) -> None:
    flag = risen(joint)
    for other in ({"study": "MR"}, {"by": (TODAY + 90 * DAY).isoformat()}, {"by": "soon"}):
        assert desk.post(url(flag, "plan-proposed"), CT_BY | other).status_code == 409
    assert FollowUp.objects.live().get(joint=joint).brought_forward_to is None


def test_the_second_press_reads_who_was_faster(joint: Joint, desk: Client, clinician: User) -> None:
    flag = risen(joint)
    desk.post(url(flag, "plan-proposed"), CT_BY)
    second = desk.post(url(flag, "plan-proposed"), CT_BY)
    assert second.status_code == 409
    assert f"{clinician} brought imaging forward at 10:00." in body(second)


def test_undo_leaves_alone_what_somebody_has_worked_on(joint: Joint, desk: Client) -> None:
    flag = risen(joint)
    desk.post(url(flag, "plan-proposed"), CT_BY)
    worked = FollowUp.objects.live().get(joint=joint)
    FollowUp.objects.filter(pk=worked.pk).update(promised_on=TODAY + 3 * DAY, version=worked.version + 1)
    assert desk.post(url(flag, "undo-imaging")).status_code == 409
    assert FollowUp.objects.live().get(joint=joint).brought_forward_to == TODAY + 9 * DAY


def test_a_coordinator_reads_the_proposal_and_has_no_button(joint: Joint, coordinator: User) -> None:
    client = Client()
    client.force_login(coordinator)
    page = body(client.get(url(risen(joint))))
    assert "Proposed: CT hip" in page
    assert "plan-proposed" not in page
    assert client.post(url(Flag.objects.get(), "plan-proposed"), CT_BY).status_code == 403


# --- Where nothing is planned ----------------------------------------------------------------------------------------
@pytest.fixture
def bare(patient: Patient) -> Joint:
    """A knee that nobody has imaged: the protocol asks for nothing."""
    joint = make.make_joint(patient, site="knee", state=Joint.State.NEVER_IMAGED)
    planning.replan(patient, by=None, now=NOW)
    assert not FollowUp.objects.filter(joint=joint).exists()
    return joint


def asked_for(bare: Joint, desk: Client) -> FollowUp:
    flag = risen(bare, "new_joint")
    typed = {"version": 1, "what": "XR", "by": (TODAY + 6 * DAY).isoformat()}
    assert desk.post(url(flag, "bring-forward"), typed).status_code == 302
    return FollowUp.objects.live().get(joint=bare)


def test_a_joint_without_a_plan_gets_a_follow_up_of_its_own(bare: Joint, desk: Client, clinic: Clinic) -> None:
    asked = asked_for(bare, desk)
    assert (asked.studies, asked.target_on, asked.brought_forward_to) == (["XR"], TODAY + 6 * DAY, TODAY + 6 * DAY)
    planning.replan(bare.patient, by=None, now=NOW)
    asked.refresh_from_db()
    assert asked.status == "live"
    assert proving.prove(clinic, now=NOW).offenders == []
    assert "wanted by Mon 23 Nov" in body(desk.get("/clinic/"))
    assert "A clinician asked for it on 17 Nov 2026" in body(desk.get(f"/clinic/patients/{bare.patient.public_id}/"))


def test_it_stands_after_its_time_and_ends_with_its_picture(bare: Joint, desk: Client) -> None:
    asked = asked_for(bare, desk)
    overriding.end(asked.pk, now=NOW + 60 * DAY)
    planning.replan(bare.patient, by=None, now=NOW + 60 * DAY)
    assert FollowUp.objects.live().filter(pk=asked.pk).exists()
    study = ImagingStudy.objects.create(
        patient=bare.patient, modality="DX", made_on=TODAY + 61 * DAY, covers=[["knee", bare.side]], entered_at=NOW,
        views=["weight_bearing_AP", "lateral"],
    )  # fmt: skip
    planning.replan(bare.patient, by=None, now=NOW + 62 * DAY)
    asked.refresh_from_db()
    assert (asked.status, asked.timing, list(asked.completed_by.all())) == ("completed", "late", [study])


def test_it_ends_with_the_person(bare: Joint, desk: Client) -> None:
    asked = asked_for(bare, desk)
    Patient.objects.filter(pk=bare.patient_id).update(ended_on=TODAY, ended_reason="moved", ended_at=NOW)
    planning.replan(Patient.objects.get(), by=None, now=NOW)
    asked.refresh_from_db()
    assert asked.status == "ended"


def test_undo_ends_it(bare: Joint, desk: Client) -> None:
    asked = asked_for(bare, desk)
    assert desk.post(url(Flag.objects.get(), "undo-imaging")).status_code == 302
    asked.refresh_from_db()
    assert asked.status == "ended"
    assert not asked.reminders.filter(status="queued").exists()


# --- A review that changes nothing -----------------------------------------------------------------------------------
NO_CHANGE = {"version": 1, "outcome": "no_change", "next_step": "Seen.", "usual_after": "keep", "note": ""}


def test_no_change_leaves_a_dated_image_also_where_none_was_planned(bare: Joint, desk: Client) -> None:
    flag = risen(bare, "new_joint")
    assert desk.post(url(flag, "close"), NO_CHANGE | {"image_by": ""}).status_code == 422
    done = desk.post(url(flag, "close"), NO_CHANGE | {"image_by": (TODAY + 30 * DAY).isoformat()})
    assert done.status_code == 302
    assert FollowUp.objects.live().get(joint=bare).brought_forward_to == TODAY + 30 * DAY


def test_a_later_day_than_the_protocols_is_refused_and_says_where_to_wait(joint: Joint, desk: Client) -> None:
    flag, target = risen(joint), FollowUp.objects.live().get(joint=joint).target_on
    refused = desk.post(url(flag, "close"), NO_CHANGE | {"image_by": (target + DAY).isoformat()})
    assert refused.status_code == 422
    assert "To wait longer, snooze it on the worklist" in body(refused)
    assert "Seen." in body(refused)


def test_back_to_the_protocols_own_day(joint: Joint, desk: Client) -> None:
    flag, target = risen(joint), FollowUp.objects.live().get(joint=joint).target_on
    desk.post(url(flag, "plan-proposed"), CT_BY)
    assert desk.post(url(flag, "close"), NO_CHANGE | {"image_by": target.isoformat()}).status_code == 302
    assert FollowUp.objects.live().get(joint=joint).brought_forward_to is None


def test_an_earlier_day_is_kept_beside_the_plan(joint: Joint, desk: Client) -> None:
    flag = risen(joint)
    wanted = TODAY + 5 * DAY
    assert desk.post(url(flag, "close"), NO_CHANGE | {"image_by": wanted.isoformat()}).status_code == 302
    assert FollowUp.objects.live().get(joint=joint).brought_forward_to == wanted
    flag.refresh_from_db()
    assert flag.next_step == "Seen. Next image by 22 Nov 2026."
    assert flagging.asked_imaging(flag) is None  # a closed flag is not undone
