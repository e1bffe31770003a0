"""The trace: who did what to which record, written in the same transaction as the act."""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from accounts import clock
from accounts.models import AuditEvent, Clinic, Membership, User

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
    """Leave one event. `by=None` is the scheduler; `subject` is the row touched, or a route's name.

    A patient who acts is kept by id alone: whoever reads the trace may not be one who may know their name.
    """
    event(action, clinic=clinic, by=by, now=now, subject=subject, patient_id=patient_id, detail=detail).save(
        force_insert=True
    )


def event(
    action: str,
    *,
    clinic: Clinic | None,
    by: User | None,
    now: datetime,
    subject: Model | str,
    patient_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """An event that is not stored yet: for many at once."""
    address, role = seen_from.get()
    patient = getattr(by, "patient", None)
    return AuditEvent(
        at=now,
        action=action,
        clinic=clinic,
        user=by,
        user_name=str(by) if by and not patient else "",
        role=role,
        patient_id=patient_id or (patient.public_id if patient else None),
        subject=subject if isinstance(subject, str) else subject._meta.label,
        subject_id=None if isinstance(subject, str) else getattr(subject, "public_id", None),
        detail=dict(detail or {}),
        address=address,
    )


def opened(request: HttpRequest, patient: Any) -> None:
    """Somebody is being shown this record. Called before it is: what leaves no trace is not shown."""
    _from(request, Action.READ, subject=patient, patient_id=patient.public_id)


def searched(request: HttpRequest, what: str, **parameters: Any) -> None:
    """Somebody looked for people: what was asked, never what was found."""
    _from(request, Action.SEARCH, subject=what, detail=parameters)


def exported(request: HttpRequest, what: str, *, patient: Any = None, **detail: Any) -> None:
    """Records are leaving the house: of one patient, or of many."""
    _from(request, Action.EXPORT, subject=what, patient_id=patient.public_id if patient else None, detail=detail)


def _from(request: HttpRequest, action: str, **event: Any) -> None:
    by = request.user if isinstance(request.user, User) else None
    record(action, clinic=getattr(request, "clinic", None), by=by, now=clock.now(), **event)


def sign_in_failed(login: str, *, now: datetime, why: str) -> None:
    """Only whose name was tried is kept: what was typed may be a password in the wrong field."""
    person = User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)).first() if login else None
    record(
        Action.SIGN_IN_FAILED,
        clinic=clinic_of(person) if person else None,
        by=person,
        now=now,
        subject="account_login",
        detail={"why": why},
    )


def clinic_of(user: User) -> Clinic | None:
    """Where a person belongs who has not come in yet."""
    if patient := getattr(user, "patient", None):
        clinic: Clinic = patient.clinic
        return clinic
    membership = Membership.objects.live().filter(user=user).select_related("clinic").order_by("pk").first()
    return membership.clinic if membership else None


def openings(patient_id: UUID) -> QuerySet[AuditEvent]:
    """Each time somebody other than the patient opened or took out this record, newest first."""
    return (
        AuditEvent.objects.filter(patient_id=patient_id, action__in=[Action.READ, Action.EXPORT])
        .exclude(role="patient")
        .order_by("-at", "-pk")
    )


_SQLITE = """
CREATE TRIGGER IF NOT EXISTS accounts_audit_no_{act} BEFORE {act} ON accounts_auditevent
BEGIN SELECT RAISE(ABORT, 'the trace is only ever added to'); END
"""
_POSTGRES = """
CREATE OR REPLACE FUNCTION accounts_audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the trace is only ever added to'; END $$;
CREATE OR REPLACE TRIGGER accounts_audit_is_kept BEFORE UPDATE OR DELETE ON accounts_auditevent
FOR EACH ROW EXECUTE FUNCTION accounts_audit_is_kept()
"""


def guard(using: str) -> None:
    """Let the database refuse what the models refuse, also to a shell.

    Put back after every `migrate`: SQLite loses a table's triggers whenever a migration rebuilds it.
    """
    connection = connections[using]
    if "accounts_auditevent" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for act in ("UPDATE", "DELETE"):
                cursor.execute(_SQLITE.format(act=act))
        else:
            cursor.execute(_POSTGRES)


def lift_guard(using: str) -> None:
    """For emptying a test database, and nothing else."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for act in ("UPDATE", "DELETE"):
                cursor.execute(f"DROP TRIGGER IF EXISTS accounts_audit_no_{act}")
