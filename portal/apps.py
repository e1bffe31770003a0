"""The patient's side. No tables."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
