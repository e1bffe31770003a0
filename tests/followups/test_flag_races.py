"""Two workers judge the same report, eight people press Claim: one flag, one owner, one mail each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection

from accounts.models import Clinic
from followups import flagging, telling
from followups.models import Flag, FlagEvent, StaffMessage
from patients.models import Joint, PainLog, Patient
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 4
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _post(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def at_once(act: Callable[[int], T]) -> list[T]:
    """The same act by so many, each with a connection of their own.

    One after another on SQLite, whose test database lives in memory and locks whole tables.
    """
    threads = 1 if connection.vendor == "sqlite" else WORKERS

    def one(number: int) -> T:
        try:
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(WORKERS)))


def report(patient: Patient) -> PainLog:
    joint: Joint = make.make_joint(patient)
    return PainLog.objects.create(
        joint=joint, client_id=uuid4(), felt_at=make.NOW, entered_at=make.NOW, nrs=8, cannot_bear_weight=True
    )


def test_one_report_judged_by_many_workers_opens_one_flag_and_sends_one_mail(patient: Patient, clinic: Clinic) -> None:
    make.make_staff(clinic, "clinician")
    log = report(patient)
    at_once(lambda _number: flagging.judge_log(log.pk, now=make.NOW))
    assert [event.what for event in FlagEvent.objects.all()] == ["opened"]
    at_once(lambda _number: telling.send(StaffMessage.objects.get().pk, now=make.NOW))
    assert len(mail.outbox) == 1


def test_many_press_claim_and_one_has_it(patient: Patient, clinic: Clinic) -> None:
    people = [make.make_staff(clinic, "clinician") for _ in range(WORKERS)]
    flagging.judge_log(report(patient).pk, now=make.NOW)
    flag = Flag.objects.get()
    won = at_once(lambda number: flagging.claim(flag, by=people[number], now=make.NOW))
    flag.refresh_from_db()
    assert sorted(won) == [False] * (WORKERS - 1) + [True]
    assert flag.owner == people[won.index(True)]
    assert flag.events.filter(what="claimed").count() == 1


def test_a_worker_killed_while_it_judges_leaves_nothing_half_done(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = report(patient)

    class Killed(BaseException):
        pass

    def die(*_args: object, **_kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(telling, "urgent", die)
        with pytest.raises(Killed):
            flagging.judge_log(log.pk, now=make.NOW)
    assert (Flag.objects.count(), StaffMessage.objects.count()) == (0, 0)
    assert flagging.judge_log(log.pk, now=make.NOW) == ""
    assert Flag.objects.count() == 1
