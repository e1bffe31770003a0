"""How large a lesion is, as registers write it. Only a measure counts; words are kept as text."""

import re
from dataclasses import dataclass, replace

from interop.register.words import nothing_said, plain

NUMBER = r"(\d{1,3}(?:[.,]\d+)?)"
WORDS = frozenset(
    [
        "large",
        "small",
        "medium",
        "big",
        "massive",
        "moderate",
        "tiny",
        "early",
        "late",
        "extensive",
        "gross",
        "groß",
        "klein",
        "mittel",
        "mittelgross",
        "grand",
        "grande",
        "petit",
        "petite",
        "moyen",
        "moyenne",
        "pequeno",
        "pequena",
        "mediano",
        "mediana",
    ]
)


@dataclass(frozen=True, slots=True)
class Size:
    volume_percent: float | None = None
    volume_cm3: float | None = None
    extent: str = ""
    kerboul_coronal: float | None = None
    kerboul_sagittal: float | None = None
    jic_type: str = ""

    @property
    def measured(self) -> bool:
        return self != Size()


@dataclass(frozen=True, slots=True)
class SizeSaid:
    """`notes`: about (not exact), only_bound (">30%"), sum_only (one Kerboul sum is no size), words_only.

    fault: "" or out_of_range, unit_missing, letter_unclear, unreadable.
    """

    size: Size
    notes: tuple[str, ...] = ()
    fault: str = ""
    kerboul_sum: float | None = None


def number(text: str) -> float | None:
    """A number with point or comma; None if the text is none."""
    said = plain(text).replace(" ", "")
    return float(said.replace(",", ".")) if re.fullmatch(r"\d{1,6}(?:[.,]\d+)?", said) else None


def read_size(text: str, *, heading: str = "") -> SizeSaid:
    """A size from its cell; the heading may name the unit ("Size (%)", "Kerboul")."""
    said = plain(text).replace("º", "°")
    if nothing_said(said):
        return SizeSaid(Size())
    named = plain(heading)
    for reader in (_jic, _kerboul, _percent, _volume, _extent):
        if (found := reader(said, named)) is not None:
            return _within_range(found)
    if set(re.findall(r"[a-z]+", said)) & WORDS:
        return SizeSaid(Size(), ("words_only",))
    if re.fullmatch(rf"[<>~≈]?\s*{NUMBER}", said):
        return SizeSaid(Size(), fault="unit_missing")
    return SizeSaid(Size(), fault="unreadable")


def in_unit(text: str, unit: str) -> Size | None:
    """A bare number or letter, once a person said what it is: percent, cm3, extent, jic_type."""
    value = number(re.sub(r"[<>~≈]", "", text))
    letter = plain(text).upper()
    if unit == "percent" and value is not None and value <= 100:
        return Size(volume_percent=value)
    if unit == "cm3" and value is not None and value <= 200:
        return Size(volume_cm3=value)
    if unit == "extent" and letter in ("A", "B", "C"):
        return Size(extent=letter)
    if unit == "jic_type" and letter in ("A", "B", "C1", "C2"):
        return Size(jic_type=letter)
    return None


def _jic(said: str, named: str) -> SizeSaid | None:
    found = re.fullmatch(r"(?:jic|jimc)?[ -]*(?:type|typ|tipo)?[ -]*(a|b|c1|c2|c 1|c 2)", said)
    if not found:
        return None
    value = found.group(1).replace(" ", "").upper()
    if "jic" in said or "jic" in named or value in ("C1", "C2"):
        return SizeSaid(Size(jic_type=value))
    if re.search(r"extent|ausdehnung|etendue|extension", named):
        return SizeSaid(Size(extent=value))
    return SizeSaid(Size(), fault="letter_unclear")


def _kerboul(said: str, named: str) -> SizeSaid | None:
    if not re.search(r"kerbou?l|\bka\b|\bkerb\b|necrotic angle|nekrosewinkel", f"{said} {named}") and not (
        re.search(r"°|deg|grad", said) or re.search(r"kerbou?l|winkel|angle|angulo", named)
    ):
        return None
    bare = re.sub(
        r"kerbou?l|\bkerb\b|\bka\b|angle|winkel|angulo|sum\w*|deg\w*|grad\w*|°|=|:|combined|modified|mod", " ", said
    )
    both = re.search(rf"(?:cor\w*)?\s*{NUMBER}\s*(?:cor\w*)?\s*[+/,;&]\s*(?:sag\w*)?\s*{NUMBER}", bare)
    if both:
        one, two = (float(value.replace(",", ".")) for value in both.groups())
        return SizeSaid(Size(kerboul_coronal=one, kerboul_sagittal=two))
    alone = re.fullmatch(rf"[~≈]?\s*(?:ca\.?|approx\w*|about)?\s*{NUMBER}\s*", bare.strip())
    if not alone:
        return SizeSaid(Size(), fault="unreadable")
    value = float(alone.group(1).replace(",", "."))
    if value > 360:
        return SizeSaid(Size(), fault="out_of_range")
    return SizeSaid(Size(), ("sum_only",), kerboul_sum=value)


def _percent(said: str, named: str) -> SizeSaid | None:
    unit_in_heading = bool(re.search(r"%|percent|prozent|pourcent|porcent", named))
    if "%" not in said and not re.search(r"percent|prozent|pourcent|porcent", said) and not unit_in_heading:
        return None
    if meant := re.search(
        rf"\(\s*{NUMBER}\s*%?\s*\)", said
    ):  # ">30% (40)": the number in brackets is what was measured
        return SizeSaid(Size(volume_percent=float(meant.group(1).replace(",", "."))))
    bare = re.sub(r"%|percent|prozent|pour ?cent|porcent\w*|of head|des kopfes|de la tete", " ", said)
    found = re.fullmatch(
        rf"(?P<about>~|≈|ca\.?|approx\w*\.?|about|circa|env\w*\.?|aprox\w*\.?|etwa)?\s*(?P<bound>[<>]=?)?\s*{NUMBER}\s*(?:(?:-|to|bis|a)\s*{NUMBER})?",
        bare.strip(),
    )
    if not found:
        return SizeSaid(Size(), fault="unreadable")
    value = float(found.group(3).replace(",", "."))
    if found.group(4):  # a range: only a letter may be said, and only if both ends lie in it
        return _letter_of(value, float(found.group(4).replace(",", ".")))
    if bound := found.group("bound"):
        if bound[0] == ">" and value >= 30:
            return SizeSaid(Size(extent="C"), ("only_bound",))
        if bound[0] == "<" and value <= 15:
            return SizeSaid(Size(extent="A"), ("only_bound",))
        return SizeSaid(Size(), ("words_only",))
    return SizeSaid(Size(volume_percent=value), ("about",) if found.group("about") else ())


def _letter_of(low: float, high: float) -> SizeSaid:
    for letter, start, end in (("A", 0, 15), ("B", 15, 30), ("C", 30, 100)):
        if start <= low and high <= end:
            return SizeSaid(Size(extent=letter), ("only_bound",))
    return SizeSaid(Size(), ("words_only",))


def _volume(said: str, named: str) -> SizeSaid | None:
    if not re.search(r"cm3|cm³|ccm|\bcc\b|\bml\b", said) and not re.search(r"cm3|cm³|ccm|\bml\b", named):
        return None
    found = re.search(NUMBER, said)
    return (
        SizeSaid(Size(volume_cm3=float(found.group(1).replace(",", "."))))
        if found
        else SizeSaid(Size(), fault="unreadable")
    )


def _extent(said: str, named: str) -> SizeSaid | None:
    found = re.fullmatch(r"(?:extent|ext|grade|ausdehnung|etendue)[ .:-]*([abc])", said)
    return SizeSaid(Size(extent=found.group(1).upper())) if found else None


def _within_range(found: SizeSaid) -> SizeSaid:
    size = found.size
    fine = (
        (size.volume_percent is None or size.volume_percent <= 100)
        and (size.volume_cm3 is None or size.volume_cm3 <= 200)
        and all(angle is None or angle <= 180 for angle in (size.kerboul_coronal, size.kerboul_sagittal))
    )
    return found if fine else replace(found, size=Size(), fault="out_of_range")
