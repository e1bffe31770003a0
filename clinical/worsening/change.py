"""Has the level of this diary changed? The best story with a change against the best one without.

From the person's own diary four things are learnt, slowly, each day counting only so much: the
*usual* level, the *spread* of ordinary days around it, the *memory* (how much a day resembles the one
before), and how many days this rests on. Then stories are told, and scored by how well they foresaw
the entries:

- *as usual*, or *as usual with a flare*: up for at most three days;
- *small step* and *large step*: since some day it has been 2, or 3, points higher;
- *slow rise*: since some week it has been rising, by 2 points in 8 weeks.

For every story with a change, all days on which it could have begun are weighed together, and the
one that tells it best is shown. `evidence` is by how much the stories with a change, taken together,
beat the best one without (log of odds), less where the usual level is young; one day can add only so
much. `needed` is what is asked of this person: more where diaries
are calm, less where they are noisy, so that 2 points are seen in both.

Sums are carried from day to day, so a day costs the same in the first week and in the tenth year.
"""

from __future__ import annotations

from enum import IntEnum
from math import exp, log, sqrt
from typing import NamedTuple

from clinical.worsening.policy import Policy

NEVER = -1e9  # the score of a story that has not begun
ROUNDING = 0.08  # variance of rounding to whole numbers, 1/12
TAIL = 5.0  # degrees of freedom of Student's t: real diaries have fat tails
HALF = -(TAIL + 1.0) / 2.0
FORGETS = 1.0 - 1.0 / 150.0  # spread and memory forget over about 150 days
FIRST_DAY = 1.0  # what it costs a story to begin on just this day
NEIGHBOURS = 2  # days further apart than this do not teach memory
MEMORY_MOST = 0.9
CLIP = 3.0  # spreads: no day counts as further out than this for spread and memory
LATE_WEEKS = 2  # what only shows in the last two weeks is no slow rise
WEEKS_LEAST = 4  # a slow rise shows over at least so many weeks with entries


class Shape(IntEnum):
    NONE = 0
    SMALL_STEP = 1
    LARGE_STEP = 2
    SLOW_RISE = 3


class Person(NamedTuple):
    """What was learnt of one person and joint."""

    usual: float
    weight: float  # days the usual level rests on
    spread_sum: float
    spread_days: float
    lag_sum: float
    lag_days: float
    old_usual: float = 0.0  # before the last review
    old_weight: float = 0.0  # 0: none is remembered
    back: float = 0.0  # by how much the old level has told the days since better


class Step(NamedTuple):
    """A story: since `began`, told by `days` days, it has been higher. `score` is against no change."""

    score: float = NEVER
    began: int = 0
    days: int = 0


class Week(NamedTuple):
    number: int
    days: int
    total: float
    usual: float  # as it was when the week began
    weight: float


class Standing(NamedTuple):
    """Where a diary stands after a day."""

    day: int
    person: Person
    above: float = 0.0  # the day's distance from usual, clipped
    calm: float = 0.0
    flare: float = NEVER
    flare_began: int = 0
    small: Step = Step()
    large: Step = Step()
    weeks: tuple[Week, ...] = ()
    evidence: float = NEVER
    needed: float = 0.0
    shape: Shape = Shape.NONE
    began: int = 0

    @property
    def usual(self) -> float:
        return self.person.usual

    @property
    def weight(self) -> float:
        return self.person.weight

    @property
    def spread(self) -> float:
        return sqrt(self.person.spread_sum / self.person.spread_days)


class Foresight(NamedTuple):
    """How surprising a day is if all is as usual."""

    surprise: float  # points above what the days before let expect
    kept: float  # how much of the day before is still in this one
    scale: float
    as_usual: float  # score
    most: float  # what any story of a change may score


def begin(day: int, usual: float, policy: Policy, *, weight: float = 1.0) -> Standing:
    """A first day, or a level known from elsewhere."""
    spread_days, lag_days = float(policy.spread_weight), float(policy.memory_weight)
    spread_sum, lag_sum = spread_days * policy.spread_typical**2, lag_days * policy.memory_typical
    return Standing(day, Person(usual, weight, spread_sum, spread_days, lag_sum, lag_days))


def accept(standing: Standing, level: float, days: int, policy: Policy) -> Standing:
    """After a review: what pain has come to is usual now. The old level is remembered, in case pain goes back to it.

    `level` is the mean of so many `days`: the fewer, the more of it is chance, and the less of the rise is taken up.
    """
    person = standing.person
    rise = max(0.0, level - person.usual)
    person = person._replace(
        usual=person.usual + rise * days / (days + policy.review_doubt),
        weight=float(min(policy.reviewed_entries, max(3, days))),
        old_usual=person.usual,
        old_weight=person.weight,
        back=0.0,
    )
    return Standing(standing.day, person)


def keep(standing: Standing) -> Standing:
    """After a review that keeps the usual level: the stories of a change start again."""
    return Standing(standing.day, standing.person)


def advance(standing: Standing, day: int, value: float, policy: Policy, *, frozen: bool) -> Standing:
    """The next day with an entry. `frozen`: a flag is open, nothing is learnt."""
    person = standing.person
    variance = max(policy.spread_least**2, person.spread_sum / person.spread_days)
    spread = sqrt(variance)
    memory = min(MEMORY_MOST, max(0.0, person.lag_sum / person.lag_days))
    above = value - person.usual
    sight = _foresee(standing, day, above, variance, memory, policy)

    calm, flare, flare_began = _without_change(standing, day, sight, policy)
    no_change_before, no_change = max(standing.calm, standing.flare), max(calm, flare)
    small = _step(standing.small, day, policy.small_step, sight, no_change_before, no_change)
    large = _step(standing.large, day, policy.large_step, sight, no_change_before, no_change)

    doubt = policy.young_usual / person.weight
    evidence, shape, began = small.score / (1.0 + small.days * doubt), Shape.SMALL_STEP, small.began
    other = large.score / (1.0 + large.days * doubt) - policy.large_step_cost
    if other > evidence:
        shape, began = Shape.LARGE_STEP, large.began
    evidence = _either(evidence, other)
    needed = _needed(spread, memory, standing.weeks, policy)
    clip = policy.learning_clip * spread
    highest = person.usual + clip + policy.slow_rise
    weeks = _with(standing.weeks, day // 7, min(max(value, person.usual - clip), highest), person, policy)
    if above >= policy.still_up and len(weeks) >= WEEKS_LEAST:
        other, week, gradual = _slow_rise(weeks, variance + ROUNDING, memory, policy)
        other -= policy.slow_rise_cost
        if other > evidence and evidence < needed and gradual:  # where a step is told well enough, it is a step
            shape, began = Shape.SLOW_RISE, 7 * week
        evidence = _either(evidence, other)

    if person.old_weight:
        person = _weigh_old(person, sight, policy)
        if person.usual != standing.person.usual:
            return Standing(day, person, _clipped(value - person.usual, CLIP * spread), needed=needed, began=day)
    clipped = _clipped(above, CLIP * spread)
    if not frozen and evidence <= policy.doubt_stops_learning * needed:
        before = standing.above if day - standing.day <= NEIGHBOURS else None
        person = _taught(person, _clipped(above, clip), clipped, before, policy)
    return Standing(
        day, person, clipped, calm - no_change, flare - no_change if flare > NEVER else NEVER, flare_began,
        small, large, weeks, evidence, needed, shape, began,
    )  # fmt: skip


def _clipped(value: float, most: float) -> float:
    return most if value > most else -most if value < -most else value


def _score(miss: float, scale: float) -> float:
    """How well a story foresaw a day that missed its expectation by so many points; 0 is best."""
    return HALF * log(1.0 + miss * miss / scale)


def _foresee(standing: Standing, day: int, above: float, variance: float, memory: float, policy: Policy) -> Foresight:
    kept = memory ** (day - standing.day)
    surprise = above - kept * standing.above
    scale = TAIL * (variance * (1.0 - kept * kept) + ROUNDING)
    as_usual = _score(surprise, scale)
    return Foresight(surprise, kept, scale, as_usual, policy.entry_most)


def _without_change(standing: Standing, day: int, sight: Foresight, policy: Policy) -> tuple[float, float, int]:
    """The scores of *as usual* and of *in a flare*, and when that flare began."""
    surprise, kept, scale, as_usual, _ = sight
    points = policy.flare_points
    calm = standing.calm + as_usual
    starts = standing.calm - policy.flare_cost + _score(surprise - points, scale)
    if standing.flare <= NEVER:
        return calm, starts, day
    calm = max(calm, standing.flare + _score(surprise + kept * points, scale))
    if day - standing.flare_began >= policy.flare_days:
        return calm, starts, day
    goes_on = standing.flare + _score(surprise - points * (1.0 - kept), scale)
    return (calm, starts, day) if starts > goes_on else (calm, goes_on, standing.flare_began)


def _step(step: Step, day: int, points: float, sight: Foresight, no_change_before: float, no_change: float) -> Step:
    """The story that it has been so many points higher: it goes on, or it is better told as beginning today."""
    surprise, kept, scale, as_usual, most = sight
    starts = no_change_before + as_usual + _clipped(_score(surprise - points, scale) - as_usual, most)
    goes_on = step.score + as_usual + _clipped(_score(surprise - points * (1.0 - kept), scale) - as_usual, most)
    starts -= FIRST_DAY
    total = _either(starts, goes_on) - no_change
    return Step(total, day, 1) if starts >= goes_on else Step(total, step.began, step.days + 1)


def _either(one: float, other: float) -> float:
    """The score of two stories taken together (log of the sum of odds)."""
    return max(one, other) + log(1.0 + exp(-abs(one - other)))


def _needed(spread: float, memory: float, weeks: tuple[Week, ...], policy: Policy) -> float:
    """The evidence asked of this person: less where it is hard to come by in time."""
    noise = spread * sqrt((1.0 + memory) / (1.0 - memory))
    share = min(policy.calm_most, max(policy.noisy_least, policy.noise_typical / noise))
    if len(weeks) >= WEEKS_LEAST:
        days = 0
        for week in weeks:
            days += week[1]
        logged = days / (7.0 * (weeks[-1].number - weeks[0].number + 1))
        share *= min(policy.dense_most, max(policy.sparse_least, sqrt(logged / policy.logged_typical)))
    return policy.evidence_needed * share


def _with(weeks: tuple[Week, ...], number: int, value: float, person: Person, policy: Policy) -> tuple[Week, ...]:
    if weeks and weeks[-1].number == number:
        last = weeks[-1]
        return (*weeks[:-1], Week(number, last.days + 1, last.total + value, last.usual, last.weight))
    return (*weeks[-policy.slow_rise_weeks - 3 :], Week(number, 1, value, person.usual, person.weight))


def _slow_rise(weeks: tuple[Week, ...], variance: float, memory: float, policy: Policy) -> tuple[float, int, bool]:
    """The best evidence for a rise that began in one of these weeks, that week, and whether it showed early."""
    apart = 7.0 * (weeks[-1].number - weeks[0].number + 1) / sum(week.days for week in weeks)
    kept = memory ** max(1.0, apart)
    variance *= (1.0 + kept) / (1.0 - kept)  # days that resemble each other tell less
    most = policy.slow_rise
    slope = most / policy.slow_rise_weeks
    best, best_week, best_early = NEVER, weeks[0].number, 0.0
    for first in range(len(weeks) - WEEKS_LEAST + 1):
        began, _, _, usual, weight = weeks[first]
        gain = early = 0.0
        told = 0
        for number, days, total, _, _ in weeks[first:]:
            expected = slope * (number - began + 0.5)
            if expected > most:
                expected = most
            gain += expected * (total - days * (usual + expected / 2.0))
            told += days
            if number <= weeks[-1].number - LATE_WEEKS:
                early = gain
        evidence = gain / variance / (1.0 + policy.young_usual * told / weight)
        if evidence > best:
            best, best_week, best_early = evidence, began, early
    return best, best_week, best_early > 0.0


def _weigh_old(person: Person, sight: Foresight, policy: Policy) -> Person:
    """Since a review: does the level from before it tell the days better after all?"""
    miss = sight.surprise + (person.usual - person.old_usual) * (1.0 - sight.kept)
    back = person.back + _clipped(_score(miss, sight.scale) - sight.as_usual, sight.most)
    if back >= policy.back_to_old:
        return person._replace(usual=person.old_usual, weight=person.old_weight, old_weight=0.0)
    return person._replace(back=back, old_weight=0.0 if back <= -policy.forget_old else person.old_weight)


def _taught(person: Person, step: float, above: float, before: float | None, policy: Policy) -> Person:
    """What one more ordinary day teaches. `before`: the day before it, where near enough to compare."""
    weight = min(policy.usual_memory, person.weight + 1.0)
    lag_sum, lag_days = person.lag_sum, person.lag_days
    if before is not None:
        lag_sum = lag_sum * FORGETS + above * before
        lag_days = lag_days * FORGETS + (above * above + before * before) / 2.0
    return Person(
        person.usual + step / weight, weight,
        person.spread_sum * FORGETS + above * above, person.spread_days * FORGETS + 1.0,
        lag_sum, lag_days, person.old_usual, person.old_weight, person.back,
    )  # fmt: skip


def enough(standing: Standing, value: float, policy: Policy) -> bool:
    """The verdict of rules 7 and 13: enough evidence, on a usual level that is known, and still up."""
    return (
        standing.evidence >= standing.needed
        and standing.weight >= policy.usual_entries
        and value - standing.usual >= policy.still_up
    )
