"""Real servers to measure: gunicorn with two workers on a database of its own, and what each request cost it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
# Any 32 letters: the cookie and the form only have to say the same.
CSRF = "a" * 32


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@dataclass
class House:
    """One database, filled, and the web server on it."""

    database: str
    port: int = 0
    master: int = 0
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        address = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
        return os.environ | {
            "DATABASE_URL": f"{address}/{self.database}",
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        }

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(command, env=self.settings, check=True, stdout=subprocess.PIPE, text=True).stdout

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        return [int(pid) for pid in children]

    def cpu(self) -> float:
        """Seconds of processor that the workers have used so far, their own and the kernel's for them."""
        return sum(_cpu_of(pid) for pid in self.workers())

    def memory(self) -> float:
        """MB that the largest worker takes: its own pages, and its share of those that it shares (PSS)."""
        return max(_pss_of(pid) for pid in self.workers())

    def get(self, path: str, *, session: str) -> bytes:
        return self._ask("GET", path, session, expected=200)

    def answers(self, path: str) -> bool:
        """False: this version has no such page yet."""
        try:
            self.get(path, session=self.known["staff"])
        except RuntimeError:
            return False
        return True

    def post(self, path: str, form: dict[str, Any], *, session: str) -> bytes:
        return self._ask("POST", path, session, expected=302, form=form)

    def _ask(self, method: str, path: str, session: str, *, expected: int, form: dict[str, Any] | None = None) -> bytes:
        headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}"}
        body = None
        if form is not None:
            body = urlencode(form | {"csrfmiddlewaretoken": CSRF})
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != expected:
            raise RuntimeError(f"{method} {path} answered {response.status}: {content[:2000]!r}")
        return content


def _cpu_of(pid: int) -> float:
    # After the name, which may hold anything: utime is field 14, stime field 15 of the line.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _pss_of(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) / 1024 for line in rollup.splitlines() if line.startswith("Pss:"))


def _sql(statement: str) -> None:
    subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", os.environ["DATABASE_URL"], "-c", statement], check=True)


def prepare() -> None:
    """An empty, migrated database that every house is copied from, and the files of the pages."""
    _sql("CREATE DATABASE empty")
    house = House("empty")
    house.manage("migrate", "--verbosity", "0")
    house.manage("collectstatic", "--noinput", "--verbosity", "0")


@contextmanager
def house(follow_ups: int) -> Iterator[House]:
    """A filled database with its server; both go when the block ends."""
    with database(f"with_{follow_ups}") as made:
        say(f"Filling a clinic with {follow_ups:,} follow-ups")
        made.known = json.loads(made.manage("fill_clinic", str(follow_ups)))
        made.port = _free_port()
        web = ["gunicorn", "avntracker.wsgi", "--bind", f"127.0.0.1:{made.port}", "--threads", "4", "--preload"]
        web += ["--workers", "2", "--no-control-socket", "--log-level", "warning"]
        server = subprocess.Popen([sys.executable, "-m", *web], cwd=ROOT, env=made.settings)
        try:
            made.master = server.pid
            _wait_for(made.port, server)
            yield made
        finally:
            server.terminate()
            server.wait(30)


@contextmanager
def database(name: str) -> Iterator[House]:
    """A migrated database without anybody, and no server yet; it goes when the block ends."""
    _sql(f"CREATE DATABASE {name} TEMPLATE empty")
    try:
        yield House(name)
    finally:
        _sql(f"DROP DATABASE {name} WITH (FORCE)")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        return int(asked.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if server.poll() is not None:
                raise RuntimeError("the web server did not start") from None
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the web server did not answer within a minute")
