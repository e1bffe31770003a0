"""Stage systems, their values, and what a finding says about collapse.

Sources: ARCO 2019 [R1][R2], ARCO 1993 [R3], Ficat-Arlet [R4][R5], Steinberg [R6], JIC [R7][R8], Cruess [R10];
Koshino and Aglietti general knowledge. Collapse classes: docs/clinical/protocol.md.
"""

from enum import IntEnum

from clinical.history import Finding, Stage, Tick
from clinical.sites import Site

LATE_ABOVE_MM = 2
"""Depression up to and including this is early collapse, above it late (ARCO 2019 [R1])."""


class Collapse(IntEnum):
    NONE = 0
    EARLY = 1
    LATE = 2


def _lettered(stages: str, plain: str = "") -> frozenset[str]:
    return frozenset(plain.split()) | {s + letter for s in stages.split() for letter in ("", "A", "B", "C")}


ARCO_2019 = frozenset({"1", "2", "3A", "3B", "4"})
ARCO_1993 = _lettered("1 2 3", plain="0 4")
VALUES: dict[tuple[str, str | None], frozenset[str]] = {
    ("ARCO", "2019"): ARCO_2019,
    ("ARCO", "1993"): ARCO_1993,
    ("ARCO", None): ARCO_2019 | ARCO_1993,
    ("Ficat", None): frozenset({"0", "I", "II", "IIA", "IIB", "III", "IV"}),
    ("Steinberg", None): _lettered("I II III IV V", plain="0 VI"),
    ("JIC", None): frozenset({"1", "2", "3A", "3B", "4"}),
    ("Cruess", None): frozenset("12345"),
    ("Koshino", None): frozenset("1234"),
    ("Aglietti", None): frozenset({"I", "II", "III", "IV", "V"}),
}
"""(system, version) to the values it has."""

SITES: dict[str, frozenset[Site]] = {
    "ARCO": frozenset({Site.HIP}),
    "Steinberg": frozenset({Site.HIP}),
    "JIC": frozenset({Site.HIP}),
    "Ficat": frozenset({Site.HIP, Site.KNEE, Site.ANKLE}),
    "Cruess": frozenset({Site.SHOULDER}),
    "Koshino": frozenset({Site.KNEE}),
    "Aglietti": frozenset({Site.KNEE}),
}

_COLLAPSED: dict[tuple[str, str | None], tuple[str, str]] = {
    ("ARCO", "2019"): ("3A", "3B 4"),
    ("ARCO", "1993"): ("3 3A", "3B 3C 4"),
    ("ARCO", None): ("3 3A", "3B 3C 4"),
    ("Ficat", None): ("IIB III", "IV"),
    ("Steinberg", None): ("III IIIA IIIB IIIC IV IVA", "IVB IVC V VA VB VC VI"),
    ("JIC", None): ("3A", "3B 4"),
    ("Cruess", None): ("3", "4 5"),
    ("Koshino", None): ("3", "4"),
    ("Aglietti", None): ("IV", "V"),
}
CLASSES: dict[tuple[str, str | None, str], Collapse] = {
    (system, version, value): collapse
    for (system, version), columns in _COLLAPSED.items()
    for collapse, values in zip((Collapse.EARLY, Collapse.LATE), columns, strict=True)
    for value in values.split()
}
"""(system, version, value) to its class; Ficat III asks for the depression too. Absent: not collapsed by its stage."""

SURELY_BEFORE_COLLAPSE = frozenset(
    ("0", "1", "1a", "1b", "1c", "2", "2a", "2c", "i", "ia", "ib", "ic", "ii", "iia", "iic")
)
"""Texts that mean no collapse whatever the system. 2B and IIB are missing on purpose: Ficat IIB is collapse."""

MAX_TEXT = 20
"""Characters of a stage whose system is not named."""

CROSSWALK: tuple[tuple[str, str, str, str], ...] = (
    ("at risk", "0", "0", "no"),
    ("1", "I", "I", "no"),
    ("2", "IIA", "II", "no"),
    ("3A", "IIB, or III up to 2 mm", "III, or IV below 2 mm", "early"),
    ("3B", "III", "IV (2 mm and above)", "yes"),
    ("4", "IV", "V, VI", "arthritis"),
)
"""ARCO 2019, Ficat-Arlet, Steinberg, collapsed? Only for display as "roughly corresponds"; never convert by it."""


def problem(stage: Stage, site: Site) -> str | None:
    """What is wrong with this stage at this site, in plain English; None when nothing is."""
    if stage.system is None:
        if stage.version is not None:
            return "a version goes only with ARCO"
        return None if 1 <= len(stage.value) <= MAX_TEXT else f"a stage is a text of 1 to {MAX_TEXT} characters"
    if stage.system not in SITES:
        return f"no stage system {stage.system!a}"
    if stage.version is not None and stage.system != "ARCO":
        return "a version goes only with ARCO"
    values = VALUES.get((stage.system, stage.version))
    if values is None:
        return f"no version {stage.version!a} of {stage.system}"
    if site not in SITES[stage.system]:
        return f"{stage.system} is not a system for the {site}"
    return None if stage.value in values else f"{stage.system} has no value {stage.value!a}"


def _plain(text: str) -> str:
    return "".join(text.split()).lower()


_NUMERALS = {"0": 0, "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}


def place(stage: Stage) -> int | None:
    """How far along its own system a stage is; None where no system is named. Never compare across systems.

    The numeral counts, then the class of collapse: a letter that only says how large (Steinberg, ARCO 1993) does not.
    """
    if stage.system is None:
        return None
    numeral = stage.value.rstrip("ABC")
    number = int(numeral) if numeral.isdecimal() else _NUMERALS.get(numeral)
    if number is None:
        return None
    return number * len(Collapse) + CLASSES.get((stage.system, stage.version, stage.value), Collapse.NONE)


def nameless_may_be_collapse(stage: Stage | None) -> bool:
    """True when the system is not named and the text could mean collapse in one of them."""
    return stage is not None and stage.system is None and _plain(stage.value) not in SURELY_BEFORE_COLLAPSE


def says_no_lesion(finding: Finding) -> bool:
    """True for stage 0 with nothing that contradicts it: for planning this is no finding."""
    stage = finding.stage
    if stage is None or (stage.value if stage.system else _plain(stage.value)) != "0":
        return False
    ticked = Tick.YES in (finding.subchondral_fracture, finding.oedema)
    named = finding.extent is not None or finding.jic_type is not None
    return not (ticked or named) and not any(
        (
            finding.collapse_mm,
            finding.volume_percent,
            finding.volume_cm3,
            finding.kerboul_coronal,
            finding.kerboul_sagittal,
        )
    )


def _by_depression(millimetres: float | None) -> Collapse:
    return Collapse.LATE if millimetres is not None and millimetres > LATE_ABOVE_MM else Collapse.EARLY


def by_stage(finding: Finding) -> Collapse | None:
    """The class the stage alone decides; None when the stage decides nothing."""
    stage = finding.stage
    if stage is None or stage.system is None:
        return None
    if stage.system == "Ficat" and stage.value == "III":
        return _by_depression(finding.collapse_mm)
    return CLASSES.get((stage.system, stage.version, stage.value))


def collapse_class(finding: Finding) -> Collapse:
    """What this finding says about collapse: its stage decides, else a fracture or a depression above 0 mm."""
    decided = by_stage(finding)
    if decided is not None:
        return decided
    if finding.subchondral_fracture is Tick.YES or (finding.collapse_mm or 0) > 0:
        return _by_depression(finding.collapse_mm)
    return Collapse.NONE


def depression_disagrees(finding: Finding) -> bool:
    """True when the stage and the depression of one finding say different things; to be shown, the stage wins."""
    if finding.collapse_mm is None or finding.stage is None or finding.stage.system is None:
        return False
    decided = by_stage(finding)
    if decided is None:
        return finding.collapse_mm > 0
    if finding.collapse_mm == 0:
        return decided is Collapse.LATE
    return decided is not _by_depression(finding.collapse_mm)
