"""An .xlsx sheet as rows of plain text: days as ISO, per cents with their sign, zeros kept."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from importlib import import_module
from itertools import zip_longest
from typing import Any

MOST_UNPACKED = 400 * 1024 * 1024
"""Bytes all parts of a workbook may unpack to; a bomb is refused before it is opened."""
MOST_COLUMNS = 200


class BadWorkbook(ValueError):
    """`args[0]` is a code: damaged, too_large, locked."""


def is_workbook(data: bytes) -> bool:
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        return "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    except zipfile.BadZipFile:
        return False


def rows_of(data: bytes, *, sheet: str = "", most_rows: int) -> tuple[list[str], str, Iterator[list[str]]]:
    """Names of the sheets, the one read (the first with rows if none is named), and its rows."""
    openpyxl = import_module("openpyxl")  # only when a workbook comes: a web worker carries 7 to 14 MB less
    if not openpyxl.DEFUSEDXML:  # a deployment fault, not a bad file: openpyxl would read entities
        raise RuntimeError("defusedxml is not installed")
    if sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist()) > MOST_UNPACKED:
        raise BadWorkbook("too_large")
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
        names = [s.title for s in book.worksheets]
        chosen = sheet if sheet in names else next((s.title for s in book.worksheets if _has_rows(s)), names[0])
        formulas = any(_is_formula(cell) for row in book[chosen].iter_rows(max_col=MOST_COLUMNS) for cell in row)
        seen = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)[chosen] if formulas else None
    except (BadWorkbook, RuntimeError):
        raise
    except Exception as error:  # openpyxl lets many kinds through for a damaged file
        raise BadWorkbook("damaged") from error
    sheet_rows = book[chosen].iter_rows(max_col=MOST_COLUMNS, max_row=most_rows + 50)
    seen_rows = seen.iter_rows(max_col=MOST_COLUMNS, max_row=most_rows + 50) if seen else ()
    return names, chosen, _texts(sheet_rows, seen_rows)


def _has_rows(sheet: Any) -> bool:
    return any(any(cell.value is not None for cell in row) for row in sheet.iter_rows(max_row=20, max_col=20))


def _is_formula(cell: Any) -> bool:
    return bool(cell.data_type == "f")


def _texts(rows: Iterable[Any], seen_rows: Iterable[Any]) -> Iterator[list[str]]:
    """A formula shows what its reader saw; one that was never computed stays as its own text."""
    for row, seen in zip_longest(rows, seen_rows):
        texts = [_text(cell) for cell in row]
        for at, cell in enumerate(row):
            if _is_formula(cell) and seen is not None and at < len(seen) and seen[at].value is not None:
                texts[at] = _text(seen[at])
        yield texts


def _text(cell: Any) -> str:
    value, shown = cell.value, getattr(cell, "number_format", None) or ""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, shown)
    return str(value)


def _number(value: float, shown: str) -> str:
    if "%" in shown:
        return f"{round(value * 100, 6):g} %"
    text = str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
    zeros = re.fullmatch(r"0+", shown)
    return text.zfill(len(zeros.group())) if zeros else text
