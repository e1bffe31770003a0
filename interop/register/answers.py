"""Short answers: sex, symptoms, cause, the next review, telephone and e-mail."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from interop.register.words import nothing_said, plain, tidy

FEMALE = frozenset(
    [
        "f",
        "female",
        "femme",
        "feminin",
        "feminine",
        "femenino",
        "femenina",
        "w",
        "weiblich",
        "frau",
        "mujer",
        "woman",
        "fem",
        "donna",
        "vrouw",
        "kobieta",
        "k",
    ]
)
MALE = frozenset(
    [
        "m",
        "male",
        "homme",
        "masculin",
        "masculine",
        "masculino",
        "mann",
        "mannlich",
        "h",
        "hombre",
        "man",
        "masc",
        "uomo",
        "mezczyzna",
    ]
)
OTHER = frozenset(
    ["d", "x", "divers", "diverse", "nonbinary", "non-binary", "other", "intersex", "diverso", "autre", "otro"]
)
YES = frozenset(
    [
        "y",
        "yes",
        "ja",
        "j",
        "oui",
        "o",
        "si",
        "s",
        "x",
        "+",
        "++",
        "true",
        "1",
        "mild",
        "moderate",
        "severe",
        "painful",
        "symptomatic",
        "symptomatisch",
        "symptomatique",
        "sintomatico",
        "sintomatica",
        "leicht",
        "massig",
        "stark",
        "schmerz",
        "schmerzen",
        "schmerzhaft",
        "pain",
        "douleur",
        "douleurs",
        "douloureux",
        "dolor",
        "doloroso",
        "leve",
        "moderado",
        "severo",
        "leger",
        "legere",
        "modere",
        "severe",
        "gering",
        "vorhanden",
        "present",
    ]
)
NO = frozenset(
    [
        "n",
        "no",
        "nein",
        "non",
        "false",
        "0",
        "none",
        "asymptomatic",
        "asymptomatisch",
        "asymptomatique",
        "asintomatico",
        "asintomatica",
        "schmerzfrei",
        "beschwerdefrei",
        "painless",
        "pain-free",
        "painfree",
        "keine",
        "aucun",
        "aucune",
        "ninguno",
        "ninguna",
        "sans",
        "sin",
        "nil",
        "absent",
    ]
)
EXPOSURES: tuple[tuple[str, str], ...] = (
    ("sickle_cell", r"sickle|hbss|hbsc|\bscd\b|sichelzell|drepanocyt|falciforme|drepanocit"),
    (
        "steroid",
        r"steroid|\bpred\b|predniso|dexameth|methylpred|cortico|cortison|kortison|kortiko|corticoid|hydrocort|esteroid",
    ),
    ("lupus", r"\bsle\b|lupus|\bles\b|\bled\b"),
    ("alcohol", r"alcohol|alkohol|\betoh\b|alcool|alcoolis|\boh\b|ethyl|c2h5oh|aethyl|athyl"),
    ("hiv", r"\bhiv\b|\bvih\b|\baids\b|\bsida\b"),
    ("trauma", r"trauma|fractur|fraktur|dislocat|luxation|luxacion|#|\bnof\b|unfall|accident|schenkelhals"),
    ("smoking", r"smok|tobacco|raucher|nikotin|tabac|fumeur|tabaco|tabaquismo|fumador"),
    ("clotting", r"clot|thrombo|trombo|factor v|gerinnung|coagul|antiphosph"),
    ("lipids", r"lipid|cholesterol|triglycerid|fettstoff|dyslip"),
    ("radiation", r"radiat|radiother|bestrahl|strahlen|irradi|radiaci"),
    ("chemotherapy", r"chemo|quimio|chimio"),
    ("gaucher", r"gaucher"),
    ("diving", r"diving|caisson|decompression (?:sick|ill)|taucher|plongee|buceo"),
    ("transplant", r"transplant|trasplant|greffe"),
    ("pancreatitis", r"pancreatit|pankreatit"),
    ("bisphosphonate", r"bisphosph|bifosf"),
    ("pregnancy", r"pregnan|schwanger|grossesse|embarazo"),
)
NO_CAUSE = re.compile(r"idiopath|idiopat|unknown|unclear|unklar|unbekannt|inconnu|desconocid|\bnone\b|spontan")
UNITS = {"d": "day", "t": "day", "w": "week", "s": "week", "m": "month", "y": "year", "j": "year", "a": "year"}
LONG_UNITS = (
    ("week", r"w(?:ee)?ks?|wo\.?|wochen?|semaines?|semanas?|sem\.?|weken|/52"),
    ("month", r"m(?:on)?ths?|mo\.?|mon\.?|monate?n?|mois|mes(?:es)?|maanden?|m|/12"),
    ("year", r"y(?:ea)?rs?|jahre?n?|ans?|annees?|anos?|y|j|a|jr"),
    ("day", r"days?|tage?n?|jours?|dias?|d|t"),
)
DISCHARGED = re.compile(
    r"discharg|entlassen|abgeschloss|sorti|\balta\b|closed|no (?:further )?(?:follow|f/?u|review)|signed off|beendet|kein(?:e)? (?:weitere )?kontroll|termine\b|fin de suivi"
)
ENDED = re.compile(
    r"deceased|died|dead|\brip\b|verstorben|gestorben|decede|fallecid|moved|transferred|verzogen|demenage|traslad|declined|verweigert"
)


def read_sex(text: str, *, woman_is_m: bool = False) -> str | None:
    """F, M, X, "" where nothing is said, None where it cannot be read.

    `woman_is_m`: the column says H and M (hombre, mujer).
    """
    said = plain(text).strip(". ")
    if nothing_said(said):
        return ""
    if woman_is_m and said in ("m", "h"):
        return "F" if said == "m" else "M"
    for sex, words in (("F", FEMALE), ("M", MALE), ("X", OTHER)):
        if said in words:
            return sex
    return None


def says_hombre_mujer(values: Iterable[str]) -> bool:
    """True if the column means hombre and mujer by its H and M: both are there and no F."""
    letters = {plain(value)[:1] for value in values}
    return {"h", "m"} <= letters and "f" not in letters


def read_symptoms(text: str, *, heading: str = "") -> str | None:
    """yes, no, not_known; None where it cannot be read. A heading "asymptomatic?" turns the answer round."""
    said = plain(text).strip(". ")
    if said in NO:
        return "yes" if plain(heading).startswith("asympt") and said != "asymptomatic" else "no"
    if nothing_said(said):
        return "not_known"
    if score := re.fullmatch(r"(?:nrs|vas|eva|pain)?[ :]*(\d{1,2})(?:[.,]\d)? ?/ ?10", said):
        return "no" if score.group(1) == "0" else "yes"
    if re.match(r"(?:no|not|kein\w*|ohne|sans|pas de|pas|sin|non) \w+$", said):
        return "no"
    words = set(re.findall(r"[a-z+-]+|\d", said))
    if said in YES or (words & YES and not words & NO):
        return (
            "no"
            if plain(heading).startswith("asympt") and said in ("y", "yes", "ja", "oui", "si", "1", "x", "true")
            else "yes"
        )
    return "no" if words & NO and not words & YES else None


@dataclass(frozen=True, slots=True)
class ExposuresSaid:
    kinds: tuple[str, ...]
    read: bool


def read_exposures(text: str) -> ExposuresSaid:
    """Kinds named in the cell; `read` is False where there is text that names none ("other")."""
    said = plain(text)
    if nothing_said(said):
        return ExposuresSaid((), True)
    denied = re.sub(r"\b(?:no|kein|keine|pas de|sin|non)\b[^,;/+]*", " ", said)
    kinds = tuple(kind for kind, pattern in EXPOSURES if re.search(pattern, denied))
    return ExposuresSaid(kinds, bool(kinds) or bool(NO_CAUSE.search(said)) or not denied.strip())


@dataclass(frozen=True, slots=True)
class ReviewSaid:
    """When the register wants the person back. kind: nothing, interval, date, discharged, ended, unreadable"""

    kind: str
    count: int = 0
    unit: str = ""


def read_review(text: str) -> ReviewSaid:
    """ "3/12" is three months and "6/52" six weeks, as British clinics write them: never dates."""
    said = plain(text)
    if nothing_said(said):
        return ReviewSaid("nothing")
    if DISCHARGED.search(said):
        return ReviewSaid("discharged")
    if ENDED.search(said):
        return ReviewSaid("ended")
    bare = re.sub(r"^(?:in|dans|en|nach|after|every|alle|f/?u|fu|review|kontrolle|rv) ", "", said)
    if short := re.fullmatch(r"(\d{1,2}) ?/ ?(7|12|52)", bare):
        return ReviewSaid("interval", int(short.group(1)), {"7": "day", "12": "month", "52": "week"}[short.group(2)])
    for unit, words in LONG_UNITS:
        if found := re.fullmatch(rf"(\d{{1,3}}) ?-? ?(?:{words})", bare):
            return ReviewSaid("interval", int(found.group(1)), unit)
    return ReviewSaid("unreadable")


@dataclass(frozen=True, slots=True)
class ContactSaid:
    value: str
    """E.164 or the address; "" where nothing is said or it cannot be read"""
    read: bool = True
    rest: str = ""
    """Further numbers in the cell."""


@lru_cache(maxsize=4096)
def read_phone(text: str, region: str) -> ContactSaid:
    """The first number that is possible in its country, as E.164; extensions and premium numbers are not taken."""
    if nothing_said(text):
        return ContactSaid("")
    parts = [text] if re.match(r"[^/;,]*$", text) else re.split(r"[;,]| / |/(?=\s*[+0(])", text)
    found = [number for part in parts if (number := _e164(part, region))]
    return ContactSaid(found[0], rest=" ".join(found[1:])) if found else ContactSaid("", read=False)


def _e164(text: str, region: str) -> str:
    said = re.sub(r"^\s*=?\"?'?|\"\s*$", "", tidy(text))
    if re.search(r"[a-z]{4}", re.sub(r"(?i)tel|mob(?:ile)?|home|handy|work|phone|privat|movil", "", said.lower())):
        return ""
    try:
        number = phonenumbers.parse(said, region)
    except phonenumbers.NumberParseException:
        return ""
    premium = phonenumbers.number_type(number) in (
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
    )
    if number.extension or premium or not phonenumbers.is_possible_number(number):
        return ""
    if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_email(text: str) -> ContactSaid:
    """One address of plain ASCII with a real domain."""
    said = tidy(text).strip("<> ;,").removeprefix("mailto:")
    if nothing_said(said):
        return ContactSaid("")
    name, _, domain = said.rpartition("@")
    good = (
        said.isascii()
        and len(said) <= 254
        and len(name) <= 64
        and re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", name)
        and re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}", domain)
    )
    return ContactSaid(said if good else "", read=bool(good))
