"""The plans of made-up people: JSON text in, the answers of protocol.md section 9 out."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from clinical.protocol import DEFAULT_PROTOCOL, Protocol, plan
from clinical.reasons import Reason, english
from clinical.record_form import loads, person_from_json, plan_to_json


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing here has cycles, and a collector that looks at a file of people again and again takes half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def answers(text: str, *, protocol: Protocol = DEFAULT_PROTOCOL, say: Callable[[Reason], str] = english) -> Any:
    """The plan of the one person in the text, or the list of plans of a list. Raises RecordError, naming the place."""

    def answer(data: object, at: str = "") -> dict[str, Any]:
        person, as_of = person_from_json(data, at=at)
        return plan_to_json(plan(person, as_of=as_of, protocol=protocol), say=say)

    with _without_collector():
        data = loads(text)
        if isinstance(data, list):
            return [answer(item, f"[{i}]") for i, item in enumerate(data)]
        return answer(data)
