"""Wiring only: settings, Celery, addresses, the WSGI door."""

from avntracker.celery import app as celery_app

__all__ = ["celery_app"]
