"""Sentences for people, made from the codes that the medicine gives."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from clinical import reasons

STUDIES = {"XR": _("X-ray with visit"), "MR": _("MRI"), "CT": _("CT"), "VISIT": _("Visit")}
GROUPS = {
    "replaced": _("Replaced"),
    "collapsed": _("Collapsed"),
    "large": _("Large"),
    "not_sized": _("Not sized"),
    "medium": _("Medium"),
    "small": _("Small"),
}


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """One reason or conflict in the reader's language."""
    return gettext(reasons.English[code]).format_map({name: _word(name, value) for name, value in params.items()})


def sentences(stored: Iterable[Mapping[str, Any]]) -> list[str]:
    """Reasons as they are stored: [{"code", "params"}]."""
    return [sentence(item["code"], item["params"]) for item in stored]


def _word(name: str, value: Any) -> Any:
    if name.endswith("_on") and value is not None:
        day_on = value if isinstance(value, date) else date.fromisoformat(value)
        return day(day_on, get_language() or "")
    return STUDIES[value] if name in ("study", "instead_of") else value


@lru_cache(maxsize=4096)
def day(on: date, language: str) -> str:
    """A day with its year, written once for each day and language."""
    return date_format(on, "j M Y")
