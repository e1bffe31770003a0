"""Rows handed back: the clinic's own columns, and one more with the reason."""

import csv
import io

from django.utils.translation import gettext

from interop import importing, words
from interop.models import Import


def as_csv(received: Import) -> bytes:
    """UTF-8 with a mark, so that a spreadsheet opens it right; no cell is run as a formula there."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    headings = [column["heading"] for column in received.how.get("columns", [])]
    writer.writerow([*headings, gettext("What to put right")])
    for row, problems in importing.handed_back(received):
        cells = [_harmless(cell) for cell in row.cells[: len(headings)]]
        cells += [""] * (len(headings) - len(cells))
        writer.writerow([*cells, " ".join(words.of_problem(problem) for problem in problems)])
    return out.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run gets the apostrophe that makes it text; our reader takes it off again."""
    text = cell.replace("\x00", "")
    return (
        f"'{text}"
        if text.lstrip()[:1] in ("=", "@", "\t", "\r") or (text.lstrip()[:1] in ("+", "-") and not _is_number(text))
        else text
    )


def _is_number(text: str) -> bool:
    return text.strip().lstrip("+-").replace(" ", "").replace("(", "").replace(")", "").isdigit()
