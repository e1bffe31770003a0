"""What the documents say is there: links, files, commands, variables, logins. Commands they show are run."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import call_command, get_commands

from followups.sample import clinic as sample

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
SETTINGS = (ROOT / "avntracker" / "settings.py").read_text()
RUNNING = (ROOT / "docs" / "running.md").read_text()


each_page = pytest.mark.parametrize("page", DOCS, ids=lambda path: str(path.relative_to(ROOT)))


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.S)


def shown_lines() -> list[str]:
    """Every line of every code block."""
    return [
        line.strip()
        for page in DOCS
        for block in re.findall(r"```\w*\n(.*?)```", page.read_text(), re.S)
        for line in block.splitlines()
    ]


@each_page
def test_relative_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text()))
    here = [link.partition("#")[0] for link in links if "://" not in link and not link.startswith("#")]

    assert [link for link in here if not (page.parent / link).exists()] == []


@each_page
def test_files_named_in_the_text_exist(page: Path) -> None:
    """Names with a folder and an ending, as seen from the top of the checkout; made ones and others' excepted."""
    named = re.findall(r"`([\w.-]+/[\w./-]+\.(?:py|md|html|csv|json|js|css|conf|service|env))`", page.read_text())
    places = [ROOT, ROOT / "clinical", ROOT / "templates", page.parent]

    assert [name for name in named if not any((place / name).exists() for place in places)] == []


@each_page
def test_commands_of_manage_and_make_exist(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))

    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) - set(get_commands()) == set()
    assert set(re.findall(r"(?:`|\n)(?:\w+=\w+ )*make ([a-z]+)", text)) - targets == set()


def test_every_variable_that_the_settings_read_is_documented_and_no_other() -> None:
    read = set(re.findall(r"env\.\w+\(\s*\"(\w+)\"", SETTINGS))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", RUNNING, re.M))

    assert documented == read


def test_the_environment_to_start_from_names_known_variables() -> None:
    lines = (ROOT / "docs" / "running" / "avntracker.env").read_text().splitlines()

    assert {line.partition("=")[0] for line in lines} <= set(re.findall(r"\"([A-Z_]+)\"", SETTINGS))


@pytest.mark.django_db
def test_commands_shown_for_an_operator_work_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = [line.partition("manage.py ")[2] for line in shown_lines() if line.startswith(".venv/bin/python manage.py")]
    monkeypatch.chdir(tmp_path)
    Path("examples").symlink_to(ROOT / "examples")

    assert len(shown) >= 5
    for command in shown:
        # Tried as a process of its own in test_settings.py: it judges the environment, which here is a test's.
        if not command.startswith("check --deploy"):
            call_command(*shlex.split(command))
    assert Path("rejects.csv").read_text(encoding="utf-8-sig").startswith("Hosp No,")


def test_the_readme_names_the_logins_of_the_sample_clinic() -> None:
    text = (ROOT / "README.md").read_text()

    for login in sample.logins():
        assert f"| `{login.username}` |" in text
        assert f"`{login.password}`" in text
    assert len(text.splitlines()) < 150


def test_every_decision_is_in_the_index_with_its_number() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")

    assert re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text()) == files
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs" / "pictures").glob("*.png")}

    assert len(sizes) == 3
    assert max(sizes.values()) < 200 * 1024, sizes
