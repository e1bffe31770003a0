"""Who acts."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.core.management import call_command
from django.db.models.signals import post_migrate


def make_cache_table(**kwargs: object) -> None:
    """The shared cache is a table, which `migrate` does not make by itself."""
    if settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
        call_command("createcachetable", verbosity=0)


def guard_the_trace(using: str, **kwargs: object) -> None:
    import_module("accounts.audit").guard(using)


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Models exist only now, so what needs them is imported only now.
        import_module("accounts.sign_in_trace")
        post_migrate.connect(make_cache_table, sender=self)
        post_migrate.connect(guard_the_trace, sender=self)
