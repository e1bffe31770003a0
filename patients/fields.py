"""Form fields that take what people type and refuse what could be read in two ways."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import dates, formats
from django.utils.translation import gettext_lazy as _

from accounts import phones
from patients import identity

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SPACED = re.compile(r"([0-9]{1,2})\.? ([0-9]{1,2}|[^\W\d_]+)\.? ([0-9]{4})")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:[.,][0-9]{1,6})?|[+-]?[.,][0-9]{1,6}")


class NameField(forms.CharField):
    """A name in any script (`identity.clean_name`)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return identity.clean_name(super().to_python(value) or "")


class MrnField(forms.CharField):
    def to_python(self, value: Any) -> str:
        return identity.clean_mrn(super().to_python(value) or "")


class PhoneField(forms.CharField):
    """A number as dialled in `country`; E.164 comes out."""

    country = "GB"

    def to_python(self, value: Any) -> str:
        return phones.clean(super().to_python(value) or "", country=self.country)

    def prepare_value(self, value: Any) -> Any:
        return value


class EmailField(forms.CharField):
    widget = forms.EmailInput

    def to_python(self, value: Any) -> str:
        return identity.clean_email(super().to_python(value) or "")


class LineField(forms.CharField):
    """One line of free text, without control characters."""

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", super().to_python(value) or "")
        if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\u202d\u202e" for c in text):
            raise ValidationError(_("Write this on one line, without hidden characters."))
        return text


class TextField(forms.CharField):
    """Several lines of free text."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFC", super().to_python(value) or "")
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in text):
            raise ValidationError(_("There is a hidden character in this text."))
        return text


class DayField(forms.Field):
    """A day: 1981-03-27, 27 3 1981 or 27 Mar 1981. Strokes are refused, because 02/03/1981 is two days."""

    widget = forms.TextInput
    default_error_messages = {  # noqa: RUF012 - Django's name and form
        "invalid": _("Write day, month and four-digit year, for example 27 3 1981 or 1981-03-27."),
        "not_a_day": _("There is no such day."),
        "too_early": _("The day must be after 1 January 1900."),
        "too_late": _("The day must be before the year 2200."),
    }

    def to_python(self, value: Any) -> date | None:
        text = " ".join(str(value or "").replace("\xa0", " ").split(" ")).strip()
        if not text:
            return None
        if match := _ISO.fullmatch(text):
            year, month, day = (int(part) for part in match.groups())
        elif match := _SPACED.fullmatch(text):
            day, month, year = int(match[1]), self._month(match[2]), int(match[3])
        else:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return self._day(year, month, day)

    def _month(self, word: str) -> int:
        if word.isdigit():
            return int(word)
        key = identity.search_key(word)
        for names in (dates.MONTHS, dates.MONTHS_3, dates.MONTHS_AP):
            for number, name in names.items():
                if identity.search_key(str(name)) == key:
                    return int(number)
        raise ValidationError(self.error_messages["invalid"], code="invalid")

    def _day(self, year: int, month: int, day: int) -> date:
        try:
            found = date(year, month, day)
        except ValueError:
            raise ValidationError(self.error_messages["not_a_day"], code="not_a_day") from None
        if found < date(1900, 1, 1):
            raise ValidationError(self.error_messages["too_early"], code="too_early")
        if found > date(2199, 12, 31):
            raise ValidationError(self.error_messages["too_late"], code="too_late")
        return found

    def prepare_value(self, value: Any) -> Any:
        return formats.date_format(value, "j M Y") if isinstance(value, date) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.to_python(data))
        except ValidationError:
            return True


class MeasureField(forms.Field):
    """A measured number with a point or a comma; its unit may follow it. Nothing else is a number."""

    widget = forms.TextInput

    def __init__(self, *, low: float, high: float, unit: str, places: int = 1, **kwargs: Any) -> None:
        super().__init__(**{"required": False} | kwargs)
        self.low, self.high, self.unit, self.places = low, high, unit, places
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> float | None:
        text = str(value or "").strip() if value != 0 else "0"
        text = text.removesuffix(self.unit).strip()
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise ValidationError(_("Write a number, for example 12 or 12.5."), code="invalid")
        number = Decimal(text.replace(",", "."))
        if not Decimal(str(self.low)) <= number <= Decimal(str(self.high)):
            most = f"{self.high:g} {self.unit}".strip()
            raise ValidationError(
                _("Write a number from %(low)s to %(high)s."),
                code="range",
                params={"low": f"{self.low:g}", "high": most},
            )
        if number != round(number, self.places):
            raise ValidationError(
                _("Write it with at most %(places)d digit after the point."),
                code="places",
                params={"places": self.places},
            )
        return abs(float(number)) if number == 0 else float(number)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:g}" if isinstance(value, float) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return cast(float | None, initial) != self.to_python(data)
        except ValidationError:
            return True
