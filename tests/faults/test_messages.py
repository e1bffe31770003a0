"""Reminders on their way, while what sends them is killed, doubled, stopped for a week or left without a broker."""

import json
import os
import random
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.faults.browser import Browser
from tests.faults.conftest import Process, World, status_of, until
from tests.faults.sinks import Sinks

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
# One patient each with one joint; the first reminder of each is due, the others are not. Half have a phone.
DUE = """
from datetime import datetime, timedelta
from followups import planning
from followups.models import Reminder
from tests import make
now = datetime.fromisoformat("{now}")
clinic = make.make_clinic()
print(make.make_staff(clinic).username)
for n in range({people}):
    patient = make.make_patient(clinic, registered_at=now, **({{"phone": ""}} if n % 2 else {{"email": ""}}))
    make.make_joint(patient, since=now.date(), entered_at=now)
    planning.replan(patient, by=None, now=now)
    for place, reminder in enumerate(Reminder.objects.filter(follow_up__patient=patient).order_by("due_at")):
        due_at = now + timedelta(days={days}[place] if place < len({days}) else 90 + place)
        Reminder.objects.filter(pk=reminder.pk).update(due_at=due_at)
"""


def people(world: World, number: int, *, days: list[int]) -> str:
    """So many people whose reminders are due so many days after noon; who works there."""
    world.let_it_be(NOON)
    script = DUE.format(now=NOON.isoformat(), people=number, days=days)
    return world.manage("shell", "--verbosity", "0", "-c", script).split()[-1]


def open_ones(world: World) -> int:
    """Reminders that are due and have no end yet."""
    moment = Path(world.environment["AVN_CLOCK_FILE"]).read_text()
    rows = world.ask("SELECT due_at FROM followups_reminder WHERE status IN ('queued', 'sending')")
    return sum(due_at <= datetime.fromisoformat(moment) for (due_at,) in rows)


def swept(world: World) -> int:
    return int(world.one("SELECT count(*) FROM followups_sweep"))


def hands(worker: Process) -> list[int]:
    """The processes in which a worker's tasks run."""
    pid = worker.popen.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Killer:
    """Kills all hands while one sends, before it is answered or a random moment later, so many times.

    A worker takes about five seconds to notice that it has lost its hands and to grow new ones.
    """

    def __init__(self, worker: Process, *, times: int, seed: int) -> None:
        self.worker, self.left, self.random = worker, times, random.Random(seed)
        self.done = 0

    def __call__(self) -> None:
        if self.left and self.random.random() < 0.4:
            self.left -= 1
            if self.random.random() < 0.5:
                self.strike()
            else:
                threading.Timer(self.random.uniform(0, 0.1), self.strike).start()

    def strike(self) -> None:
        for hand in hands(self.worker):
            os.kill(hand, signal.SIGKILL)
            self.done += 1


def test_a_sender_killed_again_and_again_loses_nothing_and_says_nothing_twice(world: World, sinks: Sinks) -> None:
    people(world, 40, days=[0])
    refused = [to for (to,) in world.ask("SELECT email FROM patients_patient WHERE phone = '' ORDER BY id LIMIT 3")]
    sinks.refused = set(refused)
    worker = world.worker(hands=2)
    sinks.on_arrival = killer = Killer(worker, times=5, seed=1)

    for sweeps in range(2, 40, 2):
        world.send("sweep")
        world.send("sweep")
        until(lambda due=sweeps: swept(world) >= due, "two sweeps", seconds=90)  # type: ignore[misc]
        if not open_ones(world):
            break
        # What a killed hand had claimed may be taken up after ten minutes.
        world.let_it_be(NOON + timedelta(minutes=11 * sweeps))

    ends = world.ask(
        "SELECT p.phone || p.email, r.status, f.contact_failure FROM followups_reminder r"
        " JOIN followups_followup f ON f.id = r.follow_up_id JOIN patients_patient p ON p.id = f.patient_id"
        " WHERE r.due_at < now() + interval '60 days' AND r.status <> 'queued'"
    )
    arrived = {arrival.to for arrival in sinks.arrived}
    lost = [to for to, status, why in ends if to not in arrived and not (status == "failed" and why)]
    assert killer.left == 0
    assert killer.done >= 5  # a strike finds one hand or both
    assert len(ends) == 40
    assert lost == []
    assert {to for to, status, _ in ends if status == "sent"} == arrived
    assert {to for to, status, _ in ends if status == "failed"} == set(refused)
    assert sinks.different_keys() == []
    assert sinks.different_words() == []
    assert sum(sinks.keys.values()) - len(sinks.keys) <= killer.done


def test_many_schedulers_and_doubled_messages_send_once(world: World, sinks: Sinks) -> None:
    people(world, 30, days=[0])
    world.worker(hands=3)

    for number in range(5):
        world.beat(number)
    for _ in range(12):
        world.send("sweep")
    until(lambda: swept(world) >= 20, "twenty sweeps", seconds=60)
    until(lambda: not open_ones(world), "the last message")

    assert sorted(sinks.keys.values()) == [1] * 30
    assert world.one("SELECT count(*) FROM followups_sweep WHERE failed > 0") == 0


def test_after_a_week_without_the_scheduler_everything_due_is_done_once(world: World, sinks: Sinks) -> None:
    """Stopped, not ended: to whoever looks only at processes it seems alive."""
    somebody = people(world, 12, days=[1, 3, 6])
    site = world.web()
    world.worker()
    beat = world.beat()
    until(lambda: status_of(site + "/health/schedule") == 200, "the first heartbeat")

    beat.popen.send_signal(signal.SIGSTOP)
    world.let_it_be(NOON + timedelta(days=7))
    until(lambda: status_of(site + "/health/schedule") == 503, "the alarm")
    person = Browser(site)
    person.sign_in(somebody)
    assert person.get("/clinic/") == 200
    assert "The scheduler has been silent since" in person.text
    assert not sinks.arrived

    beat.popen.send_signal(signal.SIGCONT)
    until(lambda: status_of(site + "/health/schedule") == 200, "the heartbeat after a week")
    until(lambda: not open_ones(world), "what was due")
    so_far = swept(world)
    until(lambda: swept(world) >= so_far + 2, "two more sweeps")

    assert sorted(sinks.keys.values()) == [1] * 12
    left_on = {days for (days,) in world.ask("SELECT due_at::date - date '2026-11-24' FROM followups_reminder"
                                             " WHERE status = 'sent'")}  # fmt: skip
    assert left_on == {6}, "the newest step only"
    person.get("/clinic/")
    assert "The scheduler has been silent since" not in person.text
    assert json.loads(world.manage("prove", "--json"))["holds"]


def test_without_any_broker_a_sweep_by_hand_sends_what_is_due(world: World, sinks: Sinks) -> None:
    """What a timer of the machine may call every few minutes: it needs the database only."""
    people(world, 6, days=[0])
    world.running[0].kill()

    balance = json.loads(world.manage("sweep", "--json"))

    assert balance["balanced"]
    assert sorted(sinks.keys.values()) == [1] * 6
