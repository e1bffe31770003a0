"""Look at the sample clinic with Chromium and keep three pictures. `scripts/screenshots` brings the clinic.

.venv/bin/python scripts/screenshots.py http://localhost:8000 docs/pictures
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
# Nothing outside this machine is looked up.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
]
PASSWORD = "sample-clinic-only"


@dataclass(frozen=True)
class View:
    """One picture: who looks, at what, on how wide a screen. `follow`: a link to take first."""

    name: str
    user: str
    path: str
    width: int
    height: int
    follow: str = ""


VIEWS = (
    View("worklist-1440", "coordinator", "/clinic/", 1440, 760),
    View("patient-1440", "clinician", "/clinic/patients/?q=AV-20001", 1440, 840, follow="main table a"),
    View("pain-log-360", "patient", "/me/log/", 360, 740),
)


def main() -> None:
    origin, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for view in VIEWS:
            file = folder / f"{view.name}.png"
            file.write_bytes(_look(browser, origin, view))
            print(f"{file}: {file.stat().st_size // 1000} kB")
        browser.close()


def _look(browser: Browser, origin: str, view: View) -> bytes:
    screen = {"width": view.width, "height": view.height}
    context = browser.new_context(viewport=screen, color_scheme="light", reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{origin}/accounts/login/")
    page.fill("[name=login]", view.user)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    page.goto(origin + view.path)
    if view.follow:
        page.locator(view.follow).first.click()
    page.wait_for_load_state("networkidle")
    picture = page.screenshot()
    context.close()
    return picture


if __name__ == "__main__":
    main()
