"""The patient page's picture: one axis of days, a lane for each joint, so that one can see what happened first."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from django.utils.html import format_html

from accounts.templatetags.words import day, full_day, side_mark
from accounts.wording import gettext, ngettext
from followups.charts.paper import (
    FLAGS,
    SHEET,
    Days,
    Image,
    Pain,
    Picture,
    Table,
    at,
    course,
    dots,
    has_crowd,
    image_marks,
    kind_names,
    label,
    middle_words,
    month_lines,
    month_name,
    month_names,
    pain_by_month,
    percent,
    room,
    safe,
    sheet,
    state_names,
    words,
)

# 18 px on a plot of 1000: closer marks would cover one another.
CLOSE = 18.0
NAMES_WIDTH = 112


@dataclass(frozen=True)
class Stage:
    """What the joint was from a day on. `stage` is 1, 2, 3a, 3b, 4, replaced, or empty: not known, or imaged clear."""

    since: date
    until: date | None  # None: until today
    stage: str
    words: str


@dataclass(frozen=True)
class Treatment:
    """`kind` is operation (a moment), weight (an order) or medicine. `until` None: still going on."""

    on: date
    kind: str
    words: str
    until: date | None = None


@dataclass(frozen=True)
class Window:
    """A follow-up. `state` is done, live or late; `words` stand behind it ("X-ray, 30 Nov - 28 Dec")."""

    opens: date
    target: date
    closes: date
    state: str
    done_on: date | None = None
    words: str = ""


@dataclass(frozen=True)
class FlagMark:
    on: date
    severity: str
    words: str = ""


@dataclass(frozen=True)
class Recent:
    """The window the rule looked at, and the person's usual, in words that carry their n."""

    since: date
    until: date
    middle: float
    words: str
    usual: float
    usual_words: str


@dataclass(frozen=True)
class Lane:
    """One joint. `pains` by day, oldest first; None: no diary for this joint, and `diary_words` say why."""

    side: str
    name: str
    images: Sequence[Image] = ()
    stages: Sequence[Stage] = ()
    pains: Sequence[Pain] | None = ()
    diary_words: str = ""
    treatments: Sequence[Treatment] = ()
    windows: Sequence[Window] = ()
    flags: Sequence[FlagMark] = ()
    recent: Recent | None = None


@dataclass(frozen=True)
class Contact:
    """`kind` is visit, phone or message."""

    on: date
    kind: str
    words: str


@dataclass(frozen=True)
class Placed:
    """Where the rows of one lane lie, in pixels from the top of the picture."""

    lane: Lane
    top: int
    rows: list[list[Treatment]] = field(default_factory=list)

    @property
    def images(self) -> int:
        return self.top + 24

    @property
    def strip(self) -> int:
        return self.top + 38

    @property
    def pain(self) -> int:
        return self.top + 76

    @property
    def pain_height(self) -> int:
        return 84 if self.lane.pains is not None else 0

    @property
    def treatments(self) -> int:
        return self.pain + self.pain_height + 18 if self.lane.pains is not None else self.top + 74

    @property
    def windows(self) -> int:
        return self.treatments + 20 * len(self.rows) + (4 if self.rows else 6)

    @property
    def bottom(self) -> int:
        return self.windows + 30


def timeline(
    lanes: Sequence[Lane], contacts: Sequence[Contact], *, days: Days, today: date, key: str = "timeline", title: str
) -> Picture:
    """All lanes on one axis, R above L, contacts at the bottom."""
    placed = _placed(lanes, days)
    end_of_lanes = placed[-1].bottom if placed else 30
    height = end_of_lanes + 44
    list_at = f"{key}-list"
    now = days.x(today)
    lines = [
        f'<rect class="future" x="{now:.1f}" y="24" width="{SHEET - now:.1f}" height="{height - 24}"/>',
        month_lines(days, 24, height),
        *_both(placed, days),
        *(part for p in placed for part in _lines(p, days, now)),
        f'<path class="today" d="M{now:.1f} 20V{height}"/>',
    ]
    body = [
        sheet(height, lines),
        *month_names(days, 14, clear_of=now),
        *(part for p in placed for part in _marks(p, days, today, key, list_at)),
        *_contacts(contacts, days, end_of_lanes + 24),
        _today(now, today),
    ]
    return Picture(
        key=key,
        title=title,
        story=_story(lanes, days, today),
        height=height,
        body=safe([_patterns(key), *body]),
        names=safe(part for part in _names(placed, end_of_lanes)),
        table=_as_list(lanes, contacts, days),
        links=any(has_crowd(lane.images, days, CLOSE) for lane in lanes),
    )


def _placed(lanes: Sequence[Lane], days: Days) -> list[Placed]:
    placed: list[Placed] = []
    for lane in lanes:
        shown = [t for t in lane.treatments if t.on <= days.end and (t.until is None or t.until >= days.start)]
        shown = [t for t in shown if t.kind != "operation" or days.holds(t.on)]
        placed.append(Placed(lane, placed[-1].bottom if placed else 24, _packed(shown, days)))
    return placed


def _packed(treatments: Sequence[Treatment], days: Days) -> list[list[Treatment]]:
    """Rows in which no bar and no word covers another."""
    rows: list[list[Treatment]] = []
    ends: list[float] = []
    for treatment in sorted(treatments, key=lambda t: t.on):
        start = days.x(treatment.on)
        end = max(days.x(treatment.until or treatment.on), start) + room(treatment.words)
        row = next((n for n, taken in enumerate(ends) if taken <= start), len(rows))
        if row == len(rows):
            rows.append([])
            ends.append(0)
        rows[row].append(treatment)
        ends[row] = end
    return rows


def _patterns(key: str) -> str:
    return (
        f'<defs><pattern id="{key}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/>'
        '<path class="hatch-line" d="M1.500 0V6"/></pattern>'
        f'<pattern id="{key}-late" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="late-line" d="M1.500 0V6"/></pattern></defs>'
    )


def _both(placed: Sequence[Placed], days: Days) -> Iterator[str]:
    """A dotted hairline between the marks of one study that shows both joints."""
    for upper, lower in itertools.pairwise(placed):
        below = {(i.on, i.kind) for i in lower.lane.images if i.state != "planned"}
        shared = {(i.on, i.kind) for i in upper.lane.images if (i.on, i.kind) in below and days.holds(i.on)}
        path = "".join(f"M{days.x(on):.1f} {upper.images + 8}V{lower.images - 8}" for on, _ in sorted(shared))
        if path:
            yield f'<path class="both" d="{path}"/>'


def _lines(p: Placed, days: Days, now: float) -> Iterator[str]:
    if p.lane.pains is not None:
        base = p.pain + p.pain_height
        yield f'<path class="grid" d="M0 {p.pain}H1000M0 {p.pain + p.pain_height // 2}H1000M0 {base}H1000"/>'
        if recent := p.lane.recent:
            since, until = days.x(recent.since), days.x(recent.until)
            yield f'<rect class="used" x="{since:.1f}" y="{p.pain}" width="{max(until - since, 4):.1f}" height="84"/>'
            y = base - recent.usual * p.pain_height / 10
            yield f'<path class="usual" d="M{max(since - 120, 0):.1f} {y:.1f}H{now:.1f}"/>'
        side = "r" if p.lane.side.startswith("r") else "l"
        yield f'<path class="dots pain-{side}" d="{dots(p.lane.pains, days, p.pain, p.pain_height)}"/>'
        yield f'<path class="course pain-{side}" d="{course(p.lane.pains, days, p.pain, p.pain_height)}"/>'
    for number, row in enumerate(p.rows):
        for treatment in row:
            if treatment.kind == "operation":
                x = days.x(treatment.on)
                yield f'<path class="operation" d="M{x:.1f} {p.strip}V{p.treatments + 20 * number}"/>'
    yield f'<path class="year" d="M0 {p.bottom}H1000"/>'


def _marks(p: Placed, days: Days, today: date, key: str, list_at: str) -> Iterator[str]:
    for stage in p.lane.stages:
        yield _stage(stage, p, days, today, key)
    if p.lane.diary_words:
        y = p.pain + 42 if p.lane.pains is not None else p.top + 78
        yield at(_quiet_place(p, days), y, label(p.lane.diary_words, x=8, css="ho soft"))
    for number, row in enumerate(p.rows):
        for treatment in row:
            yield _treatment(treatment, p.treatments + 20 * number, days, today, key)
    for window in p.lane.windows:
        yield from _window(window, p.windows, days, today, key)
    yield from image_marks(p.lane.images, days, p.images, closer_than=CLOSE, list_at=list_at)
    for flag in p.lane.flags:
        if days.holds(flag.on):
            y = p.pain - 7 if p.lane.pains is not None else p.images
            yield at(days.x(flag.on), y, FLAGS[flag.severity], f"flag flag-{flag.severity}")
    if recent := p.lane.recent:
        base = p.pain + p.pain_height
        recent_y, usual_y = base - recent.middle * 8.4, base - recent.usual * 8.4
        usual_y = max(usual_y, recent_y + 16)
        yield at(days.x(today), recent_y, _told_short(recent.words))
        yield at(days.x(today), usual_y, _told_short(recent.usual_words))


def _told_short(text: str) -> str:
    """Words beside the course; what follows the first comma is left out where the picture is narrow."""
    first, comma, rest = text.partition(",")
    more = f'<tspan class="thin">{words(comma + rest)}</tspan>' if rest else ""
    return f'<text x="8" y="4" class="ho strong">{words(first)}{more}</text>'


def _quiet_place(p: Placed, days: Days) -> float:
    """Where no entry stands: behind the operation that ended the diary, or at the start."""
    operations = [t.on for t in p.lane.treatments if t.kind == "operation" and days.holds(t.on)]
    return days.x(max(operations)) if operations and p.lane.pains else 0.0


def _stage(stage: Stage, p: Placed, days: Days, today: date, key: str) -> str:
    until = min(stage.until or today, days.end)
    if until <= days.start or stage.since >= days.end:
        return ""
    x, width = days.x(stage.since), days.x(until) - days.x(stage.since)
    name = stage.stage or "none"
    hatch = f'<rect width="100%" height="22" rx="2" fill="url(#{key}-hatch)"/>' if name == "3a" else ""
    return (
        f'<svg x="{percent(x)}" y="{p.strip}" width="{percent(width)}" height="22" class="st st-{name}">'
        f'<rect width="100%" height="22" rx="2"/>{hatch}<text x="8" y="15">{words(stage.words)}</text></svg>'
    )


def _treatment(treatment: Treatment, y: int, days: Days, today: date, key: str) -> str:
    x = days.x(treatment.on)
    if treatment.kind == "operation":
        return _diamond(treatment, x, y)
    width = max(days.x(treatment.until or today) - x, 3)
    inside = width > room(treatment.words, letter=5)
    fill = f' fill="url(#{key}-hatch)"' if treatment.kind == "weight" else ""
    bar = (
        f'<rect class="treat treat-{treatment.kind}" x="{percent(x)}" y="{y - 7}" width="{percent(width)}" '
        f'height="14" rx="3"{fill}/>'
    )
    if inside and treatment.kind != "weight":
        return bar + at(x, y + 4, label(treatment.words, x=6, css="ho soft"))
    if x + width + room(treatment.words, letter=9) > SHEET and x > room(treatment.words):
        return bar + at(x, y + 4, label(treatment.words, x=-6, css="ho soft", end=True))
    return bar + at(x + width, y + 4, label(treatment.words, x=6, css="ho soft"))


def _diamond(treatment: Treatment, x: float, y: int) -> str:
    at_end = x + room(treatment.words, letter=9) > SHEET
    name = label(treatment.words, x=-12 if at_end else 12, y=4, css="ho strong", end=at_end)
    return at(x, y, f'<path class="operation-mark" d="M0-7 7 0 0 7-7 0z"/>{name}')


def _window(window: Window, y: int, days: Days, today: date, key: str) -> Iterator[str]:
    if window.closes < days.start or window.opens > days.end:
        return
    x, end = days.x(window.opens), days.x(window.closes)
    yield _bar(x, end - x, y, f"win win-{window.state}")
    if window.state == "late":
        now = days.x(today)
        yield _bar(end, now - end, y, "win win-over")
        yield _bar(end, now - end, y, "win-hatch", f' fill="url(#{key}-late)"')
        end = now
    if window.done_on and days.holds(window.done_on):
        yield at(days.x(window.done_on), y, '<path class="check" d="m-4 0 3 3 5-6"/>')
    elif window.state != "done" and days.holds(window.target):
        yield at(days.x(window.target), y, '<path class="target" d="M0-7V7"/>')
    if window.words:
        at_end = end + room(window.words, letter=9) > SHEET
        name = label(window.words, x=-6 if at_end else 6, y=4, css="ho strong", end=at_end)
        yield at(x if at_end else end, y, name)


def _bar(x: float, width: float, y: int, css: str, more: str = "") -> str:
    return (
        f'<rect class="{css}" x="{percent(x)}" y="{y - 7}" width="{percent(max(width, 3))}" height="14" rx="3"{more}/>'
    )


_CONTACTS = {
    "visit": '<path d="M-5 5V-1L0-6 5-1V5z"/>',
    "phone": '<path d="M-4-5-6-4C-6 2-1 6 4 6L6 4 3 2 1 3C-1 2-3 0-3-1L-2-3z"/>',
    "message": '<path d="M-6-5H6V3H0L-4 6V3H-6z"/>',
}


def _contacts(contacts: Sequence[Contact], days: Days, y: int) -> Iterator[str]:
    """Every contact has its mark; its words only where they cover nothing, newest first."""
    free = SHEET
    for contact in sorted((c for c in contacts if days.holds(c.on)), key=lambda c: c.on, reverse=True):
        x = days.x(contact.on)
        name = label(contact.words, x=10, y=4, css="ho soft") if x + room(contact.words) < free else ""
        yield at(x, y, f"{_CONTACTS.get(contact.kind, _CONTACTS['message'])}{name}", "contact")
        free = x - 14


def _today(now: float, today: date) -> str:
    text = gettext("Today, %(day)s") % {"day": day(today, today).split(" ", 1)[-1]}
    shift = -104 if now > SHEET - 60 else -52
    return at(
        now,
        0,
        f'<g transform="translate({shift})"><rect class="today-label" width="104" height="20" rx="4"/>'
        f'<text class="today-word" x="52" y="14">{words(text)}</text></g>',
    )


def _names(placed: Sequence[Placed], end_of_lanes: int) -> Iterator[str]:
    for p in placed:
        right = p.lane.side.startswith("r")
        badge = '<rect width="20" height="20" rx="3"/>' if right else '<circle cx="10" cy="10" r="10"/>'
        letter = gettext("R") if right else gettext("L")
        yield (
            f'<svg y="{p.images - 10}" class="lane-side lane-{"r" if right else "l"}" width="100%" height="20">{badge}'
            f'<text class="lane-letter" x="10" y="14">{letter}</text>'
            f'<text class="lane-name" x="27" y="15">{words(p.lane.name)}</text></svg>'
        )
        yield label(gettext("Stage, size"), y=p.strip + 15, css="row-name")
        if p.lane.pains is not None:
            yield label(gettext("Worst pain"), y=p.pain + 14, css="row-name")
            yield label(gettext("in 24 h, 0–10"), y=p.pain + 29, css="row-name")
            for value in (10, 5, 0):
                y = p.pain + p.pain_height - value * 8.4 + 4
                yield label(str(value), x=NAMES_WIDTH - 8, y=y, css="row-name", end=True)
        if p.rows:
            yield label(gettext("Treatment"), y=p.treatments + 4, css="row-name")
        yield label(gettext("Follow-up"), y=p.windows + 4, css="row-name")
    yield label(gettext("Contact"), y=end_of_lanes + 28, css="row-name")


def _story(lanes: Sequence[Lane], days: Days, today: date) -> str:
    """What somebody who cannot see the picture is told first."""
    sentences = [
        gettext("From %(start)s to %(end)s; today is %(today)s.")
        % {"start": full_day(days.start), "end": full_day(days.end), "today": full_day(today)}
    ]
    for lane in lanes:
        made = [i for i in lane.images if i.state != "planned" and days.holds(i.on)]
        pains = [p for p in lane.pains or () if days.holds(p.on)]
        stage = lane.stages[-1].words if lane.stages else gettext("stage not known")
        images = ngettext("%(n)s image", "%(n)s images", len(made)) % {"n": len(made)}
        entries = ngettext("%(n)s pain entry", "%(n)s pain entries", len(pains)) % {"n": len(pains)}
        sentences.append(f"{lane.name}: {stage}, {images}, {entries}.")
    return " ".join(sentences)


def _as_list(lanes: Sequence[Lane], contacts: Sequence[Contact], days: Days) -> Table:
    """Everything on the picture, newest first, planned at the top; pain as its middle value by month."""
    found = [(on, badge, what) for lane in lanes for badge in [_badge(lane)] for on, what in _told(lane, days)]
    found += [(contact.on, "", contact.words) for contact in contacts]
    found = sorted((line for line in found if days.holds(line[0])), key=lambda line: line[0], reverse=True)
    told = cache(full_day)
    rows = tuple((told(on), badge, what) for on, badge, what in found)
    summary = ngettext(
        "Everything on this picture as a list (%(n)s line)",
        "Everything on this picture as a list (%(n)s lines)",
        len(rows),
    ) % {"n": len(rows)}
    return Table((gettext("Day"), gettext("Joint"), gettext("What")), rows, summary)


def _badge(lane: Lane) -> str:
    return format_html("{} {}", side_mark(lane.side), lane.name)


def _told(lane: Lane, days: Days) -> Iterator[tuple[date, str]]:
    """What one lane shows, a line each. Translations are looked up once a lane, not once a line."""
    kinds, states = kind_names(), state_names()
    pain, flag = gettext("pain in %(month)s: middle value %(middle)s"), gettext("flag: %(words)s")
    for image in lane.images:
        yield image.on, ", ".join(filter(None, (kinds.get(image.kind, image.kind), states[image.state], image.words)))
    for stage in lane.stages:
        yield stage.since, stage.words or gettext("stage not known")
    for treatment in lane.treatments:
        yield treatment.on, treatment.words + (f" – {full_day(treatment.until)}" if treatment.until else "")
    yield from _windows_told(lane)
    for mark in lane.flags:
        yield mark.on, flag % {"words": mark.words or mark.severity}
    for first, values in pain_by_month(lane.pains or ()).items():
        middle = {"month": month_name(first, with_year=True), "middle": middle_words(values)}
        yield max(first, days.start), pain % middle


def _windows_told(lane: Lane) -> Iterator[tuple[date, str]]:
    span, done = gettext("follow-up window %(opens)s – %(closes)s"), gettext(", done %(day)s")
    for window in lane.windows:
        words_of_window = span % {"opens": full_day(window.opens), "closes": full_day(window.closes)}
        if window.done_on:
            words_of_window += done % {"day": full_day(window.done_on)}
        elif window.words:
            words_of_window += f", {window.words}"
        yield window.target, words_of_window
