"""What the bar on top of every staff page shows."""

from django.http import HttpRequest


def top_bar(request: HttpRequest) -> dict[str, object]:
    return {}
