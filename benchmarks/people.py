"""A clinic with so many live follow-ups, and people who are signed in: what the pages are measured on.

Rows are copied in the database from one that was made by the models, so that a new column needs no change here; only
what differs from row to row is said, in SQL. Of the follow-ups 3 % are overdue and 12 % due, as in a clinic that
keeps up.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.db.models import Model

from accounts import clock
from accounts.models import Clinic, Membership, Role, User
from followups import planning
from followups.models import (
    Contact,
    Flag,
    FollowUp,
    Heartbeat,
    JointPlan,
    PatientPlan,
    Proof,
    ProtocolVersion,
    Reminder,
)
from patients.models import Finding, ImagingStudy, Joint, PainLog, Patient, SymptomStatus

SIGNED_IN_PATIENTS = 200
UUID = "gen_random_uuid()"
GROUPS = ("collapsed", "large", "not_sized", "medium", "small")
# A number from 0 to 999 that follows no other column.
CHANCE = "(n::bigint * 7919 + n / 13) % 1000"
OVERDUE, DUE = f"{CHANCE} < 30", f"{CHANCE} < 150"


def copies(row: Model, many: int, *, chosen: str = "true", **columns: str) -> None:
    """So many copies of a row, n = 1, 2 ..., with ids that follow its own. Each column may be given in SQL.

    `chosen` leaves some n out.
    """
    table, fields = row._meta.db_table, [str(f.column) for f in row._meta.concrete_fields]
    ids = f"{type(row)._default_manager.latest('pk').pk} + n"
    values = [columns.pop(c, ids if c == "id" else f't."{c}"') for c in fields]
    assert not columns, f"{table} has no {list(columns)}"
    names = ", ".join(f'"{c}"' for c in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} "
            f"FROM {table} AS t, generate_series(1, {many}) AS n WHERE t.id = {row.pk} AND {chosen}"
        )
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def signed_in(user: User) -> str:
    """The key of a session as signing in leaves it."""
    session, now = SessionStore(), clock.now().timestamp()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["began_at"], session["seen_at"] = now, now + 6 * 3600  # presence is noted once a minute: not in here
    session.create()
    return str(session.session_key)


def fill(follow_ups: int) -> dict[str, Any]:
    now = clock.now()
    clinic = Clinic.objects.create(name="North Hip Clinic", phone="+442071234567")
    today = clock.today(clinic)
    user = User(username="coordinator", name="Anna Example")
    user.set_unusable_password()
    user.save()
    Membership.objects.create(user=user, clinic=clinic, role=Role.LEAD)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the copies need no check of their keys
        _crowd(clinic, user, follow_ups, now, today)
        cursor.execute("SET session_replication_role = DEFAULT")
    detailed = _detailed(clinic, user, now, today)
    patients = [_patient_with_sign_in(clinic, n, now) for n in range(SIGNED_IN_PATIENTS)]
    Heartbeat.objects.create(machine="scheduler", at=now + timedelta(hours=6))
    Proof.objects.create(clinic=clinic, at=now, holds=True, checked={"lesions": follow_ups}, milliseconds=1)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {"staff": signed_in(user), "detailed": str(detailed.public_id), "patients": patients}


@dataclass(frozen=True)
class Crowd:
    """The first person of many, and how the n-th row finds its own: in SQL."""

    clinic: Clinic
    user: User
    protocol: ProtocolVersion
    patient: Patient
    joint: Joint
    many: int
    now: datetime
    today: date

    @property
    def patients(self) -> int:
        """Every third person has two hips."""
        return (self.many - 1) * 3 // 4 + 1

    @property
    def person(self) -> str:
        return f"{self.patient.pk} + (n - 1) * 3 / 4 + 1"

    @property
    def day(self) -> str:
        return f"DATE '{self.today}'"


def _crowd(clinic: Clinic, user: User, many: int, now: datetime, today: date) -> None:
    protocol, _tables = planning.in_force(clinic)
    patient = Patient.objects.create(
        clinic=clinic,
        mrn="B-0",
        mrn_key="B-0",
        family_name="Example",
        given_name="Person",
        name_key="example person",
        born=date(1970, 1, 1),
        phone="+447700900123",
        email="person@example.org",
        registered_at=now,
    )
    joint = Joint.objects.create(
        patient=patient, site="hip", side="right", state="lesion", entered_at=now - timedelta(days=1)
    )
    crowd = Crowd(clinic, user, protocol, patient, joint, many, now, today)
    _people(crowd)
    _plans(crowd)
    follow_up = _follow_ups(crowd)
    _studies(crowd)
    _contacts(crowd)
    _reminders(crowd, follow_up)
    _diaries(crowd)
    _flags(crowd)


def _people(crowd: Crowd) -> None:
    copies(
        crowd.patient,
        crowd.patients,
        public_id=UUID,
        mrn="'B-' || n",
        mrn_key="'B-' || n",
        given_name="'Person' || n % 977",
        name_key="'example person' || n % 977",
        born="DATE '1940-01-01' + (n % 25000)",
        phone="'+4477009' || lpad((n % 100000)::text, 5, '0')",
    )
    side = "CASE n % 4 WHEN 2 THEN 'left' ELSE 'right' END"
    copies(crowd.joint, crowd.many, public_id=UUID, patient_id=crowd.person, side=side)


def _plans(crowd: Crowd) -> None:
    plan = PatientPlan.objects.create(
        patient=crowd.patient, protocol=crowd.protocol, planned_on=crowd.today, planned_at=crowd.now - timedelta(days=1)
    )
    copies(plan, crowd.patients, patient_id=f"{crowd.patient.pk} + n", replan_on=f"{crowd.day} + 10 + n % 300")
    joint_plan = JointPlan.objects.create(joint=crowd.joint, state="lesion", group="small", row="observe")
    copies(joint_plan, crowd.many, joint_id=f"{crowd.joint.pk} + n")


def _follow_ups(crowd: Crowd) -> FollowUp:
    follow_up = FollowUp.objects.create(
        clinic=crowd.clinic,
        patient=crowd.patient,
        joint=crowd.joint,
        protocol=crowd.protocol,
        studies=["XR"],
        target_on=crowd.today + timedelta(days=90),
        opens_on=crowd.today + timedelta(days=60),
        closes_on=crowd.today + timedelta(days=120),
        latest_safe_on=crowd.today + timedelta(days=150),
        row="observe",
        group="small",
        group_rank=4,
        opened_at=crowd.now,
    )
    opens = f"{crowd.day} + CASE WHEN {OVERDUE} THEN -61 - n % 200 WHEN {DUE} THEN -(n % 60) ELSE 1 + n % 330 END"
    copies(
        follow_up,
        crowd.many,
        public_id=UUID,
        patient_id=crowd.person,
        joint_id=f"{crowd.joint.pk} + n",
        studies='CASE n % 3 WHEN 0 THEN \'["MR"]\' WHEN 1 THEN \'["XR", "MR"]\' ELSE \'["XR"]\' END::jsonb',
        opens_on=opens,
        target_on=f"{opens} + 30",
        closes_on=f"{opens} + 60",
        latest_safe_on=f"{opens} + 90",
        group=f"(ARRAY{list(GROUPS)!r})[1 + n % 5]",
        group_rank="n % 5",
        owner_id=f"CASE n % 3 WHEN 0 THEN {crowd.user.pk} END",
        promised_on=f"CASE WHEN {DUE} AND NOT {OVERDUE} AND n % 31 = 0 THEN {crowd.day} + n % 14 END",
        contact_failed_at=f"CASE WHEN {DUE} AND NOT {OVERDUE} AND n % 37 = 0 THEN now() END",
        contact_failure=f"CASE WHEN {DUE} AND NOT {OVERDUE} AND n % 37 = 0 THEN 'no_channel' ELSE '' END",
        next_contact_on=f"CASE WHEN {DUE} AND n % 11 = 0 THEN {crowd.day} + n % 5 END",
        snoozed_until=f"CASE WHEN {DUE} AND n % 101 = 0 THEN {crowd.day} + 5 + n % 5 END",
    )
    return follow_up


def _studies(crowd: Crowd) -> None:
    study = ImagingStudy.objects.create(
        patient=crowd.patient,
        made_on=crowd.today - timedelta(days=200),
        modality="DX",
        covers=[["hip", "right"]],
        entered_at=crowd.now,
        reviewed_at=crowd.now,
        reviewed_by=crowd.user,
    )
    read = "n % 100 > 0"
    copies(
        study,
        crowd.patients,
        public_id=UUID,
        patient_id=f"{crowd.patient.pk} + n",
        made_on=f"{crowd.day} - 3 - n % 400",
        reviewed_at=f"CASE WHEN {read} THEN t.reviewed_at END",
        reviewed_by_id=f"CASE WHEN {read} THEN t.reviewed_by_id END",
    )


def _contacts(crowd: Crowd) -> None:
    contact = Contact.objects.create(
        clinic=crowd.clinic, patient=crowd.patient, at=crowd.now, by=crowd.user, result="no_answer", next_on=crowd.today
    )
    copies(
        contact,
        crowd.patients,
        chosen="n % 3 = 0",
        public_id=UUID,
        patient_id=f"{crowd.patient.pk} + n",
        at="t.at - n % 300 * interval '1 day'",
    )


def _reminders(crowd: Crowd, follow_up: FollowUp) -> None:
    reminder = Reminder.objects.create(
        clinic=crowd.clinic,
        follow_up=follow_up,
        step="due",
        channel="sms",
        due_at=crowd.now,
        status="sent",
        sent_at=crowd.now,
        made_at=crowd.now,
    )
    copies(
        reminder,
        crowd.many,
        chosen=f"{DUE} OR n % 3 = 0",
        public_id=UUID,
        follow_up_id=f"{follow_up.pk} + n",
        due_at="t.due_at - n % 300 * interval '1 day'",
    )
    copies(
        reminder,
        crowd.many,
        chosen=f"{CHANCE} >= 150",
        public_id=UUID,
        follow_up_id=f"{follow_up.pk} + n",
        step="'before_7'",
        status="'queued'",
        sent_at="NULL",
        due_at="t.due_at + (1 + n % 300) * interval '1 day'",
    )


def _diaries(crowd: Crowd) -> None:
    entry = PainLog.objects.create(
        joint=crowd.joint, client_id=uuid4(), felt_at=crowd.now, nrs=3, entered_at=crowd.now, judged_at=crowd.now
    )
    copies(
        entry,
        crowd.many * 2,
        public_id=UUID,
        client_id=UUID,
        joint_id=f"{crowd.joint.pk} + (n + 1) / 2",
        nrs="n % 11",
        felt_at="t.felt_at - n % 400 * interval '1 day'",
        entered_at="t.entered_at - n % 400 * interval '1 day' - interval '1 hour'",
    )


def _flags(crowd: Crowd) -> None:
    flag = Flag.objects.create(
        clinic=crowd.clinic,
        patient=crowd.patient,
        joint=crowd.joint,
        severity="amber",
        severity_rank=1,
        rule=1,
        sentence={"code": "jump", "params": {}},
        opened_at=crowd.now,
        due_at=crowd.now + timedelta(days=3),
    )
    copies(
        flag,
        crowd.many,
        chosen="n % 500 = 0",
        public_id=UUID,
        joint_id=f"{crowd.joint.pk} + n",
        patient_id=crowd.person,
        due_at="t.due_at + n % 100 * interval '1 hour'",
    )


def _detailed(clinic: Clinic, user: User, now: datetime, today: date) -> Patient:
    """Two hips, 8 studies, 10 follow-ups, 100 days of pain."""
    patient = _person(clinic, "D-1", now)
    hips = [
        Joint.objects.create(
            patient=patient, site="hip", side=side, state="lesion", since=date(2022, 1, 1), entered_at=now
        )
        for side in ("right", "left")
    ]
    for n in range(8):
        study = ImagingStudy.objects.create(
            patient=patient,
            made_on=today - timedelta(days=30 + 180 * n),
            modality="MR" if n % 2 else "DX",
            views=[] if n % 2 else ["AP", "frog_leg_lateral"],
            covers=[["hip", "right"], ["hip", "left"]],
            entered_at=now,
            reviewed_at=now,
            reviewed_by=user,
        )
        for hip in hips:
            stage = {"stage_system": "ARCO", "stage_version": "2019", "stage_value": "2"}
            Finding.objects.create(study=study, joint=hip, volume_percent=20.0, entered_at=now, **stage)
    for hip in hips:
        SymptomStatus.objects.create(joint=hip, on=today - timedelta(days=300), value="yes", entered_at=now)
    planning.replan(patient, by=None, now=now)
    live = list(FollowUp.objects.live().filter(patient=patient))
    for n in range(10 - len(live)):
        past = FollowUp.objects.get(pk=live[n % len(live)].pk)
        past.pk, past._state.adding, past.public_id = None, True, uuid4()
        past.status, past.timing, past.ended_at = "completed", "on_time", now
        for name in ("opens_on", "target_on", "closes_on", "latest_safe_on"):
            setattr(past, name, getattr(past, name) - timedelta(days=180 * (n // 2 + 1)))
        past.save()
    for n in range(100):
        felt_at = now - timedelta(days=n)
        PainLog.objects.create(
            joint=hips[n % 2], client_id=uuid4(), felt_at=felt_at, entered_at=felt_at, judged_at=now, nrs=(n * 7) % 5
        )
    return patient


def _patient_with_sign_in(clinic: Clinic, n: int, now: datetime) -> dict[str, Any]:
    user = User(username=f"patient{n}", name=f"Patient {n}")
    user.set_unusable_password()
    user.save()
    patient = _person(clinic, f"P-{n}", now, user=user)
    joint = Joint.objects.create(
        patient=patient, site="hip", side="left", state="lesion", since=date(2023, 1, 1), entered_at=now
    )
    PainLog.objects.bulk_create(
        PainLog(joint=joint, client_id=uuid4(), felt_at=at, entered_at=at, judged_at=now, nrs=3)
        for at in (now - timedelta(days=days, hours=1) for days in range(42))
    )
    planning.replan(patient, by=None, now=now)
    return {"session": signed_in(user), "joint": joint.pk}


def _person(clinic: Clinic, mrn: str, now: datetime, **fields: Any) -> Patient:
    return Patient.objects.create(
        clinic=clinic,
        mrn=mrn,
        mrn_key=mrn,
        family_name="Example",
        given_name=mrn,
        name_key=f"example {mrn}".lower(),
        born=date(1975, 3, 1),
        phone="+447700900123",
        registered_at=now,
        **fields,
    )
