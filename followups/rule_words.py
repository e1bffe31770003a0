"""The thresholds of the worsening rules in words: what each is called, its unit, and under which heading it stands."""

from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinical.worsening import DEFAULT, Policy
from followups import flag_words
from followups.policies import Change

Words = dict[str, Promise | str]

# A flag keeps only the number of its rule.
NAMES: dict[int, str] = {
    1: "cannot bear weight",
    2: "injury",
    3: "fever and joint",
    4: "clot or chest",
    5: "wound",
    6: "sudden severe",
    7: "sustained rise",
    8: "silent joint speaks",
    9: "new joint",
    10: "rest or night pain new",
    11: "mechanical new",
    12: "function step-down",
    13: "slow rise",
    14: "score drop",
    15: "uncontrolled",
    16: "gone quiet",
    17: "imaging change",
    18: "steroid re-exposure",
    19: "bisphosphonate",
    20: "patient asks for review",
}

# Each section begins with this threshold and goes on to the next one's.
SECTIONS: Words = {
    "weight_bearing_clear_days": _("1 to 5: red boxes"),
    "sudden_nrs": _("6: sudden severe"),
    "small_step": _("7 and 13: a change of level"),
    "silent_usual": _("8 and 9: a joint that was silent"),
    "rest_days": _("10 to 12: rest, locking, function"),
    "hoos_jr_yellow": _("14: scores"),
    "level_nrs": _("15 to 18: high for long, gone quiet, images, steroids"),
    "image_sudden_days": _("Worse before collapse: a picture within days"),
    "preserving_weeks": _("After an operation"),
    "red_cooldown_hours": _("Restraint"),
}

LABELS: Words = {
    "weight_bearing_clear_days": _("Cannot bear weight: days before without that box"),
    "injury_nrs": _("Injury: pain from"),
    "fever_nrs": _("Fever: pain from"),
    "fever_rise": _("Fever: or this much above usual"),
    "wound_days": _("Wound: counts until so long after an operation"),
    "sudden_nrs": _("Sudden: pain from"),
    "sudden_rise": _("Sudden: and this much above usual"),
    "sudden_hours": _("Sudden: within"),
    "sudden_days": _("Sudden: on so many days"),
    "sudden_spreads": _("Sudden: and so many of the person’s own spreads above usual"),
    "small_step": _("Sustained rise: the smaller step"),
    "large_step": _("Sustained rise: the larger step"),
    "slow_rise": _("Slow rise: this much"),
    "slow_rise_weeks": _("Slow rise: over so many weeks"),
    "large_step_cost": _("How much rarer a large step is thought to be"),
    "slow_rise_cost": _("How much rarer a slow rise is thought to be"),
    "evidence_needed": _("Evidence needed before a change is told"),
    "noise_typical": _("A typical diary’s noise"),
    "calm_most": _("The most that a calm diary is asked for, times"),
    "noisy_least": _("The least that a noisy diary is asked for, times"),
    "logged_typical": _("A typical share of days with an entry"),
    "dense_most": _("The most that a full diary is asked for, times"),
    "sparse_least": _("The least that a sparse diary is asked for, times"),
    "usual_entries": _("Days with an entry before a usual level is known"),
    "usual_memory": _("How long the usual level remembers"),
    "clinic_usual_weight": _("A level noted at the clinic counts as so many days"),
    "learning_clip": _("The most that one day may teach"),
    "entry_most": _("The most that one entry may add to the evidence"),
    "still_up": _("The newest entry must be this much above usual"),
    "flare_days": _("A flare lasts up to"),
    "flare_points": _("A flare is as high as"),
    "flare_cost": _("How unlikely a flare is thought to be"),
    "young_usual": _("Doubt about a young usual level"),
    "doubt_stops_learning": _("Share of the evidence at which learning stops"),
    "spread_typical": _("A typical day-to-day spread"),
    "spread_weight": _("Days for which the typical spread counts"),
    "spread_least": _("The smallest spread that is believed"),
    "memory_typical": _("A typical likeness of one day to the next"),
    "memory_weight": _("Days for which that likeness counts"),
    "silent_usual": _("Silent: usual level up to"),
    "silent_nrs": _("Silent by its diary: pain from"),
    "silent_days": _("Silent: on so many days"),
    "silent_window": _("Silent: within"),
    "silent_before": _("Silent: none such in the days before"),
    "asymptomatic_nrs": _("Without symptoms by the record: pain from"),
    "asymptomatic_usual": _("Without symptoms by the record: usual level up to"),
    "rest_days": _("Rest or night pain: on so many days"),
    "rest_window": _("Rest or night pain: within"),
    "rest_clear": _("Rest or night pain: none in the days before"),
    "rest_clear_entries": _("Rest or night pain: entries needed in those days"),
    "mechanical_days": _("Locking: on so many days"),
    "mechanical_window": _("Locking: within"),
    "mechanical_clear": _("Locking: never in the days before"),
    "function_gap": _("Function: twice, so many days apart"),
    "function_window": _("Function: within"),
    "function_before": _("Function: against the days before"),
    "function_before_entries": _("Function: entries needed in those days"),
    "hoos_jr_yellow": _("HOOS JR: yellow from a drop of"),
    "hoos_jr_amber": _("HOOS JR: amber from a drop of"),
    "ohs_yellow": _("Oxford Hip Score: yellow from a drop of"),
    "ohs_amber": _("Oxford Hip Score: amber from a drop of"),
    "peg_yellow": _("PEG: yellow from a rise of"),
    "level_nrs": _("High for long: middle value from"),
    "level_window": _("High for long: within"),
    "level_entries": _("High for long: entries needed"),
    "quiet_intervals": _("Gone quiet: after so many intervals"),
    "quiet_answer_days": _("Gone quiet: time to answer before it is a person’s work"),
    "depression_mm": _("Image: depression grows by more than"),
    "volume_points": _("Image: the lesion grows by"),
    "steroid_mg_per_day": _("Steroids: daily dose above"),
    "steroid_total_g": _("Steroids: in three months above"),
    "history_days": _("Scores, images, steroids: history if entered later than"),
    "image_sudden_days": _("Picture proposed after a sudden rise: opening days"),
    "image_sustained_days": _("Picture proposed after a rise that stayed: opening days"),
    "image_film_days": _("Picture proposed: CT where an X-ray without collapse is no older than"),
    "preserving_weeks": _("Quiet after a joint-preserving operation, weeks"),
    "arthroplasty_weeks": _("Quiet after a replacement, weeks"),
    "healing_rise": _("Meanwhile: a week above the week before by"),
    "healing_from_day": _("Meanwhile: from so long after the operation"),
    "red_cooldown_hours": _("Pause after a closed red flag"),
    "amber_cooldown": _("Pause after a closed amber flag"),
    "yellow_cooldown": _("Pause after a closed yellow flag"),
    "late_hours": _("An entry older than this is never red"),
    "verdict_days": _("Without an entry for so long nothing is known"),
    "recent_days": _("The recent level is that of the last"),
    "reviewed_entries": _("A level accepted at a review counts as so many days"),
    "review_doubt": _("A rise seen on so many days is half taken up at a review"),
    "back_to_old": _("Evidence to take up the level from before a review"),
    "forget_old": _("Evidence to forget it"),
}

UNITS: Words = {
    "days": _("days"),
    "hours": _("hours"),
    "NRS points": _("NRS points"),
    "count": "",
    "own spreads": _("own spreads"),
    "days with an entry": _("days with an entry"),
    "logging intervals": _("intervals"),
    "HOOS JR points": _("HOOS JR points"),
    "OHS points": _("OHS points"),
    "PEG points": _("PEG points"),
    "% of the head": _("% of the head"),
    "mg prednisolone": _("mg prednisolone"),
    "g in 3 months": _("g in 3 months"),
}


class Threshold(NamedTuple):
    """One line of the table. All text is ready to print."""

    name: str
    label: str
    unit: str
    default: str
    least: float
    most: float
    whole: bool
    source: str


class Section(NamedTuple):
    heading: str
    thresholds: list[Threshold]


class Said(NamedTuple):
    """A threshold that differs between two versions."""

    name: str
    label: str
    unit: str
    before: str
    after: str


def number(value: float) -> str:
    return f"{value:g}"


def label(name: str) -> str:
    return str(LABELS.get(name, name.replace("_", " ").capitalize()))


def sections() -> list[Section]:
    """Every threshold that a clinic may set, in the order of the rules."""
    found: list[Section] = []
    for item in _items():
        if item.name in SECTIONS or not found:
            found.append(Section(str(SECTIONS.get(item.name, "")), []))
        found[-1].thresholds.append(_threshold(item))
    return found


def thresholds() -> list[Threshold]:
    return [threshold for section in sections() for threshold in section.thresholds]


def said(changes: list[Change]) -> list[Said]:
    units = {item.name: unit(item.metadata.get("unit", "")) for item in _items()}
    return [
        Said(one.name, label(one.name), units.get(one.name, ""), number(one.before), number(one.after))
        for one in changes
    ]


def rule(number: int) -> str:
    """'7 sustained rise'."""
    return f"{number} {flag_words.RULES.get(NAMES.get(number, ''), '')}".strip()


def unit(of: str) -> str:
    return str(UNITS.get(of, of))


def _items() -> Iterator[Field[Any]]:
    return (item for item in fields(Policy) if item.name != "version")


def _threshold(item: Field[Any]) -> Threshold:
    known = item.metadata
    return Threshold(
        name=item.name,
        label=label(item.name),
        unit=unit(known["unit"]),
        default=number(getattr(DEFAULT, item.name)),
        least=known["least"],
        most=known["most"],
        whole=item.type == "int",
        source=known["source"],
    )
