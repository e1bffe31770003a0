"""What grows with the number of follow-ups, and must not: the pages, and a sweep that finds nothing to do."""

from collections.abc import Callable, Iterator
from time import perf_counter

from benchmarks.house import House, house
from benchmarks.measure import Measure, Request, alternately, milliseconds_of_cpu

FEW, SHORT, FULL = 10_000, 200_000, 1_000_000
PAGES = {
    "worklist": "/clinic/",
    "worklist, one section": "/clinic/?section=overdue",
    "worklist, mine": "/clinic/?whose=mine",
    "flags": "/clinic/flags/",
    "patients": "/clinic/patients/",
    "a patient": "/clinic/patients/{detailed}/",
    "dashboard": "/clinic/dashboard/",
}
ROUNDS, BATCH = 6, 20
PAGE_LIMIT, SWEEP_LIMIT = 1.2, 2.0


def measures(many: int) -> Iterator[Measure]:
    with house(FEW) as small, house(many) as large:
        for name, path in PAGES.items():
            if small.answers(path.format(**small.known)):
                yield from _page(name, path, small, large)
        yield _sweep(small, large)


def _ask(home: House, path: str) -> Request:
    return lambda: home.get(path.format(**home.known), session=home.known["staff"])


def _page(name: str, path: str, small: House, large: House) -> Iterator[Measure]:
    """Twice: what the web worker needs, and what the person waits for, the database included."""

    def cpu(home: House) -> Callable[[], float]:
        return lambda: milliseconds_of_cpu(home, _ask(home, path), BATCH)

    def wait(home: House) -> Callable[[], float]:
        return lambda: _milliseconds(_ask(home, path), BATCH)

    for unit, cost in (("ms CPU of the web workers", cpu), ("ms until answered", wait)):
        few, many = alternately(cost(small), cost(large), rounds=ROUNDS)
        yield Measure(f"growth: {name}", unit, many, few, PAGE_LIMIT)


def _sweep(small: House, large: House) -> Measure:
    """A tick when nothing is due, timed inside the process: starting Python is not the sweep."""

    def idle(home: House) -> Callable[[], float]:
        return lambda: float(home.manage("idle_sweep"))

    few, many = alternately(idle(small), idle(large), rounds=3)
    return Measure("growth: idle sweep", "ms", many, few, SWEEP_LIMIT)


def _milliseconds(request: Request, times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        request()
    return (perf_counter() - began) / times * 1000
