"""What is known."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "patients"
