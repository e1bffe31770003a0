"""The Celery application: only wiring. What is due is decided in `followups.sweeping`."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avntracker.settings")

app = Celery("avntracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def _first_tick(**kwargs: Any) -> None:
    """At once: beat by itself lets a minute pass first, and what is due has waited since the last stop."""
    app.send_task("followups.tasks.sweep", expires=60)


beat_init.connect(_first_tick, weak=False)
