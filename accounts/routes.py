"""Every address the app answers, read from the URL configuration itself, beside what the access matrix says of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from accounts import access


@dataclass(frozen=True)
class Route:
    """One address. `door` is None when nobody has said who may use it: then nobody may, and the tests fail."""

    name: str
    pattern: str
    door: access.Door | None

    @property
    def roles(self) -> list[str]:
        return [role for role in access.ROLES if self.door and role in self.door.roles]


def routes() -> list[Route]:
    return list(_under(get_resolver(), path="/", namespace=""))


def _under(resolver: URLResolver, *, path: str, namespace: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        here = path + _written(entry)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _under(entry, path=here, namespace=inner)
        else:
            name = f"{namespace}{entry.name or here}"
            yield Route(name, here, access.door_of(name))


def _written(entry: URLPattern | URLResolver) -> str:
    """The path with its converters; the few regular expressions of Django's admin in the same form."""
    text = str(entry.pattern)
    return text if isinstance(entry.pattern, RoutePattern) else simplify_regex(text).lstrip("/")
