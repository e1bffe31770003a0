"""The page of one patient: what stands on it in each state, for whom, and that it does not grow with the record."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page

from accounts.models import AuditEvent, Clinic, User
from followups import planning
from followups.models import Contact, Flag, FollowUp, Reminder
from patients.models import Exposure, Finding, ImagingStudy, Joint, PainLog, Patient, Seen, SymptomStatus, Treatment
from tests.make import NOW, make_clinic, make_joint, make_patient, make_staff

pytestmark = pytest.mark.django_db
ClockAt = Callable[[datetime], AbstractContextManager[None]]
BOTH = [["hip", "right"], ["hip", "left"]]
FILM = ["AP", "frog_leg_lateral"]


@pytest.fixture(autouse=True)
def _today(clock_at: ClockAt) -> Any:
    with clock_at(NOW):
        yield


def study(patient: Patient, on: date, modality: str = "DX", *, reviewed: bool = True, **fields: Any) -> ImagingStudy:
    chosen = {"covers": BOTH, "views": FILM if modality == "DX" else [], "read_by": "Dr Dahl"} | fields
    return ImagingStudy.objects.create(
        patient=patient, made_on=on, modality=modality, entered_at=NOW, reviewed_at=NOW if reviewed else None, **chosen
    )


def finding(study: ImagingStudy, joint: Joint, **fields: Any) -> Finding:
    return Finding.objects.create(study=study, joint=joint, entered_at=NOW, **fields)


def arco(value: str) -> dict[str, str]:
    return {"stage_system": "ARCO", "stage_version": "2019", "stage_value": value}


@pytest.fixture
def lesion(patient: Patient) -> Joint:
    """A left hip seen on film and MRI two months ago; the right one was clear."""
    joint = make_joint(patient, since=date(2026, 9, 14))
    make_joint(patient, side="right", state=Joint.State.CLEAR)
    finding(study(patient, date(2026, 9, 14)), joint, **arco("2"), collapse_mm=0)
    finding(study(patient, date(2026, 9, 14), "MR"), joint, volume_percent=34, oedema=Seen.YES)
    SymptomStatus.objects.create(joint=joint, on=date(2026, 9, 14), value="no", entered_at=NOW)
    planning.replan(patient, by=None, now=NOW)
    return joint


def pain(joint: Joint, *numbers: int) -> None:
    """One entry a day, the last of them yesterday."""
    PainLog.objects.bulk_create(
        PainLog(
            joint=joint,
            client_id=uuid4(),
            felt_at=NOW - timedelta(days=len(numbers) - place),
            nrs=nrs,
            entered_at=NOW,
            judged_at=NOW,
        )
        for place, nrs in enumerate(numbers)
    )


def flag(joint: Joint, **fields: Any) -> Flag:
    sentence = {
        "code": "step",
        "params": {"usual": 3, "began_on": "2026-11-11", "low": 5, "high": 7, "days": 5, "last": 6},
    }
    chosen: dict[str, Any] = {
        "clinic": joint.patient.clinic,
        "patient": joint.patient,
        "joint": joint,
        "severity": "amber",
        "severity_rank": 1,
        "rule": 7,
        "sentence": sentence,
        "evidence": {
            "name": "sustained rise",
            "why": sentence,
            "usual": 3.0,
            "recent": 6.0,
            "usual_days": 14,
            "entries": [],
        },
        "opened_at": NOW - timedelta(days=2),
        "due_at": NOW + timedelta(days=5),
    }
    return Flag.objects.create(**(chosen | fields))


def seen(patient: Patient, by: User, **query: str) -> str:
    return opened(patient, by, **query).content.decode()


def opened(patient: Patient, by: User, **query: str) -> HttpResponse:
    client = Client()
    client.force_login(by)
    return client.get(f"/clinic/patients/{patient.public_id}/", query)  # type: ignore[return-value]


# --- States ----------------------------------------------------------------------------------------------------------
def test_a_lesion_says_its_group_source_and_next_step(lesion: Joint, clinician: User) -> None:
    page = seen(lesion.patient, clinician)

    assert "Large" in page
    assert "MRI 14 Sep 2026, 67 days ago" in page
    assert "ARCO 2 (2019), X-ray 14 Sep 2026" in page
    assert "34 % of head · oedema: yes" in page
    assert "X-ray pelvis AP + frog-leg" in page
    assert "target Mon 14 Dec, in 24 days" in page


def test_why_this_date_names_rule_and_protocol(lesion: Joint, clinician: User) -> None:
    page = seen(lesion.patient, clinician)

    assert "Large on the imaging of 14 Sep 2026" in page
    assert "3 months after the one of 14 Sep 2026" in page
    assert "Protocol version 1." in page


def test_the_other_hip_never_disappears(patient: Patient, clinician: User) -> None:
    make_joint(patient, since=date(2026, 9, 14))
    planning.replan(patient, by=None, now=NOW)

    page = seen(patient, clinician)

    assert "Right hip" in page
    assert "Never imaged" in page
    assert "ask for both hips" in page
    assert "MRI of this hip too" in page


def test_without_a_size_the_big_word_is_not_sized(patient: Patient, clinician: User) -> None:
    joint = make_joint(patient, since=date(2026, 9, 14))
    finding(study(patient, date(2026, 9, 14), "MR"), joint)
    planning.replan(patient, by=None, now=NOW)

    page = seen(patient, clinician)

    assert "Not sized" in page
    assert "planned as large until someone measures it" in page
    assert "not known: MRI 14 Sep 2026 read without measurement" in page


def test_an_image_that_nobody_has_read_makes_the_review_the_next_step(lesion: Joint, clinician: User) -> None:
    study(lesion.patient, date(2026, 11, 2), "MR", reviewed=False)

    page = seen(lesion.patient, clinician)

    assert "New MRI not reviewed" in page
    assert "Review the MRI of Mon 2 Nov" in page
    assert "review was due Mon 16 Nov" in page
    assert "Next step: 4 days late" in page


def test_a_replaced_hip_says_what_no_longer_applies(lesion: Joint, clinician: User) -> None:
    Treatment.objects.create(joint=lesion, code="THA", on=date(2026, 10, 1), entered_at=NOW)
    planning.replan(lesion.patient, by=None, now=NOW)

    page = seen(lesion.patient, clinician)

    assert "Implant" in page
    assert "Total hip replacement 1 Oct 2026" in page
    assert "MRI, CT and osteonecrosis rules are off for this side" in page
    assert "replaced 1 Oct 2026: no osteonecrosis images on this side" in page


def test_an_ended_patient_says_since_when_and_who_signed(lesion: Joint, clinician: User) -> None:
    patient = lesion.patient
    patient.ended_on, patient.ended_reason, patient.ended_by = date(2026, 11, 1), Patient.Ending.MOVED, clinician
    patient.ended_at = NOW
    patient.save()
    planning.replan(patient, by=None, now=NOW)

    page = seen(patient, clinician)

    assert "Moved away 1 Nov 2026" in page
    assert f"signed by {clinician}" in page


def test_a_lesion_without_a_plan_is_said_in_red(patient: Patient, clinician: User) -> None:
    make_joint(patient)

    assert "No plan. Must not be." in seen(patient, clinician)


def test_a_lesion_without_a_plan_can_be_planned_from_its_card(lesion: Joint, coordinator: User) -> None:
    Reminder.objects.all().delete()
    FollowUp.objects.all().delete()
    browser = Client()
    browser.force_login(coordinator)
    page = f"/clinic/patients/{lesion.patient.public_id}/"
    assert f'action="{page}plan/"' in seen(lesion.patient, coordinator)

    answer = browser.post(f"{page}plan/", {"next": page})

    assert answer["Location"] == page
    assert FollowUp.objects.live().filter(joint=lesion).exists()


def test_whoever_reads_the_page_can_take_the_next_step(lesion: Joint, coordinator: User) -> None:
    live, browser = FollowUp.objects.live().get(joint=lesion), Client()
    browser.force_login(coordinator)
    page = f"/clinic/patients/{lesion.patient.public_id}/"
    assert "Coordinators: take it" in seen(lesion.patient, coordinator)

    answer = browser.post(f"/clinic/follow-ups/{live.public_id}/assign/", {"to": "me", "next": page})

    live.refresh_from_db()
    assert (answer["Location"], live.owner) == (page, coordinator)
    assert "take it" not in seen(lesion.patient, coordinator)


def test_a_form_sends_nobody_to_another_site(lesion: Joint, coordinator: User) -> None:
    live, browser = FollowUp.objects.live().get(joint=lesion), Client()
    browser.force_login(coordinator)

    answer = browser.post(f"/clinic/follow-ups/{live.public_id}/assign/", {"to": "me", "next": "//example.org/"})

    assert answer["Location"] == "/clinic/"


def test_a_late_follow_up_says_how_late(lesion: Joint, clinician: User) -> None:
    FollowUp.objects.update(
        opens_on=date(2026, 10, 1),
        target_on=date(2026, 10, 25),
        closes_on=date(2026, 11, 8),
        latest_safe_on=date(2026, 12, 1),
    )

    page = seen(lesion.patient, clinician)

    assert "Next step: 12 days late" in page
    assert "target Sun 25 Oct · closed Sun 8 Nov" in page


# --- Pain and flags --------------------------------------------------------------------------------------------------
def test_pain_is_the_usual_and_the_last_entry(lesion: Joint, clinician: User) -> None:
    pain(lesion, *[3] * 20, *[5] * 7)

    page = seen(lesion.patient, clinician)

    assert "usual 3, last entry 5 (Thu 19 Nov)" in page
    assert "No flag does not mean no change." in page


def test_the_flag_card_says_rule_figures_and_clock(lesion: Joint, clinician: User) -> None:
    flag(lesion, owner=clinician, claimed_at=NOW)

    page = seen(lesion.patient, clinician)

    assert "Left hip: " in page
    assert "Wed 11 Nov" in page
    assert "<b>5 to 7</b>" in page
    assert "median 6" in page
    assert "of 5 working days used, review by Wed 25 Nov" in page
    assert "No open flag" not in page


# --- The record below ------------------------------------------------------------------------------------------------
def test_a_value_entered_in_error_stands_struck_through_beside_its_correction(lesion: Joint, clinician: User) -> None:
    scan = ImagingStudy.objects.get(modality="MR")
    finding(scan, lesion, volume_percent=38, entered_in_error=True, error_reason="mistyped")

    assert "34 % <s>38 %</s>" in seen(lesion.patient, clinician)


def test_changes_are_marked(lesion: Joint, clinician: User) -> None:
    older = study(lesion.patient, date(2026, 3, 18), "MR")
    finding(older, lesion, volume_percent=28)
    finding(study(lesion.patient, date(2026, 3, 18)), lesion, **arco("1"))

    page = seen(lesion.patient, clinician)

    assert '34 % <span class="ink-3">+6</span>' in page
    assert '2 <span class="ink-3">was 1</span>' in page


def test_what_a_record_says_is_never_markup(lesion: Joint, clinician: User) -> None:
    Treatment.objects.create(
        joint=lesion, code="OTHER", on=date(2026, 10, 1), detail="<script>x</script>", entered_at=NOW
    )
    ImagingStudy.objects.update(read_by="<b>Dr Dahl</b>")

    page = seen(lesion.patient, clinician)

    assert "<script>x" not in page
    assert "<b>Dr Dahl" not in page


def test_sensitive_exposures_are_absent_for_coordinators(lesion: Joint, clinician: User, coordinator: User) -> None:
    for kind in (Exposure.Kind.HIV, Exposure.Kind.STEROID):
        Exposure.objects.create(patient=lesion.patient, kind=kind, entered_at=NOW)

    assert "HIV" in seen(lesion.patient, clinician)
    page = seen(lesion.patient, coordinator)
    assert "HIV" not in page
    assert "Corticosteroids" in page


def test_what_was_never_asked_is_said(patient: Patient, clinician: User) -> None:
    page = seen(patient, clinician)

    assert "MRI safety: not asked" in page
    assert "Pregnancy: not asked" in page


def test_the_page_says_what_the_last_save_changed(lesion: Joint, clinician: User) -> None:
    finding(study(lesion.patient, date(2026, 11, 19)), lesion, **arco("2"))
    planning.replan(lesion.patient, by=clinician, now=NOW)

    page = seen(lesion.patient, clinician)

    assert "Left hip: completed: X-ray pelvis AP + frog-leg, target Mon 14 Dec." in page
    assert "Before it: X-ray with visit, target 14 Dec 2026, which a study has answered." in page


# --- Who may ---------------------------------------------------------------------------------------------------------
def test_each_reading_leaves_one_event(lesion: Joint, clinician: User) -> None:
    seen(lesion.patient, clinician)

    event = AuditEvent.objects.get(action=AuditEvent.Action.READ)
    assert event.patient_id == lesion.patient.public_id
    assert event.user == clinician


def test_who_opened_the_record_is_on_the_page(lesion: Joint, clinician: User, coordinator: User) -> None:
    seen(lesion.patient, coordinator)

    assert f"{coordinator}, coordinator: opened it" in seen(lesion.patient, clinician)


def test_another_clinic_s_patient_does_not_exist(clinician: User) -> None:
    elsewhere = make_patient(make_clinic("Elsewhere"))

    assert opened(elsewhere, clinician).status_code == 404


@pytest.mark.parametrize("role", ["auditor"])
def test_an_auditor_reads_no_record(clinic: Clinic, patient: Patient, role: str) -> None:
    assert opened(patient, make_staff(clinic, role)).status_code == 403


def test_a_patient_has_no_way_to_this_page(clinic: Clinic) -> None:
    person = make_patient(clinic, sign_in=True)
    assert person.user is not None

    assert opened(person, person.user).status_code == 403


def test_a_coordinator_is_offered_only_what_a_coordinator_may(
    lesion: Joint, coordinator: User, clinician: User
) -> None:
    address = f"/clinic/patients/{lesion.patient.public_id}/treatments/new/"

    assert address in seen(lesion.patient, clinician)
    assert address not in seen(lesion.patient, coordinator)


# --- Cost ------------------------------------------------------------------------------------------------------------
def queries(patient: Patient, client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/clinic/patients/{patient.public_id}/").status_code == 200
    return len(asked)


def test_the_page_asks_no_more_of_a_long_record(lesion: Joint, clinician: User) -> None:
    patient, client = lesion.patient, Client()
    client.force_login(clinician)
    pain(lesion, 3)
    queries(patient, client)  # the first request of a session asks a little more
    few = queries(patient, client)
    pain(lesion, *[4] * 100)
    for months in range(1, 9):
        finding(study(patient, date(2026, months, 1)), lesion, **arco("2"))
        Treatment.objects.create(joint=lesion, code="PT", on=date(2026, months, 1), entered_at=NOW)
        call = Contact.objects.create(
            clinic=patient.clinic, patient=patient, at=NOW, by=clinician, result="no_answer", next_on=date(2026, 12, 1)
        )
        call.follow_ups.set(FollowUp.objects.filter(patient=patient))

    assert queries(patient, client) == few
    assert few <= 24


@pytest.mark.parametrize("span", ["6m", "2y", "all", "nonsense"])
def test_every_span_can_be_asked_for(lesion: Joint, clinician: User, span: str) -> None:
    assert opened(lesion.patient, clinician, span=span).status_code == 200


# --- In a browser ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360), ("light", 320)])
def test_the_page_is_accessible_and_fits(
    lesion: Joint,
    clinician: User,
    live_server: Any,
    page: Page,
    accessible: Callable[[Page], None],
    theme: str,
    width: int,
) -> None:
    pain(lesion, *[3] * 20, *[6] * 5)
    flag(lesion)
    clinician.theme = theme
    clinician.save()
    client = Client()
    client.force_login(clinician)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(f"{live_server.url}/clinic/patients/{lesion.patient.public_id}/")

    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
