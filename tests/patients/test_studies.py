"""Entering, reviewing and correcting an imaging study: one form, one study, a finding for each joint."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import clock
from accounts.models import AuditEvent, Clinic, User
from patients.models import Finding, ImagingStudy, Joint, Patient, Side
from tests.make import NOW, make_joint, make_patient

TODAY = date(2026, 11, 20)
FILM: dict[str, Any] = {
    "modality": "DX",
    "made_on": "19 Nov 2026",
    "views": ["AP", "frog_leg_lateral"],
    "covers": ["hip-right", "hip-left"],
    "read_by": "Dr Dahl",
    "save": "reviewed",
}


def block(side: str, **answers: Any) -> dict[str, Any]:
    """What is typed in the block of one hip; by default an X-ray that shows stage 2."""
    usual = {
        "stage": "ARCO|2019|2",
        "collapse_mm": "0",
        "subchondral_fracture": "no",
        "joint_space_narrowed": "no",
        "calibrated": "yes",
    }
    return {f"hip-{side}-{name}": value for name, value in (usual | answers).items() if value is not None}


def mri(side: str, **answers: Any) -> dict[str, Any]:
    usual = {
        "volume_percent": "16",
        "volume_cm3": "7",
        "kerboul_coronal": "95",
        "kerboul_sagittal": "100",
        "jic_type": "B",
        "oedema": "no",
        "effusion": "no",
        "subchondral_fracture": "no",
        "stage": "not_assessed",
    }
    return {f"hip-{side}-{name}": value for name, value in (usual | answers).items() if value is not None}


MRI = FILM | {"modality": "MR", "views": []}


@pytest.fixture(autouse=True)
def _friday_morning() -> Any:
    with clock.fixed_at(NOW):
        yield


@pytest.fixture
def ingrid(clinic: Clinic) -> Patient:
    """Lesions of both hips since 18 June 2025."""
    patient = make_patient(clinic, family_name="Halvorsen", given_name="Ingrid", born=date(1979, 3, 12))
    for side in (Side.RIGHT, Side.LEFT):
        make_joint(patient, side=side, since=date(2025, 6, 18))
    return patient


@pytest.fixture
def desk(client: Client, clinician: User) -> Client:
    client.force_login(clinician)
    return client


def url(patient: Patient, rest: str = "new/") -> str:
    return f"/clinic/patients/{patient.public_id}/studies/{rest}"


def test_one_film_two_findings(desk: Client, ingrid: Patient, clinician: User) -> None:
    response = desk.post(url(ingrid), FILM | block("right") | block("left", stage="ARCO|2019|3A", collapse_mm="1,5"))

    assert response.status_code == 302, response.content.decode()
    study = ImagingStudy.objects.get()
    assert (study.made_on, study.modality) == (date(2026, 11, 19), "DX")
    assert study.covers == [["hip", "right"], ["hip", "left"]]
    assert study.views == ["AP", "frog_leg_lateral"]
    assert (study.reviewed_by, study.reviewed_at) == (clinician, NOW)
    left = Finding.objects.get(joint__side="left")
    assert (left.stage_system, left.stage_version, left.stage_value) == ("ARCO", "2019", "3A")
    assert left.collapse_mm == 1.5
    assert AuditEvent.objects.filter(action="create", subject_id=study.public_id).exists()


@pytest.mark.parametrize("kind", ["DX", "CR", "MR", "CT", "NM", "VISIT"])
def test_each_kind_asks_only_for_what_it_can_show(desk: Client, ingrid: Patient, kind: str) -> None:
    page = desk.get(url(ingrid), {"modality": kind}).content.decode()

    shown = {
        "stage": kind in ("DX", "CR", "MR"),
        "collapse_mm": kind in ("DX", "CR", "CT"),
        "volume_percent": kind == "MR",
        "oedema": kind == "MR",
        "uptake": kind == "NM",
    }
    for name, expected in shown.items():
        assert (f'name="hip-left-{name}"' in page) is expected, name
    assert ('name="views"' in page) is (kind in ("DX", "CR"))


def test_nothing_is_preselected_in_a_new_study(desk: Client, ingrid: Patient) -> None:
    page = desk.get(url(ingrid), {"modality": "MR"}).content.decode()

    blocks = page.split('class="study-blocks"')[1]
    assert "checked" not in blocks


def test_the_kind_is_changed_without_losing_what_was_typed(desk: Client, ingrid: Patient) -> None:
    typed = MRI | {"show": "1", "note": "seen with the radiologist"} | block("left", subchondral_fracture="yes")

    response = desk.post(url(ingrid), typed)

    page = response.content.decode()
    assert response.status_code == 200
    assert 'name="hip-left-oedema"' in page
    assert "seen with the radiologist" in page
    assert 'value="19 Nov 2026"' in page
    assert not ImagingStudy.objects.exists()


def test_what_was_before_stands_beside_with_its_day(desk: Client, ingrid: Patient) -> None:
    desk.post(
        url(ingrid), MRI | {"made_on": "14 9 2026"} | mri("right") | mri("left", volume_percent="34", volume_cm3="15")
    )

    page = desk.get(url(ingrid), {"modality": "MR"}).content.decode()

    assert "14 Sep 2026" in page
    assert "34 % · 15 cm³" in page
    assert "not known" in page


def test_the_summary_names_all_there_is_to_put_right(desk: Client, ingrid: Patient) -> None:
    typed = (
        FILM
        | {"made_on": "21 Nov 2027"}
        | block("right", stage="")
        | block("left", stage="ARCO|2019|3A", collapse_mm="2.4", subchondral_fracture="yes")
    )

    response = desk.post(url(ingrid), typed)

    page = response.content.decode()
    assert response.status_code == 422
    assert "There are 3 things to put right. Nothing is saved yet." in page
    assert "The study date cannot be in the future (today is 20 November 2026)" in page
    assert "Choose a stage, or “not assessed”" in page
    assert "2.4 mm is stage 3B (more than 2 mm)" in page
    assert 'value="21 Nov 2027"' in page
    assert 'value="2.4"' in page
    assert not ImagingStudy.objects.exists()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param({"stage": "ARCO|2019|3B", "collapse_mm": "2.0"}, "2 mm is stage 3A", id="exactly 2 mm is 3A"),
        pytest.param({"stage": "ARCO|2019|2", "collapse_mm": "1"}, "does not go with stage 2", id="mm before collapse"),
        pytest.param({"stage": "Ficat||IIA", "collapse_mm": "1"}, "does not go with stage IIA", id="mm with Ficat II"),
        pytest.param({"stage": "Steinberg||III", "collapse_mm": "1"}, "does not go with", id="mm with Steinberg III"),
        pytest.param({"stage": "ARCO|2019|1"}, "ARCO 1 needs an MRI", id="stage 1 from a film alone"),
        pytest.param({"stage": "Cruess||3"}, "Select a valid choice", id="a shoulder's system at a hip"),
        pytest.param({"stage": "3B"}, "Select a valid choice", id="a stage without its system"),
        pytest.param({"stage": "iii\u0430"}, "Select a valid choice", id="a Cyrillic letter"),
        pytest.param({"collapse_mm": "31"}, "from 0 to 30 mm", id="too many mm"),
        pytest.param({"collapse_mm": "NaN"}, "Write a number", id="NaN"),
        pytest.param({"collapse_mm": "1e400"}, "Write a number", id="1e400"),
        pytest.param({"collapse_mm": "1_0"}, "Write a number", id="underscore"),
        pytest.param({"collapse_mm": "٢"}, "Write a number", id="Arabic digit"),
        pytest.param({"collapse_mm": "-1"}, "from 0 to 30 mm", id="below nothing"),
        pytest.param({"collapse_mm": "1.23"}, "digit", id="finer than can be measured"),
        pytest.param({"subchondral_fracture": None}, "Choose yes, no or “not assessed”", id="unanswered"),
        pytest.param({"oedema": "yes"}, "does not show", id="what a film does not show"),
    ],
)
def test_a_finding_is_refused_beside_its_field(
    desk: Client, ingrid: Patient, answers: dict[str, Any], said: str
) -> None:
    response = desk.post(url(ingrid), FILM | block("right") | block("left", **answers))

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not ImagingStudy.objects.exists()
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param({"volume_percent": "101"}, "from 0 to 100 %", id="101 %"),
        pytest.param({"volume_percent": "-1"}, "from 0 to 100 %", id="-1 %"),
        pytest.param({"volume_percent": "30.0001"}, "digit", id="30.0001 %"),
        pytest.param({"volume_percent": "1E-9999999"}, "Write a number", id="1E-9999999"),
        pytest.param({"volume_cm3": "1000000000"}, "cm³", id="1e9 cm³"),
        pytest.param({"kerboul_coronal": "361"}, "from 0 to 180", id="361 degrees"),
        pytest.param({"kerboul_coronal": "-5"}, "from 0 to 180", id="-5 degrees"),
        pytest.param({"stage": "ARCO|2019|3A"}, "Select a valid choice", id="collapse from an MRI"),
        pytest.param({"jic_type": "D"}, "Select a valid choice", id="no such type"),
    ],
)
def test_an_mri_is_refused_beside_its_field(desk: Client, ingrid: Patient, answers: dict[str, Any], said: str) -> None:
    response = desk.post(url(ingrid), MRI | mri("right") | mri("left", **answers))

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not ImagingStudy.objects.exists()


@pytest.mark.parametrize(
    ("typed", "stored"), [("30,5", 30.5), ("30.5", 30.5), ("30%", 30.0), ("30 %", 30.0), ("-0", 0.0), ("100", 100.0)]
)
def test_numbers_are_taken_as_people_write_them(desk: Client, ingrid: Patient, typed: str, stored: float) -> None:
    answers = mri("left", volume_percent=typed, volume_cm3="")
    kept = {"hip-left-why-percent_at_the_end": "right"}

    assert desk.post(url(ingrid), MRI | mri("right") | answers | kept).status_code == 302

    found = Finding.objects.get(joint__side="left").volume_percent
    assert found == stored
    assert str(found) == str(stored)


@pytest.mark.parametrize(
    ("kind", "answers", "check", "reason"),
    [
        ("DX", {"stage": "ARCO|2019|4"}, "stage_4_without_narrowing", "right"),
        ("DX", {"stage": "ARCO|2019|3A", "collapse_mm": ""}, "stage_3a_without_sign", "right"),
        ("DX", {"stage": "ARCO|2019|3A", "collapse_mm": "1", "calibrated": "no"}, "not_calibrated", "ask_ct"),
        ("MR", {"subchondral_fracture": "yes"}, "fracture_on_mri", "ask_ct"),
        ("MR", {"volume_percent": "50", "volume_cm3": "7"}, "head_implausible", "right"),
        ("MR", {"volume_percent": "0", "volume_cm3": ""}, "percent_at_the_end", "right"),
    ],
)
def test_a_doubt_passes_with_a_reason_that_is_kept(
    desk: Client, ingrid: Patient, kind: str, answers: dict[str, Any], check: str, reason: str
) -> None:
    both = block("right") | block("left", **answers) if kind == "DX" else mri("right") | mri("left", **answers)
    typed = (FILM if kind == "DX" else MRI) | both

    assert desk.post(url(ingrid), typed).status_code == 422
    assert not ImagingStudy.objects.exists()
    assert desk.post(url(ingrid), typed | {f"hip-left-why-{check}": "anything"}).status_code == 422
    assert desk.post(url(ingrid), typed | {f"hip-left-why-{check}": reason}).status_code == 302

    assert Finding.objects.get(joint__side="left").confirmed == {check: reason}


def test_a_fracture_on_an_mri_may_set_the_stage(desk: Client, ingrid: Patient) -> None:
    why = {"hip-left-why-fracture_on_mri": "set_3a"}
    desk.post(url(ingrid), MRI | mri("right") | mri("left", subchondral_fracture="yes") | why)

    assert Finding.objects.get(joint__side="left").stage_value == "3A"


def test_a_lower_stage_than_before_needs_a_reason_and_both_are_kept(desk: Client, ingrid: Patient) -> None:
    late = block("left", stage="ARCO|2019|4", joint_space_narrowed="yes")
    assert desk.post(url(ingrid), FILM | {"made_on": "2026-05-01"} | block("right") | late).status_code == 302

    again = FILM | block("right") | block("left")
    assert "lower than ARCO 4 (2019)" in desk.post(url(ingrid), again).content.decode()
    assert desk.post(url(ingrid), again | {"hip-left-why-stage_lower_than_before": "confirmed"}).status_code == 302

    stages = Finding.objects.filter(joint__side="left", entered_in_error=False).values_list("stage_value", flat=True)
    assert set(stages) == {"4", "2"}


def test_a_replaced_joint_is_not_staged(desk: Client, ingrid: Patient) -> None:
    left = ingrid.joints.get(side="left")
    left.treatments.create(code="THA", on=date(2026, 1, 10), entered_at=NOW)

    response = desk.post(url(ingrid), FILM | block("right") | block("left"))
    assert response.status_code == 422
    assert "replaced or fused on 10 Jan 2026" in response.content.decode()

    empty = {"hip-left-not_shown": "on"}
    assert desk.post(url(ingrid), FILM | block("right") | empty).status_code == 302
    assert ImagingStudy.objects.get().covers == [["hip", "right"]]


def test_a_study_before_the_replacement_may_stage_it(desk: Client, ingrid: Patient) -> None:
    ingrid.joints.get(side="left").treatments.create(code="THA", on=date(2026, 1, 10), entered_at=NOW)

    typed = FILM | {"made_on": "2025-12-01"} | block("right") | block("left")
    assert desk.post(url(ingrid), typed).status_code == 302


def test_a_clear_hip_is_covered_and_gets_no_finding(desk: Client, clinic: Clinic) -> None:
    patient = make_patient(clinic)
    make_joint(patient, side="left", since=date(2026, 1, 5))

    typed = FILM | block("left") | {"hip-right-seen": "clear"}
    assert desk.post(url(patient), typed).status_code == 302

    assert ImagingStudy.objects.get().covers == [["hip", "right"], ["hip", "left"]]
    assert [f.joint.side for f in Finding.objects.all()] == ["left"]


def test_a_lesion_that_is_seen_for_the_first_time_becomes_one(desk: Client, clinic: Clinic) -> None:
    patient = make_patient(clinic)
    clear = make_joint(patient, side="left", state="clear")

    both = block("left") | {"hip-left-seen": "lesion"} | block("right") | {"hip-right-seen": "lesion"}
    assert desk.post(url(patient), FILM | both).status_code == 302

    clear.refresh_from_db()
    assert (clear.state, clear.since) == ("lesion", date(2026, 11, 19))
    assert Joint.objects.get(patient=patient, side="right").state == "lesion"


def test_one_has_to_say_what_an_unknown_joint_shows(desk: Client, clinic: Clinic) -> None:
    response = desk.post(url(make_patient(clinic)), FILM)

    assert response.status_code == 422
    assert "Choose what it shows" in response.content.decode()


def test_what_is_not_shown_cannot_be_described(desk: Client, ingrid: Patient) -> None:
    response = desk.post(url(ingrid), FILM | block("right") | block("left") | {"hip-left-not_shown": "on"})

    assert response.status_code == 422
    assert "not shown on this study" in response.content.decode()


@pytest.mark.parametrize(
    ("made_on", "status"),
    [
        ("20 11 2026", 302),
        ("21 11 2026", 422),
        ("11 3 1979", 422),
        ("1899-12-31", 422),
        ("9999-12-31", 422),
        ("02/03/2026", 422),
        ("1/1/26", 422),
        ("2023-02-29", 422),
        ("31/02", 422),
        ("0000-01-01", 422),
        ("10000-01-01", 422),
        ("20260219", 422),
        ("2026-W08-1", 422),
        ("٢٠٢٦-٠١-٠١", 422),
        ("2026-01-01T10:00", 422),
        ("", 422),
        ("2024-02-29", 302),
    ],
)
def test_the_day_it_was_made(desk: Client, ingrid: Patient, made_on: str, status: int) -> None:
    response = desk.post(url(ingrid), FILM | {"made_on": made_on} | block("right") | block("left"))

    assert response.status_code == status
    assert ImagingStudy.objects.count() == (1 if status == 302 else 0)


def test_today_is_the_clinics_today(desk: Client, clinic: Clinic, ingrid: Patient) -> None:
    clinic.time_zone = "America/Los_Angeles"
    clinic.save()

    with clock.fixed_at(NOW.replace(hour=3)):  # still the evening of the 19th there
        typed = FILM | block("right") | block("left")
        assert desk.post(url(ingrid), typed | {"made_on": "20 11 2026"}).status_code == 422
        assert desk.post(url(ingrid), typed | {"made_on": "19 11 2026"}).status_code == 302


def test_a_form_sent_twice_makes_one_study(desk: Client, ingrid: Patient) -> None:
    typed = FILM | {"form_token": str(uuid4())} | block("right") | block("left")

    assert desk.post(url(ingrid), typed).status_code == 302
    assert desk.post(url(ingrid), typed).status_code == 302

    assert ImagingStudy.objects.count() == 1
    assert Finding.objects.count() == 2


def test_going_back_and_changing_the_form_does_not_add_a_second_study_unasked(desk: Client, ingrid: Patient) -> None:
    typed = FILM | {"form_token": str(uuid4())} | block("right") | block("left")
    desk.post(url(ingrid), typed)

    response = desk.post(url(ingrid), typed | {"made_on": "18 11 2026"})

    assert response.status_code == 409
    assert "This form was saved before" in response.content.decode()
    assert ImagingStudy.objects.count() == 1


def test_the_same_kind_on_the_same_day_is_asked_about(desk: Client, ingrid: Patient) -> None:
    typed = FILM | block("right") | block("left")
    desk.post(url(ingrid), typed)

    assert "on record already" in desk.post(url(ingrid), typed).content.decode()
    assert desk.post(url(ingrid), typed | {"why-same_day": "another"}).status_code == 302


def test_an_accession_number_on_record_is_asked_about_in_its_own_clinic(
    desk: Client, clinic: Clinic, ingrid: Patient
) -> None:
    for where in (clinic, Clinic.objects.create(name="South", phone="+442071234568")):
        number = "A-1" if where == clinic else "A-2"
        other = make_patient(where)
        ImagingStudy.objects.create(
            patient=other, made_on=date(2026, 1, 1), modality="DX", accession=number, entered_at=NOW
        )
    typed = FILM | block("right") | block("left")

    assert desk.post(url(ingrid), typed | {"accession": "A-1"}).status_code == 422
    assert desk.post(url(ingrid), typed | {"accession": "A-2"}).status_code == 302


def test_after_a_death_only_a_late_filing_is_taken(desk: Client, ingrid: Patient) -> None:
    ingrid.ended_on, ingrid.ended_reason = date(2026, 11, 1), "deceased"
    ingrid.save()
    typed = FILM | block("right") | block("left")

    assert desk.post(url(ingrid), typed).status_code == 422
    assert desk.post(url(ingrid), typed | {"why-after_death": "late_filing"}).status_code == 302


# --- Imaged is not reviewed ------------------------------------------------------------------------------------------
def test_a_coordinator_enters_that_it_was_made_and_a_clinician_reviews_it(
    client: Client, coordinator: User, clinician: User, ingrid: Patient
) -> None:
    client.force_login(coordinator)
    form = client.get(url(ingrid)).content.decode()
    assert 'name="hip-left-stage"' not in form
    assert client.post(url(ingrid), FILM | block("left")).status_code == 302
    study = ImagingStudy.objects.get()
    assert study.reviewed_at is None
    assert not Finding.objects.exists()

    client.force_login(clinician)
    typed = FILM | {"version": "1"} | block("right") | block("left")
    assert client.post(url(ingrid, f"{study.public_id}/"), typed).status_code == 302
    study.refresh_from_db()
    assert study.reviewed_by == clinician
    assert Finding.objects.count() == 2


def test_a_clinician_may_leave_a_study_unreviewed_but_not_lose_findings(desk: Client, ingrid: Patient) -> None:
    unread = FILM | {"save": "imaged"}

    assert desk.post(url(ingrid), unread | block("left")).status_code == 422
    assert desk.post(url(ingrid), unread).status_code == 302
    assert ImagingStudy.objects.get().reviewed_at is None


# --- Corrections -----------------------------------------------------------------------------------------------------
@pytest.fixture
def film(desk: Client, ingrid: Patient) -> ImagingStudy:
    desk.post(url(ingrid), FILM | block("right") | block("left"))
    return ImagingStudy.objects.get()


def test_a_correction_keeps_the_old_finding_as_entered_in_error(
    desk: Client, ingrid: Patient, film: ImagingStudy
) -> None:
    typed = FILM | {"version": "1", "why": "read again"} | block("right")
    corrected = block("left", stage="ARCO|2019|3A", collapse_mm="1")

    assert desk.post(url(ingrid, f"{film.public_id}/"), typed | corrected).status_code == 302

    old, new = Finding.objects.filter(joint__side="left").order_by("pk")
    assert (old.stage_value, old.entered_in_error, old.error_reason) == ("2", True, "read again")
    assert (new.stage_value, new.entered_in_error) == ("3A", False)
    assert Finding.objects.filter(joint__side="right").count() == 1
    film.refresh_from_db()
    assert film.version == 2


def test_the_form_of_a_study_shows_what_is_stored(desk: Client, ingrid: Patient, film: ImagingStudy) -> None:
    page = desk.get(url(ingrid, f"{film.public_id}/")).content.decode()

    assert 'value="19 Nov 2026"' in page
    assert '<option value="ARCO|2019|2" selected>' in page


def test_a_stale_form_is_refused_with_both_versions(
    desk: Client, ingrid: Patient, film: ImagingStudy, clinician: User
) -> None:
    typed = FILM | {"version": "1"} | block("right") | block("left")
    address = url(ingrid, f"{film.public_id}/")
    kept = {"hip-left-why-stage_3a_without_sign": "right"}
    desk.post(address, typed | {"note": "theirs"} | block("left", stage="ARCO|2019|3A") | kept)

    response = desk.post(address, typed | {"note": "mine"})

    page = response.content.decode()
    assert response.status_code == 409
    assert f"{clinician.name} saved this at 10:00" in page
    assert "theirs" in page
    assert "mine" in page
    assert "ARCO 3A (2019)" in page
    film.refresh_from_db()
    assert film.note == "theirs"


def test_a_coordinators_correction_leaves_the_findings(
    client: Client, desk: Client, ingrid: Patient, film: ImagingStudy, coordinator: User
) -> None:
    client.force_login(coordinator)

    assert client.post(url(ingrid, f"{film.public_id}/"), FILM | {"version": "1", "note": "moved"}).status_code == 302

    film.refresh_from_db()
    assert film.note == "moved"
    assert film.reviewed_at is not None
    assert Finding.objects.filter(entered_in_error=False).count() == 2


def test_hints_answer_what_was_typed_so_far(desk: Client, ingrid: Patient) -> None:
    page = desk.post(
        url(ingrid, "hints/"), MRI | mri("right", volume_percent="15", kerboul_sagittal="95") | mri("left")
    ).content.decode()

    assert "Sum 190°" in page
    assert "The measures disagree: 15 % says medium, 190° says small" in page
    assert not ImagingStudy.objects.exists()
