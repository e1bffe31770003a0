"""Rows of one file against each other: the same row twice, one number for two people, two rows on one joint.

Only digests are kept between rows, so that a hundred thousand rows fit into little memory.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from interop.register.problems import Problem, Severity
from interop.register.reading import Reading
from interop.register.sheet import Row
from interop.register.understanding import Decisions, ReadRow, normal_mrn, understand
from interop.register.words import nothing_said, plain

BESIDE = frozenset(
    ("same_row_twice", "one_number_two_people", "same_number_other_name", "same_number_other_birth", "same_joint_twice")
)
"""Problems that come from other rows of the file."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What is kept of a row to compare it with others."""

    number: int
    content: int
    name: frozenset[str]
    born: str
    joint: frozenset[str]


def traces_of(reading: Reading) -> dict[str, list[Trace]]:
    """Rows by their patient number."""
    at = {name: [i for i, field in enumerate(reading.fields) if field == name] for name in set(reading.fields)}
    found: dict[str, list[Trace]] = {}
    for row in reading.rows():
        mrn = normal_mrn(_joined(row, at.get("mrn", [])))
        if mrn and not nothing_said(mrn):
            found.setdefault(mrn, []).append(_trace(row, at))
    return {mrn: traces for mrn, traces in found.items() if len(traces) > 1}


def understand_all(reading: Reading, decisions: Mapping[int, Decisions]) -> Iterator[ReadRow]:
    """Each row, with what it says beside the other rows of its patient."""
    traces = traces_of(reading)
    for row in reading.rows():
        decided = decisions.get(row.number, {})
        read = understand(reading, row, decided)
        mrn = read.understood.mrn if read.understood else ""
        if found := _beside_others(row, read, traces.get(mrn, []), decided):
            read = replace(read, problems=(*read.problems, *found))
        yield read


def _joined(row: Row, columns: list[int]) -> str:
    return " ".join(row.cells[at] for at in columns if at < len(row.cells))


def _trace(row: Row, at: Mapping[str, list[int]]) -> Trace:
    names = sorted({*at.get("name", []), *at.get("family_name", []), *at.get("given_name", [])})
    joint = plain(_joined(row, sorted({*at.get("joint", []), *at.get("side", [])})))
    return Trace(
        row.number,
        hash(tuple(plain(cell) for cell in row.cells)),
        frozenset(plain(_joined(row, names)).replace(",", " ").split()),
        plain(_joined(row, at.get("born", []))),
        frozenset((joint,)),
    )


def _beside_others(row: Row, read: ReadRow, traces: list[Trace], decided: Decisions) -> list[Problem]:
    mine = next((trace for trace in traces if trace.number == row.number), None)
    if mine is None:
        return []
    others = [trace for trace in traces if trace.number != row.number]
    if same := next((other for other in others if other.content == mine.content and other.number < row.number), None):
        return [Problem("same_row_twice", Severity.REFUSE, "", about=(("row", str(same.number)),))]
    others = [other for other in others if other.content != mine.content]
    for other in others:
        if code := _person_doubt(mine, other):
            return _ask(code, ("same_person",), other, decided)
    for other in others:
        if mine.joint & other.joint:
            return _ask("same_joint_twice", ("both_true",), other, decided)
    return []


def _person_doubt(mine: Trace, other: Trace) -> str:
    names_differ, born_differ = mine.name != other.name, mine.born != other.born
    if names_differ and born_differ:
        return "one_number_two_people"
    return "same_number_other_name" if names_differ else "same_number_other_birth" if born_differ else ""


def _ask(code: str, choices: tuple[str, ...], other: Trace, decided: Decisions) -> list[Problem]:
    if decided.get(f"{code}:mrn") in choices:
        return []
    about = (("row", str(other.number)), ("name", " ".join(sorted(other.name)).title()), ("born", other.born))
    return [Problem(code, Severity.LOOK, "mrn", choices=choices, about=about)]
