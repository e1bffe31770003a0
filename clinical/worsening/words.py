"""What a verdict says, as a code and its values. Words are put in one layer up; the English is here to read beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Reason:
    """A sentence to be: `code` finds the words, `params` are the values that go into them."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


# A code with "_same" beside it is said that way where `low` and `high` are one number.
WORDS: dict[str, str] = {
    # why a rule spoke
    "cannot_bear_weight": "On {on} this leg could not bear weight.",
    "injury": "On {on} there was a fall or an injury, with pain of {nrs} or a leg that could not bear weight.",
    "fever": "On {on} there was fever or feeling unwell, with pain of {nrs} in this joint.",
    "fever_hot": "On {on} there was fever or feeling unwell, with a hot or swollen joint.",
    "clot": "On {on} there was a swollen calf or thigh, chest pain or breathlessness.",
    "wound": "On {on} the wound leaked, opened or got red, {days} days after the operation.",
    "sudden": "Usual pain in this joint is about {usual}. Since {began_on} it has been {low} to {high} on {days} days.",
    "sudden_same": "Usual pain in this joint is about {usual}. Since {began_on} it has been {low} on {days} days.",
    "step": "Usual pain in this joint is about {usual}. Since {began_on} it has been {low} to {high} on {days} days, "
    "and the last entry ({last}) is still up.",
    "step_same": "Usual pain in this joint is about {usual}. Since {began_on} it has been {low} on {days} days, "
    "and the last entry is still up.",
    "slow_rise": "Usual pain in this joint was about {usual}. It has been rising slowly since about {began_on}, "
    "and in the last two weeks it was {low} to {high} on {days} days.",
    "slow_rise_same": "Usual pain in this joint was about {usual}. It has been rising slowly since about {began_on}, "
    "and in the last two weeks it was {low} on {days} days.",
    "healing_rise": "Pain was about {before} in the week before and is about {recent} this week, after the operation.",
    "silent": "This joint was without pain. Since {began_on} it has been {low} to {high} on {days} days.",
    "silent_same": "This joint was without pain. Since {began_on} it has been {low} on {days} days.",
    "new_joint": "A joint without a known lesion has been at {low} to {high} on {days} days since {began_on}.",
    "new_joint_same": "A joint without a known lesion has been at {low} on {days} days since {began_on}.",
    "rest_or_night": "Pain at rest or at night on {days} days since {began_on}, and none in the weeks before.",
    "mechanical": "Locking, catching or giving way on {days} days since {began_on}, and none in the weeks before.",
    "aid_up": "More walking aid than before: from level {before} to {after} since {began_on}.",
    "distance_down": "Walks less far than before: from level {before} to {after} since {began_on}.",
    "score_drop": "{instrument} went from {before} on {before_on} to {after} on {on}.",
    "level": "Pain has been about {median} over {window} days ({days} entries).",
    "silence": "No entry since {last_on}; one was expected every {interval} days.",
    "imaging": "The image of {on} shows what that of {before_on} did not: {changes}.",
    "steroid": "New steroid course on {on}: {mg} mg a day, {total} g in three months.",
    "thigh_on_bisphosphonate": "New thigh or groin ache on {on} under {drug}.",
    "jaw_on_bisphosphonate": "Jaw complaint or tooth extraction on {on} under {drug}.",
    "wants_review": "On {on} the patient asked for someone to look at this before the visit.",
    # what would clear it
    "a_person": "A clinician reviews it.",
    "down_a_week": "Pain within {points} of usual for {days} days, or a clinician reviews it.",
    "an_entry": "A new entry, or a word with the patient.",
    # verdicts
    "open_flag": "A flag is open and waits for a review.",
    "steady": "Usual pain in this joint is about {usual}; the last {days} days are no different.",
    "no_usual": "Not known: {days} days with an entry so far, {needed} are needed for a usual level.",
    "no_recent": "Not known: no entry in the last {days} days.",
}


def say(reason: Reason) -> str:
    """The English sentence, for tests, tables and the reader of this package."""
    same = reason.params.get("low") == reason.params.get("high")
    words = WORDS.get(f"{reason.code}_same") if same else None
    return (words or WORDS[reason.code]).format(**{name: _plain(value) for name, value in reason.params.items()})


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return f"{value.day} {value:%B}"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return str(value)
