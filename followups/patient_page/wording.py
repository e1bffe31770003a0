"""How the patient page names stages, sizes, studies and things to do."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy, ngettext

from accounts import access
from accounts.templatetags.words import day, full_day
from accounts.wording import gettext as _
from clinical import staging, treatments
from followups.models import Flag
from followups.patient_page.record import FindingRow, FlagRow, JointRow
from patients.models import Joint, Patient, Site

KINDS: dict[str, Promise | str] = {
    "DX": gettext_lazy("X-ray"),
    "CR": gettext_lazy("X-ray"),
    "MR": gettext_lazy("MRI"),
    "CT": gettext_lazy("CT"),
    "NM": gettext_lazy("bone scan"),
    "VISIT": gettext_lazy("visit"),
}
GROUPS: dict[str, Promise | str] = {
    "replaced": gettext_lazy("Replaced"),
    "collapsed": gettext_lazy("Collapsed"),
    "large": gettext_lazy("Large"),
    "not_sized": gettext_lazy("Not sized"),
    "medium": gettext_lazy("Medium"),
    "small": gettext_lazy("Small"),
}
# Things to do once (protocol.md section 8).
PROMPTS: dict[str, Promise | str] = {
    "image_other_hip": gettext_lazy("MRI of this hip too"),
    "image_both_hips": gettext_lazy("MRI of both hips"),
    "repeat_mri_other_hip": gettext_lazy("MRI, with the other hip"),
    "image_painful_joint": gettext_lazy("Image this joint: it hurts"),
    "multifocal_review": gettext_lazy("Lesions at three or more places: look at the whole person"),
    "size_lesion": gettext_lazy("Measure the size"),
    "name_stage_system": gettext_lazy("Say which system the stage is of"),
    "surgeon_review": gettext_lazy("A surgeon reviews"),
    "discuss_replacement": gettext_lazy("Discuss replacement"),
    "date_of_operation": gettext_lazy("Record the day of the operation"),
}
IMAGE_PROMPTS = frozenset({"image_other_hip", "image_both_hips", "repeat_mri_other_hip", "image_painful_joint"})
# As short as beside a bar.
SHORT: dict[str, Promise | str] = {
    "XR": gettext_lazy("X-ray"),
    "MR": gettext_lazy("MRI"),
    "CT": gettext_lazy("CT"),
    "VISIT": gettext_lazy("visit"),
}
YES_NO: dict[str, Promise | str] = {
    "yes": gettext_lazy("yes"),
    "no": gettext_lazy("no"),
    "not_known": gettext_lazy("not known"),
    "not_assessed": gettext_lazy("not assessed"),
}
WEIGHT_ORDERS = frozenset({"WBR", "ACT", "FTW"})
MOVES = frozenset({*treatments.OPERATIONS, *treatments.REPLACEMENTS, treatments.FUSION})  # operations of any kind
REPLACING = treatments.REPLACEMENTS


def address(route: str, role: str, *args: UUID) -> str:
    """Where a link leads; empty for who may not go there, and while the page does not exist."""
    door = access.DOORS.get(route)
    if door is None or role not in door.roles:
        return ""
    try:
        return reverse(route, args=args)
    except NoReverseMatch:
        return ""


def joint_name(site: str, side: str) -> str:
    """'Right hip'."""
    joint = str(Site(site).label)
    if side == "none":
        return capfirst(joint)
    return _("%(side)s %(joint)s") % {"side": _sides()[side], "joint": joint}


def _sides() -> dict[str, str]:
    return {"right": _("Right"), "left": _("Left")}


def treatment(code: str) -> str:
    return _(treatments.NAMES.get(code, code))


def stage(found: FindingRow, *, short: bool = False) -> str:
    """'ARCO 2 (2019)'; on the picture 'ARCO 2'. Never bare."""
    if not found.value:
        return ""
    if not found.system:
        return _("“%(stage)s”, system not named") % {"stage": found.value}
    name = f"{found.system} {found.value}"
    return f"{name} ({found.version})" if found.version and not short else name


def ramp(found: FindingRow) -> str:
    """Which of the five shades: darker is later. Not a conversion of the stage, which is printed as recorded."""
    value = found.value.upper()
    if found.system in ("ARCO", "JIC") and value in ("1", "2", "3A", "3B", "4"):
        return value.lower()
    collapse = staging.CLASSES.get((found.system, found.version or None, found.value), staging.Collapse.NONE)
    if collapse:
        return "3a" if collapse == staging.Collapse.EARLY else "3b"
    return "" if value in ("", "0") else "1" if value.rstrip("ABC") in ("1", "I") else "2"


def number(value: float) -> str:
    return f"{value:g}"


def size(found: FindingRow) -> str:
    """'16 % of head · Kerboul 195°'."""
    parts = []
    if found.percent is not None:
        parts.append(_("%(n)s %% of head") % {"n": number(found.percent)})
    if found.cm3 is not None:
        parts.append(_("%(n)s cm³") % {"n": number(found.cm3)})
    if (angle := kerboul(found)) is not None:
        parts.append(_("Kerboul %(n)s°") % {"n": number(angle)})
    if found.jic:
        parts.append(_("JIC %(type)s") % {"type": found.jic})
    return " · ".join(parts)


def kerboul(found: FindingRow) -> float | None:
    """The two angles together; None unless both were measured."""
    if found.coronal is None or found.sagittal is None:
        return None
    return found.coronal + found.sagittal


def since(on: date, today: date) -> str:
    """'67 days ago', '13 months ago': stands behind a date."""
    days = (today - on).days
    if days < 92:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days} if days else _("today")
    months = days * 12 // 365
    if months < 24:
        return ngettext("%(n)s month ago", "%(n)s months ago", months) % {"n": months}
    return ngettext("%(n)s year ago", "%(n)s years ago", months // 12) % {"n": months // 12}


def window(opens: date, closes: date, today: date) -> str:
    """'14 Feb – 11 Apr 2027': the year once."""
    first, last = full_day(opens), full_day(closes)
    if opens.year == closes.year:
        first = first.removesuffix(f" {opens.year}")
        last = last.removesuffix(f" {closes.year}") if closes.year == today.year else last
    return f"{first} – {last}"


def clock_moment(at: datetime, zone: ZoneInfo, today: date) -> str:
    local = at.astimezone(zone)
    return f"{day(local.date(), today)} {local:%H:%M}"


def flag_of(row: FlagRow, joint: JointRow, patient: Patient) -> Flag:
    """The flag as `followups.flag_words` and `followups.flag_queue` want it; never saved."""
    return Flag(
        evidence=row.evidence,
        rule=row.rule,
        severity=row.severity,
        opened_at=row.opened_at,
        due_at=row.due_at,
        patient=patient,
        joint=Joint(site=joint.site, side=joint.side),
    )
