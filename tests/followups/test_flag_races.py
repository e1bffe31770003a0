"""Workers judge the same report, 200 presses of Claim: one flag, one owner, one mail each."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.models import Clinic
from followups import flagging, sending, telling
from followups.models import Flag, FlagEvent, StaffMessage
from patients.models import Joint, PainLog, Patient
from tests import make

AT_ONCE, STAFF, FLAGS = 16, 25, 8  # 200 presses, so many at the same moment
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
    at_once(lambda _number: sending.deliver(telling.MESSAGES, StaffMessage.objects.get().pk, now=make.NOW))
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


def test_two_hundred_presses_of_claim_and_each_flag_has_one_winner(clinic: Clinic) -> None:
    """Through the pages, on real connections: one is let in, all others read who was faster."""
    people = [make.make_staff(clinic, "clinician", name=f"Dr Number {n}") for n in range(STAFF)]
    desks = []
    for person in people:
        desks.append(Client())
        desks[-1].force_login(person)

    for _ in range(FLAGS):
        flagging.judge_log(report(make.make_patient(clinic)).pk, now=make.NOW)
    flags = list(Flag.objects.all())

    def press(turn: int) -> tuple[int, int, str]:
        flag, desk = flags[turn // STAFF], desks[turn % STAFF]
        try:
            response = desk.post(f"/clinic/flags/{flag.public_id}/claim/")
            return flag.pk, response.status_code, response.content.decode()
        finally:
            connection.close()

    with ThreadPoolExecutor(1 if connection.vendor == "sqlite" else AT_ONCE) as pool:
        answers = list(pool.map(press, range(STAFF * FLAGS)))
    for flag in flags:
        flag.refresh_from_db()
        codes = Counter(code for pk, code, _page in answers if pk == flag.pk)
        assert codes == {302: 1, 409: STAFF - 1}
        assert flag.events.filter(what="claimed").count() == 1
        lost = [page for pk, code, page in answers if pk == flag.pk and code == 409]
        assert all(f"{flag.owner} took this at " in page for page in lost)


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
