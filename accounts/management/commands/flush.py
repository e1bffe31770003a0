"""Django's `flush`, for the tests that empty their database: the trace's guard is lifted for it, and put back after.

Refused in production, where nothing empties the trace.
"""

from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import flush

from accounts import audit


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The trace is kept: a database in production is not emptied.")
        audit.lift_guard(options["database"])
        try:
            super().handle(**options)
        finally:
            audit.guard(options["database"])
