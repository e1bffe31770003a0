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
IMPORTERS = frozenset({COORDINATOR, LEAD})
READERS_OF_THE_TRACE = frozenset({LEAD, AUDITOR})
PATIENTS = frozenset({PATIENT})
NOBODY: frozenset[str] = frozenset()
# Signed in, but with no part at any clinic: an operator, or staff whose lead has disabled them.
NO_PART = ""


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
    # Asked for by a page on its own: does not count as somebody being there.
    polled: bool = False

    def admits(self, role: str) -> bool:
        """Whoever has no part may use what every signed-in person may: sign out, their own password."""
        return role in self.roles or (role == NO_PART and self.roles >= SIGNED_IN)

    def answers(self, method: str | None) -> bool:
        return method in self.methods or (method == "HEAD" and "GET" in self.methods)


FORM = ("GET", "POST")
POST = ("POST",)

OPEN: Mapping[str, Door] = {
    "door": Door(EVERYBODY),
    "start": Door(SIGNED_IN),
    "preferences": Door(EVERYBODY, kind=Kind.ACTION, methods=POST),
    "health_live": Door(EVERYBODY, kind=Kind.HEALTH),
    # Signed by the text gateway; without its signature nothing happens.
    "sms_answer": Door(EVERYBODY, kind=Kind.API, methods=POST),
    "health_schedule": Door(EVERYBODY, kind=Kind.HEALTH),
    "health_ready": Door(EVERYBODY, kind=Kind.HEALTH),
}

# Before anybody is known, and what each person keeps for themselves. Open to staff who still lack a second factor.
SIGN_IN: Mapping[str, Door] = {
    "account_login": Door(EVERYBODY, methods=FORM),
    "account_logout": Door(EVERYBODY, kind=Kind.ACTION, methods=POST),
    "account_reset_password": Door(EVERYBODY, methods=FORM),
    "account_reset_password_done": Door(EVERYBODY),
    "account_reset_password_from_key": Door(EVERYBODY, methods=FORM),
    "account_reset_password_from_key_done": Door(EVERYBODY),
    "account_change_password": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "account_set_password": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "account_reauthenticate": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "mfa_authenticate": Door(EVERYBODY, methods=FORM),
    "mfa_login_webauthn": Door(EVERYBODY, kind=Kind.API, methods=FORM),
    "mfa_index": Door(SIGNED_IN, Scope.SELF),
    "mfa_reauthenticate": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "mfa_activate_totp": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "mfa_deactivate_totp": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "mfa_list_webauthn": Door(SIGNED_IN, Scope.SELF),
    "mfa_add_webauthn": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "mfa_remove_webauthn": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "mfa_reauthenticate_webauthn": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "mfa_view_recovery_codes": Door(SIGNED_IN, Scope.SELF),
    "mfa_generate_recovery_codes": Door(SIGNED_IN, Scope.SELF, methods=FORM),
    "staff_welcome": Door(EVERYBODY, methods=FORM),
    "invitation": Door(EVERYBODY, methods=FORM),
    "my_preferences": Door(SIGNED_IN, Scope.SELF, methods=FORM),
}

# Who works here, and the trace they leave.
PEOPLE: Mapping[str, Door] = {
    "switch_clinic": Door(STAFF, Scope.SELF, Kind.ACTION, POST),
    "staff": Door(LEADS, Scope.CLINIC, methods=FORM),
    "staff_role": Door(LEADS, Scope.CLINIC, Kind.ACTION, POST),
    "staff_access": Door(LEADS, Scope.CLINIC, Kind.ACTION, POST),
    "staff_duty": Door(LEADS, Scope.CLINIC, Kind.ACTION, POST),
    "staff_renew": Door(LEADS, Scope.CLINIC, Kind.ACTION, POST),
    "audit": Door(READERS_OF_THE_TRACE, Scope.CLINIC),
    "patients:invite": Door(RECORDS, Scope.PATIENT, methods=FORM),
}

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
    "patients:score_new": Door(RECORDS, Scope.PATIENT, methods=FORM),
    "patients:score_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:treatment_new": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:treatment_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:exposure_new": Door(RECORDS, Scope.PATIENT, methods=FORM),
    "patients:exposure_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:study_new": Door(RECORDS, Scope.PATIENT, methods=FORM),
    "patients:study": Door(RECORDS, Scope.PATIENT, methods=FORM),
    "patients:study_hints": Door(CLINICIANS, Scope.PATIENT, Kind.FRAGMENT, POST),
    "patients:study_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
    "patients:finding_in_error": Door(CLINICIANS, Scope.PATIENT, methods=FORM),
}

PATIENTS_READ: Mapping[str, Door] = {
    "followups:patients": Door(RECORDS, Scope.CLINIC),
    "followups:patient": Door(RECORDS, Scope.PATIENT),
    "followups:study_preview": Door(RECORDS, Scope.PATIENT, Kind.FRAGMENT, POST),
}

WORKLIST: Mapping[str, Door] = {
    "followups:worklist": Door(RECORDS, Scope.CLINIC),
    "followups:strip": Door(RECORDS, Scope.CLINIC, Kind.FRAGMENT),
    "followups:contact": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:contact_undo": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:assign": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:snooze": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:replan": Door(RECORDS, Scope.PATIENT, Kind.ACTION, POST),
    "followups:release": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:release_all": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
}

FLAGS: Mapping[str, Door] = {
    "followups:flags": Door(RECORDS, Scope.CLINIC),
    "followups:flag": Door(RECORDS, Scope.CLINIC),
    "followups:flag_contacted": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:flag_hand_over": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:log_by_phone": Door(RECORDS, Scope.PATIENT, methods=FORM),
    "followups:flag_claim": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:flag_bring_forward": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:flag_plan_proposed": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:flag_undo_imaging": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:flag_snooze": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:flag_disagree": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:flag_close": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
}

# The thresholds of the worsening rules: read by those who work with records, changed by clinicians.
RULES: Mapping[str, Door] = {
    "followups:rules": Door(RECORDS, Scope.CLINIC),
    "followups:rules_draft": Door(RECORDS, Scope.CLINIC),
    "followups:rules_history": Door(RECORDS, Scope.CLINIC),
    "followups:rules_change": Door(CLINICIANS, Scope.CLINIC, methods=FORM),
    "followups:rules_try": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:rules_progress": Door(RECORDS, Scope.CLINIC, Kind.FRAGMENT, polled=True),
    "followups:rules_approve": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:rules_discard": Door(CLINICIANS, Scope.CLINIC, Kind.ACTION, POST),
}

OVERSIGHT: Mapping[str, Door] = {
    "followups:dashboard": Door(RECORDS, Scope.CLINIC),
    "followups:behind": Door(RECORDS, Scope.CLINIC),
    "followups:prove_now": Door(RECORDS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:settings": Door(RECORDS, Scope.CLINIC),
    "followups:closed_day": Door(LEADS, Scope.CLINIC, Kind.ACTION, POST),
    "followups:clinic": Door(LEADS, Scope.CLINIC, methods=FORM),
    "followups:protocol": Door(RECORDS, Scope.CLINIC),
    "followups:outbox": Door(frozenset({COORDINATOR, LEAD}), Scope.CLINIC),
}

IMPORT: Mapping[str, Door] = {
    "interop:import": Door(IMPORTERS, Scope.CLINIC, methods=FORM),
    "interop:import_one": Door(IMPORTERS, Scope.CLINIC),
    "interop:import_choices": Door(IMPORTERS, Scope.CLINIC, Kind.ACTION, POST),
    "interop:import_row": Door(IMPORTERS, Scope.CLINIC, Kind.ACTION, POST),
    "interop:import_begin": Door(IMPORTERS, Scope.CLINIC, Kind.ACTION, POST),
    "interop:import_cancel": Door(IMPORTERS, Scope.CLINIC, Kind.ACTION, POST),
    "interop:import_progress": Door(IMPORTERS, Scope.CLINIC, Kind.FRAGMENT),
    "interop:import_rejects": Door(IMPORTERS, Scope.CLINIC, Kind.FILE),
}

DIARY: Mapping[str, Door] = {
    "portal:home": Door(PATIENTS, Scope.SELF),
    "portal:log": Door(PATIENTS, Scope.SELF, methods=FORM),
    "portal:saved": Door(PATIENTS, Scope.SELF),
    "portal:take_back": Door(PATIENTS, Scope.SELF, Kind.ACTION, POST),
    "portal:trend": Door(PATIENTS, Scope.SELF),
    "portal:access": Door(PATIENTS, Scope.SELF),
    "portal:have_date": Door(PATIENTS, Scope.SELF, methods=FORM),
    "portal:cannot_come": Door(PATIENTS, Scope.SELF, methods=FORM),
}

DOORS: Mapping[str, Door] = {
    **OPEN,
    **SIGN_IN,
    **PEOPLE,
    **RECORD,
    **PATIENTS_READ,
    **WORKLIST,
    **FLAGS,
    **RULES,
    **OVERSIGHT,
    **IMPORT,
    **DIARY,
}

# The support pages of an operator, who plays no part at a clinic. Mounted only where settings say so.
SUPPORT = Door(NOBODY, Scope.NONE, Kind.PAGE, FORM)


def door_of(name: str) -> Door | None:
    """The door of a route; None: nobody has said who may use it, so nobody may."""
    return SUPPORT if name.startswith("admin:") else DOORS.get(name)
