"""Has the level of this diary changed? The best story with a change against the best one without.

Each day with an entry, four things are told from the person's own past: the *usual* level (learnt
slowly, each day clipped), the *spread* around it, how much a day resembles the one before
(*memory*), and how young this knowledge is. Then stories are weighed by how well they foresaw the
entries:

- *calm*: pain goes on around the usual level;
- *flare*: it was up for at most three days and is back, or still within them;
- *small step* and *large step*: since some day it has been 2, or 3, points higher;
- *slow rise*: since some week it has been rising, by 2 points in 8 weeks.

For every story with a change the day it began is the one that tells it best. `evidence` is by how
much the best of them beats the best of calm and flare (in natural log of odds), less where the
usual level is young; a single entry can add only so much. Rules 7 and 13 ask whether it is enough
and the newest entry is still up. Sums are carried from day to day, so a day costs the same in the
first week and in the tenth year.
"""

from __future__ import annotations

from enum import IntEnum
from math import log, sqrt
from typing import NamedTuple

from clinical.worsening.policy import Policy

NEVER = -1e9  # the score of a story that has not begun
ROUNDING = 0.08  # variance of rounding to whole numbers, 1/12
TAIL = 5.0  # degrees of freedom of Student's t: real diaries have fat tails
SPREAD_DAYS = 150.0  # spread and memory forget over about so many days
GAP_DAYS = 2  # neighbours further apart than this do not teach memory
MEMORY_MOST = 0.9
WEEKS_LEAST = 4  # a slow rise shows over at least so many weeks with entries


class Shape(IntEnum):
    NONE = 0
    SMALL_STEP = 1
    LARGE_STEP = 2
    SLOW_RISE = 3


class Week(NamedTuple):
    number: int
    days: int
    total: float
    usual: float  # as it was when the week began
    weight: float


class Standing(NamedTuple):
    """Where a diary stands after a day."""

    day: int
    usual: float
    weight: float  # days the usual level rests on
    spread_sum: float
    spread_days: float
    lag_sum: float
    lag_days: float
    residual: float  # the day's distance from usual, clipped
    calm: float
    flare: float
    flare_began: int
    small: float
    small_began: int
    small_days: int
    large: float
    large_began: int
    large_days: int
    weeks: tuple[Week, ...]
    evidence: float
    shape: Shape
    began: int

    @property
    def spread(self) -> float:
        return sqrt(self.spread_sum / self.spread_days)


def begin(day: int, usual: float, policy: Policy, *, weight: float = 1.0) -> Standing:
    """A first day, or a level accepted as the usual one from `day` on."""
    return Standing(
        day, usual, weight,
        policy.spread_weight * policy.spread_typical**2, policy.spread_weight,
        policy.memory_weight * policy.memory_typical, policy.memory_weight,
        0.0, 0.0, NEVER, 0, NEVER, 0, 0, NEVER, 0, 0, (), NEVER, Shape.NONE, day,
    )  # fmt: skip


def accept(standing: Standing, level: float, days: int, policy: Policy) -> Standing:
    """After a review: what pain has come to is the usual level now. What was learnt of the person stays."""
    return silence_stories(standing)._replace(
        usual=max(level, standing.usual), weight=float(min(policy.reviewed_entries, max(3, days)))
    )


def silence_stories(standing: Standing) -> Standing:
    """No story of a change has begun."""
    return standing._replace(
        residual=0.0, calm=0.0, flare=NEVER, small=NEVER, large=NEVER, weeks=(), evidence=NEVER, shape=Shape.NONE
    )


def advance(standing: Standing, day: int, value: float, policy: Policy, *, frozen: bool) -> Standing:
    """The next day with an entry. `frozen`: a flag is open, nothing is learnt."""
    (
        last_day, usual, weight, spread_sum, spread_days, lag_sum, lag_days, before, calm, flare, flare_began,
        small, small_began, small_days, large, large_began, large_days, weeks, evidence, shape, began,
    ) = standing  # fmt: skip
    apart = day - last_day
    variance = max(policy.spread_least**2, spread_sum / spread_days)
    spread = sqrt(variance)
    memory = min(MEMORY_MOST, max(0.0, lag_sum / lag_days))
    kept = memory**apart
    fresh = 1.0 - kept
    scale = TAIL * (variance * (1.0 - kept * kept) + ROUNDING)
    above = value - usual
    surprise = above - kept * before
    half = -(TAIL + 1.0) / 2.0

    as_usual = half * log(1.0 + surprise * surprise / scale)
    most, least = as_usual + policy.entry_most, as_usual - policy.entry_most
    points = policy.flare_points
    miss = surprise - points
    flare_starts = calm - policy.flare_cost + half * log(1.0 + miss * miss / scale)
    flare_goes_on = NEVER
    flare_over = NEVER
    if flare > NEVER:
        miss = surprise + kept * points
        flare_over = flare + half * log(1.0 + miss * miss / scale)
        if day - flare_began < policy.flare_days:
            miss = surprise - points * fresh
            flare_goes_on = flare + half * log(1.0 + miss * miss / scale)
    no_change_before = max(calm, flare)
    calm = max(calm + as_usual, flare_over)
    if flare_starts > flare_goes_on:
        flare, flare_began = flare_starts, day
    else:
        flare = flare_goes_on
    no_change = max(calm, flare)

    points = policy.small_step
    miss = surprise - points
    starts = no_change_before + min(most, max(least, half * log(1.0 + miss * miss / scale)))
    miss = surprise - points * fresh
    goes_on = small + min(most, max(least, half * log(1.0 + miss * miss / scale)))
    if starts >= goes_on:
        small, small_began, small_days = starts - no_change, day, 1
    else:
        small, small_days = goes_on - no_change, small_days + 1
    points = policy.large_step
    miss = surprise - points
    starts = no_change_before + min(most, max(least, half * log(1.0 + miss * miss / scale)))
    miss = surprise - points * fresh
    goes_on = large + min(most, max(least, half * log(1.0 + miss * miss / scale)))
    if starts >= goes_on:
        large, large_began, large_days = starts - no_change, day, 1
    else:
        large, large_days = goes_on - no_change, large_days + 1
    calm -= no_change
    flare = flare - no_change if flare > NEVER else NEVER

    doubt = policy.young_usual / weight
    evidence, shape, began = small / (1.0 + small_days * doubt), Shape.SMALL_STEP, small_began
    other = large / (1.0 + large_days * doubt)
    if other > evidence:
        evidence, shape, began = other, Shape.LARGE_STEP, large_began
    clip = policy.learning_clip * spread
    weeks = _with(
        weeks, day // 7, min(max(value, usual - clip), usual + clip + policy.slow_rise), usual, weight, policy
    )
    if above >= policy.still_up and len(weeks) >= WEEKS_LEAST:
        other, week = _slow_rise(weeks, (variance + ROUNDING) * (1.0 + memory) / (1.0 - memory), policy)
        if other > evidence:
            evidence, shape, began = other, Shape.SLOW_RISE, week * 7

    residual = max(-3.0 * spread, min(3.0 * spread, above))
    if not frozen and evidence <= policy.doubt_stops_learning * policy.evidence_needed:
        weight = min(policy.usual_memory, weight + 1.0)
        usual += max(-clip, min(clip, above)) / weight
        keep = 1.0 - 1.0 / SPREAD_DAYS
        spread_sum = spread_sum * keep + residual * residual
        spread_days = spread_days * keep + 1.0
        if apart <= GAP_DAYS:
            lag_sum = lag_sum * keep + residual * before
            lag_days = lag_days * keep + (residual * residual + before * before) / 2.0
    return Standing(
        day, usual, weight, spread_sum, spread_days, lag_sum, lag_days, residual, calm, flare, flare_began,
        small, small_began, small_days, large, large_began, large_days, weeks, evidence, shape, began,
    )  # fmt: skip


def _with(
    weeks: tuple[Week, ...], number: int, value: float, usual: float, weight: float, policy: Policy
) -> tuple[Week, ...]:
    if weeks and weeks[-1].number == number:
        last = weeks[-1]
        return (*weeks[:-1], Week(number, last.days + 1, last.total + value, last.usual, last.weight))
    return (*weeks[-policy.slow_rise_weeks - 3 :], Week(number, 1, value, usual, weight))


def _slow_rise(weeks: tuple[Week, ...], variance: float, policy: Policy) -> tuple[float, int]:
    """The best evidence for a rise that began in one of these weeks, and that week."""
    best, best_week = NEVER, weeks[0].number
    slope = policy.slow_rise / policy.slow_rise_weeks
    for first in range(len(weeks) - WEEKS_LEAST + 1):
        number, _, _, usual, weight = weeks[first]
        gain = 0.0
        days = 0
        for week in weeks[first:]:
            expected = min(policy.slow_rise, slope * (week[0] - number + 0.5))
            gain += expected * (week[2] - week[1] * (usual + expected / 2.0))
            days += week[1]
        evidence = gain / variance / (1.0 + policy.young_usual * days / weight)
        if evidence > best:
            best, best_week = evidence, number
    return best, best_week


def enough(standing: Standing, value: float, policy: Policy) -> bool:
    """The verdict of rules 7 and 13: enough evidence, on a usual level that is known, and still up."""
    return (
        standing.evidence >= policy.evidence_needed
        and standing.weight >= policy.usual_entries
        and value - standing.usual >= policy.still_up
    )
