"""The JSON form of a person's record and of a plan (protocol.md section 9): strict in, exact out.

What is refused raises RecordError, whose message names the place and the value. Messages are plain ASCII English.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from clinical.history import (
    RADIOGRAPHS,
    Constraint,
    Ending,
    EndReason,
    Finding,
    Joint,
    JointState,
    Modality,
    Person,
    Stage,
    Study,
    SurgeonReview,
    Symptoms,
    SymptomStatus,
    Tick,
    Treatment,
)
from clinical.protocol import FollowUp, JointPlan, Plan, PlannedStudy, Window, state_on
from clinical.reasons import Reason, english
from clinical.sites import JOINTS, JointKey, Side, Site, View
from clinical.sizing import JIC_TYPE, LETTER
from clinical.staging import problem, says_no_lesion
from clinical.treatments import NAMES

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
MOST: dict[str, int] = {
    "volume_percent": 100,
    "volume_cm3": 200,
    "kerboul_coronal": 180,
    "kerboul_sagittal": 180,
    "collapse_mm": 30,
}
"""Upper bounds of the measures; the lower is 0."""


class RecordError(ValueError):
    """The record is not what protocol.md allows; the message names the place."""


def _shown(value: object) -> str:
    """The value for a message: short, and safe to print anywhere."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**20:
        return "a number of more than 20 digits"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _refuse(at: str, why: str) -> NoReturn:
    raise RecordError(f"{at}: {why}" if at else why)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise RecordError(f"key {_shown(key)} is given twice in one object")
            seen.add(key)
    return found


def _constant(word: str) -> NoReturn:
    raise RecordError(f"{word} is not a number that a record may hold")


_decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def loads(text: str) -> Any:
    """JSON to values; a key given twice, NaN, Infinity and text that is no JSON raise RecordError."""
    try:
        return _decoder.decode(text.removeprefix("\ufeff"))
    except RecordError:
        raise
    except json.JSONDecodeError as error:
        raise RecordError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise RecordError("not a record: nested too deeply") from None
    except ValueError:  # an integer of more digits than Python reads
        raise RecordError("a number has too many digits") from None


def _object(data: object, at: str, allowed: frozenset[str], needed: tuple[str, ...]) -> dict[str, Any]:
    if type(data) is not dict:
        _refuse(at, f"an object is needed, not {_shown(data)}")
    if not data.keys() <= allowed:
        unknown = next(key for key in data if key not in allowed)
        _refuse(at, f"unknown key {_shown(unknown)}")
    for key in needed:
        if data.get(key) is None:
            _refuse(f"{at}.{key}" if at else key, "is needed")
    return data


def _list(data: object, at: str) -> list[Any]:
    """Missing and null are an empty list."""
    if data is None:
        return []
    if type(data) is not list:
        _refuse(at, f"a list is needed, not {_shown(data)}")
    return data


@lru_cache(maxsize=8192)
def _parse_day(text: str) -> date | None:
    if len(text) != 10 or not text.isascii() or text[4] != "-" or text[7] != "-":
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def _day(obj: Mapping[str, Any], key: str, at: str) -> date:
    # Places are put together only for a message: they cost more than the reading.
    value = obj.get(key)
    day = _parse_day(value) if type(value) is str else None
    if day is None:
        _refuse(
            f"{at}.{key}" if at else key,
            f"a day from {FIRST_DAY} to {LAST_DAY} as YYYY-MM-DD is needed, not {_shown(value)}",
        )
    return day


E = TypeVar("E")


def _one_of(obj: Mapping[str, Any], key: str, at: str, words: Mapping[str, E]) -> E:
    value = obj.get(key)
    found = words.get(value) if type(value) is str else None
    if found is None:
        _refuse(f"{at}.{key}" if at else key, f"one of {', '.join(words)} is needed, not {_shown(value)}")
    return found


def _wrong(obj: Mapping[str, Any], at: str) -> bool:
    """Entered in error? Missing, null and false are False."""
    value = obj.get("entered_in_error")
    if value is None or value is False:
        return False
    if value is not True:
        _refuse(f"{at}.entered_in_error", f"true or false is needed, not {_shown(value)}")
    return True


def _number(value: object, key: str, at: str, most: int) -> float:
    # type(), because true is an int; the comparison is false for NaN and an overflown 1e400.
    if (type(value) is int or type(value) is float) and 0 <= value <= most:
        return value
    _refuse(f"{at}.{key}", f"a number from 0 to {most} is needed, not {_shown(value)}")


_SITES: dict[str, Site] = {site.value: site for site in Site}
_SIDES: dict[str, Side] = {side.value: side for side in Side}
_STATES: dict[str, JointState] = {state.value: state for state in JointState}
_MODALITIES: dict[str, Modality] = {modality.value: modality for modality in Modality}
_VIEWS: dict[str, View] = {view.value: view for view in View}
_TICKS: dict[str, Tick] = {tick.value: tick for tick in Tick}
_SYMPTOMS: dict[str, Symptoms] = {symptoms.value: symptoms for symptoms in Symptoms}
_CONSTRAINTS: dict[str, Constraint] = {constraint.value: constraint for constraint in Constraint}
_END_REASONS: dict[str, EndReason] = {reason.value: reason for reason in EndReason}
_CODES = {code: code for code in NAMES}

_PERSON = frozenset({"as_of", "born", "constraints", "ended", "joints", "studies"})
_ENDING = frozenset({"on", "reason"})
_JOINT = frozenset({"site", "side", "state", "since", "symptom_status", "surgeon_reviews", "treatments"})
_STATUS = frozenset({"on", "value", "entered_in_error"})
_REVIEW = frozenset({"on", "entered_in_error"})
_TREATMENT = frozenset({"code", "on", "entered_in_error"})
_STUDY = frozenset({"on", "modality", "covers", "views", "findings", "entered_in_error"})
_STAGE = frozenset({"system", "version", "value"})
_FINDING = frozenset(
    {"site", "side", "stage", "extent", "jic_type", "subchondral_fracture", "oedema", "effusion", "entered_in_error"}
) | frozenset(MOST)


def _joint_key(obj: Mapping[str, Any], at: str) -> JointKey:
    site, side = obj.get("site"), obj.get("side")
    key = JOINTS.get((site, side)) if type(site) is str and type(side) is str else None
    if key is None:
        place, where = _one_of(obj, "site", at, _SITES), _one_of(obj, "side", at, _SIDES)
        _refuse(f"{at}.side", f"{place} has no side {where}")
    return key


def _text(obj: Mapping[str, Any], key: str, at: str) -> str | None:
    value = obj.get(key)
    if value is None:
        return None
    if type(value) is not str:
        _refuse(f"{at}.{key}", f"a text is needed, not {_shown(value)}")
    if not value.isprintable() and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        _refuse(f"{at}.{key}", f"holds characters that no text has: {_shown(value)}")
    return value


def _stage(data: object, at: str, site: Site) -> Stage:
    obj = _object(data, at, _STAGE, ("value",))
    stage = Stage(_text(obj, "value", at) or "", _text(obj, "system", at), _text(obj, "version", at))
    wrong = problem(stage, site)
    if wrong is not None:
        _refuse(at, wrong)
    return stage


_CHOICES: dict[str, Mapping[str, str]] = {
    "extent": {letter: letter for letter in LETTER},
    "jic_type": {kind: kind for kind in JIC_TYPE},
    "subchondral_fracture": _TICKS,
    "oedema": _TICKS,
    "effusion": _TICKS,
}


def _finding(data: object, at: str, covers: tuple[JointKey, ...], listed: Collection[JointKey]) -> Finding:
    obj = _object(data, at, _FINDING, ("site", "side"))
    key = _joint_key(obj, at)
    if key not in listed:
        _refuse(at, f"a finding about the {key[1]} {key[0]}, which is not among the joints")
    if key not in covers:
        _refuse(at, f"a finding about the {key[1]} {key[0]}, which the study does not cover")
    values: dict[str, Any] = {}
    for name, value in obj.items():
        if value is None:
            continue
        if name in MOST:
            values[name] = _number(value, name, at, MOST[name])
        elif name in _CHOICES:
            values[name] = _one_of(obj, name, at, _CHOICES[name])
        elif name == "stage":
            values[name] = _stage(value, f"{at}.stage", key[0])
    return Finding(*key, entered_in_error=_wrong(obj, at), **values)


def _covers(data: object, at: str) -> tuple[JointKey, ...]:
    keys: list[JointKey] = []
    for i, pair in enumerate(_list(data, at)):
        if type(pair) is not list or len(pair) != 2:
            _refuse(f"{at}[{i}]", f"a pair of site and side is needed, not {_shown(pair)}")
        keys.append(_joint_key({"site": pair[0], "side": pair[1]}, f"{at}[{i}]"))
    return tuple(keys)


def _views(data: object, at: str, modality: Modality) -> frozenset[View]:
    views = _list(data, at)
    if views and modality not in RADIOGRAPHS:
        _refuse(at, f"views go with DX and CR, not with {modality}")
    found = [_VIEWS.get(view) if type(view) is str else None for view in views]
    for i, view in enumerate(found):
        if view is None:
            _refuse(f"{at}[{i}]", f"one of {', '.join(_VIEWS)} is needed, not {_shown(views[i])}")
    return frozenset(view for view in found if view is not None)


def _study(data: object, at: str, listed: Collection[JointKey]) -> Study:
    obj = _object(data, at, _STUDY, ("on", "modality", "covers"))
    modality = _one_of(obj, "modality", at, _MODALITIES)
    covers = _covers(obj["covers"], f"{at}.covers")
    findings = _list(obj.get("findings"), f"{at}.findings")
    return Study(
        on=_day(obj, "on", at),
        modality=modality,
        covers=covers,
        views=_views(obj.get("views"), f"{at}.views", modality),
        findings=tuple([_finding(item, f"{at}.findings[{i}]", covers, listed) for i, item in enumerate(findings)]),
        entered_in_error=_wrong(obj, at),
    )


def _status(data: object, at: str) -> SymptomStatus:
    obj = _object(data, at, _STATUS, ("on", "value"))
    return SymptomStatus(_day(obj, "on", at), _one_of(obj, "value", at, _SYMPTOMS), _wrong(obj, at))


def _review(data: object, at: str) -> SurgeonReview:
    obj = _object(data, at, _REVIEW, ("on",))
    return SurgeonReview(_day(obj, "on", at), _wrong(obj, at))


def _treatment(data: object, at: str) -> Treatment:
    obj = _object(data, at, _TREATMENT, ("code", "on"))
    return Treatment(_one_of(obj, "code", at, _CODES), _day(obj, "on", at), _wrong(obj, at))


def _joint(data: object, at: str) -> Joint:
    obj = _object(data, at, _JOINT, ("site", "side", "state"))
    return Joint(
        *_joint_key(obj, at),
        state=_one_of(obj, "state", at, _STATES),
        since=_day_or_none(obj, "since", at),
        symptom_status=_each(obj.get("symptom_status"), f"{at}.symptom_status", _status),
        surgeon_reviews=_each(obj.get("surgeon_reviews"), f"{at}.surgeon_reviews", _review),
        treatments=_each(obj.get("treatments"), f"{at}.treatments", _treatment),
    )


def _day_or_none(obj: Mapping[str, Any], key: str, at: str) -> date | None:
    return None if obj.get(key) is None else _day(obj, key, at)


def _each(data: object, at: str, read: Callable[[object, str], E]) -> tuple[E, ...]:
    return tuple([read(item, f"{at}[{i}]") for i, item in enumerate(_list(data, at))])


def _ending(data: object, at: str) -> Ending | None:
    if data is None:
        return None
    obj = _object(data, at, _ENDING, ("on", "reason"))
    return Ending(_day(obj, "on", at), _one_of(obj, "reason", at, _END_REASONS))


def _known_since(joint: Joint, studies: Iterable[Study], as_of: date) -> bool:
    if joint.since is not None and joint.since <= as_of:
        return True
    key = (joint.site, joint.side)
    return any(
        (finding.site, finding.side) == key and not finding.entered_in_error and not says_no_lesion(finding)
        for study in studies
        if not study.entered_in_error and study.on <= as_of
        for finding in study.findings
    )


def person_from_json(data: object, *, at: str = "") -> tuple[Person, date]:
    """One person and the day to plan for. `at` is where the object stands, for messages: "[3]"."""
    obj = _object(data, at, _PERSON, ("as_of",))
    as_of = _day(obj, "as_of", at)
    return history_from_json(obj, as_of=as_of, at=at), as_of


def history_from_json(obj: Mapping[str, Any], *, as_of: date, at: str = "") -> Person:
    """The record alone, from an object that may hold other keys beside it, as it is on a day."""
    under = f"{at}." if at else ""
    born_on = _day_or_none(obj, "born", at)
    if born_on is not None and born_on > as_of:
        _refuse(f"{under}born", f"{born_on} is after as_of")
    joints = _each(obj.get("joints"), f"{under}joints", _joint)
    listed: set[JointKey] = set()
    for i, joint in enumerate(joints):
        if (joint.site, joint.side) in listed:
            _refuse(f"{under}joints[{i}]", f"the {joint.side} {joint.site} is listed twice")
        listed.add((joint.site, joint.side))
    studies = tuple(
        [
            _study(item, f"{under}studies[{i}]", listed)
            for i, item in enumerate(_list(obj.get("studies"), f"{under}studies"))
        ]
    )
    for i, joint in enumerate(joints):
        if joint.state is JointState.LESION and not _known_since(joint, studies, as_of):
            _refuse(f"{under}joints[{i}]", "a lesion needs since or a finding, on or before as_of")
    constraints = _list(obj.get("constraints"), f"{under}constraints")
    return Person(
        joints=joints,
        studies=studies,
        constraints=frozenset(
            [
                _one_of({f"constraints[{i}]": c}, f"constraints[{i}]", at, _CONSTRAINTS)
                for i, c in enumerate(constraints)
            ]
        ),
        ended=_ending(obj.get("ended"), f"{under}ended"),
        born=born_on,
    )


def _window(window: Window) -> dict[str, Any]:
    return {
        "target": day_text(window.target),
        "opens": day_text(window.opens),
        "closes": day_text(window.closes),
        "latest_safe": day_text(window.latest_safe),
    }


@lru_cache(maxsize=8192)
def day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _clock(clock: PlannedStudy) -> dict[str, Any]:
    out = {"study": clock.study, **_window(clock.window)}
    if clock.because is not None:
        out |= {"instead_of": clock.clock, "because": clock.because}
    return out


def _follow_up(follow_up: FollowUp | None, as_of: date) -> dict[str, Any] | None:
    if follow_up is None:
        return None
    state = state_on(follow_up.window, as_of)
    return {**_window(follow_up.window), "studies": list(follow_up.studies), "state": state}


def _joint_plan(joint: JointPlan, as_of: date, say: Callable[[Reason], str]) -> dict[str, Any]:
    return {
        "site": joint.site,
        "side": joint.side,
        "state": joint.state,
        "group": joint.group,
        "row": joint.row,
        "row_since": day_text(joint.row_since),
        "start": day_text(joint.start),
        "clocks": [_clock(clock) for clock in joint.clocks],
        "follow_up": _follow_up(joint.follow_up, as_of),
        "ended": None if joint.ended is None else {"on": day_text(joint.ended[0]), "reason": joint.ended[1]},
        "conflicts": [say(conflict) for conflict in joint.conflicts],
        "reasons": [say(reason) for reason in joint.reasons],
    }


def plan_to_json(plan: Plan, *, say: Callable[[Reason], str] = english) -> dict[str, Any]:
    """The answer form. `say` makes the sentences; all else does not depend on language."""
    return {
        "as_of": day_text(plan.as_of),
        "joints": [_joint_plan(joint, plan.as_of, say) for joint in plan.joints],
        "prompts": [
            {"code": prompt.code, "site": prompt.site, "side": prompt.side, "target": day_text(prompt.target)}
            for prompt in plan.prompts
        ],
    }
