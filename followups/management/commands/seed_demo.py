"""The sample clinic: 300 made-up patients with years of history, deterministic. Refused in production."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import clock
from accounts.models import Clinic
from followups.sample import clinic


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--patients", type=int, default=300)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--now", type=clock.moment, help="an ISO moment with offset: let it be then")
        parser.add_argument("--if-empty", action="store_true", help="make nothing where a clinic exists already")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("seed_demo makes people up: it does not run in production", returncode=2)
        if options["patients"] < 1:
            raise CommandError("a sample clinic has at least one patient", returncode=2)
        here = Clinic.objects.filter(name=clinic.NAME).exists()
        if here and not options["if_empty"]:
            raise CommandError("the sample clinic is here already", returncode=2)
        if not here and not (options["if_empty"] and Clinic.objects.exists()):
            clinic.seed(patients=options["patients"], seed=options["seed"], now=options["now"] or clock.now())
            here = True
        for login in clinic.logins() if here else []:
            self.stdout.write(f"{login.role:<12} {login.username:<12} {login.password}")
