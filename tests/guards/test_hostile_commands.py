"""What a command cannot read is refused in a sentence, with exit code 2 and nothing written or printed."""

import copy
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from tests import make

pytestmark = pytest.mark.django_db

WORLD: dict[str, Any] = {
    "now": "2026-11-21T09:00:00+00:00",
    "clinics": [
        {
            "key": "north",
            "name": "North Hip Clinic",
            "time_zone": "Europe/London",
            "phone": "+442071234567",
            "staff": [{"key": "anna", "role": "coordinator"}],
            "patients": [
                {
                    "key": "p1",
                    "mrn": "N-1",
                    "name": "Example, Ada",
                    "born": "1980-05-02",
                    "sex": "F",
                    "phone": "+447700900123",
                    "email": "ada@example.org",
                    "language": "en",
                    "sign_in": False,
                    "constraints": [],
                    "joints": [{"site": "hip", "side": "left", "state": "lesion", "since": "2026-08-01"}],
                    "studies": [],
                    "pain": [{"site": "hip", "side": "left", "felt_at": "2026-11-20T19:30:00+00:00", "nrs": 4}],
                }
            ],
        }
    ],
}
# Allowed nowhere in a described world: each is tried in every place.
NOWHERE = [7.5, {"x": 1}, [7], "a\x00b", "\ud800"]
TEXTS_NOT_ALLOWED = [
    ("name", "\u202ex"),
    ("name", "x" * 300),
    ("name", "Ann\nBcc: x@example.org"),
    ("nrs", 10**400),
    ("now", "2026-11-21T09:00:00"),
    ("now", "0001-01-01T00:00:00+14:00"),
    ("time_zone", "Mars/Phobos"),
    ("role", "surgeon"),
    ("name", " , "),
    ("mrn", ""),
    ("mrn", "%2f"),
    ("phone", "12"),
    ("phone", "07700 900123"),
    ("email", "a@localhost"),
    ("language", "../en"),
    ("sign_in", "yes"),
    ("felt_at", "yesterday"),
    ("nrs", 11),
    ("nrs", True),
    ("born", "2023-02-30"),
    ("studies", ""),
    ("staff", 0),
]


def places(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, *path, key)


def changed(path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    world = copy.deepcopy(WORLD)
    at = world
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return world


def everything() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


def refused(capsys: pytest.CaptureFixture[str], *command: Any, before: dict[str, int] | None = None) -> str:
    """The sentence it was refused with; nothing was printed, and nothing written where `before` is given."""
    with pytest.raises(CommandError) as error:
        call_command(*map(str, command))
    assert error.value.returncode == 2, command
    assert capsys.readouterr().out == ""
    assert before is None or everything() == before
    return str(error.value)


def seed(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(world)))
    call_command("seed_world", "-", stdout=io.StringIO())


def test_a_described_world_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    seed(WORLD, monkeypatch)


@pytest.mark.parametrize("value", NOWHERE, ids=lambda value: ascii(value)[:20])
def test_no_place_of_a_world_takes_it(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()
    for path in places(WORLD):
        with pytest.raises(CommandError) as error:
            seed(changed(path, value), monkeypatch)
        assert error.value.returncode == 2, path
    assert everything() == before


@pytest.mark.parametrize(("key", "value"), TEXTS_NOT_ALLOWED)
def test_a_field_of_a_world_takes_only_its_own(key: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything()
    for path in [path for path in places(WORLD) if path and path[-1] == key]:
        if key == "name" and "patients" not in path:
            continue
        with pytest.raises(CommandError) as error:
            seed(changed(path, value), monkeypatch)
        assert error.value.returncode == 2
    assert everything() == before


@pytest.mark.parametrize("which", ["patients", "staff"])
def test_nothing_in_a_world_has_the_same_key_twice(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world, before = copy.deepcopy(WORLD), everything()
    world["clinics"][0][which] *= 2
    with pytest.raises(CommandError) as error:
        seed(world, monkeypatch)
    assert error.value.returncode == 2
    assert everything() == before


def test_a_world_is_not_made_in_production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        seed(WORLD, monkeypatch)


@pytest.mark.parametrize("command", ["whatif", "seed_world", "backtest", "import_register"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"%PDF-1.4\n\x00\xff", id="pdf"),
        pytest.param(b"PK\x03\x04" + b"\x00" * 200, id="zip"),
        pytest.param(b"[" * 200_000, id="deep"),
        pytest.param(bytes(range(256)) * 20, id="binary"),
        pytest.param(b"\n\n\n", id="blank lines"),
        pytest.param(None, id="no file"),
    ],
)
def test_a_file_that_is_none_is_refused(
    command: str, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    refused(capsys, command, file, before=everything())


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '{"as_of": NaN}', "9" * 10_000, "null", '{"\\ud800": 1}', "{} {}", '"x"', "[1]"]
)
@pytest.mark.parametrize("command", ["whatif", "seed_world"])
def test_json_that_is_no_record_is_refused(
    command: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file.json"
    file.write_text(text)
    refused(capsys, command, file, before=everything())


@pytest.mark.parametrize("moment", ["", "junk", "2026-11-21", "2026-11-21T09:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_sweep_needs_a_moment(moment: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, "sweep", "--now", moment, before=everything())


@pytest.mark.parametrize("given", ["", "0", "junk", "a\x00", "\ud800", "00000000-0000-0000-0000-000000000000"])
def test_nobody_has_such_a_plan(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, "plan", given)


def test_a_register_is_not_brought_in_when_its_rejects_have_no_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make.make_clinic()
    file, before = tmp_path / "register.csv", everything()
    file.write_text("MRN;Family name;Given name;Born\n1;Example;Ada;1980-05-02\n")
    refused(capsys, "import_register", file, "--rejects", tmp_path / "no such folder" / "out.csv", before=before)
