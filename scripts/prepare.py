"""What has to be true before the app serves: tables as the code wants them, and the files of the pages collected."""

import hashlib
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "avntracker.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    stamp, wanted = Path(settings.STATIC_ROOT, ".collected"), _fingerprint()
    if not stamp.exists() or stamp.read_text() != wanted:
        call_command("collectstatic", verbosity=0, interactive=False, clear=stamp.exists())
        stamp.write_text(wanted)


def _fingerprint() -> str:
    """Changes with our own files and with the packages that bring theirs."""
    own = sorted(path for path in (ROOT / "static" / "src").rglob("*") if path.is_file())
    brought = [ROOT / "requirements.txt", ROOT / "package-lock.json", ROOT / "avntracker" / "assets.py"]
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for path in [*own, *brought]:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
