"""Web, Celery worker and Celery beat under one roof: starts all, starts again what dies, stops all.

    .venv/bin/python scripts/serve.py

PORT (8000), BIND (127.0.0.1), WEB_CONCURRENCY (2 processes), WORKER_CONCURRENCY (1 process), and whatever
`avntracker/settings.py` reads. With SAMPLE=1 the sample clinic is loaded before the worker starts.
"""

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

ROOT = Path(__file__).resolve().parent.parent
PORT = os.environ.get("PORT", "8000")
BIND = os.environ.get("BIND", "127.0.0.1")
DATA_DIR = Path(os.environ.get("AVN_DATA_DIR") or ROOT / "var").resolve()

# A worker that ends by itself takes about five seconds on the embedded queue.
PATIENCE = 20.0
# So many deaths of one process within so many seconds: starting it again does not help.
DEATHS, WITHIN = 5, 60.0


def say(sentence: str) -> None:
    print(sentence, flush=True)


def die_with_parent() -> None:
    """Should this supervisor be killed outright, the kernel ends what it started (Linux: PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


@dataclass
class Member:
    """One of the processes, and when it last died."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    died: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS))

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C comes to the supervisor alone, which stops the others in order
            preexec_fn=die_with_parent,
        )

    def ask_to_stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def sweep_up(self) -> None:
        """End what a dead leader left behind in its group."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def keeps_dying(self) -> bool:
        self.died.append(time.monotonic())
        return len(self.died) == DEATHS and self.died[-1] - self.died[0] < WITHIN


class Stopped(Exception):
    """Somebody asked for the end."""


def on_signal(number: int, frame: FrameType | None) -> None:
    raise Stopped


def members() -> tuple[Member, Member, Member]:
    web = ["gunicorn", "avntracker.wsgi", "--bind", f"{BIND}:{PORT}", "--threads", "4", "--preload"]
    web += ["--workers", os.environ.get("WEB_CONCURRENCY", "2"), "--no-control-socket", "--log-level", "warning"]
    celery = ["celery", "--quiet", "-A", "avntracker"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--loglevel", "warning"]
    worker += ["--concurrency", os.environ.get("WORKER_CONCURRENCY", "1")]
    beat = [*celery, "beat", "--loglevel", "warning", "--pidfile="]
    return module("web", web), module("worker", worker), module("beat", beat)


def module(name: str, arguments: list[str]) -> Member:
    """As a module: the scripts in .venv/bin hold the path at which they were installed."""
    return Member(name, [sys.executable, "-m", *arguments])


def hold_the_data() -> IO[str]:
    """One supervisor for one folder of data: a second beat would only double the ticks."""
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    lock = (DATA_DIR / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(
            f"AVN Tracker is already running on the data in {DATA_DIR}. Stop it first, or give this one a folder of "
            "its own: AVN_DATA_DIR=var/second PORT=8001 make demo"
        )
    return lock


def refuse_a_busy_port() -> None:
    if not PORT.isdigit() or not 0 < int(PORT) < 65536:
        sys.exit(f"PORT is {PORT!r}; it must be a number from 1 to 65535.")
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((BIND, int(PORT)))
            probe.listen()
    except PermissionError:
        sys.exit(f"Port {PORT} is not for this user. Take one above 1023: PORT=8001 make demo")
    except OSError:
        another = int(PORT) + 1 if int(PORT) < 65535 else 8000
        sys.exit(f"Port {PORT} is in use. Take another one: PORT={another} make demo")


def answers() -> bool:
    request = Request(
        f"http://127.0.0.1:{PORT}/health/live", headers={"Host": "localhost", "X-Forwarded-Proto": "https"}
    )
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=5) as response:
            return bool(response.status < 500)
    except (URLError, OSError) as problem:
        return getattr(problem, "code", 0) in range(400, 500)  # another host name is served: it lives


def wait_for(web: Member) -> None:
    for _ in range(300):
        if web.process and web.process.poll() is not None:
            sys.exit("The web server did not start: the reason is above.")
        if answers():
            return
        time.sleep(0.1)
    sys.exit("The web server does not answer.")


def watch(everyone: tuple[Member, ...]) -> str:
    """Start again whoever dies. Returns only when that does not help, with the sentence to say."""
    while True:
        for member in everyone:
            assert member.process
            if (code := member.process.poll()) is None:
                continue
            member.sweep_up()
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            if member.keeps_dying():
                return f"The {member.name} keeps dying ({how}), so everything stops. The reason is above."
            say(f"The {member.name} died ({how}); it is started again.")
            member.start()
        time.sleep(0.5)


def stop(everyone: tuple[Member, ...]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    say("Stopping ...")
    for member in everyone:
        member.ask_to_stop()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and any(m.process and m.process.poll() is None for m in everyone):
        time.sleep(0.05)
    for member in everyone:
        member.sweep_up()
    say("Stopped.")


def main() -> int:
    lock = hold_the_data()
    refuse_a_busy_port()
    os.environ["AVN_DATA_DIR"] = str(DATA_DIR)
    if os.environ.get("AVN_MODE", "demo") == "demo":
        os.environ.setdefault("SITE_ORIGIN", f"http://localhost:{PORT}")
    web, worker, beat = everyone = members()
    code, sample = 0, Member("sample clinic", [sys.executable, "manage.py", "seed_demo", "--if-empty"])
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, on_signal)
        web.start()
        wait_for(web)
        if os.environ.get("SAMPLE"):
            say("The sample clinic is being looked after; sign-ins follow in a moment.")
            sample.start()
            assert sample.process
            if sample.process.wait():
                sys.exit("The sample clinic could not be loaded: the reason is above.")
        worker.start()
        beat.start()
        say(f"AVN Tracker is at {os.environ.get('SITE_ORIGIN')}/    Ctrl-C stops it.")
        say(watch(everyone))
        code = 1
    except Stopped:
        pass
    finally:
        stop((*everyone, sample))
        lock.close()
    return code


if __name__ == "__main__":
    sys.exit(main())
