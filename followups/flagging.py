"""Flags: opened by rules, owned by people, closed only with an outcome and a next step.

`clinical.worsening` says what a diary shows; here it is kept. One open flag per joint: later hits join it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import access, audit, clock
from accounts.models import Clinic, Membership, User
from clinical import worsening
from followups import diaries, opening_days
from followups.models import Flag, FlagEvent, Heartbeat
from patients.models import Joint, PainLog, Patient

# Opening days until a flag must have been reviewed (clinical.md 5.4: same day, 5 working days, 14 days).
CLOCK_DAYS = {"red": 1, "amber": 5, "yellow": 14}
RANK = {"red": 0, "amber": 1, "yellow": 2}


def judge_log(log_id: int, *, now: datetime) -> str:
    """Judge the diary that a log belongs to. Empty: done; otherwise why it was skipped."""
    log = PainLog.objects.select_related("joint").filter(pk=log_id, judged_at=None).first()
    if log is None:
        return "judged already"
    judge_joint(log.joint, now=now)
    return ""


@transaction.atomic
def judge_joint(joint: Joint, *, now: datetime) -> Flag | None:
    """Judge a whole diary anew; every log in it counts as judged. The flag that is open afterwards, if any.

    The patient's row is the lock: two workers judging one joint would otherwise both open a flag.
    """
    patient = Patient.objects.select_for_update().select_related("clinic").get(pk=joint.patient_id)
    waiting = list(PainLog.objects.filter(joint=joint, judged_at=None).values_list("pk", flat=True))
    judgement = worsening.judge(
        diaries.entries(joint, zone=patient.zone, now=now),
        diaries.context(joint, today=clock.day_of(now, patient.clinic)),
        worsening.DEFAULT,
        now=now,
        flags_before=diaries.flags_before(joint, now=now),
    )
    flag = Flag.objects.open().filter(joint=joint).first()
    if flag is None and judgement.opens:
        flag = _open(patient, joint, judgement.opens, now=now)
    elif flag and judgement.joins:
        _join(flag, patient.clinic, judgement.joins, now=now)
    PainLog.objects.filter(pk__in=waiting).update(judged_at=now)
    Heartbeat.objects.update_or_create(machine="judging", defaults={"at": now})
    return flag


def _open(patient: Patient, joint: Joint, raised: worsening.Flag, *, now: datetime) -> Flag:
    severity, chief = str(raised.severity), _chief(raised.findings)
    flag = Flag.objects.create(
        clinic=patient.clinic,
        patient=patient,
        joint=joint,
        severity=severity,
        severity_rank=RANK[severity],
        rule=chief.rule.number,
        kind=str(raised.kind),
        policy_version=worsening.DEFAULT.version,
        sentence=chief.as_json()["why"],
        evidence=chief.as_json(),
        hits=[finding.as_json() for finding in raised.findings],
        opened_at=now,
        due_at=opening_days.end_of_clock(patient.clinic, now, days=CLOCK_DAYS[severity]),
    )
    flag.logs.set(_logs(raised.findings))
    _note(flag, "opened", by=None, now=now)
    audit.record(
        audit.Action.CREATE, clinic=patient.clinic, by=None, now=now, subject=flag, patient_id=patient.public_id
    )
    return flag


def _join(flag: Flag, clinic: Clinic, findings: Iterable[worsening.Finding], *, now: datetime) -> None:
    """More evidence for the flag that is open; a graver one makes it graver and restarts its clock."""
    flag.hits = [*flag.hits, *(finding.as_json() for finding in findings)]
    chief = _chief(findings)
    if RANK[str(chief.severity)] < flag.severity_rank:
        flag.severity, flag.severity_rank = str(chief.severity), RANK[str(chief.severity)]
        flag.rule, flag.sentence, flag.evidence = chief.rule.number, chief.as_json()["why"], chief.as_json()
        due_at = opening_days.end_of_clock(clinic, now, days=CLOCK_DAYS[flag.severity])
        flag.due_at, flag.escalated_at = min(flag.due_at, due_at), None
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


def claim(flag: Flag, *, by: User, now: datetime) -> bool:
    """Take a flag that nobody has; False if somebody was faster."""
    taken = (
        Flag.objects.open().filter(pk=flag.pk, owner=None).update(owner=by, claimed_at=now, version=F("version") + 1)
    )
    if taken:
        _acted(flag, "claimed", by=by, now=now)
    return taken == 1


@transaction.atomic
def hand_over(flag: Flag, *, to: User, by: User, now: datetime, note: str = "") -> None:
    """Give a flag to a colleague of the same clinic who may answer it. The clock keeps running."""
    member = Membership.objects.filter(user=to, clinic=flag.clinic, user__is_active=True).first()
    if member is None or member.role == access.AUDITOR:
        raise ValidationError({"to": _("Choose somebody who works at this clinic.")})
    if flag.owner_id == to.pk:
        raise ValidationError({"to": _("They have it already.")})
    if (
        not Flag.objects.open()
        .filter(pk=flag.pk, version=flag.version)
        .update(owner=to, claimed_at=now, version=F("version") + 1)
    ):
        raise ValidationError(_("Somebody else changed this flag in the meantime. Look again."))
    _acted(flag, "handed_over", by=by, now=now, note=note or str(to))


@transaction.atomic
def note(flag: Flag, *, by: User, now: datetime, text: str) -> None:
    """Something was said or done about it; the flag stays open."""
    _acted(flag, "contacted", by=by, now=now, note=text)


@transaction.atomic
def close(
    flag: Flag, *, by: User, role: str, now: datetime, outcome: str, next_step: str, note: str = "", **usual: Any
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
    closed = Flag.objects.open().filter(pk=flag.pk, version=flag.version).update(
        closed_at=now, closed_by=by, outcome=outcome, next_step=next_step.strip(), note=note,
        version=F("version") + 1, **usual,
    )  # fmt: skip
    if not closed:
        raise ValidationError(_("Somebody else changed this flag in the meantime. Look again."))
    _acted(flag, "closed", by=by, now=now, note=outcome)


def escalate(flag_id: int, *, now: datetime) -> str:
    """A flag past its clock is shown to the lead. Empty: done; otherwise why it was skipped."""
    late = Flag.objects.past_clock(now=now).filter(pk=flag_id, escalated_at=None)
    if not late.update(escalated_at=now, version=F("version") + 1):
        return "escalated already"
    _note(Flag.objects.get(pk=flag_id), "escalated", by=None, now=now)
    return ""


def _acted(flag: Flag, what: str, *, by: User, now: datetime, note: str = "") -> None:
    _note(flag, what, by=by, now=now, note=note)
    audit.record(
        audit.Action.UPDATE,
        clinic=flag.clinic,
        by=by,
        now=now,
        subject=flag,
        patient_id=flag.patient.public_id,
        detail={"what": what},
    )


def _note(flag: Flag, what: str, *, by: User | None, now: datetime, note: str = "") -> None:
    FlagEvent.objects.create(flag=flag, at=now, by=by, what=what, note=note[:500])
