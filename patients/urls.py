"""Addresses of this app."""

from django.urls import path

from patients.views import people

app_name = "patients"
PATIENT = "patients/<uuid:patient_id>/"
urlpatterns = [
    path("patients/new/", people.new, name="new"),
    path("patients/new/look-alikes/", people.look_alikes, name="duplicates"),
    path(PATIENT + "edit/", people.edit, name="edit"),
    path(PATIENT + "safety/", people.safety, name="safety"),
    path(PATIENT + "end/", people.end, name="end"),
    path(PATIENT + "resume/", people.resume, name="resume"),
]
