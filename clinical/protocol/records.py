"""A person's records as planning sees them on a day: sorted by joint, without errors and without the future."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from clinical.history import (
    RADIOGRAPHS,
    Constraint,
    Finding,
    Joint,
    JointState,
    Modality,
    Person,
    Symptoms,
)
from clinical.sites import JointKey, View, views_complete
from clinical.staging import says_no_lesion
from clinical.treatments import ENDING_RANK, OPERATIONS

SIZING = frozenset({Modality.MR, Modality.CT})
_WORSE = {Symptoms.NO: 0, Symptoms.NOT_KNOWN: 1, Symptoms.YES: 2}


@dataclass(slots=True)
class Imaging:
    """What the studies show of one joint."""

    views: dict[date, set[View]] = field(default_factory=dict)
    """Views of all radiographs of a day, taken together."""
    days: dict[Modality, set[date]] = field(default_factory=dict)
    findings: dict[date, list[tuple[Modality, Finding]]] = field(default_factory=dict)

    @property
    def seen(self) -> bool:
        """Covered by any study but a visit."""
        return any(modality is not Modality.VISIT for modality in self.days)


_NOTHING = Imaging()


def imaging_by_joint(person: Person, as_of: date) -> dict[JointKey, Imaging]:
    found: dict[JointKey, Imaging] = defaultdict(Imaging)
    for study in person.studies:
        if study.entered_in_error or study.on > as_of:
            continue
        for key in study.covers:
            imaging = found[key]
            imaging.days.setdefault(study.modality, set()).add(study.on)
            if study.modality in RADIOGRAPHS:
                imaging.views.setdefault(study.on, set()).update(study.views)
        for finding in study.findings:
            if not finding.entered_in_error and not says_no_lesion(finding):
                day = found[finding.site, finding.side].findings.setdefault(study.on, [])
                day.append((study.modality, finding))
    return found


def _days_of(imaging: Imaging, *modalities: Modality) -> set[date]:
    return set().union(*(imaging.days.get(modality, ()) for modality in modalities))


def xr_days(key: JointKey, imaging: Imaging, constraints: frozenset[Constraint]) -> list[date]:
    """Days with a study that counts for the XR clock, oldest first."""
    days = {day for day, views in imaging.views.items() if views_complete(key[0], views)}
    if Constraint.PREGNANT in constraints:
        days |= _days_of(imaging, Modality.VISIT)
    return sorted(days)


def mr_days(imaging: Imaging, constraints: frozenset[Constraint]) -> list[date]:
    """Days with a study that counts for the MR clock, oldest first."""
    counts = [Modality.MR]
    if Constraint.MRI_UNSAFE in constraints:
        counts.append(Modality.CT)
        if Constraint.PREGNANT in constraints:
            counts.append(Modality.VISIT)
    return sorted(_days_of(imaging, *counts))


def symptoms_by_day(joint: Joint, as_of: date) -> dict[date, Symptoms]:
    """Status of each day that has one, oldest first; of several the worst."""
    worst: dict[date, Symptoms] = {}
    for status in joint.symptom_status:
        if status.entered_in_error or status.on > as_of:
            continue
        known = worst.get(status.on)
        if known is None or _WORSE[status.value] > _WORSE[known]:
            worst[status.on] = status.value
    return dict(sorted(worst.items()))


@dataclass(slots=True)
class Records:
    """One joint's records on a day. `since` is None when it lies in the future."""

    joint: Joint
    key: JointKey
    since: date | None
    findings: dict[date, list[tuple[Modality, Finding]]]
    symptoms: dict[date, Symptoms]
    endings: list[tuple[date, str]]
    """Replacements and fusions (day, code), oldest first; of one day a fusion first and a revision last."""
    operations: list[tuple[date, str]]
    """Operations that keep the joint (day, code)."""
    reviews: list[date]
    xr: list[date]
    mr: list[date]
    seen: bool

    @property
    def state(self) -> JointState:
        """What follows from the record, whatever the joint was given as."""
        if self.endings or self.joint.state is JointState.REPLACED:
            return JointState.REPLACED
        if self.findings or (self.joint.state is JointState.LESION):
            return JointState.LESION
        return JointState.CLEAR if self.seen else self.joint.state

    @property
    def start(self) -> date | None:
        """The day the lesion was first recorded; None: no lesion, or not known."""
        if self.state not in (JointState.LESION, JointState.REPLACED):
            return None
        first = min(self.findings, default=None)
        if self.since is None or first is None:
            return self.since or first
        return min(self.since, first)


def records(joint: Joint, imaging: Imaging | None, constraints: frozenset[Constraint], as_of: date) -> Records:
    imaging = imaging or _NOTHING
    key = (joint.site, joint.side)
    known = [(t.on, t.code) for t in joint.treatments if not t.entered_in_error and t.on <= as_of]
    endings = [item for item in known if item[1] in ENDING_RANK]
    endings.sort(key=lambda item: (item[0], ENDING_RANK[item[1]]))
    return Records(
        joint=joint,
        key=key,
        since=joint.since if joint.since is not None and joint.since <= as_of else None,
        findings=imaging.findings,
        symptoms=symptoms_by_day(joint, as_of),
        endings=endings,
        operations=[item for item in known if item[1] in OPERATIONS],
        reviews=sorted(r.on for r in joint.surgeon_reviews if not r.entered_in_error and r.on <= as_of),
        xr=xr_days(key, imaging, constraints),
        mr=mr_days(imaging, constraints),
        seen=imaging.seen,
    )
