"""`manage.py access_matrix [--json]`: the same facts as `routes`, as a table of roles (design 11)."""

import json
from typing import Any

from django.core.management import BaseCommand
from django.core.management.base import CommandParser

from accounts import access
from accounts.routes import routes


class Command(BaseCommand):
    help = "Which role may use which address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        matrix = {
            route.name: {role: "allow" if role in route.roles else "deny" for role in access.ROLES}
            for route in routes()
        }
        if options["json"]:
            self.stdout.write(json.dumps(matrix, indent=1))
            return
        width = max(map(len, matrix))
        self.stdout.write(f"{'':{width}}  " + "  ".join(access.ROLES))
        for name, cells in matrix.items():
            marks = "  ".join(f"{'x' if cells[role] == 'allow' else '.':{len(role)}}" for role in access.ROLES)
            self.stdout.write(f"{name:{width}}  {marks}")
