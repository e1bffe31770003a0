"""`manage.py routes [--json]`: every address and who may use it (design 11)."""

import json
from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser

from accounts.routes import routes


class Command(BaseCommand):
    help = "Every address and who may use it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [
            {
                "name": route.name,
                "pattern": route.pattern,
                "methods": list(route.door.methods) if route.door else [],
                "roles": route.roles,
                "scope": route.door.scope if route.door else "none",
                "kind": route.door.kind if route.door else "page",
            }
            for route in routes()
        ]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=1))
            return
        for row in rows:
            who = ", ".join(row["roles"]) or "nobody"
            self.stdout.write(f"{'/'.join(row['methods']):9} {row['pattern']}\n{'':10}{row['name']}: {who}")
