"""Addresses of this app."""

from django.urls import path

from patients import invitation_pages

app_name = "patients"
urlpatterns = [
    path("patients/<uuid:patient_id>/invitation/", invitation_pages.invite, name="invite"),
]
