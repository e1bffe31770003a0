"""A pain report: stored once however often it is sent, answered at once, judged soon after."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import User
from followups import tasks
from patients.models import Joint, PainLog, Patient

logger = logging.getLogger(__name__)

CHANGE_WITHIN = timedelta(hours=24)  # a patient may take back or change a report for so long
A_MINUTE = timedelta(minutes=1)
MOST_IN_A_MINUTE = 20


class Conflict(Exception):
    """The same report was sent before with another content; the first one stands."""


class TooMany(Exception):
    """More reports in a minute than a person writes."""


@dataclass(frozen=True)
class Stored:
    log: PainLog
    again: bool  # it was there already


def report(
    *,
    patient: Patient,
    joint: Joint,
    client_id: UUID,
    by: User,
    now: datetime,
    felt_at: datetime | None = None,
    by_phone: bool = False,
    **said: Any,
) -> Stored:
    """Store one report of one joint and have it judged. The same client id again is the same report.

    `felt_at=None`: just now.
    """
    body = _fingerprint(joint, {"felt_at": felt_at, **said})
    try:
        with transaction.atomic():
            _not_too_many(patient, now)
            log = PainLog.objects.create(
                joint=joint,
                client_id=client_id,
                body_hash=body,
                felt_at=felt_at or now,
                entered_at=now,
                entered_by=by,
                by_phone=by_phone,
                **said,
            )
            audit.record(
                audit.Action.CREATE,
                clinic=patient.clinic,
                by=by,
                now=now,
                subject=log,
                patient_id=patient.public_id,
            )
            transaction.on_commit(partial(_have_judged, log.pk), robust=True)
    except (IntegrityError, TooMany):  # the same report again: looked up only when it cannot be stored
        if known := _known(client_id, patient, body):
            return Stored(known, again=True)
        raise
    return Stored(log, again=False)


@transaction.atomic
def take_back(log: PainLog, *, by: User, now: datetime, reason: str = "taken back by the patient") -> bool:
    """Mark a report as wrong; it stays, and so does any flag it raised. False: too late, or done already."""
    mine = PainLog.objects.filter(pk=log.pk, entered_in_error=False, entered_at__gt=now - CHANGE_WITHIN)
    marked = {"entered_in_error": True, "error_reason": reason, "error_marked_at": now, "error_marked_by": by}
    if not mine.update(**marked, judged_at=None):  # the diary is another one now, and is judged again
        return False
    transaction.on_commit(partial(_have_judged, log.pk), robust=True)
    patient = log.joint.patient
    audit.record(
        audit.Action.UPDATE,
        clinic=patient.clinic,
        by=by,
        now=now,
        subject=log,
        patient_id=patient.public_id,
        detail={"what": "taken back"},
    )
    return True


def _known(client_id: UUID, patient: Patient, body: str) -> PainLog | None:
    log = PainLog.objects.filter(client_id=client_id).select_related("joint__patient").first()
    if log is None:
        return None
    if log.joint.patient_id != patient.pk or log.body_hash != body:
        raise Conflict
    return log


def _not_too_many(patient: Patient, now: datetime) -> None:
    recent = PainLog.objects.filter(joint__patient=patient, entered_at__gt=now - A_MINUTE)
    if len(recent.values_list("pk")[:MOST_IN_A_MINUTE]) == MOST_IN_A_MINUTE:
        raise TooMany


def _fingerprint(joint: Joint, said: Mapping[str, Any]) -> str:
    plain = json.dumps({"joint": str(joint.public_id), **said}, sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()


def _have_judged(log_id: int) -> None:
    """Ring the bell for a worker. A broker that is away costs nothing: the sweep finds the log."""
    try:
        tasks.judge_log.delay(log_id)
    except Exception:
        logger.warning("no broker: log %s waits for the sweep", log_id)
