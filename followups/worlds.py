"""A described world made real: clinics, staff, patients, their histories (`seed_world`, design 11)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import available_timezones

from django.db import transaction

from accounts import clock
from accounts.models import Clinic, Membership, Role, User
from clinical import record_form
from clinical.history import Person
from clinical.record_form import RecordError
from followups import planning
from patients import history
from patients.identity import mrn_key, search_key
from patients.models import Joint, PainLog, Patient

CLINIC_KEYS = {"key", "name", "time_zone", "phone", "staff", "patients"}
STAFF_KEYS = {"key", "role"}
PATIENT_KEYS = {
    "key", "mrn", "name", "born", "sex", "phone", "email", "language",
    "sign_in", "constraints", "ended", "joints", "studies", "pain",
}  # fmt: skip
PERSON_KEYS = ("born", "constraints", "ended", "joints", "studies")
PAIN_KEYS = {"site", "side", "felt_at", "nrs"}


@dataclass
class Made:
    """What came of a world: how to sign in, and every public id."""

    clinics: dict[str, Any]
    staff: dict[str, Any]
    patients: dict[str, Any]


@transaction.atomic
def make(world: Any) -> Made:
    """Make everything or nothing. Raises RecordError, which names what is wrong."""
    given = _object(world, "the world", {"now", "clinics"}, needed={"now", "clinics"})
    now = _moment(given["now"], "now")
    made = Made({}, {}, {})
    for number, clinic in enumerate(_list(given["clinics"], "clinics")):
        _make_clinic(clinic, f"clinics[{number}]", now, made)
    return made


def _make_clinic(given: Any, where: str, now: datetime, made: Made) -> None:
    described = _object(given, where, CLINIC_KEYS, needed={"key", "name"})
    zone = described.get("time_zone") or "Europe/London"
    if zone not in available_timezones():
        raise RecordError(f"{where}.time_zone: {zone!r} is not a time zone")
    clinic = Clinic.objects.create(
        name=_text(described["name"], f"{where}.name", 120),
        time_zone=zone,
        phone=_text(described.get("phone") or "", f"{where}.phone", 20),
    )
    key = _new_key(described["key"], made.clinics, f"{where}.key")
    made.clinics[key] = {"public_id": str(clinic.public_id)}
    for number, person in enumerate(_list(described.get("staff") or [], f"{where}.staff")):
        _make_staff(person, f"{where}.staff[{number}]", clinic, key, made)
    for number, person in enumerate(_list(described.get("patients") or [], f"{where}.patients")):
        _make_patient(person, f"{where}.patients[{number}]", clinic, now, made)


def _make_staff(given: Any, where: str, clinic: Clinic, clinic_key: str, made: Made) -> None:
    described = _object(given, where, STAFF_KEYS, needed=STAFF_KEYS)
    if described["role"] not in Role.values:
        raise RecordError(f"{where}.role: {described['role']!r} is none of {', '.join(Role.values)}")
    key = _new_key(described["key"], made.staff, f"{where}.key")
    user, password = _sign_in(key)
    Membership.objects.create(user=user, clinic=clinic, role=described["role"])
    made.staff[key] = {
        "username": user.username,
        "password": password,
        "role": described["role"],
        "clinic": clinic_key,
    }


def _make_patient(given: Any, where: str, clinic: Clinic, now: datetime, made: Made) -> None:
    described = _object(given, where, PATIENT_KEYS, needed={"key", "mrn", "name"})
    key = _new_key(described["key"], made.patients, f"{where}.key")
    question = {name: described[name] for name in PERSON_KEYS if described.get(name) is not None}
    as_of = clock.day_of(now, clinic)
    try:
        person = record_form.history_from_json({"joints": [], **question}, as_of=as_of)
    except RecordError as error:
        raise RecordError(f"{where}: {error}") from error
    user, password = _sign_in(key) if described.get("sign_in") else (None, None)
    patient = _store_patient(described, where, clinic, person, user, now)
    joints = history.store(patient, person, now=now)
    _store_pain(described.get("pain") or [], f"{where}.pain", joints, now)
    planning.replan(patient, by=None, now=now)
    made.patients[key] = {
        "public_id": str(patient.public_id),
        "username": user.username if user else None,
        "password": password,
        "lesions": [{"site": j.site, "side": j.side, "public_id": str(j.public_id)} for j in joints.values()],
    }


def _store_patient(
    described: Mapping[str, Any], where: str, clinic: Clinic, person: Person, user: User | None, now: datetime
) -> Patient:
    family, _, given = (part.strip() for part in _text(described["name"], f"{where}.name", 160).partition(","))
    mrn = _text(described["mrn"], f"{where}.mrn", 40)
    if Patient.objects.at(clinic).filter(mrn_key=mrn_key(mrn)).exists():
        raise RecordError(f"{where}.mrn: {mrn!r} is there already")
    sex = described.get("sex") or Patient.Sex.NOT_KNOWN
    if sex not in Patient.Sex.values:
        raise RecordError(f"{where}.sex: {sex!r} is none of {', '.join(Patient.Sex.values)}")
    return Patient.objects.create(
        clinic=clinic,
        user=user,
        mrn=mrn,
        mrn_key=mrn_key(mrn),
        family_name=family,
        given_name=given,
        name_key=search_key(f"{given} {family}"),
        born=person.born,
        sex=sex,
        phone=_text(described.get("phone") or "", f"{where}.phone", 20),
        email=_text(described.get("email") or "", f"{where}.email", 254),
        language=_text(described.get("language") or "en", f"{where}.language", 10),
        **{str(constraint): "yes" for constraint in person.constraints},
        ended_on=person.ended.on if person.ended else None,
        ended_reason=person.ended.reason if person.ended else "",
        ended_at=now if person.ended else None,
        registered_at=now,
    )


def _store_pain(given: Any, where: str, joints: dict[tuple[str, str], Joint], now: datetime) -> None:
    logs = []
    for number, entry in enumerate(_list(given, where)):
        here = f"{where}[{number}]"
        described = _object(entry, here, PAIN_KEYS, needed=PAIN_KEYS)
        joint = joints.get((described["site"], described["side"]))
        if joint is None:
            raise RecordError(f"{here}: the {described['side']} {described['site']} is not among the joints")
        nrs = described["nrs"]
        if type(nrs) is not int or not 0 <= nrs <= 10:
            raise RecordError(f"{here}.nrs: {nrs!r} is not a whole number from 0 to 10")
        logs.append(
            PainLog(
                joint=joint,
                client_id=uuid4(),
                felt_at=_moment(described["felt_at"], f"{here}.felt_at"),
                nrs=nrs,
                entered_at=now,
            )
        )
    PainLog.objects.bulk_create(logs)


def _sign_in(key: str) -> tuple[User, str]:
    """A user named after the key; the password is printed once and kept nowhere."""
    name, number = key, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{key}-{number}"
    password = secrets.token_urlsafe(15)
    return User.objects.create_user(username=name, password=password, name=key), password


def _object(value: Any, where: str, known: set[str], *, needed: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RecordError(f"{where}: an object is needed")
    if unknown := sorted(set(value) - known):
        raise RecordError(f"{where}: unknown key {unknown[0]!r}")
    if missing := sorted(name for name in needed if value.get(name) is None):
        raise RecordError(f"{where}: {missing[0]!r} is missing")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise RecordError(f"{where}: a list is needed")
    return value


def _text(value: Any, where: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise RecordError(f"{where}: a text of at most {longest} characters is needed")
    return value.strip()


def _new_key(value: Any, taken: dict[str, Any], where: str) -> str:
    key = _text(value, where, 100)
    if not key or key in taken:
        raise RecordError(f"{where}: {value!r} is empty or given twice")
    return key


def _moment(value: Any, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise RecordError(f"{where}: {value!r} is not a moment") from error
    if moment.tzinfo is None or not 1900 <= moment.year <= 2199:
        raise RecordError(f"{where}: {value!r} needs an offset and a year from 1900 to 2199")
    return moment
