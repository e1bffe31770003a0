"""Gone quiet (rule 16): who is expected to log and stops is asked once, gently; then it is a person's work.

`look` is the level: it asks the diaries whether somebody has stopped, and when to look again. An ask is a row, unique
for each silence; its message leaves as any other does: claim, act, record.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.dispatch import receiver
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.templatetags.words import full_day
from followups import diaries, flagging, gateways, messages, policies, reminding, sending
from followups.models import DiaryAsk, Flag, PatientPlan
from patients.models import Joint, PainLog, Patient
from patients.signals import record_changed

A_DAY = timedelta(days=1)


@receiver(record_changed, sender=Patient, dispatch_uid="expected to log")
def _on_record_changed(sender: Any, *, patient: Patient, now: datetime, **kwargs: Any) -> None:
    """Begin to look, or stop. Who is expected from today on is not quiet yet."""
    plan = PatientPlan.objects.filter(patient=patient).first()
    if plan is None:
        return
    at = now + _quiet_after(patient) if _expected(patient) else None
    if at and plan.diary_look_at:
        at = min(at, plan.diary_look_at)
    if at != plan.diary_look_at:
        PatientPlan.objects.filter(pk=plan.pk).update(diary_look_at=at)


def _expected(patient: Patient) -> bool:
    return patient.logs_every is not None and patient.ended_on is None


def _quiet_after(patient: Patient) -> timedelta:
    return timedelta(days=policies.in_force(patient.clinic)[1].quiet_intervals * (patient.logs_every or 0))


def to_look_at(now: datetime) -> Iterable[int]:
    return PatientPlan.objects.filter(diary_look_at__lte=now).order_by("diary_look_at").values_list("pk", flat=True)


@transaction.atomic
def look(plan_id: int, *, now: datetime) -> str:
    """Ask somebody who has gone quiet. Empty: asked; otherwise why not."""
    plan = PatientPlan.objects.select_related("patient__clinic").get(pk=plan_id)
    patient = plan.patient
    again: datetime | None = None
    reason = "not expected"
    if _expected(patient):
        last, quiet = last_entry(patient), _quiet_after(patient)
        again, reason = (last or now) + quiet, "not quiet"
        if last is not None and now > last + quiet:
            again, reason = (now + quiet, "") if _matters(patient) else (now + A_DAY, "nothing is open")
            reason = reason or _ask(patient, last, now=now)
    PatientPlan.objects.filter(pk=plan.pk).update(diary_look_at=again)
    return reason


def last_entry(patient: Patient) -> datetime | None:
    """When the person last wrote, or said how it was, of any joint."""
    logs = PainLog.objects.filter(joint__patient=patient, entered_in_error=False)
    newest = logs.aggregate(felt=Max("felt_at"), entered=Max("entered_at"))
    return max(newest["felt"], newest["entered"]) if newest["felt"] else None


def _matters(patient: Patient) -> Joint | None:
    """The joint at which silence is told: the gravest open flag, else a large lesion; only one with a diary."""
    newest = PainLog.objects.filter(joint=OuterRef("pk"), entered_in_error=False).order_by("-felt_at")
    grave = Flag.objects.open().filter(joint=OuterRef("pk")).exclude(severity=Flag.Severity.YELLOW)
    joints = Joint.objects.filter(patient=patient).annotate(
        newest=Subquery(newest.values("felt_at")[:1]), rank=Subquery(grave.values("severity_rank")[:1])
    )
    with_diary = joints.filter(newest__isnull=False).order_by("-newest", "pk")
    flagged = with_diary.filter(rank__isnull=False).order_by("rank", "-newest", "pk").first()
    return flagged or with_diary.filter(plan__state=Joint.State.LESION, plan__group__in=diaries.LARGE).first()


def _ask(patient: Patient, last: datetime, *, now: datetime) -> str:
    ways = reminding.channels(patient)
    _ask_row, is_new = DiaryAsk.objects.get_or_create(
        patient=patient,
        last_entry_at=last,
        defaults={
            "clinic": patient.clinic,
            "made_at": now,
            "due_at": now,
            **({"channel": ways[0]} if ways else {"status": "failed", "outcome": "no_channel", "answer_by": now}),
        },
    )
    return "" if is_new else "asked already"


# --- The message -----------------------------------------------------------------------------------------------------
def _rows() -> QuerySet[DiaryAsk]:
    return DiaryAsk.objects.select_related("patient__clinic", "clinic")


def _not_now(ask: DiaryAsk, now: datetime) -> str:
    return "quiet hours" if reminding.quiet(ask.patient, now=now) else ""


def _no_longer(ask: DiaryAsk, now: datetime) -> str:
    wanted = _expected(ask.patient) and not _answered(ask) and _matters(ask.patient)
    return "" if wanted else "no longer needed"


def _hand_over(ask: DiaryAsk) -> None:
    patient, clinic = ask.patient, ask.clinic
    if ask.channel not in reminding.channels(patient):
        raise gateways.Refused("not_allowed")
    with translation.override(patient.language):
        if ask.channel == DiaryAsk.Channel.SMS:
            gateways.send_sms(to=patient.phone, text=messages.diary_sms(clinic), key=ask.key)
        else:
            text = messages.diary_email(clinic)
            gateways.send_email(to=patient.email, subject=messages.subject(), text=text, key=ask.key)


def _sent(ask: DiaryAsk, now: datetime) -> None:
    policy = policies.in_force(ask.clinic)[1]
    DiaryAsk.objects.filter(pk=ask.pk).update(answer_by=now + timedelta(days=policy.quiet_answer_days))


def _failed(ask: DiaryAsk, code: str, now: datetime) -> None:
    """The next way that is allowed, once; else it is a person's work at once."""
    mine = DiaryAsk.objects.filter(pk=ask.pk)
    others = [way for way in reminding.channels(ask.patient) if way != ask.channel]
    if ask.channel == DiaryAsk.Channel.SMS and others and code != sending.BROKEN:
        mine.update(status=DiaryAsk.Status.QUEUED, channel=others[0], claimed_at=None, attempts=0, due_at=now)
    else:
        mine.update(answer_by=now)


ASKS = sending.Kind(_rows, _no_longer, _hand_over, _failed, _not_now, _sent)


# --- No answer -------------------------------------------------------------------------------------------------------
def not_answered(now: datetime) -> Iterable[int]:
    waiting = DiaryAsk.objects.filter(answer_by__lt=now, ended_at=None)
    return waiting.order_by("answer_by").values_list("pk", flat=True)


@transaction.atomic
def hand_over(ask_id: int, *, now: datetime) -> str:
    """The rules raise it at the joint that matters. Empty: done; otherwise why not."""
    mine = DiaryAsk.objects.filter(pk=ask_id, answer_by__lt=now, ended_at=None)
    ask = mine.select_related("patient__clinic", "clinic").first()
    if ask is None or ask.answer_by is None:
        return "taken by another"
    Patient.objects.select_for_update(no_key=True).get(pk=ask.patient_id)
    if not mine.update(ended_at=now):
        return "taken by another"
    joint = _matters(ask.patient)
    if _answered(ask) or not _expected(ask.patient) or joint is None:
        return "no longer needed"
    silence = diaries.Silence(ask.patient.logs_every or 0, ask.answer_by)
    flag = flagging.judge_joint(joint, now=now, silence=silence)
    if flag and any(hit["rule"] == 16 for hit in flag.hits):
        flagging.note_silence(flag, said=_said(ask), now=now)
    return ""


def _answered(ask: DiaryAsk) -> bool:
    last = last_entry(ask.patient)
    return last is not None and last > ask.last_entry_at


def _said(ask: DiaryAsk) -> str:
    if ask.sent_at is None:
        return _("no message could reach the patient")
    return _("asked by %(channel)s on %(day)s, no entry since") % {
        "channel": ask.get_channel_display(),
        "day": full_day(ask.sent_at.astimezone(ask.patient.zone).date()),
    }
