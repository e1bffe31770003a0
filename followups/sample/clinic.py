"""The sample clinic as a whole: who works there, whom it follows, what has happened so far."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import clock
from accounts.models import Clinic, Membership, Role, User
from followups import contacting, flagging, planning, proving, worklist
from followups.models import Contact, Flag, FollowUp, ProtocolVersion, Reminder
from followups.sample.diaries import NEVER, diary
from followups.sample.histories import Life, Past, life
from followups.sample.people import identity
from patients import history
from patients.identity import mrn_key, name_key
from patients.models import Exposure, ImagingStudy, Joint, PainLog, Patient

Result, Outcome = Contact.Result, Flag.Outcome
A_DAY = timedelta(days=1)
NAME = "Northfield Clinic"
PASSWORD = "sample-clinic-only"
STAFF = (
    ("coordinator", "Kwame Osei", Role.COORDINATOR),
    ("coordinator2", "Lucía Ferrán", Role.COORDINATOR),
    ("clinician", "Dr Amara Nwosu", Role.CLINICIAN),
    ("clinician2", "Dr Henrik Dahl", Role.CLINICIAN),
    ("lead", "Ravi Menon", Role.LEAD),
    ("auditor", "Ellen Price", Role.AUDITOR),
)
CAME_OF_IT = (
    (Outcome.IMAGING, "MRI within a week"),
    (Outcome.IMAGING, "X-ray today, then the clinic"),
    (Outcome.TREATMENT, "Two crutches for six weeks, then again"),
    (Outcome.CONTACTED, "Phoned, will write again in a week"),
    (Outcome.REFERRED, "Seen by the surgeons on Thursday"),
    (Outcome.NO_CHANGE, "Phoned, the plan stays as it is"),
    (Outcome.OTHER_CAUSE, "A cold and long days standing, back to usual"),
    (Outcome.RULE_WRONG, "Number typed for the other hip"),
)
CAUSES = (
    Exposure.Kind.STEROID, Exposure.Kind.STEROID, Exposure.Kind.ALCOHOL, Exposure.Kind.SICKLE_CELL,
    Exposure.Kind.TRAUMA, Exposure.Kind.HIV, Exposure.Kind.IDIOPATHIC, Exposure.Kind.LUPUS,
)  # fmt: skip


@dataclass(frozen=True)
class Login:
    role: str
    username: str
    password: str


def logins() -> list[Login]:
    """One for each role."""
    staff = [Login(str(role), name, PASSWORD) for name, _, role in STAFF if not name.endswith("2")]
    return [*staff, Login("patient", "patient", PASSWORD)]


@transaction.atomic
def seed(*, patients: int, seed: int, now: datetime) -> None:
    """Make the clinic and so many patients; the same seed and moment make the same clinic."""
    rng = Random(seed)
    clinic = Clinic.objects.create(
        name=NAME,
        public_name="Northfield",
        phone="+441134960142",
        out_of_hours_phone="111",
        emergency_phone="999",
    )
    password = make_password(PASSWORD)
    staff = [_staff(clinic, *row, password) for row in STAFF]
    people = [_patient(rng, number, clinic, staff, password, now) for number in range(patients)]
    planning.plan_first([patient for patient, _ in people], clinic=clinic, by=None, now=now)
    for number, (patient, lived) in enumerate(people):
        _date_the_plan(patient, lived, clinic, staff[number % 2] if rng.random() < 0.7 else None)
        if patient.ended_on is None and (number == 0 or rng.random() < 0.5):
            _keep_diary(rng, patient, lived, staff, now, chosen=number == 0)
    _calls(rng, clinic, staff, now)
    for late in Flag.objects.at(clinic).to_escalate(now=now):
        flagging.escalate(late.pk, now=now)
    proving.prove(clinic, now=now)


def _staff(clinic: Clinic, username: str, name: str, role: Role, password: str) -> User:
    user = User.objects.create(username=username, name=name, email=f"{username}@example.org", password=password)
    Membership.objects.create(user=user, clinic=clinic, role=role, on_duty=username == "clinician2")
    return user


def _patient(
    rng: Random, number: int, clinic: Clinic, staff: list[User], password: str, now: datetime
) -> tuple[Patient, Life]:
    today = clock.day_of(now, clinic)
    who, lived = identity(rng, number, today=today), life(rng, today=today)
    began = _moment(lived.studies[0].on, clinic)
    user = User.objects.create(username="patient", name=who.given, password=password) if number == 0 else None
    ended = lived.ended
    patient = Patient.objects.create(
        public_id=_uuid(rng),
        clinic=clinic,
        user=user,
        mrn=who.mrn,
        mrn_key=mrn_key(who.mrn),
        family_name=who.family,
        given_name=who.given,
        name_key=name_key(who.family, who.given),
        born=who.born,
        sex=who.sex,
        phone=who.phone,
        email=who.email,
        language=who.language,
        best_hours=who.best_hours,
        mri_unsafe="yes" if "mri_unsafe" in lived.constraints else "no",
        mri_unsafe_asked_on=lived.studies[0].on,
        kidney_disease="yes" if "kidney_disease" in lived.constraints else "no",
        kidney_disease_asked_on=lived.studies[0].on,
        ended_on=ended.on if ended else None,
        ended_reason=str(ended.reason) if ended else "",
        ended_at=_moment(ended.on, clinic) if ended else None,
        ended_by=staff[2] if ended else None,
        registered_at=began,
        registered_by=staff[number % 2],
    )
    joints = history.store(patient, lived.person(), now=now)
    _date_the_studies(patient, lived, clinic, staff, today)
    if not number % 3:
        Exposure.objects.create(patient=patient, kind=rng.choice(CAUSES), entered_at=began, entered_by=staff[2])
    _keep_past(patient, lived, joints, clinic, staff, now)
    return patient, lived


def _date_the_studies(patient: Patient, lived: Life, clinic: Clinic, staff: list[User], today: date) -> None:
    """Entered on the day after it was made; read two days later, the newest ones perhaps not yet."""
    studies = list(ImagingStudy.objects.filter(patient=patient).order_by("pk"))
    for study in studies:
        study.entered_at = _moment(study.made_on, clinic)
        study.findings.update(entered_at=study.entered_at)
        read_on = study.made_on + timedelta(days=2 + study.pk % 19)
        read = read_on <= today
        study.reviewed_at, study.reviewed_by = (
            (_moment(read_on, clinic), staff[2 + study.pk % 2]) if read else (None, None)
        )
        study.read_by = str(study.reviewed_by or "")
    ImagingStudy.objects.bulk_update(studies, ["entered_at", "reviewed_at", "reviewed_by", "read_by"])


def _keep_past(
    patient: Patient,
    lived: Life,
    joints: dict[tuple[str, str], Joint],
    clinic: Clinic,
    staff: list[User],
    now: datetime,
) -> None:
    version, _ = planning.in_force(clinic)
    rows = [_past(patient, joints, past, version, staff) for past in lived.past]
    made = FollowUp.objects.bulk_create(rows)
    studies = {(s.made_on, s.modality): s.pk for s in ImagingStudy.objects.filter(patient=patient)}
    through = FollowUp.completed_by.through
    through.objects.bulk_create(
        through(followup_id=row.pk, imagingstudy_id=studies[study.on, study.modality])
        for row, past in zip(made, lived.past, strict=True)
        for study in past.done.by
    )
    _keep_messages(made, now)


def _past(
    patient: Patient, joints: dict[tuple[str, str], Joint], past: Past, version: ProtocolVersion, staff: list[User]
) -> FollowUp:
    planned = past.planned.follow_up
    assert planned
    group = str(past.planned.group or "not_sized")
    return FollowUp(
        clinic=patient.clinic,
        patient=patient,
        joint=joints[str(past.key[0]), str(past.key[1])],
        protocol=version,
        status=FollowUp.Status.COMPLETED,
        studies=list(planned.studies),
        row=str(past.planned.row),
        group=group,
        group_rank=planning.GROUP_RANK[group],
        reasons=planning.reasons_as_json(past.planned.reasons),
        opened_at=_moment(past.opened_on, patient.clinic),
        ended_at=_moment(past.done.on, patient.clinic),
        timing=past.done.timing,
        owner=staff[past.opened_on.day % 2],
        **planning.window_as_columns(planned.window),
    )


def _keep_messages(follow_ups: list[FollowUp], now: datetime) -> None:
    """The texts of the last three months that came before those images."""
    rows = []
    for follow_up in follow_ups:
        for days in (28, 7):
            at = _moment(follow_up.target_on - timedelta(days=days), follow_up.clinic)
            if now - timedelta(days=90) < at < min(follow_up.ended_at or now, now) and follow_up.patient.phone:
                rows.append(_sent(follow_up, f"before_{days}", at))
    Reminder.objects.bulk_create(rows)


def _sent(follow_up: FollowUp, step: str, at: datetime) -> Reminder:
    return Reminder(
        clinic=follow_up.clinic,
        follow_up=follow_up,
        step=step,
        channel=Reminder.Channel.SMS,
        due_at=at,
        made_at=at,
        sent_at=at,
        attempts=1,
        status=Reminder.Status.SENT,
    )


def _date_the_plan(patient: Patient, lived: Life, clinic: Clinic, owner: User | None) -> None:
    """The live follow-up was opened when the last image was entered."""
    FollowUp.objects.live().filter(patient=patient).update(opened_at=_moment(lived.studies[-1].on, clinic), owner=owner)


def _keep_diary(
    rng: Random,
    patient: Patient,
    lived: Life,
    staff: list[User],
    now: datetime,
    *,
    chosen: bool,
) -> None:
    """Judged when it came, but for joints that became worse, now or months ago: there the rules speak in their time."""
    joints = {(joint.site, joint.side): joint for joint in Joint.objects.filter(patient=patient)}
    today = clock.day_of(now, patient.clinic)
    for number, hip in enumerate(lived.hips):
        joint = joints[str(hip.key[0]), str(hip.key[1])]
        level = 0.2 if hip.symptoms == "no" else rng.choice((1.0, 2.0, 2.0, 3.0, 4.0, 5.0))
        days, kind = rng.randint(60, 240), rng.random()
        if (chosen and number == 0) or kind < 0.12:
            _store(rng, joint, patient, now, days=days, level=level, worse=range(rng.randint(8, 13)))
            _is_worse(rng, joint, patient, staff, now)
        elif kind < 0.3 and days > 120:
            ended = rng.randint(20, 60)
            _store(rng, joint, patient, now, days=days, level=level, worse=range(ended, ended + rng.randint(10, 20)))
            _was_worse(rng, joint, staff, _moment(today - ended * A_DAY, patient.clinic))
        elif kind < 0.34 and hip.symptoms != "no":
            _store(rng, joint, patient, now, days=days, level=7.6)
            flagging.judge_joint(joint, now=now - rng.randint(0, 9) * A_DAY)
        else:
            _store(rng, joint, patient, now, days=days, level=level)


def _store(
    rng: Random, joint: Joint, patient: Patient, now: datetime, *, days: int, level: float, worse: range = NEVER
) -> None:
    PainLog.objects.bulk_create(
        PainLog(
            joint=joint,
            client_id=_uuid(rng),
            public_id=_uuid(rng),
            felt_at=report.felt_at,
            entered_at=report.felt_at,
            entered_by=patient.user,
            nrs=report.nrs,
            on_weight=report.on_weight,
            at_rest=report.at_rest,
            at_night=report.at_night,
            judged_at=report.felt_at,
        )
        for report in diary(rng, now=now, days=days, zone=patient.zone, worse=worse, level=level)
    )


def _is_worse(rng: Random, joint: Joint, patient: Patient, staff: list[User], now: datetime) -> None:
    """Judged some days ago and today: clocks that have just begun, that run, and that are past."""
    noticed = now - rng.choice((0, 0, 1, 2, 3, 5, 6, 7)) * A_DAY
    flagging.judge_joint(joint, now=noticed)
    _report_today(rng, joint, patient, now)
    flag = flagging.judge_joint(joint, now=now)
    if flag and rng.random() < 0.6:
        flagging.claim(flag, by=staff[2 + flag.pk % 2], now=now)


def _was_worse(rng: Random, joint: Joint, staff: list[User], at: datetime) -> None:
    """A flag of months ago: taken, and closed some days later with what came of it."""
    flag = flagging.judge_joint(joint, now=at)
    if flag is None:
        return
    by = staff[2 + flag.pk % 2]
    flagging.claim(flag, by=by, now=at + timedelta(hours=3))
    flag.refresh_from_db()
    outcome, next_step = rng.choice(CAME_OF_IT)
    flagging.close(
        flag, by=by, role=Role.CLINICIAN, now=at + rng.randint(1, 4) * A_DAY, outcome=outcome, next_step=next_step
    )


def _report_today(rng: Random, joint: Joint, patient: Patient, now: datetime) -> None:
    """The newest report of a joint that has become worse; now and then with a red box."""
    PainLog.objects.create(
        joint=joint,
        public_id=_uuid(rng),
        client_id=_uuid(rng),
        felt_at=now - timedelta(minutes=rng.randint(30, 300)),
        entered_at=now,
        entered_by=patient.user,
        nrs=rng.randint(5, 8),
        on_weight=True,
        cannot_bear_weight=rng.random() < 0.15,
        wants_review=rng.random() < 0.15,
    )


def _calls(rng: Random, clinic: Clinic, staff: list[User], now: datetime) -> None:
    """What the coordinators have done about late and due images in the last week."""
    today = clock.day_of(now, clinic)
    for follow_up in list(FollowUp.objects.at(clinic).live().filter(opens_on__lte=today).order_by("pk")):
        follow_up.refresh_from_db()
        kind, at = rng.random(), now - timedelta(days=rng.randint(1, 6), hours=rng.randint(0, 5))
        by, together = staff[rng.randint(0, 1)], worklist.together(follow_up, today=today)
        if follow_up.contacts.exists() or kind > 0.6:
            continue
        result, days_ago, what = _call(rng, kind, today)
        contacting.record(result, follow_ups=together, by=by, now=at - timedelta(days=days_ago), **what)


def _call(rng: Random, kind: float, today: date) -> tuple[str, int, dict[str, Any]]:
    """A result, how many more days ago, and what was said."""
    if kind < 0.08:
        return Result.DATE_AGREED, 4, {"day": today + timedelta(days=rng.randint(-2, 12))}
    if kind < 0.12:
        return Result.NEEDS_HELP, 7, {"barrier": rng.choice(FollowUp.Barrier.values)}
    if kind < 0.15:
        return Result.WRONG_NUMBER, 3, {}
    if kind < 0.18:
        return Result.ALREADY_DONE, 0, {"note": "elsewhere, last month"}
    return Result.NO_ANSWER, 3, {}


def _moment(on: date, clinic: Clinic) -> datetime:
    return datetime.combine(on, time(10, 15), tzinfo=ZoneInfo(clinic.time_zone))


def _uuid(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)
