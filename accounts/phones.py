"""Numbers as people type them, cleaned and refused: of patients, and of staff who want urgent texts."""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Not seen: zero-width space, word joiner, byte order mark, soft hyphen, direction marks.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u200e\u200f\u061c\ufe0e\ufe0f"))
_NOT_A_PERSONS = frozenset(
    {
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.PAGER,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)


def clean(text: str, *, country: str) -> str:
    """E.164 of a number as it is dialled in this country; empty stays empty."""
    typed = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).strip()
    if not typed:
        return ""
    refusal = ValidationError(_("This is no phone number. Write it as dialled here, or with + and the country."))
    if re.search(r"[^\d\s()+./-]", re.sub(r"(?i)\s*(x|ext\.?)\s*\d+$", "", typed)):
        raise refusal
    try:
        number = phonenumbers.parse(typed, country)
    except phonenumbers.NumberParseException:
        raise refusal from None
    if number.extension:
        raise ValidationError(_("Leave out the extension: it cannot be dialled or texted. Put it in the note."))
    # Not `is_valid_number`: it refuses the numbers that are set aside for examples, and lags behind new ranges.
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise refusal
    if phonenumbers.number_type(number) in _NOT_A_PERSONS:
        raise ValidationError(_("This number costs extra or belongs to a service. Ask for the person's own number."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
