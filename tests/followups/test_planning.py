"""The stored plan follows the record: one live follow-up for each lesion, with the reason and the difference."""

from datetime import UTC, date, datetime

import pytest

from accounts.models import Clinic
from followups import planning, proving, stored_plan
from followups.models import FollowUp, PatientPlan, Reminder
from patients.models import Finding, ImagingStudy, Joint, Patient, SymptomStatus, Treatment
from tests import make

pytestmark = pytest.mark.django_db
FILM = ["AP", "frog_leg_lateral"]
HIPS = [["hip", "left"], ["hip", "right"]]
DAY = date(2026, 11, 20)


def at(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


def film(patient: Patient, on: date, views: list[str] = FILM) -> ImagingStudy:
    return ImagingStudy.objects.create(
        patient=patient, made_on=on, modality="DX", views=views, covers=HIPS, entered_at=at(on)
    )


def scan(joint: Joint, on: date, percent: float) -> ImagingStudy:
    study = ImagingStudy.objects.create(
        patient=joint.patient, made_on=on, modality="MR", covers=HIPS, entered_at=at(on)
    )
    Finding.objects.create(study=study, joint=joint, volume_percent=percent, oedema="no", entered_at=at(on))
    return study


def small_hip(clinic: Clinic, *, since: date = DAY) -> Joint:
    joint = make.make_joint(make.make_patient(clinic), since=since)
    SymptomStatus.objects.create(joint=joint, on=since, value="no", entered_at=at(since))
    scan(joint, since, 8)
    return joint


def plan(joint: Joint, on: date) -> FollowUp:
    planning.replan(joint.patient, by=None, now=at(on))
    return FollowUp.objects.live().get(joint=joint)


def test_a_film_answers_and_the_next_counts_from_the_day_it_was_made(clinic: Clinic) -> None:
    joint = small_hip(clinic)
    first = plan(joint, DAY)
    made = film(joint.patient, date(2026, 11, 30))

    second = plan(joint, date(2026, 12, 10))

    first.refresh_from_db()
    assert (first.status, first.timing) == ("completed", "on_time")
    assert list(first.completed_by.all()) == [made]
    assert second.target_on == date(2027, 5, 30)
    assert second.change["because"] == "study"


def test_a_film_with_one_view_answers_nothing(clinic: Clinic) -> None:
    joint = small_hip(clinic)
    first = plan(joint, DAY)
    film(joint.patient, date(2026, 11, 30), views=["AP"])

    assert plan(joint, date(2026, 12, 1)).pk == first.pk


def test_a_change_of_the_record_replaces_and_says_what_is_different(clinic: Clinic) -> None:
    joint = small_hip(clinic)
    film(joint.patient, DAY)
    plan(joint, DAY)
    SymptomStatus.objects.create(joint=joint, on=date(2026, 12, 1), value="yes", entered_at=at(date(2026, 12, 1)))

    now = plan(joint, date(2026, 12, 1))

    assert (now.row, now.target_on) == ("medium", date(2027, 2, 20))
    assert now.change["was"]["target"] == "2027-05-20"
    assert FollowUp.objects.get(joint=joint, status="replaced").row == "small"


def test_a_replacement_ends_the_lesion_and_the_implant_is_followed(clinic: Clinic) -> None:
    joint = small_hip(clinic)
    plan(joint, DAY)
    Treatment.objects.create(joint=joint, code="THA", on=date(2026, 12, 1), entered_at=at(date(2026, 12, 1)))

    now = plan(joint, date(2026, 12, 1))

    assert (now.row, now.target_on) == ("implant", date(2027, 2, 23))
    assert joint.plan.__class__.objects.get(joint=joint).ended_reason == "replaced"


def test_the_end_of_a_person_ends_everything_and_cancels_messages(clinic: Clinic) -> None:
    joint = small_hip(clinic)
    plan(joint, DAY)
    Patient.objects.filter(pk=joint.patient_id).update(
        ended_on=date(2026, 12, 1), ended_reason="deceased", ended_at=at(date(2026, 12, 1))
    )

    planning.replan(joint.patient, by=None, now=at(date(2026, 12, 1)))

    assert not FollowUp.objects.live().exists()
    assert not Reminder.objects.filter(status="queued").exists()
    assert proving.prove(clinic, now=at(date(2026, 12, 1))).holds


def test_planning_again_changes_nothing(clinic: Clinic) -> None:
    joint = small_hip(clinic)
    first = plan(joint, DAY)
    reminders = Reminder.objects.count()

    assert plan(joint, DAY).pk == first.pk
    assert (FollowUp.objects.count(), Reminder.objects.count()) == (1, reminders)


def test_the_plan_is_renewed_on_the_day_it_reads_differently(clinic: Clinic) -> None:
    joint = small_hip(clinic)
    Treatment.objects.create(joint=joint, code="CD", on=date(2026, 12, 24), entered_at=at(DAY))
    plan(joint, DAY)
    stored = PatientPlan.objects.get(patient=joint.patient)
    assert stored.replan_on == date(2026, 12, 24)

    planning.renew(joint.patient_id, now=at(date(2026, 12, 24)))

    assert FollowUp.objects.live().get(joint=joint).row == "after_decompression"


def test_the_printed_plan_stands_only_until_it_must_be_renewed(clinic: Clinic) -> None:
    joint = small_hip(clinic)
    Treatment.objects.create(joint=joint, code="CD", on=date(2026, 12, 24), entered_at=at(DAY))
    plan(joint, DAY)

    assert stored_plan.as_json(joint.patient, today=date(2027, 1, 5))["as_of"] == "2026-12-23"


def test_what_a_register_brings_in_late_is_held(clinic: Clinic) -> None:
    joint = small_hip(clinic, since=date(2025, 1, 10))

    planning.replan(joint.patient, by=None, now=at(DAY), hold_late=True)

    live = FollowUp.objects.live().get(joint=joint)
    assert live.held_at == at(DAY)
    assert not live.reminders.filter(due_at__lte=at(DAY)).exists()
