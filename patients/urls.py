"""Addresses of this app."""

from django.urls import path

from patients import invitation_pages
from patients.views import joints, people, studies

app_name = "patients"
PATIENT = "patients/<uuid:patient_id>/"
urlpatterns = [
    path("patients/new/", people.new, name="new"),
    path("patients/new/look-alikes/", people.look_alikes, name="duplicates"),
    path(PATIENT + "edit/", people.edit, name="edit"),
    path(PATIENT + "safety/", people.safety, name="safety"),
    path(PATIENT + "end/", people.end, name="end"),
    path(PATIENT + "resume/", people.resume, name="resume"),
    path(PATIENT + "joints/new/", joints.joint_new, name="joint_new"),
    path(PATIENT + "joints/<uuid:lesion_id>/", joints.joint, name="joint"),
    path(PATIENT + "symptoms/new/", joints.symptoms_new, name="symptoms_new"),
    path(PATIENT + "symptoms/<uuid:symptoms_id>/error/", joints.symptoms_in_error, name="symptoms_in_error"),
    path(PATIENT + "reviews/new/", joints.surgeon_review_new, name="surgeon_review_new"),
    path(PATIENT + "reviews/<uuid:review_id>/error/", joints.surgeon_review_in_error, name="surgeon_review_in_error"),
    path(PATIENT + "scores/new/", joints.score_new, name="score_new"),
    path(PATIENT + "scores/<uuid:score_id>/error/", joints.score_in_error, name="score_in_error"),
    path(PATIENT + "treatments/new/", joints.treatment_new, name="treatment_new"),
    path(PATIENT + "treatments/<uuid:treatment_id>/error/", joints.treatment_in_error, name="treatment_in_error"),
    path(PATIENT + "exposures/new/", joints.exposure_new, name="exposure_new"),
    path(PATIENT + "exposures/<uuid:exposure_id>/error/", joints.exposure_in_error, name="exposure_in_error"),
    path(PATIENT + "studies/new/", studies.study_new, name="study_new"),
    path(PATIENT + "studies/hints/", studies.hints, name="study_hints"),
    path(PATIENT + "studies/<uuid:study_id>/", studies.study, name="study"),
    path(PATIENT + "studies/<uuid:study_id>/error/", joints.study_in_error, name="study_in_error"),
    path(PATIENT + "findings/<uuid:finding_id>/error/", joints.finding_in_error, name="finding_in_error"),
    path(PATIENT + "invitation/", invitation_pages.invite, name="invite"),
]
