"""What is doubtful about a row, and how bad that is."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    NOTICE = "notice"
    """The row comes in; the person is told what was done."""
    LOOK = "look"
    """The row waits until a person chooses."""
    REFUSE = "refuse"
    """The row is handed back with the reason."""


class RowState(StrEnum):
    READY = "ready"
    LOOK = "look"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` is turned into words by the page; `said` is the cell that is doubtful.

    `choices` are the decisions that resolve it; "type" means that a person types the value.
    `about` carries what the sentence needs besides (another row's number, a name, a date).
    """

    code: str
    severity: Severity
    field: str
    said: str = ""
    choices: tuple[str, ...] = ()
    about: tuple[tuple[str, str], ...] = ()


def state_of(problems: tuple[Problem, ...]) -> RowState:
    found = {problem.severity for problem in problems}
    if Severity.REFUSE in found:
        return RowState.REFUSED
    return RowState.LOOK if Severity.LOOK in found else RowState.READY
