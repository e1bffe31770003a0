"""Server-drawn pictures, one function each: typed data in, a `Picture` for `_charts/picture.html` out.

`paper` is what they are drawn with, `timeline` the patient page, `diary` pain and a flag's evidence, `oversight` the
dashboard, `rules` the rule lab.
"""

from followups.charts.diary import Evidence, Point, Span, evidence, month_table, pain_trend
from followups.charts.oversight import (
    Clock,
    Late,
    LateGroup,
    Month,
    Waiting,
    Week,
    day_strip,
    flag_clocks,
    needed,
    on_time,
    overdue,
)
from followups.charts.paper import KINDS, Days, Image, Pain, Picture, Table
from followups.charts.rules import FlagWeek, flags_a_week
from followups.charts.timeline import Contact, FlagMark, Lane, Recent, Stage, Treatment, Window, timeline

__all__ = [
    "KINDS",
    "Clock",
    "Contact",
    "Days",
    "Evidence",
    "FlagMark",
    "FlagWeek",
    "Image",
    "Lane",
    "Late",
    "LateGroup",
    "Month",
    "Pain",
    "Picture",
    "Point",
    "Recent",
    "Span",
    "Stage",
    "Table",
    "Treatment",
    "Waiting",
    "Week",
    "Window",
    "day_strip",
    "evidence",
    "flag_clocks",
    "flags_a_week",
    "month_table",
    "needed",
    "on_time",
    "overdue",
    "pain_trend",
    "timeline",
]
