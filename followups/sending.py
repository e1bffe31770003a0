"""The one path by which a message leaves, whatever it says and whoever gets it: claim, act, record.

A message is a row with a key that is unique in the database and travels with it, so a receiver that honours it never
shows a second copy. A process may be killed anywhere: a claim that went silent is adopted and tried again with the
same key. What cannot be sent is given up visibly, and its kind says who takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import F, Q, QuerySet

from followups.gateways import NotSentYet, Refused
from followups.models import Heartbeat, Outgoing

Row = TypeVar("Row", bound=Outgoing)
Status = Outgoing.Status

ADOPT_AFTER = timedelta(minutes=10)
ATTEMPTS = 5
TAKEN = "taken by another"
BROKEN = "cannot_be_sent"


@dataclass(frozen=True)
class Kind(Generic[Row]):
    """What is particular to one kind of message. An empty reason is none."""

    rows: Callable[[], QuerySet[Row]]
    no_longer: Callable[[Row, datetime], str]  # why it must not leave any more
    hand_over: Callable[[Row], None]  # to its channel; raises NotSentYet or Refused
    failed: Callable[[Row, str, datetime], None]  # it will not arrive: who or what takes over, the same day
    not_now: Callable[[Row, datetime], str] = lambda _row, _now: ""  # why it has to wait though its moment has come
    sent: Callable[[Row, datetime], None] = lambda _row, _now: None  # what else is so once it has left
    attempts: int = ATTEMPTS


def waiting(*, now: datetime) -> Q:
    """Messages whose moment has come, and claims that went silent."""
    silent = Q(status=Status.SENDING, claimed_at__lte=now - ADOPT_AFTER)
    return Q(due_at__lte=now) & (Q(status=Status.QUEUED) | silent)


def due(kind: Kind[Row], *, now: datetime) -> Iterable[int]:
    """Text messages first: a mail server that hangs must not hold them up."""
    rows = kind.rows().filter(waiting(now=now))
    return rows.order_by("-channel", "due_at", "pk").values_list("pk", flat=True)


def deliver(kind: Kind[Row], pk: int, *, now: datetime) -> str:
    """Send one message. Empty: it left. Otherwise the reason why it did not, or not yet."""
    row = kind.rows().filter(waiting(now=now), pk=pk).first()
    if row is None:
        return TAKEN
    try:
        return _deliver(kind, row, now=now)
    except Exception:
        _broken(kind, row, now=now)
        raise


def _deliver(kind: Kind[Row], row: Row, *, now: datetime) -> str:
    if reason := kind.not_now(row, now):
        return reason
    if reason := kind.no_longer(row, now):
        kind.rows().filter(waiting(now=now), pk=row.pk).update(status=Status.SKIPPED, outcome=reason)
        return reason
    if not _claim(kind, row, now=now):
        return TAKEN
    if row.attempts > kind.attempts:  # each attempt so far took its worker with it
        return _give_up(kind, row, "broken_off", now=now)
    try:
        kind.hand_over(row)
    except NotSentYet as error:
        return _try_again(kind, row, str(error), now=now)
    except Refused as error:
        return _give_up(kind, row, str(error), now=now)
    return _sent(kind, row, now=now)


def _claim(kind: Kind[Row], row: Row, *, now: datetime) -> bool:
    """Take it; False if another worker has it."""
    taken = (
        kind.rows()
        .filter(waiting(now=now), pk=row.pk)
        .update(status=Status.SENDING, claimed_at=now, attempts=F("attempts") + 1)
    )
    if taken:
        row.refresh_from_db(fields=["attempts", "claimed_at", "status"])
    return taken == 1


def _record(kind: Kind[Row], row: Row, **values: object) -> bool:
    """Write what became of it, unless somebody adopted the claim in the meantime."""
    mine = kind.rows().filter(pk=row.pk, status=Status.SENDING, claimed_at=row.claimed_at)
    return mine.update(**values) == 1


@transaction.atomic
def _sent(kind: Kind[Row], row: Row, *, now: datetime) -> str:
    if _record(kind, row, status=Status.SENT, sent_at=now, outcome=""):
        kind.sent(row, now)
    Heartbeat.objects.update_or_create(machine="delivery", defaults={"at": now})
    return ""


def _try_again(kind: Kind[Row], row: Row, code: str, *, now: datetime) -> str:
    if row.attempts >= kind.attempts:
        return _give_up(kind, row, code, now=now)
    later = now + _pause(row.attempts)
    _record(kind, row, status=Status.QUEUED, claimed_at=None, due_at=later, outcome=code)
    return "will be tried again"


@transaction.atomic
def _give_up(kind: Kind[Row], row: Row, code: str, *, now: datetime) -> str:
    if not _record(kind, row, status=Status.FAILED, outcome=code):
        return TAKEN
    kind.failed(row, code, now)
    return "failed"


@transaction.atomic
def _broken(kind: Kind[Row], row: Row, *, now: datetime) -> None:
    """A row that breaks the code that sends it: tried a few times, later each time, and then given up."""
    mine = kind.rows().filter(pk=row.pk, status=row.status, claimed_at=row.claimed_at)
    attempts = row.attempts + 1
    if attempts < kind.attempts:
        later = now + _pause(attempts)
        mine.update(status=Status.QUEUED, claimed_at=None, due_at=later, attempts=attempts, outcome=BROKEN)
    elif mine.update(status=Status.FAILED, attempts=attempts, outcome=BROKEN):
        kind.failed(row, BROKEN, now)


def _pause(attempts: int) -> timedelta:
    return timedelta(minutes=2 ** min(attempts, 6))
