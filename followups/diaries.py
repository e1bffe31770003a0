"""A stored diary as the values that the worsening rules judge."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

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
from clinical.worsening.findings import Kind
from followups.models import Flag, JointPlan
from patients.models import Joint, PainLog, SymptomStatus, Treatment, YesNo

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
    "wants_review": Tick.WANTS_REVIEW,
}
COLUMNS = ("public_id", "felt_at", "entered_at", "nrs", "aid", "distance", "by_phone", *TICKS)


class Log(NamedTuple):
    """A stored log as the rules see it, and where it stands."""

    pk: int
    in_error: bool
    judged: bool
    entry: Entry


def entries(joint: Joint, *, zone: ZoneInfo) -> list[Entry]:
    """The joint's whole diary, corrections taken into account."""
    logs = PainLog.objects.filter(joint=joint, entered_in_error=False)
    return [entry(row, zone) for row in logs.values_list(*COLUMNS)]


def newest(joint: Joint, *, zone: ZoneInfo, since: datetime) -> list[Log]:
    """What was felt since then, and whatever was never judged; also what was taken back."""
    logs = PainLog.objects.filter(Q(felt_at__gte=since) | Q(judged_at=None), joint=joint)
    rows = logs.values_list("pk", "entered_in_error", "judged_at", *COLUMNS)
    return [Log(pk, in_error, judged_at is not None, entry(row, zone)) for pk, in_error, judged_at, *row in rows]


def entry(row: Sequence[Any], zone: ZoneInfo) -> Entry:
    """One stored log, its `COLUMNS` in a row."""
    public_id, felt_at, entered_at, nrs, aid, distance, by_phone, *ticks = row
    return Entry(
        felt_at=felt_at.astimezone(zone),
        nrs=nrs,
        ticks=frozenset(tick for tick, on in zip(TICKS.values(), ticks, strict=True) if on),
        aid=aid,
        distance=distance,
        recorded_at=entered_at,
        by=By.STAFF if by_phone else By.PATIENT,
        key=str(public_id),
    )


def context(joint: Joint, *, today: date) -> JointContext:
    """What is known of the joint besides its diary."""
    plan = JointPlan.objects.filter(joint=joint).first()
    treatments = Treatment.objects.filter(joint=joint, entered_in_error=False, on__lte=today)
    status = (
        SymptomStatus.objects.filter(joint=joint, entered_in_error=False, on__lte=today).order_by("-on", "-pk").first()
    )
    return context_of(joint.state, plan, list(treatments), status)


def context_of(
    state: str, plan: JointPlan | None, treatments: Sequence[Treatment], status: SymptomStatus | None
) -> JointContext:
    """`state` is the joint's own, which the plan may know better."""
    return JointContext(
        kind=_kind(plan.state if plan else state),
        asymptomatic=None if status is None or status.value == YesNo.NOT_KNOWN else status.value == YesNo.NO,
        large=bool(plan and plan.group in ("large", "not_sized")),
        operations=tuple(Operation(t.on, kind) for t in treatments if (kind := _operation(t.code))),
        non_weight_bearing=tuple(Order(t.on, t.until) for t in treatments if t.code == "WBR"),
        aid_ordered=tuple(Order(t.on, t.until) for t in treatments if t.code in ("WBR", "FTW")),
    )


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
