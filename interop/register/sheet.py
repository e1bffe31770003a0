"""The bytes of a file as a table: what kind it is, its letters, its separator, its rows.

Rows are read again from the text each time they are asked for: a hundred thousand of them
are never all in memory.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from interop.register import workbook
from interop.register.encoding import EncodingGuess, NotText, decode, guess_encoding

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 200_000
MOST_CELL = 20_000
SEPARATORS = (",", ";", "\t", "|")
SAMPLE_ROWS = 200


class Unreadable(ValueError):
    """The whole file is refused. `code` is turned into words by the page; `line` is where, or 0."""

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.line = line


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As a spreadsheet counts: the first record of the file is 1."""
    cells: tuple[str, ...]
    fault: str = ""
    """Why the row cannot be used at all: nul, long_cell; "" if it can."""


@dataclass(frozen=True, slots=True)
class SeparatorGuess:
    sign: str
    columns: int
    fitting: int
    of: int
    """`fitting` of `of` sampled rows have `columns` columns."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file read as text. `kind` is csv or xlsx."""

    kind: str
    encoding: EncodingGuess
    separator: SeparatorGuess
    text: str = field(repr=False)
    sheets: tuple[str, ...] = ()
    sheet: str = ""

    def rows(self) -> Iterator[Row]:
        """All records that hold anything. Raises Unreadable at one row too many."""
        yield from _records(self.text, self.separator.sign)


def open_sheet(data: bytes, *, encoding: str = "", separator: str = "", sheet: str = "") -> Sheet:
    """Read a file; `encoding`, `separator` and `sheet` are a person's choices, "" lets us guess."""
    _refuse_what_is_no_table(data)
    if workbook.is_workbook(data):
        return _from_workbook(data, sheet)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise Unreadable("kind_zip")
    letters = EncodingGuess(encoding, "chosen") if encoding else guess_encoding(data)
    try:
        text = decode(data, letters.name)
    except NotText:
        raise Unreadable("encoding_does_not_fit") from None
    text = text.rstrip("\x1a\r\n ")
    if not text.strip():
        raise Unreadable("empty")
    if sum(sign < " " and sign not in "\t\r\n\x0b\x0c\x00" for sign in text[:5000]) > 50:
        raise Unreadable("kind_unknown")
    named, text = _separator_line(text)
    guess = _choose_separator(text, separator or named)
    _refuse_open_quote(text, guess.sign)
    return Sheet("csv", letters, guess, text)


def _separator_line(text: str) -> tuple[str, str]:
    """Excel's own first line `sep=;` names the separator and is no row."""
    first, _, rest = text.partition("\n")
    sign = first.strip().strip('"')
    return (sign[4], rest) if sign.lower().startswith("sep=") and len(sign) == 5 else ("", text)


def _refuse_what_is_no_table(data: bytes) -> None:
    if not data:
        raise Unreadable("empty")
    if len(data) > MOST_BYTES:
        raise Unreadable("too_large")
    start = data[:1024].lstrip()
    kinds = {
        b"%PDF": "kind_pdf",
        b"\xd0\xcf\x11\xe0": "kind_old_excel",
        b"Rar!": "kind_zip",
        b"7z\xbc\xaf": "kind_zip",
        b"\x1f\x8b": "kind_zip",
        b"\x89PNG": "kind_picture",
        b"\xff\xd8\xff": "kind_picture",
        b"GIF8": "kind_picture",
        b"<": "kind_page",
        b"{\\rtf": "kind_page",
        b"MZ": "kind_unknown",
        b"\x7fELF": "kind_unknown",
    }
    for mark, code in kinds.items():
        if start.startswith(mark) and not (mark == b"MZ" and b"," in start[:80]):
            raise Unreadable(code)


def _from_workbook(data: bytes, sheet: str) -> Sheet:
    try:
        names, chosen, rows = workbook.rows_of(data, sheet=sheet, most_rows=MOST_ROWS)
    except workbook.BadWorkbook as bad:
        raise Unreadable(f"workbook_{bad.args[0]}") from bad
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    width = 0
    for count, row in enumerate(rows):
        if count > MOST_ROWS:
            raise Unreadable("too_many_rows")
        while row and not row[-1]:
            row.pop()
        width = max(width, len(row))
        writer.writerow(row or [""])
    if not width:
        raise Unreadable("empty")
    text = out.getvalue()
    return Sheet(
        "xlsx", EncodingGuess("utf-8", "workbook"), SeparatorGuess(",", width, 0, 0), text, tuple(names), chosen
    )


def _records(text: str, separator: str) -> Iterator[Row]:
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for number, cells in enumerate(reader, start=1):
        if number > MOST_ROWS + 50:
            raise Unreadable("too_many_rows", number)
        if any(cell.strip() for cell in cells):
            yield Row(number, tuple(map(_as_typed, cells)), _fault(cells))


def _as_typed(cell: str) -> str:
    """Without the apostrophe that makes a cell text in a spreadsheet: "'=1+1" was typed as =1+1."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "0") else cell


def _fault(cells: list[str]) -> str:
    if any("\x00" in cell for cell in cells):
        return "nul"
    return "long_cell" if any(len(cell) > MOST_CELL for cell in cells) else ""


def _refuse_open_quote(text: str, separator: str) -> None:
    """A quote that is never closed swallows the rest of the file as one cell."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    began = 1
    try:
        for _ in reader:
            began = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise Unreadable("open_quote", began) from None
        _refuse_swallowed_lines(text, separator)


def _refuse_swallowed_lines(text: str, separator: str) -> None:
    for row in _records(text, separator):
        if any(cell.count("\n") + cell.count("\r") > 60 for cell in row.cells):
            raise Unreadable("open_quote", row.number)


def _choose_separator(text: str, chosen: str) -> SeparatorGuess:
    guesses = [_try_separator(text, sign) for sign in ((chosen,) if chosen else SEPARATORS)]
    best = max(guesses, key=_fit)
    return best if chosen or best.columns > 1 else SeparatorGuess(",", 1, best.fitting, best.of)


def _fit(guess: SeparatorGuess) -> tuple[float, int]:
    """Nearly all rows agreeing on a width beats a greater width that few agree on."""
    agreement = guess.fitting / max(guess.of, 1)
    return (round(agreement, 1) if guess.columns > 1 else 0.0, guess.columns)


def _try_separator(text: str, sign: str) -> SeparatorGuess:
    sample = list(islice(_records(text[:2_000_000], sign), SAMPLE_ROWS))
    widths = Counter(len(row.cells) for row in sample)
    width, fitting = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]), default=(0, 0))
    return SeparatorGuess(sign, width, fitting, len(sample))
