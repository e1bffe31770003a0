"""The rules that speak on an entry, numbered as in docs/clinical/worsening.md.

Each takes the entry, its day and the past including it, and gives a finding or None. None knows
whether a flag is open or how often it has spoken: watch.py restrains them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from statistics import median

from clinical.worsening import change
from clinical.worsening.diary import Entry, JointKind, Tick
from clinical.worsening.findings import Finding, Kind, Rule, Severity, Shown
from clinical.worsening.past import Past
from clinical.worsening.policy import Policy
from clinical.worsening.words import Reason

CANNOT_BEAR_WEIGHT = Rule(1, "cannot bear weight", 1, Severity.RED)
INJURY = Rule(2, "injury", 1, Severity.RED)
FEVER = Rule(3, "fever and joint", 1, Severity.RED)
CLOT = Rule(4, "clot or chest", 1, Severity.RED)
WOUND = Rule(5, "wound", 1, Severity.RED)
SUDDEN = Rule(6, "sudden severe", 2, Severity.RED)
SUSTAINED = Rule(7, "sustained rise", 2, Severity.AMBER)
AFTER_OPERATION = Rule(7, "rise after operation", 1, Severity.AMBER)
SILENT_SPEAKS = Rule(8, "silent joint speaks", 2, Severity.AMBER)
NEW_JOINT = Rule(9, "new joint", 1, Severity.AMBER)
REST_OR_NIGHT = Rule(10, "rest or night pain new", 1, Severity.AMBER)
MECHANICAL = Rule(11, "mechanical new", 1, Severity.AMBER)
FUNCTION = Rule(12, "function step-down", 1, Severity.AMBER)
SLOW_RISE = Rule(13, "slow rise", 2, Severity.YELLOW)
LEVEL = Rule(15, "uncontrolled", 1, Severity.YELLOW, Kind.LEVEL)
BISPHOSPHONATE = Rule(19, "bisphosphonate", 1, Severity.AMBER)
WANTS_REVIEW = Rule(20, "patient asks for review", 1, Severity.AMBER)

REST = frozenset({Tick.AT_REST, Tick.AT_NIGHT})
A_PERSON = Reason("a_person")


def found(
    rule: Rule,
    at: datetime,
    why: Reason,
    policy: Policy,
    thresholds: str = "",
    *,
    past: Past | None = None,
    entries: Iterable[Entry] = (),
    severity: Severity | None = None,
    clears: Reason = A_PERSON,
    began: int | None = None,
) -> Finding:
    """A finding; red becomes amber where its evidence was recorded too late to be an emergency."""
    shown = tuple(entries)
    known_at = max((entry.known_at for entry in shown), default=at)
    severity = severity or rule.severity
    if severity is Severity.RED and known_at - at > timedelta(hours=policy.late_hours):
        severity = Severity.AMBER
    standing = past.standing if past else None
    return Finding(
        rule=rule,
        severity=severity,
        at=at,
        known_at=max(known_at, at),
        why=why,
        clears=clears,
        thresholds={name: getattr(policy, name) for name in thresholds.split()},
        entries=tuple(Shown(entry.felt_at, entry.nrs, entry.key) for entry in shown),
        usual=round(standing.usual, 1) if standing else None,
        usual_days=round(standing.weight) if standing else 0,
        recent=past.recent_level(past.day) if past else None,
        began_on=date.fromordinal(began) if began else None,
    )


# Boxes


def cannot_bear_weight(entry: Entry, day: int, past: Past) -> Finding | None:
    clear = past.policy.weight_bearing_clear_days
    before = [other for other in past.window(day - clear, day) if Tick.CANNOT_BEAR_WEIGHT in other.ticks]
    ordered = any(order.covers(day) for order in past.context.non_weight_bearing)
    if len(before) > 1 or ordered:  # the entry itself is one of them
        return None
    why = Reason("cannot_bear_weight", {"on": entry.felt_at.date()})
    return found(CANNOT_BEAR_WEIGHT, entry.felt_at, why, past.policy, "weight_bearing_clear_days", entries=[entry])


def injury(entry: Entry, day: int, past: Past) -> Finding | None:
    severe = entry.nrs is not None and entry.nrs >= past.policy.injury_nrs
    if not severe and Tick.CANNOT_BEAR_WEIGHT not in entry.ticks:
        return None
    why = Reason("injury", {"on": entry.felt_at.date(), "nrs": entry.nrs})
    return found(INJURY, entry.felt_at, why, past.policy, "injury_nrs", entries=[entry])


def fever(entry: Entry, day: int, past: Past) -> Finding | None:
    usual = past.usual_before()
    hot = Tick.HOT_SWOLLEN in entry.ticks
    policy = past.policy
    painful = entry.nrs is not None and (
        entry.nrs >= policy.fever_nrs or (usual is not None and entry.nrs - usual >= policy.fever_rise)
    )
    if not hot and not painful:
        return None
    params = {"on": entry.felt_at.date(), "nrs": entry.nrs, "risks": list(past.context.infection_risks)}
    why = Reason("fever_hot" if hot else "fever", params)
    return found(FEVER, entry.felt_at, why, policy, "fever_nrs fever_rise", past=past, entries=[entry])


def clot(entry: Entry, day: int, past: Past) -> Finding | None:
    why = Reason("clot", {"on": entry.felt_at.date()})
    return found(CLOT, entry.felt_at, why, past.policy, entries=[entry])


def wound(entry: Entry, day: int, past: Past) -> Finding | None:
    since = [day - operation.on.toordinal() for operation in past.context.operations]
    fresh = [days for days in since if 0 <= days <= past.policy.wound_days]
    if not fresh:
        return None
    why = Reason("wound", {"on": entry.felt_at.date(), "days": min(fresh)})
    return found(WOUND, entry.felt_at, why, past.policy, "wound_days", entries=[entry])


def rest_or_night(entry: Entry, day: int, past: Past) -> Finding | None:
    policy = past.policy
    if past.context.kind is JointKind.IMPLANT or past.healing(day) is not None:
        return None
    return _new_pattern(
        entry, day, past, REST_OR_NIGHT, REST, "rest_or_night",
        window=policy.rest_window, days=policy.rest_days,
        clear=policy.rest_clear, clear_entries=policy.rest_clear_entries,
        thresholds="rest_days rest_window rest_clear rest_clear_entries",
    )  # fmt: skip


def mechanical(entry: Entry, day: int, past: Past) -> Finding | None:
    policy = past.policy
    if past.context.kind is JointKind.IMPLANT:
        return None
    return _new_pattern(
        entry, day, past, MECHANICAL, frozenset({Tick.LOCKING}), "mechanical",
        window=policy.mechanical_window, days=policy.mechanical_days,
        clear=policy.mechanical_clear, clear_entries=1,
        thresholds="mechanical_days mechanical_window mechanical_clear",
    )  # fmt: skip


def _new_pattern(
    entry: Entry, day: int, past: Past, rule: Rule, ticks: frozenset[Tick], code: str,
    *, window: int, days: int, clear: int, clear_entries: int, thresholds: str,
) -> Finding | None:  # fmt: skip
    """On enough days of the window, and on none of the clear days before it, which must have been logged."""
    first = day - window + 1
    ticked = [(on, other) for on, other in past.recent if on >= first and not ticks.isdisjoint(other.ticks)]
    ticked_days = {on for on, _ in ticked}
    if len(ticked_days) < days:
        return None
    before = past.window(first - clear, first - 1)
    if len(before) < clear_entries or any(not ticks.isdisjoint(other.ticks) for other in before):
        return None
    began = min(ticked_days)
    why = Reason(code, {"days": len(ticked_days), "began_on": date.fromordinal(began)})
    return found(rule, entry.felt_at, why, past.policy, thresholds, entries=[other for _, other in ticked])


def bisphosphonate(entry: Entry, day: int, past: Past) -> Finding | None:
    drugs = [drug for drug in past.context.bisphosphonates if drug.from_on.toordinal() <= day]
    if not drugs:
        return None
    thigh = Tick.THIGH_PAIN in entry.ticks
    code = "thigh_on_bisphosphonate" if thigh else "jaw_on_bisphosphonate"
    why = Reason(code, {"on": entry.felt_at.date(), "drug": drugs[-1].drug})
    severity = Severity.AMBER if thigh else Severity.YELLOW
    return found(BISPHOSPHONATE, entry.felt_at, why, past.policy, entries=[entry], severity=severity)


def wants_review(entry: Entry, day: int, past: Past) -> Finding | None:
    why = Reason("wants_review", {"on": entry.felt_at.date()})
    return found(WANTS_REVIEW, entry.felt_at, why, past.policy, entries=[entry])


# Numbers


def sudden(entry: Entry, day: int, past: Past) -> Finding | None:
    """Rule 6: severe, far above usual on the person's own scale, and not on one day only."""
    policy = past.policy
    usual = past.usual_before()
    standing = past.standing
    if entry.nrs is None or usual is None or standing is None:
        return None
    least = max(policy.sudden_nrs, usual + policy.sudden_rise, usual + policy.sudden_spreads * standing.spread)
    if entry.nrs < least:
        return None
    since = entry.felt_at - timedelta(hours=policy.sudden_hours)
    high = [
        (on, other)
        for on, other in past.recent
        if other.felt_at >= since and other.nrs is not None and other.nrs >= least
    ]
    days = {on for on, _ in high}
    if len(days) < policy.sudden_days:
        return None
    return _rise(SUDDEN, "sudden", entry, past, [other for _, other in high], min(days), len(days),
                 "sudden_nrs sudden_rise sudden_hours sudden_days sudden_spreads")  # fmt: skip


def change_of_level(entry: Entry, day: int, past: Past) -> Finding | None:
    """Rules 7 and 13: a step, or a slow rise, tells the diary better than its usual course (change.py)."""
    standing = past.standing
    policy = past.policy
    if standing is None or not change.enough(standing, past.value, policy):
        return None
    slow = standing.shape is change.Shape.SLOW_RISE
    least = standing.usual + policy.still_up
    began = standing.began if slow else _first_up(past, standing.began, least)
    up = [(on, other) for on, other in past.recent if on >= began and other.nrs is not None and other.nrs >= least]
    if slow:
        up = [(on, other) for on, other in up if on > day - policy.silent_window]
    rule, code = (SLOW_RISE, "slow_rise") if slow else (SUSTAINED, "step")
    names = "small_step large_step slow_rise slow_rise_weeks evidence_needed usual_entries still_up"
    return _rise(rule, code, entry, past, [other for _, other in up], began, len({on for on, _ in up}), names)


def _first_up(past: Past, began: int, least: float) -> int:
    """The story may begin after what could have been a flare; to a person it began with the first of these days."""
    for on, entry in reversed(past.recent):
        if on < began and entry.nrs is not None:
            if entry.nrs < least:
                break
            began = on
    return began


def _rise(
    rule: Rule, code: str, entry: Entry, past: Past, up: list[Entry], began: int, days: int, thresholds: str
) -> Finding:
    up = up or [entry]
    numbers = [other.nrs for other in up if other.nrs is not None]
    usual = past.standing.usual if past.standing else 0.0
    params = {
        "usual": round(usual),
        "began_on": date.fromordinal(began),
        "low": min(numbers),
        "high": max(numbers),
        "days": days,
        "last": entry.nrs,
    }
    clears = Reason("down_a_week", {"points": past.policy.still_up, "days": past.policy.recent_days})
    return found(
        rule, entry.felt_at, Reason(code, params), past.policy, thresholds,
        past=past, entries=up, clears=clears, began=began,
    )  # fmt: skip


def after_operation(entry: Entry, day: int, past: Past) -> Finding | None:
    """In the weeks of healing: this week against the week before, from the third week on."""
    policy = past.policy
    since = past.healing(day)
    if since is None or since < policy.healing_from_day:
        return None
    weeks = [past.numbers(day - 6, day), past.numbers(day - 13, day - 7)]
    if min(map(len, weeks)) < 2:
        return None
    recent, before = (float(median(nrs for of_day in week.values() for nrs in of_day)) for week in weeks)
    if recent - before < policy.healing_rise:
        return None
    why = Reason("healing_rise", {"before": before, "recent": recent})
    entries = [other for other in past.window(day - 13, day) if other.nrs is not None]
    return found(AFTER_OPERATION, entry.felt_at, why, policy, "healing_rise healing_from_day", entries=entries)


def silent_speaks(entry: Entry, day: int, past: Past) -> Finding | None:
    """Rule 8: the diary itself showed no pain, or the lesion is noted as without symptoms."""
    policy = past.policy
    usual = past.usual_before()
    if entry.nrs is None:
        return None
    names = "silent_usual silent_nrs silent_days silent_window silent_before asymptomatic_nrs asymptomatic_usual"
    if usual is not None and usual <= policy.silent_usual:
        finding = _speaks(entry, day, past, SILENT_SPEAKS, "silent", policy.silent_nrs, names, before=True)
        if finding:
            return finding
    if past.context.asymptomatic and (usual is None or usual <= policy.asymptomatic_usual):
        return _speaks(entry, day, past, SILENT_SPEAKS, "silent", policy.asymptomatic_nrs, names)
    return None


def new_joint(entry: Entry, day: int, past: Past) -> Finding | None:
    policy = past.policy
    usual = past.usual_before()
    least = policy.asymptomatic_nrs if usual is None else max(policy.asymptomatic_nrs, usual + policy.still_up)
    names = "asymptomatic_nrs silent_days silent_window"
    return _speaks(entry, day, past, NEW_JOINT, "new_joint", least, names)


def _speaks(
    entry: Entry, day: int, past: Past, rule: Rule, code: str, least: float, thresholds: str, *, before: bool = False
) -> Finding | None:
    """Enough days of the window at `least` or more, and (where asked) none in the days before."""
    policy = past.policy
    if entry.nrs is None or entry.nrs < least:
        return None
    first = day - policy.silent_window + 1
    high = [(on, other) for on, other in past.recent if other.nrs is not None and other.nrs >= least]
    days = {on for on, _ in high if on >= first}
    if len(days) < policy.silent_days:
        return None
    began = min(days)
    if before and any(began - policy.silent_before <= on < began for on, _ in high):
        return None
    return _rise(rule, code, entry, past, [other for on, other in high if on >= began], began, len(days), thresholds)


def function_down(entry: Entry, day: int, past: Past) -> Finding | None:
    """Rule 12, for the walking aid and then the walking distance."""
    orders = (*past.context.aid_ordered, *past.context.non_weight_bearing)
    if past.context.kind is JointKind.IMPLANT or past.healing(day) is not None:
        return None
    if any(order.covers(day) for order in orders):
        return None
    return _level_up(entry, day, past, "aid", "aid_up") or _level_up(entry, day, past, "distance", "distance_down")


def _level_up(entry: Entry, day: int, past: Past, what: str, code: str) -> Finding | None:
    policy = past.policy
    now = getattr(entry, what)
    if not now:
        return None
    first = day - policy.function_window + 1
    before = [getattr(other, what) for other in past.window(first - policy.function_before, first - 1)]
    levels = [level for level in before if level is not None]
    if len(levels) < policy.function_before_entries or now <= median(levels):
        return None
    worse = [(on, other) for on, other in past.recent if on >= first and (getattr(other, what) or 0) > median(levels)]
    began = worse[0][0]
    if day - began < policy.function_gap:
        return None
    why = Reason(code, {"before": round(median(levels)), "after": now, "began_on": date.fromordinal(began)})
    names = "function_gap function_window function_before function_before_entries"
    return found(FUNCTION, entry.felt_at, why, policy, names, entries=[other for _, other in worse])


def level(entry: Entry, day: int, past: Past) -> Finding | None:
    """Rule 15: says once for a joint that pain is high and stays so."""
    policy = past.policy
    if past.level_spoken:
        return None
    numbers = past.numbers(day - policy.level_window + 1, day)
    all_numbers = [nrs for of_day in numbers.values() for nrs in of_day]
    if len(all_numbers) < policy.level_entries or median(all_numbers) < policy.level_nrs:
        return None
    params = {"median": float(median(all_numbers)), "window": policy.level_window, "days": len(all_numbers)}
    entries = [other for other in past.window(day - policy.level_window + 1, day) if other.nrs is not None]
    names = "level_nrs level_window level_entries"
    return found(LEVEL, entry.felt_at, Reason("level", params), policy, names, past=past, entries=entries)


# Which rule is asked when

On = Callable[[Entry, int, Past], Finding | None]

ON_TICK: tuple[tuple[int, frozenset[Tick], On], ...] = (
    (1, frozenset({Tick.CANNOT_BEAR_WEIGHT}), cannot_bear_weight),
    (2, frozenset({Tick.INJURY}), injury),
    (3, frozenset({Tick.FEVER}), fever),
    (4, frozenset({Tick.CLOT}), clot),
    (5, frozenset({Tick.WOUND}), wound),
    (10, REST, rest_or_night),
    (11, frozenset({Tick.LOCKING}), mechanical),
    (19, frozenset({Tick.THIGH_PAIN, Tick.JAW}), bisphosphonate),
    (20, frozenset({Tick.WANTS_REVIEW}), wants_review),
)


def speak(entry: Entry, day: int, past: Past, spoken: Collection[int]) -> Iterator[Finding]:
    """What the rules find at this entry, the red ones first. `spoken`: rules that need not be asked again."""
    ticks = entry.ticks
    if ticks:
        for number, needed, rule in ON_TICK:
            if number not in spoken and not ticks.isdisjoint(needed) and (finding := rule(entry, day, past)):
                yield finding
    nrs = entry.nrs
    if nrs is not None and 0 <= nrs <= 10:
        yield from _on_number(entry, nrs, day, past, spoken)
    if (entry.aid or entry.distance) and 12 not in spoken and (finding := function_down(entry, day, past)):
        yield finding


def _on_number(entry: Entry, nrs: int, day: int, past: Past, spoken: Collection[int]) -> Iterator[Finding]:
    """The rules on pain itself. Most entries end at the first comparison of each."""
    policy = past.policy
    finding: Finding | None
    if nrs >= policy.sudden_nrs and 6 not in spoken and (finding := sudden(entry, day, past)):
        yield finding
    if past.healings and past.healing(day) is not None:
        if 7 not in spoken and (finding := after_operation(entry, day, past)):
            yield finding
        return
    kind = past.context.kind
    if kind is JointKind.IMPLANT:  # a replaced joint leaves the rules of osteonecrosis
        return
    standing = past.standing
    if standing is not None and standing.evidence >= standing.needed:
        finding = change_of_level(entry, day, past)
        if finding and finding.rule.number not in spoken:
            yield finding
    if kind is JointKind.NO_LESION:
        if nrs >= policy.asymptomatic_nrs and 9 not in spoken and (finding := new_joint(entry, day, past)):
            yield finding
    elif nrs >= policy.silent_nrs and 8 not in spoken and (finding := silent_speaks(entry, day, past)):
        yield finding
    if nrs >= policy.level_nrs and 15 not in spoken and (finding := level(entry, day, past)):
        yield finding
