"""Words as people type them: one normal form, and the cells that mean "nothing said"."""

import re
import unicodedata
from functools import lru_cache

NOTHING_SAID = frozenset(
    [
        "",
        "-",
        "--",
        "–",
        "—",
        "?",
        "??",
        ".",
        "n/a",
        "na",
        "n.a.",
        "#n/a",
        "none",
        "nil",
        "null",
        "nan",
        "nk",
        "n/k",
        "unknown",
        "not known",
        "not recorded",
        "tbc",
        "k.a.",
        "k. a.",
        "ka.",
        "keine",
        "kein",
        "keine angabe",
        "unbekannt",
        "o.a.",
        "inconnu",
        "inconnue",
        "non renseigne",
        "nr",
        "aucun",
        "aucune",
        "desconocido",
        "desconocida",
        "sin dato",
        "sin datos",
        "s/d",
        "ninguno",
        "ninguna",
        "no consta",
        "onbekend",
        "sconosciuto",
    ]
)
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-")
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}


def tidy(text: str) -> str:
    """The text itself, composed (NFC), without invisible signs, each run of blanks one space."""
    return " ".join(unicodedata.normalize("NFC", text).translate(INVISIBLE).split())


@lru_cache(maxsize=20_000)  # the same few words fill most cells
def plain(text: str) -> str:
    """For comparing: lower case, no accents, plain hyphens, single spaces. "Hüfte " -> "hufte"."""
    folded = unicodedata.normalize("NFKD", text.translate(INVISIBLE).translate(DASHES)).casefold()
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return " ".join(bare.replace("ı", "i").replace("ł", "l").replace("ø", "o").split())


def nothing_said(text: str) -> bool:
    return plain(text) in NOTHING_SAID


def looks_like_formula(text: str) -> bool:
    """A cell a spreadsheet would run. Telephone numbers and signed numbers are not formulas."""
    said = text.lstrip()
    if said[:1] not in ("=", "@", "+", "-"):
        return False
    return not re.fullmatch(r"[+-]?[\d\s().,/-]*%?|[+-]+|@?", said) and not re.match(r"[-+]\s?\w[\w\s]*$", said)


def hostile(text: str) -> bool:
    """Signs that no name or number holds: control characters, line ends, direction overrides."""
    return any(
        unicodedata.category(sign) in ("Cc", "Cs", "Co")
        or sign in "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        for sign in text
    )
