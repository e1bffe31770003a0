"""A clinic's thresholds of the worsening rules: which are in force, and the draft that may follow them.

`clinical.worsening.Policy` holds every number with its default, its bounds and its source. A clinic's own are versions
of it: one in force, at most one draft, and those that were in force before. `rule_lab` tries a draft and approves it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts import access, audit
from accounts.models import Clinic, User
from clinical.worsening import DEFAULT, Policy, to_json
from followups.models import PolicyVersion

NAMES = frozenset(item.name for item in fields(Policy))


class Stale(Exception):
    """Somebody else changed the draft in the meantime; nothing was done."""


@dataclass(frozen=True)
class Change:
    """One threshold that differs between two versions."""

    name: str
    before: float
    after: float


def in_force(clinic: Clinic) -> tuple[int, Policy]:
    """The number and the thresholds by which a clinic's diaries are judged now. Without a row of its own: the default,
    number 1."""
    policy = policy_of(newest(clinic).first())
    return policy.version, policy


def newest(clinic: Clinic | OuterRef) -> QuerySet[PolicyVersion, dict[str, Any]]:
    """The stored thresholds in force, none where they are the default; for a query on its own or within another."""
    versions = PolicyVersion.objects.filter(clinic=clinic).activated().order_by("-number")
    return versions.values_list("data", flat=True)[:1]


def policy_of(data: Mapping[str, Any] | None) -> Policy:
    return read(data) if data else DEFAULT


def read(data: Mapping[str, Any]) -> Policy:
    """Stored thresholds. One that the rules no longer know is left out, one they have got since has its default."""
    return _read(tuple((name, value) for name, value in data.items() if name in NAMES))


@lru_cache(maxsize=128)
def _read(values: tuple[tuple[str, float], ...]) -> Policy:
    return Policy(**dict(values))  # type: ignore[arg-type]  # Policy itself refuses what is no number


def as_data(policy: Policy) -> dict[str, Any]:
    """As it is stored."""
    data: dict[str, Any] = json.loads(to_json(policy))
    return data


def changes(before: Policy, after: Policy) -> list[Change]:
    """The thresholds that differ, in the order of the rules."""
    old, new = asdict(before), asdict(after)
    return [Change(name, old[name], new[name]) for name in old if name != "version" and old[name] != new[name]]


def draft_of(clinic: Clinic) -> PolicyVersion | None:
    return PolicyVersion.objects.at(clinic).drafts().select_related("written_by", "clinic").first()


@transaction.atomic
def save_draft(
    clinic: Clinic,
    *,
    by: User,
    role: str,
    now: datetime,
    values: Mapping[str, float],
    note: str,
    minutes_per_flag: int,
    seen: int,
) -> PolicyVersion:
    """Begin the clinic's draft or change it. `seen`: its version when it was opened, 0 when there was none.

    Its author is whoever changed a threshold last; a new reason alone does not make one.
    """
    lock(clinic, role)
    draft = draft_of(clinic)
    if (draft.version if draft else 0) != seen:
        raise Stale
    number = draft.number if draft else _next_number(clinic)
    data = _checked(clinic, values, number)
    if draft is None:
        draft = PolicyVersion(clinic=clinic, number=number, version=0, written_at=now, written_by=by)
    if data != draft.data:
        draft.written_by, draft.written_at = by, now
    before, draft.data = draft.data, data
    draft.note, draft.minutes_per_flag = note.strip(), minutes_per_flag
    draft.version += 1
    draft.save()
    action = audit.Action.UPDATE if before else audit.Action.CREATE
    base = read(before) if before else in_force(clinic)[1]
    record(action, draft, by=by, now=now, changed=said(changes(base, read(data))))
    return draft


def _checked(clinic: Clinic, values: Mapping[str, float], number: int) -> dict[str, Any]:
    unknown = sorted(set(values) - NAMES | ({"version"} & set(values)))
    if unknown:
        raise ValidationError(_("There is no threshold named %(names)s.") % {"names": ", ".join(unknown)})
    try:
        policy = Policy(**{**asdict(in_force(clinic)[1]), **values, "version": number})
    except ValueError as wrong:
        raise ValidationError(str(wrong)) from wrong
    if not changes(in_force(clinic)[1], policy):
        raise ValidationError(_("Nothing here differs from what is in force."))
    return as_data(policy)


def _next_number(clinic: Clinic) -> int:
    last = PolicyVersion.objects.at(clinic).aggregate(last=Max("number"))["last"]
    return (last or DEFAULT.version) + 1


@transaction.atomic
def discard(clinic: Clinic, *, by: User, role: str, now: datetime, seen: int) -> None:
    """Throw the draft away with its runs. It was never in force, so no flag speaks of it."""
    lock(clinic, role)
    draft = draft_of(clinic)
    if draft is None or draft.version != seen:
        raise Stale
    record(audit.Action.UPDATE, draft, by=by, now=now, discarded=True)
    draft.delete()


def lock(clinic: Clinic, role: str) -> None:
    """One at a time at each clinic, and only clinicians."""
    if role not in access.CLINICIANS:
        raise PermissionDenied
    Clinic.objects.select_for_update().get(pk=clinic.pk)


def record(action: str, version: PolicyVersion, *, by: User, now: datetime, **detail: Any) -> None:
    about = {"number": version.number} | detail
    audit.record(action, clinic=version.clinic, by=by, now=now, subject=version, detail=about)


def said(differing: Sequence[Change]) -> dict[str, list[float]]:
    """For the trace: each threshold with its old value and its new one."""
    return {one.name: [one.before, one.after] for one in differing}


@dataclass(frozen=True)
class Past:
    """One version that is or was in force, and what was new in it."""

    version: PolicyVersion
    changes: list[Change]


def history(clinic: Clinic, *, most: int) -> list[Past]:
    """Newest first, at most so many. The default, which begins every history, is not among them."""
    rows = PolicyVersion.objects.at(clinic).activated().select_related("written_by", "activated_by")
    versions = list(rows.order_by("-number")[: most + 1])
    thresholds = [*(read(version.data) for version in versions), DEFAULT]
    past = [Past(version, changes(*pair[::-1])) for version, pair in zip(versions, pairwise(thresholds), strict=True)]
    return past[:most]
