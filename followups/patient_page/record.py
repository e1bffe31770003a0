"""Everything the patient page shows of one person, read in few queries as plain rows.

Rows and not model instances: the page only prints them, and a hundred pain entries cost a third as tuples.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import CharField, DateField, F, Value
from django.db.models.functions import Cast

from accounts import access, audit, clock
from followups.models import Contact, Flag, FollowUp, PatientPlan, Reminder
from patients.models import (
    Exposure,
    Finding,
    ImagingStudy,
    Joint,
    PainLog,
    Patient,
    Score,
    SurgeonReview,
    SymptomStatus,
    Treatment,
)

MOST_LOGS = 6000  # eight years of a daily diary of two hips
MOST_OPENINGS = 6
MOST_REMINDERS = 60
MOST_CONTACTS = 60


class JointRow(NamedTuple):
    """A joint with its stored plan; `state` is what follows from the record, None where nothing is planned yet."""

    pk: int
    public_id: UUID
    site: str
    side: str
    said: str
    since: date | None
    state: str | None
    group: str | None
    row: str | None
    row_since: date | None
    clocks: list[dict[str, Any]] | None
    conflicts: list[dict[str, Any]] | None
    reasons: list[dict[str, Any]] | None
    ended_on: date | None
    ended_reason: str | None

    @property
    def key(self) -> tuple[str, str]:
        return self.site, self.side


class FindingRow(NamedTuple):
    """What one study says of one joint."""

    pk: int
    public_id: UUID
    study_id: int
    joint_id: int
    system: str
    version: str
    value: str
    percent: float | None
    cm3: float | None
    coronal: float | None
    sagittal: float | None
    jic: str
    depression: float | None
    fracture: str
    oedema: str
    in_error: bool
    error_reason: str

    @property
    def sized(self) -> bool:
        return any(v is not None for v in (self.percent, self.cm3, self.coronal, self.sagittal)) or bool(self.jic)


@dataclass(slots=True)
class StudyRow:
    pk: int
    public_id: UUID
    made_on: date
    modality: str
    covers: list[list[str]]
    read_by: str
    reviewed_at: datetime | None
    in_error: bool
    error_reason: str
    findings: list[FindingRow] = field(default_factory=list)

    def shows(self, joint: JointRow) -> bool:
        return [joint.site, joint.side] in self.covers

    def of(self, joint: JointRow) -> FindingRow | None:
        """What it says of this joint now."""
        return next((f for f in self.findings if f.joint_id == joint.pk and not f.in_error), None)

    def withdrawn(self, joint: JointRow) -> list[FindingRow]:
        return [f for f in self.findings if f.joint_id == joint.pk and f.in_error]

    @property
    def waits(self) -> bool:
        """Made, and nobody has read it yet."""
        return self.reviewed_at is None and not self.in_error and self.modality != "VISIT"


class FollowUpRow(NamedTuple):
    pk: int
    public_id: UUID
    joint_id: int
    status: str
    studies: list[str]
    opens_on: date
    target_on: date
    closes_on: date
    reasons: list[dict[str, Any]]
    change: dict[str, Any]
    timing: str
    opened_at: datetime
    ended_at: datetime | None
    promised_on: date | None
    brought_forward_to: date | None
    owner_name: str | None
    owner_username: str | None
    protocol: int
    made_on: date | None

    @property
    def owner(self) -> str:
        return self.owner_name or self.owner_username or ""


class Noted(NamedTuple):
    """A treatment, a symptom status, a score or a surgeon's review; `what` is its code or value."""

    kind: str
    public_id: UUID
    joint_id: int
    on: date
    what: str
    until: date | None
    detail: str
    in_error: bool
    error_reason: str


class ExposureRow(NamedTuple):
    public_id: UUID
    kind: str
    drug: str
    dose: str
    daily_mg: float | None
    started_on: date | None
    ended_on: date | None
    note: str
    in_error: bool
    error_reason: str


class FlagRow(NamedTuple):
    public_id: UUID
    joint_id: int
    severity: str
    rule: int
    evidence: dict[str, Any]
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    owner_name: str | None
    owner_username: str | None

    @property
    def owner(self) -> str:
        return self.owner_name or self.owner_username or ""


class ContactRow(NamedTuple):
    at: datetime
    result: str
    next_on: date
    note: str
    by_name: str
    by_username: str


class ReminderRow(NamedTuple):
    joint_id: int
    step: str
    channel: str
    status: str
    due_at: datetime
    sent_at: datetime | None
    outcome: str


class Opening(NamedTuple):
    at: datetime
    who: str
    role: str
    action: str


@dataclass(slots=True)
class Record:
    """One person, as read at one moment."""

    patient: Patient
    plan: PatientPlan | None
    now: datetime
    today: date
    zone: ZoneInfo
    first_on: date | None  # the day the oldest record is of
    joints: list[JointRow]
    studies: list[StudyRow]  # newest first
    follow_ups: list[FollowUpRow]  # newest first
    noted: list[Noted]  # newest first
    exposures: list[ExposureRow]
    pains: dict[int, list[tuple[date, int]]]  # by joint, oldest first
    contacts: list[ContactRow]
    reminders: list[ReminderRow]
    flags: list[FlagRow]
    openings: list[Opening]

    def live(self, joint: JointRow) -> FollowUpRow | None:
        return next((f for f in self.follow_ups if f.joint_id == joint.pk and f.status == "live"), None)

    def open_flag(self, joint: JointRow) -> FlagRow | None:
        return next((f for f in self.flags if f.joint_id == joint.pk and f.closed_at is None), None)

    def noted_of(self, joint: JointRow, kind: str) -> list[Noted]:
        """What counts, newest first."""
        return [n for n in self.noted if n.joint_id == joint.pk and n.kind == kind and not n.in_error]

    def covering(self, key: tuple[str, str]) -> list[StudyRow]:
        """Read studies that show a joint which the record does not list, newest first; a visit shows nothing."""
        return [
            study
            for study in self.studies
            if not study.in_error and not study.waits and study.modality != "VISIT" and list(key) in study.covers
        ]

    def images_of(self, joint: JointRow) -> list[StudyRow]:
        """Studies that count and show this joint, newest first; visits hold no picture."""
        return [s for s in self.studies if not s.in_error and s.modality != "VISIT" and s.shows(joint)]


def read(patient: Patient, *, role: str, now: datetime, since: timedelta | None) -> Record:
    """`patient` comes with its clinic and plan. `since`: how far back pain is wanted; None: all of it."""
    zone = ZoneInfo(patient.clinic.time_zone)
    today = clock.day_of(now, patient.clinic)
    studies, noted = _studies(patient), _noted(patient)
    days = [s.made_on for s in studies] + [n.on for n in noted]
    return Record(
        patient=patient,
        plan=getattr(patient, "plan", None),
        now=now,
        today=today,
        zone=zone,
        first_on=min(days, default=None),
        joints=_joints(patient),
        studies=studies,
        follow_ups=_follow_ups(patient),
        noted=noted,
        exposures=_exposures(patient, role),
        pains=_pains(patient, zone, today - since if since else None),
        contacts=_contacts(patient),
        reminders=_reminders(patient),
        flags=_flags(patient),
        openings=_openings(patient),
    )


def _joints(patient: Patient) -> list[JointRow]:
    rows = Joint.objects.filter(patient=patient).values_list(
        "pk", "public_id", "site", "side", "state", "since", "plan__state", "plan__group", "plan__row",
        "plan__row_since", "plan__clocks", "plan__conflicts", "plan__reasons", "plan__ended_on", "plan__ended_reason",
    )  # fmt: skip
    return [JointRow(*row) for row in rows]


def _studies(patient: Patient) -> list[StudyRow]:
    rows = ImagingStudy.objects.filter(patient=patient).order_by("-made_on", "-pk")
    found = {
        row[0]: StudyRow(*row)
        for row in rows.values_list(
            "pk", "public_id", "made_on", "modality", "covers", "read_by", "reviewed_at", "entered_in_error",
            "error_reason",
        )
    }  # fmt: skip
    findings = Finding.objects.filter(study__patient=patient).order_by("pk")
    for row in findings.values_list(
        "pk", "public_id", "study_id", "joint_id", "stage_system", "stage_version", "stage_value", "volume_percent",
        "volume_cm3", "kerboul_coronal", "kerboul_sagittal", "jic_type", "collapse_mm", "subchondral_fracture",
        "oedema", "entered_in_error", "error_reason",
    ):  # fmt: skip
        found[row[2]].findings.append(FindingRow(*row))
    return list(found.values())


def _follow_ups(patient: Patient) -> list[FollowUpRow]:
    rows = FollowUp.objects.filter(patient=patient).order_by("-target_on", "-pk")
    found: dict[int, FollowUpRow] = {}
    for row in rows.values_list(
        "pk", "public_id", "joint_id", "status", "studies", "opens_on", "target_on", "closes_on", "reasons", "change",
        "timing", "opened_at", "ended_at", "promised_on", "brought_forward_to", "owner__name",
        "owner__username", "protocol__number",
        "completed_by__made_on",
    ):  # fmt: skip
        found.setdefault(row[0], FollowUpRow(*row))
    return list(found.values())


def _noted(patient: Patient) -> list[Noted]:
    """Four kinds of short entries in one query."""
    last = ("in_error", "why")
    same = {"in_error": F("entered_in_error"), "why": F("error_reason")}
    nothing: dict[str, Any] = {"ends": Cast(Value(None), DateField()), "more": _text("")}

    def rows(kind: str, model: Any, **columns: Any) -> Any:
        rows = model.objects.filter(joint__patient=patient).annotate(kind=_text(kind), **columns, **same)
        return rows.values_list("kind", "public_id", "joint_id", "on", "what", "ends", "more", *last)

    union = rows("treatment", Treatment, what=F("code"), ends=F("until"), more=F("detail")).union(
        rows("symptoms", SymptomStatus, what=F("value"), **nothing),
        rows("score", Score, **nothing | {"what": F("instrument"), "more": Cast(F("value"), CharField())}),
        rows("review", SurgeonReview, what=Cast(F("note"), CharField()), **nothing),
        all=True,
    )
    return sorted((Noted(*row) for row in union), key=lambda n: n.on, reverse=True)


def _text(value: str) -> Value:
    return Value(value, output_field=CharField())


def _exposures(patient: Patient, role: str) -> list[ExposureRow]:
    """Sensitive ones are not read at all for those who may not see them (design 7)."""
    rows = Exposure.objects.filter(patient=patient).order_by("-started_on", "-pk")
    if role not in access.CLINICIANS:
        rows = rows.exclude(kind__in=Exposure.SENSITIVE)
    return [
        ExposureRow(*row)
        for row in rows.values_list(
            "public_id",
            "kind",
            "drug",
            "dose",
            "daily_mg",
            "started_on",
            "ended_on",
            "note",
            "entered_in_error",
            "error_reason",
        )
    ]


def _pains(patient: Patient, zone: ZoneInfo, since: date | None) -> dict[int, list[tuple[date, int]]]:
    logs = PainLog.objects.filter(joint__patient=patient, entered_in_error=False)
    if since:
        logs = logs.filter(felt_at__gte=datetime.combine(since, time.min, tzinfo=zone))
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for joint_id, felt_at, nrs in logs.order_by("-felt_at").values_list("joint_id", "felt_at", "nrs")[:MOST_LOGS]:
        found[joint_id].append((felt_at.astimezone(zone).date(), nrs))
    for diary in found.values():
        diary.reverse()
    return found


def _contacts(patient: Patient) -> list[ContactRow]:
    rows = Contact.objects.filter(patient=patient, undone_at=None).order_by("-at")
    return [
        ContactRow(*row)
        for row in rows.values_list("at", "result", "next_on", "note", "by__name", "by__username")[:MOST_CONTACTS]
    ]


def _reminders(patient: Patient) -> list[ReminderRow]:
    """What was sent or could not be, and what waits; not what was called off."""
    rows = Reminder.objects.filter(follow_up__patient=patient).exclude(status=Reminder.Status.SKIPPED)
    columns = ("follow_up__joint_id", "step", "channel", "status", "due_at", "sent_at", "outcome")
    return [ReminderRow(*row) for row in rows.order_by("-due_at").values_list(*columns)[:MOST_REMINDERS]]


def _flags(patient: Patient) -> list[FlagRow]:
    rows = Flag.objects.filter(patient=patient).order_by("severity_rank", "due_at")
    return [
        FlagRow(*row)
        for row in rows.values_list(
            "public_id", "joint_id", "severity", "rule", "evidence", "opened_at", "due_at", "closed_at",
            "owner__name", "owner__username",
        )
    ]  # fmt: skip


def _openings(patient: Patient) -> list[Opening]:
    rows: Iterable[Any] = audit.openings(patient.public_id).values_list("at", "user_name", "role", "action")
    return [Opening(*row) for row in rows[:MOST_OPENINGS]]  # type: ignore[index]
