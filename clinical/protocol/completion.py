"""Whether the studies on record have done what a stored follow-up asked for. The next plan never comes from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from clinical.history import RADIOGRAPHS, Modality, Person, Study
from clinical.protocol.records import Imaging, imaging_by_joint, mr_days, xr_days
from clinical.sites import JointKey

Timing = Literal["early", "on_time", "late"]


@dataclass(frozen=True, slots=True)
class Completion:
    """on: the day of the first study that satisfied. missing: studies of the follow-up not made since `after`."""

    on: date
    timing: Timing
    by: tuple[Study, ...]
    missing: tuple[str, ...]


def completion(
    person: Person,
    *,
    joint: JointKey,
    studies: Sequence[str],
    opens: date,
    closes: date,
    after: date | None,
    as_of: date,
) -> Completion | None:
    """The first study since `after` (the day this follow-up counts from; None: any) that one of `studies` asked for.

    None: nothing was made, the follow-up stands. Early is before it opened, late after it closed.
    """
    imaging = imaging_by_joint(person, as_of).get(joint, Imaging())
    first: dict[str, date] = {}
    for study in studies:
        made = [day for day in _days_for(study, joint, imaging, person) if after is None or day > after]
        if made:
            first[study] = min(made)
    if not first:
        return None
    on = min(first.values())
    wanted = {study for study, day in first.items() if day == on}
    return Completion(
        on=on,
        timing="early" if on < opens else "on_time" if on <= closes else "late",
        by=tuple(s for s in person.studies if s.on == on and joint in s.covers and _served(s, wanted)),
        missing=tuple(study for study in studies if study not in first),
    )


def last_made(person: Person, *, joint: JointKey, studies: Sequence[str], as_of: date) -> date | None:
    """The newest day on which any of `studies` was made of this joint; None: never."""
    imaging = imaging_by_joint(person, as_of).get(joint, Imaging())
    return max((day for study in studies for day in _days_for(study, joint, imaging, person)), default=None)


def _days_for(study: str, joint: JointKey, imaging: Imaging, person: Person) -> set[date]:
    """A swapped study (CT, VISIT) is also done by what it stands for; what it is itself always counts."""
    days = set(imaging.days.get(Modality(study), ())) if study in ("CT", "VISIT") else set()
    if study in ("XR", "VISIT"):
        days.update(xr_days(joint, imaging, person.constraints))
    if study in ("MR", "CT", "VISIT"):
        days.update(mr_days(imaging, person.constraints))
    return days


_SERVES = {
    "XR": {*RADIOGRAPHS, Modality.VISIT},
    "MR": {Modality.MR, Modality.CT, Modality.VISIT},
    "CT": {Modality.MR, Modality.CT, Modality.VISIT},
    "VISIT": set(Modality) - {Modality.NM},
}


def _served(study: Study, wanted: set[str]) -> bool:
    return not study.entered_in_error and any(study.modality in _SERVES[name] for name in wanted)
