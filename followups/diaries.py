"""A stored diary as the values that the worsening rules judge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import compress
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from clinical.treatments import OPERATIONS, REPLACEMENTS
from clinical.worsening import (
    By,
    Entry,
    JointContext,
    JointKind,
    Operation,
    OperationKind,
    Order,
    Outcome,
    Severity,
    StoredFlag,
    Tick,
)
from clinical.worsening.diary import NO_TICKS
from clinical.worsening.findings import Kind
from followups import facts
from followups.models import Flag
from patients.models import Exposure, Finding, Joint, PainLog, Score, SymptomStatus, Treatment, YesNo

TICKS: dict[str, Tick] = {
    "on_weight": Tick.ON_WEIGHT,
    "at_rest": Tick.AT_REST,
    "at_night": Tick.AT_NIGHT,
    "locking": Tick.LOCKING,
    "cannot_bear_weight": Tick.CANNOT_BEAR_WEIGHT,
    "injury": Tick.INJURY,
    "fever": Tick.FEVER,
    "clot": Tick.CLOT,
    "wound": Tick.WOUND,
    "thigh_pain": Tick.THIGH_PAIN,
    "jaw": Tick.JAW,
    "wants_review": Tick.WANTS_REVIEW,
}
LARGE = ("large", "not_sized")  # groups that count as large: what was not sized may be
COLUMNS = ("public_id", "felt_at", "entered_at", "nrs", "aid", "distance", "by_phone", *TICKS)


class Waiting(NamedTuple):
    """A log that was not judged yet."""

    pk: int
    taken_back: bool  # before, or since, it was judged
    entry: Entry


def entries(
    joint: Joint, *, zone: ZoneInfo, since: datetime | None = None, until: datetime | None = None
) -> list[Entry]:
    """The joint's diary, corrections taken into account: all of it, or between two moments, both included."""
    logs = PainLog.objects.filter(joint=joint, entered_in_error=False)
    if since and until:
        logs = logs.filter(felt_at__gte=since, felt_at__lte=until)
    return [entry(row, zone) for row in logs.values_list(*COLUMNS)]


def waiting(joint: Joint, *, zone: ZoneInfo) -> list[Waiting]:
    """The joint's logs that were never judged, and those taken back since."""
    logs = PainLog.objects.filter(joint=joint, judged_at=None)
    rows = logs.values_list("pk", "entered_in_error", *COLUMNS)
    return [Waiting(pk, taken_back, entry(row, zone)) for pk, taken_back, *row in rows]


def entry(row: Sequence[Any], zone: ZoneInfo) -> Entry:
    """One stored log, its `COLUMNS` in a row."""
    public_id, felt_at, entered_at, nrs, aid, distance, by_phone, *ticks = row
    return Entry(
        felt_at=felt_at.astimezone(zone),
        nrs=nrs,
        ticks=frozenset(compress(TICKS.values(), ticks)) if any(ticks) else NO_TICKS,
        aid=aid,
        distance=distance,
        recorded_at=entered_at,
        by=By.STAFF if by_phone else By.PATIENT,
        key=str(public_id),
    )


def context(joint: Joint, *, today: date) -> JointContext:
    """What is known of the joint besides its diary. Kinds of which the patient has nothing cost no query."""
    joints: list[Mapping[str, Any]] = list(_joints_with_what_they_have(joint.patient_id))
    this = next(row for row in joints if row["pk"] == joint.pk)
    treatments: list[Treatment] = []
    if any(row["treated"] for row in joints):
        rows = Treatment.objects.filter(joint__patient=joint.patient_id, entered_in_error=False, on__lte=today)
        treatments = list(rows)
    exposures = list(Exposure.objects.filter(patient=joint.patient_id)) if this["exposed"] else []
    known = context_of(
        this["plan__state"] or this["state"],
        this["plan__group"] or "",
        [treatment for treatment in treatments if treatment.joint_id == joint.pk],
        _status(joint, today) if this["asked"] else None,
    )
    states = {row["plan__state"] or row["state"] for row in joints}
    return replace(
        known,
        infection_risks=facts.infection_risks(exposures, treatments, states, today=today),
        bisphosphonates=facts.bisphosphonates(exposures),
        scores=facts.scores(joint) if this["scored"] else (),
        images=facts.images(joint) if this["imaged"] else (),
        steroid_courses=(
            facts.steroid_courses(exposures, today=today) if facts.stands_for_all(joints) == joint.pk else ()
        ),
    )


def _joints_with_what_they_have(patient_id: int) -> Iterable[Mapping[str, Any]]:
    """The person's joints, and of which kinds of record there is anything at all."""
    this = OuterRef("pk")
    rows = Joint.objects.filter(patient=patient_id).annotate(
        treated=Exists(Treatment.objects.filter(joint=this)),
        asked=Exists(SymptomStatus.objects.filter(joint=this)),
        scored=Exists(Score.objects.filter(joint=this)),
        imaged=Exists(Finding.objects.filter(joint=this)),
        exposed=Exists(Exposure.objects.filter(patient=patient_id)),
    )
    return rows.values("pk", "state", "plan__state", "plan__group", "treated", "asked", "scored", "imaged", "exposed")


def _status(joint: Joint, today: date) -> SymptomStatus | None:
    said = SymptomStatus.objects.filter(joint=joint, entered_in_error=False, on__lte=today)
    return said.order_by("-on", "-pk").first()


def context_of(state: str, group: str, treatments: Sequence[Treatment], status: SymptomStatus | None) -> JointContext:
    """State and group are the plan's, which knows better than what was once said of the joint."""
    return JointContext(
        kind=_kind(state),
        asymptomatic=None if status is None or status.value == YesNo.NOT_KNOWN else status.value == YesNo.NO,
        large=group in LARGE,
        operations=tuple(Operation(t.on, kind) for t in treatments if (kind := _operation(t.code))),
        non_weight_bearing=tuple(Order(t.on, t.until) for t in treatments if t.code == "WBR"),
        aid_ordered=tuple(Order(t.on, t.until) for t in treatments if t.code in ("WBR", "FTW")),
    )


@dataclass(frozen=True, slots=True)
class Silence:
    """An expected logger who was asked, or cannot be asked, and has not written since."""

    interval_days: int
    answer_by: datetime


def with_silence(known: JointContext, silence: Silence, flags: Iterable[Flag]) -> JointContext:
    grave = any(flag.closed_at is None and flag.severity != Flag.Severity.YELLOW for flag in flags)
    return replace(known, log_interval_days=silence.interval_days, answer_by=silence.answer_by, flag_open=grave)


def flags_before(flags: Iterable[Flag]) -> list[StoredFlag]:
    """Stored flags as the rules must know them."""
    return [
        StoredFlag(
            opened_at=flag.opened_at,
            severity=Severity(flag.severity),
            kind=Kind(flag.kind),
            rules=frozenset(hit["rule"] for hit in flag.hits),
            closed_at=flag.closed_at,
            outcome=Outcome(flag.usual_after or Outcome.REBASELINE),
            snoozed_to=flag.snoozed_to,
        )
        for flag in flags
    ]


def _kind(state: str) -> JointKind:
    if state == Joint.State.REPLACED:
        return JointKind.IMPLANT
    return JointKind.LESION if state == Joint.State.LESION else JointKind.NO_LESION


def _operation(code: str) -> OperationKind | None:
    if code in REPLACEMENTS:
        return OperationKind.ARTHROPLASTY
    return OperationKind.PRESERVING if code in OPERATIONS else None
