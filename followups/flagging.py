"""Flags: opened by rules, owned by people, closed only with an outcome and a next step.

`clinical.worsening` says what a diary shows; here it is kept. One open flag per joint: later hits join it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.dispatch import receiver
from django.utils.translation import gettext as _

from accounts import access, audit, clock
from accounts.models import Clinic, Membership, MembershipQuerySet, User
from accounts.templatetags.words import full_day
from clinical import worsening
from clinical.worsening import Policy
from followups import diaries, opening_days, overriding, policies, telling, words
from followups.models import DiaryMemory, Flag, FlagEvent, FollowUp, Heartbeat, JointPlan
from patients.models import Exposure, Finding, ImagingStudy, Joint, PainLog, Patient, Score
from patients.signals import record_changed

# Opening days until a flag must have been reviewed (clinical.md 5.4: same day, 5 working days, 14 days).
CLOCK_DAYS = {"red": 1, "amber": 5, "yellow": 14}
LONGEST_SNOOZE = timedelta(days=31)
LOOK_AGAIN = timedelta(days=1)  # while a steroid course may still add up to too much
# What judging an ordinary log reads of these wide rows; the rest is fetched when a flag opens.
READ_TO_JUDGE = ("patient__time_zone", "patient__public_id", "patient__clinic__time_zone")
RANK = {"red": 0, "amber": 1, "yellow": 2}
# What may open a flag without an entry.
SPEAKS_BY_ITSELF = (ImagingStudy, Finding, Exposure, Score)


@receiver(record_changed, dispatch_uid="judge anew")
def _on_record_changed(sender: Any, *, patient: Patient, now: datetime, **kwargs: Any) -> None:
    """The next tick judges the person's joints again; the mark goes only with their judgement."""
    if sender in SPEAKS_BY_ITSELF:
        JointPlan.objects.filter(joint__patient=patient).update(judge_record_at=now)


@transaction.atomic
def judge_record(joint_plan_id: int, *, now: datetime) -> str:
    """Judge a joint whose record has changed. Empty: done; otherwise why it was skipped."""
    plan = JointPlan.objects.select_related("joint__patient__clinic").get(pk=joint_plan_id)
    Patient.objects.select_for_update(no_key=True).get(pk=plan.joint.patient_id)  # before the mark: so does planning
    if not JointPlan.objects.to_judge(now=now).filter(pk=plan.pk).update(judge_record_at=None):
        return "judged already"
    judge_joint(plan.joint, now=now)
    known = diaries.context(plan.joint, today=clock.day_of(now, plan.joint.patient.clinic))
    if worsening.adding_up(known, now):
        JointPlan.objects.filter(pk=plan.pk).update(judge_record_at=now + LOOK_AGAIN)
    return ""


@transaction.atomic
def judge_log(log_id: int, *, now: datetime) -> str:
    """Judge the diary that a log belongs to. Empty: done; otherwise why it was skipped."""
    joint = _locked(Joint.objects.filter(pain_logs=log_id))
    waiting = diaries.waiting(joint, zone=joint.patient.zone)
    if log_id not in {log.pk for log in waiting}:
        return "judged already"
    _judge(joint, waiting, now=now)
    return ""


@transaction.atomic
def judge_joint(joint: Joint, *, now: datetime, silence: diaries.Silence | None = None) -> Flag | None:
    """Judge a joint's diary; every log in it counts as judged. The flag that is open afterwards, if any.

    `silence`: the person was asked why nothing came, and did not answer.
    """
    joint = _locked(Joint.objects.filter(pk=joint.pk))
    return _judge(joint, diaries.waiting(joint, zone=joint.patient.zone), now=now, silence=silence)


def _locked(joints: QuerySet[Joint]) -> Joint:
    """The patient's row is the lock: two workers judging one joint would otherwise both open a flag."""
    mine = (
        joints.select_related("patient__clinic")
        .only(*READ_TO_JUDGE)
        .annotate(
            policy_data=Subquery(policies.newest(OuterRef("patient__clinic"))),
            judging_at=Subquery(Heartbeat.objects.filter(machine="judging").values("at")[:1]),
        )
    )
    return mine.select_for_update(of=("patient",), no_key=True).get()


def _judge(
    joint: Joint, waiting: Sequence[diaries.Waiting], *, now: datetime, silence: diaries.Silence | None = None
) -> Flag | None:
    policy = policies.policy_of(joint.policy_data)  # type: ignore[attr-defined]  # annotated above
    memory = DiaryMemory.objects.filter(joint=joint).values_list("data", flat=True).first()
    going_on = _go_on(joint, memory, waiting, policy, now=now) if memory and not silence else None
    if going_on:
        flag = _open(joint, going_on.opens, version=policy.version, now=now) if going_on.opens else None
        learnt = going_on.memory
    else:
        flag, learnt = _judge_whole(joint, policy, now=now, silence=silence)
    _remember(joint, learnt, known=memory is not None)
    PainLog.objects.filter(pk__in=[log.pk for log in waiting]).update(judged_at=now)
    _beat(joint.judging_at, now)  # type: ignore[attr-defined]  # annotated above
    return flag


def _beat(before: datetime | None, now: datetime) -> None:
    """The sign of life, by the minute: in a busy clinic all workers would wait for this one row."""
    if before is None:
        Heartbeat.objects.update_or_create(machine="judging", defaults={"at": now})
    elif now >= before + timedelta(minutes=1):
        Heartbeat.objects.filter(machine="judging").update(at=now)


def _go_on(
    joint: Joint, memory: dict[str, Any], waiting: Sequence[diaries.Waiting], policy: Policy, *, now: datetime
) -> worsening.Next | None:
    """Judged from what was learnt before. None: the whole diary has to be read."""
    if any(log.taken_back for log in waiting):
        return None

    def recent() -> list[worsening.Entry]:
        since, until = worsening.learnt_between(memory)
        return diaries.entries(joint, zone=joint.patient.zone, since=since, until=until)

    return worsening.judge_next(memory, recent, [log.entry for log in waiting], policy, now=now)


def _judge_whole(
    joint: Joint, policy: Policy, *, now: datetime, silence: diaries.Silence | None
) -> tuple[Flag | None, dict[str, Any] | None]:
    """The flag that is open afterwards, if any, and what was learnt, if it may be gone on from."""
    flags = list(Flag.objects.filter(joint=joint))
    flag = next((flag for flag in flags if flag.closed_at is None), None)
    known = diaries.context(joint, today=clock.day_of(now, joint.patient.clinic))
    known = replace(known, facts_since=_facts_since(flags, policy, now))
    judgement = worsening.judge(
        diaries.entries(joint, zone=joint.patient.zone),
        diaries.with_silence(known, silence, flags) if silence else known,
        policy,
        now=now,
        flags_before=diaries.flags_before(flags),
    )
    if flag is None and judgement.opens:
        flag = _open(joint, judgement.opens, version=policy.version, now=now)
    elif flag and judgement.joins:
        _join(flag, joint.patient.clinic, judgement.joins, now=now)
    return flag, None if silence else judgement.memory


def _facts_since(flags: Sequence[Flag], policy: Policy, now: datetime) -> datetime:
    """A record is judged within a minute of its change. What was known long before that is history, but for what stands
    in a flag that is still open."""
    since = now - timedelta(days=policy.history_days)
    return min([since, *(flag.opened_at for flag in flags if flag.closed_at is None)])


def _remember(joint: Joint, memory: dict[str, Any] | None, *, known: bool) -> None:
    mine = DiaryMemory.objects.filter(joint=joint)
    if memory is None:
        if known:
            mine.delete()
    elif known:
        mine.update(data=memory)
    else:
        DiaryMemory.objects.create(joint=joint, data=memory)


def _open(joint: Joint, raised: worsening.Flag, *, version: int, now: datetime) -> Flag:
    patient, severity, chief = joint.patient, str(raised.severity), _chief(raised.findings)
    due_at = _due(patient.clinic, severity, now)
    flag = Flag.objects.create(
        clinic=patient.clinic,
        patient=patient,
        joint=joint,
        severity=severity,
        severity_rank=RANK[severity],
        rule=chief.rule.number,
        kind=str(raised.kind),
        policy_version=version,
        sentence=chief.as_json()["why"],
        evidence=chief.as_json(),
        hits=[finding.as_json() for finding in raised.findings],
        opened_at=now,
        due_at=due_at,
        escalates_at=_nobody_took_it(patient.clinic, severity, now, due_at),
    )
    flag.logs.set(_logs(raised.findings))
    _note(flag, "opened", by=None, now=now)
    audit.record(
        audit.Action.CREATE, clinic=patient.clinic, by=None, now=now, subject=flag, patient_id=patient.public_id
    )
    if severity == Flag.Severity.RED:
        telling.urgent(flag, now=now)
    return flag


def _due(clinic: Clinic, severity: str, now: datetime) -> datetime:
    if severity == Flag.Severity.RED:
        return opening_days.end_of_day(clinic, now)
    return opening_days.end_of_clock(clinic, now, days=CLOCK_DAYS[severity])


def _nobody_took_it(clinic: Clinic, severity: str, now: datetime, due_at: datetime) -> datetime:
    """When the lead is told of a flag that nobody has taken: half way of a red one's day, else after an opening day."""
    if severity == Flag.Severity.RED:
        return opening_days.half_way(clinic, now, due_at)
    return opening_days.end_of_clock(clinic, now, days=1)


def _join(flag: Flag, clinic: Clinic, findings: Iterable[worsening.Finding], *, now: datetime) -> None:
    """More evidence for the flag that is open; a graver one makes it graver and restarts its clock."""
    flag.hits = [*flag.hits, *(finding.as_json() for finding in findings)]
    chief = _chief(findings)
    if RANK[str(chief.severity)] < flag.severity_rank:
        flag.severity, flag.severity_rank = str(chief.severity), RANK[str(chief.severity)]
        flag.rule, flag.sentence, flag.evidence = chief.rule.number, chief.as_json()["why"], chief.as_json()
        due_at = _due(clinic, flag.severity, now)
        flag.due_at, flag.escalated_at = min(flag.due_at, due_at), None
        flag.escalates_at = None if flag.owner_id else _nobody_took_it(clinic, flag.severity, now, flag.due_at)
        if flag.severity == Flag.Severity.RED:
            telling.urgent(flag, now=now)
    flag.version = F("version") + 1
    flag.save()
    flag.refresh_from_db(fields=["version"])
    flag.logs.add(*_logs(findings))
    _note(flag, "joined", by=None, now=now)


def _chief(findings: Iterable[worsening.Finding]) -> worsening.Finding:
    """The finding that speaks for the flag: the gravest, and of those the newest."""
    return min(findings, key=lambda f: (f.severity.rank, -f.at.timestamp()))


def _logs(findings: Iterable[worsening.Finding]) -> list[PainLog]:
    keys = {entry.key for finding in findings for entry in finding.entries if entry.key}
    return list(PainLog.objects.filter(public_id__in=keys))


@transaction.atomic
def claim(flag: Flag, *, by: User, now: datetime) -> bool:
    """Take a flag that nobody has; False if somebody was faster."""
    taken = Flag.objects.open().filter(pk=flag.pk, owner=None).update(**_owned(by, now))
    if taken:
        _restart_escalation(flag, now=now)
        _acted(flag, "claimed", by=by, now=now)
    return taken == 1


@transaction.atomic
def hand_over(flag: Flag, *, to: User, by: User, now: datetime, note: str = "") -> None:
    """Give a flag to a colleague of the same clinic who may close it. The clock keeps running."""
    if not may_answer(flag.clinic).filter(user=to).exists():
        raise ValidationError({"to": _("Choose a clinician who works at this clinic.")})
    if flag.owner_id == to.pk:
        raise ValidationError({"to": _("They have it already.")})
    _change(flag, **_owned(to, now), told_at=None)  # whoever has it now was not told of it
    flag.owner = to
    if flag.severity == Flag.Severity.RED:
        telling.urgent(flag, now=now, turn=f".{flag.version}")
    _restart_escalation(flag, now=now)
    _acted(flag, "handed_over", by=by, now=now, note=": ".join(filter(None, (str(to), note))))


def may_answer(clinic: Clinic) -> MembershipQuerySet:
    """Those who may own and close flags at a clinic."""
    members = Membership.objects.live().filter(clinic=clinic, role__in=access.CLINICIANS, user__is_active=True)
    return members.select_related("user").order_by("user__name", "pk")


def on_duty(clinic: Clinic) -> User | None:
    """Who stands for a flag that nobody has taken."""
    member = may_answer(clinic).filter(on_duty=True).first()
    return member.user if member else None


@transaction.atomic
def note(flag: Flag, *, by: User, now: datetime, text: str) -> None:
    """Something was said or done about it; the flag stays open."""
    if flag.closed_at:
        raise Stale
    _acted(flag, "contacted", by=by, now=now, note=text)


@transaction.atomic
def close(
    flag: Flag,
    *,
    by: User,
    role: str,
    now: datetime,
    outcome: str,
    next_step: str,
    note: str = "",
    usual_after: str = worsening.Outcome.REBASELINE,
    snoozed_to: datetime | None = None,
    snoozed_level: int | None = None,
) -> None:
    """A clinician's review. Needs an outcome and a next step, also when nothing changes.

    `usual_after` and `snoozed_to` say what the rules take as the person's usual from now on.
    """
    if role not in access.CLINICIANS:
        raise PermissionDenied
    if outcome not in Flag.Outcome.values:
        raise ValidationError({"outcome": _("Choose an outcome.")})
    if not next_step.strip():
        raise ValidationError({"next_step": _("Say what happens next, also when nothing changes.")})
    _change(
        flag, closed_at=now, closed_by=by, outcome=outcome, next_step=next_step.strip(), note=note,
        usual_after=usual_after, snoozed_to=snoozed_to, snoozed_level=snoozed_level,
    )  # fmt: skip
    _acted(flag, "closed", by=by, now=now, note=f"{Flag.Outcome(outcome).label}. {next_step.strip()}")


def snooze(flag: Flag, *, by: User, role: str, now: datetime, level: int, until: date) -> None:
    """A level is expected until a day, at most a month ahead: the rules keep quiet, red ones excepted."""
    clinic = flag.clinic
    today = clock.day_of(now, clinic)
    if not today < until <= today + LONGEST_SNOOZE:
        raise ValidationError({"until": _("Choose a day after today, at most a month ahead.")})
    said = _("Pain up to %(level)s is expected until %(day)s.") % {"level": level, "day": full_day(until)}
    close(
        flag, by=by, role=role, now=now, outcome=Flag.Outcome.EXPECTED, next_step=said,
        usual_after=worsening.Outcome.SNOOZE, snoozed_level=level,
        snoozed_to=datetime.combine(until, time.max, tzinfo=ZoneInfo(clinic.time_zone)),
    )  # fmt: skip


@transaction.atomic
def bring_imaging_forward(
    flag: Flag,
    follow_up: FollowUp | None,
    *,
    studies: Sequence[str],
    to: date,
    owner: User | None,
    by: User,
    now: datetime,
) -> None:
    """Ask for pictures earlier than the protocol does, or where it asks for none. The flag stays open."""
    if flag.closed_at:
        raise Stale
    was = overriding.kept(follow_up) if follow_up else {}
    if follow_up:
        overriding.bring_forward(follow_up, studies=studies, to=to, owner=owner, by=by, now=now)
        follow_up.refresh_from_db(fields=["version"])
    else:
        follow_up = overriding.ask(flag.joint, studies=studies, to=to, owner=owner, by=by, now=now)
    exam = words.exam(tuple(studies), flag.joint.site)
    said = _("%(exam)s by %(day)s") % {"exam": exam, "day": full_day(to)}
    before = {"follow_up": str(follow_up.public_id), "version": follow_up.version, "made": not was, "was": was}
    _acted(flag, "imaging", by=by, now=now, note=said, before=before)


def asked_imaging(flag: Flag) -> FlagEvent | None:
    """The last wish for pictures on this flag, while it still stands as it was made; None: nothing to undo."""
    last = (
        flag.events.filter(what__in=("imaging", "imaging_undone")).order_by("-at", "-pk").select_related("by").first()
    )
    if last is None or last.what != "imaging" or flag.closed_at:
        return None
    same = FollowUp.objects.live().filter(public_id=last.before.get("follow_up"), version=last.before.get("version"))
    return last if same.exists() else None


@transaction.atomic
def undo_imaging(flag: Flag, *, by: User, now: datetime) -> None:
    """As it was before pictures were asked for."""
    event = asked_imaging(flag)
    if event is None:
        raise Stale
    follow_up = FollowUp.objects.select_related("clinic", "patient").get(public_id=event.before["follow_up"])
    overriding.take_back(follow_up, event.before, by=by, now=now)
    _acted(flag, "imaging_undone", by=by, now=now, note=event.note)


class Stale(Exception):
    """Somebody else changed the flag in the meantime; nothing was done."""


def _change(flag: Flag, **values: Any) -> None:
    """Change an open flag that is still as the person saw it."""
    same = Flag.objects.open().filter(pk=flag.pk, version=flag.version)
    if not same.update(**({"version": F("version") + 1} | values)):
        raise Stale


def _owned(by: User, now: datetime) -> dict[str, Any]:
    return {"owner": by, "claimed_at": now, "escalates_at": None, "version": F("version") + 1}


def _restart_escalation(flag: Flag, *, now: datetime) -> None:
    """The lead was told because nobody had it. Now somebody has, and the end of the clock counts again."""
    Flag.objects.filter(pk=flag.pk, due_at__gte=now).update(escalated_at=None)


def escalate(flag_id: int, *, now: datetime) -> str:
    """The lead is told of a flag past its clock, or not taken. Empty: done; otherwise why it was skipped."""
    with transaction.atomic():
        if not Flag.objects.to_escalate(now=now).filter(pk=flag_id).update(escalated_at=now, version=F("version") + 1):
            return "escalated already"
        flag = Flag.objects.select_related("clinic").get(pk=flag_id)
        _note(flag, "escalated", by=None, now=now)
        telling.escalated(flag, now=now)
    return ""


def left_behind() -> QuerySet[Flag]:
    """Open flags of people who no longer answer flags at that clinic."""
    answering = Membership.objects.live().filter(
        user=OuterRef("owner"), clinic=OuterRef("clinic"), role__in=access.CLINICIANS, user__is_active=True
    )
    return Flag.objects.open().filter(~Exists(answering), owner__isnull=False)


@transaction.atomic
def free(flag_id: int, *, now: datetime) -> str:
    """Nobody's again, and the lead hears of it at once."""
    flag = left_behind().filter(pk=flag_id).select_related("owner").first()
    if flag is None:
        return "taken by another"
    Flag.objects.filter(pk=flag.pk, owner=flag.owner).update(
        owner=None, claimed_at=None, escalates_at=now, escalated_at=None, version=F("version") + 1
    )
    _note(flag, "released", by=None, now=now, note=str(flag.owner))
    return ""


def note_silence(flag: Flag, *, said: str, now: datetime) -> None:
    """The card's history tells that the person was asked, and how."""
    _note(flag, "quiet", by=None, now=now, note=said)


def _acted(
    flag: Flag, what: str, *, by: User, now: datetime, note: str = "", before: dict[str, Any] | None = None
) -> None:
    _note(flag, what, by=by, now=now, note=note, before=before)
    audit.record(
        audit.Action.UPDATE,
        clinic=flag.clinic,
        by=by,
        now=now,
        subject=flag,
        patient_id=flag.patient.public_id,
        detail={"what": what},
    )


def _note(
    flag: Flag,
    what: str,
    *,
    by: User | None,
    now: datetime,
    note: str = "",
    before: dict[str, Any] | None = None,
) -> None:
    FlagEvent.objects.create(flag=flag, at=now, by=by, what=what, note=note[:500], before=before or {})
