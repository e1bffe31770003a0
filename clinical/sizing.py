"""Measures of a lesion to small, medium or large. Cut-offs: clinical.md 3.4, docs/clinical/protocol.md.

The group orders a review interval. It is never a forecast for a person.
"""

from enum import IntEnum, StrEnum

from clinical.history import Finding

MEDIUM_FROM_PERCENT = 15
"""Volume, % of head; 15 itself is medium (ARCO 1993 letter B [R3])."""
LARGE_ABOVE_PERCENT = 30
SMALL_UP_TO_DEGREES = 190
"""Kerboul, coronal + sagittal: risk groups of [R9]."""
LARGE_FROM_DEGREES = 240


class Size(IntEnum):
    SMALL = 1
    MEDIUM = 2
    LARGE = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Group(StrEnum):
    REPLACED = "replaced"
    COLLAPSED = "collapsed"
    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"
    NOT_SIZED = "not_sized"


GROUP_OF_SIZE = {Size.SMALL: Group.SMALL, Size.MEDIUM: Group.MEDIUM, Size.LARGE: Group.LARGE}
LETTER = {"A": Size.SMALL, "B": Size.MEDIUM, "C": Size.LARGE}
JIC_TYPE = {"A": Size.SMALL, "B": Size.SMALL, "C1": Size.MEDIUM, "C2": Size.LARGE}
_LETTERED_STAGES = {("ARCO", "1993"): ("1", "2"), ("ARCO", None): ("1", "2"), ("Steinberg", None): ("I", "II")}
STAGE_LETTER: dict[tuple[str | None, str | None, str], Size] = {
    (system, version, stage + letter): size
    for (system, version), stages in _LETTERED_STAGES.items()
    for stage in stages
    for letter, size in LETTER.items()
}
"""The extent letter inside a stage before collapse, as in "2B" or "IIC"."""


def _volume(percent: float) -> Size:
    if percent < MEDIUM_FROM_PERCENT:
        return Size.SMALL
    return Size.LARGE if percent > LARGE_ABOVE_PERCENT else Size.MEDIUM


def _kerboul(coronal: float, sagittal: float) -> Size:
    total = coronal + sagittal
    if total <= SMALL_UP_TO_DEGREES:
        return Size.SMALL
    return Size.LARGE if total >= LARGE_FROM_DEGREES else Size.MEDIUM


def sizes(finding: Finding) -> list[Size]:
    """One size for each measure of the finding; cm3 alone is none. Empty: no size recorded."""
    found: list[Size] = []
    if finding.volume_percent is not None:
        found.append(_volume(finding.volume_percent))
    if finding.extent is not None:
        found.append(LETTER[finding.extent])
    stage = finding.stage
    if stage is not None and (inside := STAGE_LETTER.get((stage.system, stage.version, stage.value))):
        found.append(inside)
    if finding.kerboul_coronal is not None and finding.kerboul_sagittal is not None:
        found.append(_kerboul(finding.kerboul_coronal, finding.kerboul_sagittal))
    if finding.jic_type is not None:
        found.append(JIC_TYPE[finding.jic_type])
    return found
