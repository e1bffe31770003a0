"""A whole file: how it is read (the guesses, with their evidence, and a person's choices) and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice

from interop.register import answers, columns, dates, sheet
from interop.register.columns import ASK, IGNORE, ColumnGuess
from interop.register.sheet import Row, Sheet, Unreadable

SAMPLE_ROWS = 500
LONGEST_SAMPLE = 300
HEADING_WITHIN = 15
"""The row of headings is looked for among the first rows; titles above it are skipped."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person said about the file; "" and () leave the guess."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    header: str = ""
    """yes: the first row (after titles) holds headings; no: it is data"""
    columns: tuple[str, ...] = ()
    order: str = ""
    """dmy, mdy, ymd for all numeric dates of the file"""
    xray_views: str = "unknown"
    """complete: each X-ray of this register shows all views of its joint; unknown: the register does not say"""
    region: str = "GB"
    """Country of telephone numbers without a country code."""


@dataclass(frozen=True)
class Reading:
    """A file as it is read now. Rows are read again each time they are asked for."""

    sheet: Sheet = field(repr=False)
    choices: Choices
    today: date
    heading_row: int
    """0 where there are no headings"""
    skipped: int
    """Rows of titles above the headings."""
    columns: tuple[ColumnGuess, ...]
    orders: dict[int, str]
    evidence: dict[int, dates.Evidence]
    row_count: int
    woman_is_m: bool

    @cached_property
    def headings(self) -> tuple[str, ...]:
        return tuple(column.heading for column in self.columns)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return tuple(column.field for column in self.columns)

    @cached_property
    def columns_of(self) -> dict[str, list[int]]:
        """Where each field stands."""
        found: dict[str, list[int]] = {}
        for at, name in enumerate(self.fields):
            found.setdefault(name, []).append(at)
        return found

    @property
    def whole_evidence(self) -> dates.Evidence:
        """All dates of the file together, for the page."""
        whole = dates.Evidence()
        for found in self.evidence.values():
            whole = whole.together(found)
        return whole

    @property
    def order(self) -> str:
        """The one order of all its columns; "" where they differ or one is open; "none" where none matters."""
        needed = {self.orders[at] for at, found in self.evidence.items() if found.numeric}
        return needed.pop() if len(needed) == 1 else "none" if not needed else ""

    @property
    def contradicting(self) -> tuple[int, ...]:
        return tuple(at for at, found in self.evidence.items() if found.contradicts and not self.choices.order)

    def rows(self) -> Iterator[Row]:
        """The rows of data, without headings, titles and repeated headings."""
        headings = tuple(cell.strip() for cell in self.headings)
        for row in self.sheet.rows():
            if row.number <= self.heading_row:
                continue
            if self.heading_row and tuple(cell.strip() for cell in row.cells[: len(headings)]) == headings:
                continue
            yield row


def read_register(data: bytes, choices: Choices, *, today: date) -> Reading:
    """Read a file with a person's choices and our guesses for the rest. Raises Unreadable."""
    table = sheet.open_sheet(data, encoding=choices.encoding, separator=choices.separator, sheet=choices.sheet)
    first = list(islice(table.rows(), HEADING_WITHIN))
    heading = _heading_row(first, choices.header)
    width = len(heading.cells) if heading else max(len(row.cells) for row in first)
    names = tuple(heading.cells) if heading else ("",) * width
    while heading and names and not names[-1].strip() and table.kind == "xlsx":
        names = names[:-1]
    _refuse_doubled(names)
    start = heading.number if heading else 0
    samples = _samples(table, start, len(names))
    if not any(samples):
        raise Unreadable("no_rows")
    guesses = _chosen(columns.guess_columns(names, samples, today=today), choices.columns)
    dated = [at for at, column in enumerate(guesses) if column.field in columns.DATED]
    evidence, count = _evidence(table, start, dated)
    orders = dict.fromkeys(dated, choices.order) if choices.order else dates.decide_orders(evidence)
    sexes = [value for at, column in enumerate(guesses) if column.field == "sex" for value in samples[at]]
    return Reading(
        table,
        choices,
        today,
        start,
        sum(row.number < start for row in first),
        guesses,
        orders,
        evidence,
        count,
        answers.says_hombre_mujer(sexes),
    )


def _heading_row(first: list[Row], header: str) -> Row | None:
    if not first:
        raise Unreadable("empty")
    if header == "no":
        return None
    named = [(columns.is_heading_row(row.cells), -row.number, row) for row in first]
    best = max(named)
    if best[0] >= 2 or (best[0] == 1 and len(best[2].cells) <= 2):
        return best[2]
    return first[0] if header == "yes" or _wordy(first) else None


def _wordy(first: list[Row]) -> bool:
    """Headings in words we do not know: no digits in the first row, digits in those below it."""
    return not any(sign.isdigit() for cell in first[0].cells for sign in cell) and any(
        sign.isdigit() for row in first[1:] for cell in row.cells for sign in cell
    )


def _refuse_doubled(names: tuple[str, ...]) -> None:
    filled = [columns.bare_heading(name) for name in names if columns.bare_heading(name)]
    if len(filled) != len(set(filled)):
        raise Unreadable("heading_twice")


def _samples(table: Sheet, start: int, width: int) -> list[list[str]]:
    """Values of each column: the first rows, and then every tenth."""
    samples: list[list[str]] = [[] for _ in range(width)]
    for count, row in enumerate(islice(table.rows(), SAMPLE_ROWS * 10)):
        if row.number <= start or (count > SAMPLE_ROWS and count % 10):
            continue
        for at, cell in enumerate(row.cells[:width]):
            if len(cell) <= LONGEST_SAMPLE and cell.strip():
                samples[at].append(cell)
    return samples


def _chosen(guesses: tuple[ColumnGuess, ...], chosen: tuple[str, ...]) -> tuple[ColumnGuess, ...]:
    if len(chosen) != len(guesses):
        return guesses
    return tuple(
        guess
        if guess.dangerous or field not in (*columns.FIELDS, ASK, IGNORE)
        else ColumnGuess(guess.heading, field, guess.sample, guess.filled)
        for guess, field in zip(guesses, chosen, strict=True)
    )


def _evidence(table: Sheet, start: int, dated: list[int]) -> tuple[dict[int, dates.Evidence], int]:
    found, seen = {at: dates.Evidence() for at in dated}, 0
    for row in table.rows():
        if row.number <= start:
            continue
        seen += 1
        if seen > sheet.MOST_ROWS:
            raise Unreadable("too_many_rows")
        for at, evidence in found.items():
            if at < len(row.cells) and 0 < len(row.cells[at]) <= LONGEST_SAMPLE:
                evidence.add(row.cells[at])
    return found, seen
