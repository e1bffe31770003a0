"""The access matrix: every address of the app and who may use it. One table; the middleware asks nothing else.

A route that is not here is closed to everybody, and the tests fail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import Role

ANONYMOUS, PATIENT = "anonymous", "patient"
COORDINATOR, CLINICIAN, LEAD, AUDITOR = (str(role) for role in Role)
ROLES = (ANONYMOUS, COORDINATOR, CLINICIAN, LEAD, AUDITOR, PATIENT)

EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {ANONYMOUS}
STAFF = frozenset({COORDINATOR, CLINICIAN, LEAD, AUDITOR})
# Those who work with records. The auditor reads the trace, never clinical content.
RECORDS = STAFF - {AUDITOR}
CLINICIANS = frozenset({CLINICIAN, LEAD})
LEADS = frozenset({LEAD})
READERS_OF_THE_TRACE = frozenset({LEAD, AUDITOR})
PATIENTS = frozenset({PATIENT})
NOBODY: frozenset[str] = frozenset()


class Scope(StrEnum):
    """Whose things stand behind an address."""

    NONE = "none"
    CLINIC = "clinic"
    PATIENT = "patient"  # one patient's record, named in the address
    SELF = "self"


class Kind(StrEnum):
    PAGE = "page"
    FRAGMENT = "fragment"
    ACTION = "action"
    API = "api"
    FILE = "file"
    HEALTH = "health"


@dataclass(frozen=True)
class Door:
    """Who may use one address, whose things stand behind it, what it answers with and to which methods."""

    roles: frozenset[str]
    scope: Scope = Scope.NONE
    kind: Kind = Kind.PAGE
    methods: tuple[str, ...] = ("GET",)


FORM = ("GET", "POST")
POST = ("POST",)

OPEN: Mapping[str, Door] = {
    "door": Door(EVERYBODY),
    "start": Door(SIGNED_IN),
    "preferences": Door(EVERYBODY, kind=Kind.ACTION, methods=POST),
    "health_live": Door(EVERYBODY, kind=Kind.HEALTH),
    "health_ready": Door(EVERYBODY, kind=Kind.HEALTH),
}

SIGN_IN: Mapping[str, Door] = {}

RECORD: Mapping[str, Door] = {
    "patients:new": Door(RECORDS, Scope.CLINIC, methods=FORM),
    "patients:duplicates": Door(RECORDS, Scope.CLINIC, Kind.FRAGMENT, POST),
    "patients:edit": Door(RECORDS, Scope.PATIENT, methods=FORM),
    "patients:safety": Door(RECORDS, Scope.PATIENT, methods=FORM),
    "patients:end": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:resume": Door(CLINICIANS, Scope.PATIENT, Kind.ACTION, POST),
    "patients:joint_new": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:joint": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:symptoms_new": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:symptoms_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:surgeon_review_new": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:surgeon_review_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:treatment_new": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:treatment_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:exposure_new": Door(RECORDS, Scope.PATIENT, methods=FORM),
    "patients:exposure_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:study_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:finding_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
}

WORKLIST: Mapping[str, Door] = {}

FLAGS: Mapping[str, Door] = {}

OVERSIGHT: Mapping[str, Door] = {}

IMPORT: Mapping[str, Door] = {}

DIARY: Mapping[str, Door] = {}

DOORS: Mapping[str, Door] = {
    **OPEN,
    **SIGN_IN,
    **RECORD,
    **WORKLIST,
    **FLAGS,
    **OVERSIGHT,
    **IMPORT,
    **DIARY,
}
