"""Whom to call now: the sections of the worklist, which rows are in each, and in what order.

Sections are level-triggered questions to the database; nothing stores that somebody is overdue. A page reads so many
rows of a section by an index and never counts further than a hundred.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy

from accounts import access
from accounts.models import Clinic, User
from accounts.templatetags.words import age, day, initials, late, moment, phone, side_mark
from accounts.wording import gettext as _
from accounts.wording import ngettext
from followups import addresses, proving, words
from followups.models import Contact, FollowUp, PatientPlan, Proof, Reminder
from patients.models import ImagingStudy, Joint, Modality

COUNTED = 100  # beyond this many a heading says "99+"
ALL_ROWS = {"overdue": 20, "brought_forward": 10, "not_reviewed": 10, "failed": 10, "promised": 10, "due": 10}
SECTION_ROWS = 50
TOUCHED = 2_000  # joints looked at one by one when asking whether any is without a plan
LONGEST_WINDOW = timedelta(days=190)  # no window is wider: bounds the search for open ones
REVIEW_DAYS = 14  # imaged but not reviewed for longer is late (clinical.md 4.2)


class Section(StrEnum):
    OVERDUE = "overdue"
    BROUGHT_FORWARD = "brought_forward"
    NOT_REVIEWED = "not_reviewed"
    FAILED = "failed"
    PROMISED = "promised"
    DUE = "due"
    HELD = "held"
    RESTING = "resting"


TITLES: dict[str, Promise | str] = {
    Section.OVERDUE: gettext_lazy("Overdue"),
    Section.BROUGHT_FORWARD: gettext_lazy("Brought forward"),
    Section.NOT_REVIEWED: gettext_lazy("Imaged, not reviewed"),
    Section.FAILED: gettext_lazy("Failed contact"),
    Section.PROMISED: gettext_lazy("Promised"),
    Section.DUE: gettext_lazy("Due"),
    Section.HELD: gettext_lazy("Reminders held"),
    Section.RESTING: gettext_lazy("Coming back later"),
}
WHY_HERE: dict[str, Promise | str] = {
    Section.OVERDUE: gettext_lazy("The window has closed and no matching image is on record."),
    Section.BROUGHT_FORWARD: gettext_lazy("A clinician wants pictures earlier than the protocol does."),
    Section.NOT_REVIEWED: gettext_lazy("The picture exists. Nobody has staged it. Late after 14 days."),
    Section.FAILED: gettext_lazy("A message did not arrive, or there is no way to send one."),
    Section.PROMISED: gettext_lazy("They named a day. Comes back the morning after if no image arrives."),
    Section.DUE: gettext_lazy("The window is open and no day is agreed."),
    Section.HELD: gettext_lazy("A register brought them in already due. No message leaves before a person says so."),
    Section.RESTING: gettext_lazy("Called or snoozed: each comes back on its day."),
}
IN_ORDER = (
    Section.OVERDUE,
    Section.BROUGHT_FORWARD,
    Section.NOT_REVIEWED,
    Section.FAILED,
    Section.PROMISED,
    Section.DUE,
)


@dataclass(frozen=True)
class Whose:
    """Everyone's, mine, or what nobody has taken."""

    name: str
    user: User

    def of(self, rows: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
        if self.name == "mine":
            return rows.filter(owner=self.user)
        return rows.filter(owner=None) if self.name == "untaken" else rows


def rows_of(section: str, clinic: Clinic, *, today: date) -> QuerySet[FollowUp]:
    """The follow-ups of one section, most dangerous first."""
    live = FollowUp.objects.at(clinic).live()
    ready = Q(next_contact_on=None) | Q(next_contact_on__lte=today)
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=today)
    agreed = Q(promised_on__isnull=False, promised_on__gte=today)
    window = Q(opens_on__lte=today, closes_on__gte=today, closes_on__lte=today + LONGEST_WINDOW)
    late = Q(closes_on__lt=today)
    match section:
        case Section.OVERDUE:
            return _by_danger(live.filter(late, ready, awake).exclude(agreed))
        case Section.BROUGHT_FORWARD:
            asked = live.filter(ready, awake, brought_forward_to__isnull=False, closes_on__gte=today)
            return asked.filter(promised_on=None).order_by("brought_forward_to", "group_rank", "pk")
        case Section.FAILED:
            failed = live.filter(ready, awake, contact_failed_at__isnull=False, closes_on__gte=today)
            return _by_danger(failed.filter(promised_on=None, brought_forward_to=None))
        case Section.PROMISED:
            named = live.filter(awake, promised_on__isnull=False)
            return named.filter(~late | agreed).order_by("promised_on", "group_rank", "pk")
        case Section.DUE:
            return _by_danger(
                live.filter(window, ready, awake, promised_on=None, contact_failed_at=None, brought_forward_to=None)
            )
        case Section.HELD:
            return _by_danger(live.filter(held_at__isnull=False))
        case _:
            put_off = Q(snoozed_until__isnull=False) | Q(next_contact_on__isnull=False)  # in the words of its index
            asleep = put_off & (~awake | (~ready & Q(promised_on=None)))
            begun = Q(opens_on__lte=today) | Q(brought_forward_to__isnull=False)
            return live.filter(asleep, begun).order_by("group_rank", "closes_on", "pk")


def _by_danger(rows: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    return rows.order_by("group_rank", "closes_on", "patient_id", "pk")


def not_reviewed(clinic: Clinic) -> QuerySet[ImagingStudy]:
    """Studies that were made and that nobody has staged, oldest first. Visits hold nothing to read."""
    rows = ImagingStudy.objects.filter(patient__clinic=clinic, patient__ended_on=None, reviewed_at=None)
    return rows.filter(entered_in_error=False).exclude(modality="VISIT").order_by("made_on", "pk")


class Capped(Subquery):
    """How many rows, counted up to the slice of the queryset."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()


def columns(clinic: Clinic, whose: Whose | None, sections: Sequence[str], *, today: date) -> dict[str, Capped]:
    """Each section's rows as a column `n_<section>` of one query, up to a hundred. `whose` None: everyone's."""
    found = {}
    for section in sections:
        if section == Section.NOT_REVIEWED:
            found[f"n_{section}"] = Capped(not_reviewed(clinic).order_by().values("pk")[:COUNTED])
        else:
            rows = rows_of(section, clinic, today=today)
            found[f"n_{section}"] = Capped((whose.of(rows) if whose else rows).order_by().values("pk")[:COUNTED])
    return found


def heads(clinic: Clinic, whose: Whose, *, today: date) -> dict[str, list[int]]:
    """The first hundred keys of each section, in its order: which rows to show, and how many there are.

    Keys of follow-ups; of studies where nothing has been reviewed.
    """
    found: dict[str, QuerySet[Any]] = {s: whose.of(rows_of(s, clinic, today=today)) for s in Section}
    found[Section.NOT_REVIEWED] = not_reviewed(clinic)
    return {section: list(rows.values_list("pk", flat=True)[:COUNTED]) for section, rows in found.items()}


def counts(found: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """What the headings say."""
    said = {section: said_up_to_99(len(keys)) for section, keys in found.items()}
    return said | {"all": said_up_to_99(waiting(found))}


def waiting(found: Mapping[str, Sequence[int]]) -> int:
    return sum(len(found[section]) for section in IN_ORDER)


def said_up_to_99(number: int) -> str:
    return f"{COUNTED - 1}+" if number >= COUNTED else str(number)


# --- Rows, as the page prints them -----------------------------------------------------------------------------------
@dataclass(slots=True)
class Need:
    """What is asked for, of which sides, in which window."""

    sides: str
    exam: str
    window: str


@dataclass(slots=True)
class Row:
    """One line of the worklist: a patient, why they are here, and what to do. All text is ready to print."""

    follow_up_id: UUID
    href: str
    call_href: str
    red: bool
    why: str
    group: str
    name: str
    facts: str
    needs: list[Need]
    contact: str
    contact_when: str
    owner: str
    initials: str
    held: bool
    decides: str
    keys: set[tuple[Any, ...]] = field(default_factory=set)


COLUMNS = (
    "public_id", "patient__public_id", "patient__family_name", "patient__given_name", "patient__mrn", "patient__born",
    "patient__phone", "patient__other_phone", "joint__site", "joint__side", "studies", "opens_on", "target_on",
    "closes_on", "group", "owner__name", "owner__username", "barrier", "next_contact_on", "promised_on",
    "contact_failure", "held_at", "escalated_to", "claimed_done_at", "snoozed_until", "no_answer_count",
    "last_contact", "last_reminder", "patient_id", "brought_forward_to", "brought_forward_studies",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Last:
    """The last attempt to reach somebody, ready to print."""

    at: datetime
    what: str
    by: str


def read(shown: Mapping[str, Sequence[int]], *, clinic: Clinic, today: date) -> dict[str, list[Row]]:
    """The rows of these follow-ups, by section, ready to print; both hips of a patient together."""
    found = _values([pk for keys in shown.values() for pk in keys])
    contacts = _contacts(v["last_contact"] for v in found.values())
    reminders = _reminders(v["last_reminder"] for v in found.values())
    printed: dict[str, list[Row]] = {}
    for section, keys in shown.items():
        rows: dict[int, Row] = {}
        for v in (found[pk] for pk in keys if pk in found):
            if known := rows.get(v["patient_id"]):
                _also(known, v, today)
            else:
                last = _later(contacts.get(v["last_contact"]), reminders.get(v["last_reminder"]))
                rows[v["patient_id"]] = _row(v, section, clinic, today, last)
        printed[section] = list(rows.values())
    return printed


def row_of(follow_up: FollowUp, *, clinic: Clinic, today: date) -> Row | None:
    """The row on which this follow-up stands now; None: it is not on the list today."""
    for section in IN_ORDER:
        if section == Section.NOT_REVIEWED:
            continue
        mine = rows_of(section, clinic, today=today).filter(patient=follow_up.patient_id)
        keys = list(mine.values_list("pk", flat=True))
        if follow_up.pk in keys:
            return read({section: keys}, clinic=clinic, today=today)[section][0]
    return None


def _values(keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    last_contact = Contact.objects.filter(patient=OuterRef("patient_id"), undone_at=None).order_by("-at")
    last_reminder = Reminder.objects.filter(follow_up=OuterRef("pk"), status__in=["sent", "failed"]).order_by("-due_at")
    rows = FollowUp.objects.filter(pk__in=keys).annotate(
        last_contact=Subquery(last_contact.values("pk")[:1]), last_reminder=Subquery(last_reminder.values("pk")[:1])
    )
    return {values["pk"]: values for values in rows.values("pk", *COLUMNS)}


def _contacts(keys: Iterable[int | None]) -> dict[int, Last]:
    rows = Contact.objects.filter(pk__in={key for key in keys if key})
    return {
        pk: Last(at, words.contact_result(result), name or username)
        for pk, at, result, name, username in rows.values_list("pk", "at", "result", "by__name", "by__username")
    }


def _reminders(keys: Iterable[int | None]) -> dict[int, Last]:
    rows = Reminder.objects.filter(pk__in={key for key in keys if key})
    return {
        pk: Last(at, words.message_state(channel, status), _("automatic"))
        for pk, at, channel, status in rows.values_list("pk", "due_at", "channel", "status")
    }


def _later(contact: Last | None, reminder: Last | None) -> Last | None:
    """What happened last: a person's call, or a message."""
    if contact and (reminder is None or contact.at >= reminder.at):
        return contact
    return reminder


def _row(v: dict[str, Any], section: str, clinic: Clinic, today: date, last: Last | None) -> Row:
    owner = v["owner__name"] or v["owner__username"] or ""
    why, red = _why(v, section, today)
    row = Row(
        follow_up_id=v["public_id"],
        href=addresses.patient(v["patient__public_id"]),
        call_href=addresses.call(v["public_id"]),
        red=red,
        why=why,
        group=_group(v, today),
        name=f"{v['patient__given_name']} {v['patient__family_name']}".strip(),
        facts=_facts(v, clinic, today),
        needs=[],
        contact=last.what if last else _("Never contacted"),
        contact_when=f"{moment(last.at, today)}, {last.by}" if last else "",
        owner=owner,
        initials=initials(owner) if owner else "",
        held=v["held_at"] is not None,
        decides=_decides(v["escalated_to"]),
    )
    _also(row, v, today)
    return row


def _also(row: Row, v: dict[str, Any], today: date) -> None:
    """Add a joint to the row: to the need it shares, or as a need of its own."""
    studies = tuple(v["brought_forward_studies"] or v["studies"])
    key = (studies, v["joint__site"], v["target_on"])
    mark = side_mark(v["joint__side"])
    if key in row.keys:
        for need in row.needs:
            if need.window == _window(v, today) and mark not in need.sides:
                need.sides = mark + need.sides if v["joint__side"] == "right" else need.sides + mark
        return
    row.keys.add(key)
    row.needs.append(Need(mark, words.exam(studies, v["joint__site"]), _window(v, today)))


def _why(v: dict[str, Any], section: str, today: date) -> tuple[str, bool]:
    match section:
        case Section.OVERDUE:
            return late((today - v["closes_on"]).days), True
        case Section.BROUGHT_FORWARD if v["brought_forward_to"] < today:
            return late((today - v["brought_forward_to"]).days), True
        case Section.BROUGHT_FORWARD:
            return _("wanted by %(day)s") % {"day": day(v["brought_forward_to"], today)}, False
        case Section.PROMISED if v["promised_on"] < today:
            return _("Promise broken %(day)s") % {"day": day(v["promised_on"], today)}, True
        case Section.PROMISED:
            return _("Promised %(day)s") % {"day": day(v["promised_on"], today)}, False
        case Section.FAILED:
            return words.failure(v["contact_failure"]), False
        case Section.HELD if v["closes_on"] < today:
            return late((today - v["closes_on"]).days), True
        case Section.RESTING:
            back = max(filter(None, (v["snoozed_until"], v["next_contact_on"])))
            return _("back %(day)s") % {"day": day(back, today)}, False
    return words.closes(v["closes_on"], today), False


def _group(v: dict[str, Any], today: date) -> str:
    parts = [words.group(v["group"])]
    if v["barrier"]:
        parts.append(str(FollowUp.Barrier(v["barrier"]).label))
    if v["claimed_done_at"]:
        parts.append(_("said to be done"))
    if v["held_at"]:
        parts.append(_("reminders held"))
    return " · ".join(parts)


def _facts(v: dict[str, Any], clinic: Clinic, today: date) -> str:
    number = v["patient__phone"] or v["patient__other_phone"]
    shown = phone(number, clinic.country) if number else _("no number")
    return " · ".join(filter(None, (v["patient__mrn"], age(v["patient__born"], today), shown)))


def _window(v: dict[str, Any], today: date) -> str:
    target, closes = day(v["target_on"], today), day(v["closes_on"], today)
    if v["closes_on"] < today:
        return _("target %(target)s · closed %(closes)s") % {"target": target, "closes": closes}
    return _("target %(target)s · closes %(closes)s") % {"target": target, "closes": closes}


def _decides(role: str) -> str:
    return {access.CLINICIAN: _("A clinician decides"), access.LEAD: _("The lead decides")}.get(role, "")


# --- What else the page shows ----------------------------------------------------------------------------------------
@dataclass(slots=True)
class Unread:
    """A study that waits for a clinician."""

    href: str
    study_href: str
    red: bool
    why: str
    name: str
    facts: str
    sides: str
    exam: str
    due: str


def unread(keys: Sequence[int], *, today: date) -> list[Unread]:
    studies = ImagingStudy.objects.filter(pk__in=keys).select_related("patient").order_by("made_on", "pk")
    return [_unread(study, today) for study in studies]


def _unread(study: ImagingStudy, today: date) -> Unread:
    waiting = (today - study.made_on).days
    kind = Modality(study.modality).label
    sides = sorted({side for _site, side in study.covers}, reverse=True)
    return Unread(
        href=addresses.patient(study.patient.public_id),
        study_href=addresses.study(study.patient.public_id, study.public_id),
        red=waiting > REVIEW_DAYS,
        why=ngettext("%(days)s day since image", "%(days)s days since image", waiting) % {"days": waiting},
        name=str(study.patient),
        facts=" · ".join(filter(None, (study.patient.mrn, age(study.patient.born, today)))),
        sides=format_html_join("", "{}", ((side_mark(side),) for side in sides if side != "none")),
        exam=_("Stage and size: %(kind)s %(day)s") % {"kind": kind, "day": day(study.made_on, today)},
        due=_("review by %(day)s") % {"day": day(study.made_on + timedelta(days=REVIEW_DAYS), today)},
    )


def without_plan(clinic: Clinic, proof: Proof | None) -> Sequence[Joint]:
    """Must be empty. Shown first, in red.

    What the last proof named and what was planned or entered since: asking for every joint anew would cost each page
    as much as the clinic is large.
    """
    rows = proving.without_plan(clinic)
    if proof:
        keys = list(_touched_since(proof)[: TOUCHED + 1])
        # More than this in one hour, as after an import, are not fewer than all.
        rows = rows.filter(pk__in=keys) if len(keys) <= TOUCHED else rows
    return list(rows.select_related("patient")[:COUNTED])


def _touched_since(proof: Proof) -> QuerySet[Joint, int]:
    named = [offender["public_id"] for offender in proof.offenders if offender["what"] == "lesion"]
    planned = PatientPlan.objects.filter(planned_at__gte=proof.at).values("patient")
    return (
        Joint.objects.filter(public_id__in=named)
        .values_list("pk", flat=True)
        .union(
            Joint.objects.filter(entered_at__gte=proof.at).values_list("pk", flat=True),
            Joint.objects.filter(patient__in=planned).values_list("pk", flat=True),
        )
    )


def together(follow_up: FollowUp, *, today: date) -> list[FollowUp]:
    """What one call is about: everything of this patient whose window has opened, this one included."""
    mine = (
        FollowUp.objects.live().filter(patient=follow_up.patient_id).filter(Q(pk=follow_up.pk) | Q(opens_on__lte=today))
    )
    return list(mine.select_related("clinic", "patient__clinic", "joint").order_by("group_rank", "closes_on", "pk"))


def next_opening(clinic: Clinic, whose: Whose, *, today: date) -> date | None:
    """The next day on which a window opens: what comes after an empty list."""
    ahead = whose.of(FollowUp.objects.at(clinic).live().filter(closes_on__gte=today, opens_on__gt=today))
    return ahead.order_by("opens_on").values_list("opens_on", flat=True).first()
