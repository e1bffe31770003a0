"""Which letters the bytes of a file stand for.

A byte-order mark or valid UTF-8 decides. Everything else is a guess between old code pages,
made by how the non-ASCII signs sit among the letters of names: "Núñez" is likelier than "Nœ–ez".
"""

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "mac_roman",
    "cp1250",
    "cp1254",
    "iso8859_15",
    "cp850",
    "cp437",
    "cp1251",
    "cp1253",
)
"""What a person may choose from."""
ONE_BYTE = ENCODINGS[5:12]
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
COMMON = frozenset("áéíóúàèìòùâêîôûäëïöüãõåæøœñçßÿ" + "ÁÉÍÓÚÀÈÌÒÙÂÊÎÔÛÄËÏÖÜÃÕÅÆØŒÑÇ")
ACCEPTED = frozenset("\u00a0’‘“”–…°ºª²³µ½¼¾±≤≥€£§")
SAMPLE = 400_000


class NotText(ValueError):
    """The bytes cannot be read in the encoding that was chosen."""


@dataclass(frozen=True, slots=True)
class EncodingGuess:
    name: str
    why: str
    """mark, utf8, ascii, zeros (UTF-16 without a mark), letters, chosen"""
    words: tuple[str, ...] = ()
    """Words with letters outside ASCII, as evidence."""


def guess_encoding(data: bytes) -> EncodingGuess:
    for mark, name in MARKS:
        if data.startswith(mark):
            return EncodingGuess(name, "mark", _telling_words(data, name))
    if zeros := _utf16_without_mark(data):
        return EncodingGuess(zeros, "zeros", _telling_words(data, zeros))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        name = _likeliest(data)
        return EncodingGuess(name, "letters", _telling_words(data, name))
    return EncodingGuess("utf-8", "ascii" if text.isascii() else "utf8", _telling_words(data, "utf-8"))


def decode(data: bytes, encoding: str) -> str:
    """The text without byte-order mark or a DOS end-of-file sign. Raises NotText."""
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except (UnicodeError, LookupError) as error:
        if encoding in ENCODINGS and encoding not in ENCODINGS[:5]:
            return data.decode(encoding, errors="replace").rstrip("\x1a")
        raise NotText(encoding) from error
    return text.lstrip("\ufeff").rstrip("\x1a")


def _utf16_without_mark(data: bytes) -> str:
    sample = data[:4000]
    if len(sample) < 8 or b"\x00" not in sample:
        return ""
    half = len(sample) // 2
    if sample[1::2].count(0) > 0.7 * half and sample[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.7 * half and sample[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return ""


def _likeliest(data: bytes) -> str:
    telling = b"\n".join(line for line in re.split(rb"[\r\n]+", data) if not line.isascii())[:SAMPLE]
    found = from_bytes(telling, cp_isolation=[*ONE_BYTE, "cp1251", "cp1253"]).best()
    second_opinion = found.encoding if found else ""
    scored = {name: _score(telling, name) for name in ONE_BYTE}
    if second_opinion in ("cp1251", "cp1253") and max(scored.values()) < 0:
        return second_opinion
    return max(ONE_BYTE, key=lambda name: scored[name])


def _score(data: bytes, encoding: str) -> float:
    return sum(map(_plausibility, _words_outside_ascii(data.decode(encoding, errors="replace"))))


def _words_outside_ascii(text: str) -> list[str]:
    """In one pass: a pattern that looks for the sign inside a word would take hours on one long word."""
    return [word for word in re.findall(r"[^\x00-\x40]+", text) if not word.isascii()]


def _plausibility(word: str) -> float:
    """How much a word with signs outside ASCII looks like a word of a European name."""
    points = 0.0
    for at, sign in enumerate(word):
        if sign.isascii():
            continue
        before = word[at - 1] if at else ""
        after = word[at + 1 : at + 2]
        if not sign.isalpha():
            alone = not (before.isalpha() and after.isalpha())
            points += 0.2 if sign in ACCEPTED and alone else -2
        elif sign.isupper() and before.islower():
            points -= 1.5
        elif sign.islower() and before.isupper() and after.isupper():
            points -= 0.5
        else:
            points += 1 if sign in COMMON else 0.6 if sign.lower() in "łśżźćńęąčřšžěůőűşğıńďťľĺŕýđ" else 0.1
    return points


def _telling_words(data: bytes, encoding: str) -> tuple[str, ...]:
    text = data[: SAMPLE - SAMPLE % 4].decode(encoding, errors="ignore")
    words = re.findall(r"[^\W\d_]+", " ".join(_words_outside_ascii(text)))
    seen = dict.fromkeys(word for word in words if not word.isascii() and len(word) < 40)
    return tuple(word for word in seen if len(word) > 2)[:3]
