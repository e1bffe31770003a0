"""What a watch has learnt, as plain values, so that the next entry can be judged without the whole diary.

Kept only where nothing is going on: no flag open, no pause running, no fact still to come. Everywhere else the
diary is gone through again. What is judged from here is what `judge` would say of the whole diary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from clinical.worsening import change
from clinical.worsening.diary import Bisphosphonate, Entry, JointContext, JointKind, Operation, OperationKind, Order
from clinical.worsening.past import KEPT_DAYS
from clinical.worsening.policy import Policy, to_json
from clinical.worsening.watch import Watch

FORM = 2  # grows when what is kept, or what is learnt from a diary, changes: what was kept before is not read then


def kept(watch: Watch) -> dict[str, Any] | None:
    """JSON values; None where the whole diary is needed next time."""
    past, last = watch.past, watch.last
    if last is None or not watch.is_quiet or adding_up(watch.context, last):
        return None
    return {
        "form": FORM,
        "policy": _fingerprint(watch.policy),
        "context": _context(watch.context),
        "last": last.isoformat(),
        "day": past.day,
        "days": past.days,
        "value": past.value,
        "level_spoken": past.level_spoken,
        "standing": past.standing,
        "eve": past.eve,
        "of_day": past.of_day,
    }


def adding_up(context: JointContext, last: datetime) -> bool:
    """A steroid course that goes on may become too much without anything being recorded."""
    return any(course.at + timedelta(days=KEPT_DAYS) > last for course in context.steroid_courses)


def last_of(memory: dict[str, Any]) -> datetime:
    """The last entry that is in it."""
    return datetime.fromisoformat(memory["last"])


def learnt_between(memory: dict[str, Any]) -> tuple[datetime, datetime]:
    """Of the entries it was learnt from, those that a rule may still look back at: from when, until when."""
    last = last_of(memory)
    return last - timedelta(days=KEPT_DAYS), last


def fits(memory: dict[str, Any], policy: Policy) -> bool:
    """Whether it was made by these thresholds and this program."""
    return memory.get("form") == FORM and memory["policy"] == _fingerprint(policy)


@lru_cache(maxsize=128)
def _fingerprint(policy: Policy) -> str:
    return sha256(to_json(policy).encode()).hexdigest()


def resumed(memory: dict[str, Any], recent: Callable[[], Iterable[Entry]], policy: Policy) -> Watch:
    """The watch as it was. `recent` gives the entries of `learnt_between`, in order."""
    watch = Watch(_context_of(memory["context"]), policy)
    watch.last = last_of(memory)
    past = watch.past
    past.day, past.days, past.value = memory["day"], memory["days"], memory["value"]
    past.level_spoken = memory["level_spoken"]
    past.standing, past.eve = _standing(memory["standing"]), _standing(memory["eve"])
    past.of_day = tuple(memory["of_day"])
    past.recall(recent)
    return watch


def _standing(values: list[Any] | None) -> change.Standing | None:
    if values is None:
        return None
    plain = change.Standing(*values)
    return plain._replace(
        person=change.Person(*plain.person),
        small=change.Step(*plain.small),
        large=change.Step(*plain.large),
        weeks=tuple(change.Week(*week) for week in plain.weeks),
        shape=change.Shape(plain.shape),
    )


def _context(context: JointContext) -> dict[str, Any]:
    """What a diary is judged against. Scores, images and courses are not in it: they have had their say."""
    return {
        "kind": context.kind,
        "asymptomatic": context.asymptomatic,
        "clinic_usual": context.clinic_usual,
        "large": context.large,
        "operations": [[operation.on.isoformat(), operation.kind] for operation in context.operations],
        "non_weight_bearing": _orders(context.non_weight_bearing),
        "aid_ordered": _orders(context.aid_ordered),
        "log_interval_days": context.log_interval_days,
        "infection_risks": list(context.infection_risks),
        "bisphosphonates": [[drug.drug, *_span(drug)] for drug in context.bisphosphonates],
    }


def _context_of(values: dict[str, Any]) -> JointContext:
    return JointContext(
        kind=JointKind(values["kind"]),
        asymptomatic=values["asymptomatic"],
        clinic_usual=values["clinic_usual"],
        large=values["large"],
        operations=tuple(Operation(date.fromisoformat(on), OperationKind(kind)) for on, kind in values["operations"]),
        non_weight_bearing=tuple(Order(*_days(order)) for order in values["non_weight_bearing"]),
        aid_ordered=tuple(Order(*_days(order)) for order in values["aid_ordered"]),
        log_interval_days=values["log_interval_days"],
        infection_risks=tuple(values["infection_risks"]),
        bisphosphonates=tuple(Bisphosphonate(drug, *_days(span)) for drug, *span in values["bisphosphonates"]),
    )


def _orders(orders: tuple[Order, ...]) -> list[list[str | None]]:
    return [_span(order) for order in orders]


def _span(of: Order | Bisphosphonate) -> list[str | None]:
    return [of.from_on.isoformat(), of.to_on.isoformat() if of.to_on else None]


def _days(span: list[Any]) -> tuple[date, date | None]:
    first, last = span
    return date.fromisoformat(first), last and date.fromisoformat(last)
