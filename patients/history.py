"""A stored record and the values that planning works on, in both directions.

`load` and `store` are each other's inverse: the same history gives the same plan whether made up or stored.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from clinical import history
from clinical.sites import Side as SideOf
from clinical.sites import Site as SiteOf
from clinical.sites import View as ViewOf
from patients.models import Finding, ImagingStudy, Joint, Patient, SurgeonReview, SymptomStatus, Treatment

Row = TypeVar("Row", SymptomStatus, SurgeonReview, Treatment)


def load(patient: Patient) -> history.Person:
    """Everything recorded of one person, entries in error included, in six queries."""
    return load_all([patient])[patient.pk]


def load_all(patients: Sequence[Patient]) -> dict[int, history.Person]:
    """Everything recorded of many people, by their key, in six queries."""
    joints = list(Joint.objects.filter(patient__in=patients).order_by("pk"))
    statuses = _by_joint(SymptomStatus.objects.filter(joint__patient__in=patients))
    reviews = _by_joint(SurgeonReview.objects.filter(joint__patient__in=patients))
    treatments = _by_joint(Treatment.objects.filter(joint__patient__in=patients))
    studies = _studies(patients, {j.pk: j for j in joints})
    of_patient: defaultdict[int, list[history.Joint]] = defaultdict(list)
    for j in joints:
        of_patient[j.patient_id].append(_joint(j, statuses[j.pk], reviews[j.pk], treatments[j.pk]))
    return {patient.pk: _person(patient, of_patient[patient.pk], studies[patient.pk]) for patient in patients}


def _person(patient: Patient, joints: list[history.Joint], studies: list[history.Study]) -> history.Person:
    return history.Person(
        joints=tuple(joints),
        studies=tuple(studies),
        constraints=frozenset(history.Constraint(name) for name in patient.constraints),
        ended=history.Ending(patient.ended_on, history.EndReason(patient.ended_reason)) if patient.ended_on else None,
        born=patient.born,
    )


def _by_joint(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.joint_id].append(row)
    return found


def _joint(
    joint: Joint, statuses: list[SymptomStatus], reviews: list[SurgeonReview], treatments: list[Treatment]
) -> history.Joint:
    return history.Joint(
        site=SiteOf(joint.site),
        side=SideOf(joint.side),
        state=history.JointState(joint.state),
        since=joint.since,
        symptom_status=tuple(
            history.SymptomStatus(s.on, history.Symptoms(s.value), s.entered_in_error) for s in statuses
        ),
        surgeon_reviews=tuple(history.SurgeonReview(r.on, r.entered_in_error) for r in reviews),
        treatments=tuple(history.Treatment(t.code, t.on, t.entered_in_error) for t in treatments),
    )


def _studies(patients: Sequence[Patient], joints: dict[int, Joint]) -> defaultdict[int, list[history.Study]]:
    findings: defaultdict[int, list[history.Finding]] = defaultdict(list)
    for row in Finding.objects.filter(study__patient__in=patients).order_by("pk"):
        findings[row.study_id].append(finding_of(row, joints[row.joint_id]))
    found: defaultdict[int, list[history.Study]] = defaultdict(list)
    for study in ImagingStudy.objects.filter(patient__in=patients).order_by("pk"):
        found[study.patient_id].append(_study(study, findings[study.pk]))
    return found


def _study(study: ImagingStudy, findings: list[history.Finding]) -> history.Study:
    return history.Study(
        on=study.made_on,
        modality=history.Modality(study.modality),
        covers=tuple((SiteOf(site), SideOf(side)) for site, side in study.covers),
        views=frozenset(ViewOf(view) for view in study.views),
        findings=tuple(findings),
        entered_in_error=study.entered_in_error,
        ref=study.pk,
    )


def finding_of(row: Finding, joint: Joint) -> history.Finding:
    return history.Finding(
        site=SiteOf(joint.site),
        side=SideOf(joint.side),
        stage=history.Stage(row.stage_value, row.stage_system or None, row.stage_version or None)
        if row.stage_value
        else None,
        volume_percent=row.volume_percent,
        volume_cm3=row.volume_cm3,
        extent=row.extent or None,
        kerboul_coronal=row.kerboul_coronal,
        kerboul_sagittal=row.kerboul_sagittal,
        jic_type=row.jic_type or None,
        collapse_mm=row.collapse_mm,
        subchondral_fracture=history.Tick(row.subchondral_fracture),
        oedema=history.Tick(row.oedema),
        effusion=history.Tick(row.effusion),
        entered_in_error=row.entered_in_error,
    )


def store(patient: Patient, person: history.Person, *, now: datetime) -> dict[tuple[str, str], Joint]:
    """Write a whole made-up history for a patient who has none yet; the joints by site and side."""
    joints = {
        (str(j.site), str(j.side)): Joint.objects.create(
            patient=patient, site=j.site, side=j.side, state=j.state, since=j.since, entered_at=now
        )
        for j in person.joints
    }
    for given in person.joints:
        _store_records(joints[str(given.site), str(given.side)], given, now)
    for study in person.studies:
        _store_study(patient, study, joints, now)
    return joints


def _store_records(joint: Joint, given: history.Joint, now: datetime) -> None:
    SymptomStatus.objects.bulk_create(
        SymptomStatus(joint=joint, on=s.on, value=s.value, entered_in_error=s.entered_in_error, entered_at=now)
        for s in given.symptom_status
    )
    SurgeonReview.objects.bulk_create(
        SurgeonReview(joint=joint, on=r.on, entered_in_error=r.entered_in_error, entered_at=now)
        for r in given.surgeon_reviews
    )
    Treatment.objects.bulk_create(
        Treatment(joint=joint, on=t.on, code=t.code, entered_in_error=t.entered_in_error, entered_at=now)
        for t in given.treatments
    )


def _store_study(patient: Patient, study: history.Study, joints: dict[tuple[str, str], Joint], now: datetime) -> None:
    row = ImagingStudy.objects.create(
        patient=patient,
        made_on=study.on,
        modality=study.modality,
        views=sorted(study.views),
        covers=[[str(site), str(side)] for site, side in study.covers],
        entered_in_error=study.entered_in_error,
        entered_at=now,
        reviewed_at=now if study.findings else None,
    )
    Finding.objects.bulk_create(_finding_row(row, f, joints[str(f.site), str(f.side)], now) for f in study.findings)


def _finding_row(study: ImagingStudy, found: history.Finding, joint: Joint, now: datetime) -> Finding:
    return Finding(
        study=study,
        joint=joint,
        stage_system=(found.stage and found.stage.system) or "",
        stage_version=(found.stage and found.stage.version) or "",
        stage_value=found.stage.value if found.stage else "",
        volume_percent=found.volume_percent,
        volume_cm3=found.volume_cm3,
        extent=found.extent or "",
        kerboul_coronal=found.kerboul_coronal,
        kerboul_sagittal=found.kerboul_sagittal,
        jic_type=found.jic_type or "",
        collapse_mm=found.collapse_mm,
        subchondral_fracture=found.subchondral_fracture or history.Tick.NOT_ASSESSED,
        oedema=found.oedema or history.Tick.NOT_ASSESSED,
        effusion=found.effusion or history.Tick.NOT_ASSESSED,
        entered_in_error=found.entered_in_error,
        entered_at=now,
    )
