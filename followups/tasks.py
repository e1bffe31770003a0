"""The hands. Each task takes ids, reads the clock and makes one call."""

from datetime import timedelta

from celery import shared_task

from accounts import clock
from accounts.models import Clinic
from followups import flagging, proving, rule_lab, sweeping

SLICE = timedelta(seconds=45)
"""A task is ended after four minutes: a year of diaries is gone through in slices."""


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


@shared_task
def try_policy(run_id: int) -> None:
    if not rule_lab.go_on(run_id, now=clock.now(), slice_=SLICE):
        try_policy.delay(run_id)


@shared_task
def take_over_policy_runs() -> None:
    for run_id in rule_lab.abandoned(now=clock.now()):
        try_policy.delay(run_id)
