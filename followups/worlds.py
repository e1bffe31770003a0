"""A described world made real: clinics, staff, patients, their histories (`seed_world`, design 11)."""

import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import clock
from accounts.models import Clinic, Membership, Role, User
from clinical import record_form
from clinical.history import Person
from clinical.record_form import RecordError
from followups import planning
from patients import history, identity
from patients.identity import clean_email, clean_mrn, mrn_key, name_key
from patients.models import Joint, PainLog, Patient

CLINIC_KEYS = {"key", "name", "time_zone", "phone", "staff", "patients"}
STAFF_KEYS = {"key", "role"}
PATIENT_KEYS = {
    "key", "mrn", "name", "born", "sex", "phone", "email", "language",
    "sign_in", "constraints", "ended", "joints", "studies", "pain",
}  # fmt: skip
PERSON_KEYS = ("born", "constraints", "ended", "joints", "studies")
PAIN_KEYS = {"site", "side", "felt_at", "nrs"}
# Control characters, lone surrogates, line and paragraph separators.
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")

_zones = cache(available_timezones)  # it looks through a folder


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
    zone = _text(described.get("time_zone"), f"{where}.time_zone", 64) or "Europe/London"
    if zone not in _zones():
        raise RecordError(f"{where}.time_zone: {zone!r} is not a time zone")
    clinic = Clinic.objects.create(
        name=_needed_text(described["name"], f"{where}.name", 120),
        time_zone=zone,
        phone=_text(described.get("phone"), f"{where}.phone", 20, _phone),
    )
    key = _new_key(described["key"], made.clinics, f"{where}.key")
    made.clinics[key] = {"public_id": str(clinic.public_id)}
    for number, person in enumerate(_list(described.get("staff"), f"{where}.staff")):
        _make_staff(person, f"{where}.staff[{number}]", clinic, key, made)
    for number, person in enumerate(_list(described.get("patients"), f"{where}.patients")):
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
    user, password = _sign_in(key) if _tick(described.get("sign_in"), f"{where}.sign_in") else (None, None)
    patient = _store_patient(described, where, clinic, person, user, now)
    joints = history.store(patient, person, now=now)
    _store_pain(described.get("pain"), f"{where}.pain", joints, now)
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
    family, given = _name(described["name"], f"{where}.name")
    mrn = _needed_text(described["mrn"], f"{where}.mrn", 40, clean_mrn)
    if Patient.objects.at(clinic).filter(mrn_key=mrn_key(mrn)).exists():
        raise RecordError(f"{where}.mrn: {mrn!r} is there already")
    sex = Patient.Sex.NOT_KNOWN if described.get("sex") is None else described["sex"]
    if sex not in Patient.Sex.values:
        raise RecordError(f"{where}.sex: {sex!r} is none of {', '.join(Patient.Sex.values)}")
    return Patient.objects.create(
        clinic=clinic,
        user=user,
        mrn=mrn,
        mrn_key=mrn_key(mrn),
        family_name=family,
        given_name=given,
        name_key=name_key(family, given),
        born=person.born,
        sex=sex,
        phone=_text(described.get("phone"), f"{where}.phone", 20, _phone),
        email=_text(described.get("email"), f"{where}.email", 254, clean_email),
        language=_language(described.get("language"), f"{where}.language"),
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
        site, side = _text(described["site"], f"{here}.site", 20), _text(described["side"], f"{here}.side", 20)
        joint = joints.get((site, side))
        if joint is None:
            raise RecordError(f"{here}: the {side} {site} is not among the joints")
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
    """Missing and null are an empty list."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise RecordError(f"{where}: a list is needed")
    return value


def _tick(value: Any, where: str) -> bool:
    if value is not None and not isinstance(value, bool):
        raise RecordError(f"{where}: true or false is needed")
    return bool(value)


def _text(value: Any, where: str, longest: int, clean: Callable[[str], str] = str.strip) -> str:
    """One line without hidden control characters, as `clean` keeps it. Missing and null are empty."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest or _has_unseen(value):
        raise RecordError(f"{where}: a text of at most {longest} characters on one line is needed")
    try:
        return clean(value)
    except ValidationError as error:
        raise RecordError(f"{where}: {error.messages[0]}") from error


def _has_unseen(text: str) -> bool:
    return any(c in identity.DIRECTION_CHANGES or unicodedata.category(c) in _UNSEEN for c in text)


def _needed_text(value: Any, where: str, longest: int, clean: Callable[[str], str] = str.strip) -> str:
    text = _text(value, where, longest, clean)
    if not any(c.isalnum() for c in text):
        raise RecordError(f"{where}: a letter or a digit is needed")
    return text


def _phone(text: str) -> str:
    """A made-up number need not exist; it has to look like one that can be dialled (E.164)."""
    number = re.sub(r"[ ().-]", "", text)
    if number and not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        raise ValidationError("a number with its country's code is needed, such as +442071234567")
    return number


def _name(value: Any, where: str) -> tuple[str, str]:
    """Family and given name."""
    family, _, given = _needed_text(value, where, 2 * identity.MAX_NAME + 2).partition(",")
    return _text(family, where, 200, identity.clean_name), _text(given, where, 200, identity.clean_name)


def _language(value: Any, where: str) -> str:
    text = _text(value, where, 10) or "en"
    if not _LANGUAGE.fullmatch(text):
        raise RecordError(f"{where}: {value!r} is not a language such as en or pt-br")
    return text


def _new_key(value: Any, taken: dict[str, Any], where: str) -> str:
    key = _needed_text(value, where, 100)
    if key in taken:
        raise RecordError(f"{where}: {value!r} is given twice")
    return key


def _moment(value: Any, where: str) -> datetime:
    try:
        return clock.moment(value)
    except (TypeError, ValueError) as error:
        raise RecordError(f"{where}: {value!r} is not a moment with an offset from 1900 to 2199") from error
