"""The frame of the pages in a real browser: both themes, narrow and wide, keys, and what happens after a swap."""

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Clinic, Role, User
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = [320, 360, 768, 1440]


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def sign_in(page: Page, live_server: LiveServer, user: User) -> None:
    client = Client()
    client.force_login(user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_the_door_fits_and_can_be_read_by_everybody(
    page: Page, live_server: LiveServer, accessible: Callable[[Page], None], width: int
) -> None:
    make.make_clinic(phone="+441134960142")
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(live_server.url)

    expect(page.get_by_role("link", name="I am a patient")).to_be_visible()
    expect(page.get_by_role("link", name="0113 496 0142")).to_have_attribute("href", "tel:+441134960142")
    assert sideways(page) == 0
    accessible(page)


def test_with_two_clinics_the_door_names_neither(page: Page, live_server: LiveServer) -> None:
    make.make_clinic("North Hip Clinic")
    make.make_clinic("South Hip Clinic")
    page.goto(live_server.url)

    expect(page.get_by_text("Hip Clinic")).to_have_count(0)


@pytest.mark.parametrize(("scheme", "expected"), [("dark", "dark"), ("light", "light")])
def test_as_my_device_follows_the_device(page: Page, live_server: LiveServer, scheme: str, expected: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(live_server.url)

    expect(page.locator("html")).to_have_attribute("data-bs-theme", expected)


def test_a_chosen_theme_is_kept_whatever_the_device_says(page: Page, live_server: LiveServer, clinic: Clinic) -> None:
    user = make.make_staff(clinic, Role.LEAD)
    sign_in(page, live_server, user)
    page.emulate_media(color_scheme="light")
    page.goto(f"{live_server.url}/clinic/settings/staff/")
    page.locator("details.you > summary").click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_bar_fits_and_can_be_read_by_everybody(
    page: Page, live_server: LiveServer, accessible: Callable[[Page], None], clinic: Clinic, width: int
) -> None:
    sign_in(page, live_server, make.make_staff(clinic, Role.LEAD, name="Bartholomew Featherstonehaugh-Okonkwo"))
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(f"{live_server.url}/clinic/settings/staff/")

    expect(page.get_by_text("The scheduler has never run here")).to_be_visible()
    assert sideways(page) == 0
    accessible(page)


def test_escape_closes_the_menu_and_gives_the_focus_back(page: Page, live_server: LiveServer, clinic: Clinic) -> None:
    sign_in(page, live_server, make.make_staff(clinic, Role.LEAD))
    page.goto(f"{live_server.url}/clinic/settings/staff/")
    summary = page.locator("details.you > summary")
    summary.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_an_address_that_is_not_there_says_so_calmly(client: Client, clinic: Clinic) -> None:
    client.force_login(make.make_staff(clinic))
    one, other = client.get("/nothing/"), client.get("/clinic/nothing/either/")

    assert one.status_code == 404
    assert one.content == other.content, "one and the same body, whatever was asked for"
    assert b"There is nothing here" in one.content


LIST = """
<div data-keys>
  <div data-row><a href="#one" data-open>one</a></div>
  <div data-row><a href="#two" data-open>two</a>
    <div data-strip><button data-key="3">third</button> <input aria-label="a day"></div>
  </div>
</div>
<p id="pressed"></p>
"""


@pytest.fixture
def listed(page: Page, live_server: LiveServer, clinic: Clinic) -> Page:
    """A page of the clinic with a list on it, whose buttons say when they were pressed."""
    sign_in(page, live_server, make.make_staff(clinic, Role.LEAD))
    page.goto(f"{live_server.url}/clinic/settings/staff/")
    page.evaluate(
        """list => {
            document.querySelector("main").innerHTML = list;
            document.querySelector("[data-key='3']").addEventListener("click", () => {
                document.querySelector("#pressed").textContent += "pressed ";
            });
        }""",
        LIST,
    )
    return page


def test_j_and_k_walk_the_rows_and_a_digit_presses_its_button(listed: Page) -> None:
    listed.get_by_role("link", name="one").focus()
    listed.keyboard.press("j")
    expect(listed.get_by_role("link", name="two")).to_be_focused()
    listed.keyboard.press("3")
    expect(listed.locator("#pressed")).to_have_text("pressed")
    listed.keyboard.press("k")
    expect(listed.get_by_role("link", name="one")).to_be_focused()


def test_keys_do_nothing_while_one_types_or_is_elsewhere(listed: Page) -> None:
    listed.get_by_label("a day").focus()
    listed.keyboard.press("3")
    expect(listed.get_by_label("a day")).to_have_value("3")
    listed.get_by_role("link", name="Skip to the content").focus()
    listed.keyboard.press("3")

    expect(listed.locator("#pressed")).to_have_text("")


def test_a_saved_row_leaves_after_its_time(listed: Page) -> None:
    listed.clock.install()
    listed.evaluate(
        """() => {
            document.querySelector("[data-row]").innerHTML = '<div data-leaves-after="30">Saved</div>';
            document.body.dispatchEvent(new CustomEvent("htmx:load", {bubbles: true}));
        }"""
    )
    expect(listed.get_by_text("Saved")).to_be_visible()
    listed.clock.fast_forward("00:31")

    expect(listed.get_by_text("Saved")).to_have_count(0)
    expect(listed.locator("[data-row]")).to_have_count(1)
