"""What each field of each table tells about a person. Logs, exports, erasure and what a role may see read this.

A field that is not here, or an entry without its field, fails `tests/guards/test_field_classes.py`.
"""

from collections.abc import Mapping
from enum import StrEnum


class FieldClass(StrEnum):
    IDENTIFYING = "identifying"  # who it is, how to reach them, or what proves it (passwords, tokens)
    CLINICAL = "clinical"  # anything about their health or care, also by implication
    SENSITIVE = "sensitive"  # may tell of HIV, alcohol, genetics: for clinicians only
    OPERATIONAL = "operational"  # keys, states and moments that tell nothing by themselves


IDENTIFYING, CLINICAL = FieldClass.IDENTIFYING, FieldClass.CLINICAL
SENSITIVE, OPERATIONAL = FieldClass.SENSITIVE, FieldClass.OPERATIONAL

_ENTRY = "id entered_at entered_by entered_in_error error_marked_at error_marked_by"

_TABLES: Mapping[str, Mapping[FieldClass, str]] = {
    "accounts.Clinic": {
        OPERATIONAL: "id public_id name public_name time_zone country phone out_of_hours_phone emergency_phone"
        " opening_days opens_at closes_at messages_from messages_until created_at",
    },
    "accounts.ClosedDay": {OPERATIONAL: "id clinic on reason"},
    "accounts.User": {
        IDENTIFYING: "username name email password last_login language mobile",
        OPERATIONAL: "id public_id is_superuser is_staff is_active date_joined theme keyboard_shortcuts groups"
        " user_permissions",
    },
    "accounts.Membership": {
        OPERATIONAL: "id user clinic role on_duty created_at disabled_at disabled_by",
    },
    "accounts.AuditEvent": {
        IDENTIFYING: "user_name address",
        SENSITIVE: "detail",  # old and new values of any field
        OPERATIONAL: "id at action clinic user role patient_id subject subject_id",
    },
    "patients.Patient": {
        IDENTIFYING: "user mrn mrn_key family_name given_name name_key born sex phone other_phone email language"
        " time_zone best_hours",
        CLINICAL: "note mri_unsafe mri_unsafe_asked_on pregnant pregnant_asked_on kidney_disease"
        " kidney_disease_asked_on ended_on ended_reason",
        OPERATIONAL: "id public_id clinic sms_allowed email_allowed sms_stopped_at logs_every ended_at ended_by"
        " registered_at registered_by version",
    },
    "patients.Joint": {
        CLINICAL: "site side state since",
        OPERATIONAL: "id public_id patient entered_at entered_by version",
    },
    "patients.SymptomStatus": {CLINICAL: "on value error_reason", OPERATIONAL: f"{_ENTRY} public_id joint"},
    "patients.SurgeonReview": {CLINICAL: "on note error_reason", OPERATIONAL: f"{_ENTRY} public_id joint"},
    "patients.Score": {CLINICAL: "on instrument value error_reason", OPERATIONAL: f"{_ENTRY} public_id joint"},
    "patients.Treatment": {
        CLINICAL: "code on until detail error_reason",
        OPERATIONAL: f"{_ENTRY} public_id joint",
    },
    "patients.Exposure": {
        SENSITIVE: "kind drug dose daily_mg note error_reason",
        CLINICAL: "started_on ended_on",
        OPERATIONAL: f"{_ENTRY} public_id patient",
    },
    "patients.ImagingStudy": {
        IDENTIFYING: "accession",
        CLINICAL: "made_on modality views covers read_by note error_reason",
        OPERATIONAL: f"{_ENTRY} public_id patient reviewed_at reviewed_by version",
    },
    "patients.Finding": {
        CLINICAL: "stage_system stage_version stage_value volume_percent volume_cm3 extent kerboul_coronal"
        " kerboul_sagittal jic_type collapse_mm subchondral_fracture oedema effusion joint_space_narrowed note"
        " confirmed uptake calibrated error_reason",
        OPERATIONAL: f"{_ENTRY} public_id study joint",
    },
    "patients.PainLog": {
        CLINICAL: "felt_at nrs question on_weight at_rest at_night locking aid distance painkiller cannot_bear_weight"
        " injury fever clot wound thigh_pain jaw wants_review note error_reason",
        OPERATIONAL: f"{_ENTRY} public_id joint client_id body_hash by_phone judged_at",
    },
    "patients.Invitation": {
        IDENTIFYING: "token_hash",
        OPERATIONAL: "id patient made_at made_by expires_at accepted_at",
    },
    "followups.ProtocolVersion": {OPERATIONAL: "id clinic number data activated_at activated_by note"},
    "followups.PolicyVersion": {
        OPERATIONAL: "id public_id clinic number data note minutes_per_flag written_at written_by activated_at"
        " activated_by version",
    },
    "followups.PolicyRun": {
        CLINICAL: "result",
        OPERATIONAL: "id public_id clinic policy draft in_force since until asked_at asked_by joints joints_done"
        " joints_failed last_joint beat_at finished_at",
    },
    "followups.PatientPlan": {
        CLINICAL: "prompts replan_on",
        OPERATIONAL: "id patient protocol planned_on planned_at diary_look_at",
    },
    "followups.JointPlan": {
        CLINICAL: "state group row row_since start clocks conflicts reasons ended_on ended_reason",
        OPERATIONAL: "id joint judge_record_at",
    },
    "followups.FollowUp": {
        CLINICAL: "studies target_on opens_on closes_on latest_safe_on counts_from row group group_rank reasons change"
        " timing completed_by barrier snooze_reason next_contact_note brought_forward_studies",
        OPERATIONAL: "id public_id clinic patient joint protocol status opened_at opened_by ended_at owner"
        " next_contact_on no_answer_count promised_on claimed_done_at snoozed_until escalated_to contact_failed_at"
        " contact_failure held_at released_at released_by version brought_forward_to brought_forward_at"
        " brought_forward_by brought_forward_until",
    },
    "followups.Reminder": {
        OPERATIONAL: "id public_id clinic follow_up step channel due_at status attempts claimed_at sent_at outcome"
        " made_at",
    },
    "followups.DiaryAsk": {
        OPERATIONAL: "id public_id clinic patient last_entry_at channel made_at due_at status claimed_at attempts"
        " sent_at outcome answer_by ended_at",
    },
    "followups.OutboxMessage": {
        IDENTIFYING: "recipient subject body",
        OPERATIONAL: "id clinic at channel key",
    },
    "followups.Contact": {
        CLINICAL: "note before",
        OPERATIONAL: "id public_id clinic patient follow_ups at by result next_on undone_at undone_by",
    },
    "followups.Flag": {
        CLINICAL: "severity severity_rank rule kind sentence evidence hits logs outcome next_step note usual_after"
        " snoozed_level",
        OPERATIONAL: "id public_id clinic patient joint policy_version opened_at due_at owner claimed_at escalated_at"
        " told_at closed_at closed_by snoozed_to version escalates_at",
    },
    "followups.DiaryMemory": {CLINICAL: "data", OPERATIONAL: "id joint"},
    "followups.FlagEvent": {CLINICAL: "note before", OPERATIONAL: "id flag at by what"},
    "followups.Heartbeat": {OPERATIONAL: "id machine at"},
    "followups.Sweep": {OPERATIONAL: "id started_at finished_at candidates done skipped failed"},
    "followups.Proof": {OPERATIONAL: "id clinic at holds checked offenders milliseconds figures"},
    "followups.StaffMessage": {
        OPERATIONAL: "id key channel clinic to flag made_at due_at status attempts claimed_at sent_at outcome",
    },
    "interop.Import": {
        SENSITIVE: "content choices how",  # a whole register, and samples of its columns
        OPERATIONAL: "id public_id clinic file_name size sha256 status fault fault_line row_count rows_done counts"
        " sent_at sent_by brought_at brought_by finished_at beat_at",
    },
    "interop.ImportRow": {
        SENSITIVE: "cells problems understood decisions",
        OPERATIONAL: "id public_id of clinic number state reason decided_at decided_by digest result patient",
    },
}

# "app.Model.field" to its class.
FIELD_CLASSES: Mapping[str, FieldClass] = {
    f"{table}.{field}": kind
    for table, fields_by_class in _TABLES.items()
    for kind, fields in fields_by_class.items()
    for field in fields.split()
}
