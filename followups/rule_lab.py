"""Thresholds tried on the clinic's own last year, before they may judge anybody.

A run judges the clinic's diaries again, each entry when it came and each flag reviewed a week after it opened
(`clinical.worsening.replay`), once with the policy in force and once with the draft. It goes through the joints in
slices and keeps what it has found after each batch, so that a worker that dies costs one batch. It changes no record.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from time import monotonic
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from accounts import audit
from accounts.models import Clinic, User
from clinical.worsening import NOT_OF_A_DIARY, Entry, JointContext, JointKind, OperationKind, Policy, Raised, replay
from clinical.worsening.backtest import Row
from clinical.worsening.diary import in_order
from followups import diaries, facts, policies
from followups.models import Flag, JointPlan, PolicyRun, PolicyVersion
from patients.models import Exposure, Joint, PainLog, SymptomStatus, Treatment

logger = logging.getLogger(__name__)

YEAR = timedelta(days=365)
LEARNT_IN = timedelta(days=400)  # longer than any rule looks back: what is usual is learnt before the year begins
SILENT = timedelta(minutes=2)  # a worker that has said nothing for so long is dead
GOOD_FOR = timedelta(days=30)  # a run on older records says little about the next weeks
BATCH = 100  # joints between two signs of life
# A stored flag and one of the run are about the same thing when they opened so close together.
NEAR = timedelta(days=14)
NAMED = 200  # missed worsenings that are named; the count says how many there are

Outcome = Flag.Outcome
CONFIRMED = frozenset({Outcome.IMAGING, Outcome.TREATMENT, Outcome.REFERRED})

Pair = list[int]  # with the policy in force, with the draft


def _pair() -> Pair:
    return [0, 0]


@dataclass
class Tally:
    """What a run has found so far. Every pair is [in force, draft]."""

    entries: int = 0
    weeks: dict[str, Pair] = field(default_factory=dict)  # by the Monday of the week
    rules: dict[str, Pair] = field(default_factory=dict)  # "7.amber"
    # What became of the flags in fact: acted, not_acted, open, nobody (no flag was open then).
    became: dict[str, Pair] = field(default_factory=dict)
    confirmed: int = 0  # flags of a diary that staff closed with imaging, treatment or a referral
    seen: Pair = field(default_factory=_pair)  # of those
    missed: list[tuple[str, bool]] = field(
        default_factory=list
    )  # [flag's public id, whether the policy in force sees it]

    @property
    def raised(self) -> Pair:
        return [sum(pair[which] for pair in self.rules.values()) for which in (0, 1)]


class Diary(NamedTuple):
    """One joint as a run needs it."""

    joint: Joint
    context: JointContext
    entries: list[Entry]
    flags: list[Flag]


class Standing(StrEnum):
    """Where a draft is on its way."""

    NOT_TRIED = "not_tried"
    RUNNING = "running"
    CHANGED = "changed"  # it, or what is in force, is no longer what was tried
    OLD = "old"
    INCOMPLETE = "incomplete"  # some joints could not be judged
    READY = "ready"


def newest_run(draft: PolicyVersion) -> PolicyRun | None:
    return draft.runs.select_related("asked_by").order_by("-asked_at", "-pk").first()


def standing(draft: PolicyVersion, run: PolicyRun | None, *, now: datetime) -> Standing:
    if run is None:
        return Standing.NOT_TRIED
    if run.draft != draft.data or run.in_force != policies.as_data(policies.in_force(draft.clinic)[1]):
        return Standing.CHANGED
    if run.finished_at is None:
        return Standing.RUNNING
    if run.joints_failed:
        return Standing.INCOMPLETE
    return Standing.READY if now - run.until <= GOOD_FOR else Standing.OLD


@transaction.atomic
def start(clinic: Clinic, *, by: User, role: str, now: datetime, seen: int) -> PolicyRun:
    """Ask for a run on exactly this draft. One that is under way on it goes on; one on an older draft ends."""
    policies.lock(clinic, role)
    draft = policies.draft_of(clinic)
    if draft is None or draft.version != seen:
        raise policies.Stale
    run = newest_run(draft)
    if run and standing(draft, run, now=now) is Standing.RUNNING:
        return run
    PolicyRun.objects.at(clinic).working().delete()
    run = PolicyRun.objects.create(
        clinic=clinic,
        policy=draft,
        draft=draft.data,
        in_force=policies.as_data(policies.in_force(clinic)[1]),
        since=now - YEAR,
        until=now,
        asked_at=now,
        asked_by=by,
    )
    audit.record(audit.Action.CREATE, clinic=clinic, by=by, now=now, subject=run, detail={"number": draft.number})
    return run


@transaction.atomic
def approve(clinic: Clinic, *, by: User, role: str, now: datetime, seen: int) -> PolicyVersion:
    """Put the draft in force. Needs a finished run on exactly this draft, and somebody who did not write it."""
    policies.lock(clinic, role)
    draft = policies.draft_of(clinic)
    if draft is None or draft.version != seen:
        raise policies.Stale
    if draft.written_by_id == by.pk:
        raise PermissionDenied
    if standing(draft, newest_run(draft), now=now) is not Standing.READY:
        raise policies.Stale
    before = policies.in_force(clinic)[1]
    draft.activated_at, draft.activated_by = now, by
    draft.save(update_fields=["activated_at", "activated_by"])
    changed = policies.said(policies.changes(before, policies.read(draft.data)))
    policies.record(audit.Action.UPDATE, draft, by=by, now=now, activated=True, changed=changed)
    return draft


def abandoned(*, now: datetime) -> list[int]:
    """Runs that should go on and that nobody is working on."""
    return list(PolicyRun.objects.abandoned(before=now - SILENT).values_list("pk", flat=True))


def go_on(run_id: int, *, now: datetime, slice_: timedelta) -> bool:
    """Work for a while; True when nothing is left to do, or another worker has it."""
    if not PolicyRun.objects.filter(pk=run_id).claim(now=now, before=now - SILENT):
        return True
    run = PolicyRun.objects.select_related("clinic").get(pk=run_id)
    if run.joints is None:
        run.joints = _joints(run).count()
        PolicyRun.objects.filter(pk=run.pk).update(joints=run.joints)
    started = monotonic()
    while (gone := timedelta(seconds=monotonic() - started)) < slice_:
        batch = list(_joints(run).filter(pk__gt=run.last_joint).order_by("pk").select_related("patient")[:BATCH])
        if not batch:
            PolicyRun.objects.working().filter(pk=run.pk).update(finished_at=now + gone, joints=F("joints_done"))
            return True
        if not _take(run, batch, at=now + gone):
            return True
    PolicyRun.objects.working().filter(pk=run.pk).update(beat_at=None)  # the next slice may have it at once
    return False


def _joints(run: PolicyRun) -> QuerySet[Joint]:
    """Those with an entry in the run's year."""
    entry = PainLog.objects.filter(
        joint=OuterRef("pk"), entered_in_error=False, felt_at__gt=run.since, felt_at__lte=run.until
    )
    return Joint.objects.filter(Exists(entry), patient__clinic=run.clinic_id)


def _take(run: PolicyRun, batch: Sequence[Joint], *, at: datetime) -> bool:
    """Judge these joints and keep the sums; False if the run has ended or another worker went on with it."""
    tally, failed = Tally(**run.result), run.joints_failed
    in_force, draft = policies.read(run.in_force), policies.read(run.draft)
    for diary in read(batch, since=run.since, until=run.until):
        try:
            count(tally, diary, in_force, draft, since=run.since, zone=ZoneInfo(run.clinic.time_zone))
        except Exception:
            logger.exception("policy run %s: joint %s was not judged", run.pk, diary.joint.pk)
            failed += 1
    mine = PolicyRun.objects.working().filter(pk=run.pk, last_joint=run.last_joint)
    kept: dict[str, Any] = {
        "last_joint": batch[-1].pk,
        "joints_done": run.joints_done + len(batch),
        "joints_failed": failed,
        "result": asdict(tally),
    }
    for name, value in kept.items():
        setattr(run, name, value)
    return mine.update(**kept, beat_at=at) == 1


def read(joints: Sequence[Joint], *, since: datetime, until: datetime) -> Iterable[Diary]:
    """The joints' diaries with what is known around them, in six queries however many there are."""
    ids = [joint.pk for joint in joints]
    plans = {plan.joint_id: plan for plan in JointPlan.objects.filter(joint__in=ids)}
    valid = {"joint__in": ids, "entered_in_error": False, "on__lte": until.date()}
    treatments: dict[int, list[Treatment]] = defaultdict(list)
    for treatment in Treatment.objects.filter(**valid):
        treatments[treatment.joint_id].append(treatment)
    # How the joint was when the year began: what it said later is what the rules have to find.
    early = SymptomStatus.objects.filter(**valid | {"on__lte": since.date()}).order_by("on", "pk")
    statuses = {status.joint_id: status for status in early}
    flags: dict[int, list[Flag]] = defaultdict(list)
    for flag in Flag.objects.filter(joint__in=ids, opened_at__gt=since - NEAR, opened_at__lte=until):
        flags[flag.joint_id].append(flag)
    exposures: dict[int, list[Exposure]] = defaultdict(list)
    drugs = Exposure.objects.filter(patient__joints__in=ids, kind=Exposure.Kind.BISPHOSPHONATE)
    for exposure in drugs.distinct():
        exposures[exposure.patient_id].append(exposure)
    rows = _rows(joints, until)
    for joint in joints:
        plan = plans.get(joint.pk)
        state, group = (plan.state, plan.group) if plan else (joint.state, "")
        known = replace(
            diaries.context_of(state, group, treatments[joint.pk], statuses.get(joint.pk)),
            bisphosphonates=facts.bisphosphonates(exposures[joint.patient_id]),
        )
        yield Diary(joint, _then(known, since.date()), rows[joint.pk], flags[joint.pk])


def _then(context: JointContext, since: date) -> JointContext:
    """A joint that was replaced during the year had its lesion until then; the operation's own day tells the rules."""
    late = any(done.on > since and done.kind is OperationKind.ARTHROPLASTY for done in context.operations)
    return replace(context, kind=JointKind.LESION) if late and context.kind is JointKind.IMPLANT else context


def _rows(joints: Sequence[Joint], until: datetime) -> dict[int, list[Entry]]:
    zones = {joint.pk: joint.patient.zone for joint in joints}
    found: dict[int, list[Entry]] = defaultdict(list)
    logs = PainLog.objects.filter(
        joint__in=zones, entered_in_error=False, felt_at__gt=until - LEARNT_IN, felt_at__lte=until
    )
    for joint_id, *row in logs.values_list("joint_id", *diaries.COLUMNS).iterator():
        found[joint_id].append(diaries.entry(row, zones[joint_id]))
    for entries in found.values():
        entries.sort(key=in_order)
    return found


def count(tally: Tally, diary: Diary, in_force: Policy, draft: Policy, *, since: datetime, zone: ZoneInfo) -> None:
    """Add one joint. Entries from before the year teach the rules what is usual; what they raised then is left out."""
    raised = [_raised(diary, policy, since) for policy in (in_force, draft)]
    tally.entries += sum(entry.felt_at > since for entry in diary.entries)
    for which, found in enumerate(raised):
        for one in found:
            on = one.opened_at.astimezone(zone).date()
            _add(tally.weeks, (on - timedelta(days=on.weekday())).isoformat(), which)
            _add(tally.rules, f"{one.rule}.{one.severity}", which)
            _add(tally.became, _became(one, diary.flags), which)
    for flag in diary.flags:
        if flag.outcome in CONFIRMED and flag.opened_at > since and flag.rule not in NOT_OF_A_DIARY:
            _confirmed(tally, flag, raised)


def _raised(diary: Diary, policy: Policy, since: datetime) -> list[Raised]:
    rows = (Row("", "", entry) for entry in diary.entries)
    return [one for one in replay(rows, context=diary.context, policy=policy) if one.opened_at > since]


def _add(pairs: dict[str, Pair], key: str, which: int) -> None:
    pairs.setdefault(key, _pair())[which] += 1


def _became(one: Raised, flags: Sequence[Flag]) -> str:
    near = [flag for flag in flags if abs(flag.opened_at - one.opened_at) <= NEAR]
    if not near:
        return "nobody"
    if any(flag.outcome and flag.outcome not in Flag.NOT_ACTED for flag in near):
        return "acted"
    return "not_acted" if any(flag.outcome for flag in near) else "open"


def _confirmed(tally: Tally, flag: Flag, raised: Sequence[Sequence[Raised]]) -> None:
    sees = [any(abs(flag.opened_at - one.opened_at) <= NEAR for one in found) for found in raised]
    tally.confirmed += 1
    tally.seen = [n + seen for n, seen in zip(tally.seen, sees, strict=True)]
    if not sees[1] and len(tally.missed) < NAMED:
        tally.missed.append((str(flag.public_id), sees[0]))
