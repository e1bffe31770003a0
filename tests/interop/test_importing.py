"""What comes of a register: patients, lesions, studies, plans; nothing twice, nothing sent, nothing lost."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import AuditEvent, Clinic, User
from followups import planning, proving, stored_plan
from followups.models import FollowUp
from interop import bringing, importing, rejects, working
from interop.models import Import, ImportRow
from interop.register.reading import Choices
from patients.models import Exposure, Finding, ImagingStudy, Joint, Patient, SymptomStatus, Treatment
from tests.make import make_clinic, make_patient

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
State = ImportRow.State
HEADINGS = "MRN;Name;DOB;Joint;Stage;Size;Sympt;Last XR;Last MRI;Mobile;Cause;Surgery;Notes"
LEE = "AV-1;Lee, Ann;13.05.1970;L hip;ARCO 2;12 %;N;14.10.2026;14.09.2026;07700 900123;steroids;;likes Tuesdays"


@pytest.fixture(autouse=True)
def _today(clock_at: Callable[[datetime], AbstractContextManager[None]]) -> Any:
    with clock_at(NOW):
        yield


def lines(*rows: str) -> bytes:
    return "\n".join([HEADINGS, *rows]).encode()


def received(clinic: Clinic, *rows: str, by: User | None = None) -> Import:
    sent = importing.receive(clinic=clinic, file_name="r.csv", data=lines(*rows), by=by, now=NOW)
    importing.check(sent, now=NOW)
    return sent


def brought(clinic: Clinic, *rows: str) -> Import:
    sent = received(clinic, *rows)
    importing.begin(sent, by=None, now=NOW)
    sent.refresh_from_db()
    importing.go_on(sent)
    return sent


def test_a_row_becomes_a_record_with_a_plan(clinic: Clinic) -> None:
    sent = brought(clinic, LEE)

    patient = Patient.objects.get()
    assert (str(patient), patient.mrn, patient.born, patient.phone) == (
        "Ann Lee",
        "AV-1",
        date(1970, 5, 13),
        "+447700900123",
    )
    joint = Joint.objects.get()
    assert (joint.site, joint.side, joint.state, joint.since) == ("hip", "left", "lesion", date(2026, 9, 14))
    assert {(s.modality, s.made_on) for s in ImagingStudy.objects.all()} == {
        ("DX", date(2026, 10, 14)),
        ("MR", date(2026, 9, 14)),
    }
    finding = Finding.objects.select_related("study").get()
    assert (finding.stage_system, finding.stage_value, finding.volume_percent, finding.study.modality) == (
        "ARCO",
        "2",
        12,
        "MR",
    )
    assert SymptomStatus.objects.get().value == "no"
    assert Exposure.objects.get().kind == "steroid"
    assert FollowUp.objects.live().count() == 1
    assert sent.status == Import.Status.DONE
    assert sent.counts["patients_created"] == 1


def test_both_hips_are_two_lesions_on_one_film(clinic: Clinic) -> None:
    brought(clinic, LEE.replace("L hip", "B/L hips"))

    assert Joint.objects.count() == Finding.objects.count() == FollowUp.objects.live().count() == 2
    assert ImagingStudy.objects.count() == 2


def test_rows_for_each_side_share_patient_and_film(clinic: Clinic) -> None:
    brought(clinic, LEE, LEE.replace("L hip", "R hip"))

    assert Patient.objects.count() == 1
    assert Joint.objects.count() == 2
    film = ImagingStudy.objects.get(modality="DX")
    assert sorted(film.covers) == [["hip", "left"], ["hip", "right"]]


def test_a_film_of_unknown_views_answers_nothing(clinic: Clinic) -> None:
    brought(clinic, LEE)

    assert ImagingStudy.objects.get(modality="DX").views == []
    assert FollowUp.objects.live().get().closes_on < NOW.date()


def test_a_person_may_say_that_all_views_were_made(clinic: Clinic) -> None:
    sent = received(clinic, LEE)
    importing.choose(sent, Choices(xray_views="complete"))
    importing.check(sent, now=NOW)
    importing.begin(sent, by=None, now=NOW)
    sent.refresh_from_db()
    importing.go_on(sent)

    assert ImagingStudy.objects.get(modality="DX").views == ["AP", "frog_leg_lateral"]
    assert FollowUp.objects.live().get().target_on > NOW.date()


def test_what_is_due_already_is_held_and_nothing_is_sent(clinic: Clinic) -> None:
    brought(clinic, LEE)

    assert FollowUp.objects.live().get().held_at == NOW


def test_a_replacement_makes_an_implant_and_no_stage_of_it(clinic: Clinic) -> None:
    brought(clinic, LEE.replace(";;likes", ";THR 05/2024;likes"))

    assert Treatment.objects.get().on == date(2024, 5, 1)
    assert not Finding.objects.exists()
    assert FollowUp.objects.live().get().row == "implant"


def test_the_same_file_again_changes_nothing(clinic: Clinic) -> None:
    first, second = (
        brought(clinic, LEE),
        importing.receive(clinic=clinic, file_name="again.csv", data=lines(LEE), by=None, now=NOW),
    )

    assert first.pk == second.pk
    assert Import.objects.count() == 1


def test_the_same_row_in_another_file_changes_nothing(clinic: Clinic) -> None:
    brought(clinic, LEE)
    events = AuditEvent.objects.filter(subject="patients.Patient").count()

    again = brought(clinic, LEE, LEE.replace("AV-1", "AV-2").replace("Lee, Ann", "Roe, Jo"))

    assert (again.counts["patients_created"], again.counts["patients_unchanged"]) == (1, 1)
    assert AuditEvent.objects.filter(subject="patients.Patient").count() == events + 1
    assert ImagingStudy.objects.filter(patient__mrn="AV-1").count() == 2


def test_another_number_of_the_same_person_only_fills_what_is_empty(clinic: Clinic) -> None:
    brought(clinic, LEE.replace("07700 900123", ""))

    again = brought(clinic, LEE)

    assert again.counts["patients_updated"] == 1
    assert Patient.objects.get().phone == "+447700900123"
    assert ImagingStudy.objects.count() == 2


def test_what_differs_from_the_record_waits(clinic: Clinic, coordinator: User) -> None:
    brought(clinic, LEE)
    again = received(clinic, LEE.replace("900123", "900999"))
    row = again.rows.get()
    assert (row.state, row.reason) == (State.LOOK, "differs_from_record")

    importing.decide(row, {"differs_from_record:phone": "take_theirs"}, by=coordinator, now=NOW)
    importing.begin(again, by=coordinator, now=NOW)
    again.refresh_from_db()
    importing.go_on(again)

    assert Patient.objects.get().phone == "+447700900999"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (LEE.replace("Lee, Ann", "Roe, Jo").replace("1970", "1950"), "one_number_two_people"),
        (LEE.replace("Lee, Ann", "Roe, Jo"), "same_number_other_name"),
        (LEE.replace("1970", "1971"), "same_number_other_birth"),
    ],
)
def test_one_number_two_people(clinic: Clinic, row: str, reason: str) -> None:
    brought(clinic, LEE)

    assert received(clinic, row).rows.get().reason == reason


def test_the_number_of_another_clinic_is_new_here(clinic: Clinic) -> None:
    make_patient(make_clinic("Elsewhere"), mrn="AV-1", mrn_key="AV1")

    assert brought(clinic, LEE).counts["patients_created"] == 1


def test_one_decision_for_all_rows_that_ask_the_same(clinic: Clinic, coordinator: User) -> None:
    other = LEE.replace("AV-1", "AV-2").replace("Lee, Ann", "Roe, Jo").replace("ARCO 2", "3b")
    sent = received(clinic, LEE.replace("ARCO 2", "3b"), other)

    kept = importing.decide(
        sent.rows.get(number=2), {"stage_system_missing:stage": "ARCO 2019"}, same_for_all=True, by=coordinator, now=NOW
    )

    assert kept == 2
    assert set(sent.rows.values_list("state", flat=True)) == {State.READY}


def test_which_side_was_operated_on_is_never_answered_for_all(clinic: Clinic, coordinator: User) -> None:
    both = LEE.replace("L hip", "B/L hips").replace(";;likes", ";THR 05/2024;likes")
    sent = received(clinic, both, both.replace("AV-1", "AV-2").replace("Lee, Ann", "Roe, Jo"))

    kept = importing.decide(
        sent.rows.get(number=2),
        {"treatment_side_missing:treatment": "left"},
        same_for_all=True,
        by=coordinator,
        now=NOW,
    )

    assert kept == 1


def test_what_was_typed_and_cannot_be_read_is_not_kept(clinic: Clinic, coordinator: User) -> None:
    sent = received(clinic, LEE.replace("13.05.1970", "31/02/1980"))

    with pytest.raises(importing.NotUnderstoodError):
        importing.decide(sent.rows.get(), {"date_impossible:born": "30.02.1980"}, by=coordinator, now=NOW)

    assert sent.rows.get().decisions == {}


def test_a_row_that_fails_leaves_nothing_and_stops_no_other(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    really = planning.plan_first

    def fails_for_lee(patients: list[Patient], **given: Any) -> None:
        if any(patient.family_name == "Lee" for patient in patients):
            raise RuntimeError
        really(patients, **given)

    monkeypatch.setattr(planning, "plan_first", fails_for_lee)
    sent = brought(clinic, LEE, LEE.replace("AV-1", "AV-2").replace("Lee, Ann", "Roe, Jo"))

    assert [patient.family_name for patient in Patient.objects.all()] == ["Roe"]
    assert ImagingStudy.objects.count() == 2
    assert sent.rows.get(number=2).reason == "row_failed"


def test_every_row_is_accounted_for_and_the_proof_holds(clinic: Clinic) -> None:
    sent = brought(clinic, LEE, "broken;row", LEE.replace("AV-1", "AV-2").replace("ARCO 2", "3b"), LEE)

    assert importing.tally(sent) == {"ready": 0, "look": 1, "refused": 2, "brought": 1}
    assert proving.prove(clinic, now=NOW).holds


def test_rows_are_handed_back_with_the_reason_and_run_nothing(clinic: Clinic) -> None:
    sent = received(clinic, LEE.replace("AV-1", "").replace("likes Tuesdays", '"=HYPERLINK(""x"")"'))

    text = rejects.as_csv(sent).decode("utf-8-sig")

    assert "No patient number." in text
    assert "'=HYPERLINK" in text


def test_rows_that_wait_are_handed_back_too(clinic: Clinic) -> None:
    sent = received(clinic, LEE, LEE.replace("AV-1", "AV-2").replace("ARCO 2", "3b"))

    assert "AV-2" in rejects.as_csv(sent).decode("utf-8-sig")


def test_a_worker_that_died_is_taken_over_and_nothing_comes_twice(clinic: Clinic) -> None:
    sent = received(clinic, LEE, LEE.replace("AV-1", "AV-2").replace("Lee, Ann", "Roe, Jo"))
    importing.begin(sent, by=None, now=NOW)
    Import.objects.update(beat_at=NOW - timedelta(minutes=1))
    assert working.abandoned(now=NOW) == []
    Import.objects.update(beat_at=NOW - timedelta(minutes=5))
    assert working.abandoned(now=NOW) == [sent.pk]

    assert working.go_on(sent.pk, now=NOW, slice_=timedelta(seconds=40))

    assert Patient.objects.count() == 2
    assert working.abandoned(now=NOW) == []
    assert working.go_on(sent.pk, now=NOW, slice_=timedelta(seconds=40))
    assert Patient.objects.count() == 2


def test_one_register_of_a_clinic_at_a_time(clinic: Clinic) -> None:
    one, other = received(clinic, LEE), received(clinic, LEE.replace("AV-1", "AV-2"))
    importing.begin(one, by=None, now=NOW)

    with pytest.raises(importing.BusyError):
        importing.begin(other, by=None, now=NOW)


def test_a_first_plan_is_what_planning_anew_gives(clinic: Clinic) -> None:
    brought(
        clinic,
        LEE.replace("L hip", "B/L hips"),
        LEE.replace("AV-1", "AV-2")
        .replace("Lee, Ann", "Roe, Jo")
        .replace(";;likes", ";THR 05/2024;likes")
        .replace("07700 900123", ""),
    )
    before = [stored_plan.as_json(patient, today=NOW.date()) for patient in Patient.objects.order_by("pk")]
    follow_ups = list(FollowUp.objects.order_by("pk").values())

    for patient in Patient.objects.all():
        planning.replan(patient, by=None, now=NOW, hold_late=True)

    assert [stored_plan.as_json(patient, today=NOW.date()) for patient in Patient.objects.order_by("pk")] == before
    assert list(FollowUp.objects.order_by("pk").values()) == follow_ups


def test_names_without_a_comma() -> None:
    assert bringing.names_of("Weiß, Siân") == ("Weiß", "Siân")
    assert bringing.names_of("Søren van den Berg") == ("van den Berg", "Søren")
    assert bringing.names_of("Suharto") == ("Suharto", "")
