"""Made-up pain diaries: an own level, days like the day before, days without an entry, now and then a change."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Report:
    felt_at: datetime
    nrs: int
    on_weight: bool
    at_rest: bool
    at_night: bool


NEVER = range(0)


def diary(rng: Random, *, now: datetime, days: int, zone: ZoneInfo, worse: range = NEVER, level: float) -> list[Report]:
    """`worse`: the days back on which the pain is three points above its `level`. Nothing is from after `now`."""
    today = now.astimezone(zone).date()
    spread, likeness, logs = rng.uniform(0.4, 1.2), rng.uniform(0.1, 0.5), rng.uniform(0.3, 0.9)
    noise, reports = 0.0, []
    for back in range(days, -1, -1):
        noise = likeness * noise + rng.gauss(0, spread) * (0.3 if level < 1 else 1)
        if rng.random() > logs and back not in worse[:4]:
            continue
        felt = level + noise + (3.4 if back in worse else 0)
        nrs = min(max(round(felt), 0), 10)
        at = datetime.combine(today - timedelta(days=back), time(rng.randint(7, 8), rng.randint(0, 59)), tzinfo=zone)
        reports.append(Report(at, nrs, nrs >= 2, nrs >= 5 and rng.random() < 0.5, nrs >= 6 and rng.random() < 0.4))
    return [report for report in reports if report.felt_at <= now]
