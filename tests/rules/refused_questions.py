"""Made-up questions with one thing in them that the form of section 9 does not allow (mostly)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.rules.histories import history, maybe

Json = dict[str, Any]

WRONG: list[Any] = ["x", "", 7, -1, 1e9, True, [], {}, [1], {"x": 1}, "2026-02-30", "yes", "20260101"]


def places(value: Any) -> list[Json]:
    """Every object in a question."""
    found: list[Json] = []
    if isinstance(value, dict):
        found.append(value)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            found += places(item)
    return found


def unknown_key(rnd: Random, q: Json) -> None:
    rnd.choice(places(q))["shoe_size"] = rnd.choice([43, None, "x"])


def wrong_value(rnd: Random, q: Json) -> None:
    place = rnd.choice([p for p in places(q) if p])
    place[rnd.choice(list(place))] = rnd.choice(WRONG)


def missing_needed(rnd: Random, q: Json) -> None:
    needed = {"as_of", "site", "side", "state", "on", "modality", "covers", "code", "value", "reason"}
    place = rnd.choice([p for p in places(q) if needed & set(p)])
    key = rnd.choice(sorted(needed & set(place)))
    if rnd.random() < 0.5:
        del place[key]
    else:
        place[key] = None


def joint_twice(rnd: Random, q: Json) -> None:
    q["joints"].append(copy.deepcopy(rnd.choice(q["joints"])))


def finding_elsewhere(rnd: Random, q: Json) -> None:
    study = rnd.choice(q["studies"])
    site, side = rnd.choice([("knee", "left"), ("hip", "left"), ("jaw", "none"), ("ankle", "left")])
    study["findings"] = [*(study.get("findings") or []), {"site": site, "side": side}]


def odd_stage(rnd: Random, q: Json) -> None:
    finding = rnd.choice([f for s in q["studies"] for f in s.get("findings") or []])
    system = rnd.choice([None, "ARCO", "arco", "Ficat", "Steinberg", "JIC", "Cruess", "Koshino", "X"])
    value = rnd.choice(["3B", "3C", "4", "5", "0", "VI", "VIA", "IIC", "IIA", "x" * 21, "", 3, "iii"])
    finding["stage"] = {"system": system, "value": value}
    if rnd.random() < 0.6:
        finding["stage"]["version"] = rnd.choice(["2019", "1993", "2001", 2019, ""])


def views_elsewhere(rnd: Random, q: Json) -> None:
    study = rnd.choice(q["studies"])
    study["views"] = [rnd.choice(["AP", "oblique", 1, "AP_lateral"])]
    study["modality"] = rnd.choice(["MR", "VISIT", "NM", "DX"])


def out_of_range(rnd: Random, q: Json) -> None:
    finding = rnd.choice([f for s in q["studies"] for f in s.get("findings") or []])
    choices: list[tuple[str, list[Any]]] = [
        ("volume_percent", [100.1, -0.1, "22", True, float("nan"), 100, 0]),
        ("volume_cm3", [200.5, -1, [], float("inf"), 200]),
        ("kerboul_coronal", [180.5, -1, "95", 180]),
        ("kerboul_sagittal", [181, False, 0]),
        ("collapse_mm", [30.1, -0.5, "2", 30]),
        ("extent", ["D", "a", "", 1]),
        ("jic_type", ["C", "C3", "c1"]),
        ("oedema", ["Yes", True, "not_known", ""]),
        ("subchondral_fracture", ["maybe", False]),
        ("effusion", ["unknown", 0]),
    ]
    key, values = rnd.choice(choices)
    finding[key] = rnd.choice(values)


def odd_day(rnd: Random, q: Json) -> None:
    place = rnd.choice([p for p in places(q) if {"on", "as_of"} & set(p)])
    key = "on" if "on" in place else "as_of"
    odd = ["1899-12-31", "2200-01-01", "2025-02-29", "2025-2-1", "20250201", "2025-W01-1", "", 5]
    odd += ["2025-01-01T00:00:00", "01.02.2025", " 2025-01-01", "2025-01-01 ", "\u0662025-01-01"]
    place[key] = rnd.choice(odd)


def born_later(rnd: Random, q: Json) -> None:
    day = date.fromisoformat(q["as_of"]) + timedelta(days=rnd.choice([0, 1]))
    q["born"] = day.isoformat()


def lesion_from_nowhere(rnd: Random, q: Json) -> None:
    joint = rnd.choice(q["joints"])
    joint["state"] = "lesion"
    joint["since"] = maybe(rnd, 0.2, "2199-01-01")
    for study in q["studies"]:
        for finding in study.get("findings") or []:
            if (finding["site"], finding["side"]) == (joint["site"], joint["side"]):
                finding["entered_in_error"] = True


def odd_side(rnd: Random, q: Json) -> None:
    joint = rnd.choice(q["joints"])
    joint["site"], joint["side"] = rnd.choice(
        [("jaw", "left"), ("hip", "none"), ("Hip", "left"), ("elbow", "left"), ("hip", "both")]
    )


MUTATIONS: list[Callable[[Random, Json], None]] = [
    unknown_key,
    wrong_value,
    missing_needed,
    joint_twice,
    finding_elsewhere,
    odd_stage,
    views_elsewhere,
    out_of_range,
    odd_day,
    born_later,
    lesion_from_nowhere,
    odd_side,
]


def perhaps_not_allowed(rnd: Random) -> Json:
    """A question with one mutation. Most are not allowed; some, by luck, still are."""
    question = history(rnd)
    while not question["joints"] or not any(s.get("findings") for s in question["studies"]):
        question = history(rnd)
    mutated = copy.deepcopy(question)
    rnd.choice(MUTATIONS)(rnd, mutated)
    return mutated
