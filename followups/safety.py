"""What is said at once when a red box is ticked: fixed texts, no computed advice.

A text is a pure function of the boxes and the clinic, so it needs no queue. Version 1; sources in clinical.md 5.3.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from accounts.templatetags.words import day, phone
from followups import opening_days

VERSION = 1
URGENT = ("cannot_bear_weight", "injury", "fever", "clot", "wound")
TICKED: dict[str, Promise | str] = {
    "cannot_bear_weight": _("I cannot put weight on the leg"),
    "injury": _("I fell or hurt it"),
    "fever": _("Fever, or I feel very unwell"),
    "clot": _("Swollen calf or thigh, chest pain, or short of breath"),
    "wound": _("The wound leaks, opens or gets red"),
}
UNTIL_THEN: dict[str, Promise | str] = {
    "cannot_bear_weight": _("Until you have spoken to someone, stay off the leg."),
    "injury": _("Until you have spoken to someone, rest the joint and do not test it."),
    "fever": _("Have somebody stay with you until you have spoken to someone."),
    "clot": _("With chest pain or short of breath, call the emergency number now and sit still."),
    "wound": _("Until you have spoken to someone, keep the wound covered and dry."),
}


@dataclass(frozen=True)
class Call:
    """One large button."""

    number: str
    words: str
    note: str


@dataclass(frozen=True)
class Answer:
    ticked: list[str]
    calls: list[Call]
    until_then: list[str]


def answer(boxes: Collection[str], clinic: Clinic, *, now: datetime) -> Answer | None:
    """What to do now; None when no urgent box is ticked."""
    urgent = [box for box in URGENT if box in boxes]
    if not urgent:
        return None
    emergency = Call(
        clinic.emergency_phone,
        str(_("Chest pain or short of breath: %s")) % clinic.emergency_phone,
        str(_("emergency")),
    )
    ours = _clinic_call(clinic, now)
    others = [_out_of_hours(clinic)] if clinic.out_of_hours_phone else []
    by_day = [ours, *others] if opening_days.is_open(clinic, now) else [*others, ours]
    calls = [emergency, *by_day] if "clot" in urgent else [*by_day, emergency]
    return Answer([str(TICKED[box]) for box in urgent], calls, [str(UNTIL_THEN[box]) for box in urgent])


def _clinic_call(clinic: Clinic, now: datetime) -> Call:
    if opening_days.is_open(clinic, now):
        note = str(_("%(phone)s, open now until %(time)s"))
    else:
        note = str(_("%(phone)s, closed now, opens %(open)s"))
    shown = phone(clinic.phone, clinic.country)
    words = {"phone": shown, "time": f"{clinic.closes_at:%H:%M}", "open": opens_next(clinic, now=now)}
    return Call(clinic.phone, str(_("Call the clinic")), note % words)


def _out_of_hours(clinic: Clinic) -> Call:
    return Call(
        clinic.out_of_hours_phone,
        str(_("Clinic closed or no answer: %s")) % clinic.out_of_hours_phone,
        str(_("day and night")),
    )


def open_until(clinic: Clinic, *, now: datetime) -> str:
    """'17:00' while the clinic is open, else empty."""
    return f"{clinic.closes_at:%H:%M}" if opening_days.is_open(clinic, now) else ""


def opens_next(clinic: Clinic, *, now: datetime) -> str:
    """'today 09:00' or 'Mon 23 Nov 09:00': when somebody answers the phone again."""
    local = now.astimezone(ZoneInfo(clinic.time_zone))
    if local.time() < clinic.opens_at and opening_days.is_open(clinic, _at(local, clinic)):
        return str(_("today %(time)s")) % {"time": f"{clinic.opens_at:%H:%M}"}
    on = opening_days.next_opening_day(clinic, local.date())
    return f"{day(on, local.date())} {clinic.opens_at:%H:%M}"


def _at(local: datetime, clinic: Clinic) -> datetime:
    return local.replace(hour=clinic.opens_at.hour, minute=clinic.opens_at.minute)
