"""Addresses of the clinic's pages."""

from django.urls import path

from followups.views import dashboard, patients, settings, worklist

app_name = "followups"
FOLLOW_UP = "follow-ups/<uuid:follow_up_id>/"
PATIENT = "patients/<uuid:patient_id>/"
urlpatterns = [
    path("", worklist.page, name="worklist"),
    path(FOLLOW_UP + "call/", worklist.strip, name="strip"),
    path(FOLLOW_UP + "contact/", worklist.contact, name="contact"),
    path(FOLLOW_UP + "assign/", worklist.assign, name="assign"),
    path(FOLLOW_UP + "snooze/", worklist.snooze, name="snooze"),
    path(FOLLOW_UP + "release/", worklist.release, name="release"),
    path("dashboard/", dashboard.page, name="dashboard"),
    path("dashboard/behind/", dashboard.behind, name="behind"),
    path("dashboard/prove/", dashboard.prove_now, name="prove_now"),
    path("settings/", settings.page, name="settings"),
    path("settings/clinic/", settings.clinic, name="clinic"),
    path("settings/protocol/", settings.protocol, name="protocol"),
    path("outbox/", settings.outbox, name="outbox"),
    path("patients/", patients.patients, name="patients"),
    path(PATIENT, patients.patient, name="patient"),
    path(PATIENT + "studies/preview/", patients.study_preview, name="study_preview"),
    path(PATIENT + "plan/", worklist.replan, name="replan"),
    path("contacts/<uuid:contact_id>/undo/", worklist.contact_undo, name="contact_undo"),
]
