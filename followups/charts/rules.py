"""The rule lab's picture: flags a week, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from followups.charts.paper import SHEET, Picture, Table, at, label, safe, sheet


@dataclass(frozen=True)
class FlagWeek:
    """Flags raised in one week, with the rules in force and with the draft."""

    name: str  # "23 Nov"
    before: int
    after: int


def flags_a_week(weeks: Sequence[FlagWeek], *, key: str = "flags-a-week") -> Picture:
    """Bars: with the rules in force. Line: with the draft."""
    top, plot = 18, 120
    base = top + plot
    wide = SHEET / max(len(weeks), 1)
    most = max([1, *(max(week.before, week.after) for week in weeks)])
    scale = plot / most
    grid = f'<path class="grid" d="M0 {base}H1000M0 {base - scale * most / 2:.1f}H1000M0 {top}H1000"/>'
    bars = [
        f'<rect class="rate" x="{n * wide + wide * 0.1:.1f}" y="{base - week.before * scale:.1f}" '
        f'width="{wide * 0.8:.1f}" height="{week.before * scale:.1f}"/>'
        for n, week in enumerate(weeks)
        if week.before
    ]
    steps = "".join(
        f"{'L' if n else 'M'}{n * wide:.1f} {base - week.after * scale:.1f}H{(n + 1) * wide:.1f}"
        for n, week in enumerate(weeks)
    )
    body = [sheet(base + 24, [grid, *bars, f'<path class="after-line" d="{steps}"/>'])]
    for n, week in enumerate(weeks):
        if n % 8 == 0 and n < len(weeks) - 6:
            thin = " wide-word" if n % 24 else ""
            body.append(at(n * wide, base + 15, label(week.name, css=f"ax{thin}")))
    names = [
        label(text, x=30, y=y + 4, css="row-name", end=True)
        for text, y in ((str(most), float(top)), ("0", float(base)))
    ]
    heads = (gettext("Week of"), gettext("In force"), gettext("Draft"))
    before, after = sum(week.before for week in weeks), sum(week.after for week in weeks)
    story = gettext("In %(weeks)s weeks: %(before)s flags with the rules in force, %(after)s with the draft.")
    return Picture(
        key=key,
        title=gettext("Flags a week, in force (bars) and draft (line)"),
        story=story % {"weeks": len(weeks), "before": before, "after": after},
        height=base + 24,
        body=safe(body),
        names=safe(names),
        table=Table(
            heads,
            tuple((week.name, str(week.before), str(week.after)) for week in weeks),
            gettext("The same as a table"),
        ),
    )
