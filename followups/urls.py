"""Addresses of the clinic's pages."""

from django.urls import path

from followups.views import dashboard, flags, patients, phone_log, rules, settings, worklist

app_name = "followups"
FLAG = "flags/<uuid:flag_id>/"
FOLLOW_UP = "follow-ups/<uuid:follow_up_id>/"
PATIENT = "patients/<uuid:patient_id>/"
urlpatterns = [
    path("", worklist.page, name="worklist"),
    path(FOLLOW_UP + "call/", worklist.strip, name="strip"),
    path(FOLLOW_UP + "contact/", worklist.contact, name="contact"),
    path(FOLLOW_UP + "assign/", worklist.assign, name="assign"),
    path(FOLLOW_UP + "snooze/", worklist.snooze, name="snooze"),
    path("follow-ups/release/", worklist.release_all, name="release_all"),
    path(FOLLOW_UP + "release/", worklist.release, name="release"),
    path("dashboard/", dashboard.page, name="dashboard"),
    path("dashboard/behind/", dashboard.behind, name="behind"),
    path("dashboard/prove/", dashboard.prove_now, name="prove_now"),
    path("settings/", settings.page, name="settings"),
    path("settings/closed-day/", settings.closed_day, name="closed_day"),
    path("settings/clinic/", settings.clinic, name="clinic"),
    path("settings/protocol/", settings.protocol, name="protocol"),
    path("settings/rules/", rules.in_force, name="rules"),
    path("settings/rules/draft/", rules.draft, name="rules_draft"),
    path("settings/rules/draft/change/", rules.change, name="rules_change"),
    path("settings/rules/draft/try/", rules.try_it, name="rules_try"),
    path("settings/rules/draft/progress/", rules.progress, name="rules_progress"),
    path("settings/rules/draft/approve/", rules.approve, name="rules_approve"),
    path("settings/rules/draft/discard/", rules.discard, name="rules_discard"),
    path("settings/rules/history/", rules.history, name="rules_history"),
    path("outbox/", settings.outbox, name="outbox"),
    path("patients/", patients.patients, name="patients"),
    path(PATIENT, patients.patient, name="patient"),
    path(PATIENT + "studies/preview/", patients.study_preview, name="study_preview"),
    path(PATIENT + "plan/", worklist.replan, name="replan"),
    path(PATIENT + "phone-log/", phone_log.log_by_phone, name="log_by_phone"),
    path("flags/", flags.page, name="flags"),
    path(FLAG, flags.one, name="flag"),
    path(FLAG + "claim/", flags.claim, name="flag_claim"),
    path(FLAG + "contacted/", flags.contacted, name="flag_contacted"),
    path(FLAG + "hand-over/", flags.hand_over, name="flag_hand_over"),
    path(FLAG + "bring-forward/", flags.bring_forward, name="flag_bring_forward"),
    path(FLAG + "plan-proposed/", flags.plan_proposed, name="flag_plan_proposed"),
    path(FLAG + "undo-imaging/", flags.undo_imaging, name="flag_undo_imaging"),
    path(FLAG + "snooze/", flags.snooze, name="flag_snooze"),
    path(FLAG + "disagree/", flags.disagree, name="flag_disagree"),
    path(FLAG + "close/", flags.close, name="flag_close"),
    path("contacts/<uuid:contact_id>/undo/", worklist.contact_undo, name="contact_undo"),
]
