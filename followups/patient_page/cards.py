"""The cards above the picture: where each joint stands, what is next and why, and what is flagged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import ngettext

from accounts.templatetags.words import away, day, full_day, late
from accounts.wording import gettext as _
from followups import flag_queue, flag_words, words
from followups.patient_page import wording
from followups.patient_page.record import FindingRow, FlagRow, FollowUpRow, JointRow, Record, StudyRow
from followups.worklist import REVIEW_DAYS
from patients.models import Patient, Side, Site

HIPS = ((Site.HIP.value, Side.RIGHT.value), (Site.HIP.value, Side.LEFT.value))
# The person's usual, as shown beside the last entry: the middle of these days, when they hold three entries or more.
USUAL_FROM, USUAL_TO, USUAL_ENTRIES = timedelta(days=42), timedelta(days=8), 3


@dataclass(slots=True)
class Step:
    """What comes next for a joint, ready for `_components/next_step.html`."""

    label: str
    what: str
    when: str = ""
    late: bool = False
    owner: str = ""
    team: str = ""
    why: list[str] = field(default_factory=list)
    act: str = ""
    act_href: str = ""
    plan_href: str = ""  # to plan the joint by hand; empty: it has a plan, or this role may not
    take_href: str = ""  # to make it one's own; empty: it is somebody's already


@dataclass(slots=True)
class Card:
    """One joint: its state in one word with source and age, the facts, the next step."""

    key: str
    joint_id: int | None  # None: not on record
    site: str
    side: str
    name: str
    look: str  # right, left, clear, replaced
    big: str
    source: str
    tag: str = ""
    tag_kind: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    step: Step | None = None
    conflicts: list[str] = field(default_factory=list)
    href: str = ""  # to the joint's own form


@dataclass(slots=True)
class FlagCard:
    severity: str
    clock: str
    past: bool
    title: str
    sentence: str
    figures: str
    dates: str
    owner: str
    href: str


@dataclass(slots=True)
class ToDo:
    side: str
    what: str
    when: str
    late: bool


def cards(record: Record, role: str) -> list[Card]:
    """Both hips always; then every other joint that has a lesion or an implant. Right before left."""
    known = {joint.key: joint for joint in record.joints}
    keys = [*HIPS, *sorted(key for key, j in known.items() if key not in HIPS and _state(j) in ("lesion", "replaced"))]
    keys[2:] = sorted(keys[2:], key=lambda key: (key[0], key[1] != "right"))
    return [_card(record, key, known.get(key), role) for key in keys]


def _state(joint: JointRow) -> str:
    return joint.state or joint.said


def _card(record: Record, key: tuple[str, str], joint: JointRow | None, role: str) -> Card:
    site, side = key
    card = Card(f"{site}-{side}", joint and joint.pk, site, side, wording.joint_name(site, side), side, "", "")
    if joint is None:
        _not_listed(card, record, key)
        return card
    card.href = wording.address("patients:joint", role, record.patient.public_id, joint.public_id)
    match _state(joint):
        case "replaced":
            _replaced(card, record, joint, role)
        case "lesion":
            _lesion(card, record, joint, role)
        case "clear":
            _clear(card, record, joint)
        case _:
            _never_imaged(card, record, key)
    if card.look != "replaced":
        card.conflicts = words.sentences(joint.conflicts or [])
    _waiting(card, record, joint, role)
    return card


# --- States ----------------------------------------------------------------------------------------------------------
def _lesion(card: Card, record: Record, joint: JointRow, role: str) -> None:
    group = joint.group or ""
    card.big = str(wording.GROUPS.get(group, _("Lesion")))
    images = record.images_of(joint)
    staged, sized = _newest(images, joint, "value"), _newest(images, joint, "sized")
    card.source = _source(joint, staged, sized, record.today)
    if group == "not_sized" and joint.site == Site.HIP:
        card.tag, card.tag_kind = _("Size not known"), "dashed"
    if group == "collapsed" and staged and wording.ramp(staged[1]) == "3a":
        card.big = _("Collapsed (%(stage)s)") % {"stage": staged[1].value}
    card.facts = [
        (_("Stage"), _stage(staged, record.today)),
        (_("Size"), _size(sized, images, joint, record.today)),
        (_("Pain"), _pain(record, joint)),
        *_symptoms(record, joint),
        _weight(record, joint),
    ]
    card.step = _step(record, joint, role)


def _replaced(card: Card, record: Record, joint: JointRow, role: str) -> None:
    card.look, card.big, card.tag, card.tag_kind = "replaced", _("Replaced"), _("Implant"), "dashed"
    operation = next((t for t in record.noted_of(joint, "treatment") if t.what in wording.REPLACING), None)
    card.source = (
        f"{wording.treatment(operation.what)} {full_day(operation.on)}"
        if operation
        else _("day of the operation not known")
    )
    staged = _newest(record.images_of(joint), joint, "value")
    card.facts = [
        (_("Before"), _stage(staged, record.today)),
        (_("Plan"), _("checks of the implant only")),
        (_("Not asked"), _("MRI, CT and osteonecrosis rules are off for this side")),
    ]
    card.step = _step(record, joint, role)


def _clear(card: Card, record: Record, joint: JointRow) -> None:
    card.look, card.big = "clear", _("Imaged clear")
    images = [s for s in record.images_of(joint) if not s.waits]
    if images:
        newest = next((s for s in images if s.modality == "MR"), images[0])
        card.source = _dated(newest, record.today)
    elif joint.since:
        card.source = f"{full_day(joint.since)}, {wording.since(joint.since, record.today)}"
    card.facts = [(_("Lesion"), _("none seen"))]
    if not any(s.modality == "MR" for s in images):
        card.facts.append((_("MRI"), _("none on record: an X-ray misses early disease")))
    card.facts.append((_("Look again"), _("at once with new pain")))
    if joint.pk in record.pains:
        card.facts.append((_("Pain"), _pain(record, joint)))
    card.step = _prompted(record, joint.key) or _nothing(record, _("Looked at with the other side"))


def _not_listed(card: Card, record: Record, key: tuple[str, str]) -> None:
    """A joint that the record does not list is clear where a study covers it, else never imaged (protocol.md 8)."""
    seen = record.covering(key)
    if not seen:
        _never_imaged(card, record, key)
        return
    card.look, card.big, card.source = "clear", _("Imaged clear"), _dated(seen[0], record.today)
    card.facts = [(_("Lesion"), _("none seen"))]
    if not any(s.modality == "MR" for s in seen):
        card.facts.append((_("MRI"), _("none on record: an X-ray misses early disease")))
    card.facts.append((_("Look again"), _("at once with new pain")))
    card.step = _prompted(record, key) or _nothing(record, _("Looked at with the other side"))


def _never_imaged(card: Card, record: Record, key: tuple[str, str]) -> None:
    card.look, card.big, card.source = "clear", _("Never imaged"), ""
    card.tag, card.tag_kind = _("not known"), "dashed"
    asked = _("ask for both hips") if key[0] == Site.HIP else _("ask for this joint")
    card.facts = [(_("Lesion"), _("not known")), (_("Next image"), asked)]
    if card.joint_id in record.pains:
        joint = next(j for j in record.joints if j.pk == card.joint_id)
        card.facts.append((_("Pain"), _pain(record, joint)))
    card.step = _prompted(record, key) or _nothing(record, _("Nothing is planned for this side"))


def _waiting(card: Card, record: Record, joint: JointRow, role: str) -> None:
    """A picture that nobody has read: the next step is the review."""
    unread = [s for s in record.studies if s.waits and s.shows(joint)]
    if not unread or record.patient.ended_on:
        return
    oldest = unread[-1]
    kind = str(wording.KINDS[oldest.modality])
    due_on = oldest.made_on + timedelta(days=REVIEW_DAYS)
    days = (record.today - due_on).days
    card.tag, card.tag_kind = _("New %(kind)s not reviewed") % {"kind": kind}, "amber"
    card.step = Step(
        label=_("Next step: %(late)s") % {"late": late(days)} if days > 0 else _("Next step"),
        late=days > 0,
        what=_("Review the %(kind)s of %(day)s") % {"kind": kind, "day": day(oldest.made_on, record.today)},
        when=(_("review was due %(day)s") if days > 0 else _("review by %(day)s")) % {"day": day(due_on, record.today)},
        team=_("Clinicians"),
        act=_("Review now"),
        act_href=wording.address("patients:study", role, record.patient.public_id, oldest.public_id),
        why=[_("The picture was made, and nobody has staged it yet.")],
    )


# --- Facts -----------------------------------------------------------------------------------------------------------
Seen = tuple[StudyRow, FindingRow]


def _newest(images: Iterable[StudyRow], joint: JointRow, what: str) -> Seen | None:
    """The newest picture that says this of the joint."""
    return next(((s, f) for s in images if (f := s.of(joint)) and getattr(f, what)), None)


def _source(joint: JointRow, staged: Seen | None, sized: Seen | None, today: date) -> str:
    if joint.group == "not_sized" and joint.row == "medium":
        return _("planned as medium: no size is defined for this joint")
    if joint.group == "not_sized":
        return _("planned as large until someone measures it")
    seen = staged if joint.group == "collapsed" else sized or staged
    return _dated(seen[0], today) if seen else ""


def _dated(study: StudyRow, today: date) -> str:
    return f"{wording.KINDS[study.modality]} {full_day(study.made_on)}, {wording.since(study.made_on, today)}"


def _stage(seen: Seen | None, today: date) -> str:
    if seen is None:
        return _("not known")
    study, found = seen
    depression = _(" · depression %(n)s mm") % {"n": wording.number(found.depression)} if found.depression else ""
    return f"{wording.stage(found)}, {wording.KINDS[study.modality]} {full_day(study.made_on)}{depression}"


def _size(seen: Seen | None, images: list[StudyRow], joint: JointRow, today: date) -> str:
    if seen:
        study, found = seen
        oedema = _(" · oedema: yes") if found.oedema == "yes" else ""
        return f"{wording.size(found)}{oedema}, {full_day(study.made_on)}"
    if joint.site != Site.HIP:
        return _("no size is defined for this joint")
    scan = next((s for s in images if s.modality == "MR" and s.reviewed_at), None)
    if scan:
        return _("not known: MRI %(day)s read without measurement") % {"day": full_day(scan.made_on)}
    return _("not known: no MRI read")


def _pain(record: Record, joint: JointRow) -> str:
    diary = record.pains.get(joint.pk, [])
    if not diary:
        return _("no entry in the diary")
    last_on, last = diary[-1]
    told = _("last entry %(n)s (%(day)s)") % {"n": last, "day": day(last_on, record.today)}
    usual = usual_of(record, joint)
    if usual is None:
        return _("%(last)s; too few entries for a usual level") % {"last": told}
    return _("usual %(usual)s, %(last)s") % {"usual": wording.number(usual), "last": told}


def usual_of(record: Record, joint: JointRow) -> float | None:
    """0 to 10; None: too few entries. What the open flag was judged by, or the middle of the weeks before this one."""
    flag = record.open_flag(joint)
    if flag and flag.evidence.get("usual") is not None:
        return float(round(flag.evidence["usual"]))
    first, last = record.today - USUAL_FROM, record.today - USUAL_TO
    held = [nrs for on, nrs in record.pains.get(joint.pk, []) if first <= on <= last]
    return float(median(held)) if len(held) >= USUAL_ENTRIES else None


def _symptoms(record: Record, joint: JointRow) -> Iterator[tuple[str, str]]:
    """Only where the diary does not say it better."""
    noted = record.noted_of(joint, "symptoms")
    if noted and not record.pains.get(joint.pk):
        yield _("Symptoms"), f"{wording.YES_NO[noted[0].what]}, {full_day(noted[0].on)}"


def _weight(record: Record, joint: JointRow) -> tuple[str, str]:
    """The last operation, or the order for weight."""
    treatments = record.noted_of(joint, "treatment")
    operation = next((t for t in treatments if t.what in wording.MOVES), None)
    order = next((t for t in treatments if t.what == "WBR"), None)
    if order and (order.until is None or order.until >= record.today):
        until = full_day(order.until) if order.until else _("no end named")
        return _("Weight"), _("%(order)s until %(day)s") % {"order": order.detail or _("restricted"), "day": until}
    if operation:
        return _("Since"), f"{wording.treatment(operation.what)} {full_day(operation.on)}"
    if order and order.until:
        return _("Weight"), _("no order; the last ended %(day)s") % {"day": full_day(order.until)}
    return _("Weight"), _("no order")


# --- The next step ---------------------------------------------------------------------------------------------------
def _step(record: Record, joint: JointRow, role: str) -> Step:
    live = record.live(joint)
    if live:
        return _planned(record, joint, live, role)
    if record.patient.ended_on:
        return _nothing(record, "")
    if joint.ended_on:
        return Step(_("Next step"), _("Nothing is planned"), "; ".join(words.sentences(joint.reasons or [])))
    if joint.row or joint.state is None:
        return Step(
            _("No plan. Must not be."),
            _("Nobody would call for this joint"),
            _("plan it now, and tell the lead today"),
            late=True,
            plan_href=wording.address("followups:replan", role, record.patient.public_id),
        )
    return Step(_("Next step"), _("No imaging is planned"), " ".join(words.sentences(joint.reasons or [])))


def _planned(record: Record, joint: JointRow, live: FollowUpRow, role: str) -> Step:
    today, days = record.today, (record.today - live.closes_on).days
    target = day(live.target_on, today)
    if days > 0:
        label = _("Next step: %(late)s") % {"late": late(days)}
        when = _("target %(target)s · closed %(day)s") % {"target": target, "day": day(live.closes_on, today)}
    else:
        label = _("Next step")
        ahead = (live.target_on - today).days
        told = f"{target}, {away(ahead)}" if 0 <= ahead <= 92 else target
        span = wording.window(live.opens_on, live.closes_on, today)
        when = _("target %(target)s · window %(span)s") % {"target": told, "span": span}
    if live.brought_forward_to:
        when += " · " + _("a clinician wants it by %(day)s") % {"day": day(live.brought_forward_to, today)}
    if live.promised_on:
        when += " · " + _("agreed for %(day)s") % {"day": day(live.promised_on, today)}
    take = "" if live.owner else wording.address("followups:assign", role, live.public_id)
    return Step(label, _exam(joint, live), when, days > 0, live.owner, "", why(live), take_href=take)


def _exam(joint: JointRow, live: FollowUpRow) -> str:
    told = words.exam(tuple(live.studies), joint.site)
    return _("Implant: %(exam)s") % {"exam": told} if _state(joint) == "replaced" else told


def why(live: FollowUpRow) -> list[str]:
    """Why this date: the rule, the protocol's version, and what is different from the follow-up before."""
    told = [*words.sentences(live.reasons), _("Protocol version %(n)s.") % {"n": live.protocol}]
    if changed := difference(live.change):
        told.append(changed)
    return told


def difference(change: dict[str, Any]) -> str:
    """One sentence; empty for the first follow-up of a joint."""
    if not change:
        return ""
    was, now = change["was"], change["is"]
    values = {
        "was": _studies(was["studies"]),
        "was_on": full_day(date.fromisoformat(was["target"])),
        "is": _studies(now["studies"]),
        "is_on": full_day(date.fromisoformat(now["target"])),
    }
    if change["because"] == "study":
        return _("Before it: %(was)s, target %(was_on)s, which a study has answered.") % values
    return _("Before the record changed: %(was)s, target %(was_on)s. Now: %(is)s, target %(is_on)s.") % values


def _studies(codes: Iterable[str]) -> str:
    return _(" and ").join(str(words.STUDIES[code]) for code in codes)


def _prompted(record: Record, key: tuple[str, str]) -> Step | None:
    """A joint without a schedule of its own may still have a picture due."""
    for prompt in _prompts(record):
        if (prompt["site"], prompt["side"]) == key and prompt["code"] in wording.IMAGE_PROMPTS:
            target = prompt["target"] and date.fromisoformat(prompt["target"])
            days = (record.today - target).days if target else 0
            return Step(
                label=_("Next step: %(late)s") % {"late": late(days)} if days > 0 else _("Next step"),
                late=days > 0,
                what=str(wording.PROMPTS[prompt["code"]]),
                when=_("target %(day)s") % {"day": day(target, record.today)} if target else _("no day set"),
                team=_("Coordinators"),
            )
    return None


def _prompts(record: Record) -> list[dict[str, Any]]:
    return record.plan.prompts if record.plan else []


def _nothing(record: Record, otherwise: str) -> Step:
    patient = record.patient
    if not patient.ended_on:
        return Step(_("Next step"), otherwise, _("no image of its own is planned"))
    return Step(_("Follow-up has ended"), ended(patient), _("signed by %(who)s") % {"who": patient.ended_by or "–"})


def ended(patient: Patient) -> str:
    """'Moved away 4 Mar 2026'."""
    return capfirst(f"{patient.get_ended_reason_display()} {full_day(patient.ended_on)}")


# --- Beside the cards ------------------------------------------------------------------------------------------------
def to_do(record: Record, shown: Iterable[Card]) -> list[ToDo]:
    """Prompts that are not on a card already."""
    on_cards = {(c.site, c.side) for c in shown if c.look == "clear"}
    found = []
    for prompt in _prompts(record):
        image = prompt["code"] in wording.IMAGE_PROMPTS
        if image and (prompt["site"], prompt["side"]) in on_cards:
            continue
        target = prompt["target"] and date.fromisoformat(prompt["target"])
        when = _("by %(day)s") % {"day": day(target, record.today)} if target else ""
        what = str(wording.PROMPTS.get(prompt["code"], prompt["code"]))
        found.append(ToDo(prompt["side"] or "", what, when, bool(target and target < record.today)))
    return found


def flag_cards(record: Record, role: str) -> list[FlagCard]:
    joints = {j.pk: j for j in record.joints}
    return [_flag_card(record, f, joints[f.joint_id], role) for f in record.flags if f.closed_at is None]


def _flag_card(record: Record, flag: FlagRow, joint: JointRow, role: str) -> FlagCard:
    today, past = record.today, flag.due_at < record.now
    opened = wording.clock_moment(flag.opened_at, record.zone, today)
    told = wording.flag_of(flag, joint, record.patient)
    return FlagCard(
        severity=flag.severity,
        clock=flag_queue.long_clock(told, record.patient.clinic, now=record.now),
        past=past,
        title=f"{wording.joint_name(*joint.key)}: {flag_words.rule_name(flag.evidence)}",
        sentence=flag_words.sentence(told, today=today),
        figures=_figures(flag),
        dates=_("Opened %(opened)s.") % {"opened": opened},
        owner=flag.owner,
        href=wording.address("followups:flag", role, flag.public_id),
    )


def _figures(flag: FlagRow) -> str:
    """Both levels with their n; empty for rules that compare nothing."""
    evidence = flag.evidence
    usual, recent = evidence.get("usual"), evidence.get("recent")
    if usual is None or recent is None:
        return ""
    entries = len(evidence.get("entries", []))
    told = ngettext("%(n)s entry", "%(n)s entries", entries) % {"n": entries}
    days = ngettext("%(n)s day", "%(n)s days", evidence.get("usual_days", 0)) % {"n": evidence.get("usual_days", 0)}
    return _("Last days: median %(recent)s (%(entries)s). Usual: %(usual)s (%(days)s with an entry).") % {
        "recent": wording.number(round(recent, 1)),
        "entries": told,
        "usual": wording.number(round(usual, 1)),
        "days": days,
    }


def no_flag(record: Record) -> str:
    """What stands in the place of a flag card: the last entry, and how many flags were closed."""
    newest = max(((diary[-1], pk) for pk, diary in record.pains.items() if diary), default=None)
    told = _("No entry in the diary.")
    if newest:
        (on, nrs), pk = newest
        joint = next(j for j in record.joints if j.pk == pk)
        name = wording.joint_name(*joint.key).lower()
        values = {"day": day(on, record.today), "joint": name, "n": nrs}
        told = _("Last entry %(day)s: %(joint)s %(n)s out of 10.") % values
    closed = [f for f in record.flags if f.closed_at]
    if closed:
        year = min(f.opened_at for f in closed).year
        values = {"n": len(closed), "year": year}
        told += (
            " "
            + ngettext("%(n)s flag closed since %(year)s.", "%(n)s flags closed since %(year)s.", len(closed)) % values
        )
    return told


def other_joints(record: Record, shown: Iterable[Card]) -> str:
    """'knees imaged clear Jun 2025 · shoulders never imaged': what has no card of its own."""
    on_cards = {(c.site, c.side) for c in shown}
    parts = [part for site, plural in _plurals() for part in _site(record, site, plural, on_cards)]
    return " · ".join(parts)


def _plurals() -> list[tuple[str, str]]:
    return [(Site.KNEE, _("knees")), (Site.SHOULDER, _("shoulders")), (Site.ANKLE, _("ankles"))]


def _site(record: Record, site: str, plural: str, on_cards: set[tuple[str, str]]) -> Iterator[str]:
    told = [(side, _told(record, site, side)) for side in ("right", "left") if (site, side) not in on_cards]
    if len(told) == 2 and told[0][1] == told[1][1]:
        yield f"{plural} {told[0][1]}"
    else:
        yield from (f"{wording.joint_name(site, side).lower()} {what}" for side, what in told)


def _told(record: Record, site: str, side: str) -> str:
    joint = next((j for j in record.joints if j.key == (site, side)), None)
    newest = next(
        (s for s in record.studies if not s.in_error and [site, side] in s.covers and s.modality != "VISIT"), None
    )
    if newest:
        return _("imaged clear %(day)s") % {"day": full_day(newest.made_on)}
    return _("imaged clear") if joint and _state(joint) == "clear" else _("never imaged")


def changed(record: Record, *, within: timedelta) -> list[str]:
    """What the last save did to the plan, in words; empty when nothing changed lately."""
    since = record.now - within
    found = []
    for joint in record.joints:
        done = next(
            (f for f in record.follow_ups if f.joint_id == joint.pk and f.ended_at and f.ended_at >= since), None
        )
        live = record.live(joint)
        opened = live if live and live.opened_at >= since else None
        if done or opened:
            found.append(_changed(joint, done, opened, record.today))
    return found


def _changed(joint: JointRow, done: FollowUpRow | None, opened: FollowUpRow | None, today: date) -> str:
    parts = []
    if done:
        values = {"what": words.exam(tuple(done.studies), joint.site), "day": day(done.target_on, today)}
        parts.append(
            {
                "completed": _("completed: %(what)s, target %(day)s."),
                "replaced": _("no longer asked for: %(what)s, target %(day)s."),
            }.get(done.status, _("ended: %(what)s, target %(day)s."))
            % values
        )
    if opened:
        values = {"what": words.exam(tuple(opened.studies), joint.site), "day": day(opened.target_on, today)}
        parts.append(_("Next: %(what)s, target %(day)s.") % values)
        parts.extend(words.sentences(opened.reasons))
    return f"{wording.joint_name(*joint.key)}: {' '.join(parts)}"
