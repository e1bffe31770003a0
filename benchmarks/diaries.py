"""Made-up pain diaries that behave like real ones. Nobody's data.

How daily ratings behave was taken from three published trials (212 people, 25,394 ratings):
the day-to-day SD differs between people from 0.5 to 2.3 (median 1.1), the lag-1 correlation
from -0.1 to 0.95 (median 0.2 in chronic pain, 0.5 in subacute), tails are fat, a quarter of the
days equal the day before, levels go up to 8, two ratings of one day are 2 points apart on 28 %
of such days, 7-60 % of days are missing, and now and then there is a spike of a day or two.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
KINDS = ("step 2", "step 3", "ramp", "silent", "flare", "stable")
RAMP_DAYS = 56
FLARE_DAYS = 3
FLARE_POINTS = 3.0
SILENT_POINTS = 3.0


@dataclass(frozen=True)
class World:
    """How people are made. The first is the usual one, the others ask what breaks."""

    name: str
    repeat: float = 0.0  # added to the days that are equal by chance
    spikes_per_year: float = 4.0
    weekly: float = 0.0  # +- points over the week
    drift_per_year: float = 0.0
    wander: float = 0.0  # SD of the level's step from day to day
    even: float = 0.0  # share of entries that land on even numbers
    sd: float | None = None
    correlation: float | None = None


USUAL = World("usual")
OTHER_WORLDS = (
    World("weekly rhythm of +-1", weekly=1.0),
    World("drift of 1 point a year", drift_per_year=1.0),
    World("level wanders 0.05 a day", wander=0.05),
    World("half the entries on even numbers", even=0.5),
    World("60 % of days equal to the day before", repeat=0.40),
    World("spikes three times as often", spikes_per_year=12.0),
)
HARD_WORLDS = (
    World("correlation 0.9", correlation=0.9),
    World("SD 2.5", sd=2.5),
)


@dataclass(frozen=True)
class Person:
    level: float
    sd: float
    correlation: float
    logs: float  # probability of an entry on a day
    twice: float  # probability of a second entry on such a day


@dataclass(frozen=True)
class Diary:
    person: Person
    kind: str
    onset_on: int | None  # day number; None where nothing happens
    entries: tuple[tuple[datetime, int], ...]


def person(rng: Random, world: World) -> Person:
    chronic = rng.random() < 0.5
    correlation = rng.gauss(0.2, 0.2) if chronic else rng.gauss(0.5, 0.25)
    return Person(
        level=rng.uniform(1.0, 7.0) if rng.random() < 0.9 else rng.uniform(7.0, 8.0),
        sd=world.sd or min(2.3, max(0.5, 1.1 * math.exp(rng.gauss(0.0, 0.4)))),
        correlation=world.correlation or min(0.95, max(-0.1, correlation)),
        logs=1.0 - rng.uniform(0.07, 0.60),
        twice=rng.uniform(0.0, 0.4) if rng.random() < 0.3 else 0.0,
    )


def _shift(kind: str, since: int) -> float:
    """How far the level is moved `since` days after the onset."""
    if since < 0 or kind == "stable":
        return 0.0
    if kind == "step 2":
        return 2.0
    if kind == "step 3":
        return 3.0
    if kind == "ramp":
        return 2.0 * min(1.0, since / RAMP_DAYS)
    if kind == "silent":
        return SILENT_POINTS
    return FLARE_POINTS if since < FLARE_DAYS else 0.0


def _fat(rng: Random) -> float:
    """Student's t with 5 degrees of freedom, scaled to variance 1."""
    return rng.gauss(0.0, 1.0) / math.sqrt(rng.gammavariate(2.5, 2.0) / 5.0) * math.sqrt(3.0 / 5.0)


def _level(rng: Random, someone: Person, kind: str) -> float:
    """Where the change has room on the scale; a silent joint has none."""
    if kind == "silent":
        return -1.0
    return min(someone.level, 10.0 - _shift(kind, RAMP_DAYS if kind == "ramp" else 0))


def diary(rng: Random, world: World, kind: str, *, days: int = 365) -> Diary:
    someone = person(rng, world)
    onset = None if kind == "stable" else rng.randint(30, 330)
    level = _level(rng, someone, kind)
    memory = someone.correlation
    innovation = someone.sd * math.sqrt(1.0 - memory * memory)
    noise = rng.gauss(0.0, someone.sd)
    phase = rng.randrange(7)
    spike = 0.0
    spike_left = 0
    wandered = 0.0
    before: int | None = None
    entries: list[tuple[datetime, int]] = []
    for day in range(max(days, (onset or 0) + 125)):
        noise = memory * noise + innovation * _fat(rng)
        wandered += rng.gauss(0.0, world.wander) if world.wander else 0.0
        if spike_left:
            spike_left -= 1
        else:
            spike = 0.0
            if rng.random() < world.spikes_per_year / 365.0:
                spike, spike_left = rng.uniform(2.0, 5.0), rng.randint(0, 1)
        if rng.random() >= someone.logs:
            continue
        shift = 0.0 if onset is None else _shift(kind, day - onset)
        quiet = kind == "silent" and (onset is None or day < onset)
        if quiet:
            value = 0.4 * noise - 0.3
        else:
            base = 0.0 if kind == "silent" else level + wandered
            value = base + shift + noise + spike
            value += world.drift_per_year * day / 365.0
            value += world.weekly * math.sin(2.0 * math.pi * (day + phase) / 7.0)
        score = _score(rng, world, value)
        if before is not None and rng.random() < world.repeat and not _new_today(kind, onset, day):
            score = before
        at = BEGIN + timedelta(days=day, hours=20, minutes=rng.randrange(60))
        if rng.random() < someone.twice:
            apart = 0 if quiet else rng.choice((-2, 2)) if rng.random() < 0.28 else rng.choice((-1, 0, 1))
            entries.append((at - timedelta(hours=10), min(10, max(0, score + apart))))
        entries.append((at, score))
        before = score
    return Diary(someone, kind, onset, tuple(entries))


def _new_today(kind: str, onset: int | None, day: int) -> bool:
    return onset is not None and kind != "ramp" and 0 <= day - onset <= FLARE_DAYS


def _score(rng: Random, world: World, value: float) -> int:
    if world.even and rng.random() < world.even:
        return min(10, max(0, 2 * round(value / 2.0)))
    return min(10, max(0, round(value)))


def people(seed: int, world: World, kind: str, number: int) -> Iterator[Diary]:
    """`number` diaries; the same seed gives the same people."""
    for index in range(number):
        yield diary(Random(f"{seed}/{world.name}/{kind}/{index}"), world, kind)
