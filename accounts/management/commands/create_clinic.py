"""`manage.py create_clinic`: a clinic, its first lead, and the one link by which the lead comes in."""

from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from accounts import clock, staffing


class Command(BaseCommand):
    help = "Make a clinic and its first lead; prints the lead's one-time link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the clinic's name")
        parser.add_argument("--phone", required=True, help="as patients dial it, with the country's code")
        parser.add_argument("--time-zone", required=True, help="such as Europe/London")
        parser.add_argument("--lead-name", required=True)
        parser.add_argument("--lead-email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["time_zone"] not in available_timezones():
            raise CommandError(
                f"{options['time_zone']} is not a time zone. Write it as in Europe/London.", returncode=2
            )
        now = clock.now()
        try:
            lead = staffing.found_clinic(
                name=options["name"],
                time_zone=options["time_zone"],
                phone=options["phone"],
                lead_name=options["lead_name"],
                lead_email=options["lead_email"],
                now=now,
            ).user
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from error
        self.stdout.write(f"{options['name']} is made. {lead} comes in once, within a week, by\n")
        self.stdout.write(staffing.welcome_link(lead, now=now))
