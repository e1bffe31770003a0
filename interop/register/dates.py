"""Days as registers write them, and the evidence for which number is the day.

The order is decided for a column by what its dates can only be, never for one row. Dates with
a month's name, ISO dates and a spreadsheet's day numbers need no decision.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from interop.register.words import plain

FIRST_DAY = date(1900, 1, 1)
ORDERS = ("dmy", "mdy", "ymd")
MOST_TYPING_ERRORS = 20
"""An order holds though some dates contradict it, if it has this many times as many for it."""
OLDEST, YOUNGEST_SURE = 110, 12
"""A two-digit birth year is unsure if it can mean a child under 12 or someone up to 110."""

MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "jan january januar janner jaenner janvier janv enero ene gennaio gen janeiro januari",
            "feb february februar feber fevrier fevr fev febrero febbraio fevereiro februari",
            "mar march marz maerz mrz mars marzo marco maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag maio mei",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august aout agosto ago augustus",
            "sep sept september septembre septiembre set setiembre settembre setembro",
            "oct october oktober okt octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez decembre diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
NUMERIC = re.compile(r"(\d{1,4})([./ -])(\d{1,2})\2(\d{4}|\d{1,2})", re.ASCII)
CLOCK = re.compile(r"[t ,]+\d{1,2}[:.h]\d{2}([:.]\d{2}([.,]\d+)?)?( ?[ap]\.?m\.?)?(z|[+-]\d\d:?\d\d)?$")
NAMED = re.compile(
    r"(?:(?:mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]? )?(\d{1,2})(?:st|nd|rd|th|er|\.|º|°)?[ ./-]*(?:de |di |of )?([a-z]{3,10})\.?,?[ ./-]*(?:de |del )?'?(\d{4}|\d{2})",
    re.ASCII,
)
NAMED_MONTH_FIRST = re.compile(
    r"([a-z]{3,10})\.?[ ./-]*(\d{1,2})(?:st|nd|rd|th)?(?:, ?| |-|/)'?(\d{4}|\d{2})", re.ASCII
)
MONTH_AND_YEAR = re.compile(
    r"(\d{1,2})[./-](\d{4})|(\d{4})[./-](\d{1,2})|([a-z]{3,10})\.?[ ./-]*(?:de |del )?(\d{4})", re.ASCII
)
SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?", re.ASCII)
FIRST_SERIAL, LAST_SERIAL = 3654, 73050  # 1910 to 2099


class Precision(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Said:
    """One cell read as a date.

    `day` is the first day of a month or a year that is all that was said; None with a `fault`
    (impossible, order_unclear, order_other, century_unclear, unreadable).
    """

    day: date | None
    precision: Precision = Precision.DAY
    fault: str = ""
    serial: bool = False
    choices: tuple[date, ...] = ()

    def last(self) -> date | None:
        """The last day that was meant by what was said."""
        if self.day is None or self.precision is Precision.DAY:
            return self.day
        months = 12 if self.precision is Precision.YEAR else self.day.month
        year, month = self.day.year + months // 12, months % 12 + 1
        return date(year, month, 1) - timedelta(days=1)


@dataclass(slots=True)
class Evidence:
    """How the numeric dates of one column can be read."""

    only: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ORDERS, 0))
    several: int = 0
    impossible: int = 0
    dots: int = 0
    serials: int = 0
    read: int = 0
    """Dates that need no order: ISO, month names, typed cells."""
    two_digit_years: int = 0
    sample: str = ""

    def add(self, text: str) -> None:
        said = _bare(text)
        if not said:
            return
        for found in NUMERIC.finditer(said):
            self._add_numeric(found)
        if SERIAL.fullmatch(said):
            self.serials += 1
        elif NAMED.fullmatch(said) or NAMED_MONTH_FIRST.fullmatch(said):
            self.read += 1

    def _add_numeric(self, found: re.Match[str]) -> None:
        first, sign, second, third = found.groups()
        if len(first) == 4:
            self.read += 1
            return
        if len(first) == 3 or (sign == " " and len(third) < 4):
            return
        fitting = [order for order in ORDERS if _in_order(first, second, third, order, date.max)]
        self.dots += sign == "."
        self.two_digit_years += len(third) <= 2
        self.sample = self.sample or found.group()
        if not fitting:
            self.impossible += 1
        elif len(fitting) == 1:
            self.only[fitting[0]] += 1
        else:
            self.several += 1

    @property
    def numeric(self) -> int:
        return sum(self.only.values()) + self.several

    @property
    def contradicts(self) -> bool:
        return self.order == "" and sum(count > 0 for count in self.only.values()) > 1

    @property
    def order(self) -> str:
        """The order its own dates prove; "" where none or several are proved."""
        best, next_best, *_ = sorted(ORDERS, key=lambda order: -self.only[order])
        if self.only[best] and self.only[best] >= MOST_TYPING_ERRORS * self.only[next_best]:
            return best
        return ""

    def together(self, other: "Evidence") -> "Evidence":
        return Evidence(
            {order: self.only[order] + other.only[order] for order in ORDERS},
            self.several + other.several,
            self.impossible + other.impossible,
            self.dots + other.dots,
            self.serials + other.serials,
            self.read + other.read,
            self.two_digit_years + other.two_digit_years,
            self.sample or other.sample,
        )


def decide_orders(evidence: Mapping[int, Evidence]) -> dict[int, str]:
    """Order for each column, "" where it stays open and a person must choose.

    A column goes by its own dates. One that proves nothing goes by what all other columns
    agree on; where no column proves anything, dates written with dots are day first
    (nobody writes the month first with dots), and anything else stays open.
    """
    proved = {found.order for found in evidence.values() if found.order}
    contradicted = any(found.contradicts for found in evidence.values())
    common = proved.pop() if len(proved) == 1 and not contradicted else ""
    orders = {}
    for at, found in evidence.items():
        by_dots = (
            "dmy" if found.dots and found.dots == found.numeric + found.impossible and not (common or proved) else ""
        )
        orders[at] = found.order or ("" if found.contradicts else common or by_dots)
    return orders


def read_day(text: str, *, order: str, today: date, birth: bool = False) -> Said:
    """One cell as a date. `order` is the column's; years of two digits never lie after `today` for a
    birth, and for an event never more than a year after it."""
    said = _bare(text)
    latest = today if birth else today + timedelta(days=366)
    if found := NUMERIC.fullmatch(said):
        return _numeric(found, order, latest, birth)
    if serial := SERIAL.fullmatch(said):
        return _serial(int(serial.group(1)))
    if re.fullmatch(r"(19|20)[0-9]{6}", said):
        return _dated(int(said[:4]), int(said[4:6]), int(said[6:]))
    if found := NAMED.fullmatch(said):
        return _named(found.group(3), found.group(2), found.group(1), latest, birth)
    if found := NAMED_MONTH_FIRST.fullmatch(said):
        return _named(found.group(3), found.group(1), found.group(2), latest, birth)
    return _partial(said)


def find_days(text: str, *, order: str, today: date) -> list[Said]:
    """All dates inside a sentence, as in "CD 03/2025, THR 14.02.2026"."""
    said, found = plain(text), []
    patterns = (NUMERIC, NAMED, NAMED_MONTH_FIRST, MONTH_AND_YEAR, re.compile(r"(?:19|20)\d{2}"))
    for pattern in patterns:

        def take(match: re.Match[str]) -> str:
            day = read_day(match.group(), order=order, today=today)
            if day.fault == "unreadable":
                return match.group()
            found.append(day)
            return " "

        said = re.sub(rf"(?<![\d.,/]){pattern.pattern}(?![\d/%])", take, said)
    return found


def _bare(text: str) -> str:
    said = plain(text).strip("'\" ")
    return CLOCK.sub("", said) if ":" in said or "h" in said else said


def _dated(year: int, month: int, day: int) -> Said:
    try:
        return Said(date(year, month, day))
    except ValueError:
        return Said(None, fault="impossible")


def _years(text: str, latest: date, birth: bool) -> list[int]:
    """The years a text may mean, likeliest first."""
    if len(text) == 4:
        return [int(text)]
    newest = latest.year - (latest.year - int(text)) % 100
    return [newest, newest - 100] if birth and latest.year - newest < YOUNGEST_SURE else [newest]


def _in_order(first: str, second: str, third: str, order: str, latest: date) -> date | None:
    day, month, year = {"dmy": (first, second, third), "mdy": (second, first, third), "ymd": (third, second, first)}[
        order
    ]
    if len(day) > 2 or len(month) > 2 or len(year) not in (2, 4):
        return None
    return _dated(_years(year, min(latest, date(2099, 12, 31)), False)[0], int(month), int(day)).day


def _numeric(found: re.Match[str], order: str, latest: date, birth: bool) -> Said:
    first, _, second, third = found.groups()
    if len(first) == 4:
        return _dated(int(first), int(second), int(third)) if len(third) <= 2 else Said(None, fault="unreadable")
    fitting = {name: day for name in ORDERS if (day := _in_order(first, second, third, name, latest))}
    if not fitting:
        return Said(None, fault="impossible" if len(first) < 3 else "unreadable")
    if not order:
        return Said(None, fault="order_unclear", choices=tuple(dict.fromkeys(fitting.values())))
    if order not in fitting:
        return Said(None, fault="order_other", choices=tuple(fitting.values()))
    year = first if order == "ymd" else third
    return _of_centuries(fitting[order], _years(year, latest, birth), latest, birth)


def _of_centuries(day: date, years: list[int], latest: date, birth: bool) -> Said:
    days = [said.day for year in years if (said := _dated(year, day.month, day.day)).day]
    days = [day for day in days if day <= latest] or days
    days = [day for day in days if not birth or latest.year - day.year <= OLDEST] or days
    if len(days) > 1:
        return Said(None, fault="century_unclear", choices=tuple(days))
    return Said(days[0]) if days else Said(None, fault="impossible")


def _named(year: str, month: str, day: str, latest: date, birth: bool) -> Said:
    if month not in MONTHS:
        return Said(None, fault="unreadable")
    years = _years(year, latest, birth)
    found = [d for y in years if (d := _dated(y, MONTHS[month], int(day)).day)]
    return _of_centuries(found[0], years, latest, birth) if found else Said(None, fault="impossible")


def _serial(number: int) -> Said:
    if not FIRST_SERIAL <= number <= LAST_SERIAL:
        return Said(None, fault="unreadable")
    return Said(date(1899, 12, 30) + timedelta(days=number), serial=True)


def _partial(said: str) -> Said:
    if re.fullmatch(r"(19|20)[0-9]{2}", said):
        return Said(date(int(said), 1, 1), Precision.YEAR)
    found = MONTH_AND_YEAR.fullmatch(said)
    if not found:
        return Said(None, fault="unreadable")
    month, year = found.group(1) or found.group(4) or found.group(5), found.group(2) or found.group(3) or found.group(6)
    number = int(month) if month.isdigit() else MONTHS.get(month, 0)
    if not 1 <= number <= 12:
        return Said(None, fault="impossible" if month.isdigit() else "unreadable")
    return Said(date(int(year), number, 1), Precision.MONTH)


def collect(rows: Iterable[tuple[str, ...]], columns: Iterable[int]) -> dict[int, Evidence]:
    """Evidence of each of the columns over all rows."""
    found = {at: Evidence() for at in columns}
    for cells in rows:
        for at, evidence in found.items():
            if at < len(cells) and cells[at]:
                evidence.add(cells[at])
    return found
