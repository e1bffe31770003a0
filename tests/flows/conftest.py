"""What the stories share: a held clock, a person signed in, and a browser in which no script runs."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests import make

SignIn = Callable[[Page, User], None]
expect.set_options(timeout=20_000)  # a machine that does much else at the time is slow, not wrong


@pytest.fixture
def held_clock(settings: Settings, tmp_path: Path) -> datetime:
    """It is `make.NOW` for the server of the test, too."""
    file = tmp_path / "clock"
    file.write_text(make.NOW.isoformat())
    settings.CLOCK_FILE = str(file)
    return make.NOW


def let_in(context: BrowserContext, server: LiveServer, user: User) -> None:
    """Signed in already, by the cookie that a sign-in leaves."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": server.url}])


@pytest.fixture
def signed_in(live_server: LiveServer) -> SignIn:
    return lambda page, user: let_in(page.context, live_server, user)


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def scripted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def desk(browser: Browser, live_server: LiveServer, scripted: bool) -> Iterator[Page]:
    """A wide window, once with script and once without."""
    yield from _window(browser, live_server, scripted, width=1440)


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer, scripted: bool) -> Iterator[Page]:
    """A narrow touch screen, once with script and once without."""
    yield from _window(browser, live_server, scripted, width=360)


def _window(browser: Browser, server: LiveServer, scripted: bool, *, width: int) -> Iterator[Page]:
    context = browser.new_context(
        base_url=server.url,
        java_script_enabled=scripted,
        viewport={"width": width, "height": 740},
        has_touch=width < 500,
    )
    page, complaints = context.new_page(), list[str]()
    # A refused form is answered by 422, which the browser mentions.
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and "422" not in said.text else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []
