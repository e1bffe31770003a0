"""What every page knows about the site and whoever looks at it."""

from django.http import HttpRequest

from accounts.models import User


def site(request: HttpRequest) -> dict[str, object]:
    user = request.user
    return {
        "clinic": getattr(request, "clinic", None),
        "role": getattr(request, "role", ""),
        "theme": user.theme if isinstance(user, User) else request.COOKIES.get("theme", User.Theme.DEVICE),
    }
