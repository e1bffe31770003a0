"""The trace: who did what to which record, written in the same transaction as the act."""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from accounts.models import AuditEvent, Clinic, User

Action = AuditEvent.Action

# Set by the middleware for the length of one request; empty in tasks and commands.
seen_from: ContextVar[tuple[str | None, str]] = ContextVar("seen_from", default=(None, ""))


def record(
    action: str,
    *,
    clinic: Clinic | None,
    by: User | None,
    now: datetime,
    subject: Model | str,
    patient_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Leave one event. `by=None` is the scheduler; `subject` is the row touched, or a route's name."""
    address, role = seen_from.get()
    AuditEvent.objects.create(
        at=now,
        action=action,
        clinic=clinic,
        user=by,
        user_name=str(by) if by else "",
        role=role,
        patient_id=patient_id,
        subject=subject if isinstance(subject, str) else subject._meta.label,
        subject_id=None if isinstance(subject, str) else getattr(subject, "public_id", None),
        detail=dict(detail or {}),
        address=address,
    )
