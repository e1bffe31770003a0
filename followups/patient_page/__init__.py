"""The two-minute page of one patient: what is known, what is next and why, on one screen (pages.md 6.2).

`record` reads, `cards` says where each joint stands, `lanes` draws, `tables` lists; `wording` names things.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from accounts.templatetags.words import age, full_day, phone
from accounts.wording import gettext as _
from followups import charts
from followups.patient_page import cards, lanes, tables, wording
from followups.patient_page.cards import Card, FlagCard, ToDo
from followups.patient_page.record import Record, read
from patients.models import Exposure, Patient, YesNo

LATELY = timedelta(minutes=2)  # how long the page says what the last save did to the plan
SPANS = lanes.SPANS
DEFAULT_SPAN = "2y"
ROWS_ON_PAPER = 4  # of measurements: patient.css hides the others
MARGIN = timedelta(days=14)  # the first days of the picture need the entries before them


@dataclass(slots=True)
class Span:
    name: str
    label: str
    here: bool


@dataclass(slots=True)
class Page:
    """All the template prints."""

    record: Record
    identity: list[tuple[str, str]]
    safety: list[str]
    not_asked: list[str]
    changed: list[str]
    cards: list[Card]
    flags: list[FlagCard]
    no_flag: str
    other_joints: str
    to_do: list[ToDo]
    spans: list[Span]
    picture: charts.Picture
    small: list[tuple[Card, charts.Picture]]
    story: SafeString
    measurements: list[tables.Measurements]
    sections: list[tables.Section]
    openings: SafeString
    actions: dict[str, str]
    ended: str
    paper: list[tuple[str, str]]
    rows_on_paper: int = ROWS_ON_PAPER


def page(patient: Patient, *, role: str, now: datetime, span: str) -> Page:
    back = SPANS[span]
    record = read(patient, role=role, now=now, since=back + MARGIN if back else None)
    shown = cards.cards(record, role)
    links = tables.Links(role, patient.public_id)
    told = sorted(((c.on, c.words) for c in lanes.contacts(record)), reverse=True)
    return Page(
        record=record,
        identity=_identity(patient, record.today),
        safety=_safety(record),
        not_asked=_not_asked(patient),
        changed=cards.changed(record, within=LATELY),
        cards=shown,
        flags=cards.flag_cards(record, role),
        no_flag=cards.no_flag(record),
        other_joints=cards.other_joints(record, shown),
        to_do=cards.to_do(record, shown),
        spans=_spans(record, span),
        picture=lanes.picture(record, shown, lanes.days_shown(record, span)),
        small=lanes.small_pictures(record, shown),
        story=tables.story(record, shown, told),
        measurements=tables.measurements(record, shown, links),
        sections=tables.sections(record, links, recent_contacts=told),
        openings=tables.openings(record),
        actions=_actions(record, role),
        ended=cards.ended(patient) if patient.ended_on else "",
        paper=_paper(record, told),
    )


def _identity(patient: Patient, today: date) -> list[tuple[str, str]]:
    country = patient.clinic.country
    born = f"{full_day(patient.born)} ({age(patient.born, today)})" if patient.born else _("not known")
    return [
        (_("Born"), born),
        (_("MRN"), patient.mrn),
        (_("Sex"), str(patient.get_sex_display())),
        (_("Mobile"), phone(patient.phone, country) if patient.phone else _("not known")),
        *([(_("Other phone"), phone(patient.other_phone, country))] if patient.other_phone else []),
        (_("Prefers"), _prefers(patient)),
    ]


def _prefers(patient: Patient) -> str:
    if patient.sms_stopped_at:
        way = _("no texts (answered STOP)")
    elif patient.sms_allowed and patient.phone:
        way = _("text")
    else:
        way = _("e-mail") if patient.email_allowed and patient.email else _("phone call")
    return ", ".join(filter(None, (way, _language(patient.language), patient.best_hours)))


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


# --- What changes which study may be asked for -----------------------------------------------------------------------
def _safety(record: Record) -> list[str]:
    steroids = [
        tables.exposure_words(e) + (_(" since %(day)s") % {"day": full_day(e.started_on)} if e.started_on else "")
        for e in record.exposures
        if e.kind == Exposure.Kind.STEROID and not e.in_error and not (e.ended_on and e.ended_on < record.today)
    ]
    patient = record.patient
    facts = [
        _asked(patient, "mri_unsafe", _("MRI is not safe"), _("Nothing that rules out MRI")),
        _asked(patient, "pregnant", _("Pregnant"), _("Not pregnant")) if _may_be_pregnant(patient) else "",
        _asked(patient, "kidney_disease", _("Kidney disease: no gadolinium without advice"), _("No kidney disease")),
    ]
    return steroids + [fact for fact in facts if fact]


def _asked(patient: Patient, name: str, yes: str, no: str) -> str:
    value, on = getattr(patient, name), getattr(patient, f"{name}_asked_on")
    if value == YesNo.NOT_KNOWN:
        return ""
    told = yes if value == YesNo.YES else no
    return _("%(fact)s, asked %(day)s") % {"fact": told, "day": full_day(on)} if on else told


def _not_asked(patient: Patient) -> list[str]:
    names: dict[str, Any] = {"mri_unsafe": _("MRI safety: not asked")}
    if _may_be_pregnant(patient):
        names["pregnant"] = _("Pregnancy: not asked")
    return [told for name, told in names.items() if getattr(patient, name) == YesNo.NOT_KNOWN]


def _may_be_pregnant(patient: Patient) -> bool:
    return patient.sex != Patient.Sex.MALE or patient.pregnant != YesNo.NOT_KNOWN


# --- Where one can go ------------------------------------------------------------------------------------------------
def _spans(record: Record, chosen: str) -> list[Span]:
    year = (record.first_on or record.today).year
    labels = {"6m": _("6 months"), "2y": _("2 years"), "all": _("All (since %(year)s)") % {"year": year}}
    return [Span(name, label, name == chosen) for name, label in labels.items()]


ACTIONS = {
    "study": "patients:study_new",
    "treatment": "patients:treatment_new",
    "symptoms": "patients:symptoms_new",
    "review": "patients:surgeon_review_new",
    "score": "patients:score_new",
    "exposure": "patients:exposure_new",
    "joint": "patients:joint_new",
    "safety": "patients:safety",
    "edit": "patients:edit",
    "end": "patients:end",
    "resume": "patients:resume",
    "invite": "patients:invite",
    "phone_log": "followups:log_by_phone",
}


def _actions(record: Record, role: str) -> dict[str, str]:
    """What this role may do here, by name; what it may not is absent."""
    patient = record.patient
    left = {"end", "phone_log"} if patient.ended_on else {"resume"}
    if patient.user_id:
        left.add("invite")
    found = {
        name: href
        for name, route in ACTIONS.items()
        if name not in left and (href := wording.address(route, role, patient.public_id))
    }
    live = min((f for f in record.follow_ups if f.status == "live"), key=lambda f: f.closes_on, default=None)
    worklist = wording.address("followups:worklist", role)
    if live and worklist:
        found["contact"] = f"{worklist}?open={live.public_id}"
    return found


def _paper(record: Record, told: list[tuple[date, str]]) -> list[tuple[str, str]]:
    """What only the printed page says."""
    return [
        (_("Contacts"), tables.contacts_in_a_line(told) or _("none on record")),
        (_("Medicines"), tables.medicines(record) or _("none on record")),
    ]
