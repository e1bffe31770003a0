"""What happens over time."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class FollowupsConfig(AppConfig):
    name = "followups"

    def ready(self) -> None:
        """Let those hear that a record changed who act on it, also where no address is loaded (in workers)."""
        autodiscover_modules("planning", "overriding", "flagging", "asking")
