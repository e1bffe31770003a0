"""Pages against their floors: processor time of the web workers for one request."""

from collections.abc import Callable, Iterator
from itertools import count
from uuid import uuid4

from benchmarks.house import House, house
from benchmarks.measure import Measure, Request, alternately, milliseconds_of_cpu

FOLLOW_UPS = 133_333  # of 100,000 patients
ROUNDS, BATCH = 10, 40
MEMORY_MB = 110.0


def measures() -> Iterator[Measure]:
    """All pages on one server; its memory last, when it has answered some thousand requests."""
    with house(FOLLOW_UPS) as home:
        yield worklist(home)
        if home.answers(f"/clinic/patients/{home.known['detailed']}/"):
            yield patient_page(home)
        yield pain_log(home)
        yield Measure("memory of a web worker", "MB PSS", home.memory(), MEMORY_MB, 1.0)


def worklist(home: House) -> Measure:
    return _against(home, "worklist", _page(home, "/floor/worklist/"), _page(home, "/clinic/"), limit=2.0)


def patient_page(home: House) -> Measure:
    who = home.known["detailed"]
    floor, ours = _page(home, f"/floor/patients/{who}/"), _page(home, f"/clinic/patients/{who}/")
    return _against(home, "patient page", floor, ours, limit=2.5)


def pain_log(home: House) -> Measure:
    """Many patients in turn: nobody may report more than 20 times a minute."""
    turn, patients = count(), home.known["patients"]

    def floor() -> object:
        who = patients[next(turn) % len(patients)]
        return home.post("/floor/log/", {"joint": who["joint"], "nrs": 4, "note": ""}, session=who["session"])

    def ours() -> object:
        who = patients[next(turn) % len(patients)]
        form = {"client_id": uuid4(), "joint": "hip-left", "nrs": 4, "note": ""}
        return home.post("/me/log/", form, session=who["session"])

    return _against(home, "pain log", floor, ours, limit=1.6)


def _page(home: House, path: str) -> Request:
    return lambda: home.get(path, session=home.known["staff"])


def _against(home: House, name: str, floor: Request, ours: Request, *, limit: float) -> Measure:
    def cost(request: Request) -> Callable[[], float]:
        return lambda: milliseconds_of_cpu(home, request, BATCH)

    floor_ms, ours_ms = alternately(cost(floor), cost(ours), rounds=ROUNDS)
    return Measure(name, "ms CPU of the web workers", ours_ms, floor_ms, limit)
