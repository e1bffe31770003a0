"""Registers that a machine is working on: who has one, and which was left by a worker that died."""

from datetime import datetime, timedelta

from interop import importing
from interop.models import Import


def abandoned(*, now: datetime) -> list[int]:
    """Registers that should be worked on and that nobody is working on."""
    return list(Import.objects.abandoned(before=now - importing.SILENT).values_list("pk", flat=True))


def go_on(import_id: int, *, now: datetime, slice_: timedelta) -> bool:
    """Work for a while; True when nothing is left to do, or another worker has it."""
    mine = Import.objects.filter(pk=import_id).claim(now=now, before=now - importing.SILENT)
    if not mine:
        return True
    received = Import.objects.select_related("clinic", "brought_by").get(pk=import_id)
    done = importing.work(received, until=now + slice_)
    if not done:  # let the next slice have it at once
        Import.objects.filter(pk=import_id).update(beat_at=None)
    return done
