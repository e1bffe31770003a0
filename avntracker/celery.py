"""The Celery application: only wiring. What is due is decided in `followups.sweeping`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avntracker.settings")

app = Celery("avntracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
