"""The hands. Each task takes ids, reads the clock and makes one call."""

from datetime import timedelta

from celery import shared_task

from accounts import clock
from interop import working

SLICE = timedelta(seconds=45)
"""A task is ended after four minutes: a long register is worked on in slices."""


@shared_task
def work_on(import_id: int) -> None:
    if not working.go_on(import_id, now=clock.now(), slice_=SLICE):
        work_on.delay(import_id)


@shared_task
def take_over() -> None:
    for import_id in working.abandoned(now=clock.now()):
        work_on.delay(import_id)
