"""Pain of one joint: the course a patient sees, the phone's small lane, and the points a rule has used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.templatetags.words import full_day
from accounts.wording import gettext, ngettext
from followups.charts.paper import (
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
    label,
    middle_words,
    month_lines,
    month_name,
    month_names,
    pain_by_month,
    safe,
    sheet,
)
from followups.charts.timeline import Recent

# On a phone the plot is about 290 px wide: 18 px are that much of it.
CLOSE = 62.0
TOP, PLOT = 30, 100


def pain_trend(
    side: str,
    name: str,
    pains: Sequence[Pain],
    images: Sequence[Image],
    *,
    days: Days,
    today: date,
    key: str,
    usual: float | None = None,
    recent: Recent | None = None,
    table: bool = True,
) -> Picture:
    """Entries by day, oldest first, the middle of 7 days as a line, the pictures taken above it."""
    base, height, now = TOP + PLOT, TOP + PLOT + 40, days.x(today)
    letter = "r" if side.startswith("r") else "l"
    shown = [i for i in images if days.holds(i.on)]
    hairlines = "".join(f"M{days.x(i.on):.1f} {TOP - 8}V{base}" for i in shown if i.state != "planned")
    lines = [
        f'<rect class="future" x="{now:.1f}" y="{TOP}" width="{SHEET - now:.1f}" height="{PLOT}"/>',
        month_lines(days, TOP, base),
        f'<path class="grid" d="M0 {TOP}H1000M0 {TOP + PLOT // 2}H1000M0 {base}H1000"/>',
        f'<path class="both" d="{hairlines}"/>',
    ]
    if recent:
        since, until = days.x(recent.since), days.x(recent.until)
        lines.append(f'<rect class="used" x="{since:.1f}" y="{TOP}" width="{until - since:.1f}" height="{PLOT}"/>')
    marks = [*month_names(days, base + 15), *image_marks(shown, days, 14, closer_than=CLOSE, list_at=f"{key}-list")]
    if usual is not None:
        y = base - usual * PLOT / 10
        lines.append(f'<path class="usual" d="M0 {y:.1f}H{now:.1f}"/>')
        named = gettext("usual %(n)s") % {"n": f"{usual:g}"}
        marks.append(at(now, y, label(named, x=-14, y=14, css="ho strong", end=True)))
    lines += [
        f'<path class="dots pain-{letter}" d="{dots(pains, days, TOP, PLOT)}"/>',
        f'<path class="course pain-{letter}" d="{course(pains, days, TOP, PLOT)}"/>',
        f'<path class="today" d="M{now:.1f} {TOP - 8}V{base}"/>',
    ]
    marks += [
        at(0, base - v * PLOT / 10, label(str(v), x=2, y=4 if v == 5 else (10 if v else -3), css="ax ho"))
        for v in (10, 5, 0)
    ]
    marks.append(at(now, base + 31, label(gettext("today"), css="ax ax-year", end=now > SHEET - 120)))
    return Picture(
        key=key,
        title=gettext("Worst pain in 24 hours, %(joint)s") % {"joint": name},
        story=_story(pains, days),
        height=height,
        body=safe([sheet(height, lines), *marks]),
        table=month_table([(name, pains)], today=today) if table else None,
        links=has_crowd(shown, days, CLOSE),
    )


def month_table(diaries: Sequence[tuple[str, Sequence[Pain]]], *, today: date) -> Table:
    """One table for one or more joints: the middle value of each month and its number of entries, newest first."""
    by_month = [pain_by_month(pains) for _, pains in diaries]
    firsts = sorted({first for found in by_month for first in found}, reverse=True)
    rows = tuple(
        (_month_words(first, today), *(middle_words(found.get(first, [])) for found in by_month)) for first in firsts
    )
    return Table(
        (gettext("Month"), *(name for name, _ in diaries)),
        rows,
        gettext("The same as a table"),
        gettext("Middle value, number of entries in brackets. A gap means no entry, not no pain."),
    )


def _month_words(first: date, today: date) -> str:
    name = month_name(first, with_year=True)
    if (first.year, first.month) == (today.year, today.month):
        return gettext("%(month)s, to the %(day)s") % {"month": name, "day": today.day}
    return name


def _story(pains: Sequence[Pain], days: Days) -> str:
    held = [p.nrs for p in pains if days.holds(p.on)]
    if not held:
        return gettext("No entries in this time.")
    entries = ngettext("%(n)s entry", "%(n)s entries", len(held)) % {"n": len(held)}
    told = {"entries": entries, "low": min(held), "high": max(held), "since": full_day(days.start)}
    return gettext("%(entries)s since %(since)s, between %(low)s and %(high)s out of 10.") % told


# --- A flag's evidence -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """One entry; a used one is drawn larger, with its number."""

    on: date
    nrs: int
    used: bool = False


@dataclass(frozen=True)
class Span:
    since: date
    until: date
    words: str


@dataclass(frozen=True)
class Evidence:
    """What a rule has seen. None: the rule has no such thing (a usual, a review line)."""

    side: str
    name: str
    points: Sequence[Point]
    opened_on: date
    usual_span: Span | None = None
    recent_span: Span | None = None
    usual: float | None = None
    review_line: float | None = None


def evidence(seen: Evidence, *, today: date, key: str = "evidence") -> Picture:
    """The exact points, both windows, the frozen usual and the review line."""
    days = _around(seen, today)
    top, plot = 36, 120  # the words of both windows stand above the plot, where no point is
    base, height = top + plot, top + plot + 40
    y = {value: base - value * plot / 10 for value in range(11)}
    lines = [
        "".join(
            _span(span, days, top, plot, css) for span, css in ((seen.usual_span, "before"), (seen.recent_span, "used"))
        ),
        '<path class="grid" d="' + "".join(f"M0 {y[v]:g}H1000" for v in (0, 2, 4, 6, 8, 10)) + '"/>',
    ]
    if seen.usual is not None:
        lines.append(f'<path class="usual" d="M0 {base - seen.usual * 12:g}H1000"/>')
    if seen.review_line is not None:
        since = days.x(seen.usual_span.until) if seen.usual_span else 0
        lines.append(f'<path class="review" d="M{since:.1f} {base - seen.review_line * 12:g}H1000"/>')
    opened = days.x(seen.opened_on)
    lines.append(f'<path class="opened" d="M{opened:.1f} {base - 4}V{base + 6}"/>')
    marks = [at(0, y[v], label(str(v), x=2, y=-2, css="ax ho")) for v in (0, 2, 4, 6, 8, 10)]
    marks += _points(seen, days, y)
    if seen.usual_span:
        marks.append(
            at(days.x(seen.usual_span.since), top, label(seen.usual_span.words, x=6, y=-23, css="ho wide-word"))
        )
    if seen.recent_span:
        marks.append(_recent_words(seen.recent_span, days, top))
    marks += _weeks(days, base + 16)
    marks.append(
        at(
            opened,
            base + 31,
            label(gettext("flag opened"), css="ax ax-year mid" if opened < 930 else "ax ax-year end-word"),
        )
    )
    return Picture(
        key=key,
        title=gettext("The points the rule used, %(joint)s") % {"joint": seen.name},
        story=" ".join(span.words + "." for span in (seen.usual_span, seen.recent_span) if span),
        height=height,
        body=safe([sheet(height, lines), *marks]),
        table=_points_table(seen),
    )


def _around(seen: Evidence, today: date) -> Days:
    starts = [p.on for p in seen.points] + [s.since for s in (seen.usual_span, seen.recent_span) if s]
    ends = [today, seen.opened_on, *(p.on for p in seen.points)]
    return Days(min(starts, default=seen.opened_on) - timedelta(days=2), max(ends) + timedelta(days=2))


def _span(span: Span | None, days: Days, top: int, plot: int, css: str) -> str:
    if span is None:
        return ""
    x = days.x(span.since)
    return f'<rect class="{css}" x="{x:.1f}" y="{top}" width="{days.x(span.until) - x:.1f}" height="{plot}"/>'


def _points(seen: Evidence, days: Days, y: dict[int, float]) -> list[str]:
    """Each entry; those that the rule used with their number, unless the same number stands right beside it."""
    found, close = [], timedelta(days=max(1, days.length // 30))
    last: Point | None = None
    for point in seen.points:
        if not days.holds(point.on):
            continue
        said = point.used and not (last and last.nrs == point.nrs and point.on - last.on <= close)
        found.append(_point(point, days, y[point.nrs], seen.side, number=said))
        last = point if said else last
    return found


def _point(point: Point, days: Days, y: float, side: str, *, number: bool) -> str:
    said = label(str(point.nrs), y=-9, css="ho strong mid") if number else ""
    letter = "r" if side.startswith("r") else "l"
    return at(days.x(point.on), y, f'<circle r="{5 if point.used else 3.5}"/>{said}', f"point point-{letter}")


def _recent_words(span: Span, days: Days, top: float) -> str:
    """They end where the window ends, or begin where it begins if there is no room before it."""
    late = days.x(span.until) > SHEET * 0.4
    words = label(span.words, x=-4 if late else 4, y=-23, css="ho strong wide-word", end=late)
    return at(days.x(span.until if late else span.since), top, words)


def _weeks(days: Days, y: int) -> list[str]:
    """A label a week, thinned so that eight at most stand on the axis."""
    step = timedelta(days=7 * max(1, -(-days.length // 56)))
    found: list[str] = []
    on = days.start + timedelta(days=2)
    while on < days.end - timedelta(days=2):
        css = "ax mid wide-word" if len(found) % 2 else "ax mid"  # every other one has no room on a phone
        found.append(at(days.x(on), y, label(full_day(on).rsplit(" ", 1)[0], css=css)))
        on += step
    return found


def _points_table(seen: Evidence) -> Table:
    rows = tuple(
        (full_day(p.on), str(p.nrs), gettext("yes") if p.used else gettext("no"))
        for p in sorted(seen.points, key=lambda p: p.on, reverse=True)
    )
    summary = ngettext("The %(n)s entry as a table", "The %(n)s entries as a table", len(rows)) % {"n": len(rows)}
    return Table((gettext("Day"), gettext("Worst pain, 0–10"), gettext("In the rule's window")), rows, summary)
