"""Real processes on this run's PostgreSQL and Redis: started with their own data, and killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

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

    def worker(self) -> Process:
        """Back only when it consumes."""
        log = self.folder / "worker.log"
        before = log.read_text().count(" ready.") if log.exists() else 0
        process = self.start(
            "worker", "-m", "celery", "-A", "avntracker", "worker", "--without-gossip", "--without-mingle",
            "--concurrency", "1", "--loglevel", "info",
        )  # fmt: skip
        until(lambda: log.read_text().count(" ready.") > before, "the worker")
        return process

    def beat(self) -> Process:
        return self.start("beat", "-m", "celery", "-A", "avntracker", "beat", "--pidfile=", "--loglevel", "info")

    def web(self) -> str:
        """The address at which it answers."""
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        port = free_port()
        self.start("web", "-m", "gunicorn", "avntracker.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket")
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


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A database of its own beside the tests' one, migrated; nothing runs yet but Redis."""
    server = os.environ.get("DATABASE_URL", "")
    assert server.startswith("postgres"), "these tests need PostgreSQL and Redis: run them by `make test`"
    name = f"fault_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**8}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": server.rsplit("/", 1)[0] + f"/{name}",
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "AVN_DATA_DIR": str(tmp_path / "data"),
        "AVN_MODE": "demo",
        "PYTHONWARNINGS": "ignore",
    }
    it = World(environment, tmp_path, port, [])
    try:
        it.redis()
        it.manage("migrate", "--verbosity", "0")
        yield it
    finally:
        for process in it.running:
            if process.alive():
                process.kill()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
