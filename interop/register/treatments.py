"""Operations and treatments in a register's words, with side and date where they are said."""

import re
from dataclasses import dataclass
from datetime import date

from interop.register.dates import MONTHS, Precision, Said, find_days
from interop.register.joints import sides_in, sites_in
from interop.register.words import nothing_said, plain

REPLACEMENTS = frozenset(("THA", "RES", "HEMI-R", "ARTHRO", "REV"))
OPERATIONS = REPLACEMENTS | frozenset(("ARTHROD", "CD", "CD+", "ROD", "REG", "NVG", "VFG", "ALLO", "SYN", "OST"))
CODES: tuple[tuple[str, str], ...] = (
    ("REV", r"revision|revis\b|wechsel\b|tep.?wechsel|reprise"),
    ("HEMI-R", r"hemi.?resurfacing|hemi.?surface|resurfacing hemi\w*"),
    ("RES", r"resurfac\w*|oberflachenersatz|resurfacage|\bbhr\b|recubrimiento"),
    (
        "THA",
        r"\bthr\b|\btha\b|total hip\w*|hip replacement|huft.?tep|h.?tep\b|huftprothese|hip arthroplasty|\bpth\b|\bptc\b|"
        r"prothese (?:totale )?(?:de )?(?:la )?hanche|protesis (?:total )?(?:de )?cadera|artroplastia total de cadera|arthroplastie totale de (?:la )?hanche",
    ),
    (
        "ARTHRO",
        r"\btkr\b|\btka\b|\btsr\b|\btsa\b|\brtsa\b|\bukr\b|\bptg\b|\bptr\b|\bptt\b|knie.?tep|k.?tep\b|schulter.?tep|"
        r"(?:total )?(?:knee|shoulder|ankle) (?:replacement|arthroplasty)|hemi.?arthroplasty|hemiprothese|prothese (?:totale )?(?:du |de )?(?:genou|l'?epaule)",
    ),
    ("?THA", r"\btep\b|endoprothese\w*|arthroplast\w*|artroplast\w*|replacement|prothes\w*|protesis|\bjoint replaced"),
    ("ARTHROD", r"arthrodes\w*|artrodes\w*|\bfusion\b|versteifung"),
    (
        "NVG",
        r"non.?vasc\w* .*graft|nonvasc\w*|\bnvbg\b|\bnvg\b|phemister|trap.?door|light.?bulb|nicht.?vask\w*|spongiosa\w*|impaction graft\w*",
    ),
    (
        "VFG",
        r"vasc\w*\.? .*(?:fibul\w*|graft)|\bfvfg\b|\bvfg\b|free fib\w*|vask\w*\.? ?fibul\w*|fibula ?(?:graft|transplantat|transfer)|gefassgestielt\w*|greffe .*vascularisee|perone vascularizado",
    ),
    ("ALLO", r"allograft\w*|allogreffe"),
    ("SYN", r"synthetic (?:bone )?graft|bone substitute|knochenersatz"),
    ("ROD", r"tantal\w*|\brod\b"),
    ("OST", r"osteotom\w*|umstellung\w*|\bpao\b"),
    (
        "CD+",
        r"(?:core decomp\w*|\bcd\b|forage|anbohrung|dekompression|decompression|descompresion).*(?:\+|with|mit|avec|con|and|&).*(?:bmac|stem|marrow|prp|graft|cell|knochenmark|moelle|medula|zell)|\bcd ?\+",
    ),
    (
        "CD",
        r"core.?decomp\w*|\bcd\b|\bcore dec\b|forage\w*|anbohrung\w*|dekompression\w*|decompression\w*|descompresion\w*|drilling|perforacion\w*|entlastungsbohrung",
    ),
    ("NVG", r"bone.?graft\w*|greffe osseuse|injerto oseo|knochentransplant\w*"),
    ("REG", r"\bbmac\b|stem.?cell\w*|\bprp\b|cell therapy|stammzell\w*"),
    ("ESWT", r"\beswt\b|shock.?wave|stosswelle\w*|ondes de choc"),
    ("HBO", r"\bhbo\w*|hyperbar\w*"),
    ("PT", r"physio\w*|kinesi\w*|fisioterap\w*"),
    ("WBR", r"\bnwb\b|\bpwb\b|\bttwb\b|weight.?bearing|entlastung|teilbelastung|crutches|gehstutzen|decharge"),
    ("OBS", r"observ\w*|conservativ\w*|konservativ\w*|watchful|surveillance|conservador"),
)
NOT_DONE = re.compile(
    r"\b(?:planned|plan|listed|awaiting|waiting|await|considering|consider|offered|declined|refused|scheduled|booked|for|referred|discussed|w/l|wl|"
    r"geplant|abgelehnt|vorgesehen|warteliste|prevue?|refusee?|en attente|planificad[oa]|programad[oa]|rechaza|pendiente|tbc|possible|cancelled)\b|\?"
)


@dataclass(frozen=True, slots=True)
class TreatmentSaid:
    """fault: "" or unreadable, not_done (planned, refused), date_missing, date_impossible, order_unclear, which_replacement"""

    code: str
    on: date | None
    precision: Precision
    last_on: date | None
    """The last day that may be meant, where only a month or a year is said."""
    sides: tuple[str, ...]
    sites: tuple[str, ...]
    said: str
    fault: str = ""


def read_treatments(text: str, *, order: str, today: date, own_date: Said | None = None) -> tuple[TreatmentSaid, ...]:
    """All treatments in a cell. `own_date` is the cell of the date column, if there is one."""
    if nothing_said(text):
        return ()
    return tuple(_read_one(part, order, today, own_date) for part in _parts(text))


def _parts(text: str) -> list[str]:
    """Split where another treatment begins, not inside one ("CD + BMAC") nor its date."""
    rough = [part.strip() for part in re.split(r"[;\n]|,(?!\d)|\bthen\b|\bdann\b|\bpuis\b", text) if part.strip()]
    parts: list[str] = []
    for part in rough:
        if parts and not _code(plain(part)):
            parts[-1] += f", {part}"  # belongs to the one before: "CD, 03/2025"
        else:
            parts.append(part)
    return parts


def _code(said: str) -> str:
    return next((code for code, pattern in CODES if re.search(pattern, said)), "")


def _read_one(text: str, order: str, today: date, own_date: Said | None) -> TreatmentSaid:
    said = plain(text)
    code = _code(said)
    days = find_days(text, order=order, today=today) or ([own_date] if own_date else [])
    sites = sites_in(re.sub(r"fibul\w*|femoral|humeral", " ", said))
    if code == "?THA":
        code, unsure = {(): ("THA", True), ("hip",): ("THA", False)}.get(sites[:1], ("ARTHRO", False))
    else:
        unsure = False
    day = days[0] if len(days) == 1 else None
    fault = _fault(said, code, days, unsure)
    sides = sides_in(re.sub("|".join(sorted(MONTHS, key=len, reverse=True)), " ", said) if days else said)
    return TreatmentSaid(
        code.removeprefix("?"),
        day.day if day else None,
        day.precision if day else Precision.DAY,
        day.last() if day else None,
        sides,
        sites,
        text.strip(),
        fault,
    )


def _fault(said: str, code: str, days: list[Said], unsure: bool) -> str:
    if not code:
        return "unreadable"
    if NOT_DONE.search(said):
        return "not_done"
    if unsure:
        return "which_replacement"
    if code not in OPERATIONS:
        return ""
    if len(days) != 1:
        return "date_missing"
    return {"": "", "impossible": "date_impossible"}.get(
        days[0].fault, "order_unclear" if days[0].fault.startswith("order") else "date_impossible"
    )
