"""A clinician wants pictures earlier than the protocol: by a day, with an owner, until a day on which it lapses.

The stored plan stays what the protocol says. The override stands beside it on the live follow-up, puts it on the
worklist, and ends when every picture asked for has been made or when its time has run out.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.dispatch import receiver
from django.utils.translation import gettext as _

from accounts import access, audit, clock
from accounts.models import Membership, User
from clinical import protocol as medicine
from clinical.sites import Side, Site
from followups.models import FollowUp
from patients import history
from patients.models import Patient
from patients.signals import record_changed

LASTS = timedelta(days=28)  # after the day by which it was wanted; then the protocol's own date counts alone
NONE: dict[str, Any] = {
    "brought_forward_to": None,
    "brought_forward_studies": [],
    "brought_forward_until": None,
    "brought_forward_at": None,
    "brought_forward_by": None,
}


@transaction.atomic
def bring_forward(
    follow_up: FollowUp, *, studies: Sequence[str], to: date, owner: User | None, by: User, now: datetime
) -> None:
    """Ask for pictures by a day before the protocol's target. `owner` None: the coordinators book it."""
    today = clock.day_of(now, follow_up.clinic)
    if not today <= to < max(follow_up.target_on, today + timedelta(days=1)):
        raise ValidationError({"by": _("Choose a day from today on, before the protocol's own date.")})
    if owner and not _books(follow_up).filter(user=owner).exists():
        raise ValidationError({"owner": _("Choose somebody who works at this clinic.")})
    live = FollowUp.objects.live().filter(pk=follow_up.pk)
    changed = live.update(
        brought_forward_to=to,
        brought_forward_studies=list(studies),
        brought_forward_until=to + LASTS,
        brought_forward_at=now,
        brought_forward_by=by,
        owner=owner,
        next_contact_on=None,
        snoozed_until=None,
        snooze_reason="",
        version=F("version") + 1,
    )
    if not changed:
        raise ValidationError(_("The plan has changed in the meantime. Look again."))
    audit.record(
        audit.Action.UPDATE, clinic=follow_up.clinic, by=by, now=now, subject=follow_up,
        patient_id=follow_up.patient.public_id, detail={"what": "brought forward", "to": to.isoformat()},
    )  # fmt: skip


def _books(follow_up: FollowUp) -> Any:
    return Membership.objects.live().filter(clinic=follow_up.clinic, role__in=access.RECORDS)


@receiver(record_changed, dispatch_uid="end overrides that were answered")
def _on_record_changed(sender: Any, *, patient: Patient, by: User | None, now: datetime, **kwargs: Any) -> None:
    asked = FollowUp.objects.live().filter(patient=patient, brought_forward_to__isnull=False)
    for follow_up in asked.select_related("joint", "clinic"):
        if _answered(follow_up, patient, today=clock.day_of(now, follow_up.clinic)):
            FollowUp.objects.filter(pk=follow_up.pk).update(version=F("version") + 1, **NONE)


def _answered(follow_up: FollowUp, patient: Patient, *, today: date) -> bool:
    """Every picture asked for was made on the day of asking or later, whole, as the protocol itself would have it."""
    assert follow_up.brought_forward_at
    assert follow_up.brought_forward_until
    asked_on = clock.day_of(follow_up.brought_forward_at, follow_up.clinic)
    done = medicine.completion(
        history.load(patient),
        joint=(Site(follow_up.joint.site), Side(follow_up.joint.side)),
        studies=follow_up.brought_forward_studies,
        opens=asked_on,
        closes=follow_up.brought_forward_until,
        after=asked_on - timedelta(days=1),
        as_of=today,
    )
    return done is not None and not done.missing


def lapsed(now: datetime) -> Iterable[int]:
    """Overrides whose time has run out, in every time zone."""
    past = now.date() - timedelta(days=1)
    return FollowUp.objects.live().filter(brought_forward_until__lt=past).values_list("pk", flat=True)


def end(follow_up_id: int, *, now: datetime) -> str:
    """Automation resumes: the protocol's date counts alone."""
    FollowUp.objects.filter(pk=follow_up_id).update(version=F("version") + 1, **NONE)
    return ""
