"""What every test stands on: a quick house, no network, a clock that can be held, a browser."""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings
from playwright.sync_api import Page

from accounts import clock
from accounts.models import Clinic, Role, User
from avntracker.celery import app as celery_app
from patients.models import Patient
from tests import make

# Playwright keeps an event loop in the thread of the test, which itself asks the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session", autouse=True)
def _quick_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cheap passwords, files in a folder that goes, assets by their plain names, no queue outside this process."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    celery_app.conf.update(broker_url="memory://", broker_transport_options={})
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        MEDIA_ROOT=tmp_path_factory.mktemp("media"),
        STORAGES=settings.STORAGES
        | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    ):
        yield


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """The sign-in library counts attempts in the cache: one test must not lock out the next."""
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Tests speak to this machine only."""
    really = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise RuntimeError(f"a test tried to reach {address[0]}")
        really(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


@pytest.fixture
def clock_at() -> Callable[[datetime], AbstractContextManager[None]]:
    """`with clock_at(moment):` lets it be that moment for everything this process asks."""
    return clock.fixed_at


@pytest.fixture
def clinic(db: None) -> Clinic:
    return make.make_clinic()


@pytest.fixture
def coordinator(clinic: Clinic) -> User:
    return make.make_staff(clinic, Role.COORDINATOR)


@pytest.fixture
def clinician(clinic: Clinic) -> User:
    return make.make_staff(clinic, Role.CLINICIAN)


@pytest.fixture
def lead(clinic: Clinic) -> User:
    return make.make_staff(clinic, Role.LEAD)


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    return make.make_patient(clinic)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, without a sandbox (root, containers) and without a way to any other host."""
    return browser_type_launch_args | {
        "executable_path": "/usr/bin/chromium",
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ],
    }


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page on which an error in the console, a refused resource or a broken policy fails the test."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fails with axe's report when the page breaks an accessibility rule."""

    def look(page: Page) -> None:
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()

    return look
