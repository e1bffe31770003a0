"""STOP: an answer to a text message ends text messages, at once and for everybody who shares the number."""

import re
import unicodedata
from datetime import datetime

from django.db import transaction

from accounts import audit
from followups import gateways, messages, reminding
from followups.models import FollowUp
from patients.models import Patient

STOP = frozenset(
    {"stop", "stopp", "stopall", "unsubscribe", "end", "quit", "cancel", "arret", "alto", "basta", "parar"}
)
START = frozenset({"start", "unstop", "yes"})


def word_of(text: str) -> str:
    """The one word of an answer, without case, accents, signs and pictures; empty when there are several."""
    plain = unicodedata.normalize("NFKD", text[:1600]).casefold()
    words = re.findall(r"[a-z]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return words[0] if len(words) == 1 else ""


def heard(*, number: str, text: str, now: datetime) -> str:
    """Act on an answer from a number: "stopped", "started" or "" for anything else, which nobody reads."""
    word = word_of(text)
    if word in STOP:
        return "stopped" if _set(number, stopped_at=now, now=now) else ""
    if word in START:
        return "started" if _set(number, stopped_at=None, now=now) else ""
    return ""


@transaction.atomic
def _set(number: str, *, stopped_at: datetime | None, now: datetime) -> bool:
    patients = list(Patient.objects.filter(phone=number).select_related("clinic"))
    changed = [p for p in patients if (p.sms_stopped_at is None) == (stopped_at is not None)]
    for patient in changed:
        patient.sms_stopped_at = stopped_at
        Patient.objects.filter(pk=patient.pk).update(sms_stopped_at=stopped_at)
        audit.record(
            audit.Action.UPDATE,
            clinic=patient.clinic,
            by=None,
            now=now,
            subject=patient,
            patient_id=patient.public_id,
            detail={"what": "texts stopped" if stopped_at else "texts started"},
        )
        if stopped_at and not reminding.channels(patient):
            FollowUp.objects.live().filter(patient=patient).update(contact_failed_at=now, contact_failure="no_channel")
    if changed and stopped_at:
        transaction.on_commit(lambda: _confirm(changed[0], number, now), robust=True)
    return bool(changed)


def _confirm(patient: Patient, number: str, now: datetime) -> None:
    """Once, and then nothing more."""
    gateways.send_sms(to=number, text=messages.stopped(patient.clinic), key=f"stop.{patient.public_id}.{now:%Y%m%d}")
