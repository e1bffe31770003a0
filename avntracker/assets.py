"""The few files taken from npm packages, by name: nothing third-party is copied into the repository."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

FROM_NPM = {
    "vendor/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "vendor/bootstrap.min.css.map": "bootstrap/dist/css/bootstrap.min.css.map",
}


class _Renamed(FileSystemStorage):
    """node_modules, seen under the names of `FROM_NPM`."""

    def path(self, name: str) -> str:
        return str(Path(settings.BASE_DIR, "node_modules", FROM_NPM[name]))


class NodeModulesFinder(BaseFinder):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.storage = _Renamed()

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [self.storage.path(path)] if path in FROM_NPM else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        return ((name, self.storage) for name in FROM_NPM)
