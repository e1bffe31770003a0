"""What a person's record asks for next: one plan, worked out from values and a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from clinical.history import Constraint, Ending, Joint, JointState, Person
from clinical.protocol.clocks import Window, clocks, window_around
from clinical.protocol.explain import row_reason
from clinical.protocol.prompts import Prompt, prompts
from clinical.protocol.records import imaging_by_joint, records
from clinical.protocol.rows import Story, tell
from clinical.protocol.tables import DEFAULT_PROTOCOL, Protocol, Row, WindowName
from clinical.reasons import Reason
from clinical.sites import HIPS, JointKey, Side, Site
from clinical.sizing import Group


@dataclass(frozen=True, slots=True)
class PlannedStudy:
    """One clock's answer. `clock` is XR or MR; `study` is what to do, after the person's constraints."""

    clock: str
    study: str
    because: Constraint | None
    window: Window
    window_name: WindowName


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The one live follow-up of a lesion: the earliest clock's window, and every study that goes along."""

    window: Window
    window_name: WindowName
    studies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JointPlan:
    """None for group, row, start means there is none: the joint has no lesion, or it is not known."""

    site: Site
    side: Side
    state: JointState
    group: Group | None
    row: Row | None
    row_since: date | None
    start: date | None
    clocks: tuple[PlannedStudy, ...]
    follow_up: FollowUp | None
    ended: tuple[date, str] | None
    conflicts: tuple[Reason, ...]
    reasons: tuple[Reason, ...]

    @property
    def key(self) -> JointKey:
        return self.site, self.side


@dataclass(frozen=True, slots=True)
class Plan:
    as_of: date
    protocol_version: int
    joints: tuple[JointPlan, ...]
    prompts: tuple[Prompt, ...]


def plan(person: Person, *, as_of: date, protocol: Protocol = DEFAULT_PROTOCOL) -> Plan:
    """The person's plan on a day. The same records give the same plan in whatever order they come."""
    imaging = imaging_by_joint(person, as_of)
    ended = person.ended if person.ended is not None and person.ended.on <= as_of else None
    listed = {(joint.site, joint.side) for joint in person.joints}
    hips = tuple(Joint(*key, JointState.NEVER_IMAGED) for key in HIPS if key not in listed)
    stories = [
        tell(records(joint, imaging.get((joint.site, joint.side)), person.constraints, as_of), ended)
        for joint in person.joints + hips
    ]
    return Plan(
        as_of=as_of,
        protocol_version=protocol.version,
        joints=tuple(
            _joint_plan(story, person.constraints, ended, as_of, protocol) for story in stories[: len(person.joints)]
        ),
        prompts=() if ended else tuple(prompts(stories, protocol.prompts)),
    )


def _joint_plan(
    story: Story, constraints: frozenset[Constraint], ended: Ending | None, as_of: date, protocol: Protocol
) -> JointPlan:
    planned: list[PlannedStudy] = []
    reasons: list[Reason] = []
    explained = row_reason(story, ended)
    if explained is not None:
        reasons.append(explained)
    for clock, due in clocks(story, protocol):
        study, because = instead(clock.name, constraints)
        if due is None:
            if clock.name == "MR" and clock.anchor is not None:
                reasons.append(Reason("clock_done", {"study": study, "anchor_on": clock.anchor}))
            continue
        planned.append(PlannedStudy(clock.name, study, because, window_around(due, protocol), due.window))
        reasons.append(due.reason(study))
        if because is not None:
            reasons.append(Reason(f"instead_{because}", {"study": study, "instead_of": clock.name}))
        if study == "MR" and Constraint.KIDNEY_DISEASE in constraints:
            reasons.append(Reason("gadolinium_warning"))
    planned.sort(key=lambda study: study.window.target)
    key = story.records.key
    return JointPlan(
        site=key[0],
        side=key[1],
        state=story.state,
        group=story.group,
        row=story.row,
        row_since=story.row_since,
        start=story.start,
        clocks=tuple(planned),
        follow_up=_follow_up(planned, as_of),
        ended=story.ended,
        conflicts=tuple(story.conflicts),
        reasons=tuple(reasons),
    )


def instead(clock: str, constraints: frozenset[Constraint]) -> tuple[str, Constraint | None]:
    """The study that a clock asks of this person, and the constraint that swapped it last; None: not swapped."""
    study, because = clock, None
    if study == "MR" and Constraint.MRI_UNSAFE in constraints:
        study, because = "CT", Constraint.MRI_UNSAFE
    if study in ("XR", "CT") and Constraint.PREGNANT in constraints:
        study, because = "VISIT", Constraint.PREGNANT
    return study, because


def _width(study: PlannedStudy) -> tuple[date, int]:
    return study.window.target, (study.window.closes - study.window.opens).days


def _follow_up(planned: list[PlannedStudy], as_of: date) -> FollowUp | None:
    if not planned:
        return None
    first = min(planned, key=_width)
    until = max(first.window.closes, as_of)
    studies = dict.fromkeys(study.study for study in planned if study.window.opens <= until)
    return FollowUp(first.window, first.window_name, tuple(studies))


def _days_of_records(person: Person) -> Iterator[date]:
    if person.ended is not None:
        yield person.ended.on
    for study in person.studies:
        if not study.entered_in_error:
            yield study.on
    for joint in person.joints:
        if joint.since is not None:
            yield joint.since
        yield from (treatment.on for treatment in joint.treatments if not treatment.entered_in_error)
        yield from (status.on for status in joint.symptom_status if not status.entered_in_error)
        yield from (review.on for review in joint.surgeon_reviews if not review.entered_in_error)


def changes_on(person: Person, plan: Plan) -> date | None:
    """The earliest later day on which the plan could be another although no record changes; None: never.

    Either a record dated in the future comes into being, or a study's window opens and it joins its follow-up. The
    state of a follow-up is worked out for each day and is no change of the plan.
    """
    days = [day for day in _days_of_records(person) if day > plan.as_of]
    for joint in plan.joints:
        if joint.follow_up is not None:
            until = max(joint.follow_up.window.closes, plan.as_of)
            days += [study.window.opens for study in joint.clocks if study.window.opens > until]
    return min(days, default=None)
