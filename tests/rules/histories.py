"""Made-up persons in the form of section 9 of the protocol, from a seeded `random.Random`.

Uniform noise hardly ever reaches a rule. So a person has *shapes*: how dense their records are,
and what happens to each joint (it stays small, grows, collapses, is operated on, replaced ...).
New days are often put on or one day beside a day that matters to the protocol (months and
windows after an earlier day), and often on the same day as another record.
"""

from __future__ import annotations

import calendar
import copy
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.rules.second_reading import (
    ARCO_1993,
    ARCO_2019,
    END_REASONS,
    STAGE_VALUES,
    TREATMENTS,
    months,
    plan,
    read_person,
)

Json = dict[str, Any]

SHAPES = ["quiet", "growing", "collapsing", "operated", "replaced", "nameless", "nothing", "any"]
PACES = {"dense": (0, 45), "clinic": (20, 200), "sparse": (90, 1100), "mixed": (0, 400)}
OFFSETS = [-43, -42, -41, -29, -28, -27, -15, -14, -13, -8, -7, -6, -1, 0, 0, 0, 0, 1, 7, 8]
OFFSETS += [13, 14, 15, 27, 28, 29, 41, 42, 43, 56, 84, 85]
STEPS = [1, 2, 3, 3, 6, 6, 9, 12, 12, 12, 18, 24, 24, 36, 60, 60, 120]
FULL_VIEWS = {
    "hip": [["AP", "frog_leg_lateral"], ["AP", "cross_table_lateral"]],
    "shoulder": [["AP", "axillary"]],
    "knee": [["weight_bearing_AP", "lateral"]],
    "ankle": [["AP", "mortise", "lateral"]],
    "shaft": [["AP", "lateral"]],
    "jaw": [["AP"]],
}
NAMELESS = "0 1 1A 2 2b 2C IIA iia IIB ii B II 3 3a 3B iii III IV 4 IVa x 5 V stage2 1b".split()
NAMELESS += [" 2 a ", " 0", "i i a", "II B", "2\tA", " ", "late", "2A?", "IIIa", "0 ", "vi", "Ⅱ"]
MILD = ["OBS", "ACT", "PT", "ESWT", "OTHER", "TRIAL", "WBR"]
PRESERVING = "CD CD CD+ ROD REG NVG VFG ALLO SYN OST OST".split()
REPLACING = "THA THA RES HEMI-R ARTHRO REV ARTHROD".split()
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)


class Days:
    """The days of one history: a walk, with many days tied to earlier ones."""

    def __init__(self, rnd: Random) -> None:
        self.rnd = rnd
        low, high = PACES[rnd.choice(list(PACES))]
        day = date(rnd.randint(2004, 2022), rnd.randint(1, 12), rnd.randint(1, 28))
        if rnd.random() < 0.2:
            day = rnd.choice([date(2016, 2, 29), date(2020, 2, 29), date(2015, 8, 31)])
        self.known = [day]
        for _ in range(rnd.choice([2, 4, 8, 12, 18])):
            self.known.append(self.after(self.known[-1], low, high))

    def after(self, day: date, low: int, high: int) -> date:
        rnd = self.rnd
        if rnd.random() < 0.4:
            tied = months(rnd.choice(self.known), rnd.choice(STEPS)) + self.offset()
            if tied >= day:
                return tied
        day += timedelta(days=rnd.randint(low, high))
        if rnd.random() < 0.08:
            day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        return day

    def offset(self) -> timedelta:
        return timedelta(days=self.rnd.choice(OFFSETS))

    def any(self) -> str:
        """A known day, mostly; sometimes one beside it or tied to it by months and a window."""
        rnd = self.rnd
        day = rnd.choice(self.known)
        chance = rnd.random()
        if chance < 0.12:
            day += timedelta(days=rnd.choice([-1, 1, 3, 30, -30]))
        elif chance < 0.2:
            day = months(day, rnd.choice(STEPS)) + self.offset()
        return min(max(day, FIRST), LAST).isoformat()


def maybe(rnd: Random, chance: float, value: Any, other: Any = None) -> Any:
    return value if rnd.random() < chance else other


def with_error(rnd: Random, record: Json, chance: float) -> Json:
    if rnd.random() < chance:
        record["entered_in_error"] = rnd.random() < 0.9
    return record


def a_stage(rnd: Random, site: str, shape: str) -> Json | None:
    """A stage that the form allows; the shape decides how far advanced it tends to be."""
    if shape == "nameless" and rnd.random() < 0.6:
        return {"value": rnd.choice(NAMELESS)} | maybe(rnd, 0.3, {"system": None}, {})
    if shape == "quiet" and rnd.random() < 0.7:
        return None
    systems = [name for name, (sites, _) in STAGE_VALUES.items() if site in sites]
    if site == "hip":
        systems += ["ARCO"] * 4
    if not systems:
        return maybe(rnd, 0.3, {"value": rnd.choice(NAMELESS)})
    system = rnd.choice(systems)
    if system == "ARCO":
        version = rnd.choice(["2019", "1993", None])
        values = sorted(ARCO_2019 if version == "2019" else ARCO_1993)
    else:
        version, values = None, sorted(STAGE_VALUES[system][1])
    if shape in ("quiet", "growing", "operated") and rnd.random() < 0.85:
        before = {"0", "1", "2", "1A", "1B", "1C", "2A", "2B", "2C", "I", "II", "IIA", "IA"}
        before |= {"IB", "IC", "IIC"} | ({"IIB"} if system == "Steinberg" else set())
        values = [v for v in values if v in before] or values
    stage: Json = {"system": system, "value": rnd.choice(values)}
    if version or rnd.random() < 0.3:
        stage["version"] = version
    return stage


def measures(rnd: Random, shape: str) -> Json:
    """Sizes, often at the exact limits, now and then disagreeing."""
    lean = {"quiet": "small", "growing": rnd.choice(["small", "medium", "large"])}.get(shape)
    percents = {"small": [0, 3, 14, 14.9], "medium": [15, 22, 30], "large": [30.1, 31, 100]}
    angles = {
        "small": [(95, 95), (100, 90), (0, 0), (190, 0)],
        "medium": [(95, 95.5), (120, 119.5), (110, 100), (180, 59)],
        "large": [(120, 120), (180, 180), (119.5, 121)],
    }
    letters = {"small": "A", "medium": "B", "large": "C"}
    types = {"small": ["A", "B"], "medium": ["C1"], "large": ["C2"]}
    found: Json = {}
    for _ in range(rnd.choice([0, 1, 1, 1, 2])):
        size = lean if lean and rnd.random() < 0.9 else rnd.choice(list(letters))
        kind = rnd.choice(["percent", "angles", "letter", "type", "one angle", "cm3"])
        if kind == "percent":
            found["volume_percent"] = rnd.choice(percents[size])
        elif kind == "angles":
            pair = rnd.choice(angles[size])
            found |= {"kerboul_coronal": min(pair[0], 180), "kerboul_sagittal": min(pair[1], 180)}
        elif kind == "letter":
            found["extent"] = letters[size]
        elif kind == "type":
            found["jic_type"] = rnd.choice(types[size])
        elif kind == "one angle":
            found[rnd.choice(["kerboul_coronal", "kerboul_sagittal"])] = rnd.choice([0, 120, 180])
        else:
            found["volume_cm3"] = rnd.choice([0, 4.5, 30])
    return found


def a_finding(rnd: Random, site: str, side: str, shape: str) -> Json:
    finding: Json = {"site": site, "side": side}
    if rnd.random() < 0.55:
        finding["stage"] = a_stage(rnd, site, shape)
    if rnd.random() < 0.6:
        finding |= measures(rnd, shape)
    bad = 0.25 if shape in ("collapsing", "any") else 0.03
    if rnd.random() < bad + 0.05:
        finding["collapse_mm"] = rnd.choice([0, 0.5, 2, 2.0, 2.1, 5]) if rnd.random() < bad * 3 else 0
    if rnd.random() < 0.3:
        finding["subchondral_fracture"] = maybe(
            rnd, bad, "yes", rnd.choice(["no", "not_assessed", None])
        )
    if rnd.random() < 0.4:
        finding["oedema"] = rnd.choice(["yes", "no", "no", "not_assessed"])
    if rnd.random() < 0.1:
        finding["effusion"] = rnd.choice(["yes", "no", "not_assessed"])
    return with_error(rnd, finding, 0.05)


def study_records(rnd: Random, days: Days, shapes: dict[tuple[str, str], str]) -> list[Json]:
    """One study, or the views of one day split over two."""
    names = list(shapes)
    aim = rnd.choice([*names, ("hip", "left")]) if names else ("hip", rnd.choice(["left", "right"]))
    site, _ = aim
    covers = [aim]
    if site != "jaw" and rnd.random() < (0.55 if site == "hip" else 0.15):
        covers = [(site, "left"), (site, "right")]
    if rnd.random() < 0.06 and names:
        extra = rnd.choice(names)
        covers += [extra] if extra not in covers else []
    modality = rnd.choice(["DX", "DX", "DX", "CR", "MR", "MR", "MR", "CT", "NM", "VISIT"])
    study: Json = {"on": days.any(), "modality": modality, "covers": [list(c) for c in covers]}
    if rnd.random() < 0.65:
        study["findings"] = [
            a_finding(rnd, *c, shapes[c]) for c in covers if c in shapes and rnd.random() < 0.6
        ]
    again = [dict(f) for f in study.get("findings") or [] if rnd.random() < 0.04]
    for finding in again:  # two findings about one joint in one study
        study["findings"].append(a_finding(rnd, finding["site"], finding["side"], "any"))
    records = [study]
    if modality in ("DX", "CR"):
        views = list(rnd.choice(FULL_VIEWS[site]))
        if rnd.random() < 0.1:
            views.pop(rnd.randrange(len(views)))
        elif rnd.random() < 0.1:
            views.append(rnd.choice(["lateral", "AP", "axillary"]))
        study["views"] = views
        if len(views) > 1 and rnd.random() < 0.12:
            other = {**study, "views": views[1:], "findings": None}
            other["modality"] = rnd.choice(["DX", "CR"])
            study["views"] = views[:1]
            records.append(other)
    return [with_error(rnd, r, 0.05) for r in records]


def treatments(rnd: Random, days: Days, shape: str) -> list[Json]:
    codes: list[str] = []
    if shape == "operated":
        codes = [rnd.choice(PRESERVING) for _ in range(rnd.choice([1, 1, 1, 2, 2, 3]))]
    elif shape == "replaced":
        codes = [rnd.choice(REPLACING) for _ in range(rnd.choice([0, 1, 1, 2, 3]))]
        codes += [rnd.choice(PRESERVING)] * rnd.choice([0, 0, 1])
    elif shape == "any":
        everything = sorted(TREATMENTS)
        codes = [rnd.choice(everything) for _ in range(rnd.choice([0, 1, 2]))]
    elif rnd.random() < 0.1:
        codes = [rnd.choice([*MILD, *PRESERVING])]
    if rnd.random() < 0.1:
        codes.append(rnd.choice(MILD))
    found = [{"code": code, "on": days.any()} for code in codes]
    if len(found) > 1 and rnd.random() < 0.3:
        found[1]["on"] = found[0]["on"]
    return [with_error(rnd, t, 0.06) for t in found]


def a_joint(rnd: Random, days: Days, name: tuple[str, str], shape: str) -> Json:
    given = "lesion" if shape not in ("nothing", "any") else rnd.choice(["clear", "never_imaged"])
    if shape == "any":
        given = rnd.choice(["never_imaged", "clear", "lesion", "lesion", "replaced"])
    if shape == "replaced":
        given = rnd.choice(["replaced", "replaced", "lesion", "clear"])
    joint: Json = {"site": name[0], "side": name[1], "state": given}
    if rnd.random() < (0.5 if given in ("lesion", "replaced") else 0.03):
        joint["since"] = maybe(rnd, 0.6, min(days.known).isoformat(), days.any())
    calm = shape == "quiet"
    values = ["no"] * (6 if calm else 2) + ["yes", "not_known"]
    count = rnd.choice([0, 1, 1, 2, 3, 5]) if not calm else rnd.choice([1, 1, 2, 4])
    statuses = [{"on": days.any(), "value": rnd.choice(values)} for _ in range(count)]
    if calm and rnd.random() < 0.7:
        statuses.append({"on": min(days.known).isoformat(), "value": "no"})
    joint["symptom_status"] = [with_error(rnd, s, 0.05) for s in statuses]
    reviews = [{"on": days.any()} for _ in range(rnd.choice([0, 0, 0, 1, 2]))]
    joint["surgeon_reviews"] = [with_error(rnd, r, 0.1) for r in reviews]
    joint["treatments"] = treatments(rnd, days, shape)
    return joint


def joint_names(rnd: Random) -> list[tuple[str, str]]:
    names = [("hip", "left"), ("hip", "right")]
    others = [(s, d) for s in ("shoulder", "knee", "ankle", "shaft") for d in ("left", "right")]
    others.append(("jaw", "none"))
    chance = rnd.random()
    if chance < 0.35:
        chosen = names
    elif chance < 0.55:
        chosen = [rnd.choice(names)]
    elif chance < 0.7:
        chosen = [rnd.choice(others)]
    elif chance < 0.9:
        chosen = [*rnd.sample(names, rnd.choice([1, 2])), *rnd.sample(others, rnd.choice([1, 2]))]
    else:
        chosen = [*rnd.sample(names, rnd.choice([0, 1, 2])), *rnd.sample(others, rnd.choice([3, 4]))]
    chosen = list(chosen)
    rnd.shuffle(chosen)
    return chosen


def history(rnd: Random) -> Json:
    """One made-up person whom the form allows."""
    days = Days(rnd)
    shapes = {name: rnd.choice(SHAPES) for name in joint_names(rnd)}
    question: Json = {
        "as_of": as_of_day(rnd, days),
        "constraints": [
            c
            for c, chance in (("mri_unsafe", 0.15), ("pregnant", 0.12), ("kidney_disease", 0.1))
            if rnd.random() < chance
        ],
        "ended": None,
        "joints": [a_joint(rnd, days, name, shape) for name, shape in shapes.items()],
        "studies": [],
    }
    if rnd.random() < 0.1:
        question["ended"] = {"on": days.any(), "reason": rnd.choice(sorted(END_REASONS))}
    for _ in range(rnd.choice([0, 1, 2, 4, 4, 7, 7, 12, 18])):
        question["studies"] += study_records(rnd, days, shapes)
    question["studies"] += first_scans(rnd, days, shapes)
    if rnd.random() < 0.3:
        rnd.shuffle(question["studies"])
    give_since_where_needed(rnd, question)
    if rnd.random() < 0.25:
        look_on_a_limit(rnd, question)
    return question


def look_on_a_limit(rnd: Random, question: Json) -> None:
    """Move `as_of` to a day on which a window opens or closes, or one day beside it."""
    clocks = [clock for joint in plan(question)["joints"] for clock in joint["clocks"]]
    if clocks:
        limit = rnd.choice(clocks)[rnd.choice(["opens", "target", "closes", "latest_safe"])]
        day = date.fromisoformat(limit) + timedelta(days=rnd.choice([-1, 0, 1]))
        question["as_of"] = min(max(day, FIRST), LAST).isoformat()
        give_since_where_needed(rnd, question)


def first_scans(rnd: Random, days: Days, shapes: dict[tuple[str, str], str]) -> list[Json]:
    """Most lesions begin with a scan that sizes them, the quiet ones nearly always."""
    found = []
    for (site, side), shape in shapes.items():
        chance = {"quiet": 0.9, "growing": 0.8, "nothing": 0.0}.get(shape, 0.4)
        if rnd.random() < chance:
            finding = a_finding(rnd, site, side, shape) | measures(rnd, shape)
            if shape == "quiet" and rnd.random() < 0.8:
                finding |= {"volume_percent": rnd.choice([5, 14.9])}
            on = maybe(rnd, 0.8, min(days.known).isoformat(), days.any())
            covers = [[site, side]]
            if site == "hip" and rnd.random() < 0.5:
                covers.append([site, "right" if side == "left" else "left"])
            modality = rnd.choice(["MR", "MR", "MR", "CT"])
            found.append({"on": on, "modality": modality, "covers": covers, "findings": [finding]})
    return found


def as_of_day(rnd: Random, days: Days) -> str:
    chance = rnd.random()
    if chance < 0.3:
        day = rnd.choice(days.known)  # later records are not there yet
    elif chance < 0.55:
        day = months(rnd.choice(days.known[-3:]), rnd.choice(STEPS)) + days.offset()
    elif chance < 0.9:
        day = max(days.known) + timedelta(days=rnd.randint(0, 200))
    else:
        day = max(days.known) + timedelta(days=rnd.randint(0, 4000))
    return min(max(day, FIRST), LAST).isoformat()


def give_since_where_needed(rnd: Random, question: Json) -> None:
    """A joint given as lesion needs `since` or a finding that exists."""
    people = read_person(question)
    for joint, record in zip(people.joints, question["joints"], strict=True):
        if record["state"] == "lesion" and not joint.since and not joint.findings:
            earlier = [s["on"] for s in question["studies"] if s["on"] <= question["as_of"]]
            record["since"] = rnd.choice([*earlier, question["as_of"]])


# ---------------------------------------------------------------------------------------------
# Questions that the form does not allow
# ---------------------------------------------------------------------------------------------

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
    key, values = rnd.choice(
        [
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
    )
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
