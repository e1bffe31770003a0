"""Every page as each role that may open it, wide and narrow: readable by everybody, quiet, and never sideways.

The pages come from the access matrix, and what an address names from the registry of the guards, so a new page is
looked at as soon as it exists.
"""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts import access
from accounts.access import Kind
from accounts.routes import routes
from tests.flows.test_frame import sideways
from tests.guards import test_access as doors

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = [r for r in routes() if r.door and r.door.kind == Kind.PAGE and "GET" in r.door.methods and doors.of_the_app(r)]
WIDTHS = (1440, 320)
Seen = set[tuple[int, str]]  # width, and markup without what names a person, a thing or a day
INLINE = re.compile(
    r"<[a-z][^>]*\s(?:style|on[a-z]+)=|<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)", re.IGNORECASE
)
DIFFERS = re.compile(r"[0-9a-f-]{36}|\d+|[A-Za-z0-9]{64}|aria-current=.\w+.")


@pytest.fixture(scope="module")
def seen() -> Seen:
    """What axe has looked at in this run: the same page shown to another role need not be judged again."""
    return set()


@pytest.mark.parametrize("role", access.ROLES)
def test_every_page_is_readable_quiet_and_fits(
    browser: Browser, live_server: LiveServer, seen: Seen, role: str
) -> None:
    side = doors._side("North")
    context = browser.new_context(base_url=live_server.url)
    if role != access.ANONYMOUS:
        context.add_cookies([{"name": "sessionid", "value": side.cookies[role], "url": live_server.url}])
    page = context.new_page()
    found: list[str] = []
    for route in [route for route in PAGES if role in route.roles]:
        path = doors.address(route, doors._own(route, side, role))
        found += [f"{route.name} {path}: {fault}" for fault in faults(page, path, seen)]
    context.close()

    assert found == [], "\n".join(["", *found])


def faults(page: Page, path: str, seen: Seen) -> list[str]:
    """What is wrong with one page at both widths."""
    page.clear_console_messages()
    page.clear_page_errors()
    page.set_viewport_size({"width": WIDTHS[0], "height": 740})
    response = page.goto(path)
    assert response
    found = [f"inline: {it}" for it in INLINE.findall(response.text())]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        if (over := sideways(page)) > 0:
            found.append(f"{over} px too wide at {width}")
        if not _known(page, width, seen):
            report = Axe().run(page, options={"resultTypes": ["violations"]})
            found += [f"axe at {width}: {report.generate_report()}"] * bool(report.violations_count)
    return found + _complaints(page, refused=response.status >= 400)


def _known(page: Page, width: int, seen: Seen) -> bool:
    """Whether the content and the frame of this page were both judged before, whatever people and days they name."""
    parts = page.evaluate("['main', 'header'].map(part => document.querySelector(part)?.outerHTML || '')")
    keys = {(width, DIFFERS.sub("", part)) for part in parts}
    known = keys <= seen
    seen |= keys
    return known


def _complaints(page: Page, *, refused: bool) -> list[str]:
    """What the console says, but for the status of a page that was to be refused."""
    errors = [said.text for said in page.console_messages() if said.type == "error"]
    return [*(e for e in errors if not (refused and "Failed to load resource" in e)), *map(str, page.page_errors())]
