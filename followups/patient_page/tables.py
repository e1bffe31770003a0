"""What stands below the picture: measurements, treatments, contacts and the rest of the record, as ready cells.

Cells are joined here: a template loop over a hundred of them costs more than reading the record. Every word that
comes from a record goes through `format_html`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from accounts.models import Role
from accounts.templatetags.words import full_day, side_mark
from accounts.wording import gettext as _
from followups import flag_words, words
from followups.models import Reminder
from followups.patient_page import wording
from followups.patient_page.cards import Card
from followups.patient_page.record import ExposureRow, FindingRow, JointRow, Noted, Record, StudyRow
from patients.models import Exposure, Score, Site

NIL = UUID(int=0)
# What each kind of picture can show; a dash stands only where it cannot.
SHOWS_STAGE, SHOWS_SIZE = frozenset({"DX", "CR"}), frozenset({"MR"})
SHOWS_DEPRESSION, SHOWS_OEDEMA = frozenset({"DX", "CR", "CT"}), frozenset({"MR"})
DASH = "–"
NEXT_REMINDERS, PAST_REMINDERS = 2, 6


@dataclass(slots=True)
class Measurements:
    key: str
    side: str
    title: str
    heads: list[str]
    body: SafeString
    rows: int


@dataclass(slots=True)
class Section:
    """A short list of one kind of entries, with the way to add one."""

    key: str
    title: str
    body: SafeString  # list items
    empty: str
    add_href: str = ""
    add: str = ""
    note: str = ""


@dataclass(slots=True)
class Links:
    """Addresses with a place for one id, looked up once for each kind of row."""

    role: str
    patient_id: UUID
    made: dict[str, str] = field(default_factory=dict)

    def to(self, route: str, row_id: UUID) -> str:
        if route not in self.made:
            self.made[route] = wording.address(route, self.role, self.patient_id, NIL)
        return self.made[route].replace(str(NIL), str(row_id))


# --- Measurements ----------------------------------------------------------------------------------------------------
def measurements(record: Record, shown: Iterable[Card], links: Links) -> list[Measurements]:
    """One table for each joint that was ever imaged, newest first."""
    by_pk = {j.pk: j for j in record.joints}
    found = []
    for card in shown:
        joint = by_pk.get(card.joint_id or 0)
        rows = [s for s in record.studies if joint and s.modality != "VISIT" and s.shows(joint)]
        if joint and rows:
            title = _("%(joint)s: measurements") % {"joint": card.name}
            named = {(f.system, f.version) for s in rows for f in s.findings if f.joint_id == joint.pk and f.value}
            system = " ".join(next(iter(named))).strip() if len(named) == 1 else ""
            stage = _("Stage, %(system)s") % {"system": system} if system else _("Stage")
            heads = [
                _("Study"), stage, _("Size of head"), _("Kerboul"), _("Depression"), _("Oedema"), _("Read by"),
            ]  # fmt: skip
            found.append(
                Measurements(
                    card.key, card.side, title, heads, _measured(rows, joint, links, bare=bool(system)), len(rows)
                )
            )
    return found


def _measured(studies: Sequence[StudyRow], joint: JointRow, links: Links, *, bare: bool) -> SafeString:
    """Rows newest first; each value knows the one before it. `bare`: the head names the stage's system."""
    lines: list[SafeString] = []
    before: dict[str, str | float | None] = {}
    for study in reversed(studies):
        lines.append(_withdrawn(study, joint) if study.in_error else _line(study, joint, before, links, bare))
    return mark_safe("".join(reversed(lines)))


def _line(
    study: StudyRow, joint: JointRow, before: dict[str, str | float | None], links: Links, bare: bool
) -> SafeString:
    name = _study_name(study, links.to("patients:study", study.public_id))
    found, wrong = study.of(joint), study.withdrawn(joint)
    if found is None:
        implant = joint.state == "replaced"
        told = _("not reviewed") if study.waits else _("nothing staged") if implant else _("no lesion seen")
        css = "tag tag-amber" if study.waits else "ink-3"
        return format_html(
            '<tr><th scope="row">{}</th><td colspan="5"><span class="{}">{}</span>{}</td><td>{}</td></tr>',
            name, css, told, _struck(wording.stage(f) or wording.size(f) for f in wrong), study.read_by,
        )  # fmt: skip
    cells = (
        _stage_cell(study, found, wrong, before, bare),
        _size_cell(study, found, wrong, before),
        _angle_cell(study, found, wrong, joint),
        _depression_cell(study, found, wrong),
        _oedema_cell(study, found),
    )
    return format_html(
        '<tr><th scope="row">{}</th><td>{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{}</td>'
        "<td>{}</td><td>{}</td></tr>",
        name, *cells, study.read_by or _("not known"),
    )  # fmt: skip


def _study_name(study: StudyRow, href: str) -> SafeString:
    told = f"{full_day(study.made_on)} {wording.KINDS[study.modality]}"
    return format_html('<a class="row-link" href="{}">{}</a>', href, told) if href else format_html("{}", told)


def _withdrawn(study: StudyRow, joint: JointRow) -> SafeString:
    told = f"{full_day(study.made_on)} {wording.KINDS[study.modality]}"
    said = " · ".join(filter(None, (wording.stage(f) or wording.size(f) for f in study.withdrawn(joint))))
    return format_html(
        '<tr><th scope="row"><s>{}</s></th><td colspan="5"><s>{}</s> {}</td><td>{}</td></tr>',
        told, said, _error(study.error_reason), study.read_by,
    )  # fmt: skip


def _error(reason: str) -> str:
    return _("entered in error: %(why)s") % {"why": reason} if reason else _("entered in error")


def _struck(values: Iterable[str]) -> SafeString:
    return format_html_join("", " <s>{}</s>", ((value,) for value in values if value))


def _stage_cell(
    study: StudyRow, found: FindingRow, wrong: list[FindingRow], before: dict[str, str | float | None], bare: bool
) -> SafeString:
    old = _struck(f.value if bare else wording.stage(f) for f in wrong)
    if not found.value:
        return format_html("{}{}", _not_told(study.modality in SHOWS_STAGE), old)
    last, now = before.get("stage"), found.value if bare else wording.stage(found)
    before["stage"] = now
    was = (
        format_html(' <span class="ink-3">{}</span>', _("was %(stage)s") % {"stage": last})
        if last and last != now
        else ""
    )
    return format_html("{}{}{}", now, was, old)


def _size_cell(
    study: StudyRow, found: FindingRow, wrong: list[FindingRow], before: dict[str, str | float | None]
) -> SafeString:
    old = _struck(f"{wording.number(f.percent)} %" for f in wrong if f.percent is not None)
    if found.percent is None:
        other = f"{wording.number(found.cm3)} cm³" if found.cm3 is not None else ""
        return format_html("{}{}", other or _not_told(study.modality in SHOWS_SIZE, _("not sized")), old)
    last = before.get("size")
    before["size"] = found.percent
    change = ""
    if isinstance(last, float) and last != found.percent:
        change = format_html(' <span class="ink-3">{}</span>', f"{found.percent - last:+g}".replace("-", "−"))
    return format_html("{} %{}{}", wording.number(found.percent), change, old)


def _angle_cell(study: StudyRow, found: FindingRow, wrong: list[FindingRow], joint: JointRow) -> SafeString:
    angle = wording.kerboul(found)
    old = _struck(f"{wording.number(a)}°" for f in wrong if (a := wording.kerboul(f)) is not None)
    if angle is None:
        return format_html("{}{}", _not_told(study.modality in SHOWS_SIZE and joint.site == Site.HIP), old)
    return format_html("{}°{}", wording.number(angle), old)


def _depression_cell(study: StudyRow, found: FindingRow, wrong: list[FindingRow]) -> SafeString:
    old = _struck(f"{wording.number(f.depression)} mm" for f in wrong if f.depression is not None)
    if found.depression is None:
        return format_html("{}{}", _not_told(study.modality in SHOWS_DEPRESSION), old)
    told = f"{wording.number(found.depression)} mm" if found.depression else _("none")
    return format_html("{}{}", told, old)


def _oedema_cell(study: StudyRow, found: FindingRow) -> SafeString:
    if study.modality not in SHOWS_OEDEMA:
        return format_html("{}", DASH)
    return format_html("{}", wording.YES_NO[found.oedema])


def _not_told(could_be: bool, word: str = "") -> str:
    return (word or _("not measured")) if could_be else DASH


# --- Lists -----------------------------------------------------------------------------------------------------------
def sections(record: Record, links: Links, *, recent_contacts: Sequence[tuple[date, str]]) -> list[Section]:
    patient_id, role = record.patient.public_id, links.role
    return [
        Section(
            "treatments",
            _("Treatments"),
            _treatments(record, links),
            _("No treatment on record."),
            wording.address("patients:treatment_new", role, patient_id),
            _("Add a treatment"),
        ),
        Section("contacts", _("Contacts"), _contacts(recent_contacts, record.today), _("Nobody has called yet.")),
        Section("reminders", _("Reminders"), _reminders(record), _("No message has been sent or waits.")),
        Section(
            "exposures",
            _("Exposures"),
            _exposures(record, links),
            _("None on record."),
            wording.address("patients:exposure_new", role, patient_id),
            _("Add an exposure"),
        ),
        Section(
            "noted",
            _("Symptoms, scores and reviews"),
            _symptoms_and_reviews(record, links),
            _("Nobody has asked yet."),
            wording.address("patients:symptoms_new", role, patient_id),
            _("Add symptoms"),
        ),
    ]


def _items(lines: Iterable[tuple[str, SafeString | str, SafeString | str, SafeString | str]]) -> SafeString:
    """Day, joint, what, and a way to mark it as an error."""
    return format_html_join("", "<li><span>{}</span><span>{}</span><span>{}{}</span></li>", lines)


def _entry(told: str, in_error: bool, why: str) -> SafeString:
    return format_html("<s>{}</s> {}", told, _error(why)) if in_error else format_html("{}", told)


def _wrong(href: str, what: str) -> SafeString | str:
    if not href:
        return ""
    label = _("Entered in error? %(what)s") % {"what": what}
    return format_html(' <a class="wrong" href="{}" aria-label="{}">{}</a>', href, label, _("error?"))


def _badges(record: Record) -> dict[int, SafeString | str]:
    return {
        j.pk: side_mark(j.side)
        if j.site == Site.HIP
        else format_html("{} {}", side_mark(j.side) if j.side != "none" else "", str(Site(j.site).label))
        for j in record.joints
    }


def _treatments(record: Record, links: Links) -> SafeString:
    badges = _badges(record)
    return _items(
        (
            full_day(n.on),
            badges[n.joint_id],
            _entry(_treatment_words(n), n.in_error, n.error_reason),
            "" if n.in_error else _wrong(links.to("patients:treatment_in_error", n.public_id), _treatment_words(n)),
        )
        for n in record.noted
        if n.kind == "treatment"
    )


def _treatment_words(n: Noted) -> str:
    until = _("until %(day)s") % {"day": full_day(n.until)} if n.until else ""
    return ", ".join(filter(None, (wording.treatment(n.what), n.detail, until)))


def _symptoms_and_reviews(record: Record, links: Links) -> SafeString:
    badges = _badges(record)

    def lines() -> Iterator[tuple[str, SafeString | str, SafeString | str, SafeString | str]]:
        for n in record.noted:
            if n.kind == "treatment":
                continue
            if n.kind == "symptoms":
                told, route = _("symptoms: %(value)s") % {"value": wording.YES_NO[n.what]}, "patients:symptoms_in_error"
            elif n.kind == "score":
                told, route = score_words(n), "patients:score_in_error"
            else:
                told, route = _("surgeon's review"), "patients:surgeon_review_in_error"
                told = f"{told}: {n.what}" if n.what else told
            wrong = "" if n.in_error else _wrong(links.to(route, n.public_id), told)
            yield full_day(n.on), badges[n.joint_id], _entry(told, n.in_error, n.error_reason), wrong

    return _items(lines())


def score_words(n: Noted) -> str:
    return f"{Score.Instrument(n.what).label}: {float(n.detail):g}"


def _contacts(told: Sequence[tuple[date, str]], today: date) -> SafeString:
    return _items((full_day(on), "", what, "") for on, what in told)


def _reminders(record: Record) -> SafeString:
    badges, channels = _badges(record), dict(Reminder.Channel.choices)
    waiting = [r for r in record.reminders if r.status == Reminder.Status.QUEUED]
    others = [r for r in record.reminders if r.status != Reminder.Status.QUEUED]

    def lines() -> Iterator[tuple[str, SafeString | str, str, str]]:
        for r in waiting[-NEXT_REMINDERS:] + others[:PAST_REMINDERS]:
            at = (r.sent_at or r.due_at).astimezone(record.zone)
            state = {
                "sent": _("sent"),
                "failed": words.failure(r.outcome),
                "queued": _("waits"),
                "sending": _("on its way"),
            }[r.status]
            yield full_day(at.date()), badges[r.joint_id], f"{capfirst(str(channels[r.channel]))}: {state}", ""

    return _items(lines())


def _exposures(record: Record, links: Links) -> SafeString:
    return _items(
        (
            full_day(e.started_on) or _("day not known"),
            "",
            _entry(exposure_words(e), e.in_error, e.error_reason),
            "" if e.in_error else _wrong(links.to("patients:exposure_in_error", e.public_id), exposure_words(e)),
        )
        for e in record.exposures
    )


def exposure_words(e: ExposureRow) -> str:
    ended = _("until %(day)s") % {"day": full_day(e.ended_on)} if e.ended_on else ""
    name = e.drug or capfirst(str(Exposure.Kind(e.kind).label))
    dose = e.dose or (_("%(n)s mg a day") % {"n": f"{e.daily_mg:g}"} if e.daily_mg else "")
    return " ".join(filter(None, (name, dose))) + "".join(f", {part}" for part in (ended, e.note) if part)


def openings(record: Record) -> SafeString:
    roles = dict(Role.choices)

    def lines() -> Iterator[tuple[str, str, str]]:
        for o in record.openings:
            who = ", ".join(filter(None, (o.who or _("The system"), str(roles.get(o.role, o.role)).lower())))
            took = _("took out a copy") if o.action == "export" else _("opened it")
            yield wording.clock_moment(o.at, record.zone, record.today), who, took

    return format_html_join("", "<li><span>{}</span><span></span><span>{}: {}</span></li>", lines())


# --- The story, on a phone -------------------------------------------------------------------------------------------
def story(record: Record, shown: Sequence[Card], recent_contacts: Sequence[tuple[date, str]]) -> SafeString:
    """Newest first, what is planned at the top; a picture of both hips is one line."""
    by_pk = {j.pk: j for j in record.joints}
    joints = [by_pk[c.joint_id] for c in shown if c.joint_id in by_pk]
    badges = {j.pk: side_mark(j.side) for j in joints}
    lines = [
        *_planned(record, joints, badges),
        *_studied(record, joints, badges),
        *_treated(record, badges),
        *_flagged(record, badges),
        *((on, "", what, "") for on, what in recent_contacts),
    ]
    lines.sort(key=lambda line: line[0], reverse=True)
    return format_html_join(
        "",
        '<li><span class="ink-2">{} {}</span><b>{}</b><span class="ink-2">{}</span></li>',
        ((_story_day(on, record.today), badge, what, more) for on, badge, what, more in lines),
    )


def _flagged(record: Record, badges: dict[int, SafeString]) -> Iterator["StoryLine"]:
    joints = {j.pk: j for j in record.joints}
    for flag in record.flags:
        row = wording.flag_of(flag, joints[flag.joint_id], record.patient)
        told = _("Flag: %(why)s") % {"why": flag_words.short(row, today=record.today)}
        yield flag.opened_at.astimezone(record.zone).date(), badges.get(flag.joint_id, ""), told, flag.owner


def _story_day(on: date, today: date) -> str:
    return _("%(day)s, planned") % {"day": full_day(on)} if on > today else full_day(on)


StoryLine = tuple[date, SafeString | str, str, str]


def _planned(record: Record, joints: Sequence[JointRow], badges: dict[int, SafeString]) -> Iterator[StoryLine]:
    for joint in joints:
        if live := record.live(joint):
            span = _("window %(span)s") % {"span": wording.window(live.opens_on, live.closes_on, record.today)}
            yield live.target_on, badges[joint.pk], words.exam(tuple(live.studies), joint.site), span


def _studied(record: Record, joints: Sequence[JointRow], badges: dict[int, SafeString]) -> Iterator[StoryLine]:
    for study in record.studies:
        seen = [j for j in joints if study.shows(j)]
        if study.in_error or study.modality == "VISIT" or not seen:
            continue
        marks = mark_safe("".join(badges[j.pk] for j in seen))
        said = [f"{wording.joint_name(*j.key).lower()} {_short(f)}" for j in seen if (f := study.of(j)) and _short(f)]
        kind = str(wording.KINDS[study.modality])
        told = f"{kind}: {' · '.join(said)}" if said else kind
        by = _("read by %(who)s") % {"who": study.read_by} if study.read_by and not study.waits else ""
        yield study.made_on, marks, told, _("not reviewed") if study.waits else by


def _short(found: FindingRow) -> str:
    return ", ".join(filter(None, (wording.stage(found, short=True), wording.size(found))))


def _treated(record: Record, badges: dict[int, SafeString]) -> Iterator[StoryLine]:
    for n in record.noted:
        if n.kind == "treatment" and not n.in_error and n.joint_id in badges:
            ended = _("ended %(day)s") % {"day": full_day(n.until)} if n.until and n.until < record.today else ""
            yield n.on, badges[n.joint_id], wording.treatment(n.what), ended


# --- On paper --------------------------------------------------------------------------------------------------------
def medicines(record: Record) -> str:
    """What is taken now, as far as it is on record."""
    drugs = [
        e for e in record.exposures if e.drug and not e.in_error and not (e.ended_on and e.ended_on < record.today)
    ]
    return " · ".join(exposure_words(e) for e in drugs)


def contacts_in_a_line(told: Sequence[tuple[date, str]], most: int = 4) -> str:
    return " · ".join(f"{full_day(on)} {what}" for on, what in told[:most])
