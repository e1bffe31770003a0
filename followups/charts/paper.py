"""What every picture is drawn with: a scale of days, marks, and the frame that carries title, story and table.

A picture is fluid: x is per cent of whatever width there is, y is pixels. Straight things and curves lie on an inner
sheet of 1000 by the picture's height, stretched; marks and words stand on it unstretched. Markup is joined from
strings here, because a template loop over a hundred marks costs more than everything else on the page. Every word
that comes from a record goes through `words`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from html import escape
from statistics import median

from django.utils.dateformat import format as date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, pgettext

from accounts.templatetags.words import full_day

SHEET = 1000.0


@dataclass(frozen=True)
class Table:
    """The picture's data for whoever reads rather than looks. A cell made with `format_html` may hold a link."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    summary: str  # the words that open it: "The same as a table"
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """Ready for `_charts/picture.html`. `names` is the column of words at the left, outside the fluid part."""

    key: str  # unique on its page: it makes the ids
    title: str
    story: str
    height: int
    body: SafeString
    names: SafeString | None = None
    table: Table | None = None
    links: bool = False  # holds links, so it is a group of things and not one image


@dataclass(frozen=True)
class Pain:
    on: date
    nrs: int


@dataclass(frozen=True)
class Image:
    """One study, made or planned. `kind` is XR, MR, CT or NM; `words` stand beside the mark."""

    on: date
    kind: str
    state: str = "reviewed"  # reviewed, made (nobody has read it yet), planned
    words: str = ""
    href: str = ""


@dataclass(frozen=True)
class Days:
    """From days to the sheet: 0 at the start, 1000 at the end."""

    start: date
    end: date

    @cached_property
    def length(self) -> int:
        return max((self.end - self.start).days, 1)

    def x(self, on: date) -> float:
        """Clipped to the sheet, so that a bar which began long ago begins at the edge."""
        gone = (on - self.start).days
        return 0.0 if gone <= 0 else SHEET if gone >= self.length else gone * SHEET / self.length

    def holds(self, on: date) -> bool:
        return self.start <= on <= self.end


def months(days: Days) -> list[tuple[date, bool, bool]]:
    """The first of each month to draw a line at, whether it has room for its name, and whether it begins a year."""
    count = (days.end.year - days.start.year) * 12 + days.end.month - days.start.month + 1
    step = next(n for n in (1, 2, 3, 6, 12, 24, 48, 1200) if count / n <= 16)
    lined = 1 if step <= 3 else min(step, 12)
    found = []
    for number in range(days.start.year * 12 + days.start.month - 1, days.end.year * 12 + days.end.month):
        year, month = divmod(number, 12)
        first = date(year, month + 1, 1)
        if month % lined == 0 and days.holds(first):
            found.append((first, number % step == 0, month == 0))
    return found


def percent(x: float) -> str:
    """A place on the sheet as an attribute."""
    return f"{x / 10:.2f}%"


def words(text: object) -> str:
    return escape(str(text))


def safe(parts: Iterable[str]) -> SafeString:
    """Join markup made in this package, whose words have gone through `words`."""
    return mark_safe("".join(parts))


def sheet(height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg class="sheet" width="100%" height="{height}" viewBox="0 0 1000 {height}" preserveAspectRatio="none">'
        f"{''.join(parts)}</svg>"
    )


def at(x: float, y: float, inside: str, css: str = "") -> str:
    """Something around the point (0, 0), unstretched, standing at a place of the sheet."""
    return f'<svg x="{percent(x)}" y="{y:g}" width="1" height="1" overflow="visible" class="{css}">{inside}</svg>'


def label(text: str, *, x: float = 0, y: float = 0, css: str = "ho", end: bool = False) -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{css}{" end-word" if end else ""}">{words(text)}</text>'


def room(text: str, *, letter: float = 6.0) -> float:
    """About how much of the sheet some words take, on a picture of 1000 px; 5 a letter on a wide one, 9 on a narrow."""
    return len(text) * letter + 12


def month_lines(days: Days, top: int, bottom: int) -> str:
    plain = "".join(f"M{days.x(first):.1f} {top}V{bottom}" for first, _, year in months(days) if not year)
    years = "".join(f"M{days.x(first):.1f} {top}V{bottom}" for first, _, year in months(days) if year)
    return f'<path class="grid" d="{plain}"/><path class="year" d="{years}"/>'


def month_names(days: Days, y: int, *, clear_of: float | None = None) -> Iterator[str]:
    """Where there are many, every other one goes when the picture is narrow; so do those beside the label of today."""
    named = [(first, year) for first, has_room, year in months(days) if has_room and days.x(first) < SHEET - 25]
    for first, year in named:
        beside = days.x(first) - clear_of if clear_of is not None else SHEET
        if -90 < beside < 42:
            continue
        squeezed = -150 < beside < 90 or (len(named) > 8 and not year and (first.month - 1) % 4)
        css = "ax" + (" ax-year" if year else "") + (" thin" if squeezed else "")
        yield at(days.x(first), y, label(month_name(first, with_year=year), x=3, css=css))


def month_name(first: date, *, with_year: bool) -> str:
    return _month_name(first.year, first.month, with_year, get_language() or "")


@lru_cache(maxsize=1000)
def _month_name(year: int, month: int, with_year: bool, language: str) -> str:
    form = pgettext("month of a year", "M Y") if with_year else pgettext("month", "M")
    return date_format(date(year, month, 1), form)


# --- Pain ------------------------------------------------------------------------------------------------------------
GAP = timedelta(days=21)
COURSE = timedelta(days=7)


def dots(pains: Sequence[Pain], days: Days, top: int, height: int) -> str:
    """One dot an entry, all in one path: lines of no length with round ends."""
    scale = height / 10
    return "".join(f"M{days.x(p.on):.1f} {top + height - p.nrs * scale:.1f}h0" for p in pains if days.holds(p.on))


def course(pains: Sequence[Pain], days: Days, top: int, height: int) -> str:
    """The middle of the last 7 days wherever they hold two entries or more; broken after 21 days without an entry."""
    scale, path, before, joined, first = height / 10, [], None, False, 0
    for place, pain in enumerate(pains):
        joined = joined and before is not None and pain.on - before <= GAP
        before = pain.on
        while pains[first].on <= pain.on - COURSE:
            first += 1
        if place == first or not days.holds(pain.on):
            continue
        middle = median([p.nrs for p in pains[first : place + 1]])
        path.append(f"{'L' if joined else 'M'}{days.x(pain.on):.1f} {top + height - middle * scale:.1f}")
        joined = True
    return "".join(path)


def pain_by_month(pains: Sequence[Pain]) -> dict[date, list[int]]:
    found: dict[tuple[int, int], list[int]] = {}
    for pain in pains:
        found.setdefault((pain.on.year, pain.on.month), []).append(pain.nrs)
    return {date(year, month, 1): values for (year, month), values in found.items()}


def middle_words(values: Sequence[int]) -> str:
    """'3 (14)': the middle value and how many entries it stands on; never an empty cell."""
    return f"{median(values):g} ({len(values)})" if values else gettext("no entry")


# --- Marks -----------------------------------------------------------------------------------------------------------
_OUTLINES = {
    "XR": '<rect x="-8" y="-8" width="16" height="16" rx="2"/>',
    "MR": '<circle r="8"/>',
    "CT": '<path d="M0-9.5 9.5 0 0 9.5-9.5 0z"/>',
    "NM": '<path d="M0-10 9.5 7.500H-9.500z"/>',
}
_LETTERS = {"XR": "X", "MR": "M", "CT": "C", "NM": "N"}
FLAGS = {
    "red": '<path d="M-3-8h6l5 5v6l-5 5h-6l-5-5v-6z"/>',
    "amber": '<path d="M0-7 7 6H-7z"/>',
    "yellow": '<circle r="5.500"/>',
}


# Kinds of study on the record, and their marks; a visit without a picture has none.
KINDS = {"DX": "XR", "CR": "XR", "MR": "MR", "CT": "CT", "NM": "NM"}


def kind_names() -> dict[str, str]:
    return {"XR": gettext("X-ray"), "MR": gettext("MRI"), "CT": gettext("CT"), "NM": gettext("bone scan")}


def state_names() -> dict[str, str]:
    return {"reviewed": gettext("reviewed"), "made": gettext("not reviewed"), "planned": gettext("planned")}


def image_mark(image: Image, shift: float = 0) -> str:
    outline = _OUTLINES.get(image.kind, _OUTLINES["XR"])
    letter = _LETTERS.get(image.kind, "?")
    beside = label(image.words, x=12, y=4, css="ho") if image.words else ""
    return (
        f'<g class="mk mk-{image.state}" transform="translate({shift:g})">{outline}'
        f'<text y="3.500">{letter}</text>{beside}</g>'
    )


def crowds(images: Iterable[Image], days: Days, closer_than: float) -> list[list[Image]]:
    """Marks that would cover one another, together."""
    found: list[list[Image]] = []
    for image in sorted((i for i in images if days.holds(i.on)), key=lambda i: i.on):
        if found and days.x(image.on) - days.x(found[-1][0].on) < closer_than:
            found[-1].append(image)
        else:
            found.append([image])
    return found


def image_marks(images: Iterable[Image], days: Days, y: float, *, closer_than: float, list_at: str) -> Iterator[str]:
    """Each study's mark; two that meet stand side by side, more become one mark with their number, which leads to the
    list."""
    for crowd in crowds(images, days, closer_than):
        x = days.x(crowd[0].on)
        if len(crowd) == 1:
            yield at(x, y, image_mark(crowd[0]))
        elif len(crowd) == 2:
            yield at(x, y, image_mark(crowd[0], -9) + image_mark(crowd[1], 9))
        else:
            kinds = kind_names()
            told = ", ".join(f"{kinds.get(i.kind, i.kind)} {full_day(i.on)}" for i in crowd)
            count = f'<rect x="-11" y="-9" width="22" height="18" rx="9"/><text y="3.500">{len(crowd)}</text>'
            yield at(x, y, f'<a href="#{list_at}" aria-label="{words(told)}"><g class="mk mk-many">{count}</g></a>')


def has_crowd(images: Iterable[Image], days: Days, closer_than: float) -> bool:
    return any(len(crowd) > 2 for crowd in crowds(images, days, closer_than))
