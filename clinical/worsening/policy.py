"""Every threshold of the worsening rules: its default, its bounds and where it comes from.

A clinic changes them as versioned data (`to_json`, `from_json`); nothing else in the package holds
a number that decides. Sources in brackets are those of docs/clinical/worsening.md. "design" is our
own proposal, "measured" was set on made-up diaries by benchmarks/detection.py.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

NUMBER = (int, float)


def _days(default: int, source: str, *, least: int = 1, most: int = 365) -> Any:
    return field(default=default, metadata={"source": source, "unit": "days", "least": least, "most": most})


def _points(default: float, source: str, *, least: float = 0.5, most: float = 10.0) -> Any:
    return field(default=default, metadata={"source": source, "unit": "NRS points", "least": least, "most": most})


def _count(default: int, source: str, *, least: int = 1, most: int = 60) -> Any:
    return field(default=default, metadata={"source": source, "unit": "count", "least": least, "most": most})


def _figure(default: float, source: str, *, least: float, most: float, unit: str = "") -> Any:
    return field(default=default, metadata={"source": source, "unit": unit, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Policy:
    version: int = field(default=1, metadata={"source": "the clinic", "unit": "", "least": 1, "most": 10**9})

    # 1-5: red boxes
    weight_bearing_clear_days: int = _days(14, "rule 1, design [R41][R61]")
    injury_nrs: float = _points(7, "rule 2, design [R41]", least=1)
    fever_nrs: float = _points(4, "rule 3, design [R60]", least=1)
    fever_rise: float = _points(2, "rule 3, design [R60]")
    wound_days: int = _days(90, "rule 5, design [R62]")

    # 6: sudden severe. A second day and the person's own scale: alone, the first two numbers fire
    # 3-11 times per 100 weeks of stable real pain.
    sudden_nrs: float = _points(7, "rule 6, design [R41][R1b]", least=4)
    sudden_rise: float = _points(4, "rule 6, design [R41][R1b]", least=1)
    sudden_hours: int = _figure(72, "rule 6, design", least=24, most=336, unit="hours")
    sudden_days: int = _count(2, "rule 6, measured: days on which it was so", least=1, most=5)
    sudden_spreads: float = _figure(5.0, "rule 6, measured", least=0.0, most=10.0, unit="own spreads")

    # 7 and 13: the change of level (change.py)
    small_step: float = _points(2, "rule 7: 2 points or 30 % [R45][R46]")
    large_step: float = _points(3, "rule 7, design")
    slow_rise: float = _points(2, "rule 13: 2 points in 8 weeks, design")
    slow_rise_weeks: int = _count(8, "rule 13, design", least=3, most=12)
    large_step_cost: float = _figure(1.5, "measured: how much rarer than a small step", least=0.0, most=20)
    slow_rise_cost: float = _figure(0.0, "measured: how much rarer than a small step", least=0.0, most=20)
    evidence_needed: float = _figure(6.4, "rules 7 and 13, measured: 0.5 false flags a year", least=1.0, most=50.0)
    noise_typical: float = _figure(
        1.5, "measured: spread, times what memory adds", least=0.5, most=5, unit="NRS points"
    )
    calm_most: float = _figure(1.3, "measured: most a calm diary is asked for, times", least=1.0, most=5.0)
    noisy_least: float = _figure(0.55, "measured: least a noisy diary is asked for, times", least=0.1, most=1.0)
    logged_typical: float = _figure(0.65, "design: share of days with an entry", least=0.05, most=1.0)
    dense_most: float = _figure(1.3, "measured: most a full diary is asked for, times", least=1.0, most=5.0)
    sparse_least: float = _figure(0.6, "measured: least a sparse diary is asked for, times", least=0.1, most=1.0)
    usual_entries: int = _count(5, "rules 6, 7, 13, measured: days before a usual level is known", least=3)
    usual_memory: float = _figure(100, "rules 6, 7, 13, measured", least=10, most=400, unit="days with an entry")
    clinic_usual_weight: int = _count(10, "design: a level noted at the clinic counts as so many days")
    learning_clip: float = _figure(2.0, "measured: what one day may teach", least=0.5, most=10, unit="own spreads")
    entry_most: float = _figure(2.0, "measured: what one entry may add to the evidence", least=0.5, most=20)
    still_up: float = _points(1, "rules 7 and 13, measured: the newest entry above usual", least=0.5)
    flare_days: int = _days(3, "measured: the rival story is a flare this long", most=14)
    flare_points: float = _points(3, "measured: how high such a flare is")
    flare_cost: float = _figure(3.5, "measured: how unlikely a flare is", least=0.0, most=20)
    young_usual: float = _figure(0.5, "measured: doubt about a young usual level", least=0.0, most=5)
    doubt_stops_learning: float = _figure(0.5, "measured: share of the evidence needed", least=0.0, most=10)
    spread_typical: float = _points(1.1, "three trials, 212 people: median day-to-day SD", least=0.3, most=5)
    spread_weight: int = _count(8, "measured: days the typical spread counts for")
    spread_least: float = _points(0.8, "measured", least=0.3, most=3)
    memory_typical: float = _figure(0.3, "three trials: lag-1 correlation 0.2 to 0.5", least=0.0, most=0.9)
    memory_weight: int = _count(15, "measured: days the typical correlation counts for")

    # 8 and 9: a joint that was silent
    silent_usual: float = _points(0.5, "rule 8, measured: a usual level this low is silence", least=0.0)
    silent_nrs: float = _points(2, "rule 8, measured: where the diary itself shows silence", least=1)
    silent_days: int = _count(2, "rules 8 and 9, design [R11][R14][R17]")
    silent_window: int = _days(14, "rules 8 and 9, design")
    silent_before: int = _days(60, "rule 8, measured: no such entry in the days before")
    asymptomatic_nrs: float = _points(3, "rules 8 and 9, design [R11][R14][R31]", least=1)
    asymptomatic_usual: float = _points(1, "rule 8: baseline 0-1", least=0.0)

    # 10-12
    rest_days: int = _count(3, "rule 10, design [R58]")
    rest_window: int = _days(14, "rule 10, design", most=60)
    rest_clear: int = _days(28, "rule 10, design", most=60)
    rest_clear_entries: int = _count(3, "rule 10, design")
    mechanical_days: int = _count(2, "rule 11, design [R57]")
    mechanical_window: int = _days(14, "rule 11, design", most=30)
    mechanical_clear: int = _days(60, "rule 11, design", most=60)
    function_gap: int = _days(3, "rule 12, design", most=14)
    function_window: int = _days(14, "rule 12, design", most=30)
    function_before: int = _days(28, "rule 12, design", most=60)
    function_before_entries: int = _count(3, "rule 12, design")

    # 14: scores, in points of the instrument
    hoos_jr_yellow: float = _figure(8, "rule 14 [R50]", least=1, most=100, unit="HOOS JR points")
    hoos_jr_amber: float = _figure(16, "rule 14 [R50]", least=1, most=100, unit="HOOS JR points")
    ohs_yellow: float = _figure(5, "rule 14 [R52]", least=1, most=48, unit="OHS points")
    ohs_amber: float = _figure(8, "rule 14 [R52]", least=1, most=48, unit="OHS points")
    peg_yellow: float = _figure(2, "rule 14, general knowledge", least=0.5, most=10, unit="PEG points")

    # 15-18
    level_nrs: float = _points(7, "rule 15, design", least=4)
    level_window: int = _days(14, "rule 15, design", most=60)
    level_entries: int = _count(4, "rule 15, design")
    quiet_intervals: float = _figure(3, "rule 16, design", least=1, most=20, unit="logging intervals")
    quiet_answer_days: int = _days(3, "rule 16, design: time to answer, before it is a person's work", most=60)
    depression_mm: float = _figure(1, "rule 17 [R17][R1b]", least=0.1, most=10, unit="mm")
    volume_points: float = _figure(5, "rule 17 [R17]", least=1, most=100, unit="% of the head")
    steroid_mg_per_day: float = _figure(30, "rule 18 [R27][R30]", least=1, most=1000, unit="mg prednisolone")
    steroid_total_g: float = _figure(2, "rule 18 [R27][R30]", least=0.1, most=100, unit="g in 3 months")
    history_days: int = _days(90, "rules 14, 17 and 18, design: what is entered later than this is history", most=3650)

    # A picture within days, proposed where a joint before collapse got worse (clinical/tripwire.py)
    image_sudden_days: int = _days(3, "4.1 and 5.2 [R1b], design: opening days after a sudden rise", most=30)
    image_sustained_days: int = _days(7, "4.1 and 5.2 [R1b], design: opening days after one that stayed", most=30)
    image_film_days: int = _days(90, "4.1: CT if the X-ray is negative; design: how old it may be")

    # After an operation
    preserving_weeks: int = _count(6, "5.5, design", least=0, most=52)
    arthroplasty_weeks: int = _count(12, "5.5: most gain is in 3 months [R66]", least=0, most=52)
    healing_rise: float = _points(2, "5.5, design: week against the week before")
    healing_from_day: int = _days(14, "5.5, design", least=0)

    # Restraint
    red_cooldown_hours: int = _figure(24, "5.5, design", least=0, most=168, unit="hours")
    amber_cooldown: int = _days(14, "5.5, design", least=0)
    yellow_cooldown: int = _days(28, "5.5, design", least=0)
    late_hours: int = _figure(72, "5.5, design: older than this is never red", least=1, most=336, unit="hours")
    verdict_days: int = _days(14, "design: without an entry in these days nothing is known")
    recent_days: int = _days(7, "5.4: the recent level is the median of these days", most=28)
    reviewed_entries: int = _count(6, "measured: days a level accepted at review counts for")
    review_doubt: float = _figure(
        4.0, "measured: a rise seen on so many days is half taken up at review", least=0.0, most=60, unit="days"
    )
    back_to_old: float = _figure(
        3.0, "measured: evidence to take up the level from before a review", least=0.5, most=50
    )
    forget_old: float = _figure(4.0, "measured: evidence to forget it", least=0.5, most=50)

    def __post_init__(self) -> None:
        wrong = [line for line in map(self._wrong, fields(self)) if line]
        if self.large_step < self.small_step:
            wrong.append("large_step: below small_step")
        if wrong:
            raise ValueError("; ".join(wrong))

    def _wrong(self, item: Any) -> str | None:
        value = getattr(self, item.name)
        if isinstance(value, bool) or not isinstance(value, NUMBER) or not math.isfinite(value):
            return f"{item.name}: not a number"
        if item.type == "int" and not isinstance(value, int):
            return f"{item.name}: not a whole number"
        least, most = item.metadata["least"], item.metadata["most"]
        return None if least <= value <= most else f"{item.name}: {value} is not in {least} to {most}"


def to_json(policy: Policy) -> str:
    return json.dumps(asdict(policy), sort_keys=True)


def from_json(text: str) -> Policy:
    """A policy from stored data. What is left out has its default; an unknown name or a wrong value is refused."""
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError("not a policy")
    unknown = sorted(set(data) - {item.name for item in fields(Policy)})
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")
    return Policy(**data)


DEFAULT = Policy()
