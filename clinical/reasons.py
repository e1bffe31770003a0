"""Why a plan says what it says: codes with values, and one plain English sentence for each.

A layer above translates the templates. Values are plain: text, numbers, and days under names that end in `_on`.
`study` and `instead_of` hold codes of STUDIES.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

Value = str | int | float | date | None

STUDIES = {"XR": "X-ray with visit", "MR": "MRI", "CT": "CT", "VISIT": "Visit"}

English: dict[str, str] = {
    # the row
    "row_small": "Small on the imaging of {sized_on} and without symptoms: small since {since_on}.",
    "row_medium_size": "Medium on the imaging of {sized_on}: medium since {since_on}.",
    "row_medium_symptoms": "Small on the imaging of {sized_on} but with symptoms: medium since {since_on}.",
    "row_medium_symptoms_not_known": (
        "Small on the imaging of {sized_on}, symptoms not known: medium since {since_on}."
    ),
    "row_medium_oedema": "Small on the imaging of {sized_on} but with marrow oedema: medium since {since_on}.",
    "row_medium_not_sized": "No size is defined for this joint: medium since {since_on}.",
    "row_large_size": "Large on the imaging of {sized_on}: large since {since_on}.",
    "row_large_not_sized": "No size recorded yet: planned as large since {since_on}.",
    "row_large_nameless_stage": (
        "Stage “{stage}” names no system and could mean collapse: planned as large since {since_on}."
    ),
    "row_collapsed_early": "Early collapse on record: since {since_on}.",
    "row_collapsed_late": "Late collapse on record: since {since_on}.",
    "row_collapsed_early_after_operation": "Early collapse after the operation of {operated_on}: since {since_on}.",
    "row_collapsed_late_after_operation": "Late collapse after the operation of {operated_on}: since {since_on}.",
    "row_after_decompression": "After core decompression on {operated_on}.",
    "row_after_graft": "After bone graft on {operated_on}.",
    "row_after_osteotomy": "After osteotomy on {operated_on}.",
    "row_implant": "Replaced joint: operation on {operated_on}.",
    "row_ended_fused": "Fused on {operated_on}: nothing is planned.",
    "row_ended_deceased": "The person died on {ended_on}: nothing is planned.",
    "row_ended_transferred": "Care was transferred on {ended_on}: nothing is planned here.",
    "row_ended_moved": "The person moved away on {ended_on}: nothing is planned here.",
    "row_ended_declined": "The person declined follow-up on {ended_on}: nothing is planned.",
    "row_ended_discharged": "Discharged on {ended_on}: nothing is planned.",
    # no row
    "no_plan_jaw": "The jaw has no imaging schedule: it belongs to the dental surgeon.",
    "no_plan_shaft": "A bone infarct of a shaft does not collapse a joint: it has no schedule.",
    "no_plan_operation_not_dated": "Replaced, but the day of the operation is not known: nothing can be planned.",
    # the clocks
    "clock_interval_months": "{study}: {count} months after the one of {anchor_on}: {target_on}.",
    "clock_interval_weeks": "{study}: {count} weeks after the one of {anchor_on}: {target_on}.",
    "clock_from_change": ("{study}: last made on {anchor_on}; its date had passed when this row began: {target_on}."),
    "clock_point_months": "{study}: {count} months after the operation of {operated_on}: {target_on}.",
    "clock_point_weeks": "{study}: {count} weeks after the operation of {operated_on}: {target_on}.",
    "clock_at_once": "{study}: none on record that counts: at once, from {target_on}.",
    "clock_once": "{study}: once more, after the first one of {anchor_on}: {target_on}.",
    "clock_done": "{study}: the last was made on {anchor_on}; no more is planned in this row.",
    "clock_stays": "{study}: was due on {target_on}, before the change of {changed_on}, and stays until it is made.",
    "instead_mri_unsafe": "{study} instead of {instead_of}: MRI is not safe for this person.",
    "instead_pregnant": "{study} instead of {instead_of}: the person is pregnant.",
    "gadolinium_warning": "Kidney disease: no gadolinium contrast without advice.",
    "asked_by_clinician": "A clinician asked for it on {asked_on}: nothing else is planned for this joint.",
    # conflicts
    "depression_disagrees": (
        "Imaging of {studied_on}: stage {stage} and a depression of {millimetres} mm do not agree; the stage counts."
    ),
    "depression_decides": (
        "Imaging of {studied_on}: stage {stage} is before collapse but the depression is {millimetres} mm; "
        "it counts as collapsed."
    ),
    "measures_disagree": "Imaging of {studied_on}: the measures of size do not agree; the largest counts ({size}).",
}
"""Code to template."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence: its code in `English`, and the values that go into it."""

    code: str
    params: dict[str, Value] = field(default_factory=dict)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=4096)
def english_day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def english(reason: Reason) -> str:
    """The sentence in plain English."""
    words: dict[str, Value] = {}
    for name, value in reason.params.items():
        if isinstance(value, date):
            words[name] = english_day(value)
        elif name in ("study", "instead_of"):
            words[name] = STUDIES[str(value)]
        else:
            words[name] = value
    return English[reason.code].format_map(words)
