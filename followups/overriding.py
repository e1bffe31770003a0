"""A clinician wants pictures earlier than the protocol: by a day, with an owner, until a day on which it lapses.

The stored plan stays what the protocol says. The override stands beside it on the live follow-up, puts it on the
worklist, and ends when every picture asked for has been made or when its time has run out. Where the protocol asks for
nothing (a joint without a lesion), the clinician's wish is a follow-up of its own, which stands until it is answered.
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
from accounts.models import Clinic, Membership, User
from accounts.templatetags.words import full_day
from clinical import protocol as medicine
from clinical.sites import Side, Site
from followups import planning, reminding
from followups.models import FollowUp, JointPlan, Reminder
from patients import history
from patients.models import Joint, Patient
from patients.signals import record_changed

LASTS = timedelta(days=28)  # after the day by which it was wanted; then the protocol's own date counts alone
SOON = timedelta(days=14)  # how far ahead a picture may be asked for when the protocol's own day has passed
FARTHEST = timedelta(days=183)  # and where the protocol has no day at all
ASKED = planning.ASKED_BY_HAND
NONE: dict[str, Any] = {
    "brought_forward_to": None,
    "brought_forward_studies": [],
    "brought_forward_until": None,
    "brought_forward_at": None,
    "brought_forward_by": None,
}
KEPT = (
    "brought_forward_to",
    "brought_forward_studies",
    "brought_forward_until",
    "brought_forward_at",
    "brought_forward_by_id",
    "owner_id",
    "next_contact_on",
    "snoozed_until",
    "snooze_reason",
)


@transaction.atomic
def bring_forward(
    follow_up: FollowUp, *, studies: Sequence[str], to: date, owner: User | None, by: User, now: datetime
) -> None:
    """Ask for pictures by a day before the protocol's target. `owner` None: the coordinators book it."""
    _possible(follow_up.clinic, follow_up, to=to, owner=owner, now=now)
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
    _note(follow_up, by, now, what="brought forward", to=to.isoformat())


@transaction.atomic
def ask(joint: Joint, *, studies: Sequence[str], to: date, owner: User | None, by: User, now: datetime) -> FollowUp:
    """Ask for pictures of a joint for which nothing is planned. It is a follow-up like any other, until answered."""
    patient, clinic = joint.patient, joint.patient.clinic
    Patient.objects.select_for_update(of=("self",), no_key=True).get(pk=patient.pk)
    if FollowUp.objects.live().filter(joint=joint).exists():
        raise ValidationError(_("The plan has changed in the meantime. Look again."))
    today = clock.day_of(now, clinic)
    _possible(clinic, None, to=to, owner=owner, now=now)
    plan = JointPlan.objects.filter(joint=joint).first()
    group = (plan.group if plan else "") or "not_sized"
    asked = FollowUp.objects.create(
        clinic=clinic, patient=patient, joint=joint, protocol=planning.in_force(clinic)[0], studies=list(studies),
        opens_on=today, target_on=to, closes_on=to, latest_safe_on=to, row=ASKED, group=group,
        group_rank=planning.GROUP_RANK[group], opened_at=now, opened_by=by, owner=owner,
        counts_from=today - timedelta(days=1),
        reasons=[{"code": "asked_by_clinician", "params": {"asked_on": today.isoformat()}}],
        brought_forward_to=to, brought_forward_studies=list(studies), brought_forward_until=to + LASTS,
        brought_forward_at=now, brought_forward_by=by,
    )  # fmt: skip
    reminding.schedule(asked, days_before=(), now=now)
    _note(asked, by, now, what="asked for", to=to.isoformat())
    return asked


@transaction.atomic
def take_back(follow_up: FollowUp, before: dict[str, Any], *, by: User, now: datetime) -> None:
    """As it was before it was brought forward, unless somebody has worked on it since."""
    same = FollowUp.objects.live().filter(pk=follow_up.pk, version=before["version"])
    if before["made"]:
        done = same.update(status=FollowUp.Status.ENDED, ended_at=now, version=F("version") + 1)
        Reminder.objects.filter(follow_up=follow_up, status=Reminder.Status.QUEUED).update(
            status=Reminder.Status.SKIPPED, outcome="no longer needed"
        )
    else:
        done = same.update(version=F("version") + 1, **before["was"])
    if not done:
        raise ValidationError(_("Somebody has worked on it since. Change it on the worklist."))
    _note(follow_up, by, now, what="taken back")


def kept(follow_up: FollowUp) -> dict[str, Any]:
    """What `bring_forward` overwrites, to be put back."""
    return {name: _plain(getattr(follow_up, name)) for name in KEPT}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def latest(follow_up: FollowUp | None, *, today: date) -> date:
    """The last day by which a picture may be asked for here: the protocol's own day is never moved back by this."""
    if follow_up is None or follow_up.row == ASKED:
        return today + FARTHEST
    return follow_up.target_on - timedelta(days=1) if follow_up.target_on > today else today + SOON


def _possible(clinic: Clinic, follow_up: FollowUp | None, *, to: date, owner: User | None, now: datetime) -> None:
    today = clock.day_of(now, clinic)
    if not today <= to <= latest(follow_up, today=today):
        raise ValidationError({"by": refusal(follow_up, today=today)})
    works = Membership.objects.live().filter(clinic=clinic, role__in=access.RECORDS)
    if owner and not works.filter(user=owner).exists():
        raise ValidationError({"owner": _("Choose somebody who works at this clinic.")})


def refusal(follow_up: FollowUp | None, *, today: date) -> str:
    """Why another day is not taken, and where a later one is."""
    if follow_up and follow_up.row != ASKED and follow_up.target_on > today:
        return _(
            "Choose a day from today on, before the protocol's own date, %(day)s. "
            "To wait longer, snooze it on the worklist: that asks for a reason and an end."
        ) % {"day": full_day(follow_up.target_on)}
    return _("Choose a day from today on, at the latest %(day)s.") % {"day": full_day(latest(follow_up, today=today))}


def _note(follow_up: FollowUp, by: User, now: datetime, **detail: str) -> None:
    audit.record(
        audit.Action.UPDATE, clinic=follow_up.clinic, by=by, now=now, subject=follow_up,
        patient_id=follow_up.patient.public_id, detail=detail,
    )  # fmt: skip


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
