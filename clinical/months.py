"""Calendar months, always counted from the anchor and clipped to the month's end."""

from calendar import isleap
from datetime import date

_LENGTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def months(anchor: date, count: int) -> date:
    """The count-th calendar month from the anchor: 31 August and 6 is 28 or 29 February.

    Count anew from the anchor for each date. Chained months drift (31, 28, 28, ...).
    """
    years, month = divmod(anchor.year * 12 + anchor.month - 1 + count, 12)
    last = 29 if month == 1 and isleap(years) else _LENGTH[month]
    return date(years, month + 1, min(anchor.day, last))
