"""Made-up persons in the form of section 9 of the protocol, from a seeded `random.Random`.

Uniform noise hardly ever reaches a rule. So a person has *shapes*: how dense their records are,
and what happens to each joint (it stays small, grows, collapses, is operated on, replaced ...).
New days are often put on or one day beside a day that matters to the protocol (months and
windows after an earlier day), and often on the same day as another record.
"""

from __future__ import annotations

import calendar
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
NAMELESS = [
    "0",
    "1",
    "1A",
    "2",
    "2b",
    "2C",
    "IIA",
    "iia",
    "IIB",
    "ii",
    "B",
    "II",
    "3",
    "3a",
    "3B",
    "iii",
    "III",
    "IV",
    "4",
    "IVa",
    "x",
    "5",
    "V",
    "stage2",
    "1b",
]
NAMELESS += [" 2 a ", " 0", "i i a", "II B", "2\tA", " ", "late", "2A?", "IIIa", "0 ", "vi", "Ⅱ"]
MILD = ["OBS", "ACT", "PT", "ESWT", "OTHER", "TRIAL", "WBR"]
PRESERVING = ["CD", "CD", "CD+", "ROD", "REG", "NVG", "VFG", "ALLO", "SYN", "OST", "OST"]
REPLACING = ["THA", "THA", "RES", "HEMI-R", "ARTHRO", "REV", "ARTHROD"]
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
        named_as_none: Json = {"system": None} if rnd.random() < 0.3 else {}
        return {"value": rnd.choice(NAMELESS)} | named_as_none
    if shape == "quiet" and rnd.random() < 0.7:
        return None
    systems = [name for name, (sites, _) in STAGE_VALUES.items() if site in sites]
    if site == "hip":
        systems += ["ARCO"] * 4
    if not systems:
        return {"value": rnd.choice(NAMELESS)} if rnd.random() < 0.3 else None
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
    percents: dict[str, list[float]] = {"small": [0, 3, 14, 14.9], "medium": [15, 22, 30], "large": [30.1, 31, 100]}
    angles: dict[str, list[tuple[float, float]]] = {
        "small": [(95, 95), (100, 90), (0, 0), (67.9, 122.1), (16.1, 173.9)],
        "medium": [(95, 95.5), (95.1, 95.0), (120, 119.5), (110, 100), (180, 59)],
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
        finding["subchondral_fracture"] = maybe(rnd, bad, "yes", rnd.choice(["no", "not_assessed", None]))
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
        study["findings"] = [a_finding(rnd, *c, shapes[c]) for c in covers if c in shapes and rnd.random() < 0.6]
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
    lives = {a_clinic_life: 8, a_course: 5, a_hinge: 2, on_its_targets: 4, many_joints: 2}
    question = rnd.choices(list(lives), list(lives.values()))[0](rnd)
    give_since_where_needed(rnd, question)
    if rnd.random() < 0.25:
        look_on_a_limit(rnd, question)
    return question


def a_clinic_life(rnd: Random) -> Json:
    """Several joints, each with a shape, and records on days that are often shared or tied."""
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
    return question


# What can happen to one lesion, how often, and how it is recorded: (kind, weight).
EVENTS = [("film", 6), ("scan", 5), ("pain", 4), ("worse", 3), ("operation", 3), ("review", 2), ("half a film", 1)]
HINGES = [0, 0, 1, 1, 3, 7, 10, 14, 28, 35, 41, 42, 43, 49, 56, 70, 84, 90, 98]


def a_course(rnd: Random) -> Json:
    """One lesion followed closely: each event lies at a day that the protocol speaks of, seen from
    an earlier event, so that changes of row fall just before, on and after targets."""
    site = rnd.choice(["hip", "hip", "hip", "knee", "shoulder", "ankle"])
    name = [site, rnd.choice(["left", "right"])]
    when = [date(rnd.randint(2008, 2020), rnd.randint(1, 12), rnd.choice([1, 15, 28, 29, 30, 31]) % 28 + 1)]
    joint: Json = {"site": name[0], "side": name[1], "state": "lesion", "since": maybe(rnd, 0.7, when[0].isoformat())}
    records: dict[str, list[Json]] = {"symptom_status": [], "surgeon_reviews": [], "treatments": []}
    studies: list[Json] = []
    small = rnd.random() < 0.6
    if rnd.random() < 0.8:
        first: Json = {"site": site, "side": name[1], "volume_percent": 10 if small else rnd.choice([15, 30, 31])}
        studies.append({"on": when[0].isoformat(), "modality": "MR", "covers": [name], "findings": [first]})
    if rnd.random() < 0.7:
        records["symptom_status"].append({"on": when[0].isoformat(), "value": "no"})
    kinds = [kind for kind, _ in EVENTS]
    often = [w * rnd.choice([0, 1, 1, 3]) + (kind == "film") for kind, w in EVENTS]
    for _ in range(rnd.randint(1, 10)):
        when.append(hinge_day(rnd, when))
        on = when[-1].isoformat()
        kind = rnd.choices(kinds, often)[0]
        if kind == "pain":
            records["symptom_status"].append({"on": on, "value": rnd.choice(["yes", "no", "no", "not_known"])})
        elif kind == "review":
            records["surgeon_reviews"].append({"on": on})
        elif kind == "operation":
            codes = PRESERVING if rnd.random() < 0.75 else REPLACING
            records["treatments"].append({"on": on, "code": rnd.choice(codes)})
        else:
            studies.append(course_study(rnd, kind, on, name))
    last = max(when)
    end = rnd.choice([last, last, last + timedelta(days=rnd.randint(0, 120)), hinge_day(rnd, when)])
    return {
        "as_of": min(max(end, when[0]), LAST).isoformat(),
        "constraints": [c for c in ("mri_unsafe", "pregnant") if rnd.random() < 0.1],
        "ended": maybe(rnd, 0.04, {"on": hinge_day(rnd, when).isoformat(), "reason": "moved"}),
        "joints": [joint | records],
        "studies": studies,
    }


def a_beginning(rnd: Random) -> Json:
    """One lesion and the scan that found it."""
    site = rnd.choice(["hip", "hip", "shoulder"])
    start = date(rnd.randint(2008, 2020), rnd.randint(1, 12), rnd.randint(1, 28))
    sized = {"site": site, "side": "left", "volume_percent": rnd.choice([10, 10, 20, 40])}
    scan = {"on": start.isoformat(), "modality": "MR", "covers": [[site, "left"]], "findings": [sized]}
    joint: Json = {"site": site, "side": "left", "state": "lesion", "symptom_status": [], "treatments": []}
    joint["since"] = (start + timedelta(days=rnd.choice([0, 0, 0, 30, -30, -400]))).isoformat()
    if rnd.random() < 0.8:
        joint["symptom_status"].append({"on": start.isoformat(), "value": "no"})
    return {
        "as_of": start.isoformat(),
        "constraints": [c for c in ("mri_unsafe", "pregnant") if rnd.random() < 0.1],
        "joints": [joint],
        "studies": [scan] if rnd.random() < 0.9 else [],
    }


def add_event(rnd: Random, question: Json, day: date) -> None:
    """One thing happens to the one joint of `a_beginning`."""
    joint, on = question["joints"][0], day.isoformat()
    name = [joint["site"], joint["side"]]
    kind = rnd.choice(["pain", "pain", "operation", "fracture", "film", "film", "scan", "size", "film and operation"])
    if kind == "pain":
        joint["symptom_status"].append({"on": on, "value": rnd.choice(["yes", "no"])})
    if "operation" in kind:
        joint["treatments"].append({"on": on, "code": rnd.choice([*PRESERVING, "THA"])})
    if kind in ("fracture", "size"):
        said = (
            {"collapse_mm": rnd.choice([1, 3])} if kind == "fracture" else {"volume_percent": rnd.choice([10, 20, 40])}
        )
        finding = {"site": name[0], "side": name[1], **said}
        question["studies"].append({"on": on, "modality": "CT", "covers": [name], "findings": [finding]})
    if kind == "scan":
        question["studies"].append({"on": on, "modality": "MR", "covers": [name], "findings": []})
    if "film" in kind:
        views = FULL_VIEWS[name[0]][0]
        question["studies"].append({"on": on, "modality": "DX", "covers": [name], "views": views})


def a_hinge(rnd: Random) -> Json:
    """Very few records of one lesion, each exactly on a target, a step or a limit, or one day
    beside it: where "before" and "on or before" part."""
    question = a_beginning(rnd)
    days = [date.fromisoformat(question["as_of"])]
    for _ in range(rnd.randint(2, 4)):
        step = rnd.choice([0, 0, 0, 3, 3, 6, 6, 12, 12, 18, 24, 60, 60])
        near = [-1, 0, 0, 1] if step else [0, 10, 35, 41]
        near += [-43, -42, -41] if step == 12 else []
        days.append(months(rnd.choice(days), step) + timedelta(days=rnd.choice(near)))
        add_event(rnd, question, days[-1])
    question["as_of"] = (max(days) + timedelta(days=rnd.choice([0, 0, 30, 400]))).isoformat()
    return question


def on_its_targets(rnd: Random) -> Json:
    """One lesion, followed by its own plan: each event lies on a limit of a window or beside it."""
    question = a_beginning(rnd)
    joint = question["joints"][0]
    joint["since"] = min(joint["since"], question["as_of"])
    day = date.fromisoformat(question["as_of"])
    for _ in range(rnd.randint(2, 5)):
        clocks = plan(question)["joints"][0]["clocks"]
        limits = [clock[key] for clock in clocks for key in ("target", "target", "opens", "closes", "latest_safe")]
        later = [limit for limit in limits if limit >= day.isoformat()]
        if later and rnd.random() < 0.8:
            day = max(day, date.fromisoformat(rnd.choice(later)) + timedelta(days=rnd.choice([-1, 0, 0, 0, 1])))
        else:
            day += timedelta(days=rnd.choice([0, 1, 30, 200]))
        add_event(rnd, question, day)
        question["as_of"] = day.isoformat()
    question["as_of"] = (day + timedelta(days=rnd.choice([0, 0, 30, 400]))).isoformat()
    return question


def many_joints(rnd: Random) -> Json:
    """Many joints with little each, on few days: what the prompts look at."""
    first = date(rnd.randint(2008, 2020), rnd.randint(1, 12), rnd.randint(1, 28))
    steps = [0, 1, 27, 28, 29, 41, 42, 43, 90, 322, 323, 324, 364, 365, 366, 800]
    days = sorted(first + timedelta(days=rnd.choice(steps)) for _ in range(5))
    names = [("hip", "left"), ("hip", "right"), ("jaw", "none")]
    names += [(site, side) for site in ("shoulder", "knee", "ankle", "shaft") for side in ("left", "right")]
    joints: list[Json] = []
    for site, side in rnd.sample(names, rnd.randint(1, 6)):
        joint: Json = {"site": site, "side": side, "state": rnd.choice(["lesion", "clear", "never_imaged", "replaced"])}
        if joint["state"] in ("lesion", "replaced") and rnd.random() < 0.7:
            joint["since"] = rnd.choice(days).isoformat()
        joint["symptom_status"] = [
            {"on": rnd.choice(days).isoformat(), "value": rnd.choice(["yes", "yes", "no", "not_known"])}
            for _ in range(rnd.choice([0, 1, 2, 4]))
        ]
        joint["surgeon_reviews"] = [{"on": rnd.choice(days).isoformat()} for _ in range(rnd.choice([0, 0, 0, 1]))]
        if rnd.random() < 0.15:
            joint["treatments"] = [{"on": rnd.choice(days).isoformat(), "code": rnd.choice(REPLACING)}]
        joints.append(joint)
    studies: list[Json] = []
    for _ in range(rnd.choice([0, 1, 2, 3, 5])):
        covers = [list(c) for c in rnd.sample(names, rnd.choice([1, 2, 2]))]
        if rnd.random() < 0.5:
            covers = [["hip", "left"], ["hip", "right"]]
        modality = rnd.choice(["MR", "MR", "MR", "CT", "VISIT", "DX"])
        studies.append({"on": rnd.choice(days).isoformat(), "modality": modality, "covers": covers})
    constraints = [c for c in ("mri_unsafe", "pregnant") if rnd.random() < 0.3]
    as_of = max(days) + timedelta(days=rnd.choice([0, 0, 30]))
    return {"as_of": as_of.isoformat(), "constraints": constraints, "joints": joints, "studies": studies}


def hinge_day(rnd: Random, when: list[date]) -> date:
    """A day at or near a target or a limit of its window, seen from an earlier event."""
    seen_from = rnd.choice([when[-1], when[-1], when[0], rnd.choice(when)])
    if rnd.random() < 0.5:
        return seen_from + timedelta(days=rnd.choice(HINGES))
    near = [0, 0, 0, -1, 1, -14, -15, 14, 15, -28, -29, 28, 29, -42, -43, -41, 42, 43]
    return months(seen_from, rnd.choice(STEPS)) + timedelta(days=rnd.choice(near))


def course_study(rnd: Random, kind: str, on: str, name: list[str]) -> Json:
    study: Json = {"on": on, "covers": [name], "findings": []}
    finding: Json = {"site": name[0], "side": name[1]}
    if kind in ("film", "half a film"):
        views = list(rnd.choice(FULL_VIEWS[name[0]]))
        study |= {"modality": rnd.choice(["DX", "CR"]), "views": views[: 1 if kind == "half a film" else None]}
    elif kind == "scan":
        study["modality"] = rnd.choice(["MR", "MR", "MR", "CT"])
    else:
        study["modality"] = rnd.choice(["MR", "CT", "NM", "DX", "VISIT"])
        worse: list[Json] = [
            {"subchondral_fracture": "yes"},
            {"collapse_mm": rnd.choice([2, 2.1])},
            {"collapse_mm": 3},
            {"oedema": rnd.choice(["yes", "no"])},
            {"stage": {"value": rnd.choice(["3", "IIB", "late"])}},
            {"volume_percent": rnd.choice([10, 15, 31])},
        ]
        study["findings"].append(finding | rnd.choice(worse))
    if kind in ("scan", "film") and rnd.random() < 0.25:
        study["findings"].append(finding | measures(rnd, rnd.choice(["quiet", "growing"])))
    return study


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
