"""The one clock. Views, tasks and commands ask it; everything below is told.

It lives beside `Clinic` because a day is only a day in a clinic's zone.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from accounts.models import Clinic

_fixed: ContextVar[datetime | None] = ContextVar("fixed_moment", default=None)
_SHIFT = re.compile(r"([+-])(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def now() -> datetime:
    """The present moment, aware, in UTC."""
    if fixed := _fixed.get():
        return fixed
    real = timezone.now()
    return _shifted(real, Path(settings.CLOCK_FILE)) if settings.CLOCK_FILE else real


def today(clinic: Clinic) -> date:
    """The day it is now at this clinic."""
    return day_of(now(), clinic)


def day_of(moment: datetime, clinic: Clinic) -> date:
    """The day on which a moment falls at this clinic."""
    return moment.astimezone(ZoneInfo(clinic.time_zone)).date()


@contextmanager
def fixed_at(moment: datetime) -> Iterator[None]:
    """Let it be this moment for the calls inside: for commands' `--now` and for tests."""
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)


def moment(text: str) -> datetime:
    """An ISO moment with its offset, from 1900 to 2199. Raises ValueError for any other text."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or not 1900 <= found.year <= 2199:
        raise ValueError(text)
    return found


def _shifted(real: datetime, file: Path) -> datetime:
    text = file.read_text().strip() if file.exists() else ""
    if match := _SHIFT.fullmatch(text):
        sign, amount, unit = match.groups()
        return real + (1 if sign == "+" else -1) * timedelta(**{_UNITS[unit]: int(amount)})
    return datetime.fromisoformat(text).astimezone(UTC) if text else real
