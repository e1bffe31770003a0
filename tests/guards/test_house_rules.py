"""Rules about the whole codebase that no linter knows. Each allow-list gives its reasons."""

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("avntracker", "interop", "portal", "followups", "patients", "accounts", "clinical")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MODULES = sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


def where(path: Path, number: int, text: str = "") -> str:
    return f"{path.relative_to(ROOT)}:{number} {text.strip()[:100]}".strip()


def found(pattern: str, paths: list[Path], flags: int = 0) -> list[str]:
    expression = re.compile(pattern, flags)
    return [
        where(path, number, line)
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if expression.search(line)
    ]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_templates_hold_no_inline_style_or_script() -> None:
    """The content policy would refuse it, silently for whoever wrote it."""
    assert found(r"""\sstyle\s*=\s*["']|\son[a-z]+\s*=\s*["']|<style|javascript:""", TEMPLATES, re.I) == []
    assert found(r"<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")", TEMPLATES, re.I) == []


def test_templates_and_scripts_name_no_other_host() -> None:
    sources = [*TEMPLATES, *(ROOT / "static" / "src").rglob("*.js"), *(ROOT / "static" / "src").rglob("*.css")]
    assert found(r"(?<![\w.])https?://(?!www\.w3\.org/)|[\"'(]//[a-z]", sources, re.I) == []


SPOKEN = re.compile(r">([^<>{}]*[A-Za-z]{2,}[^<>{}]*)<")
TAG_OR_COMMENT = re.compile(
    r"{% block \w*class\w* %}.*?{% endblock %}|{% comment %}.*?{% endcomment %}"
    r"|{% blocktranslate.*?{% endblocktranslate %}|{#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->|<script.*?</script>",
    re.S,
)
# Names and abbreviations that are the same in every language.
NOT_TRANSLATED = {"AVN Tracker", "kg", "mm", "NRS", "MRN", "SMS", "CSV", "PDF"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_word_of_a_template_can_be_translated(template: Path) -> None:
    bare = unescape(TAG_OR_COMMENT.sub("", template.read_text()))
    assert [text for match in SPOKEN.finditer(bare) if (text := match[1].strip()) not in NOT_TRANSLATED] == []


def test_nothing_is_queued_for_a_far_moment() -> None:
    """A broker gives such a task out again and again (design rule 2): a row with its moment, and the sweep."""
    late = [
        where(path, call.lineno)
        for path in MODULES
        for call in calls(ast.parse(path.read_text()))
        if {"eta", "countdown"} & {keyword.arg for keyword in call.keywords}
    ]
    assert late == []


def tasks() -> Iterator[tuple[Path, ast.FunctionDef]]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any("shared_task" in ast.dump(d) for d in node.decorator_list):
                yield path, node


def test_tasks_take_only_ids() -> None:
    """No health detail lies in a broker, and a task that comes twice finds today's row."""
    wrong = [
        where(path, task.lineno, f"{task.name}({argument.arg})")
        for path, task in tasks()
        for argument in (*task.args.args, *task.args.kwonlyargs)
        if not argument.arg.endswith(("_id", "_ids"))
    ]
    assert wrong == []


def test_only_the_clock_reads_the_time() -> None:
    reads = {"timezone.now", "datetime.now", "datetime.utcnow", "date.today", "datetime.today", "timezone.localdate"}
    allowed = {ROOT / "accounts" / "clock.py"}
    wrong = [
        where(path, call.lineno, name)
        for path in MODULES
        if path not in allowed
        for call in calls(ast.parse(path.read_text()))
        if (name := ast.unparse(call.func)) in reads
    ]
    assert wrong == []


def test_a_lost_broker_never_breaks_an_answer() -> None:
    """What is published after a commit is a doorbell: the sweep finds the work when nobody hears it."""
    wrong = [
        where(path, call.lineno)
        for path in MODULES
        for call in calls(ast.parse(path.read_text()))
        if ast.unparse(call.func).endswith("on_commit")
        and not any(k.arg == "robust" and ast.unparse(k.value) == "True" for k in call.keywords)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in"])
def test_every_package_asked_for_is_pinned(name: str) -> None:
    pins = dict(re.findall(r"^([\w.-]+)==([^ \\]+)", (ROOT / name.replace(".in", ".txt")).read_text(), re.M))
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("-r"):
            continue
        package, version = re.split(r"(?:\[[^]]*\])?==", line)
        assert pins[package.lower().replace("_", "-")] == version


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "package-lock.json"])
def test_pins_carry_hashes_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"--(extra-)?index-url|find-links|\"resolved\"|file:", text)
    assert "sha256:" in text or "sha512-" in text
