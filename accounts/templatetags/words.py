"""Days, moments, ages, phone numbers and sides as people read them.

Plain functions, for templates (`{% load words %}`) and for views that make their strings once per distinct value:
each is cached by what it is told and by language.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import phonenumbers
from django import template
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext

from accounts import clock
from accounts.wording import gettext, ngettext

register = template.Library()


@register.filter
def day(on: date | None, today: date | None = None) -> str:
    """'Tue 17 Nov', with the year when it is not this one. Without `today` the clock of the page is asked."""
    if on is None:
        return ""
    this_year = (today or _today()).year
    return _day(on.year, on.month, on.day, on.year != this_year, get_language() or "")


@register.filter
def full_day(on: date | None) -> str:
    """'17 Nov 2026': on paper, and where a record is read long afterwards."""
    return "" if on is None else _full_day(on.year, on.month, on.day, get_language() or "")


@register.filter
def long_day(on: date | None) -> str:
    """'Wednesday 25 November': on the patient's side, where there is room."""
    return "" if on is None else date_format(on, pgettext("long day", "l j F"))


@register.filter
def moment(at: datetime | None, today: date | None = None) -> str:
    """'Tue 17 Nov 16:10', 24 hours, in the clinic's zone, which the request has made the current one."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{day(local.date(), today)} {local:%H:%M}"


@register.filter
def clock_time(at: datetime | None) -> str:
    """'16:10' in the clinic's zone."""
    return "" if at is None else f"{timezone.localtime(at):%H:%M}"


@register.filter
def late(days: int) -> str:
    return ngettext("%(days)s day late", "%(days)s days late", days) % {"days": days}


@register.filter
def away(days: int) -> str:
    """'in 24 days', 'today', '67 days ago': stands beside a date, never instead of it."""
    if days == 0:
        return gettext("today")
    if days > 0:
        return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    return ngettext("%(days)s day ago", "%(days)s days ago", -days) % {"days": -days}


def ago(seconds: int) -> str:
    """How long a machine has been quiet: '24 s', '18 min', '7 h', '3 days'."""
    if seconds < 60:
        return gettext("%(n)s s") % {"n": max(seconds, 0)}
    if seconds < 3600:
        return gettext("%(n)s min") % {"n": seconds // 60}
    if seconds < 2 * 24 * 3600:
        return gettext("%(n)s h") % {"n": seconds // 3600}
    days = seconds // (24 * 3600)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@register.filter
def age(born_on: date | None, today: date | None = None) -> str:
    """Whole years; empty when the birth date is not known."""
    if born_on is None:
        return ""
    on = today or _today()
    return str(on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day)))


@register.filter
@lru_cache(maxsize=20_000)
def phone(number: str, country: str = "GB") -> str:
    """A number as its country writes it, with the country's code when it is another one; as stored if unreadable."""
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return number
    home = phonenumbers.country_code_for_region(country)
    form = phonenumbers.PhoneNumberFormat
    style = form.NATIONAL if parsed.country_code == home else form.INTERNATIONAL
    return str(phonenumbers.format_number(parsed, style))


@register.filter
def side_mark(side: str, size: str = "") -> SafeString:
    """The badge before a joint: R is a plum square, L a teal circle, with the whole word for readers."""
    return _side_mark(side, size, get_language() or "")


@register.filter
def initials(name: str) -> str:
    words = [word for word in str(name).replace("Dr ", "").split() if word]
    return "".join(word[0] for word in ([words[0], words[-1]] if len(words) > 1 else words)).upper()


class Wrong(NamedTuple):
    """One thing to put right: the id of its field (empty: it belongs to none) and the words."""

    field_id: str
    text: str


@register.filter
def things_to_put_right(forms: "BaseForm | BaseFormSet[BaseForm] | Iterable[BaseForm] | None") -> list[Wrong]:
    """Every error of a form, a formset or a list of forms, in page order."""
    if not forms:
        return []
    if isinstance(forms, BaseForm):
        return list(_wrong(forms))
    found = [Wrong("", str(text)) for text in forms.non_form_errors()] if isinstance(forms, BaseFormSet) else []
    return found + [wrong for form in forms for wrong in _wrong(form)]


def _wrong(form: BaseForm) -> Iterator[Wrong]:
    """A form that is one of several may say whose it is (`about`): "Left hip: choose a stage"."""
    whose = getattr(form, "about", "")
    about = f"{whose}: " if whose else ""
    for text in form.non_field_errors():
        yield Wrong("", f"{about}{text}")
    said = [text for field in form for text in field.errors]
    for field in form:
        for text in field.errors:
            # The same words of several fields: each says which it is.
            which = f"{field.label}: " if said.count(text) > 1 else ""
            # Radios have no id of their own; their first one has.
            yield Wrong(field.id_for_label or f"{field.auto_id}_0", f"{about}{which}{text}")


def _today() -> date:
    return clock.now().astimezone(timezone.get_current_timezone() or ZoneInfo("UTC")).date()


@lru_cache(maxsize=10_000)
def _day(year: int, month: int, of_month: int, with_year: bool, language: str) -> str:
    form = pgettext("day with year", "D j M Y") if with_year else pgettext("day", "D j M")
    return date_format(date(year, month, of_month), form)


@lru_cache(maxsize=10_000)
def _full_day(year: int, month: int, of_month: int, language: str) -> str:
    return date_format(date(year, month, of_month), pgettext("full day", "j M Y"))


@lru_cache(maxsize=64)
def _side_mark(side: str, size: str, language: str) -> SafeString:
    right = side.lower().startswith("r")
    letter, word = (pgettext("side", "R"), gettext("Right")) if right else (pgettext("side", "L"), gettext("Left"))
    shape = f"side-{'r' if right else 'l'}" + (" side-big" if size == "big" else "")
    return format_html(
        '<span class="side {}"><span aria-hidden="true">{}</span><span class="visually-hidden">{} </span></span>',
        shape,
        letter,
        word,
    )
