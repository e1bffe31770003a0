"""One understood row becomes part of the record. What is there already is never doubled and never overwritten."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from accounts import audit
from accounts.models import AuditEvent, Clinic, User
from clinical.sites import COMPLETE_VIEWS, Site, View
from followups import planning
from interop.register.problems import Problem, Severity
from interop.register.stages import Stage
from interop.register.treatments import REPLACEMENTS
from interop.register.understanding import Decisions, LesionSaid, StudySaid, Understood
from patients import identity
from patients.models import Exposure, Finding, ImagingStudy, Joint, Patient, SymptomStatus, Treatment

RECENT_DAYS = 28
"""A film this new, of which the register reports nothing, still waits for its reader."""

# Words between given and family names that belong to the family name.
PARTICLES = frozenset("van von de der den del della di da dos du la le las los el al bin ibn zu zur ten ter".split())  # noqa: SIM905
KINDS = {"diving": Exposure.Kind.DECOMPRESSION}
IN_ORDER = (Patient, Joint, ImagingStudy, Finding, SymptomStatus, Treatment, Exposure)
"""As they refer to each other."""
COMPARED = ("phone", "email", "sex")


@dataclass(slots=True)
class Came:
    """What one row added to the record."""

    patient: Patient
    created: bool = False
    filled: list[str] = field(default_factory=list)
    lesions: int = 0
    studies: int = 0
    others: int = 0
    """Findings, symptom statuses, treatments, exposures."""

    @property
    def changed(self) -> bool:
        return bool(self.created or self.filled or self.lesions or self.studies or self.others)


# Who it is


def names_of(text: str) -> tuple[str, str]:
    """Family and given name of a name as registers write it: "Weiß, Siân" or "Søren van den Berg"."""
    family, comma, given = text.partition(",")
    if comma:
        return family.strip(), given.strip()
    words = text.split()
    start = max(len(words) - 1, 0)
    while start > 1 and words[start - 1].casefold() in PARTICLES:
        start -= 1
    return " ".join(words[start:]), " ".join(words[:start])


def known(clinic: Clinic, mrns: list[str]) -> dict[str, Patient]:
    """Patients of this clinic with these numbers, by `mrn_key`."""
    keys = {identity.mrn_key(mrn) for mrn in mrns}
    return {patient.mrn_key: patient for patient in Patient.objects.at(clinic).filter(mrn_key__in=keys)}


def doubts(understood: Understood, patient: Patient | None, decisions: Decisions) -> tuple[Problem, ...]:
    """What stands between a row and the record: a number that is no number, or somebody else's."""
    found = [*_unfit(understood)]
    if patient is not None and not found:
        found += _not_the_same(understood, patient, decisions)
        if not found:
            found += _differences(understood, patient, decisions)
    return tuple(found)


def _unfit(understood: Understood) -> list[Problem]:
    unfit = []
    try:
        identity.clean_mrn(understood.mrn)
    except ValidationError:
        unfit.append(Problem("mrn_bad", Severity.REFUSE, "mrn", understood.mrn))
    try:
        for name in names_of(understood.name):
            identity.clean_name(name)
    except ValidationError:
        unfit.append(Problem("name_bad", Severity.REFUSE, "name", understood.name))
    return unfit


def _not_the_same(understood: Understood, patient: Patient, decisions: Decisions) -> list[Problem]:
    mine = set(identity.search_key(understood.name).split())
    other_name = mine != set(patient.name_key.split())
    other_birth = bool(understood.born and patient.born and understood.born != patient.born)
    code = {
        (True, True): "one_number_two_people",
        (True, False): "same_number_other_name",
        (False, True): "same_number_other_birth",
    }.get((other_name, other_birth))
    if not code or decisions.get(f"{code}:mrn") == "same_person":
        return []
    about = (("record", str(patient)), ("born", patient.born.isoformat() if patient.born else ""))
    return [Problem(code, Severity.LOOK, "mrn", understood.mrn, ("same_person",), about)]


def _differences(understood: Understood, patient: Patient, decisions: Decisions) -> list[Problem]:
    found = []
    for name in COMPARED:
        theirs, ours = getattr(understood, name), getattr(patient, name)
        differs = theirs and ours not in ("", Patient.Sex.NOT_KNOWN) and theirs != ours
        if differs and decisions.get(f"differs_from_record:{name}") not in ("keep_ours", "take_theirs"):
            about = (("ours", str(ours)), ("theirs", str(theirs)))
            choices = ("keep_ours", "take_theirs")
            found.append(Problem("differs_from_record", Severity.LOOK, name, theirs, choices, about))
    return found


# Into the record


def bring(
    understood: Understood,
    patient: Patient | None,
    *,
    clinic: Clinic,
    decisions: Decisions,
    today: date,
    by: User | None,
    now: datetime,
) -> Came:
    """Add what the row says, plan the follow-ups and hold those that are due already. Runs in a transaction."""
    if patient is None:
        return bring_new([understood], clinic=clinic, today=today, by=by, now=now)[0]
    came = Came(patient, filled=_fill(patient, understood, decisions))
    _Writer(came, understood, today=today, by=by, now=now, keep=_save).write()
    if came.changed:
        _event(came, audit.Action.UPDATE, clinic, by, now).save(force_insert=True)
        planning.replan(patient, by=by, now=now, hold_late=True)
    return came


def bring_new(
    people: Sequence[Understood], *, clinic: Clinic, today: date, by: User | None, now: datetime
) -> list[Came]:
    """Rows of people who are not here yet, each another one: all of them, or none."""
    kept: dict[type[models.Model], list[Any]] = {model: [] for model in IN_ORDER}
    arrived = []
    for understood in people:
        came = Came(_new_patient(understood, clinic, by, now), created=True)
        kept[Patient].append(came.patient)
        _Writer(came, understood, today=today, by=by, now=now, keep=lambda row: kept[type(row)].append(row)).write()
        arrived.append(came)
    for model, rows in kept.items():
        model._default_manager.bulk_create(rows)
    AuditEvent.objects.bulk_create(_event(came, audit.Action.CREATE, clinic, by, now) for came in arrived)
    planning.plan_first([came.patient for came in arrived], clinic=clinic, by=by, now=now, hold_late=True)
    return arrived


def _save(row: models.Model) -> None:
    row.save(force_insert=True)


def _event(came: Came, action: str, clinic: Clinic, by: User | None, now: datetime) -> AuditEvent:
    detail = {"from": "register", "fields": came.filled, "lesions": came.lesions, "studies": came.studies}
    patient = came.patient
    return audit.event(
        action, clinic=clinic, by=by, now=now, subject=patient, patient_id=patient.public_id, detail=detail
    )


def _new_patient(understood: Understood, clinic: Clinic, by: User | None, now: datetime) -> Patient:
    family, given = (identity.clean_name(name) for name in names_of(understood.name))
    return Patient(
        clinic=clinic,
        mrn=identity.clean_mrn(understood.mrn),
        mrn_key=identity.mrn_key(understood.mrn),
        family_name=family,
        given_name=given,
        name_key=identity.name_key(family, given),
        born=understood.born,
        sex=understood.sex or Patient.Sex.NOT_KNOWN,
        phone=understood.phone,
        other_phone=understood.phone_other,
        email=understood.email,
        note=understood.notes,
        registered_at=now,
        registered_by=by,
    )


def _fill(patient: Patient, understood: Understood, decisions: Decisions) -> list[str]:
    """Fill what the record does not know; take what a person chose to take. Nothing else is touched."""
    offered: dict[str, Any] = {
        "born": understood.born,
        "sex": understood.sex,
        "phone": understood.phone,
        "other_phone": understood.phone_other,
        "email": understood.email,
        "note": understood.notes,
    }
    filled = []
    for name, value in offered.items():
        empty = getattr(patient, name) in (None, "", Patient.Sex.NOT_KNOWN)
        taken = decisions.get(f"differs_from_record:{name}") == "take_theirs"
        if value and (empty or (taken and getattr(patient, name) != value)):
            setattr(patient, name, value)
            filled.append(name)
    if filled:
        patient.version += 1
        patient.save(update_fields=[*filled, "version"])
    return filled


class _Writer:
    """Makes the joints of one row, their studies and what is known of them; `keep` stores what is new."""

    def __init__(
        self,
        came: Came,
        understood: Understood,
        *,
        today: date,
        by: User | None,
        now: datetime,
        keep: Callable[[models.Model], None],
    ) -> None:
        self.came, self.understood, self.today, self.by, self.now = came, understood, today, by, now
        self.patient, self.keep = came.patient, keep
        self.entered: dict[str, Any] = {"entered_at": now, "entered_by": by}
        self.joints: dict[tuple[str, str], Joint] = {}
        self.done: list[tuple[str, str, str, date]] = []
        if not came.created:
            self.joints = {(joint.site, joint.side): joint for joint in Joint.objects.filter(patient=self.patient)}

    def write(self) -> None:
        for lesion in self.understood.lesions:
            self._joint(lesion.joint.site, lesion.joint.side, Joint.State.LESION)
        for done in self.understood.treatments:
            state = Joint.State.REPLACED if done.code in REPLACEMENTS else Joint.State.LESION
            self._joint(done.joint.site, done.joint.side, state)
        studies = {said: self._study(said) for said in self.understood.studies}
        for lesion in self.understood.lesions:
            if lesion.finding_on is not None:
                self._finding(lesion, studies[lesion.finding_on])
            self._symptoms(self.joints[lesion.joint.site, lesion.joint.side])
        for done in self.understood.treatments:
            self._treatment(self.joints[done.joint.site, done.joint.side], done.code, done.on, done.said)
        self._exposures()

    def _joint(self, site: str, side: str, state: str) -> None:
        known_joint = self.joints.get((site, side))
        if known_joint is None:
            new = Joint(patient=self.patient, site=site, side=side, state=state, since=self._since(), **self.entered)
            self.keep(new)
            self.joints[site, side] = new
            self.came.lesions += 1
        elif known_joint.state in (Joint.State.NEVER_IMAGED, Joint.State.CLEAR):
            known_joint.state, known_joint.since = state, self._since()
            known_joint.save(update_fields=["state", "since"])
            self.came.lesions += 1

    def _since(self) -> date:
        """The earliest day by which the register proves the lesion; without any day, the day it came in."""
        return self.understood.first_known_on or self.today

    def _study(self, said: StudySaid) -> ImagingStudy:
        """One examination of a day. A film of the other side on the same day is the same film."""
        covers = [[joint.site, joint.side] for joint in said.covers]
        study = None if self.came.created else self._same_examination(said, covers)
        if study is None:
            self.came.studies += 1
            study = self._new_study(said, covers)
            self.keep(study)
            return study
        missing = [joint for joint in covers if joint not in study.covers]
        if missing:
            study.covers = [*study.covers, *missing]
            study.version += 1
            study.save(update_fields=["covers", "version"])
            self.came.others += 1
        return study

    def _same_examination(self, said: StudySaid, covers: list[list[str]]) -> ImagingStudy | None:
        """One that shows these joints, or whose views are not known, so that joints may be added to it."""
        kinds = ("DX", "CR") if said.modality == "DX" else (said.modality,)
        same_day = list(
            ImagingStudy.objects.filter(
                patient=self.patient, made_on=said.on, modality__in=kinds, entered_in_error=False
            ).order_by("pk")
        )
        whole = next((study for study in same_day if all(joint in study.covers for joint in covers)), None)
        return whole or next((study for study in same_day if not study.views), None)

    def _new_study(self, said: StudySaid, covers: list[list[str]]) -> ImagingStudy:
        """`views` stays empty unless a person said that all were made: a film of unknown views answers nothing."""
        views: set[View] = set()
        for site, _side in covers if said.complete_views else ():
            views |= set(next(iter(COMPLETE_VIEWS[Site(site)]), frozenset()))
        read = any(lesion.finding_on is said for lesion in self.understood.lesions)
        old = (self.today - said.on).days > RECENT_DAYS
        return ImagingStudy(
            patient=self.patient,
            made_on=said.on,
            modality=said.modality,
            views=sorted(views),
            covers=covers,
            note="From the register; no report."
            if said.precision == "day"
            else f"From the register, which gives only the {said.precision}.",
            reviewed_at=self.now if read or old else None,
            reviewed_by=self.by if read or old else None,
            **self.entered,
        )

    def _finding(self, lesion: LesionSaid, study: ImagingStudy) -> None:
        joint = self.joints[lesion.joint.site, lesion.joint.side]
        if not self.came.created and Finding.objects.filter(study=study, joint=joint, entered_in_error=False).exists():
            return
        stage, size = lesion.stage or Stage("", "", ""), lesion.size
        found = Finding(
            study=study,
            joint=joint,
            stage_system=stage.system,
            stage_version=stage.version,
            stage_value=stage.value,
            volume_percent=size.volume_percent,
            volume_cm3=size.volume_cm3,
            extent=size.extent,
            kerboul_coronal=size.kerboul_coronal,
            kerboul_sagittal=size.kerboul_sagittal,
            jic_type=size.jic_type,
            note=lesion.said[:500],
            **self.entered,
        )
        self.keep(found)
        self.came.others += 1

    def _symptoms(self, joint: Joint) -> None:
        """A register says how it is now: the status is of the day it comes in, and not twice."""
        value = self.understood.symptoms
        if value == "not_known":
            return
        newest = None
        if joint.pk:
            newest = SymptomStatus.objects.filter(joint=joint, entered_in_error=False).order_by("-on", "-pk").first()
        if newest is None or newest.value != value:
            self.keep(SymptomStatus(joint=joint, on=self.today, value=value, **self.entered))
            self.came.others += 1

    def _treatment(self, joint: Joint, code: str, on: date | None, said: str) -> None:
        if on is None or (joint.site, joint.side, code, on) in self.done:
            return
        if joint.pk and Treatment.objects.filter(joint=joint, code=code, on=on, entered_in_error=False).exists():
            return
        self.done.append((joint.site, joint.side, code, on))
        self.keep(Treatment(joint=joint, code=code, on=on, detail=said[:200], **self.entered))
        self.came.others += 1

    def _exposures(self) -> None:
        """The words of the cell are kept with a single cause only: a shared note would show what is sensitive."""
        wanted = [
            KINDS.get(kind, kind if kind in Exposure.Kind.values else Exposure.Kind.OTHER)
            for kind in self.understood.exposures
        ]
        if not wanted and "idiop" in self.understood.cause.casefold():
            wanted = [Exposure.Kind.IDIOPATHIC]
        there = set() if self.came.created else self._exposures_there()
        note = self.understood.cause[:200] if len(wanted) == 1 else ""
        for kind in dict.fromkeys(wanted):
            if kind not in there:
                self.keep(Exposure(patient=self.patient, kind=kind, note=note, **self.entered))
                self.came.others += 1

    def _exposures_there(self) -> set[str]:
        known_ones = Exposure.objects.filter(patient=self.patient, entered_in_error=False)
        return set(known_ones.values_list("kind", flat=True))


def in_short(understood: Understood) -> Mapping[str, Any]:
    """What was understood, for the page: plain values, to be put into words there."""
    return {
        "name": " ".join(reversed(names_of(understood.name))).strip(),
        "born": understood.born.isoformat() if understood.born else "",
        "joints": [
            {
                "site": lesion.joint.site,
                "side": lesion.joint.side,
                "stage": _stage_words(lesion.stage),
                "said": lesion.said,
            }
            for lesion in understood.lesions
        ],
        "studies": [[study.modality, study.on.isoformat()] for study in understood.studies],
        "treatments": [
            [done.joint.side, done.code, done.on.isoformat() if done.on else "", str(done.precision)]
            for done in understood.treatments
        ],
        "symptoms": understood.symptoms,
    }


def _stage_words(stage: Stage | None) -> str:
    if stage is None:
        return ""
    return " ".join(part for part in (stage.system, stage.value, f"({stage.version})" if stage.version else "") if part)
