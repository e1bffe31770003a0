"""Records in the JSON form of protocol.md, made short enough to stand in a table of cases."""

from datetime import date
from typing import Any

from clinical.protocol import Plan, plan
from clinical.record_form import person_from_json

Json = dict[str, Any]
LEFT, RIGHT = ("hip", "left"), ("hip", "right")
SMALL: Json = {"volume_percent": 10}
MEDIUM: Json = {"volume_percent": 22}
LARGE: Json = {"volume_percent": 40}
EARLY: Json = {"subchondral_fracture": "yes"}
LATE: Json = {"collapse_mm": 3}
VIEWS = {
    "hip": ["AP", "frog_leg_lateral"],
    "shoulder": ["AP", "axillary"],
    "knee": ["weight_bearing_AP", "lateral"],
    "ankle": ["AP", "mortise", "lateral"],
}


def stage(value: str, system: str | None = None, version: str | None = None, **more: Any) -> Json:
    return {"stage": {"system": system, "version": version, "value": value}, **more}


def joint(
    key: tuple[str, str] = LEFT,
    state: str = "lesion",
    since: str | None = None,
    pain: dict[str, str] | None = None,
    ops: dict[str, str] | None = None,
    reviews: tuple[str, ...] = (),
) -> Json:
    """pain: day to value; ops: day to code."""
    return {
        "site": key[0],
        "side": key[1],
        "state": state,
        "since": since,
        "symptom_status": [{"on": on, "value": value} for on, value in (pain or {}).items()],
        "treatments": [{"on": on, "code": code} for on, code in (ops or {}).items()],
        "surgeon_reviews": [{"on": on} for on in reviews],
    }


def study(on: str, modality: str = "MR", key: tuple[str, str] = LEFT, finding: Json | None = None, **more: Any) -> Json:
    """A study of one joint; a radiograph has all the views of its site unless told."""
    made: Json = {"on": on, "modality": modality, "covers": [list(key)], **more}
    if modality in ("DX", "CR"):
        made.setdefault("views", VIEWS[key[0]])
    if finding is not None:
        made["findings"] = [{"site": key[0], "side": key[1], **finding}]
    return made


def film(on: str, key: tuple[str, str] = LEFT, finding: Json | None = None, **more: Any) -> Json:
    return study(on, "DX", key, finding, **more)


def record(as_of: str, joints: list[Json], studies: list[Json] | None = None, **more: Any) -> Json:
    return {"as_of": as_of, "joints": joints, "studies": studies or [], **more}


def planned(data: Json, as_of: str | None = None) -> Plan:
    person, day = person_from_json(data if as_of is None else {**data, "as_of": as_of})
    return plan(person, as_of=day)


def due(data: Json, clock: str = "XR", at: int = 0) -> tuple[str, int] | None:
    """Target of one clock of one joint, and the days from opening to closing; None: the clock has no target."""
    for one in planned(data).joints[at].clocks:
        if one.clock == clock:
            return one.window.target.isoformat(), (one.window.closes - one.window.opens).days
    return None


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
