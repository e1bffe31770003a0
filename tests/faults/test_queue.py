"""The queue is a doorbell: whoever kills it or its worker loses time, never work."""

import signal
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.faults.browser import Browser
from tests.faults.conftest import Process, World, until

PEOPLE = """
from tests import make
patient = make.make_patient(make.make_clinic(), sign_in=True)
make.make_joint(patient)
print(patient.user.username)
"""


def count(world: World, table: str) -> int:
    with psycopg.connect(world.environment["DATABASE_URL"]) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row
        return int(row[0])


def test_what_was_sent_runs_although_the_worker_was_killed(world: World) -> None:
    worker = world.worker()
    world.send("sweep")
    until(lambda: count(world, "followups_sweep") == 1, "the first tick")

    worker.kill()
    world.send("sweep")
    world.worker()

    until(lambda: count(world, "followups_sweep") == 2, "the tick sent while no worker lived")


def test_a_worker_takes_up_again_when_the_broker_is_back(world: World) -> None:
    world.worker()
    world.running[0].kill()
    world.redis()
    world.send("sweep")

    until(lambda: count(world, "followups_sweep") == 1, "the tick after the broker came back", seconds=60)


@pytest.mark.parametrize(
    "fault", [lambda redis: redis.kill(), lambda redis: redis.popen.send_signal(signal.SIGSTOP)], ids=["gone", "silent"]
)
def test_a_pain_log_is_stored_and_answered_without_the_broker(world: World, fault: Callable[[Process], None]) -> None:
    username = world.manage("shell", "--verbosity", "0", "-c", PEOPLE).split()[-1]
    web = Browser(world.web())
    web.sign_in(username)
    web.get("/me/log/")

    fault(world.running[0])
    began = time.monotonic()
    status = web.post("/me/log/", {"nrs": "4"})

    assert status == 200, (world.folder / "web.log").read_text()
    assert count(world, "patients_painlog") == 1
    assert time.monotonic() - began < 5
