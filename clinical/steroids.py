"""Corticosteroid doses said as prednisolone.

Equal doses by mouth, as British formularies list them: 5 mg of prednisolone or prednisone, 0.75 mg of betamethasone or
dexamethasone, 4 mg of methylprednisolone or triamcinolone, 6 mg of deflazacort, 20 mg of hydrocortisone, 25 mg of
cortisone. A name that is not among them has no known dose: nothing is guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

EQUAL_TO_5_MG = {
    "prednisolone": 5.0,
    "prednisone": 5.0,
    "methylprednisolone": 4.0,
    "triamcinolone": 4.0,
    "dexamethasone": 0.75,
    "betamethasone": 0.75,
    "deflazacort": 6.0,
    "hydrocortisone": 20.0,
    "cortisone": 25.0,
}
THREE_MONTHS = timedelta(days=91)


def as_prednisolone(drug: str, mg: float) -> float | None:
    """So many mg of prednisolone. None: the drug is not known, or two are named."""
    named = set(re.findall(r"[^\W\d_]+", drug.casefold())) & EQUAL_TO_5_MG.keys()
    return mg * 5.0 / EQUAL_TO_5_MG[named.pop()] if len(named) == 1 else None


@dataclass(frozen=True, slots=True)
class Course:
    """`ended_on` may lie ahead; None: it goes on. `mg_per_day` in prednisolone; None: not known."""

    started_on: date
    ended_on: date | None = None
    mg_per_day: float | None = None


def last_day(course: Course, *, today: date) -> date:
    """The last day that counts: its end, today, or the end of its first three months."""
    return min(course.ended_on or today, course.started_on + THREE_MONTHS - timedelta(days=1))


def total_g(course: Course, others: Iterable[Course], *, today: date) -> float | None:
    """Prednisolone of all courses in the three months that hold most of this one: those before its end, or before
    three months of it are over. Of a course that goes on only the days until today count. None: not known.
    """
    if course.mg_per_day is None:
        return None
    last = last_day(course, today=today)
    first = last - THREE_MONTHS + timedelta(days=1)
    return round(sum(_mg(one, first, last, today) for one in (course, *others)) / 1000, 3)


def _mg(course: Course, first: date, last: date, today: date) -> float:
    """What is known to have been taken on these days, both included."""
    began, ended = max(course.started_on, first), min(course.ended_on or today, last)
    return max((ended - began).days + 1, 0) * (course.mg_per_day or 0.0)
