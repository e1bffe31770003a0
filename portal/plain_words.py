"""What a patient reads about their plan and their diary: plain words, no stages, no judgement (pages.md 3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.templatetags.words import long_day
from clinical.worsening import NOT_OF_A_DIARY
from followups.models import Flag, FollowUp
from patients.models import Joint
from portal.templatetags.diary import long_moment

SOON = timedelta(days=42)  # what opens later than this is not yet a thing to do
PICTURES: dict[str, Promise | str] = {
    "XR": gettext_lazy("X-ray"),
    "MR": gettext_lazy("MRI scan"),
    "CT": gettext_lazy("CT scan"),
    "VISIT": gettext_lazy("Visit at the clinic"),
}
PLURAL: dict[str, Promise | str] = {
    "hip": gettext_lazy("hips"),
    "shoulder": gettext_lazy("shoulders"),
    "knee": gettext_lazy("knees"),
    "ankle": gettext_lazy("ankles"),
}


@dataclass(frozen=True)
class NextStep:
    """One journey: what, between which days, why."""

    follow_up: FollowUp
    what: str
    between: str
    why: str
    far: bool  # nothing to do yet
    month: str
    promised_on: date | None


def joint_name(joint: Joint) -> str:
    """'left hip', for the middle of a sentence."""
    return str(joint)


def next_steps(follow_ups: Sequence[FollowUp], *, today: date) -> list[NextStep]:
    """Follow-ups of one window are one journey, and read as one."""
    journeys: dict[tuple[Any, ...], list[FollowUp]] = {}
    for follow_up in sorted(follow_ups, key=lambda f: (f.brought_forward_to or f.closes_on, f.joint_id)):
        key = (follow_up.opens_on, follow_up.closes_on, tuple(_wanted(follow_up)), follow_up.brought_forward_to)
        journeys.setdefault(key, []).append(follow_up)
    return [_step(together, today) for together in journeys.values()]


def _wanted(follow_up: FollowUp) -> list[str]:
    """What a clinician asked for earlier, else what the protocol asks for."""
    return list(follow_up.brought_forward_studies or follow_up.studies)


def _step(together: list[FollowUp], today: date) -> NextStep:
    first = together[0]
    sooner = first.brought_forward_to
    return NextStep(
        follow_up=first,
        what=_("%(pictures)s of your %(joints)s")
        % {"pictures": _pictures(_wanted(first)), "joints": _joints([f.joint for f in together])},
        between=_between(first, today),
        why=_("A clinician asked for it. Your clinic phones you to find a day.") if sooner else _why(first.reasons),
        far=sooner is None and first.opens_on > today + SOON,
        month=date_format(first.target_on, "F Y"),
        promised_on=first.promised_on if first.promised_on and first.promised_on >= today else None,
    )


def _pictures(studies: Iterable[str]) -> str:
    return _(" and ").join(str(PICTURES[study]) for study in studies)


def _joints(joints: Sequence[Joint]) -> str:
    sites = {joint.site for joint in joints}
    if len(joints) == 2 and len(sites) == 1:
        return str(PLURAL[joints[0].site])
    return _(" and ").join(joint_name(joint) for joint in joints)


def _between(follow_up: FollowUp, today: date) -> str:
    if sooner := follow_up.brought_forward_to:
        was = _("was wanted by %(day)s. Please call, it can still be done.") if sooner < today else _("by %(day)s")
        return was % {"day": long_day(sooner)}
    if follow_up.closes_on < today:
        return _("was expected by %(day)s. Please call, it can still be done.") % {"day": long_day(follow_up.closes_on)}
    if follow_up.opens_on <= today:
        return _("now, until %(day)s") % {"day": long_day(follow_up.closes_on)}
    return _("between %(first)s and %(last)s") % {
        "first": long_day(follow_up.opens_on),
        "last": long_day(follow_up.closes_on),
    }


def _why(reasons: Iterable[dict[str, Any]]) -> str:
    for reason in reasons:
        params = reason["params"]
        if reason["code"] == "clock_interval_months":
            anchor = date.fromisoformat(params["anchor_on"])
            return _(
                "%(count)s months have passed by then since your last pictures on %(day)s. "
                "Your clinic looks this often."
            ) % {"count": params["count"], "day": date_format(anchor, "j F Y")}
        if reason["code"].startswith("clock_point"):
            return _("Your clinic looks at fixed times after an operation.")
        if reason["code"] == "clock_at_once":
            return _("Your clinic has no such picture yet.")
    return _("Your clinic looks this often.")


# What changes for the patient, by the outcome of a review; the same words for everybody.
CHANGES: dict[str, Promise | str] = {
    Flag.Outcome.IMAGING: gettext_lazy("New pictures were asked for. What and by when stands under “Your next step”."),
    Flag.Outcome.TREATMENT: gettext_lazy("Something in your treatment changes. Your clinic tells you what."),
    Flag.Outcome.CONTACTED: gettext_lazy("You have spoken with your clinic. What you agreed is what counts."),
    Flag.Outcome.REFERRED: gettext_lazy("You were asked to see somebody else. Your clinic tells you where and when."),
}
UNCHANGED = gettext_lazy("Your plan stays as it is. What comes next, and when, stands under “Your next step”.")
READ_FOR = timedelta(days=14)  # how long the patient reads that somebody has read it


@dataclass(frozen=True)
class Reading:
    """What the patient reads about a flag, open or closed; never the rule's opinion of the joint."""

    joint: str
    of_diary: bool  # what the patient wrote is behind it, not a picture, a score or a drug
    entries: str
    by: str  # when a clinician will have read it, while it is open
    read_on: str
    changes: str


def readings(flags: Iterable[Flag], follow_ups: Iterable[FollowUp]) -> list[Reading]:
    """Of each joint the newest: the open one, else the one that was read lately."""
    sooner = {follow_up.joint_id for follow_up in follow_ups if follow_up.brought_forward_to}
    newest: dict[int, Flag] = {}
    for flag in sorted(flags, key=lambda f: (f.closed_at is None, f.opened_at)):
        newest[flag.joint_id] = flag
    return [_reading(flag, asked=flag.joint_id in sooner) for flag in newest.values()]


def _reading(flag: Flag, *, asked: bool) -> Reading:
    """`asked`: a clinician wants pictures sooner, so that the plan does not stay as it was."""
    unchanged = CHANGES[Flag.Outcome.IMAGING] if asked else UNCHANGED
    read = "" if flag.closed_at is None else str(CHANGES.get(flag.outcome, unchanged))
    return Reading(
        joint=joint_name(flag.joint),
        of_diary=flag.rule not in NOT_OF_A_DIARY,
        entries=_entries(flag),
        by=long_moment(flag.due_at) if flag.closed_at is None else "",
        read_on=long_moment(flag.closed_at) if flag.closed_at else "",
        changes=read,
    )


def _entries(flag: Flag) -> str:
    """'Your entries since 11 November are higher than your own usual 3.'; empty where a rule compared nothing."""
    usual, began = flag.evidence.get("usual"), flag.evidence.get("began_on")
    if usual is None or not began:
        return ""
    return _("Your entries since %(day)s are higher than your own usual %(usual)s.") % {
        "day": date_format(date.fromisoformat(began), "j F"),
        "usual": about([round(float(usual))]),
    }


@dataclass(frozen=True)
class Trend:
    """The last two weeks beside the month before, as a sentence and with how many entries."""

    sentence: str
    months: list[tuple[str, str, int]]  # month, "about 3", entries


def trend(reports: Sequence[tuple[date, int]], *, today: date) -> Trend:
    """`reports` are (day, 0-10), newest last."""
    recent = [n for on, n in reports if on > today - timedelta(days=14)]
    before = [n for on, n in reports if today - timedelta(days=44) < on <= today - timedelta(days=14)]
    return Trend(_sentence(recent, before), _months(reports))


def _sentence(recent: Sequence[int], before: Sequence[int]) -> str:
    if len(recent) < 2:
        return _("Too few entries to say.")
    now = _("About %(level)s in the last two weeks (%(n)s entries)") % {"level": about(recent), "n": len(recent)}
    if len(before) < 2:
        return now + "."
    return now + _(", about %(level)s in the month before (%(n)s entries).") % {
        "level": about(before),
        "n": len(before),
    }


def _months(reports: Sequence[tuple[date, int]]) -> list[tuple[str, str, int]]:
    by_month: dict[tuple[int, int], list[int]] = {}
    for on, nrs in reports:
        by_month.setdefault((on.year, on.month), []).append(nrs)
    return [
        (date_format(date(year, month, 1), "F Y"), about(values), len(values))
        for (year, month), values in sorted(by_month.items(), reverse=True)
    ]


def about(values: Sequence[int]) -> str:
    """The middle value as people say it: a whole number, or 'between 3 and 4'."""
    middle = median(values)
    return (
        str(int(middle))
        if middle == int(middle)
        else _("%(low)s to %(high)s") % {"low": int(middle), "high": int(middle) + 1}
    )
