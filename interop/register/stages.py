"""Stages as registers write them: system, version, value. A system that is not named is never guessed.

Systems and values are those of the protocol's input form; "3B" of ARCO 2019, ARCO 1993 and Ficat
are three different things.
"""

import re
from dataclasses import dataclass

from interop.register.joints import LEFT, RIGHT
from interop.register.words import ROMAN, nothing_said, plain

SYSTEM_SITES = {
    "ARCO": ("hip",),
    "Steinberg": ("hip",),
    "JIC": ("hip",),
    "Ficat": ("hip", "knee", "ankle"),
    "Cruess": ("shoulder",),
    "Koshino": ("knee",),
    "Aglietti": ("knee",),
}
ROMAN_SYSTEMS = ("Ficat", "Steinberg", "Aglietti")
SYSTEM_WORDS = re.compile(
    r"\b(?:(?P<ARCO>arco|association research circulation osseous)|"
    r"(?P<Ficat>(?:modified |mod\.? |modifi\w+ )?(?:ficat(?:[ /&+-]*(?:and |und |et |y )?arlet)?|arlet[ /&-]*ficat|f ?& ?a))|"
    r"(?P<Steinberg>steinberg|upenn|(?:university of )?pennsylvania)|(?P<JIC>jic|jimc)|(?P<Cruess>cruess)|"
    r"(?P<Koshino>koshino)|(?P<Aglietti>aglietti)|(?P<unknown>marcus(?:[ /-]*enneking)?|mitchell|hawkins|ohzono|aaoms|marciniak|kellgren\w*))\b"
)
FILLERS = re.compile(
    r"\b(?:stage|stadium|stadio|stade|estadio|estadiu|grade|grad|grado|typ|type|klasse|class|classification|klassifikation|nach|according to|selon|segun|von|of|de|du|des|st|std)\b\.?"
)
VERSION = re.compile(
    r"\(?\b(19|20)\d\d(?:/\d{2,4})?\b\)?|\b(?:old|legacy|alt|ancien\w*|antigu\w*|new|revised|neu|nouvelle|nuev\w*)\b"
)
VALUE = re.compile(r"(0|[1-6]|i{1,3}|iv|vi?)[ .-]*([a-c])?")
VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("ARCO", "2019"): frozenset(["1", "2", "3A", "3B", "4"]),
    ("ARCO", "1993"): frozenset(["0", "1", "1A", "1B", "1C", "2", "2A", "2B", "2C", "3", "3A", "3B", "3C", "4"]),
    ("ARCO", ""): frozenset(["0", "1", "1A", "1B", "1C", "2", "2A", "2B", "2C", "3", "3A", "3B", "3C", "4"]),
    ("Ficat", ""): frozenset(["0", "I", "II", "IIA", "IIB", "III", "IV"]),
    ("Steinberg", ""): frozenset(
        ["0", "VI", *(n + x for n in ("I", "II", "III", "IV", "V") for x in ("", "A", "B", "C"))]
    ),
    ("JIC", ""): frozenset(["1", "2", "3A", "3B", "4"]),
    ("Cruess", ""): frozenset("12345"),
    ("Koshino", ""): frozenset("1234"),
    ("Aglietti", ""): frozenset(["I", "II", "III", "IV", "V"]),
}
BEFORE_COLLAPSE = frozenset(["0", "1", "1A", "1B", "1C", "2", "2A", "2C", "I", "IA", "IB", "IC", "II", "IIA", "IIC"])
"""Nameless texts that cannot mean collapse in any system (protocol, section 3)."""


@dataclass(frozen=True, slots=True)
class Stage:
    system: str
    """"" where none was named: then the value is only kept as text"""
    version: str
    """2019, 1993 with ARCO; "" where not named"""
    value: str


@dataclass(frozen=True, slots=True)
class StageSaid:
    """fault: "" (understood or nothing said), system_missing, system_unknown, value_unknown, version_unknown, unreadable"""

    stage: Stage | None
    fault: str = ""
    jic_type: str = ""


def fits_site(system: str, site: str) -> bool:
    return site in SYSTEM_SITES.get(system, ())


def systems_for(sites: frozenset[str], value: str = "") -> tuple[str, ...]:
    """Systems a person may choose for these joints (ARCO with its versions), those that know the value."""
    names = ["ARCO 2019", "ARCO 1993", "ARCO", *list(SYSTEM_SITES)[1:]]
    fitting = [name for name in names if all(fits_site(name.split()[0], site) for site in sites)]
    return tuple(name for name in fitting if not value or read_stage(value, system=name).stage)


def read_system(text: str) -> tuple[str, str, str]:
    """System, version and fault of a text like "ARCO (2019)" or the heading "Ficat stage"."""
    found = SYSTEM_WORDS.search(plain(text))
    if not found:
        return "", "", ""
    if found.lastgroup == "unknown":
        return "", "", "system_unknown"
    system = str(found.lastgroup)
    version, fault = _version(plain(text)) if system == "ARCO" else ("", "")
    return system, version, fault


def read_stage(text: str, *, system: str = "", heading: str = "") -> StageSaid:
    """A stage from its cell; `system` is the text of its own column, `heading` that of the stage column.

    The cell's own system counts before the system column, and that before the heading.
    """
    said = plain(text)
    if nothing_said(said):
        return StageSaid(None)
    for name in (said, system, heading):
        named, version, fault = read_system(name)
        if fault:
            return StageSaid(None, fault)
        if named:
            break
    else:
        return _nameless(said, system)
    if type_found := re.fullmatch(r"jic[ -]*(?:type)?[ -]*(a|b|c1|c2)", said):
        return StageSaid(None, jic_type=type_found.group(1).upper())
    rest = SYSTEM_WORDS.sub(" ", said)
    rest = VERSION.sub(" ", rest) if named == "ARCO" else rest
    value = _value(rest)
    if not value:
        return StageSaid(None, "unreadable")
    known = _in_its_numerals(named, value)
    if known not in VALUES[(named, version)]:
        return StageSaid(None, "value_unknown")
    return StageSaid(Stage(named, version, known))


def split_by_side(text: str) -> dict[str, str]:
    """ "R 3A, L 2" as {right: "3A", left: "2"}; {} where sides are not told apart."""
    said = plain(text)
    marks = list(
        re.finditer(r"\b(r|rt|re|right|rechts|droite|derecha|l|lt|li|left|links|gauche|izquierda)\b[ :.=-]*", said)
    )
    names = {(RIGHT if mark.group(1)[0] in "r" or mark.group(1) in ("droite", "derecha") else LEFT) for mark in marks}
    if len(marks) != 2 or len(names) != 2:
        return {}
    first, second = marks
    before, between, after = said[: first.start()], said[first.end() : second.start()], said[second.end() :]
    if VALUE.search(between) is None or VALUE.search(after) is None:
        return {}
    lead = before if SYSTEM_WORDS.search(before) else ""
    order = (RIGHT, LEFT) if first.group(1)[0] == "r" or first.group(1) in ("droite", "derecha") else (LEFT, RIGHT)
    return {order[0]: _joined(lead, between), order[1]: _joined(lead, after)}


def _joined(lead: str, value: str) -> str:
    return " ".join(f"{lead} {value}".strip(" ,;/").split())


def _nameless(said: str, system: str) -> StageSaid:
    if plain(system) and not nothing_said(system):
        return StageSaid(None, "system_unknown")
    value = _value(said)
    return StageSaid(Stage("", "", said.upper()[:20]), "system_missing") if value else StageSaid(None, "unreadable")


def _version(said: str) -> tuple[str, str]:
    found = VERSION.search(said)
    if not found:
        return "", ""
    word = found.group().strip("() ")
    if word[:4] == "2019" or word in ("new", "revised", "neu") or word.startswith(("nouvelle", "nuev")):
        return "2019", ""
    if (
        word[:4] in ("1991", "1992", "1993", "1994")
        or word in ("old", "legacy", "alt")
        or word.startswith(("ancien", "antigu"))
    ):
        return "1993", ""
    return "", "version_unknown"


def _value(said: str) -> str:
    rest = FILLERS.sub(" ", said).strip(" .,:;()-_/#")
    found = VALUE.fullmatch(rest)
    if not found:
        return ""
    number = ROMAN.get(found.group(1), found.group(1))
    return f"{number}{(found.group(2) or '').upper()}"


def _in_its_numerals(system: str, value: str) -> str:
    if system not in ROMAN_SYSTEMS or value[0] == "0":
        return value
    numeral = next(roman for roman, number in ROMAN.items() if number == int(value[0]))
    return numeral.upper() + value[1:]
