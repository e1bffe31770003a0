"""The rows of a register as its page shows them: plain strings, made once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from accounts.templatetags.words import full_day, side_mark
from interop import importing, words
from interop.models import Import, ImportRow
from interop.register.problems import Problem, Severity

PAGE = 50
ALWAYS_SHOWN = (
    "mrn",
    "name",
    "family_name",
    "given_name",
    "born",
    "joint",
    "side",
    "stage_system",
    "stage",
    "size",
    "treatment",
)
CELL = 40
LENGTHS = {"day": 10, "month": 7, "year": 4}


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    doubt: str  # "", look, refuse


@dataclass(frozen=True, slots=True)
class Question:
    """One doubt that a person resolves."""

    key: str
    sentence: str
    choices: list[tuple[str, str]]
    may_type: bool
    typed: str
    example: str
    alike: int
    """Rows that ask the same; 0 where it is one row's own."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    row: ImportRow
    cells: list[Cell]
    who: str
    badges: SafeString
    what: str
    questions: list[Question]
    refusals: list[str]
    notices: list[str]
    error: str = ""

    @property
    def one_press(self) -> bool:
        """A single doubt with few answers is answered by pressing the answer."""
        return len(self.questions) == 1 and not self.questions[0].may_type and len(self.questions[0].choices) <= 3


def shown(
    received: Import,
    rows: Iterable[ImportRow],
    *,
    alike: dict[str, int],
    error: str = "",
    typed: dict[str, str] | None = None,
) -> list[ShownRow]:
    fields = [column["field"] for column in received.how["columns"]]
    return [_shown(row, fields, alike, error, typed or {}) for row in rows]


def _shown(row: ImportRow, fields: list[str], alike: dict[str, int], error: str, typed: dict[str, str]) -> ShownRow:
    problems = [importing.problem_from(kept) for kept in row.problems]
    of = {severity: [p for p in problems if p.severity is severity] for severity in Severity}
    return ShownRow(
        row=row,
        cells=_cells(row, fields, problems),
        who=_who(row.understood),
        badges=_badges(row.understood),
        what=_what(row.understood),
        questions=[_question(problem, alike, typed) for problem in of[Severity.LOOK]]
        if row.state == ImportRow.State.LOOK
        else [],
        refusals=[words.of_problem(problem) for problem in of[Severity.REFUSE]],
        notices=[words.of_problem(problem) for problem in of[Severity.NOTICE]],
        error=error,
    )


def _cells(row: ImportRow, fields: list[str], problems: list[Problem]) -> list[Cell]:
    doubts = {p.field: p.severity.value for p in problems if p.severity is not Severity.NOTICE}
    parts = {"name": ("family_name", "given_name"), "joint": ("side",)}
    doubts |= {part: doubt for field, doubt in doubts.items() for part in parts.get(field, ())}
    cells = []
    for at, field in enumerate(fields):
        text = " ".join(row.cells[at].split()) if at < len(row.cells) else ""
        if text and (field in ALWAYS_SHOWN or field in doubts):
            cells.append(Cell(text if len(text) <= CELL else text[:CELL] + "…", doubts.get(field, "")))
    return cells


def _who(understood: dict[str, Any]) -> str:
    if not understood:
        return ""
    born = full_day(_day(understood["born"])) if understood["born"] else ""
    said = gettext("born %(day)s") % {"day": born} if born else gettext("birth date not known")
    return f"{understood['name']}, {said}"


def _badges(understood: dict[str, Any]) -> SafeString:
    sides = dict.fromkeys(joint["side"] for joint in understood.get("joints", []))
    return SafeString("".join(side_mark(side) for side in ("right", "left") if side in sides))


def _what(understood: dict[str, Any]) -> str:
    joints = understood.get("joints", [])
    if not joints:
        return ""
    sites = ", ".join(dict.fromkeys(str(words.CHOICES.get(joint["site"], joint["site"])).lower() for joint in joints))
    count = ngettext("%(site)s lesion", "%(n)s lesions: %(site)s", len(joints)) % {"n": len(joints), "site": sites}
    stages = ", ".join(dict.fromkeys(_stage(joint["stage"]) for joint in joints if joint["stage"]))
    done = ", ".join(
        f"{code} {side[:1].upper()} {on[: LENGTHS[precision]]}"
        for side, code, on, precision in understood["treatments"]
    )
    return " · ".join(part for part in (count, stages, done) if part)


def _stage(text: str) -> str:
    return f"{text} {gettext('(version not named)')}" if text.startswith("ARCO") and "(" not in text else text


def _question(problem: Problem, alike: dict[str, int], typed: dict[str, str]) -> Question:
    key = f"{problem.code}:{problem.field}"
    choices = [(choice, words.of_choice(choice)) for choice in problem.choices if choice != "type"]
    may_type = "type" in problem.choices
    kept = typed.get(key, problem.said if may_type and problem.field in ("name", "mrn") else "")
    example = "31.12.1980" if problem.field == "born" or problem.field.endswith("_on") else ""
    shared = alike.get(problem.code, 0) if problem.code in importing.SHARED else 0
    return Question(key, words.of_problem(problem), choices, may_type, kept, example, shared)


def _day(text: str) -> date:
    return date.fromisoformat(text)
