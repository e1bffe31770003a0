"""Finding people: what was typed as a question to the database, and the rows that answer it.

One pass over the clinic's patients in the order of their names, stopped as soon as a page is full; the next page
begins after the last row. Nothing is counted.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Clinic
from accounts.templatetags.words import age, day, full_day, late, phone, side_mark
from followups.models import Flag, FollowUp
from followups.patient_page import cards, wording
from patients import identity
from patients.models import ImagingStudy, Joint, Patient, Site

ROWS = 50
LONGEST = 100  # characters of a question
LEAST_DIGITS = 3  # of a phone number: fewer are everybody's
OLDEST = date(1900, 1, 1)

SHOW: dict[str, Promise | str] = {
    "all": gettext_lazy("All"),
    "followed": gettext_lazy("Followed"),
    "ended": gettext_lazy("Ended"),
}
_DATE = re.compile(r"(\d{1,4})[ ./-]+(\d{1,2}|[^\W\d_]+)[ ./-]+(\d{1,4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class Question:
    """What was typed, as the parts that are compared: each part alone may mean somebody, or the name and a number."""

    text: str
    words: tuple[str, ...]  # folded; each must be in the name
    mrn: str
    days: frozenset[date]
    digits: str  # the end of a phone number; empty: not asked
    named: "Question | None" = None  # the number that was typed behind a name: "okonjo 30.1.97"

    @property
    def empty(self) -> bool:
        return not (self.words or self.mrn)


def ask(text: str, *, today: date) -> Question:
    """Names in any order without accents, MRN, a birth date in any order, the last digits of a phone."""
    typed = "".join(c if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") else " " for c in text)
    typed = " ".join(typed.split())[:LONGEST]
    parts = typed.split(" ")
    names = [part for part in parts if not any(c.isdigit() for c in part)]
    numbers = [part for part in parts if part not in names]
    mixed = bool(names and numbers and not _DATE.fullmatch(typed))
    digits = re.sub(r"[^0-9]", "", typed).lstrip("0") if re.fullmatch(r"[0-9\s()+./-]+", typed) else ""
    return Question(
        text=typed,
        words=tuple(identity.search_key(" ".join(names) if mixed else typed).split()),
        mrn=identity.mrn_key(typed),
        days=frozenset(birth_days(typed, today=today)),
        digits=digits if len(digits) >= LEAST_DIGITS else "",
        named=ask(" ".join(numbers), today=today) if mixed else None,
    )


def birth_days(text: str, *, today: date) -> Iterator[date]:
    """Every day the text can mean: '30.1.97', '1997-01-30', '1/30/1997', '30 Jan 1997'. None: it is no date."""
    match = _DATE.fullmatch(text.strip())
    if not match:
        return
    first, middle, last = match.groups()
    orders = {(first, middle, last), (last, middle, first), (middle, first, last)}  # d m y, y m d, m d y
    for day_of, month_of, year_of in sorted(orders):
        month = _month(month_of)
        for year in _years(year_of, today):
            if month and day_of.isdigit() and len(day_of) <= 2:
                try:
                    found = date(year, month, int(day_of))
                except ValueError:
                    continue
                if OLDEST <= found <= today:
                    yield found


def _month(text: str) -> int:
    if text.isdigit():
        return int(text) if len(text) <= 2 else 0
    key = identity.search_key(text)[:3]
    return _MONTHS.index(key) + 1 if key in _MONTHS else 0


def _years(text: str, today: date) -> list[int]:
    """Two digits are a year of either century that lies in the past."""
    if not text.isdigit() or len(text) not in (2, 4):
        return []
    if len(text) == 4:
        return [int(text)] if int(text) else []
    return [year for year in (1900 + int(text), 2000 + int(text)) if year <= today.year]


def found(clinic: Clinic, question: Question, show: str) -> QuerySet[Patient]:
    """Whom the question means, by name."""
    people = Patient.objects.at(clinic).order_by("name_key", "pk")
    if show == "ended":
        people = people.filter(ended_on__isnull=False)
    elif show == "followed":
        people = people.followed()
    if question.empty:
        return people.none() if question.text else people
    return people.filter(_matches(question))


def _matches(question: Question) -> Q:
    named = Q()
    for word in question.words:
        named &= Q(name_key__contains=word)
    if question.named:
        return (named & _numbered(question.named)) | _numbered(question)
    return (named if question.words else Q(pk=None)) | _numbered(question)


def _numbered(question: Question) -> Q:
    """An MRN, a birth date, the end of a phone number."""
    wanted = Q(mrn_key__contains=question.mrn) if question.mrn else Q(pk=None)
    if question.days:
        wanted |= Q(born__in=question.days)
    if question.digits:
        wanted |= Q(phone__endswith=question.digits) | Q(other_phone__endswith=question.digits)
    return wanted


def after(people: QuerySet[Patient], clinic: Clinic, last: UUID | None) -> QuerySet[Patient]:
    """From the row behind this patient on; a false place is the beginning."""
    place = Patient.objects.at(clinic).filter(public_id=last).values_list("name_key", "pk").first() if last else None
    if place is None:
        return people
    name_key, pk = place
    return people.filter(name_key__gte=name_key).exclude(name_key=name_key, pk__lte=pk)


# --- Rows ------------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Line:
    """One text of a row; late ones are red."""

    text: SafeString | str
    late: bool = False


@dataclass(slots=True)
class Row:
    """One patient, ready to print."""

    public_id: UUID
    name: SafeString
    facts: SafeString
    joints: list[tuple[SafeString | str, str]] = field(default_factory=list)
    steps: list[Line] = field(default_factory=list)
    image: str = ""
    severity: str = ""
    owner: str = ""


def rows(people: QuerySet[Patient], question: Question, *, clinic: Clinic, today: date) -> tuple[list[Row], bool]:
    """One page, and whether there are more. Five queries, however many rows."""
    newest = ImagingStudy.objects.filter(patient=OuterRef("pk"), entered_in_error=False).exclude(modality="VISIT")
    newest = newest.order_by("-made_on", "-pk")
    page = list(people.select_related("ended_by")[: ROWS + 1])
    shown, ids = page[:ROWS], [p.pk for p in page[:ROWS]]
    images = {
        pk: (made_on, modality)
        for pk, made_on, modality in Patient.objects.filter(pk__in=ids)
        .annotate(image_on=Subquery(newest.values("made_on")[:1]), image=Subquery(newest.values("modality")[:1]))
        .values_list("pk", "image_on", "image")
    }
    joints, steps, flags = _joints(ids), _steps(ids), _flags(ids)
    return [
        Row(
            public_id=p.public_id,
            name=_name(p, question),
            facts=_facts(p, question, clinic, today),
            joints=joints[p.pk],
            steps=_next(p, steps[p.pk], today),
            image=_image(*images[p.pk]),
            severity=flags.get(p.pk, ""),
            owner=_owner(p, steps[p.pk]),
        )
        for p in shown
    ], len(page) > ROWS


def _joints(ids: Sequence[int]) -> defaultdict[int, list[tuple[SafeString | str, str]]]:
    found: defaultdict[int, list[tuple[SafeString | str, str]]] = defaultdict(list)
    known = Joint.objects.filter(patient__in=ids).values_list(
        "patient_id", "site", "side", "state", "plan__state", "plan__group"
    )
    for patient_id, site, side, said, state, group in sorted(
        known, key=lambda j: (j[1] != Site.HIP, j[1], j[2] == "left")
    ):
        if site != Site.HIP and (state or said) not in ("lesion", "replaced"):
            continue
        word = str(wording.GROUPS.get(group or "") or _states().get(state or said, ""))
        mark = side_mark(side) if side != "none" else ""
        found[patient_id].append((mark, word if site == Site.HIP else f"{Site(site).label}: {word}"))
    return found


def _states() -> dict[str, str]:
    return {
        "never_imaged": _("Never imaged"),
        "clear": _("Imaged clear"),
        "lesion": _("Lesion"),
        "replaced": _("Replaced"),
    }


class _Live(NamedTuple):
    site: str
    side: str
    studies: list[str]
    target_on: date
    closes_on: date
    owner: str


def _steps(ids: Sequence[int]) -> defaultdict[int, list[_Live]]:
    """The live follow-ups of each patient, the most pressing first."""
    found: defaultdict[int, list[_Live]] = defaultdict(list)
    live = FollowUp.objects.live().filter(patient__in=ids).order_by("closes_on", "pk")
    for patient_id, site, side, studies, target_on, closes_on, name, username in live.values_list(
        "patient_id",
        "joint__site",
        "joint__side",
        "studies",
        "target_on",
        "closes_on",
        "owner__name",
        "owner__username",
    ):
        found[patient_id].append(_Live(site, side, studies, target_on, closes_on, name or username or ""))
    return found


def _flags(ids: Sequence[int]) -> dict[int, str]:
    """The gravest open flag of each patient."""
    flags = Flag.objects.open().filter(patient__in=ids).order_by("-severity_rank")
    return dict(flags.values_list("patient_id", "severity"))


def _next(patient: Patient, live: Sequence[_Live], today: date) -> list[Line]:
    if patient.ended_on:
        signed = [Line(_("signed by %(who)s") % {"who": patient.ended_by})] if patient.ended_by else []
        return [Line(cards.ended(patient)), *signed]
    if not live:
        return [Line(_("none planned"))]
    first = live[0]
    together = [
        f for f in live if f.studies == first.studies and f.closes_on == first.closes_on and f.site == first.site
    ]
    sides = _("both sides") if len(together) == 2 else wording.joint_name(first.site, first.side).lower()
    exam = _(" and ").join(str(wording.SHORT[study]) for study in first.studies)
    days = (today - first.closes_on).days
    when = late(days) if days > 0 else _("target %(day)s") % {"day": day(first.target_on, today)}
    return [Line(f"{exam}, {sides}"), Line(when, days > 0)]


def _image(made_on: date | None, modality: str | None) -> str:
    return f"{full_day(made_on)}, {wording.KINDS[modality]}" if made_on and modality else _("never")


def _owner(patient: Patient, live: Sequence[_Live]) -> str:
    if patient.ended_on:
        return "–"
    return live[0].owner or _("Coordinators") if live else _("Coordinators")


# --- What was hit, in bold -------------------------------------------------------------------------------------------
def _name(patient: Patient, question: Question) -> SafeString:
    return bold(str(patient), question.words)


def _facts(patient: Patient, question: Question, clinic: Clinic, today: date) -> SafeString:
    born = f"{full_day(patient.born)} ({age(patient.born, today)})" if patient.born else _("birth date not known")
    digits = (question.named or question).digits
    parts = [
        _marked(born) if patient.born in (question.named or question).days else conditional_escape(born),
        _bold_mrn(patient.mrn, (question.named or question).mrn),
        *(_marked(phone(n, clinic.country)) for n in _phones(patient) if digits and n.endswith(digits)),
    ]
    if patient.ended_on:
        ended = _("ended %(day)s") % {"day": full_day(patient.ended_on)}
        parts.append(conditional_escape(ended))
    return mark_safe(" · ".join(parts))


def _phones(patient: Patient) -> Iterable[str]:
    return (number for number in (patient.phone, patient.other_phone) if number)


def _marked(text: str) -> SafeString:
    return format_html("<mark>{}</mark>", text)


def bold(name: str, wanted: Iterable[str]) -> SafeString:
    """The name with what was typed in bold, where case and accents do not count."""
    folded, places = _folded(name)
    hit = [False] * len(name)
    for word in wanted:
        start = folded.find(word)
        while start >= 0:
            for place in places[start : start + len(word)]:
                hit[place] = True
            start = folded.find(word, start + 1)
    return _join(name, hit)


def _folded(name: str) -> tuple[str, list[int]]:
    """The name as it is compared, and for each of its characters the place it came from."""
    folded, places = "", []
    for place, character in enumerate(name):
        key = identity.search_key(character) or ("" if unicodedata.combining(character) else " ")
        key = "" if character in "'’" else key
        folded += key
        places += [place] * len(key)
    return folded, places


def _bold_mrn(mrn: str, wanted: str) -> SafeString:
    places = [n for n, character in enumerate(mrn) if identity.mrn_key(character)]
    start = "".join(identity.mrn_key(mrn[n]) for n in places).find(wanted) if wanted else -1
    hit = [False] * len(mrn)
    if start >= 0:
        for place in places[start : start + len(wanted)]:
            hit[place] = True
    return _join(mrn, hit)


def _join(text: str, hit: Sequence[bool]) -> SafeString:
    pieces, on = [], False
    for character, is_hit in zip(text, hit, strict=True):
        if is_hit != on:
            pieces.append("<mark>" if is_hit else "</mark>")
            on = is_hit
        pieces.append(conditional_escape(character))
    return mark_safe("".join([*pieces, "</mark>" if on else ""]))


def told(rows: Sequence[Row], *, more: bool) -> str:
    """How many are shown, for whoever cannot see the list grow."""
    if more:
        return _("the first %(n)s") % {"n": len(rows)}
    return ngettext("%(n)s patient", "%(n)s patients", len(rows)) % {"n": len(rows)}
