"""What happens over time."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class FollowupsConfig(AppConfig):
    name = "followups"

    def ready(self) -> None:
        """Let planning and overrides hear when a record changes, also where no address is loaded (in workers)."""
        autodiscover_modules("planning", "overriding")
