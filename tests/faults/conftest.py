"""Real processes on this run's PostgreSQL and Redis: started with their own data, and killed."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psycopg
import pytest
from celery import Celery
from psycopg.sql import SQL, Identifier

from tests.faults.sinks import Sinks, open_sinks

_number = itertools.count(1)
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def until(true: Callable[[], bool], what: str, *, seconds: float = 30) -> None:
    """Wait for something another process does; fails with `what` when it never comes."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:.0f} s"
        time.sleep(0.05)


class Process:
    """One real process in a group of its own, so that it can be killed with all its children."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def kill(self, number: int = signal.SIGKILL) -> None:
        """To the whole group; waits until its leader is gone."""
        os.killpg(self.popen.pid, number)
        self.popen.wait(timeout=30)

    def alive(self) -> bool:
        return self.popen.poll() is None


@dataclass
class World:
    """One installation: a database, a Redis, a data folder; and the processes a test starts on them."""

    environment: dict[str, str]
    folder: Path
    redis_port: int
    running: list[Process]

    def start(self, name: str, *command: str) -> Process:
        process = Process([sys.executable, *command], self.environment, self.folder / f"{name}.log")
        self.running.append(process)
        return process

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True, timeout=120,
        ).stdout  # fmt: skip

    def redis(self) -> Process:
        server = Process(
            ["redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            self.environment | {"PWD": str(self.folder)},
            self.folder / "redis.log",
        )
        self.running.append(server)
        until(lambda: _listens(self.redis_port), "Redis")
        return server

    def forget(self) -> None:
        """Wipe the whole of Redis."""
        subprocess.run(["redis-cli", "-p", str(self.redis_port), "flushall"], check=True, capture_output=True)

    def worker(self, *, hands: int = 1) -> Process:
        """Back only when it consumes."""
        log = self.folder / "worker.log"
        before = log.read_text().count(" ready.") if log.exists() else 0
        process = self.start(
            "worker", "-m", "celery", "-A", "avntracker", "worker", "--without-gossip", "--without-mingle",
            "--concurrency", str(hands), "--loglevel", "info",
        )  # fmt: skip
        until(lambda: log.read_text().count(" ready.") > before, "the worker")
        return process

    def beat(self, number: int = 1) -> Process:
        """The scheduler, a tick each second; another number is another machine's."""
        return self.start(f"beat{number}", "-m", "tests.faults.quick_beat", str(self.folder / f"beat{number}-schedule"))

    def send(self, task: str, *ids: int) -> None:
        """Ring for a worker, as the app does."""
        with Celery(broker=self.environment["REDIS_URL"]) as bell:
            bell.send_task(f"followups.tasks.{task}", ids)

    def ask(self, query: LiteralString) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            return connection.execute(query).fetchall()

    def one(self, query: LiteralString) -> Any:
        return self.ask(query)[0][0]

    def let_it_be(self, moment: datetime) -> None:
        """For every process, from now on."""
        new = self.folder / "clock.new"
        new.write_text(moment.isoformat())
        new.replace(self.environment["AVN_CLOCK_FILE"])

    def web(self, *, workers: int = 1) -> str:
        """The address at which it answers."""
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        port = free_port()
        self.start(
            "web", "-m", "gunicorn", "avntracker.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket",
            "--workers", str(workers),
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        until(lambda: status_of(address + "/health/live") == 200, "the web server")
        return address


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def status_of(address: str) -> int:
    """What a GET is answered with; 0 when nobody is there."""
    try:
        with urlopen(address, timeout=30) as response:
            return int(response.status)
    except HTTPError as refused:
        return refused.code
    except (URLError, OSError):
        return 0


def _server() -> str:
    server = os.environ.get("DATABASE_URL", "")
    assert server.startswith("postgres"), "these tests need PostgreSQL and Redis: run them by `make test`"
    return server


def _database(name: str) -> str:
    return _server().rsplit("/", 1)[0] + f"/{name}"


def _administer(statement: LiteralString, *names: str) -> None:
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(SQL(statement).format(*(Identifier(name) for name in names)))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with all tables and nobody in it: each world begins as a copy."""
    name = f"fault_{os.getpid()}_empty"
    _administer("CREATE DATABASE {}", name)
    settings = {"DATABASE_URL": _database(name), "AVN_DATA_DIR": str(tmp_path_factory.mktemp("data"))}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env=os.environ | settings, check=True, timeout=300,
    )  # fmt: skip
    yield name
    _administer("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def sinks() -> Iterator[Sinks]:
    with open_sinks() as sinks:
        yield sinks


@pytest.fixture
def world(tmp_path: Path, migrated: str, sinks: Sinks) -> Iterator[World]:
    """A database of its own; nothing runs yet but Redis and what messages arrive at."""
    name = f"fault_{os.getpid()}_{next(_number)}"
    _administer("CREATE DATABASE {} TEMPLATE {}", name, migrated)
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": _database(name),
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "AVN_DATA_DIR": str(tmp_path / "data"),
        "AVN_CLOCK_FILE": str(tmp_path / "clock"),
        "AVN_MODE": "demo",
        "PYTHONWARNINGS": "ignore",
        **sinks.environment,
    }
    it = World(environment, tmp_path, port, [])
    try:
        it.redis()
        yield it
    finally:
        for process in it.running:
            if process.alive():
                process.kill()
        _administer("DROP DATABASE {} WITH (FORCE)", name)
