"""The queue is a doorbell: whoever kills it or its worker loses time, never work."""

import signal
import time
from collections.abc import Callable
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import psycopg
import pytest

from tests.faults.conftest import Process, World, until

SWEEP = "from followups.tasks import sweep; sweep.delay()"
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
    world.manage("shell", "-c", SWEEP)
    until(lambda: count(world, "followups_sweep") == 1, "the first tick")

    worker.kill()
    world.manage("shell", "-c", SWEEP)
    world.worker()

    until(lambda: count(world, "followups_sweep") == 2, "the tick sent while no worker lived")


def test_a_worker_takes_up_again_when_the_broker_is_back(world: World) -> None:
    world.worker()
    world.running[0].kill()
    world.redis()
    world.manage("shell", "-c", SWEEP)

    until(lambda: count(world, "followups_sweep") == 1, "the tick after the broker came back", seconds=60)


@pytest.mark.parametrize(
    "fault", [lambda redis: redis.kill(), lambda redis: redis.popen.send_signal(signal.SIGSTOP)], ids=["gone", "silent"]
)
def test_a_pain_log_is_stored_and_answered_without_the_broker(world: World, fault: Callable[[Process], None]) -> None:
    username = world.manage("shell", "--verbosity", "0", "-c", PEOPLE).split()[-1]
    web = Browser(world.web())
    web.post("/accounts/login/", {"login": username, "password": "a sentence nobody guesses"})
    web.get("/me/log/")

    fault(world.running[0])
    began = time.monotonic()
    status = web.post("/me/log/", {"nrs": "4"})

    assert status == 200, (world.folder / "web.log").read_text()
    assert count(world, "patients_painlog") == 1
    assert time.monotonic() - began < 5


class _Hidden(HTMLParser):
    """The hidden and radio fields of a page, and which of them are filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        chosen = at.get("type") == "hidden" or "checked" in at
        if tag == "input" and chosen and (name := at.get("name")):
            self.fields[name] = at.get("value") or ""


class Browser:
    """Keeps cookies and fills in what a form holds already, like a person with one tab."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.opener: OpenerDirector = build_opener(HTTPCookieProcessor(self.cookies))
        self.hidden: dict[str, str] = {}

    def get(self, path: str) -> int:
        return self._open(path, None)

    def post(self, path: str, fields: dict[str, str]) -> int:
        """The page first, for its hidden fields; then the answer after redirects."""
        if not self.hidden:
            self.get(path)
        return self._open(path, urlencode(self.hidden | fields).encode())

    def _open(self, path: str, body: bytes | None) -> int:
        try:
            with self.opener.open(self.address + path, body, timeout=30) as answer:
                page = _Hidden()
                page.feed(answer.read().decode())
                self.hidden = page.fields
                return int(answer.status)
        except HTTPError as refused:
            return refused.code
