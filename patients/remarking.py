"""What `clinical.plausibility` remarks, in the words of the page."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinical.plausibility import Remark
from patients.models import Finding

SENTENCES: Mapping[str, Any] = {
    "percent_at_the_end": _("%(percent)s %% of the head is rarely true."),
    "no_volume": _("a lesion of 0 cm³ is none."),
    "head_plausible": _("Roughly a head of %(head)s cm³: plausible."),
    "head_implausible": _("these two make a head of %(head)s cm³. A head has 30 to 80."),
    "more_than_before": _("%(points)s %% of the head more than on %(on)s."),
    "less_than_before": _("%(points)s %% of the head less than on %(on)s."),
    "not_sized": _("Not sized: planned as large until someone measures it."),
    "one_angle": _("One angle alone is no size: both are needed."),
    "kerboul_sum": _("Sum %(sum)s°."),
    "group_by_size": _("Group by size: %(size)s."),
    "measures_disagree": _("The measures disagree: %(says)s. The higher counts: %(size)s."),
    "fracture_on_mri": _("a fracture line means at least ARCO 3A. CT or X-ray shows it better."),
    "not_calibrated": _("without calibration a film shows millimetres too large."),
    "depression_before_collapse": _(
        "A depression of %(mm)s mm does not go with stage %(stage)s. Choose %(from)s or later, or clear the depression"
    ),
    "depression_is_3b": _(
        "%(mm)s mm is stage 3B (more than 2 mm). Change the stage to 3B, or the depression to 2.0 mm or less"
    ),
    "depression_is_3a": _(
        "%(mm)s mm is stage 3A (2 mm or less). Change the stage to 3A, or the depression to more than 2 mm"
    ),
    "stage_1_needs_an_mri": _(
        "ARCO 1 needs an MRI or a bone scan: a normal X-ray alone cannot show it. "
        "Enter that study first, or choose another stage"
    ),
    "stage_4_without_narrowing": _("ARCO 4 without a narrowed joint space."),
    "stage_3a_without_sign": _("3A with neither a fracture line nor a depression."),
    "replaced": _("This joint was replaced or fused on %(on)s: tick “not shown on this study”, or correct the day"),
    "stage_lower_than_before": _("this is lower than %(stage)s of %(on)s."),
}
IT_IS_RIGHT = (("right", _("It is right, keep it")),)
ANSWERS: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "fracture_on_mri": (("set_3a", _("Set 3A")), ("ask_ct", _("Doubtful: ask for CT"))),
    "not_calibrated": (("uncalibrated", _("Keep, mark uncalibrated")), ("ask_ct", _("Ask for CT"))),
    "stage_lower_than_before": (
        ("earlier_was_wrong", _("The earlier entry was wrong")),
        ("another_reader", _("Another reader or system")),
        ("confirmed", _("I have confirmed it")),
    ),
    "stage_4_without_narrowing": (("right", _("Other signs of arthritis")),),
    "stage_3a_without_sign": (("right", _("Seen on another study")),),
}
SIZES = {"small": _("small"), "medium": _("medium"), "large": _("large")}


def sentence(remark: Remark) -> str:
    values = {name: _plain(value) for name, value in remark.values.items()}
    return str(SENTENCES[remark.code]) % values


def answers(remark: Remark) -> tuple[tuple[str, Any], ...]:
    """The reasons with which this doubt may pass."""
    return ANSWERS.get(remark.code, IT_IS_RIGHT)


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return formats.date_format(value, "j M Y")
    if isinstance(value, list):
        return ", ".join(gettext("%(measure)s says %(size)s") % {"measure": m, "size": SIZES[s]} for m, s in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(SIZES.get(value, value))


def stage_name(system: str, version: str, value: str) -> str:
    """A stage is never bare: 'ARCO 2 (2019)', 'Ficat IIA'."""
    if not system:
        return gettext("%(value)s, system not named") % {"value": value} if value else ""
    return f"{system} {value} ({version})" if version else f"{system} {value}"


def written(found: Finding, name: str) -> str:
    """One value on record in words with its unit; empty when it says nothing."""
    if name == "stage":
        return stage_name(found.stage_system, found.stage_version, found.stage_value)
    value = getattr(found, name, "")
    if value in (None, "", "not_assessed"):
        return ""
    if name == "collapse_mm" and value == 0:
        return gettext("none")
    units = {"volume_percent": " %", "volume_cm3": " cm³", "kerboul_coronal": "°", "kerboul_sagittal": "°"}
    if name in units or name == "collapse_mm":
        return f"{value:g}{units.get(name, ' mm')}"
    words = getattr(found, f"get_{name}_display", None)
    return str(words()) if words else str(value)


def written_together(found: Finding, names: list[str]) -> str:
    """The values of one row: '16 % · 7 cm³', '95° + 100° = 195°'."""
    texts = [text for name in names if (text := written(found, name))]
    if names[0] == "kerboul_coronal" and len(texts) == 2:
        return f"{texts[0]} + {texts[1]} = {found.kerboul_coronal + found.kerboul_sagittal:g}°"  # type: ignore[operator]
    return " · ".join(texts)
