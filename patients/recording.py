"""Every change of the record. Each is one transaction with its trace, and says so to whoever plans."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import IntegrityError, models, transaction

from accounts import audit
from accounts.models import AuditEvent, Clinic, User
from patients import identity
from patients.models import (
    Correctable,
    Exposure,
    Finding,
    ImagingStudy,
    Joint,
    Patient,
    Score,
    SurgeonReview,
    SymptomStatus,
    Treatment,
)
from patients.signals import record_changed

Row = TypeVar("Row", bound=models.Model)
Entry = TypeVar("Entry", SymptomStatus, SurgeonReview, Score, Treatment, Exposure)


class AlreadySavedError(Exception):
    """The form was saved before: by a double press, from another tab, or after going back."""

    def __init__(self, row: models.Model, *, same: bool) -> None:
        super().__init__("already saved")
        self.public_id: UUID = row.public_id  # type: ignore[attr-defined]
        self.same = same  # what was sent now says the same as what is stored


class StaleError(Exception):
    """Somebody else saved this in the meantime; nothing was written."""


class MrnTakenError(Exception):
    """Two people registered the same number at once; this one came second."""


# --- The person ------------------------------------------------------------------------------------------------------
@transaction.atomic
def register(
    *,
    clinic: Clinic,
    details: Mapping[str, Any],
    by: User | None,
    now: datetime,
    token: UUID | None = None,
    because: Mapping[str, Any] | None = None,
) -> Patient:
    """A new patient. `token` comes with the form and becomes the public id: the same form sent twice makes one.

    `because` says why what looked wrong was kept, and who was confirmed to be somebody else.
    """
    public_id = _unused(Patient, token, details, clinic=clinic)
    new = _with_keys(details)
    try:
        patient = _create(Patient, public_id, new, clinic=clinic, registered_at=now, registered_by=by)
    except IntegrityError as error:
        raise MrnTakenError from error
    _trace(audit.Action.CREATE, patient, patient, by=by, now=now, detail={"because": dict(because or {})})
    return _changed(patient, patient, by=by, now=now)


@transaction.atomic
def edit(
    patient: Patient,
    *,
    details: Mapping[str, Any],
    version: int,
    by: User | None,
    now: datetime,
    because: Mapping[str, Any] | None = None,
) -> Patient:
    """Change who somebody is, how to reach them or what may be asked of them. Refused when stale."""
    old = _claim(patient, version)
    new = _with_keys(details, old)
    try:
        with transaction.atomic():
            Patient.objects.filter(pk=old.pk).update(**new)
    except IntegrityError as error:
        raise MrnTakenError from error
    _trace(
        audit.Action.UPDATE, old, old, by=by, now=now, detail=_difference(old, new) | {"because": dict(because or {})}
    )
    old.refresh_from_db()
    return _changed(old, old, by=by, now=now)


@transaction.atomic
def end(
    patient: Patient,
    *,
    reason: str,
    on: date,
    version: int,
    by: User,
    now: datetime,
    because: Mapping[str, Any] | None = None,
) -> Patient:
    """Sign the end of surveillance: nothing is planned or sent from here on."""
    new = {"ended_on": on, "ended_reason": reason, "ended_at": now, "ended_by": by}
    return _set_ending(patient, new, version=version, by=by, now=now, because=because)


@transaction.atomic
def resume(patient: Patient, *, version: int, by: User, now: datetime) -> Patient:
    """Take an end back: the plan is worked out anew."""
    new = {"ended_on": None, "ended_reason": "", "ended_at": None, "ended_by": None}
    return _set_ending(patient, new, version=version, by=by, now=now, because=None)


def _set_ending(
    patient: Patient,
    new: Mapping[str, Any],
    *,
    version: int,
    by: User,
    now: datetime,
    because: Mapping[str, Any] | None,
) -> Patient:
    old = _claim(patient, version)
    Patient.objects.filter(pk=old.pk).update(**new)
    shown = {k: v for k, v in new.items() if k in ("ended_on", "ended_reason")}
    detail = _difference(old, shown) | {"because": dict(because or {})}
    _trace(audit.Action.UPDATE, old, old, by=by, now=now, detail=detail)
    old.refresh_from_db()
    return _changed(old, old, by=by, now=now)


def _with_keys(details: Mapping[str, Any], old: Patient | None = None) -> dict[str, Any]:
    """The fields with the keys by which they are found."""
    new = dict(details)
    if "mrn" in new:
        new["mrn_key"] = identity.mrn_key(new["mrn"])
    if "family_name" in new or "given_name" in new:
        family = new.get("family_name", old.family_name if old else "")
        given = new.get("given_name", old.given_name if old else "")
        new["name_key"] = identity.name_key(family, given)
    return new


# --- Joints ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def add_joints(
    patient: Patient, *, site: str, sides: Sequence[str], state: str, since: date | None, by: User | None, now: datetime
) -> list[Joint]:
    """A joint on each of these sides. A lesion of both sides is two lesions."""
    taken = list(patient.joints.filter(site=site, side__in=sides))
    if taken:
        same = len(taken) == len(sides) and all((j.state, j.since) == (state, since) for j in taken)
        raise AlreadySavedError(taken[0], same=same)
    joints = [
        Joint(patient=patient, site=site, side=side, state=state, since=since, entered_at=now, entered_by=by)
        for side in sides
    ]
    try:
        with transaction.atomic():
            Joint.objects.bulk_create(joints)
    except IntegrityError as error:
        raise StaleError from error
    for joint in joints:
        _trace(audit.Action.CREATE, joint, patient, by=by, now=now)
    _changed(joints[0], patient, by=by, now=now)
    return joints


@transaction.atomic
def change_joint(
    joint: Joint, *, state: str, since: date | None, why: str, version: int, by: User | None, now: datetime
) -> Joint:
    """Say something else of a joint; what was said before stays in the trace with the reason."""
    old = _claim(joint, version)
    new = {"state": state, "since": since}
    Joint.objects.filter(pk=joint.pk).update(**new)
    detail = _difference(old, new) | {"because": why}
    _trace(audit.Action.UPDATE, joint, joint.patient, by=by, now=now, detail=detail)
    joint.refresh_from_db()
    return _changed(joint, joint.patient, by=by, now=now)


# --- What is entered about a joint or a person -----------------------------------------------------------------------
@transaction.atomic
def add(
    model: type[Entry],
    *,
    patient: Patient,
    values: Mapping[str, Any],
    by: User | None,
    now: datetime,
    token: UUID | None = None,
    because: Mapping[str, str] | None = None,
) -> Entry:
    """A symptom status, a surgeon's review, a score, a treatment or an exposure."""
    of = {} if "joint" in values else {"patient": patient}
    public_id = _unused(model, token, values, **of)
    row = _create(model, public_id, values, entered_at=now, entered_by=by, **of)
    _trace(audit.Action.CREATE, row, patient, by=by, now=now, detail={"because": dict(because or {})})
    return _changed(row, patient, by=by, now=now)


@transaction.atomic
def mark_in_error(row: Correctable, *, patient: Patient, reason: str, by: User, now: datetime) -> bool:
    """Keep the row and say that it is wrong: planning forgets it. False when it was marked already."""
    rows = type(row)._default_manager.filter(pk=row.pk, entered_in_error=False)
    marked = rows.update(entered_in_error=True, error_reason=reason, error_marked_at=now, error_marked_by=by)
    if not marked:
        return False
    _trace(audit.Action.UPDATE, row, patient, by=by, now=now, detail={"entered_in_error": True})
    _changed(row, patient, by=by, now=now)
    return True


# --- Imaging ---------------------------------------------------------------------------------------------------------
Findings = Mapping[tuple[str, str], Mapping[str, Any]]  # (site, side) to the columns of a `Finding`


@transaction.atomic
def add_study(
    *,
    patient: Patient,
    details: Mapping[str, Any],
    findings: Findings,
    reviewed: bool,
    by: User | None,
    now: datetime,
    token: UUID | None = None,
    because: Mapping[str, str] | None = None,
) -> ImagingStudy:
    """One study with what it says of each joint.

    `reviewed`: a clinician has read and staged it. Otherwise it is imaged and waits for somebody who does.
    """
    public_id = _unused(ImagingStudy, token, details, patient=patient)
    review = {"reviewed_at": now, "reviewed_by": by} if reviewed else {}
    study = _create(ImagingStudy, public_id, details, patient=patient, entered_at=now, entered_by=by, **review)
    for place, values in findings.items():
        _add_finding(study, place, values, by=by, now=now)
    detail = {"because": dict(because or {}), "reviewed": reviewed}
    _trace(audit.Action.CREATE, study, patient, by=by, now=now, detail=detail)
    return _changed(study, patient, by=by, now=now)


@transaction.atomic
def change_study(
    study: ImagingStudy,
    *,
    details: Mapping[str, Any],
    findings: Findings | None,
    reviewed: bool,
    version: int,
    why: str,
    by: User,
    now: datetime,
    because: Mapping[str, str] | None = None,
) -> ImagingStudy:
    """Correct or review a study. A finding that changes keeps the old one, marked as entered in error.

    `findings=None` leaves them as they are: who may not read pictures changes only when and how one was made.
    """
    old = _claim(study, version)
    new = dict(details)
    if reviewed and old.reviewed_at is None:
        new |= {"reviewed_at": now, "reviewed_by": by}
    ImagingStudy.objects.filter(pk=old.pk).update(**new)
    changed = _replace_findings(old, findings, why=why, by=by, now=now) if findings is not None else []
    shown = {name: value for name, value in new.items() if name != "reviewed_by"}
    detail = _difference(old, shown) | {"findings": changed, "why": why, "because": dict(because or {})}
    _trace(audit.Action.UPDATE, old, old.patient, by=by, now=now, detail=detail)
    old.refresh_from_db()
    return _changed(old, old.patient, by=by, now=now)


def _replace_findings(study: ImagingStudy, findings: Findings, *, why: str, by: User, now: datetime) -> list[str]:
    """The joints whose finding changed; what was said before is kept as entered in error."""
    live = {
        (f.joint.site, f.joint.side): f for f in study.findings.filter(entered_in_error=False).select_related("joint")
    }
    changed = []
    for place in sorted({*live, *findings}):
        old, values = live.get(place), findings.get(place)
        if old and values is not None and all(getattr(old, name) == value for name, value in values.items()):
            continue
        changed.append(" ".join(place))
        if old:
            Finding.objects.filter(pk=old.pk).update(
                entered_in_error=True, error_reason=why or "corrected", error_marked_at=now, error_marked_by=by
            )
        if values is not None:
            _add_finding(study, place, values, by=by, now=now)
    return changed


def _add_finding(
    study: ImagingStudy, place: tuple[str, str], values: Mapping[str, Any], *, by: User | None, now: datetime
) -> None:
    """A finding makes a lesion of its joint, known since the day of the study."""
    site, side = place
    joint, made = Joint.objects.get_or_create(
        patient=study.patient,
        site=site,
        side=side,
        defaults={
            "state": Joint.State.LESION,
            "since": study.made_on,
            "entered_at": now,
            "entered_by": by,
        },
    )
    if not made and joint.state in (Joint.State.NEVER_IMAGED, Joint.State.CLEAR):
        new = {"state": Joint.State.LESION, "since": study.made_on}
        detail = _difference(joint, new)
        Joint.objects.filter(pk=joint.pk).update(**new, version=models.F("version") + 1)
        _trace(audit.Action.UPDATE, joint, study.patient, by=by, now=now, detail=detail)
    Finding.objects.create(study=study, joint=joint, entered_at=now, entered_by=by, **values)


# --- What all of them do ---------------------------------------------------------------------------------------------
def _claim(row: Row, version: int) -> Row:
    """The row as it was, its version counted up; refused when somebody else has counted it up."""
    model = type(row)
    old = model._default_manager.get(pk=row.pk)
    claimed = model._default_manager.filter(pk=row.pk, version=version).update(version=version + 1)
    if not claimed:
        raise StaleError
    return old


def _unused(model: type[models.Model], token: UUID | None, new: Mapping[str, Any], **scope: Any) -> UUID:
    """The public id for a new row: the form's token, unless that form has made its row already."""
    row = model._default_manager.filter(public_id=token).first() if token else None
    if token is None or (row and any(getattr(row, name) != value for name, value in scope.items())):
        return uuid4()
    if row:
        raise AlreadySavedError(row, same=_says_the_same(row, new))
    return token


def _create(model: type[Row], public_id: UUID, new: Mapping[str, Any], **more: Any) -> Row:
    """The new row; where two presses of one form came at the same moment, the second is told of the first."""
    try:
        with transaction.atomic():
            return model._default_manager.create(public_id=public_id, **new, **more)
    except IntegrityError as error:
        if row := model._default_manager.filter(public_id=public_id).first():
            raise AlreadySavedError(row, same=_says_the_same(row, new)) from error
        raise


def _says_the_same(row: models.Model, new: Mapping[str, Any]) -> bool:
    return all(getattr(row, name) == value for name, value in new.items())


def _difference(old: models.Model, new: Mapping[str, Any]) -> dict[str, Any]:
    """Names of the changed fields with their old and new values, as the trace keeps them."""
    return {
        "changed": {
            name: [_plain(getattr(old, name)), _plain(value)]
            for name, value in new.items()
            if getattr(old, name) != value and not name.endswith("_key")
        }
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _trace(
    action: str,
    row: models.Model,
    patient: Patient,
    *,
    by: User | None,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    kept = {name: value for name, value in (detail or {}).items() if value}
    audit.record(action, clinic=patient.clinic, by=by, now=now, subject=row, patient_id=patient.public_id, detail=kept)


def _changed(row: Row, patient: Patient, *, by: User | None, now: datetime) -> Row:
    record_changed.send(sender=type(row), patient=patient, by=by, now=now)
    return row


def last_saved(row: models.Model, patient: Patient) -> AuditEvent | None:
    """Who saved this row last, and when."""
    events = AuditEvent.objects.filter(patient_id=patient.public_id, subject_id=getattr(row, "public_id", None))
    written = events.filter(action__in=(audit.Action.CREATE, audit.Action.UPDATE))
    return written.order_by("-at", "-pk").first()
