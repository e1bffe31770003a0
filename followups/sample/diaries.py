"""Made-up pain diaries: an own level, days like the day before, days without an entry, now and then a change."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Report:
    felt_at: datetime
    nrs: int
    on_weight: bool
    at_rest: bool
    at_night: bool


def diary(
    rng: Random, *, today: date, days: int, zone: ZoneInfo, rises_for: int = 0, silent: bool = False
) -> list[Report]:
    """`rises_for`: days since which the pain is three points higher; `silent`: a joint without pain until then."""
    level = 0.2 if silent else rng.choice((1.0, 2.0, 2.0, 3.0, 4.0, 5.0))
    spread, likeness, logs = rng.uniform(0.4, 1.2), rng.uniform(0.1, 0.5), rng.uniform(0.3, 0.9)
    noise, reports = 0.0, []
    for back in range(days, -1, -1):
        noise = likeness * noise + rng.gauss(0, spread) * (0.3 if silent else 1)
        if rng.random() > logs and not (back < 4 and rises_for):
            continue
        felt = level + noise + (3.4 if back < rises_for else 0)
        nrs = min(max(round(felt), 0), 10)
        at = datetime.combine(today - timedelta(days=back), time(rng.randint(7, 8), rng.randint(0, 59)), tzinfo=zone)
        reports.append(Report(at, nrs, nrs >= 2, nrs >= 5 and rng.random() < 0.5, nrs >= 6 and rng.random() < 0.4))
    return reports
