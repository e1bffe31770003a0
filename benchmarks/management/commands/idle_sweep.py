"""How long a tick takes when nothing is due, in milliseconds."""

from statistics import median
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from followups import sweeping

TICKS = 9


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(str(median(_tick() for _ in range(TICKS))))


def _tick() -> float:
    began = perf_counter()
    balance = sweeping.sweep(now=clock.now())
    took = (perf_counter() - began) * 1000
    if balance.candidates:
        raise CommandError(f"Not idle: {balance.as_json()}")
    return took
