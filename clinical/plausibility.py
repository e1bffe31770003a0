"""What looks wrong in one finding, before it is kept: the form rules of clinical.md 2.3.

BLOCK cannot be true, WARN may be true and asks why, NOTE is only said. Nothing here is about a person's future.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from clinical.history import Finding, Modality, Stage, Tick
from clinical.sites import Site
from clinical.sizing import sizes
from clinical.staging import LATE_ABOVE_MM, VALUES, Collapse, by_stage, collapse_class

HEAD_CM3 = (30.0, 80.0)
"""A femoral head is between these; a sphere of radius 20 to 26 mm is 34 to 74 cm3 (computed, clinical.md 2.1)."""

DEPRESSION_FROM = {
    ("ARCO", "2019"): ("3A", "3B", "4"),
    ("ARCO", "1993"): ("3", "3A", "3B", "3C", "4"),
    ("Ficat", None): ("III", "IV"),
    ("Steinberg", None): ("IV", "IVA", "IVB", "IVC", "V", "VA", "VB", "VC", "VI"),
}
"""Stages with which a depression in millimetres may stand (clinical.md 2.3)."""

FILMS = frozenset({Modality.DX, Modality.CR})
SEES_EARLY_DISEASE = frozenset({Modality.MR, Modality.NM})


class Level(StrEnum):
    BLOCK = "block"
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True)
class Remark:
    """One thing to say about one field of a finding; `values` fill the sentence."""

    level: Level
    code: str
    field: str
    values: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Earlier:
    """A finding of the same joint that is on record, and the day on which its study was made."""

    on: date
    finding: Finding


@dataclass(frozen=True)
class Setting:
    """What is known around the finding: its study, and the record of the joint."""

    modality: Modality
    made_on: date | None
    narrowed: Tick = Tick.NOT_ASSESSED
    calibrated: bool | None = None
    replaced_on: date | None = None
    seen_on: frozenset[Modality] = frozenset()
    """Kinds of study of this joint made up to that day, this one left out."""
    earlier: Sequence[Earlier] = ()


def remarks(finding: Finding, setting: Setting) -> list[Remark]:
    """Everything to be said about one finding, in the order of its fields."""
    found = (_size, _kerboul, _fracture, _depression, _stage, _against_the_record)
    return [remark for look in found for remark in look(finding, setting)]


def _size(finding: Finding, setting: Setting) -> Iterator[Remark]:
    percent, cm3 = finding.volume_percent, finding.volume_cm3
    if percent is not None and percent in (0, 100):
        yield Remark(Level.WARN, "percent_at_the_end", "volume_percent", {"percent": percent})
    if cm3 == 0:
        yield Remark(Level.WARN, "no_volume", "volume_cm3")
    if percent and cm3:
        head = cm3 / percent * 100
        plausible = HEAD_CM3[0] <= head <= HEAD_CM3[1]
        level, code = (Level.NOTE, "head_plausible") if plausible else (Level.WARN, "head_implausible")
        yield Remark(level, code, "volume_percent", {"head": round(head)})
    if percent is not None and (before := _newest(setting, "volume_percent")):
        change = percent - (before.finding.volume_percent or 0)
        if change:
            code = "more_than_before" if change > 0 else "less_than_before"
            yield Remark(Level.NOTE, code, "volume_percent", {"points": abs(change), "on": before.on})
    if setting.modality is Modality.MR and finding.site is Site.HIP and not sizes(finding):
        yield Remark(Level.NOTE, "not_sized", "volume_percent")


def _kerboul(finding: Finding, setting: Setting) -> Iterator[Remark]:
    coronal, sagittal = finding.kerboul_coronal, finding.kerboul_sagittal
    if (coronal is None) != (sagittal is None):
        yield Remark(Level.NOTE, "one_angle", "kerboul_coronal")
    found = sizes(finding)
    if coronal is not None and sagittal is not None:
        yield Remark(Level.NOTE, "kerboul_sum", "kerboul_coronal", {"sum": coronal + sagittal})
    if found:
        code = "measures_disagree" if len(set(found)) > 1 else "group_by_size"
        yield Remark(Level.NOTE, code, "kerboul_coronal", {"size": max(found).word, "says": _says(finding)})


def _says(finding: Finding) -> list[tuple[str, str]]:
    """Each measure with the size it stands for."""
    said: list[tuple[str, str]] = []
    if finding.volume_percent is not None:
        said.append((f"{finding.volume_percent:g} %", _size_of(finding, "volume_percent")))
    if finding.kerboul_coronal is not None and finding.kerboul_sagittal is not None:
        total = round(finding.kerboul_coronal + finding.kerboul_sagittal, 6)
        said.append((f"{total:g}°", _size_of(finding, "kerboul_coronal", "kerboul_sagittal")))
    if finding.jic_type is not None:
        said.append((f"JIC {finding.jic_type}", _size_of(finding, "jic_type")))
    return said


def _size_of(finding: Finding, *measures: str) -> str:
    alone = Finding(finding.site, finding.side, **{name: getattr(finding, name) for name in measures})
    return max(sizes(alone)).word


def _fracture(finding: Finding, setting: Setting) -> Iterator[Remark]:
    known = any(collapse_class(each.finding) for each in setting.earlier)
    seen = finding.subchondral_fracture is Tick.YES
    if seen and setting.modality is Modality.MR and not known and not by_stage(finding):
        yield Remark(Level.WARN, "fracture_on_mri", "subchondral_fracture")


def _depression(finding: Finding, setting: Setting) -> Iterator[Remark]:
    millimetres, stage = finding.collapse_mm, finding.stage
    if not millimetres:
        return
    if setting.modality in FILMS and setting.calibrated is not True:
        yield Remark(Level.WARN, "not_calibrated", "calibrated")
    if stage is None or stage.system is None:
        return
    allowed = DEPRESSION_FROM.get((stage.system, stage.version))
    if allowed is not None and stage.value not in allowed:
        values = {"mm": millimetres, "stage": stage.value, "from": allowed[0]}
        yield Remark(Level.BLOCK, "depression_before_collapse", "collapse_mm", values)
    elif (stage.system, stage.version) == ("ARCO", "2019") and stage.value in ("3A", "3B"):
        right = "3B" if millimetres > LATE_ABOVE_MM else "3A"
        if right != stage.value:
            values = {"mm": millimetres, "stage": stage.value, "right": right}
            yield Remark(Level.BLOCK, f"depression_is_{right.lower()}", "collapse_mm", values)


def _stage(finding: Finding, setting: Setting) -> Iterator[Remark]:
    stage = finding.stage
    if stage is None or stage.system != "ARCO":
        return
    if stage.value == "1" and setting.modality not in SEES_EARLY_DISEASE and not setting.seen_on & SEES_EARLY_DISEASE:
        yield Remark(Level.BLOCK, "stage_1_needs_an_mri", "stage")
    if stage.value == "4" and setting.narrowed is not Tick.YES:
        yield Remark(Level.WARN, "stage_4_without_narrowing", "stage")
    if stage.value == "3A" and finding.subchondral_fracture is not Tick.YES and not finding.collapse_mm:
        yield Remark(Level.WARN, "stage_3a_without_sign", "stage")


def _against_the_record(finding: Finding, setting: Setting) -> Iterator[Remark]:
    made_on, replaced_on = setting.made_on, setting.replaced_on
    if made_on and replaced_on and made_on >= replaced_on:
        yield Remark(Level.BLOCK, "replaced", "stage", {"on": replaced_on})
    highest = _highest(setting)
    if highest and finding.stage and finding.stage.system and _is_lower(finding, highest.finding):
        values = {"stage": _name(highest.finding.stage), "on": highest.on}
        yield Remark(Level.WARN, "stage_lower_than_before", "stage", values)


def _highest(setting: Setting) -> Earlier | None:
    staged = [each for each in setting.earlier if each.finding.stage and each.finding.stage.system]
    before = [each for each in staged if setting.made_on is None or each.on <= setting.made_on]
    return max(
        before, key=lambda each: (collapse_class(each.finding), _rank(each.finding.stage), each.on), default=None
    )


def _is_lower(new: Finding, old: Finding) -> bool:
    """In one system by its order; across systems only where one says collapse and the other does not."""
    assert new.stage
    assert old.stage
    if (new.stage.system, new.stage.version) == (old.stage.system, old.stage.version):
        return _rank(new.stage) < _rank(old.stage)
    return (by_stage(new) or Collapse.NONE) < (by_stage(old) or Collapse.NONE)


def _rank(stage: Stage | None) -> int:
    """The place of a stage in its system. Letters of extent do not count, those of ARCO 2019, JIC and Ficat do."""
    if stage is None or (stage.system, stage.version) not in VALUES or stage.system is None:
        return 0
    if stage.system == "Ficat":
        return ["0", "I", "II", "IIA", "IIB", "III", "IV"].index(stage.value)
    lettered = (stage.system, stage.version) == ("ARCO", "2019") or stage.system == "JIC"
    plain = stage.value if lettered else stage.value.rstrip("ABC")
    order = (
        ["0", "1", "2", "3", "3A", "3B", "4", "5"] if plain[:1].isdigit() else ["0", "I", "II", "III", "IV", "V", "VI"]
    )
    return order.index(plain)


def _name(stage: Stage | None) -> str:
    if stage is None:
        return ""
    return f"{stage.system} {stage.value} ({stage.version})" if stage.version else f"{stage.system} {stage.value}"


def _newest(setting: Setting, name: str) -> Earlier | None:
    filled = [each for each in setting.earlier if getattr(each.finding, name) is not None]
    return max(filled, key=lambda each: each.on, default=None)
