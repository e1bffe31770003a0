"""A second reading of the protocol, kept apart from the engine: a test oracle.

It was written from the text of the protocol alone, in the order of its sections, and is meant
to be compared with the engine in `clinical/`. It looks at a history day by day and works out
everything again each time. It is slow on purpose; nothing here is shared with the engine.
Section numbers (1 to 9) in the comments are those of the protocol.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
JointName = tuple[str, str]

REPLACEMENTS = {"THA", "RES", "HEMI-R", "ARTHRO", "REV"}
FUSION = "ARTHROD"
DECOMPRESSIONS = {"CD", "CD+", "ROD", "REG"}
GRAFTS = {"NVG", "VFG", "ALLO", "SYN"}
OSTEOTOMIES = {"OST"}
OPERATION_ROWS = [  # section 4: "two on one day: graft before osteotomy before decompression"
    ("after_graft", GRAFTS),
    ("after_osteotomy", OSTEOTOMIES),
    ("after_decompression", DECOMPRESSIONS),
]
NO_PLAN_SITES = {"jaw", "shaft"}  # section 3, last sentence
SIZES = ["small", "medium", "large"]  # in rising order
CLASSES = ["not collapsed", "early", "late"]  # section 4: "not collapsed < early < late"


# ---------------------------------------------------------------------------------------------
# 1. Dates
# ---------------------------------------------------------------------------------------------


def months(anchor: date, n: int) -> date:
    """1: "the n-th calendar month from the anchor, clipped to the month's end, never chained"."""
    count = anchor.year * 12 + anchor.month - 1 + n
    year, month = count // 12, count % 12 + 1
    return date(year, month, min(anchor.day, calendar.monthrange(year, month)[1]))


def days(n: int) -> timedelta:
    return timedelta(days=n)


def day_of(text: str) -> date:
    return date.fromisoformat(text)


@dataclass
class Study:
    on: date
    modality: str
    views: set[str]


@dataclass
class Finding:
    on: date
    modality: str
    says: Json


@dataclass
class Joint:
    """What exists for planning of one joint (on some day)."""

    site: str
    side: str
    given: str
    since: date | None
    pain: list[tuple[date, str]] = field(default_factory=list)
    reviews: list[date] = field(default_factory=list)
    treatments: list[tuple[date, str]] = field(default_factory=list)
    studies: list[Study] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def until(self, day: date) -> Joint:
        """The same joint as its record stood at the end of that day (`since` is kept)."""
        return replace(
            self,
            pain=[p for p in self.pain if p[0] <= day],
            reviews=[r for r in self.reviews if r <= day],
            treatments=[t for t in self.treatments if t[0] <= day],
            studies=[s for s in self.studies if s.on <= day],
            findings=[f for f in self.findings if f.on <= day],
        )


@dataclass
class Person:
    as_of: date
    constraints: set[str]
    end: tuple[date, str] | None
    joints: list[Joint]
    question: Json


def listed(record: Json, key: str) -> list[Any]:
    """9: "All else may be missing or null"."""
    return record.get(key) or []


def exists(record: Json, as_of: date) -> bool:
    """1: what is "entered in error ... or dated after `as_of` does not exist for planning"."""
    return not record.get("entered_in_error") and day_of(record["on"]) <= as_of


def joint_record(question: Json, name: JointName, record: Json) -> Joint:
    """Gather everything that exists about one joint."""
    as_of = day_of(question["as_of"])
    since = day_of(record["since"]) if record.get("since") else None
    joint = Joint(
        site=name[0],
        side=name[1],
        given=record["state"],
        since=since if since and since <= as_of else None,
        pain=[(day_of(s["on"]), s["value"]) for s in listed(record, "symptom_status") if exists(s, as_of)],
        reviews=[day_of(r["on"]) for r in listed(record, "surgeon_reviews") if exists(r, as_of)],
        treatments=[(day_of(t["on"]), t["code"]) for t in listed(record, "treatments") if exists(t, as_of)],
    )
    for study in listed(question, "studies"):
        if not exists(study, as_of) or list(name) not in [list(c) for c in study["covers"]]:
            continue
        on = day_of(study["on"])
        joint.studies.append(Study(on, study["modality"], set(listed(study, "views"))))
        for finding in listed(study, "findings"):
            about_it = (finding["site"], finding["side"]) == name
            if about_it and not finding.get("entered_in_error") and not says_no_lesion(finding):
                joint.findings.append(Finding(on, study["modality"], finding))
    return joint


def read_person(question: Json) -> Person:
    as_of = day_of(question["as_of"])
    end = question.get("ended")
    return Person(
        as_of=as_of,
        constraints=set(listed(question, "constraints")),
        end=(day_of(end["on"]), end["reason"]) if end and day_of(end["on"]) <= as_of else None,
        joints=[joint_record(question, (j["site"], j["side"]), j) for j in listed(question, "joints")],
        question=question,
    )


# ---------------------------------------------------------------------------------------------
# 2. What a study must be to count
# ---------------------------------------------------------------------------------------------


def all_views(site: str, views: set[str]) -> bool:
    """2, row XR: the views of each site. Jaw and shaft have none named and no XR clock."""
    if site == "hip":
        return "AP" in views and bool({"frog_leg_lateral", "cross_table_lateral"} & views)
    if site == "shoulder":
        return {"AP", "axillary"} <= views
    if site == "knee":
        return {"weight_bearing_AP", "lateral"} <= views
    if site == "ankle":
        return {"AP", "mortise", "lateral"} <= views
    return False


def days_counting_for_xr(joint: Joint, constraints: set[str]) -> list[date]:
    """2, row XR. "Views of one joint made on one day are taken together"; pregnant: a VISIT too."""
    counting = []
    for day in sorted({s.on for s in joint.studies}):
        that_day = [s for s in joint.studies if s.on == day]
        views: set[str] = set()
        for study in that_day:
            if study.modality in ("DX", "CR"):
                views |= study.views
        visit = "pregnant" in constraints and any(s.modality == "VISIT" for s in that_day)
        if all_views(joint.site, views) or visit:
            counting.append(day)
    return counting


def days_counting_for_mr(joint: Joint, constraints: set[str]) -> list[date]:
    """2, row MR: MRI; where mri_unsafe a CT too; where also pregnant a VISIT too."""
    modalities = {"MR"}
    if "mri_unsafe" in constraints:
        modalities.add("CT")
    if "mri_unsafe" in constraints and "pregnant" in constraints:
        modalities.add("VISIT")
    return sorted({s.on for s in joint.studies if s.modality in modalities})


def days_counting(joint: Joint, clock: str, constraints: set[str]) -> list[date]:
    if clock == "XR":
        return days_counting_for_xr(joint, constraints)
    return days_counting_for_mr(joint, constraints)


# ---------------------------------------------------------------------------------------------
# 3. Group
# ---------------------------------------------------------------------------------------------

# 3.2, the table; the Steinberg column is spelled out ("III" with any letter; "IV with extent A
# or without"; "V" with any letter). Ficat III is below: it alone asks for the depression.
EARLY: dict[tuple[str | None, str | None], set[str]] = {
    ("ARCO", "2019"): {"3A"},
    ("ARCO", "1993"): {"3A", "3"},
    ("ARCO", None): {"3", "3A"},
    ("Ficat", None): {"IIB"},
    ("Steinberg", None): {"III", "IIIA", "IIIB", "IIIC", "IV", "IVA"},
    ("JIC", None): {"3A"},
    ("Cruess", None): {"3"},
    ("Koshino", None): {"3"},
    ("Aglietti", None): {"IV"},
}
LATE: dict[tuple[str | None, str | None], set[str]] = {
    ("ARCO", "2019"): {"3B", "4"},
    ("ARCO", "1993"): {"3B", "3C", "4"},
    ("ARCO", None): {"3B", "3C", "4"},
    ("Ficat", None): {"IV"},
    ("Steinberg", None): {"IVB", "IVC", "V", "VA", "VB", "VC", "VI"},
    ("JIC", None): {"3B", "4"},
    ("Cruess", None): {"4", "5"},
    ("Koshino", None): {"4"},
    ("Aglietti", None): {"V"},
}
BEFORE_COLLAPSE_TEXTS = ["0", "1", "1A", "1B", "1C", "2", "2A", "2C", "I", "IA", "IB", "IC", "II", "IIA", "IIC"]


def stage_of(finding: Json) -> tuple[str | None, str | None, str] | None:
    """(system, version, value) or None where no stage is given."""
    stage = finding.get("stage")
    if not stage:
        return None
    return stage.get("system"), stage.get("version"), stage["value"]


def plain(text: str) -> str:
    """3: "in any case, all white space ignored"."""
    return "".join(c for c in text if not c.isspace()).casefold()


def could_mean_collapse(finding: Json) -> bool:
    """3: a stage whose system is not named, unless its text is one of the listed ones."""
    stage = stage_of(finding)
    if stage is None or stage[0] is not None:
        return False
    return plain(stage[2]) not in [t.casefold() for t in BEFORE_COLLAPSE_TEXTS]


def above_zero(finding: Json, key: str) -> bool:
    return (finding.get(key) or 0) > 0


def says_no_lesion(finding: Json) -> bool:
    """3: "A finding with stage 0 (its system named or not) and without ..." is no finding."""
    stage = stage_of(finding)
    if stage is None or plain(stage[2]) != "0":
        return False
    if finding.get("subchondral_fracture") == "yes" or finding.get("oedema") == "yes":
        return False
    if finding.get("extent") or finding.get("jic_type"):
        return False
    measured = [
        "collapse_mm",
        "volume_percent",
        "volume_cm3",
        "kerboul_coronal",
        "kerboul_sagittal",
    ]
    return not any(above_zero(finding, key) for key in measured)


def class_of(finding: Json) -> str:
    """3.2: what one finding says about collapse."""
    depression = finding.get("collapse_mm")
    stage = stage_of(finding)
    if stage is not None and stage[0] is not None:
        system, version, value = stage
        if (system, value) == ("Ficat", "III"):
            return "late" if depression is not None and depression > 2 else "early"
        if value in EARLY[system, version]:
            return "early"
        if value in LATE[system, version]:
            return "late"
    # "Without such a stage, `subchondral_fracture: yes` or a depression above 0 mm ..."
    if finding.get("subchondral_fracture") == "yes" or above_zero(finding, "collapse_mm"):
        return "late" if depression is not None and depression > 2 else "early"
    return "not collapsed"


def most_advanced(findings: list[Finding]) -> str:
    """3.2: "Collapse does not heal: the most advanced class recorded holds"."""
    return max((class_of(f.says) for f in findings), key=CLASSES.index, default="not collapsed")


def sizes_in(finding: Json) -> list[str]:
    """3.3, the table of measures: each measure of one finding as a size."""
    sizes = []
    percent = finding.get("volume_percent")
    if percent is not None:
        sizes.append("small" if percent < 15 else "medium" if percent <= 30 else "large")
    letters = {"A": "small", "B": "medium", "C": "large"}
    if finding.get("extent"):
        sizes.append(letters[finding["extent"]])
    stage = stage_of(finding)
    if stage is not None:
        system, version, value = stage
        arco = system == "ARCO" and version in ("1993", None) and re.fullmatch("[12][ABC]", value)
        steinberg = system == "Steinberg" and re.fullmatch("(I|II)[ABC]", value)
        if arco or steinberg:
            sizes.append(letters[value[-1]])
    coronal, sagittal = finding.get("kerboul_coronal"), finding.get("kerboul_sagittal")
    if coronal is not None and sagittal is not None:
        angle = Decimal(str(coronal)) + Decimal(str(sagittal))  # as written, not as floats add
        sizes.append("small" if angle <= 190 else "medium" if angle < 240 else "large")
    if finding.get("jic_type"):
        sizes.append({"A": "small", "B": "small", "C1": "medium", "C2": "large"}[finding["jic_type"]])
    return sizes


def size_of_day(joint: Joint, day: date, modalities: set[str] | None = None) -> str | None:
    """3.3: "The highest of a day's measures" (of those modalities, or of all studies)."""
    sizes = [
        size
        for f in joint.findings
        if f.on == day and (modalities is None or f.modality in modalities)
        for size in sizes_in(f.says)
    ]
    return max(sizes, key=SIZES.index, default=None)


def size_of(joint: Joint) -> str:
    """3.3 and 3.4: small, medium, large or not_sized."""
    finding_days = sorted({f.on for f in joint.findings})
    scanned = [d for d in finding_days if size_of_day(joint, d, {"MR", "CT"})]
    if scanned:
        # "from the newest day on which an MRI or CT recorded any size" (1: studies of one day
        # count as one); "a newer day of another study counts too if it comes out larger".
        newest = scanned[-1]
        size = size_of_day(joint, newest)
        assert size
        newer = [size_of_day(joint, d) for d in finding_days if d > newest]
        return max([size, *[s for s in newer if s]], key=SIZES.index)
    # "Where no MRI or CT recorded a size: from the newest day on which another study's came out
    # medium or large"
    for day in reversed(finding_days):
        size = size_of_day(joint, day)
        if size in ("medium", "large"):
            return size
    return "not_sized"


def joint_operations(joint: Joint) -> list[tuple[date, str]]:
    """The replacements and fusions, oldest first; 3.1: "On one day a replacement counts after a
    fusion". Of two replacements on one day a revision is the later one."""
    order = [FUSION, "THA", "RES", "HEMI-R", "ARTHRO", "REV"]
    found = [(on, code) for on, code in joint.treatments if code in order]
    return sorted(found, key=lambda t: (t[0], order.index(t[1])))


def group_of(joint: Joint) -> str | None:
    """3: the first that matches."""
    if joint.site in NO_PLAN_SITES:
        return None
    if joint_operations(joint) or joint.given == "replaced":
        return "replaced"
    if most_advanced(joint.findings) != "not collapsed":
        return "collapsed"
    return size_of(joint)


# ---------------------------------------------------------------------------------------------
# 4. Row
# ---------------------------------------------------------------------------------------------


def state_of(joint: Joint) -> str:
    """9: "`state` is what follows from the record"."""
    if joint_operations(joint) or joint.given == "replaced":
        return "replaced"
    if joint.findings or joint.given == "lesion":
        return "lesion"
    if joint.given == "never_imaged" and any(s.modality != "VISIT" for s in joint.studies):
        return "clear"
    return joint.given


def is_lesion(joint: Joint) -> bool:
    """8: "a lesion is a joint with state lesion or replaced"."""
    return state_of(joint) in ("lesion", "replaced")


def start_of(joint: Joint) -> date | None:
    """4: "the earliest of `since` and its first finding"."""
    if not is_lesion(joint):
        return None
    known = [f.on for f in joint.findings]
    if joint.since:
        known.append(joint.since)
    return min(known, default=None)


def first_day_of_any_row(joint: Joint) -> date | None:
    """4: "no row before `start`, or before the first replacement or fusion if that is earlier"."""
    known = [on for on, _ in joint_operations(joint)]
    start = start_of(joint)
    if start:
        known.append(start)
    return min(known, default=None)


def symptomatic(joint: Joint) -> str:
    """4: "not known until a status is recorded"; 1: of one day's the worst counts."""
    if not joint.pain:
        return "not_known"
    newest = max(on for on, _ in joint.pain)
    that_day = {value for on, value in joint.pain if on == newest}
    return next(value for value in ("yes", "not_known", "no") if value in that_day)


def oedema(joint: Joint) -> bool:
    """4: "bone-marrow oedema *yes* on the newest day that assessed it"."""
    assessed = [f for f in joint.findings if f.says.get("oedema") in ("yes", "no")]
    newest = max((f.on for f in assessed), default=None)
    return any(f.on == newest and f.says["oedema"] == "yes" for f in assessed)


def preserving_operation(joint: Joint) -> tuple[date, str] | None:
    """4: "Only the newest operation counts": its day and the row it makes."""
    operations = [(on, row) for row, codes in OPERATION_ROWS for on, c in joint.treatments if c in codes]
    if not operations:
        return None
    newest = max(on for on, _ in operations)
    return next((on, row) for on, row in operations if on == newest)


def row_on(whole: Joint, person: Person, day: date) -> str | None:
    """4, the table: the first match, from the record as it stood at the end of that day."""
    first_day = first_day_of_any_row(whole)
    if not is_lesion(whole) or (first_day and day < first_day):
        return None
    if person.end and person.end[0] <= day:
        return "ended"
    joint = whole.until(day)
    if joint.site in NO_PLAN_SITES:
        return None
    operations = joint_operations(joint)
    if operations:
        return "ended" if operations[-1][1] == FUSION else "implant"
    if joint.given == "replaced":
        return None  # 9: "with no dated operation has group `replaced`, row null"
    collapse = most_advanced(joint.findings)
    operation = preserving_operation(joint)
    if operation is None and collapse != "not collapsed":
        return f"collapsed_{collapse}"
    if operation is not None:
        on, row = operation
        until_then = most_advanced([f for f in joint.findings if f.on <= on])
        after = most_advanced([f for f in joint.findings if f.on > on])
        if CLASSES.index(after) > CLASSES.index(until_then):
            return f"collapsed_{after}"
        return row
    group = size_of(joint)
    nameless = any(could_mean_collapse(f.says) for f in joint.findings)
    if group == "large" or (group == "not_sized" and joint.site == "hip") or nameless:
        return "large"
    if group == "medium" or group == "not_sized":
        return "medium"
    if symptomatic(joint) in ("yes", "not_known") or oedema(joint):
        return "medium"
    return "small"


def recorded_days(joint: Joint, person: Person) -> list[date]:
    """4: "each day on which something was recorded (study made, treatment, symptom status,
    start, end of the person)"."""
    found = {s.on for s in joint.studies}
    found |= {on for on, _ in joint.treatments}
    found |= {on for on, _ in joint.pain}
    start = start_of(joint)
    if start:
        found.add(start)
    if person.end:
        found.add(person.end[0])
    return sorted(found)


def row_since_on(joint: Joint, person: Person, day: date) -> date | None:
    """4: the earliest day since which the row has been the same without a break."""
    row = row_on(joint, person, day)
    since = None
    for earlier in reversed([d for d in recorded_days(joint, person) if d <= day]):
        if row is None or row_on(joint, person, earlier) != row:
            break
        since = earlier
    return since


# ---------------------------------------------------------------------------------------------
# 5. Clocks and 6. Windows
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Target:
    on: date
    before: int
    after: int

    @property
    def opens(self) -> date:
        return self.on - days(self.before)

    @property
    def closes(self) -> date:
        return self.on + days(self.after)

    @property
    def latest_safe(self) -> date:
        return self.closes + days(self.after)


def around(on: date, n: int) -> Target:
    """6: "`opens = target - n`, `closes = target + n`", escalates at closes + n."""
    return Target(on, n, n)


def at_once(on: date) -> Target:
    """6: "opens on the target, closes 14 days after", escalates at closes + 14."""
    return Target(on, 0, 14)


def from_interval(on: date, interval: int) -> Target:
    """6: the window of a target that came from an interval (in months)."""
    if interval <= 1:  # "up to 6 weeks": no interval of the default protocol
        return around(on, 7)
    return around(on, 14 if interval <= 4 else 28 if interval <= 9 else 42)


def points_of(row: str, clock: str, operation_on: date) -> list[Target]:
    """5, the table, and 6 for the windows."""
    six_weeks = around(operation_on + days(42), 7)

    def at(month: int, n: int) -> Target:
        return around(months(operation_on, month), n)

    if clock == "XR":
        if row == "after_decompression":
            return [six_weeks, at(3, 14), at(6, 14), at(12, 28), at(18, 28), at(24, 28)]
        if row == "after_graft":
            return [six_weeks, at(3, 14), at(6, 14), at(9, 14), at(12, 14), at(18, 28), at(24, 28)]
        if row == "after_osteotomy":
            return [six_weeks, at(3, 14), at(6, 14), at(12, 28)]
        if row == "implant":
            return [around(operation_on + days(84), 14), at(12, 42), at(120, 42)]
    elif row == "after_decompression":
        return [at(6, 28), at(12, 28)]
    return []


def has_clock(row: str | None, clock: str) -> bool:
    """5, the table: does the row have this clock at all?"""
    if row is None or row == "ended":
        return False
    return clock == "XR" or row in ("small", "medium", "large", "after_decompression")


def interval_of(row: str, clock: str, *, anchor: date, start: date | None, row_since: date, no_pain: bool) -> int:
    """5, the table: the interval in months for an anchor ("then every ..." for points)."""
    if clock == "XR":
        if row == "small":
            assert start
            return 6 if anchor < months(start, 60) else 12
        if row == "medium":
            return 3 if anchor < months(row_since, 12) else 6
        if row == "large":
            return 3 if anchor < months(row_since, 24) else 6
        if row == "collapsed_early":
            return 3
        if row == "collapsed_late":
            return 12 if no_pain else 6
        return 36 if row == "implant" else 12
    if row == "medium":
        return 12
    assert row == "large"
    return 6 if anchor < months(row_since, 24) else 12


@dataclass
class Stretch:
    """From `day` on: one row, and nothing in it that the walk of section 5 calls a change."""

    day: date
    row: str | None
    row_since: date | None
    no_pain: bool
    operation_on: date | None


def operation_day(joint: Joint) -> date | None:
    """The day of the operation that the row speaks of: a replacement or fusion where there is
    one, else the newest joint-preserving operation."""
    operations = joint_operations(joint)
    if operations:
        return operations[-1][0]
    preserving = preserving_operation(joint)
    return preserving[0] if preserving else None


def stretches(joint: Joint, person: Person) -> list[Stretch]:
    """The life of the joint cut at each change of row, each operation and, while collapsed_late,
    at each change between *no* and not *no*."""
    found: list[Stretch] = []
    for day in recorded_days(joint, person):
        row = row_on(joint, person, day)
        if row is None and not found:
            continue
        then = joint.until(day)
        no_pain = row == "collapsed_late" and symptomatic(then) == "no"
        now = Stretch(day, row, row_since_on(joint, person, day), no_pain, operation_day(then))
        last = found[-1] if found else None
        if last is None or (last.row, last.no_pain, last.operation_on) != (row, no_pain, now.operation_on):
            found.append(now)
    return found


def afresh(
    joint: Joint, person: Person, clock: str, here: Stretch, newest_study: date | None, not_before: date
) -> Target | None:
    """5: the target worked out in one stretch, without looking at what lay before it."""
    assert here.row
    assert here.row_since
    # "studies made before [an operation] are no anchor for the rows after it"
    anchor = newest_study
    if anchor and here.operation_on and anchor < here.operation_on:
        anchor = None
    start = start_of(joint)

    if here.row == "small" and clock == "MR":  # "MRI once (small)"
        mris = days_counting(joint, "MR", person.constraints)
        assert start
        since_start = [d for d in mris if d >= start]
        if not since_start:
            return at_once(here.day)  # "An MRI before `start` but none since", or none ever
        due = months(since_start[0], 12)
        if any(d >= due - days(42) for d in mris):
            return None
        return around(max(due, not_before), 42)

    points = points_of(here.row, clock, here.operation_on) if here.operation_on else []
    if points:
        satisfied = -1
        for study in days_counting(joint, clock, person.constraints):
            if here.operation_on and study >= here.operation_on:
                opened = [i for i, p in enumerate(points) if p.opens <= study]
                satisfied = max([satisfied, *opened])
        if satisfied + 1 < len(points):
            return points[satisfied + 1]
        if clock == "MR":
            return None  # "points 6 and 12 months; then none"
        not_before = here.row_since  # "not before the row's first day"

    if anchor is None:
        return at_once(here.day)
    interval = interval_of(here.row, clock, anchor=anchor, start=start, row_since=here.row_since, no_pain=here.no_pain)
    return from_interval(max(months(anchor, interval), not_before), interval)


def target_of(joint: Joint, person: Person, clock: str) -> Target | None:
    """5, "Interval clock": the walk through the rows since the anchor, oldest first.

    Where no study was ever made ("At once") the same walk begins at the first row: an at-once
    target always lies before the next change, so it stays while rows have the clock.
    """
    life = stretches(joint, person)
    if not life:
        return None
    counting = days_counting(joint, clock, person.constraints)
    newest = counting[-1] if counting else None
    # "In the row in force on the anchor's day (... where there was no row yet, the first one)"
    begin = 0
    for i, stretch in enumerate(life):
        if newest and stretch.day <= newest:
            begin = i
    target: Target | None = None
    for i, here in enumerate(life[begin:], begin):
        if not has_clock(here.row, clock):
            target = None  # "A row that does not have this clock at all drops the target"
            continue
        assert here.row_since
        if i == begin:
            target = afresh(joint, person, clock, here, newest, here.row_since)
            continue
        operated = here.operation_on != life[i - 1].operation_on
        if target and target.on < here.day and not operated:
            continue  # "if the target already lay before the day of the change, it stays"
        target = afresh(joint, person, clock, here, newest, here.day)
    return target


# ---------------------------------------------------------------------------------------------
# 7. The live follow-up
# ---------------------------------------------------------------------------------------------


def swapped(clock: str, constraints: set[str]) -> tuple[str, str | None]:
    """7: "first `mri_unsafe` turns MR into CT; then `pregnant` turns XR and CT into VISIT"."""
    study, because = clock, None
    if study == "MR" and "mri_unsafe" in constraints:
        study, because = "CT", "mri_unsafe"
    if study in ("XR", "CT") and "pregnant" in constraints:
        study, because = "VISIT", "pregnant"
    return study, because


def window(target: Target) -> Json:
    return {
        "target": target.on.isoformat(),
        "opens": target.opens.isoformat(),
        "closes": target.closes.isoformat(),
        "latest_safe": target.latest_safe.isoformat(),
    }


def state_on(target: Target, day: date) -> str:
    """6: PLANNED before opens; OPEN from opens; DUE from target; OVERDUE after closes; BREACH."""
    if day > target.latest_safe:
        return "BREACH"
    if day > target.closes:
        return "OVERDUE"
    if day >= target.on:
        return "DUE"
    return "OPEN" if day >= target.opens else "PLANNED"


def clocks_and_follow_up(joint: Joint, person: Person) -> tuple[list[Json], Json | None]:
    targets = []
    for clock in ("XR", "MR"):
        target = target_of(joint, person, clock)
        if target:
            targets.append((target, clock))
    targets.sort(key=lambda t: (t[0].on, t[0].closes - t[0].opens, t[1] != "XR"))
    clocks = []
    for target, clock in targets:
        study, because = swapped(clock, person.constraints)
        entry = {"study": study, **window(target)}
        if because:
            entry |= {"instead_of": clock, "because": because}
        clocks.append(entry)
    if not targets:
        return [], None
    first = targets[0][0]
    studies: list[str] = []
    for target, clock in targets:
        study = swapped(clock, person.constraints)[0]
        # "every study whose own window has opened by the later of its `closes` and `as_of`"
        if target.opens <= max(first.closes, person.as_of) and study not in studies:
            studies.append(study)
    return clocks, {**window(first), "studies": studies, "state": state_on(first, person.as_of)}


# ---------------------------------------------------------------------------------------------
# 8. Prompts
# ---------------------------------------------------------------------------------------------


def prompt(code: str, joint: Joint | None, target: date | None) -> Json:
    return {
        "code": code,
        "site": joint.site if joint else None,
        "side": joint.side if joint else None,
        "target": target.isoformat() if target else None,
    }


def hip(person: Person, side: str) -> Joint:
    """8: "a hip that is not listed is clear where a study other than a VISIT covers it, else
    never imaged" (which is what a listed one given as never imaged becomes)."""
    for joint in person.joints:
        if (joint.site, joint.side) == ("hip", side):
            return joint
    return joint_record(person.question, ("hip", side), {"state": "never_imaged"})


def never_on_mri(joint: Joint, person: Person) -> bool:
    """8: "never imaged, or clear but never on an MRI"."""
    if is_lesion(joint):
        return False
    if state_of(joint) == "never_imaged":
        return True
    return not days_counting_for_mr(joint, person.constraints)


def plus(day: date | None, n: int) -> date | None:
    return day + days(n) if day else None


def prompts_for_hips(person: Person) -> list[Json]:
    found = []
    left, right = hip(person, "left"), hip(person, "right")
    for one, other in ((left, right), (right, left)):
        if not is_lesion(one) or is_lesion(other):
            continue
        start = start_of(one)
        if never_on_mri(other, person):
            found.append(prompt("image_other_hip", other, plus(start, 42)))
            continue
        mris = days_counting_for_mr(other, person.constraints)
        since_start = [d for d in mris if start is None or d >= start]
        d = since_start[0] if since_start else mris[-1]
        if not any(m >= months(d, 12) - days(42) for m in mris):
            target = max(months(d, 12), start + days(42)) if start else None
            found.append(prompt("repeat_mri_other_hip", other, target))
    elsewhere = [j for j in person.joints if is_lesion(j) and j.site != "hip" and j.site not in NO_PLAN_SITES]
    if elsewhere and not is_lesion(left) and not is_lesion(right):
        starts = [s for s in map(start_of, elsewhere) if s]
        for one in (left, right):
            if never_on_mri(one, person):
                found.append(prompt("image_both_hips", one, plus(min(starts, default=None), 42)))
    return found


def first_day_of_newest_pain(joint: Joint) -> date | None:
    """8, image_painful_joint: "the first day of its newest unbroken *yes*"."""
    by_day = {}
    for day in sorted({on for on, _ in joint.pain}):
        by_day[day] = symptomatic(joint.until(day))
    first = None
    for day in reversed(list(by_day)):
        if by_day[day] == "yes":
            first = day
        elif first:
            break
    return first


def prompts_for_pain(person: Person) -> list[Json]:
    found = []
    if any(is_lesion(j) for j in person.joints):
        for joint in person.joints:
            pain_since = first_day_of_newest_pain(joint)
            if joint.site == "jaw" or is_lesion(joint) or pain_since is None:
                continue
            mris = days_counting_for_mr(joint, person.constraints)
            if not any(d >= pain_since for d in mris):
                found.append(prompt("image_painful_joint", joint, pain_since + days(28)))
    return found


def prompts_for_many_sites(person: Person) -> list[Json]:
    """8, multifocal_review: the sites by their start, one whose start is not known first."""
    lesions = [j for j in person.joints if is_lesion(j) and j.site != "jaw"]
    starts = []
    for site in sorted({j.site for j in lesions}):
        known = [s for s in (start_of(j) for j in lesions if j.site == site) if s]
        starts.append(min(known, default=date.min))
    if len(starts) < 3:
        return []
    third = sorted(starts)[2]
    if any(r >= third for j in lesions for r in j.reviews):
        return []
    return [prompt("multifocal_review", None, None)]


def prompts_for_joint(joint: Joint, person: Person) -> list[Json]:
    found = []
    row = row_on(joint, person, person.as_of)
    since = row_since_on(joint, person, person.as_of)
    group = group_of(joint) if is_lesion(joint) else None
    if joint.site == "hip" and row == "large" and group == "not_sized":
        found.append(prompt("size_lesion", joint, None))
    nameless = any(could_mean_collapse(f.says) for f in joint.findings)
    planned = is_lesion(joint) and joint.site not in NO_PLAN_SITES
    if planned and nameless and group not in ("collapsed", "replaced"):
        found.append(prompt("name_stage_system", joint, None))
    if row in ("medium", "large", "collapsed_early", "collapsed_late"):
        assert since
        reviewed_from = months(since, -12) if row == "medium" else since
        if not any(r >= reviewed_from for r in joint.reviews):
            if row == "collapsed_late":
                found.append(prompt("discuss_replacement", joint, None))
            else:
                wait = 28 if row == "collapsed_early" else 42
                found.append(prompt("surgeon_review", joint, since + days(wait)))
    operations = joint_operations(joint)
    undated = joint.given == "replaced" and not operations
    if undated or (operations and operations[0][1] == "REV"):
        found.append(prompt("date_of_operation", joint, None))
    return found


def prompts_of(person: Person) -> list[Json]:
    if person.end:
        return []  # "After the person has ended there are no prompts."
    found = prompts_for_hips(person) + prompts_for_pain(person) + prompts_for_many_sites(person)
    for joint in person.joints:
        found += prompts_for_joint(joint, person)
    return found


# ---------------------------------------------------------------------------------------------
# 9. The answer
# ---------------------------------------------------------------------------------------------


def ended_of(joint: Joint, person: Person) -> Json | None:
    """9: "`ended` is the lesion's first ending"; null where the first one is a REV, until the
    person's end. On one day the operation comes before the person's end."""
    if not is_lesion(joint):
        return None
    endings = []
    operations = joint_operations(joint)
    if operations and operations[0][1] != "REV":
        on, code = operations[0]
        endings.append((on, "fused" if code == FUSION else "replaced"))
    if person.end:
        endings.append(person.end)
    if not endings:
        return None
    on, reason = min(endings, key=lambda e: e[0])
    return {"on": on.isoformat(), "reason": reason}


def answer_for(joint: Joint, person: Person) -> Json:
    row = row_on(joint, person, person.as_of)
    row_since = row_since_on(joint, person, person.as_of)
    start = start_of(joint)
    clocks, follow_up = clocks_and_follow_up(joint, person)
    return {
        "site": joint.site,
        "side": joint.side,
        "state": state_of(joint),
        "group": group_of(joint) if is_lesion(joint) else None,
        "row": row,
        "row_since": row_since.isoformat() if row_since else None,
        "start": start.isoformat() if start else None,
        "clocks": clocks,
        "follow_up": follow_up,
        "ended": ended_of(joint, person),
    }


def plan(question: Json) -> Json:
    """The answer of section 9, without its sentences for people."""
    person = read_person(question)
    return {
        "as_of": question["as_of"],
        "joints": [answer_for(j, person) for j in person.joints],
        "prompts": prompts_of(person),
    }


# ---------------------------------------------------------------------------------------------
# 9. What may be there
# ---------------------------------------------------------------------------------------------

PAIRED_SITES = {"hip", "shoulder", "knee", "ankle", "shaft"}
STATES = {"never_imaged", "clear", "lesion", "replaced"}
CONSTRAINTS = {"mri_unsafe", "pregnant", "kidney_disease"}
END_REASONS = {"deceased", "transferred", "moved", "declined", "discharged"}
FILMS = {"DX", "CR"}
MODALITIES = FILMS | {"MR", "CT", "NM", "VISIT"}
VIEWS = {"AP", "frog_leg_lateral", "cross_table_lateral", "axillary", "weight_bearing_AP", "lateral", "mortise"}
TREATMENTS = {
    "OBS",
    "ACT",
    "WBR",
    "PT",
    "WGT",
    "FTW",
    "CAUS",
    "ESWT",
    "HBO",
    "PEMF",
    "ELEC",
    "CD",
    "CD+",
    "NVG",
    "VFG",
    "ALLO",
    "SYN",
    "ROD",
    "OST",
    "REG",
    "HEMI-R",
    "RES",
    "THA",
    "REV",
    "ARTHRO",
    "ARTHROD",
    "OTHER",
    "TRIAL",
}
TICKS = {"yes", "no", "not_assessed"}
PAINS = {"yes", "no", "not_known"}
ARCO_1993 = {"0", "4"} | {n + letter for n in "123" for letter in ["", "A", "B", "C"]}
ARCO_2019 = {"1", "2", "3A", "3B", "4"}
STEINBERG = {"0", "VI"} | {n + letter for n in ["I", "II", "III", "IV", "V"] for letter in ["", "A", "B", "C"]}
STAGE_VALUES: dict[str, tuple[set[str], set[str]]] = {  # system: (sites, values)
    "Ficat": ({"hip", "knee", "ankle"}, {"0", "I", "II", "IIA", "IIB", "III", "IV"}),
    "Steinberg": ({"hip"}, STEINBERG),
    "JIC": ({"hip"}, {"1", "2", "3A", "3B", "4"}),
    "Cruess": ({"shoulder"}, set("12345")),
    "Koshino": ({"knee"}, set("1234")),
    "Aglietti": ({"knee"}, {"I", "II", "III", "IV", "V"}),
}


class NotAllowed(Exception):
    """The form does not allow it; the message names the offending thing."""


def need(condition: bool, thing: object) -> None:
    if not condition:
        raise NotAllowed(f"{thing!r} is not allowed")


def keys(record: object, allowed: str, needed: str = "") -> Json:
    """ "An unknown key" is an error; so is a missing needed one."""
    need(isinstance(record, dict), record)
    assert isinstance(record, dict)
    for key in record:
        need(key in allowed.split(), key)
    for key in needed.split():
        need(record.get(key) is not None, f"missing {key}")
    return record


def items(record: Json, key: str) -> list[Any]:
    value = record.get(key)
    need(value is None or isinstance(value, list), key)
    return value or []


def word(record: Json, key: str, allowed: set[str]) -> None:
    value = record.get(key)
    need(value is None or (isinstance(value, str) and value in allowed), value)


def a_day(record: Json, key: str) -> None:
    """ "Days from 1900-01-01 to 2199-12-31" """
    value = record.get(key)
    if value is None:
        return
    need(isinstance(value, str) and bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value)), value)
    try:
        day = day_of(value)
    except ValueError as error:
        raise NotAllowed(value) from error
    need(date(1900, 1, 1) <= day <= date(2199, 12, 31), value)


def number(record: Json, key: str, most: int) -> None:
    value = record.get(key)
    if value is None:
        return
    need(isinstance(value, int | float) and not isinstance(value, bool), value)
    need(0 <= value <= most, value)


def in_error_mark(record: Json) -> None:
    value = record.get("entered_in_error")
    need(value is None or isinstance(value, bool), value)


def a_joint_name(site: object, side: object) -> None:
    """ "Sites ... with side left or right; jaw with side none" """
    need(isinstance(site, str) and isinstance(side, str), (site, side))
    paired = site in PAIRED_SITES and side in ("left", "right")
    need(paired or (site, side) == ("jaw", "none"), (site, side))


def check_stage(stage: Json, site: str) -> None:
    keys(stage, "system version value", "value")
    system, version, value = stage.get("system"), stage.get("version"), stage["value"]
    need(isinstance(value, str), value)
    need(system == "ARCO" or version is None, version)  # "`version` only with ARCO"
    if system is None:
        need(1 <= len(value) <= 20, value)
        return
    need(isinstance(system, str) and (system == "ARCO" or system in STAGE_VALUES), system)
    if system == "ARCO":
        need(version is None or version in ("1993", "2019"), version)
        need(site == "hip", system)
        need(value in (ARCO_2019 if version == "2019" else ARCO_1993), value)
        return
    sites, values = STAGE_VALUES[system]
    need(site in sites, system)
    need(value in values, value)


def check_finding(finding: Json, listed_joints: list[JointName], covers: list[JointName]) -> None:
    keys(
        finding,
        "site side stage volume_percent volume_cm3 extent kerboul_coronal kerboul_sagittal jic_type"
        " collapse_mm subchondral_fracture oedema effusion entered_in_error",
        "site side",
    )
    a_joint_name(finding["site"], finding["side"])
    name = (finding["site"], finding["side"])
    need(name in listed_joints and name in covers, name)
    if finding.get("stage") is not None:
        check_stage(finding["stage"], finding["site"])
    number(finding, "volume_percent", 100)
    number(finding, "volume_cm3", 200)
    number(finding, "kerboul_coronal", 180)
    number(finding, "kerboul_sagittal", 180)
    number(finding, "collapse_mm", 30)
    word(finding, "extent", {"A", "B", "C"})
    word(finding, "jic_type", {"A", "B", "C1", "C2"})
    for tick in ("subchondral_fracture", "oedema", "effusion"):
        word(finding, tick, TICKS)
    in_error_mark(finding)


def check_study(study: Json, listed_joints: list[JointName]) -> None:
    keys(study, "on modality views covers findings entered_in_error", "on modality covers")
    a_day(study, "on")
    word(study, "modality", MODALITIES)
    for view in items(study, "views"):
        need(isinstance(view, str) and view in VIEWS, view)
    need(study["modality"] in FILMS or not items(study, "views"), "views")
    covers = []
    for cover in items(study, "covers"):
        need(isinstance(cover, list) and len(cover) == 2, cover)
        a_joint_name(*cover)
        covers.append((cover[0], cover[1]))
    for finding in items(study, "findings"):
        check_finding(finding, listed_joints, covers)
    in_error_mark(study)


def check_joint(joint: Json) -> None:
    keys(
        joint,
        "site side state since symptom_status surgeon_reviews treatments",
        "site side state",
    )
    a_joint_name(joint["site"], joint["side"])
    word(joint, "state", STATES)
    a_day(joint, "since")
    for status in items(joint, "symptom_status"):
        keys(status, "on value entered_in_error", "on value")
        word(status, "value", PAINS)
    for review in items(joint, "surgeon_reviews"):
        keys(review, "on entered_in_error", "on")
    for treatment in items(joint, "treatments"):
        keys(treatment, "code on entered_in_error", "code on")
        word(treatment, "code", TREATMENTS)
    for kind in ("symptom_status", "surgeon_reviews", "treatments"):
        for record in items(joint, kind):
            a_day(record, "on")
            in_error_mark(record)


def check(question: Json) -> None:
    keys(question, "as_of born constraints ended joints studies", "as_of")
    a_day(question, "as_of")
    a_day(question, "born")
    if question.get("born") is not None:
        need(question["born"] <= question["as_of"], question["born"])
    for constraint in items(question, "constraints"):
        need(isinstance(constraint, str) and constraint in CONSTRAINTS, constraint)
    if question.get("ended") is not None:
        keys(question["ended"], "on reason", "on reason")
        a_day(question["ended"], "on")
        word(question["ended"], "reason", END_REASONS)
    names: list[JointName] = []
    for joint in items(question, "joints"):
        check_joint(joint)
        name = (joint["site"], joint["side"])
        need(name not in names, name)  # "each joint once"
        names.append(name)
    for study in items(question, "studies"):
        check_study(study, names)
    for joint in read_person(question).joints:
        # "a joint with state lesion that has neither `since` nor any finding (in error ones and
        # later ones count as none here ...; what counts is the state as given)"
        known = joint.since or joint.findings
        need(joint.given != "lesion" or bool(known), (joint.site, joint.side, "since"))


def refuse(question: object) -> str | None:
    """What the form does not allow, with the offending thing; None where all is allowed."""
    try:
        need(isinstance(question, dict), question)
        assert isinstance(question, dict)
        check(question)
    except NotAllowed as error:
        return str(error)
    return None
