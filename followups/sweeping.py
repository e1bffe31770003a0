"""The minute tick. It asks what should be true now, never what is exactly today: a tick may be skipped, doubled or
late by a week.

Each chore names the rows that are due and how one of them is done. One bad row delays only itself, and the run
balances: candidates = done + skipped + failed.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import Q

from accounts import clock
from accounts.models import Clinic
from followups import asking, delivery, flagging, overriding, planning, sending, telling
from followups.models import Flag, FollowUp, Heartbeat, JointPlan, PatientPlan, Sweep
from patients.models import PainLog

logger = logging.getLogger(__name__)

SECONDS = 45.0  # a tick a minute: what is left waits for the next one
ROWS = 2_000  # of one chore, in one tick


@dataclass(frozen=True)
class Chore:
    """One kind of work: which rows are due, and how one is done ("" = done, else why it was skipped)."""

    name: str
    due: Callable[[datetime], Iterable[int]]
    do: Callable[[int, datetime], str]


@dataclass
class Balance:
    """What became of everything that was due."""

    now: datetime
    candidates: int = 0
    done: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: int = 0

    @property
    def balanced(self) -> bool:
        return self.candidates == self.done + self.skipped.total() + self.failed

    def as_json(self) -> dict[str, object]:
        return {
            "now": self.now.isoformat(),
            "candidates": self.candidates,
            "done": self.done,
            "skipped": dict(self.skipped),
            "failed": self.failed,
            "balanced": self.balanced,
        }


def plans_to_renew(now: datetime) -> Iterable[int]:
    """People whose plan reads differently from today on, though nothing was recorded."""
    days = {clinic.pk: clock.day_of(now, clinic) for clinic in Clinic.objects.all()}
    due = Q(pk=None)
    for clinic_id, today in days.items():
        due |= Q(patient__clinic=clinic_id, replan_on__lte=today)
    return PatientPlan.objects.filter(due).order_by("replan_on").values_list("patient_id", flat=True)


def promises_broken(now: datetime) -> Iterable[int]:
    """A snooze or an override that has run out: automation resumes."""
    return FollowUp.objects.live().filter(snoozed_until__lt=now.date() - timedelta(days=1)).values_list("pk", flat=True)


def end_snooze(follow_up_id: int, now: datetime) -> str:
    FollowUp.objects.filter(pk=follow_up_id).update(snoozed_until=None, snooze_reason="")
    return ""


def logs_to_judge(now: datetime) -> Iterable[int]:
    return PainLog.objects.filter(judged_at=None).order_by("entered_at").values_list("pk", flat=True)


def records_to_judge(now: datetime) -> Iterable[int]:
    return JointPlan.objects.to_judge(now=now).order_by("judge_record_at").values_list("pk", flat=True)


def flags_past_clock(now: datetime) -> Iterable[int]:
    return Flag.objects.to_escalate(now=now).values_list("pk", flat=True)


def flags_left_behind(now: datetime) -> Iterable[int]:
    return flagging.left_behind().values_list("pk", flat=True)


def _letters(name: str, kind: sending.Kind[sending.Row]) -> Chore:
    return Chore(name, lambda now: sending.due(kind, now=now), lambda pk, now: sending.deliver(kind, pk, now=now))


CHORES = (
    Chore("plans", plans_to_renew, lambda pk, now: planning.renew(pk, now=now)),
    Chore("snoozes", promises_broken, end_snooze),
    Chore("overrides", overriding.lapsed, lambda pk, now: overriding.end(pk, now=now)),
    Chore("diaries", logs_to_judge, lambda pk, now: flagging.judge_log(pk, now=now)),
    Chore("records", records_to_judge, lambda pk, now: flagging.judge_record(pk, now=now)),
    Chore("gone quiet", asking.to_look_at, lambda pk, now: asking.look(pk, now=now)),
    Chore("not answered", asking.not_answered, lambda pk, now: asking.hand_over(pk, now=now)),
    Chore("flags left behind", flags_left_behind, lambda pk, now: flagging.free(pk, now=now)),
    Chore("flags", flags_past_clock, lambda pk, now: flagging.escalate(pk, now=now)),
    Chore("digests", telling.clinics_with_news, lambda pk, now: telling.digest(pk, now=now)),
    _letters("staff messages", telling.MESSAGES),
    _letters("asks", asking.ASKS),
    _letters("reminders", delivery.REMINDERS),
)


def sweep(*, now: datetime) -> Balance:
    """Do everything that is due now, and write down that it was done."""
    balance, started = Balance(now), monotonic()
    Heartbeat.objects.update_or_create(machine="scheduler", defaults={"at": now})
    for chore in CHORES:
        for pk in list(chore.due(now)[:ROWS]):  # type: ignore[index]
            balance.candidates += 1
            if monotonic() - started > SECONDS:
                balance.skipped["next tick"] += 1
            else:
                _do(chore, pk, balance)
    _note(balance)
    return balance


def _do(chore: Chore, pk: int, balance: Balance) -> None:
    try:
        reason = chore.do(pk, balance.now)
    except Exception:
        logger.exception("sweep: %s %s failed", chore.name, pk)
        balance.failed += 1
    else:
        if reason:
            balance.skipped[reason] += 1
        else:
            balance.done += 1


def _note(balance: Balance) -> None:
    Heartbeat.objects.update_or_create(machine="scheduler", defaults={"at": balance.now})
    Sweep.objects.create(
        started_at=balance.now,
        finished_at=clock.now(),
        candidates=balance.candidates,
        done=balance.done,
        skipped=dict(balance.skipped),
        failed=balance.failed,
    )
