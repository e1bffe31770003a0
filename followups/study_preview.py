"""What a study would do to the plan, said before it is saved. Writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts.templatetags.words import full_day
from clinical import protocol as medicine
from clinical.history import Joint as JointOf
from clinical.history import JointState, Modality, Person, Study
from clinical.sites import COMPLETE_VIEWS, JOINTS, JointKey, View
from followups import planning, words
from followups.models import FollowUp
from followups.patient_page import wording
from patients import history
from patients.models import Finding, Joint, Patient
from patients.models import View as ViewName

REF = "the study on the form"
FILMS = frozenset({Modality.DX, Modality.CR})
# What stands for each study that a follow-up may ask for (protocol.md section 4).
SERVED_BY = {
    "XR": FILMS,
    "MR": frozenset({Modality.MR}),
    "CT": frozenset({Modality.CT, Modality.MR}),
    "VISIT": frozenset({Modality.VISIT, Modality.MR, Modality.CT}) | FILMS,
}


@dataclass(frozen=True)
class Answer:
    """Does the study answer an open follow-up, and which is it?"""

    fits: bool
    text: str


@dataclass(frozen=True)
class Consequence:
    """What saving does to one joint."""

    side: str
    name: str
    done: str  # empty: nothing is completed
    next: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    answers: list[Answer]
    consequences: list[Consequence]


def preview(
    patient: Patient,
    *,
    details: Mapping[str, Any],
    findings: Mapping[tuple[str, str], Mapping[str, Any]],
    instead_of: int | None,
    today: date,
) -> Preview:
    """`details` and `findings` as the study form gives them; `instead_of`: the stored study that it corrects."""
    person, study = _with_study(history.load(patient), details, findings, instead_of)
    plan = planning.preview(patient, person, today=today)
    follow_ups = FollowUp.objects.live().filter(patient=patient).select_related("joint")
    live = {JOINTS[f.joint.site, f.joint.side]: f for f in follow_ups}
    done = {key: c for key, f in live.items() if (c := _completion(person, f, today)) and study in c.by}
    return Preview(
        answers=list(_answers(study, live, done)),
        consequences=[_consequence(joint, live.get(joint.key), done.get(joint.key), today) for joint in plan.joints
                      if joint.follow_up or joint.key in live],
    )  # fmt: skip


def _with_study(
    person: Person,
    details: Mapping[str, Any],
    findings: Mapping[tuple[str, str], Mapping[str, Any]],
    instead_of: int | None,
) -> tuple[Person, Study]:
    said = [
        history.finding_of(Finding(**values), Joint(site=site, side=side)) for (site, side), values in findings.items()
    ]
    study = Study(
        on=details["made_on"],
        modality=Modality(details["modality"]),
        covers=tuple(JOINTS[site, side] for site, side in details["covers"]),
        views=frozenset(View(view) for view in details["views"]),
        findings=tuple(said),
        ref=REF,
    )
    ill, known = {(f.site, f.side) for f in said}, {(joint.site, joint.side) for joint in person.joints}
    joints = tuple(_made_ill(joint, study.on) if (joint.site, joint.side) in ill else joint for joint in person.joints)
    new = [JointOf(site, side, JointState.LESION, since=study.on) for site, side in sorted(ill - known)]
    kept = tuple(s for s in person.studies if instead_of is None or s.ref != instead_of)
    return replace(person, joints=(*joints, *new), studies=(*kept, study)), study


def _made_ill(joint: JointOf, on: date) -> JointOf:
    """A finding makes a lesion of its joint (`patients.recording`)."""
    if joint.state in (JointState.NEVER_IMAGED, JointState.CLEAR):
        return replace(joint, state=JointState.LESION, since=on)
    return joint


def _completion(person: Person, live: FollowUp, today: date) -> medicine.Completion | None:
    return medicine.completion(
        person,
        joint=JOINTS[live.joint.site, live.joint.side],
        studies=live.studies,
        opens=live.opens_on,
        closes=live.closes_on,
        after=live.counts_from,
        as_of=today,
    )


# --- Does it answer? -------------------------------------------------------------------------------------------------
Live = Mapping[JointKey, FollowUp]


def _answers(study: Study, live: Live, done: Mapping[JointKey, medicine.Completion]) -> Iterable[Answer]:
    """One line for each open follow-up that this study could be meant for; the worst case is the one that is said."""
    if not live:
        return [Answer(True, _("No follow-up is open: the study is kept for the record."))]
    fits = [Answer(True, _fits(live[key])) for key in live if key in done]
    meant = [key for key in live if key not in done and key in study.covers] or ([] if fits else list(live))
    return fits + [Answer(False, _fails(study, live[key])) for key in meant]


def _asked(follow_up: FollowUp) -> dict[str, str]:
    return {
        "exam": words.exam(tuple(follow_up.studies), follow_up.joint.site),
        "joint": wording.joint_name(follow_up.joint.site, follow_up.joint.side).lower(),
        "opens": full_day(follow_up.opens_on),
        "closes": full_day(follow_up.closes_on),
    }


def _fits(follow_up: FollowUp) -> str:
    return _("Fits the open follow-up: %(exam)s, %(joint)s (%(opens)s – %(closes)s).") % _asked(follow_up)


def _fails(study: Study, follow_up: FollowUp) -> str:
    asks = _("This does not answer the open follow-up. It asks for: %(exam)s, %(joint)s (%(opens)s – %(closes)s).")
    return f"{asks % _asked(follow_up)} {_reason(study, follow_up)}"


def _reason(study: Study, follow_up: FollowUp) -> str:
    """Why not: the wrong joint, the wrong kind, missing views, or too early to count."""
    joint = JOINTS[follow_up.joint.site, follow_up.joint.side]
    kind = str(wording.KINDS[study.modality])
    if joint not in study.covers:
        return _("This study does not show that joint.")
    if not any(study.modality in SERVED_BY[wanted] for wanted in follow_up.studies):
        return _("The %(kind)s cannot stand for it.") % {"kind": kind}
    if follow_up.counts_from and study.on <= follow_up.counts_from:
        day = full_day(follow_up.counts_from)
        return _("It counts from the study of %(day)s on: this one is not newer.") % {"day": day}
    if study.modality in FILMS:
        return _("Its views are not complete: it needs %(views)s.") % {"views": _views(joint)}
    return _("It does not count for it.")


def _views(joint: JointKey) -> str:
    names = dict(ViewName.choices)
    sets = COMPLETE_VIEWS[joint[0]]
    return _(", or ").join(_(" and ").join(sorted(str(names[view]) for view in needed)) for needed in sets)


# --- When you save ---------------------------------------------------------------------------------------------------
def _consequence(
    joint: medicine.JointPlan, live: FollowUp | None, done: medicine.Completion | None, today: date
) -> Consequence:
    follow_up = joint.follow_up
    same = live and follow_up and not done and planning.same_window(live, follow_up.window)
    completed = ""
    if live and not same:
        completed = _completed(live, done)
    return Consequence(
        side=joint.side,
        name=wording.joint_name(joint.site, joint.side),
        done=completed,
        next=_next(joint, follow_up, bool(same), today),
        why=() if same else tuple(words.sentences(planning.reasons_as_json(joint.reasons))),
    )


def _completed(live: FollowUp, done: medicine.Completion | None) -> str:
    values = {"exam": words.exam(tuple(live.studies), live.joint.site), "day": full_day(live.target_on)}
    if done is None:
        return _("No longer asked for: %(exam)s, target %(day)s.") % values
    timing = str(FollowUp.Timing(done.timing).label)
    return _("Completed, %(timing)s: %(exam)s, target %(day)s.") % {**values, "timing": timing}


def _next(joint: medicine.JointPlan, follow_up: medicine.FollowUp | None, same: bool, today: date) -> str:
    if follow_up is None:
        return _("Nothing more is planned.")
    values = {
        "exam": words.exam(follow_up.studies, joint.site),
        "day": full_day(follow_up.window.target),
        "window": wording.window(follow_up.window.opens, follow_up.window.closes, today),
    }
    if same:
        return _("Stays as it is: %(exam)s, target %(day)s.") % values
    return _("Next: %(exam)s, target %(day)s, window %(window)s.") % values
