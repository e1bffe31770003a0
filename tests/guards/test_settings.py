"""What guards a record cannot be left at its default: production refuses to start, in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
SAFE = {
    "AVN_MODE": "production",
    "SECRET_KEY": "k7Q2m9Zr4Xw1Vb8Ny3Hc6Tf5Gd0Js-Lp2Ae7Ru4Io9Wq1Mx6Bz3Kv8",
    "ALLOWED_HOSTS": "diary.example.org",
    "SITE_ORIGIN": "https://diary.example.org",
}


def start(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`check --deploy` as a process of its own, with nothing in its environment but this."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "AVN_DATA_DIR": str(tmp_path), **SAFE, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_safe_production_starts_and_has_no_issues(tmp_path: Path) -> None:
    done = start(tmp_path)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("unsafe", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "demo-key-not-for-production-0123456789-abcdefghijklmnopqrstuvwxyz"}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "a" * 60}, "SECRET_KEY"),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE"),
        ({"DEBUG": "true"}, "DEBUG"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"SITE_ORIGIN": "http://diary.example.org"}, "SITE_ORIGIN"),
        ({"SITE_ORIGIN": ""}, "SITE_ORIGIN"),
        ({"AVN_CLOCK_FILE": "clock"}, "AVN_CLOCK_FILE"),
        ({"SECOND_FACTOR_REQUIRED": "false"}, "second factor"),
        ({"AVN_MODE": "prod"}, "AVN_MODE"),
        ({"EMAIL_URL": "smtp://mail.example.org/?tls=maybe"}, "EMAIL_URL"),
    ],
    ids=lambda value: ",".join(f"{k}={v[:12]}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_production_refuses(tmp_path: Path, unsafe: dict[str, str], said: str) -> None:
    done = start(tmp_path, **unsafe)

    assert done.returncode != 0
    assert said in done.stderr.splitlines()[-1]


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
