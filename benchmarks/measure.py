"""What one measure says, and how two things are measured against each other."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from benchmarks.house import House


@dataclass(frozen=True)
class Measure:
    """Ours against the floor. `limit` is what the ratio may be at most (better: lower) or at least (higher)."""

    name: str
    unit: str
    ours: float
    floor: float
    limit: float
    better: Literal["lower", "higher"] = "lower"

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def ok(self) -> bool:
        return self.ratio <= self.limit if self.better == "lower" else self.ratio >= self.limit

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": round(self.ours, 3),
            "floor": round(self.floor, 3),
            "ratio": round(self.ratio, 3),
            "limit": self.limit,
            "better": self.better,
            "ok": self.ok,
        }


Request = Callable[[], object]


def milliseconds_of_cpu(house: House, request: Request, times: int) -> float:
    """Processor time of the web workers for one request, over so many."""
    before = house.cpu()
    for _ in range(times):
        request()
    return (house.cpu() - before) / times * 1000


def alternately(floor: Callable[[], float], ours: Callable[[], float], *, rounds: int) -> tuple[float, float]:
    """Medians of both over so many rounds, after one that does not count. The one that begins takes turns."""
    floor(), ours()
    both: list[tuple[float, float]] = []
    for n in range(rounds):
        if n % 2:
            both.append((floor(), ours()))
        else:
            mine = ours()
            both.append((floor(), mine))
    return median(f for f, _ in both), median(o for _, o in both)
