"""What every page knows about the site and whoever looks at it."""

from django.http import HttpRequest

from accounts import access
from accounts.models import User


def site(request: HttpRequest) -> dict[str, object]:
    # A request that is refused at the very door has nobody yet, and its page is drawn all the same.
    user = getattr(request, "user", None)
    role = getattr(request, "role", "")
    return {
        "clinic": getattr(request, "clinic", None),
        "clinics": getattr(request, "clinics", []),
        "role": role,
        "theme": user.theme if isinstance(user, User) else request.COOKIES.get("theme", User.Theme.DEVICE),
        # Pages that staff and patients share stand in the frame of whoever looks.
        "frame": "staff.html" if role in access.STAFF else "diary.html",
    }
