"""Who somebody is: names, numbers and addresses as people type them, cleaned, compared and refused.

Pure functions; forms and the import of a register ask the same ones, so that the same text is the same person.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from enum import IntEnum, StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

MAX_NAME = 80
MAX_MRN = 40
MAX_KEY = 200
MAX_MARKS = 3  # on one letter: Vietnamese needs two

# Not seen and without meaning in a name: zero-width space, word joiner, byte order mark, soft hyphen, direction marks.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u200e\u200f\u061c\ufe0e\ufe0f"))
_JOINERS = "\u200c\u200d"  # meaningful inside Persian and Indian names, never at an end
DIRECTION_CHANGES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNWANTED = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_DASHES = re.compile(r"[\u2010-\u2015\u2212\u00ad\ufe58\ufe63\uff0d_]|\s*-\s*")
_SAME_LETTER = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"}
)
_APOSTROPHES = re.compile(r"['’‘ʼʹ`´]")
_MRN = re.compile(r"[A-Z0-9][A-Z0-9 ./#:+-]*")


# --- Names -----------------------------------------------------------------------------------------------------------
def clean_name(text: str) -> str:
    """The name as it is kept: composed (NFC), invisible characters gone, single spaces. Refuses what is no name."""
    name = unicodedata.normalize("NFC", text).translate(_INVISIBLE).strip().strip(_JOINERS)
    if any(c in DIRECTION_CHANGES or unicodedata.category(c) in _UNWANTED for c in name):
        raise ValidationError(_("Use letters, spaces and marks only: there is a hidden character in this name."))
    name = re.sub(r"\s+", " ", name)
    if name and not any(unicodedata.category(c).startswith("L") for c in name):
        raise ValidationError(_("A name needs at least one letter."))
    if any(unicodedata.category(c) == "So" for c in name):
        raise ValidationError(_("A name is written without pictures or symbols."))
    if _most_marks(name) > MAX_MARKS:
        raise ValidationError(_("There are too many marks on one letter."))
    if len(name) > MAX_NAME:
        raise ValidationError(_("Use at most %(most)d characters (this has %(has)d)."), params=_lengths(name, MAX_NAME))
    return name


def looks_like_a_formula(text: str) -> bool:
    """True for what a spreadsheet would run. It may still be somebody's way of writing; a person confirms it."""
    return text[:1] in ("=", "+", "-", "@")


def search_key(text: str) -> str:
    """The text without case, accents, apostrophes and punctuation, in any script: what finding compares."""
    folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).casefold().translate(_SAME_LETTER)
    plain = "".join(c for c in unicodedata.normalize("NFD", folded) if not _is_accent(c))
    words = "".join(
        c if unicodedata.category(c)[0] in "LNM" or c in _JOINERS else " " for c in _APOSTROPHES.sub("", plain)
    )
    return unicodedata.normalize("NFC", " ".join(words.split()))[:MAX_KEY]


def name_key(family_name: str, given_name: str) -> str:
    return search_key(f"{family_name} {given_name}")


def _is_accent(character: str) -> bool:
    """Accents above and below Latin, Greek and Cyrillic, and Hebrew and Arabic points; vowel signs stay."""
    place = unicodedata.combining(character)
    return place >= 200 or 10 <= place <= 35


def _most_marks(name: str) -> int:
    most = run = 0
    for character in unicodedata.normalize("NFD", name):
        run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        most = max(most, run)
    return most


def _lengths(text: str, most: int) -> dict[str, int]:
    return {"most": most, "has": len(text)}


# --- Record numbers --------------------------------------------------------------------------------------------------
def clean_mrn(text: str) -> str:
    """The number as it is shown: upper case, one kind of dash, single spaces. Always a text, zeros kept."""
    mrn = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).upper()
    mrn = " ".join(_DASHES.sub("-", mrn).split())
    if mrn and not _MRN.fullmatch(mrn):
        raise ValidationError(_("Use the letters A to Z, digits and the signs - . / # : + only."))
    if len(mrn) > MAX_MRN:
        raise ValidationError(_("Use at most %(most)d characters (this has %(has)d)."), params=_lengths(mrn, MAX_MRN))
    return mrn


def mrn_key(text: str) -> str:
    """The number as it is compared: like `clean_mrn` and without any white space or dash. Leading zeros count.

    "av 20 411", "AV-20411" and "AV‑20411" are one number.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_INVISIBLE).upper()
    return "".join(_DASHES.sub("", plain).split())


# --- Ways to reach somebody ------------------------------------------------------------------------------------------
_email = EmailValidator(allowlist=[])


def clean_email(text: str) -> str:
    """The address as mail is sent to it; empty stays empty. Only plain addresses at a named host."""
    address = text.strip()
    if not address:
        return ""
    refusal = ValidationError(_("Write the whole address with plain letters, for example name@example.org."))
    local, _at, host = address.rpartition("@")
    if not address.isascii() or len(local) > 64 or len(address) > 254 or host.startswith("["):
        raise refusal
    try:
        _email(address)
    except ValidationError:
        raise refusal from None
    return f"{local}@{host.lower()}"


# --- Is this somebody we know? ---------------------------------------------------------------------------------------
class Likeness(IntEnum):
    """How alike two records are. A question for a person, never an answer."""

    DIFFERENT = 0
    PERHAPS = 1
    VERY = 2


class Alike(StrEnum):
    """What is the same in two records."""

    MRN = "mrn"
    MRN_BUT_ZEROS = "mrn_but_zeros"
    BORN = "born"
    NAME = "name"
    SWAPPED = "swapped"
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True)
class Person:
    """What is compared. Empty and None mean not known, which is like nothing."""

    family_name: str = ""
    given_name: str = ""
    born: date | None = None
    mrn: str = ""
    phones: frozenset[str] = frozenset()
    email: str = ""


# Found by trying pairs of made-up names: 0.8 keeps Jon and John, Meyer and Meier together and Ann and Anna Marie apart.
_NEARLY_THE_SAME = 0.8
_SIMILAR = 0.74  # Okonjo, Ada and Okonkwo, Adaora: worth a question where the birth date is nearly the same too


def compare(one: Person, other: Person) -> tuple[Likeness, frozenset[Alike]]:
    """How alike two people are, and in what."""
    alike = frozenset(_what_is_alike(one, other))
    names = bool(alike & {Alike.NAME, Alike.SWAPPED})
    sure = sum((names, Alike.BORN in alike, Alike.PHONE in alike, Alike.EMAIL in alike))
    if Alike.MRN in alike or (names and sure >= 2):
        return Likeness.VERY, alike
    if Alike.BORN in alike and _share_a_word(one, other):
        return Likeness.PERHAPS, alike
    if _similar_names(one, other) and _birth_date_may_be_mistyped(one.born, other.born):
        return Likeness.PERHAPS, alike
    loose = alike & {Alike.PHONE, Alike.EMAIL, Alike.MRN_BUT_ZEROS}
    return (Likeness.PERHAPS if loose else Likeness.DIFFERENT), alike


def _what_is_alike(one: Person, other: Person) -> Iterable[Alike]:
    mine, theirs = mrn_key(one.mrn), mrn_key(other.mrn)
    if mine and mine == theirs:
        yield Alike.MRN
    elif mine and mine.lstrip("0") == theirs.lstrip("0"):
        yield Alike.MRN_BUT_ZEROS
    if one.born and one.born == other.born:
        yield Alike.BORN
    if one.phones & other.phones:
        yield Alike.PHONE
    if one.email and one.email.casefold() == other.email.casefold():
        yield Alike.EMAIL
    if one.family_name and other.family_name:
        if _near(name_key(one.family_name, one.given_name), name_key(other.family_name, other.given_name)):
            yield Alike.NAME
        elif _near(name_key(one.family_name, one.given_name), name_key(other.given_name, other.family_name)):
            yield Alike.SWAPPED


def _similar_names(one: Person, other: Person) -> bool:
    if not (one.family_name and other.family_name):
        return False
    name = name_key(one.family_name, one.given_name)
    theirs = (name_key(other.family_name, other.given_name), name_key(other.given_name, other.family_name))
    return any(_near(name, each, _SIMILAR) for each in theirs)


def _near(one: str, other: str, enough: float = _NEARLY_THE_SAME) -> bool:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= enough


def _share_a_word(one: Person, other: Person) -> bool:
    """The same birth date is common; with one name alike (a maiden name, a nickname) it is worth a question."""
    mine = {search_key(one.family_name), search_key(one.given_name)} - {""}
    theirs = {search_key(other.family_name), search_key(other.given_name)} - {""}
    return any(_near(a, b) for a in mine for b in theirs)


def _birth_date_may_be_mistyped(one: date | None, other: date | None) -> bool:
    """Not known on one side, day and month swapped, or exactly one of day, month and year different."""
    if one is None or other is None:
        return True
    same = (one.day == other.day, one.month == other.month, one.year == other.year)
    swapped = one.year == other.year and (one.day, one.month) == (other.month, other.day)
    return swapped or sum(same) == 2
