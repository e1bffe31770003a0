"""The plan as it is stored, in the form of protocol.md section 9."""

from datetime import date, timedelta
from typing import Any

from clinical import protocol as medicine
from followups import words
from followups.models import FollowUp, JointPlan, PatientPlan
from followups.planning import window_as_columns, window_of
from patients.models import Joint, Patient


def as_json(patient: Patient, *, today: date) -> dict[str, Any]:
    """The stored plan on the latest day up to `today` for which it stands.

    A stored plan stands until its `replan_on`; the sweep renews it on that day.
    """
    plan = PatientPlan.objects.get(patient=patient)
    last = plan.replan_on - timedelta(days=1) if plan.replan_on else today
    as_of = max(plan.planned_on, min(today, last))
    live = {f.joint_id: f for f in FollowUp.objects.live().filter(patient=patient)}
    joints = Joint.objects.filter(patient=patient).select_related("plan").order_by("pk")
    return {
        "as_of": as_of.isoformat(),
        "joints": [_joint(joint, joint.plan, live.get(joint.pk), as_of) for joint in joints],
        "prompts": plan.prompts,
    }


def _joint(joint: Joint, plan: JointPlan, live: FollowUp | None, as_of: date) -> dict[str, Any]:
    return {
        "site": joint.site,
        "side": joint.side,
        "state": plan.state,
        "group": plan.group or None,
        "row": plan.row or None,
        "row_since": _day(plan.row_since),
        "start": _day(plan.start),
        "clocks": plan.clocks,
        "follow_up": _follow_up(live, as_of) if live else None,
        "ended": {"on": _day(plan.ended_on), "reason": plan.ended_reason} if plan.ended_on else None,
        "conflicts": words.sentences(plan.conflicts),
        "reasons": words.sentences(plan.reasons),
    }


def _follow_up(live: FollowUp, as_of: date) -> dict[str, Any]:
    window = {name.removesuffix("_on"): day.isoformat() for name, day in window_as_columns(window_of(live)).items()}
    return window | {"studies": live.studies, "state": str(medicine.state_on(window_of(live), as_of))}


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None
