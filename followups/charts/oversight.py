"""The dashboard's pictures: who is late and by how much, images on time, flags on their clock, what is needed, and
whether the machines live."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.wording import gettext, ngettext
from followups.charts.paper import (
    FLAGS,
    SHEET,
    Picture,
    Table,
    at,
    label,
    percent,
    safe,
    sheet,
    words,
)

# Up to this many people each have a mark; above it they are counted in bands.
ONE_MARK_EACH = 40
LAPSE = 90
_BANDS = ((1, 14), (15, 30), (31, 60), (61, 90), (91, None))
_APART = 42.0  # a mark of 22 px on a plot of 540


@dataclass(frozen=True)
class Late:
    """One person, so many days after the window closed."""

    days: int
    href: str
    name: str


@dataclass(frozen=True)
class LateGroup:
    name: str
    people: Sequence[Late]
    href: str = ""
    # When there are more people than are handed over: how many in each of the five bands.
    bands: Sequence[int] = ()


def overdue(groups: Sequence[LateGroup], *, key: str = "overdue") -> Picture:
    """One number a person on the axis of days late; bands with a count once there are more than about forty."""
    counted = any(g.bands for g in groups) or sum(len(g.people) for g in groups) > ONE_MARK_EACH
    row, top = 36, 8
    base = top + row * len(groups)
    furthest = max([LAPSE, *(p.days for g in groups for p in g.people)])
    scale = (SHEET - 30) / furthest
    ticks = [n for n in (0, 14, 30, 60, LAPSE) if n <= furthest]
    lines = "".join(f"M0 {top + row * n + row // 2}H1000" for n in range(len(groups)))
    lines += "" if counted else "".join(f"M{n * scale:.1f} {top}V{base}" for n in ticks)
    body = [sheet(base + 24, [f'<path class="grid" d="{lines}"/>', f'<path class="year" d="M.5 {top}V{base}"/>'])]
    for number, group in enumerate(groups):
        y = top + row * number + row // 2
        body += _bands(group, y) if counted else _people(group, y, scale)
    body += _band_names(base + 16) if counted else _day_names(ticks, scale, base + 16)
    return Picture(
        key=key,
        title=gettext("Overdue by age and group"),
        story=" ".join(f"{g.name}: {sum(_in_bands(g))}." for g in groups),
        height=base + 24,
        body=safe(body),
        names=safe(label(g.name, y=top + row * n + row // 2 + 4, css="row-name strong") for n, g in enumerate(groups)),
        table=_overdue_table(groups, counted),
        links=True,
    )


def _people(group: LateGroup, y: int, scale: float) -> Iterator[str]:
    before = -_APART
    for person in sorted(group.people, key=lambda p: p.days):
        x = min(max(person.days * scale, before + _APART, 14.0), SHEET - 14)
        before = x
        yield at(
            x,
            y,
            f'<a href="{words(person.href)}" aria-label="{words(_late_words(person))}"><circle r="11"/>'
            f'<text y="4">{person.days}</text></a>',
            "late-mark",
        )


def _late_words(person: Late) -> str:
    told = {"name": person.name, "days": person.days}
    return ngettext("%(days)s day late: %(name)s", "%(days)s days late: %(name)s", person.days) % told


def _in_bands(group: LateGroup) -> Sequence[int]:
    return group.bands or in_bands([person.days for person in group.people])


def in_bands(days: Sequence[int]) -> list[int]:
    """How many in each of the five bands of days late."""
    return [sum(low <= n <= (high or n) for n in days) for low, high in _BANDS]


def _bands(group: LateGroup, y: int) -> Iterator[str]:
    for number, count in enumerate(_in_bands(group)):
        if count:
            width = min(12 + count**0.5 * 4, 60)
            box = f'<rect x="{-width:g}" y="-13" width="{2 * width:g}" height="26" rx="13"/><text y="4">{count}</text>'
            inside = (
                f'<a href="{words(group.href)}" aria-label="{words(group.name)}: {count}">{box}</a>'
                if group.href
                else box
            )
            yield at(100 + number * 200, y, inside, "late-mark")


def _band_words(low: int, high: int | None) -> str:
    return (
        gettext("over %(n)s days") % {"n": low - 1}
        if high is None
        else gettext("%(a)s–%(b)s days") % {"a": low, "b": high}
    )


def _band_names(y: int) -> Iterator[str]:
    for number, (low, high) in enumerate(_BANDS):
        yield at(100 + number * 200, y, label(_band_words(low, high), css="ax mid"))


def _day_names(ticks: Sequence[int], scale: float, y: int) -> Iterator[str]:
    for n in ticks:
        text = gettext("90: lapsed") if n == LAPSE else str(n)
        css = "ax" if n == 0 else ("ax end-word" if n == LAPSE else "ax mid")
        yield at(n * scale + (20 if n == LAPSE else 0), y, label(text, css=css))


def _overdue_table(groups: Sequence[LateGroup], counted: bool) -> Table:
    summary = gettext("The same as a table")
    if counted:
        heads = (gettext("Days late"), *(f"{low}–{high}" if high else f"> {low - 1}" for low, high in _BANDS))
        return Table(heads, tuple((g.name, *(_number_of(g, n) for n in _in_bands(g))) for g in groups), summary)
    return Table(
        (gettext("Group"), gettext("Days late, one link a patient")), tuple(_linked(g) for g in groups), summary
    )


def _number_of(group: LateGroup, n: int) -> str:
    return _link(str(n), group.href, f"{group.name}: {n}") if n and group.href else str(n)


def _linked(group: LateGroup) -> tuple[str, str]:
    if not group.people:
        return group.name, gettext("nobody")
    people = sorted(group.people, key=lambda p: -p.days)
    return group.name, _joined([_link(str(p.days), p.href, _late_words(p)) for p in people])


def _joined(links: Sequence[SafeString]) -> SafeString:
    return safe([", ".join(links)])


def _link(text: str, href: str, named: str) -> SafeString:
    return format_html('<a href="{}" aria-label="{}">{}</a>', href, named, text)


@dataclass(frozen=True)
class Month:
    """Images whose target lay in a month that is over: how many, and how many of them on time."""

    name: str
    n: int
    on_time: int

    @property
    def rate(self) -> int:
        return round(100 * self.on_time / self.n) if self.n else 0


def on_time(months: Sequence[Month], *, aim: int = 90, key: str = "on-time") -> Picture:
    """Bars of per cent with their number and n; the last month darker."""
    top, plot = 14, 116
    base = top + plot
    wide = SHEET / max(len(months), 1)
    lines = [f'<path class="grid" d="M0 {base}H1000M0 {base - plot // 2}H1000M0 {top}H1000"/>']
    body: list[str] = []
    for number, month in enumerate(months):
        height, x, last = plot * month.rate / 100, number * wide, number == len(months) - 1
        if month.n:
            lines.append(
                f'<rect class="rate{" rate-last" if last else ""}" x="{x + wide * 0.14:.1f}" y="{base - height:.1f}" '
                f'width="{wide * 0.72:.1f}" height="{height:.1f}"/>'
            )
        inside = height > 20
        thin = " wide-word" if (len(months) - number) % 2 == 0 else ""
        css = ("rate-word rate-word-last mid" if last else "rate-word mid") if inside else "ax mid"
        figure = str(month.rate) if month.n else "–"
        body.append(at(x + wide / 2, base - height + (14 if inside else -4), label(figure, css=css + thin)))
        body.append(at(x + wide / 2, base + 14, label(month.name, css=f"ax mid{thin}")))
        body.append(at(x + wide / 2, base + 28, label(str(month.n), css=f"ax mid{thin}")))
    lines.append(f'<path class="aim" d="M0 {base - plot * aim / 100:.1f}H1000"/>')
    axis = ((100, gettext("100 %")), (aim, str(aim)), (50, "50"), (0, "0"))
    names = [
        label(text, x=30, y=base - plot * v / 100 + 4, css="row-name", end=True)
        for v, text in axis
        if v != aim or aim < 92
    ]
    names.append(label("n", x=30, y=base + 28, css="row-name", end=True))
    rows = tuple((m.name, f"{m.rate} %" if m.n else gettext("none due"), str(m.on_time), str(m.n)) for m in months)
    return Picture(
        key=key,
        title=gettext("Images on time by month"),
        story=" ".join(f"{m.name}: {m.rate} % ({m.on_time}/{m.n})." for m in months if m.n),
        height=base + 36,
        body=safe([sheet(base + 36, lines), *body]),
        names=safe(names),
        table=Table(
            (gettext("Month"), gettext("On time"), gettext("Made on time"), "n"), rows, gettext("The same as a table")
        ),
    )


@dataclass(frozen=True)
class Waiting:
    """One open flag: what part of its clock is used (1 = the clock has run out)."""

    used: float
    href: str
    name: str


@dataclass(frozen=True)
class Clock:
    severity: str
    name: str
    length: str  # "5 days"
    flags: Sequence[Waiting]


def flag_clocks(clocks: Sequence[Clock], *, key: str = "clocks") -> Picture:
    """Each mark is one flag; the shaded end is past its clock."""
    row, top, ends = 42, 6, 720.0
    base = top + row * len(clocks)
    lines = [
        f'<rect class="past" x="{ends}" y="{top}" width="{SHEET - ends}" height="{base - top}"/>',
        '<path class="grid" d="' + "".join(f"M0 {top + row * n + 20}H1000" for n in range(len(clocks))) + '"/>',
        f'<path class="year" d="M{ends} {top}V{base}"/>',
    ]
    body = [sheet(base + 22, lines)]
    for number, clock in enumerate(clocks):
        before = -_APART
        for flag in sorted(clock.flags, key=lambda f: f.used)[-ONE_MARK_EACH:]:
            x = ends * flag.used if flag.used <= 1 else ends + 24 + min((flag.used - 1) * 200, 220)
            x = min(max(x, before + _APART * 0.7, 10.0), SHEET - 10)
            before = x
            told = words(_clock_words(clock, flag))
            mark = f'<a href="{words(flag.href)}" aria-label="{told}">{FLAGS[clock.severity]}</a>'
            body.append(at(x, top + row * number + 20, mark, f"flag flag-{clock.severity}"))
    body.append(at(0, base + 16, label(gettext("opened"), css="ax")))
    body.append(at(ends, base + 16, label(gettext("clock ends"), css="ax ax-year mid")))
    body.append(at((ends + SHEET) / 2 + 40, base + 16, label(gettext("past"), css="ax mid wide-word")))
    names = [
        label(text, y=top + row * n + y, css=css)
        for n, c in enumerate(clocks)
        for text, y, css in ((c.name, 18, "row-name strong"), (c.length, 32, "row-name"))
    ]
    rows = tuple(
        (
            clock.name,
            _link(flag.name, flag.href, _clock_words(clock, flag)),
            gettext("%(n)s %%") % {"n": round(flag.used * 100)},
        )
        for clock in clocks
        for flag in sorted(clock.flags, key=lambda f: -f.used)
    )
    return Picture(
        key=key,
        title=gettext("Flags and their clock"),
        story=" ".join(f"{c.name}: {len(c.flags)}." for c in clocks),
        height=base + 22,
        body=safe(body),
        names=safe(names),
        table=Table(
            (gettext("Severity"), gettext("Flag"), gettext("Clock used")), rows, gettext("The same as a table")
        ),
        links=True,
    )


def _clock_words(clock: Clock, flag: Waiting) -> str:
    told = {"severity": clock.name, "name": flag.name, "n": round(flag.used * 100)}
    return gettext("%(severity)s: %(name)s, %(n)s %% of its clock used") % told


@dataclass(frozen=True)
class Week:
    name: str  # "23 Nov"
    xr: int
    mr: int


def needed(weeks: Sequence[Week], *, key: str = "needed") -> Picture:
    """X-rays solid, MRI striped on top, the sum above."""
    top, plot = 18, 96
    base = top + plot
    wide = SHEET / max(len(weeks), 1)
    scale = plot / max([w.xr + w.mr for w in weeks] + [1])
    lines = [f'<path class="grid" d="M0 {base}H1000"/>']
    body: list[str] = []
    for number, week in enumerate(weeks):
        x, width = number * wide + wide * 0.12, wide * 0.76
        solid, striped = week.xr * scale, week.mr * scale
        lines.append(
            f'<rect class="rate" x="{x:.1f}" y="{base - solid:.1f}" width="{width:.1f}" height="{solid:.1f}"/>'
        )
        body.append(
            f'<rect class="striped" x="{percent(x)}" y="{base - solid - striped:.1f}" width="{percent(width)}" '
            f'height="{striped:.1f}" fill="url(#{key}-stripe)"/>'
        )
        body.append(at(x + width / 2, base - solid - striped - 4, label(str(week.xr + week.mr), css="ax mid")))
        if number % 3 == 0:
            body.append(at(x, base + 15, label(week.name, css="ax")))
    pattern = (
        f'<defs><pattern id="{key}-stripe" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="hatch-line" d="M1.500 0V5"/></pattern></defs>'
    )
    rows = tuple((w.name, str(w.xr), str(w.mr), str(w.xr + w.mr)) for w in weeks)
    return Picture(
        key=key,
        title=gettext("Images needed, by week of the target date"),
        story=" ".join(f"{w.name}: {w.xr + w.mr}." for w in weeks),
        height=base + 24,
        body=safe([pattern, sheet(base + 24, lines), *body]),
        table=Table(
            (gettext("Week of"), gettext("X-ray"), gettext("MRI"), gettext("All")), rows, gettext("The same as a table")
        ),
    )


def day_strip(name: str, signs: Sequence[bool], *, until: datetime, key: str) -> Picture:
    """24 hours in quarters, oldest first: whether the machine gave a sign of life in each. A silent one is red, low
    and dotted, so that it is seen without colour."""
    wide = SHEET / max(len(signs), 1)
    alive = "".join(
        f"M{n * wide + 1:.1f} 1h{wide - 2.5:.1f}v14h-{wide - 2.5:.1f}z" for n, sign in enumerate(signs) if sign
    )
    silent = "".join(
        f"M{n * wide + 1:.1f} 6h{wide - 2.5:.1f}v4h-{wide - 2.5:.1f}z" for n, sign in enumerate(signs) if not sign
    )
    quarters = len(signs) - sum(signs)
    return Picture(
        key=key,
        title=gettext("%(machine)s, the last 24 hours") % {"machine": name},
        story=_silences(signs, until) if quarters else gettext("A sign of life in every quarter of an hour."),
        height=16,
        body=safe([sheet(16, [f'<path class="alive" d="{alive}"/>', f'<path class="silent" d="{silent}"/>'])]),
    )


def _silences(signs: Sequence[bool], until: datetime) -> str:
    first = until - timedelta(minutes=15 * len(signs))
    silent = [timezone.localtime(first + timedelta(minutes=15 * n)) for n, sign in enumerate(signs) if not sign]
    if len(silent) > 6:
        told = {"n": len(silent), "all": len(signs)}
        return gettext("No sign of life in %(n)s of %(all)s quarters of an hour.") % told
    return gettext("No sign of life in the quarter from %(times)s.") % {
        "times": ", ".join(f"{at:%H:%M}" for at in silent)
    }
