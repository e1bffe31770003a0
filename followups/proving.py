"""The nobody-lost proof: asked of the database in its own words, never of the code that plans.

Each check is a query that must find nothing. What it finds is named by its public id, so that a person can act.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from accounts import clock
from accounts.models import Clinic
from followups import figures, planning
from followups.models import Flag, FollowUp, JointPlan, PatientPlan, Proof, Reminder
from patients.models import Joint, PainLog, Patient

LATE_BY = timedelta(minutes=15)
NAMED = 100  # offenders named of each kind; the count says how many there are

# A jaw belongs to the dental surgeon and a bone infarct does not collapse a joint (protocol.md 3): neither has a plan.
WITHOUT_PLAN = ("jaw", "shaft")


@dataclass
class Found:
    """What one proof looked at and what it found."""

    checked: dict[str, int] = field(default_factory=dict)
    offenders: list[dict[str, str]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.offenders

    def as_json(self) -> dict[str, Any]:
        return {"holds": self.holds, "checked": self.checked, "offenders": self.offenders}


def live_of_joint() -> Exists:
    return Exists(FollowUp.objects.live().filter(joint=OuterRef("pk")))


def without_plan(clinic: Clinic) -> Any:
    """Joints that ought to have a live follow-up and have none. Must be empty; the worklist shows it first."""
    active = Joint.objects.filter(patient__clinic=clinic, patient__ended_on=None).exclude(site__in=WITHOUT_PLAN)
    lesion = Q(plan__state="lesion") | Q(plan=None, state="lesion")
    implant = Q(plan__row="implant")
    excused = Q(plan__row="ended") | Q(plan__row="", plan__start=None, state="lesion", since__isnull=False)
    return active.filter(lesion | implant).exclude(excused).exclude(live_of_joint())


def _never_planned(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    rows = Patient.objects.at(clinic).filter(plan=None)
    return ((p.public_id, "the patient was never planned") for p in rows[:NAMED])


def _no_follow_up(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    return ((j.public_id, "an active lesion or implant without a live follow-up") for j in without_plan(clinic)[:NAMED])


def _two_follow_ups(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    rows = FollowUp.objects.at(clinic).live().values("joint__public_id").annotate(n=Count("pk")).filter(n__gt=1)
    return ((row["joint__public_id"], "more than one live follow-up") for row in rows[:NAMED])


def _live_after_the_end(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    today = clock.day_of(now, clinic)
    gone = Q(patient__ended_on__lte=today) | Q(joint__plan__row__in=["ended", ""]) & ~Q(row=planning.ASKED_BY_HAND)
    rows = FollowUp.objects.at(clinic).live().filter(gone)
    return ((f.public_id, "live although the joint or the person has ended") for f in rows[:NAMED])


def _plan_out_of_date(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    today = clock.day_of(now, clinic)
    rows = PatientPlan.objects.filter(patient__clinic=clinic, replan_on__lt=today).select_related("patient")
    return ((p.patient.public_id, "the plan should have been renewed before today") for p in rows[:NAMED])


def _end_not_signed(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    rows = Patient.objects.at(clinic).filter(ended_on__isnull=False, ended_at=None)
    return ((p.public_id, "surveillance ended without a signature") for p in rows[:NAMED])


def _message_stuck(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    rows = Reminder.objects.filter(clinic=clinic, status="sending", claimed_at__lt=now - timedelta(hours=1))
    return ((r.public_id, "a message has been leaving for an hour") for r in rows[:NAMED])


def _failure_without_work(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    later = Reminder.objects.filter(follow_up=OuterRef("follow_up"), made_at__gte=OuterRef("due_at"))
    rows = Reminder.objects.filter(
        clinic=clinic, status="failed", follow_up__status="live", follow_up__contact_failed_at=None
    ).exclude(Exists(later.exclude(pk=OuterRef("pk"))))
    handled = Q(follow_up__contacts__at__gte=now - timedelta(days=3650))
    return ((r.public_id, "a failed message that is nobody's work") for r in rows.exclude(handled)[:NAMED])


def _log_not_judged(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    rows = PainLog.objects.filter(joint__patient__clinic=clinic, judged_at=None, entered_at__lt=now - LATE_BY)
    return ((log.public_id, "a pain report that was not judged within 15 minutes") for log in rows[:NAMED])


def _flag_not_escalated(clinic: Clinic, now: datetime) -> Iterable[tuple[Any, str]]:
    rows = Flag.objects.at(clinic).past_clock(now=now - LATE_BY).filter(escalated_at=None)
    return ((f.public_id, "a flag past its clock that was not escalated") for f in rows[:NAMED])


CHECKS: dict[str, Callable[[Clinic, datetime], Iterable[tuple[Any, str]]]] = {
    "patient": _never_planned,
    "lesion": _no_follow_up,
    "two_follow_ups": _two_follow_ups,
    "follow_up": _live_after_the_end,
    "plan": _plan_out_of_date,
    "ending": _end_not_signed,
    "message": _message_stuck,
    "failure": _failure_without_work,
    "pain_log": _log_not_judged,
    "flag": _flag_not_escalated,
}


def prove(clinic: Clinic, *, now: datetime) -> Proof:
    """Run every check for one clinic and keep the result."""
    started, found = monotonic(), Found(checked=_counts(clinic))
    for what, check in CHECKS.items():
        found.offenders += [
            {"what": what, "public_id": str(public_id), "why": why} for public_id, why in check(clinic, now)
        ]
    return Proof.objects.create(
        clinic=clinic,
        at=now,
        holds=found.holds,
        checked=found.checked,
        offenders=found.offenders,
        milliseconds=int((monotonic() - started) * 1000),
        figures=figures.counted(clinic, today=clock.day_of(now, clinic)),
    )


def _counts(clinic: Clinic) -> dict[str, int]:
    """What the proof speaks of. Lesions and implants: with a live follow-up, or with a signed end."""
    joints = JointPlan.objects.filter(joint__patient__clinic=clinic).exclude(row="")
    return {
        "patients": Patient.objects.at(clinic).count(),
        "lesions": joints.count(),
        "ended": joints.filter(row="ended").count(),
        "follow_ups": FollowUp.objects.at(clinic).live().count(),
        "open_flags": Flag.objects.at(clinic).open().count(),
        "checks": len(CHECKS),
    }
