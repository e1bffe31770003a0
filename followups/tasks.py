"""The hands. Each task takes ids, reads the clock and makes one call."""

from celery import shared_task

from accounts import clock
from accounts.models import Clinic
from followups import flagging, proving, sweeping


@shared_task
def sweep() -> None:
    sweeping.sweep(now=clock.now())


@shared_task
def prove() -> None:
    for clinic in Clinic.objects.all():
        proving.prove(clinic, now=clock.now())


@shared_task
def judge_log(log_id: int) -> None:
    flagging.judge_log(log_id, now=clock.now())
