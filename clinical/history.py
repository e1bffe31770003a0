"""What is known of a person: the values that planning works on.

Days are days in the clinic's zone. None means not recorded, which is never the same as "no".
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from clinical.sites import JointKey, Side, Site, View


class Tick(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_ASSESSED = "not_assessed"


class Symptoms(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


class JointState(StrEnum):
    NEVER_IMAGED = "never_imaged"
    CLEAR = "clear"
    LESION = "lesion"
    REPLACED = "replaced"


class Modality(StrEnum):
    DX = "DX"
    CR = "CR"
    MR = "MR"
    CT = "CT"
    NM = "NM"
    VISIT = "VISIT"


class Constraint(StrEnum):
    MRI_UNSAFE = "mri_unsafe"
    PREGNANT = "pregnant"
    KIDNEY_DISEASE = "kidney_disease"


class EndReason(StrEnum):
    DECEASED = "deceased"
    TRANSFERRED = "transferred"
    MOVED = "moved"
    DECLINED = "declined"
    DISCHARGED = "discharged"


RADIOGRAPHS = frozenset({Modality.DX, Modality.CR})


@dataclass(frozen=True, slots=True)
class Stage:
    """A value of a staging system. system None: the report named none, so it is text and no stage."""

    value: str
    system: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one study says of one joint. Angles in degrees, depression in millimetres."""

    site: Site
    side: Side
    stage: Stage | None = None
    volume_percent: float | None = None
    volume_cm3: float | None = None
    extent: str | None = None
    kerboul_coronal: float | None = None
    kerboul_sagittal: float | None = None
    jic_type: str | None = None
    collapse_mm: float | None = None
    subchondral_fracture: Tick | None = None
    oedema: Tick | None = None
    effusion: Tick | None = None
    entered_in_error: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """One examination, on the day it was made. `ref` is the caller's own mark and means nothing here."""

    on: date
    modality: Modality
    covers: tuple[JointKey, ...]
    views: frozenset[View] = frozenset()
    findings: tuple[Finding, ...] = ()
    entered_in_error: bool = False
    ref: str | int | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    code: str
    on: date
    entered_in_error: bool = False


@dataclass(frozen=True, slots=True)
class SymptomStatus:
    on: date
    value: Symptoms
    entered_in_error: bool = False


@dataclass(frozen=True, slots=True)
class SurgeonReview:
    on: date
    entered_in_error: bool = False


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint with the state it was given; what follows from its records is worked out in planning."""

    site: Site
    side: Side
    state: JointState
    since: date | None = None
    symptom_status: tuple[SymptomStatus, ...] = ()
    surgeon_reviews: tuple[SurgeonReview, ...] = ()
    treatments: tuple[Treatment, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a person's follow-up, signed by somebody."""

    on: date
    reason: EndReason


@dataclass(frozen=True, slots=True)
class Person:
    joints: tuple[Joint, ...] = ()
    studies: tuple[Study, ...] = ()
    constraints: frozenset[Constraint] = frozenset()
    ended: Ending | None = None
    born: date | None = None
