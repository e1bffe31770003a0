"""What each rule tells a person, in full: sentence, entries it rests on, thresholds, what would clear it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from clinical.worsening import (
    DEFAULT,
    Bisphosphonate,
    Entry,
    Image,
    JointContext,
    JointKind,
    Operation,
    OperationKind,
    Score,
    SteroidCourse,
    Tick,
    judge,
    say,
)

START = datetime(2026, 1, 5, 20, tzinfo=UTC)
T = Tick


def on(day: int, nrs: int | None = None, *ticks: Tick, aid: int | None = None, distance: int | None = None) -> Entry:
    at = START + timedelta(days=day)
    return Entry(at, nrs, frozenset(ticks), aid=aid, distance=distance, key=f"day {day}")


def daily(numbers: list[int], *ticks: Tick, first: int = 0) -> list[Entry]:
    return [on(first + day, nrs, *ticks) for day, nrs in enumerate(numbers)]


CALM = daily([2, 3, 2, 2, 1, 2, 3, 2, 2, 2, 1, 3, 2, 2] * 3)
SILENT = daily([0] * 42)
RISE = [
    *(on(2 * day, nrs) for day, nrs in enumerate([2, 3, 2, 2, 1, 2, 3, 2] * 4)),
    *(on(64 + 2 * day, 2 + (day + day % 3) // 12) for day in range(34)),
]
OPERATED = JointContext(operations=(Operation(date(2026, 1, 5), OperationKind.PRESERVING),))
NO_LESION = JointContext(kind=JointKind.NO_LESION)
ALENDRONATE = JointContext(bisphosphonates=(Bisphosphonate("alendronate", date(2020, 1, 1)),))
AT_RISK = JointContext(infection_risks=("steroids", "diabetes"))


def at(day: int) -> datetime:
    return START + timedelta(days=day)


IMAGED = JointContext(
    images=(
        Image(at(0), crescent=False, subchondral_fracture=False, stage=("ARCO 2019", 2), depression_mm=0.5,
              oedema=False, effusion=False, volume_percent=20),
        Image(at(30), crescent=True, subchondral_fracture=True, stage=("ARCO 2019", 3), depression_mm=2.0,
              oedema=True, effusion=True, volume_percent=27),
    )
)  # fmt: skip
SCORED = JointContext(scores=(Score("ohs", 40, at(0)), Score("ohs", 41, at(20)), Score("ohs", 30, at(40))))
STEROIDS = JointContext(steroid_courses=(SteroidCourse(at(5), 40, 2.5),))

CASES: dict[str, tuple[list[Entry], JointContext]] = {
    "1 cannot bear weight": ([on(0, 5, T.CANNOT_BEAR_WEIGHT)], JointContext()),
    "2 injury": ([on(0, 7, T.INJURY)], JointContext()),
    "3 fever": ([on(0, 4, T.FEVER)], AT_RISK),
    "3 fever, hot joint": ([on(0, 0, T.FEVER, T.HOT_SWOLLEN)], JointContext()),
    "4 clot": ([on(0, 1, T.CLOT)], JointContext()),
    "5 wound": ([on(80, 1, T.WOUND)], OPERATED),
    "6 sudden": ([*CALM, on(42, 9), on(43, 8)], JointContext()),
    "7 step": ([*CALM, *daily([5, 4, 5, 5, 4, 5, 5, 6, 5, 5], first=42)], JointContext()),
    "7 large step": ([*CALM, *daily([6] * 8, first=42)], JointContext()),
    "7 after an operation": (daily([3] * 14 + [6] * 10), OPERATED),
    "8 silent": ([*SILENT, on(42, 2), on(50, 4)], JointContext()),
    "9 new joint": ([on(0, 3), on(9, 3)], NO_LESION),
    "10 nights": ([*CALM, *daily([2, 2, 2], T.AT_NIGHT, first=42)], JointContext()),
    "11 locking": ([*CALM, *daily([2, 2], T.LOCKING, first=42)], JointContext()),
    "12 aid": ([*(on(d, 2, aid=0) for d in range(30)), on(30, 2, aid=1), on(33, 2, aid=2)], JointContext()),
    "12 distance": ([*(on(d, 2, distance=1) for d in range(30)), on(30, 2, distance=3), on(33, 2, distance=2)],
                    JointContext()),
    "13 slow rise": (RISE, JointContext()),
    "14 score": ([on(41, 2)], SCORED),
    "15 level": (daily([8, 7, 8, 7]), JointContext()),
    "17 image": ([on(31, 2)], IMAGED),
    "18 steroids": ([on(6, 2)], STEROIDS),
    "19 thigh": ([on(0, 2, T.THIGH_PAIN)], ALENDRONATE),
    "19 jaw": ([on(0, 2, T.JAW)], ALENDRONATE),
    "20 review": ([on(0, 2, T.WANTS_REVIEW)], JointContext()),
}  # fmt: skip

# Sentence, day, days of its entries, usual level, days that rests on, recent level, thresholds, what clears it.
TOLD: dict[str, tuple[object, ...]] = {
    "1 cannot bear weight": (
        "On 5 January this leg could not bear weight.",
        "2026-01-05",
        "0",
        None,
        0,
        None,
        "weight_bearing_clear_days=14",
        "A clinician reviews it.",
    ),
    "2 injury": (
        "On 5 January there was a fall or an injury, with pain of 7 or a leg that could not bear weight.",
        "2026-01-05",
        "0",
        None,
        0,
        None,
        "injury_nrs=7",
        "A clinician reviews it.",
    ),
    "3 fever": (
        "On 5 January there was fever or feeling unwell, with pain of 4 in this joint.",
        "2026-01-05",
        "0",
        4.0,
        1,
        None,
        "fever_nrs=4 fever_rise=2",
        "A clinician reviews it.",
    ),
    "3 fever, hot joint": (
        "On 5 January there was fever or feeling unwell, with a hot or swollen joint.",
        "2026-01-05",
        "0",
        0.0,
        1,
        None,
        "fever_nrs=4 fever_rise=2",
        "A clinician reviews it.",
    ),
    "4 clot": (
        "On 5 January there was a swollen calf or thigh, chest pain or breathlessness.",
        "2026-01-05",
        "0",
        None,
        0,
        None,
        "",
        "A clinician reviews it.",
    ),
    "5 wound": (
        "On 26 March the wound leaked, opened or got red, 80 days after the operation.",
        "2026-03-26",
        "80",
        None,
        0,
        None,
        "wound_days=90",
        "A clinician reviews it.",
    ),
    "6 sudden": (
        "Usual pain in this joint is about 2. Since 16 February it has been 8 to 9 on 2 days.",
        "2026-02-17",
        "42 43",
        2.1,
        44,
        2.0,
        "sudden_days=2 sudden_hours=72 sudden_nrs=7 sudden_rise=4 sudden_spreads=5.0",
        "Pain within 1 of usual for 7 days, or a clinician reviews it.",
    ),
    "7 step": (
        "Usual pain in this joint is about 2. Since 16 February it has been 4 to 6 on 9 days, and the "
        "last entry (5) is still up.",
        "2026-02-24",
        "42 43 44 45 46 47 48 49 50",
        2.2,
        46,
        5.0,
        "large_step=3 slow_rise=2 slow_rise_weeks=8 small_step=2 still_up=1 usual_entries=5",
        "Pain within 1 of usual for 7 days, or a clinician reviews it.",
    ),
    "7 large step": (
        "Usual pain in this joint is about 2. Since 16 February it has been 6 on 7 days, and the last "
        "entry is still up.",
        "2026-02-22",
        "42 43 44 45 46 47 48",
        2.2,
        46,
        6.0,
        "large_step=3 slow_rise=2 slow_rise_weeks=8 small_step=2 still_up=1 usual_entries=5",
        "Pain within 1 of usual for 7 days, or a clinician reviews it.",
    ),
    "7 after an operation": (
        "Pain was about 3 in the week before and is about 6 this week, after the operation.",
        "2026-01-22",
        "4 5 6 7 8 9 10 11 12 13 14 15 16 17",
        None,
        0,
        None,
        "healing_from_day=14 healing_rise=2",
        "A clinician reviews it.",
    ),
    "8 silent": (
        "This joint was without pain. Since 16 February it has been 2 to 4 on 2 days.",
        "2026-02-24",
        "42 50",
        0.1,
        44,
        None,
        "asymptomatic_nrs=3 asymptomatic_usual=1 silent_before=60 silent_days=2 silent_nrs=2 "
        "silent_usual=0.5 silent_window=14",
        "Pain within 1 of usual for 7 days, or a clinician reviews it.",
    ),
    "9 new joint": (
        "A joint without a known lesion has been at 3 on 2 days since 5 January.",
        "2026-01-14",
        "0 9",
        3.0,
        2,
        None,
        "asymptomatic_nrs=3 silent_days=2 silent_window=14",
        "Pain within 1 of usual for 7 days, or a clinician reviews it.",
    ),
    "10 nights": (
        "Pain at rest or at night on 3 days since 16 February, and none in the weeks before.",
        "2026-02-18",
        "42 43 44",
        None,
        0,
        None,
        "rest_clear=28 rest_clear_entries=3 rest_days=3 rest_window=14",
        "A clinician reviews it.",
    ),
    "11 locking": (
        "Locking, catching or giving way on 2 days since 16 February, and none in the weeks before.",
        "2026-02-17",
        "42 43",
        None,
        0,
        None,
        "mechanical_clear=60 mechanical_days=2 mechanical_window=14",
        "A clinician reviews it.",
    ),
    "12 aid": (
        "More walking aid than before: from level 0 to 2 since 4 February.",
        "2026-02-07",
        "30 33",
        None,
        0,
        None,
        "function_before=28 function_before_entries=3 function_gap=3 function_window=14",
        "A clinician reviews it.",
    ),
    "12 distance": (
        "Walks less far than before: from level 1 to 2 since 4 February.",
        "2026-02-07",
        "30 33",
        None,
        0,
        None,
        "function_before=28 function_before_entries=3 function_gap=3 function_window=14",
        "A clinician reviews it.",
    ),
    "13 slow rise": (
        "Usual pain in this joint was about 2. It has been rising slowly since about 22 March, and in "
        "the last two weeks it was 4 on 3 days.",
        "2026-04-29",
        "110 112 114",
        2.3,
        55,
        4.0,
        "large_step=3 slow_rise=2 slow_rise_weeks=8 small_step=2 still_up=1 usual_entries=5",
        "Pain within 1 of usual for 7 days, or a clinician reviews it.",
    ),
    "14 score": (
        "ohs went from 40 on 5 January to 30 on 14 February.",
        "2026-02-14",
        "",
        None,
        0,
        None,
        "ohs_amber=8 ohs_yellow=5",
        "A clinician reviews it.",
    ),
    "15 level": (
        "Pain has been about 7.5 over 14 days (4 entries).",
        "2026-01-08",
        "0 1 2 3",
        7.5,
        4,
        7.5,
        "level_entries=4 level_nrs=7 level_window=14",
        "A clinician reviews it.",
    ),
    "17 image": (
        "The image of 4 February shows what that of 5 January did not: crescent, subchondral_fracture, "
        "oedema, effusion, stage, depression_mm, volume_percent.",
        "2026-02-04",
        "",
        None,
        0,
        None,
        "depression_mm=1 volume_points=5",
        "A clinician reviews it.",
    ),
    "18 steroids": (
        "New steroid course on 10 January: 40 mg a day, 2.5 g in three months.",
        "2026-01-10",
        "",
        None,
        0,
        None,
        "steroid_mg_per_day=30 steroid_total_g=2",
        "A clinician reviews it.",
    ),
    "19 thigh": (
        "New thigh or groin ache on 5 January under alendronate.",
        "2026-01-05",
        "0",
        None,
        0,
        None,
        "",
        "A clinician reviews it.",
    ),
    "19 jaw": (
        "Jaw complaint or tooth extraction on 5 January under alendronate.",
        "2026-01-05",
        "0",
        None,
        0,
        None,
        "",
        "A clinician reviews it.",
    ),
    "20 review": (
        "On 5 January the patient asked for someone to look at this before the visit.",
        "2026-01-05",
        "0",
        None,
        0,
        None,
        "",
        "A clinician reviews it.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_a_rule_tells(name: str) -> None:
    entries, context = CASES[name]
    verdict = judge(
        entries, context, DEFAULT, now=max(entry.felt_at for entry in entries) + timedelta(minutes=1)
    ).verdict
    finding = verdict.findings[0]
    stored = finding.as_json()
    days = " ".join(entry["key"].removeprefix("day ") for entry in stored["entries"])
    thresholds = " ".join(
        f"{key}={value}" for key, value in sorted(stored["thresholds"].items()) if key != "evidence_needed"
    )
    assert (
        say(finding.why), stored["at"][:10], days, stored["usual"], stored["usual_days"], stored["recent"],
        thresholds, say(finding.clears),
    ) == TOLD[name]  # fmt: skip
    assert f"{stored['rule']} " in name[:3]
    assert json.loads(json.dumps(stored)) == stored
    assert (set(stored["why"]), set(stored["clears"])) == ({"code", "params"}, {"code", "params"})


# Rule, its name and version, kind, severity and the day it began; then the code of the sentence and its values.
STORED: dict[str, tuple[str, str]] = {
    "1 cannot bear weight": (
        "1 cannot bear weight 1 worsening red None",
        "cannot_bear_weight: on=2026-01-05",
    ),
    "2 injury": (
        "2 injury 1 worsening red None",
        "injury: on=2026-01-05 nrs=7",
    ),
    "3 fever": (
        "3 fever and joint 1 worsening red None",
        "fever: on=2026-01-05 nrs=4 risks=['steroids', 'diabetes']",
    ),
    "3 fever, hot joint": (
        "3 fever and joint 1 worsening red None",
        "fever_hot: on=2026-01-05 nrs=0 risks=[]",
    ),
    "4 clot": (
        "4 clot or chest 1 worsening red None",
        "clot: on=2026-01-05",
    ),
    "5 wound": (
        "5 wound 1 worsening red None",
        "wound: on=2026-03-26 days=80",
    ),
    "6 sudden": (
        "6 sudden severe 2 worsening red 2026-02-16",
        "sudden: usual=2 began_on=2026-02-16 low=8 high=9 days=2 last=8",
    ),
    "7 step": (
        "7 sustained rise 2 worsening amber 2026-02-16",
        "step: usual=2 began_on=2026-02-16 low=4 high=6 days=9 last=5",
    ),
    "7 large step": (
        "7 sustained rise 2 worsening amber 2026-02-16",
        "step: usual=2 began_on=2026-02-16 low=6 high=6 days=7 last=6",
    ),
    "7 after an operation": (
        "7 rise after operation 1 worsening amber None",
        "healing_rise: before=3.0 recent=6.0",
    ),
    "8 silent": (
        "8 silent joint speaks 2 worsening amber 2026-02-16",
        "silent: usual=0 began_on=2026-02-16 low=2 high=4 days=2 last=4",
    ),
    "9 new joint": (
        "9 new joint 1 worsening amber 2026-01-05",
        "new_joint: usual=3 began_on=2026-01-05 low=3 high=3 days=2 last=3",
    ),
    "10 nights": (
        "10 rest or night pain new 1 worsening amber None",
        "rest_or_night: days=3 began_on=2026-02-16",
    ),
    "11 locking": (
        "11 mechanical new 1 worsening amber None",
        "mechanical: days=2 began_on=2026-02-16",
    ),
    "12 aid": (
        "12 function step-down 1 worsening amber None",
        "aid_up: before=0 after=2 began_on=2026-02-04",
    ),
    "12 distance": (
        "12 function step-down 1 worsening amber None",
        "distance_down: before=1 after=2 began_on=2026-02-04",
    ),
    "13 slow rise": (
        "13 slow rise 2 worsening yellow 2026-03-22",
        "slow_rise: usual=2 began_on=2026-03-22 low=4 high=4 days=3 last=4",
    ),
    "14 score": (
        "14 score drop 1 worsening amber None",
        "score_drop: instrument=ohs before=40 before_on=2026-01-05 after=30 on=2026-02-14",
    ),
    "15 level": (
        "15 uncontrolled 1 level yellow None",
        "level: median=7.5 window=14 days=4",
    ),
    "17 image": (
        "17 imaging change 1 worsening amber None",
        "imaging: on=2026-02-04 before_on=2026-01-05 changes=crescent, subchondral_fracture, "
        "oedema, effusion, stage, depression_mm, volume_percent",
    ),
    "18 steroids": (
        "18 steroid re-exposure 1 worsening yellow None",
        "steroid: on=2026-01-10 mg=40 total=2.5",
    ),
    "19 thigh": (
        "19 bisphosphonate 1 worsening amber None",
        "thigh_on_bisphosphonate: on=2026-01-05 drug=alendronate",
    ),
    "19 jaw": (
        "19 bisphosphonate 1 worsening yellow None",
        "jaw_on_bisphosphonate: on=2026-01-05 drug=alendronate",
    ),
    "20 review": (
        "20 patient asks for review 1 worsening amber None",
        "wants_review: on=2026-01-05",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_stored_of_it(name: str) -> None:
    entries, context = CASES[name]
    now = max(entry.felt_at for entry in entries) + timedelta(minutes=1)
    stored = judge(entries, context, DEFAULT, now=now).verdict.findings[0].as_json()
    head = (stored[key] for key in ("rule", "name", "version", "kind", "severity", "began_on"))
    params = (f"{key}={value}" for key, value in stored["why"]["params"].items())
    assert (" ".join(map(str, head)), f"{stored['why']['code']}: {' '.join(params)}") == STORED[name]


def test_a_finding_is_stored_in_plain_values() -> None:
    entries, context = CASES["9 new joint"]
    [finding] = judge(entries, context, DEFAULT, now=at(9)).verdict.findings
    assert finding.as_json() == {
        "rule": 9,
        "name": "new joint",
        "version": 1,
        "kind": "worsening",
        "severity": "amber",
        "at": "2026-01-14T20:00:00+00:00",
        "why": {
            "code": "new_joint",
            "params": {"usual": 3, "began_on": "2026-01-05", "low": 3, "high": 3, "days": 2, "last": 3},
        },
        "clears": {"code": "down_a_week", "params": {"points": 1, "days": 7}},
        "thresholds": {"asymptomatic_nrs": 3, "silent_days": 2, "silent_window": 14},
        "usual": 3.0,
        "usual_days": 2,
        "recent": None,
        "began_on": "2026-01-05",
        "entries": [
            {"felt_at": "2026-01-05T20:00:00+00:00", "nrs": 3, "key": "day 0"},
            {"felt_at": "2026-01-14T20:00:00+00:00", "nrs": 3, "key": "day 9"},
        ],
    }
