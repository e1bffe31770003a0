"""Pain reports, while the queue forgets them, workers judge them twice and a phone sends them again and again."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.faults.browser import Browser
from tests.faults.conftest import World, until
from tests.faults.sinks import Sinks

PATIENT = """
from tests import make
clinic = make.make_clinic()
make.make_staff(clinic, "clinician", email="on-duty@example.org")
patient = make.make_patient(clinic, sign_in=True)
make.make_joint(patient)
print(patient.user.username)
"""
# What six phones would have sent about the same joint, while nobody judged.
MORE = """
from datetime import timedelta
from uuid import uuid4
from accounts import clock
from patients.models import Joint, PainLog
for n in range(6):
    at = clock.now() - timedelta(minutes=n + 1)
    PainLog.objects.create(
        joint=Joint.objects.get(), client_id=uuid4(), nrs=6, cannot_bear_weight=True, felt_at=at, entered_at=at
    )
"""


@pytest.fixture
def patient(world: World) -> str:
    """How the only patient signs in."""
    return world.manage("shell", "--verbosity", "0", "-c", PATIENT).split()[-1]


def test_a_report_that_the_queue_forgot_is_judged_and_many_judges_open_one_flag(
    world: World, sinks: Sinks, patient: str
) -> None:
    phone = Browser(world.web())
    phone.sign_in(patient)
    phone.get("/me/log/")
    assert phone.post("/me/log/", {"nrs": "6", "cannot_bear_weight": "on"}) == 200
    world.forget()
    world.manage("shell", "--verbosity", "0", "-c", MORE)
    ids = [pk for (pk,) in world.ask("SELECT id FROM patients_painlog")]

    for pk in ids * 3:
        world.send("judge_log", pk)
    world.send("sweep")
    world.send("sweep")
    world.worker(hands=4)
    until(lambda: world.one("SELECT count(*) FROM patients_painlog WHERE judged_at IS NULL") == 0, "the judging")
    until(lambda: world.one("SELECT count(*) FROM followups_sweep") == 2, "two sweeps")

    assert len(ids) == 7
    assert world.one("SELECT count(*) FROM followups_flag") == 1
    assert world.one("SELECT count(*) FROM followups_flagevent WHERE what = 'opened'") == 1
    until(lambda: len(sinks.arrived) > 0, "the message to the clinician")
    assert [arrival.to for arrival in sinks.arrived] == ["on-duty@example.org"]


def test_redis_wiped_before_anybody_listens_costs_only_time(world: World, patient: str) -> None:
    phone = Browser(world.web())
    phone.sign_in(patient)
    phone.get("/me/log/")
    phone.post("/me/log/", {"nrs": "4"})
    world.forget()
    world.worker()

    world.send("sweep")

    until(lambda: world.one("SELECT count(*) FROM patients_painlog WHERE judged_at IS NOT NULL") == 1, "the judging")


def test_one_report_sent_twenty_times_at_once_is_one_row(world: World, patient: str) -> None:
    phone = Browser(world.web(workers=2))
    phone.sign_in(patient)
    phone.get("/me/log/")
    said = {"nrs": "4", "client_id": str(uuid4())}
    seen = dict(phone.hidden)

    def send(_: int) -> int:
        copy = Browser(phone.address)
        copy.cookies, copy.opener, copy.hidden = phone.cookies, phone.opener, dict(seen)
        return copy.post("/me/log/", said)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))

    assert answers == [200] * 20, "each is told that it was saved"
    assert world.one("SELECT count(*) FROM patients_painlog") == 1
    phone.hidden = seen
    assert phone.post("/me/log/", said | {"nrs": "9"}) == 409
    assert world.ask("SELECT nrs FROM patients_painlog") == [(4,)], "the first one stands"
