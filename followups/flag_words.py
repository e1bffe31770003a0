"""A flag in the reader's words: its rule as a sentence about the joint, in one line for the queue, and its history.

The medicine gives codes and values (`clinical.worsening.words`). Nothing here says what a joint will do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.words import clock_time, day
from clinical.worsening import Policy
from followups.models import Flag, FlagEvent
from patients.models import PainLog

Words = Mapping[str, Promise | str]

# {joint} is "left hip", {at} "today at 08:12", {range} "5 to 7" or one number.
SENTENCES: Words = {
    "cannot_bear_weight": _(
        "The patient ticked “I cannot put weight on the leg” for the {joint} {at}. It had not been ticked in the "
        "{weight_bearing_clear_days} days before, and there is no order to keep weight off."
    ),
    "injury": _("The patient ticked “I fell or hurt it” for the {joint} {at}, with pain of {nrs} out of 10."),
    "fever": _("The patient ticked “Fever, or I feel very unwell” {at}, with pain of {nrs} in the {joint}."),
    "fever_hot": _("The patient ticked “Fever, or I feel very unwell” {at}, and the {joint} is hot or swollen."),
    "clot": _("The patient ticked “Swollen calf or thigh, chest pain, or short of breath” {at} ({joint})."),
    "wound": _("The patient ticked “The wound leaks, opens or gets red” {at}, {days} days after surgery ({joint})."),
    "sudden": _("Usual pain in the {joint} is about {usual}. Since {began_on} it has been {range} on {days} days."),
    "step": _(
        "Reports of the {joint} are higher than this patient’s own usual level of {usual}. Since {began_on} they have "
        "been {range} on {days} days, and the last entry, {last}, is still up."
    ),
    "slow_rise": _(
        "Usual pain in the {joint} was about {usual}. It has been rising slowly since about {began_on} and was {range} "
        "on {days} of the last days with an entry."
    ),
    "healing_rise": _(
        "After the operation, pain in the {joint} was about {before} in the week before and is about {recent} this "
        "week."
    ),
    "silent": _("The {joint} was without pain. Since {began_on} it has been {range} on {days} days."),
    "new_joint": _("The {joint} has no known lesion. Since {began_on} its pain has been {range} on {days} days."),
    "rest_or_night": _(
        "Pain of the {joint} at rest or at night on {days} days since {began_on}, and none in the {rest_clear} days "
        "before."
    ),
    "mechanical": _(
        "The {joint} locked, caught or gave way on {days} days since {began_on}, and never in the {mechanical_clear} "
        "days before."
    ),
    "aid_up": _("More walking aid than before ({joint}): from {before} to {after} since {began_on}."),
    "distance_down": _("Walks less far than before ({joint}): from {before} to {after} since {began_on}."),
    "score_drop": _("{instrument} of the {joint} went from {before} on {before_on} to {after} on {on}; {worse}."),
    "level": _("Pain in the {joint} has been about {median} out of 10 over {window} days, in {days} entries."),
    "silence": _("No entry for the {joint} since {last_on}; one was expected every {interval} days."),
    "imaging": _("The image of the {joint} of {on} shows what that of {before_on} did not: {changes}."),
    "steroid": _(
        "A new steroid course began on {on}: {dose}. It concerns every joint and stands at one of them, the {joint}."
    ),
    "thigh_on_bisphosphonate": _(
        "The patient reported a new thigh or groin ache on {on} ({joint}), and takes or took {drug}."
    ),
    "jaw_on_bisphosphonate": _(
        "The patient reported a jaw complaint or a tooth extraction on {on}, and takes or took {drug}."
    ),
    "wants_review": _("The patient ticked “I want someone to look at this before my visit” for the {joint} {at}."),
}

SHORT: Words = {
    "cannot_bear_weight": _("Cannot put weight on the leg, ticked {at}"),
    "injury": _("Fell or hurt it, ticked {at}"),
    "fever": _("Fever or very unwell, ticked {at}"),
    "fever_hot": _("Fever or very unwell, ticked {at}"),
    "clot": _("Swollen leg, chest pain or short of breath, ticked {at}"),
    "wound": _("Wound leaks, opens or gets red, ticked {at}"),
    "sudden": _("Sudden rise: {range}, usual {usual}"),
    "step": _("Sustained rise: {range}, usual {usual}"),
    "slow_rise": _("Slow rise: {range}, usual was {usual}"),
    "healing_rise": _("Rise after an operation: {recent}, {before} the week before"),
    "silent": _("Was without pain, now {range} on {days} days"),
    "new_joint": _("Pain in a joint without a known lesion: {range}"),
    "rest_or_night": _("New pain at rest or at night on {days} days"),
    "mechanical": _("New locking or giving way on {days} days"),
    "aid_up": _("More walking aid: {after}"),
    "distance_down": _("Walks less far: {after}"),
    "score_drop": _("{instrument} from {before} to {after}"),
    "level": _("High for {window} days: about {median}"),
    "silence": _("Gone quiet: no entry since {last_on}"),
    "imaging": _("New on the image: {changes}"),
    "steroid": _("New steroid course on {on}: {dose}"),
    "thigh_on_bisphosphonate": _("New thigh or groin ache under {drug}"),
    "jaw_on_bisphosphonate": _("Jaw complaint under {drug}"),
    "wants_review": _("“I want someone to look at this before my visit”"),
}

RULES: Words = {
    "cannot bear weight": _("cannot bear weight"),
    "injury": _("injury"),
    "fever and joint": _("fever and joint"),
    "clot or chest": _("clot or chest"),
    "wound": _("wound"),
    "sudden severe": _("sudden severe"),
    "sustained rise": _("sustained rise"),
    "rise after operation": _("rise after operation"),
    "silent joint speaks": _("silent joint speaks"),
    "new joint": _("new joint"),
    "rest or night pain new": _("new rest or night pain"),
    "mechanical new": _("new locking or giving way"),
    "function step-down": _("function step-down"),
    "slow rise": _("slow rise"),
    "score drop": _("score drop"),
    "uncontrolled": _("high for two weeks"),
    "gone quiet": _("gone quiet"),
    "imaging change": _("imaging change"),
    "steroid re-exposure": _("steroid re-exposure"),
    "bisphosphonate": _("bisphosphonate"),
    "patient asks for review": _("the patient asks for review"),
}

NOT_KNOWN_RULE = _("Rule {rule} asks for a review of the {joint}.")

CLEARS: Words = {
    "a_person": _("your review."),
    "down_a_week": _("pain within {points} of usual for {days} days, or your review."),
    "an_entry": _("a new entry, or a word with the patient."),
}


CHANGES: Words = {
    "crescent": _("crescent"),
    "subchondral_fracture": _("subchondral fracture"),
    "oedema": _("bone marrow oedema"),
    "effusion": _("effusion"),
    "stage": _("a later stage"),
    "depression_mm": _("more depression"),
    "volume_percent": _("a larger lesion"),
}

INSTRUMENTS: Words = {"hoos_jr": "HOOS JR", "ohs": "Oxford Hip Score", "peg": "PEG"}

INFECTION_RISKS: Words = {
    "steroid": _("corticosteroids"),
    "chemotherapy": _("chemotherapy"),
    "transplant": _("transplant"),
    "operation": _("an operation in the last 90 days"),
    "prosthesis": _("an artificial joint"),
    "sickle_cell": _("sickle cell disease"),
    "hiv": _("HIV"),
}

EVENTS: Words = {
    "opened": _("Opened by the rule"),
    "joined": _("More evidence joined"),
    "claimed": _("{who} took this"),
    "handed_over": _("{who} handed this over to {note}"),
    "contacted": _("{who}: {note}"),
    "quiet": _("Gone quiet: {note}"),
    "escalated": _("The lead was told"),
    "told": _("Mail to staff"),
    "released": _("Free again: {note} no longer answers flags here"),
    "imaging": _("{who} brought imaging forward: {note}"),
    "imaging_undone": _("{who} took it back: {note}"),
    "closed": _("{who} closed this: {note}"),
}


def sentence(flag: Flag, *, today: date) -> SafeString:
    """The rule that speaks for this flag, as one sentence; its values in bold."""
    return _say(SENTENCES, flag.evidence, flag, today=today, bold=True)


def short(flag: Flag, *, today: date) -> str:
    """One line for the queue."""
    return str(_say(SHORT, flag.evidence, flag, today=today, bold=False))


def hit_line(hit: Mapping[str, Any], flag: Flag, *, today: date) -> str:
    """What another rule said while the flag was open."""
    return str(_say(SHORT, hit, flag, today=today, bold=False))


def rule_name(finding: Mapping[str, Any]) -> str:
    name = str(finding.get("name", ""))
    return str(RULES.get(name, name))


def clears(finding: Mapping[str, Any]) -> str:
    reason = finding.get("clears") or {}
    return str(CLEARS.get(reason.get("code", ""), CLEARS["a_person"])).format_map(reason.get("params") or {})


def event(entry: FlagEvent) -> str:
    """'Dr Dahl took this'."""
    words = str(EVENTS.get(entry.what, entry.what))
    return words.format(who=entry.by or gettext("The scheduler"), note=entry.note)


def _say(words: Words, finding: Mapping[str, Any], flag: Flag, *, today: date, bold: bool) -> SafeString:
    reason = finding.get("why") or {}
    template = words.get(str(reason.get("code", "")), NOT_KNOWN_RULE)
    values = _Values({name: _mark(said, bold) for name, said in _values(finding, flag, today).items()})
    return mark_safe(escape(template).format_map(values))


def _mark(said: str, bold: bool) -> SafeString:
    return format_html("<b>{}</b>", said) if bold else format_html("{}", said)


class _Values(dict[str, Any]):
    """A value that a rule did not give reads as not known, never as an error."""

    def __missing__(self, name: str) -> str:
        return gettext("not known")


def _values(finding: Mapping[str, Any], flag: Flag, today: date) -> dict[str, str]:
    params = (finding.get("why") or {}).get("params") or {}
    values = {"joint": str(flag.joint), "rule": str(flag.rule)}
    values |= {name: plain(value) for name, value in (finding.get("thresholds") or {}).items()}
    values |= {name: _value(finding, name, value, today) for name, value in params.items()}
    if "low" in params:
        low, high = plain(params["low"]), plain(params.get("high"))
        values["range"] = low if low == high else gettext("%(low)s to %(high)s") % {"low": low, "high": high}
    if "instrument" in params:
        values["worse"] = gettext("higher is worse") if params["instrument"] == "peg" else gettext("lower is worse")
    if "mg" in params:
        values["dose"] = _dose(params)
    if finding.get("at"):
        values["at"] = at_moment(datetime.fromisoformat(finding["at"]), flag, today=today)
    return values


def _dose(params: Mapping[str, Any]) -> str:
    said = []
    if params.get("mg") is not None:
        said.append(gettext("%(mg)s mg of prednisolone a day") % {"mg": plain(params["mg"])})
    if params.get("total") is not None:
        said.append(gettext("%(total)s g in three months") % {"total": plain(params["total"])})
    return ", ".join(said) or gettext("dose not known")


def _value(finding: Mapping[str, Any], name: str, value: Any, today: date) -> str:
    code = finding["why"]["code"]
    if name == "drug" and not value:
        return gettext("a bisphosphonate")
    if name == "instrument":
        return str(INSTRUMENTS.get(value, value))
    if value is None:
        return gettext("not known")
    if name == "on" or name.endswith("_on"):
        return day(date.fromisoformat(value), today)
    if code == "aid_up":
        return str(PainLog.Aid(value).label)
    if code == "distance_down":
        return str(PainLog.Distance(value).label)
    if name == "changes":
        return ", ".join(str(CHANGES.get(change, change)) for change in str(value).split(", "))
    return plain(value)


def at_moment(at: datetime, flag: Flag, *, today: date) -> str:
    """'today at 08:12', in the patient's zone, where the entry was made."""
    local = at.astimezone(flag.patient.zone)
    if local.date() == today:
        return gettext("today at %(time)s") % {"time": f"{local:%H:%M}"}
    return gettext("%(day)s at %(time)s") % {"day": day(local.date(), today), "time": f"{local:%H:%M}"}


def plain(value: Any) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Threshold:
    name: str
    value: str
    unit: str
    source: str


def thresholds(finding: Mapping[str, Any]) -> list[Threshold]:
    """The numbers that decided, with their unit and where they come from."""
    known = {field.name: field.metadata for field in fields(Policy)}
    return [
        Threshold(name, plain(value), str(known[name].get("unit", "")), str(known[name].get("source", "")))
        for name, value in (finding.get("thresholds") or {}).items()
        if name in known
    ]


def who_was_faster(flag: Flag) -> str:
    """'Dr Dahl took this at 09:41.': what a person reads who came second."""
    last = flag.events.exclude(by=None).select_related("by").order_by("-at", "-pk").first()
    if last is None:
        return gettext("This flag has changed. Look again.")
    return gettext("%(what)s at %(time)s.") % {"what": event(last).partition(":")[0], "time": clock_time(last.at)}
