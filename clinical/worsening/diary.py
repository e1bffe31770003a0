"""What the rules are given: the entries of one joint's diary, and what is known around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Tick(StrEnum):
    """A box ticked in an entry."""

    ON_WEIGHT = "on_weight"
    AT_REST = "at_rest"
    AT_NIGHT = "at_night"
    LOCKING = "locking"  # locks, catches or gives way
    CANNOT_BEAR_WEIGHT = "cannot_bear_weight"
    INJURY = "injury"
    FEVER = "fever"  # or feels very unwell
    HOT_SWOLLEN = "hot_swollen"
    CLOT = "clot"  # swollen calf or thigh, chest pain, breathless
    WOUND = "wound"
    WANTS_REVIEW = "wants_review"
    THIGH_PAIN = "thigh_pain"
    JAW = "jaw"  # jaw pain, exposed bone, or an extraction planned


NO_TICKS: frozenset[Tick] = frozenset()


class By(StrEnum):
    PATIENT = "patient"
    STAFF = "staff"  # taken by phone


@dataclass(frozen=True, slots=True)
class Entry:
    """One report about one joint.

    `felt_at` is aware, in the zone whose calendar counts its day. `nrs` is 0-10, None where only
    boxes were ticked. `aid` and `distance` grow with need: 0 is no aid, and as far as one likes.
    """

    felt_at: datetime
    nrs: int | None = None
    ticks: frozenset[Tick] = NO_TICKS
    aid: int | None = None
    distance: int | None = None
    recorded_at: datetime | None = None  # None: at once
    by: By = By.PATIENT
    key: str = ""

    @property
    def known_at(self) -> datetime:
        return self.recorded_at or self.felt_at


def in_order(entry: Entry) -> tuple[Any, ...]:
    """Sorts a diary the same way whatever order its entries came in."""
    return (
        entry.felt_at,
        entry.felt_at.toordinal(),  # one moment may be two days, in two time zones
        entry.known_at,
        _nothing_first(entry.nrs),
        sorted(entry.ticks),
        _nothing_first(entry.aid),
        _nothing_first(entry.distance),
        entry.by,
        entry.key,
    )


def _nothing_first(value: int | None) -> tuple[int, ...]:
    return () if value is None else (value,)


class JointKind(StrEnum):
    LESION = "lesion"
    NO_LESION = "no_lesion"
    IMPLANT = "implant"


class OperationKind(StrEnum):
    PRESERVING = "preserving"  # decompression, graft, osteotomy
    ARTHROPLASTY = "arthroplasty"


@dataclass(frozen=True, slots=True)
class Operation:
    on: date
    kind: OperationKind


@dataclass(frozen=True, slots=True)
class Order:
    """From and to, both days included. None as the end: until further notice."""

    from_on: date
    to_on: date | None = None

    def covers(self, day: int) -> bool:
        return self.from_on.toordinal() <= day and (self.to_on is None or day <= self.to_on.toordinal())


@dataclass(frozen=True, slots=True)
class Score:
    """One questionnaire result. `instrument` is hoos_jr, ohs (0-48) or peg."""

    instrument: str
    value: float
    at: datetime
    entered_at: datetime | None = None  # None: at once


@dataclass(frozen=True, slots=True)
class Image:
    """What one reviewed study says of this joint. None is not known, never "no"."""

    at: datetime  # when it was made
    crescent: bool | None = None
    subchondral_fracture: bool | None = None
    stage: tuple[str, int] | None = None  # system with version, and its place in that system's order
    depression_mm: float | None = None
    oedema: bool | None = None
    effusion: bool | None = None
    volume_percent: float | None = None
    entered_at: datetime | None = None  # None: at once
    known_at: datetime | None = None  # what it says was first read so then; None: when it was made


@dataclass(frozen=True, slots=True)
class SteroidCourse:
    at: datetime
    mg_per_day: float | None = None  # prednisolone equivalent
    total_g: float | None = None  # over three months, up to `counted_to`
    counted_to: datetime | None = None  # None: `at`
    entered_at: datetime | None = None  # None: at once


@dataclass(frozen=True, slots=True)
class Bisphosphonate:
    drug: str
    from_on: date
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class JointContext:
    """What is known of the joint besides its diary."""

    kind: JointKind = JointKind.LESION
    asymptomatic: bool | None = None
    clinic_usual: float | None = None  # pain noted at the clinic, until the diary knows better
    large: bool = False  # size-and-stage group
    operations: tuple[Operation, ...] = ()
    non_weight_bearing: tuple[Order, ...] = ()
    aid_ordered: tuple[Order, ...] = ()
    log_interval_days: int | None = None  # None: nobody is expected to log
    answer_by: datetime | None = None  # the person was asked about the silence, with time to answer until then
    flag_open: bool = False  # as stored, amber or red, whatever the diary says now
    infection_risks: tuple[str, ...] = ()  # codes, shown with rule 3
    scores: tuple[Score, ...] = ()
    images: tuple[Image, ...] = ()
    steroid_courses: tuple[SteroidCourse, ...] = ()
    bisphosphonates: tuple[Bisphosphonate, ...] = ()
    facts_since: datetime | None = None  # what was known before then is compared with, and told no more


ANY_LESION = JointContext()
