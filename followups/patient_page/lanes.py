"""The picture: one lane for each joint that has a card, on one axis of days."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.utils.text import capfirst

from accounts.templatetags.words import full_day, late
from accounts.wording import gettext as _
from followups import charts, flag_words
from followups.charts.paper import SHEET, room
from followups.models import Contact, Reminder
from followups.patient_page import wording
from followups.patient_page.cards import Card, usual_of
from followups.patient_page.record import FindingRow, FollowUpRow, JointRow, Record, StudyRow
from patients.models import Exposure

SPANS: dict[str, timedelta | None] = {"6m": timedelta(days=183), "2y": timedelta(days=730), "all": None}
AHEAD = timedelta(days=183)
FARTHEST = timedelta(days=400)  # the axis goes on to an open window, but not for years
SMALL = timedelta(days=183)  # what a phone shows
EDGE = timedelta(days=14)
MARKS = {"DX": "XR", "CR": "XR", "MR": "MR", "CT": "CT", "NM": "NM"}
CONTACTED = {Contact.Result.PATIENT_PROMISED: "message", Contact.Result.PATIENT_CANNOT: "message"}


def days_shown(record: Record, span: str) -> charts.Days:
    back = SPANS[span]
    began = min((record.first_on or record.today) - EDGE, record.today - SMALL)
    start = max(began, record.today - back) if back else began
    closes = [f.closes_on for f in record.follow_ups if f.status == "live" and f.closes_on <= record.today + FARTHEST]
    return charts.Days(start, max([record.today + AHEAD, *(on + timedelta(days=7) for on in closes)]))


def picture(record: Record, shown: Sequence[Card], days: charts.Days) -> charts.Picture:
    lanes = [_lane(record, card, days) for card in shown]
    return charts.timeline(lanes, list(contacts(record)), days=days, today=record.today, title=_("Timeline"))


def small_pictures(record: Record, shown: Sequence[Card]) -> list[tuple[Card, charts.Picture]]:
    """For a phone: pain of the last six months with the images above it, for each joint with a diary."""
    days = charts.Days(record.today - SMALL, record.today + timedelta(days=28))
    found = []
    for card in shown:
        joint = _joint(record, card)
        if joint is None or not (pains := _pains(record, joint)):
            continue
        found.append(
            (
                card,
                charts.pain_trend(
                    card.side,
                    card.name,
                    [p for p in pains if p.on >= days.start],
                    list(_images(record, joint)),
                    days=days,
                    today=record.today,
                    key=f"small-{card.key}",
                    usual=usual_of(record, joint),
                    table=False,
                ),
            )
        )
    return found


def _joint(record: Record, card: Card) -> JointRow | None:
    return next((j for j in record.joints if j.pk == card.joint_id), None)


def _lane(record: Record, card: Card, days: charts.Days) -> charts.Lane:
    joint = _joint(record, card)
    if joint is None:
        seen = record.covering((card.site, card.side))
        strip = [charts.Stage(days.start, None, "", _("imaged clear") if seen else _("never imaged"))]
        told = (
            _("No diary for this joint: looked at on every film of the other side")
            if seen
            else _("No diary: not on record")
        )
        return charts.Lane(card.side, card.name, stages=strip, pains=None, diary_words=told)
    pains = _pains(record, joint)
    replaced, lesion = card.look == "replaced", card.look in ("right", "left")
    operation = _replaced_on(record, joint)
    closed = replaced and not (pains and operation and pains[-1].on > operation)
    told = _("diary for this joint closed with the operation") if closed else ""
    if not pains and not lesion:
        told = told or _("No diary for this joint: looked at on every film of the other side")
    return charts.Lane(
        side=card.side,
        name=card.name,
        images=list(_images(record, joint)),
        stages=list(_stages(record, joint)),
        pains=pains if pains or lesion else None,
        diary_words=told,
        treatments=list(_treatments(record, joint)),
        windows=[w for f in record.follow_ups if f.joint_id == joint.pk and (w := _window(f, days, record.today))],
        flags=list(_flags(record, joint)),
        recent=_recent(record, joint),
    )


def _pains(record: Record, joint: JointRow) -> list[charts.Pain]:
    return [charts.Pain(on, nrs) for on, nrs in record.pains.get(joint.pk, [])]


def _images(record: Record, joint: JointRow) -> Iterator[charts.Image]:
    for study in record.images_of(joint):
        state = "made" if study.waits else "reviewed"
        yield charts.Image(study.made_on, MARKS[study.modality], state, _("not reviewed") if study.waits else "")
    live = record.live(joint)
    if live is None:
        return
    coming = joint.clocks or [{"study": s, "target": live.target_on.isoformat()} for s in live.studies]
    for planned in coming:
        on = date.fromisoformat(planned["target"])
        if planned["study"] in ("XR", "MR", "CT") and on > record.today:
            yield charts.Image(on, planned["study"], "planned")


# --- Stage -----------------------------------------------------------------------------------------------------------
def _stages(record: Record, joint: JointRow) -> Iterator[charts.Stage]:
    """Stretches of one stage and size, oldest first; before the first picture the strip is empty and dashed."""
    operation = _replaced_on(record, joint)
    images = [s for s in reversed(record.images_of(joint)) if not operation or s.made_on < operation]
    known = list(_changes(images, joint))
    if not known or (images and images[0].made_on > (record.first_on or record.today)):
        first = known[0][0] if known else operation or record.today
        began = joint.since or record.first_on or record.today
        if began < first:
            yield charts.Stage(began, first, "", "")
    for place, (since, stage, told) in enumerate(known):
        until = known[place + 1][0] if place + 1 < len(known) else operation
        yield charts.Stage(since, until, stage, told)
    if operation:
        told = _("replaced %(day)s: no osteonecrosis images on this side") % {"day": full_day(operation)}
        yield charts.Stage(operation, None, "replaced", told)


def _replaced_on(record: Record, joint: JointRow) -> date | None:
    return min((t.on for t in record.noted_of(joint, "treatment") if t.what in wording.REPLACING), default=None)


def _changes(images: Sequence[StudyRow], joint: JointRow) -> Iterator[tuple[date, str, str]]:
    """The days on which the stage or the size on record became another."""
    staged: FindingRow | None = None
    sized: FindingRow | None = None
    before: tuple[str, str] | None = None
    for study in images:
        found = study.of(joint)
        if found is None:
            if before is None and study.reviewed_at:
                kind = wording.KINDS[study.modality]
                before = ("", "clear")
                yield (
                    study.made_on,
                    "",
                    _("imaged clear: %(kind)s %(day)s")
                    % {
                        "kind": kind,
                        "day": full_day(study.made_on),
                    },
                )
            continue
        staged, sized = (found if found.value else staged), (found if found.sized else sized)
        now = (wording.ramp(staged) if staged else "", _strip_words(staged, sized))
        if now != before:
            yield study.made_on, *now
        before = now


def _strip_words(staged: FindingRow | None, sized: FindingRow | None) -> str:
    name = wording.stage(staged, short=True) if staged else _("stage not known")
    if staged and staged.depression:
        return f"{name} · {wording.number(staged.depression)} mm"
    if sized is None:
        return _("%(stage)s · size not known") % {"stage": name}
    if sized.percent is not None:
        return f"{name} · {wording.number(sized.percent)} %"
    return f"{name} · {wording.size(sized)}"


# --- What else lies on a lane ----------------------------------------------------------------------------------------
def _treatments(record: Record, joint: JointRow) -> Iterator[charts.Treatment]:
    for noted in record.noted_of(joint, "treatment"):
        name = noted.detail if noted.what == "OTHER" and noted.detail else wording.treatment(noted.what)
        if noted.what in wording.MOVES:
            yield charts.Treatment(noted.on, "operation", f"{name} {full_day(noted.on)}")
        elif noted.what != "OBS":
            kind = "weight" if noted.what in wording.WEIGHT_ORDERS else "medicine"
            over = noted.until and noted.until < record.today
            told = _("%(name)s, ended %(day)s") % {"name": name, "day": full_day(noted.until)} if over else name
            yield charts.Treatment(noted.on, kind, told, noted.until)
    for drug in record.exposures:
        if drug.kind == Exposure.Kind.BISPHOSPHONATE and drug.started_on and not drug.in_error:
            yield charts.Treatment(drug.started_on, "medicine", drug.drug or _("bisphosphonate"), drug.ended_on)


def _window(f: FollowUpRow, days: charts.Days, today: date) -> charts.Window | None:
    """Its words only where there is room for them behind the bar."""
    if f.status == "completed":
        return charts.Window(f.opens_on, f.target_on, f.closes_on, "done", f.made_on)
    if f.status != "live":
        return None
    if f.closes_on < today:
        return charts.Window(f.opens_on, f.target_on, f.closes_on, "late", None, late((today - f.closes_on).days))
    exam = _(" and ").join(str(wording.SHORT[s]) for s in f.studies)
    told = f"{exam}, {wording.window(f.opens_on, f.closes_on, today)}"
    if days.x(f.closes_on) + room(told, letter=9) > SHEET:
        told = ""
    return charts.Window(f.opens_on, f.target_on, f.closes_on, "live", None, told)


def _flags(record: Record, joint: JointRow) -> Iterator[charts.FlagMark]:
    for flag in record.flags:
        if flag.joint_id == joint.pk and flag.closed_at is None:
            told = flag_words.short(wording.flag_of(flag, joint, record.patient), today=record.today)
            yield charts.FlagMark(flag.opened_at.astimezone(record.zone).date(), flag.severity, told)


def _recent(record: Record, joint: JointRow) -> charts.Recent | None:
    flag = record.open_flag(joint)
    if flag is None or flag.evidence.get("usual") is None or flag.evidence.get("recent") is None:
        return None
    usual, recent = float(flag.evidence["usual"]), float(flag.evidence["recent"])
    values = {"n": wording.number(round(recent, 1)), "entries": len(flag.evidence.get("entries", []))}
    return charts.Recent(
        since=record.today - timedelta(days=7),
        until=record.today,
        middle=recent,
        words=_("last days: median %(n)s, %(entries)s entries") % values,
        usual=usual,
        usual_words=_("usual: %(n)s (dashed)") % {"n": wording.number(round(usual, 1))},
    )


def contacts(record: Record) -> Iterator[charts.Contact]:
    """Calls, visits and messages that arrived; newest first inside each kind."""
    results, channels = dict(Contact.Result.choices), dict(Reminder.Channel.choices)
    for call in record.contacts:
        kind = "message" if call.result in CONTACTED else "phone"
        told = f"{results[call.result]}, {call.by_name or call.by_username}"
        yield charts.Contact(call.at.astimezone(record.zone).date(), kind, told)
    for study in record.studies:
        if study.modality == "VISIT" and not study.in_error:
            told = _("Visit, %(who)s") % {"who": study.read_by} if study.read_by else _("Visit")
            yield charts.Contact(study.made_on, "visit", told)
    for sent in record.reminders:
        if sent.status == Reminder.Status.SENT and sent.sent_at:
            told = _("%(channel)s sent, automatic") % {"channel": capfirst(str(channels[sent.channel]))}
            yield charts.Contact(sent.sent_at.astimezone(record.zone).date(), "message", told)
