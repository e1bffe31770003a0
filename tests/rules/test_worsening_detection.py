"""A small look at detection quality, so that a slip shows before `benchmarks/detection.py` is run in full.

The bounds are loose: a few dozen made-up people tell a figure to about five points.
"""

from __future__ import annotations

import pytest

from benchmarks.detection import IN_TIME, days_of, ours, seen
from benchmarks.diaries import USUAL, people
from clinical.worsening import Policy

PEOPLE = 40


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("step 2", 80, 100), ("step 3", 80, 100), ("ramp", 70, 100), ("silent", 90, 100), ("flare", 0, 25)],
)
def test_changes_are_seen_in_time_and_most_flares_let_be(kind: str, least: float, most: float) -> None:
    diaries = list(people(7, USUAL, kind, PEOPLE))
    assert least <= seen([days_of(flags) for flags in ours(diaries)], diaries, IN_TIME[kind]) <= most


def test_a_stable_year_is_mostly_quiet() -> None:
    diaries = list(people(7, USUAL, "stable", 2 * PEOPLE))
    assert sum(map(len, ours(diaries))) / len(diaries) <= 0.9


def test_a_clinic_that_asks_for_more_evidence_gets_fewer_flags() -> None:
    diaries = list(people(7, USUAL, "stable", PEOPLE))
    strict, loose = (sum(map(len, ours(diaries, Policy(evidence_needed=e)))) for e in (9.0, 3.0))
    assert strict < loose
