"""What the bar on top of every staff page shows: where one can go, how much waits there, whether the machine lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Exists, Subquery
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import access, clock
from accounts.models import Clinic, Membership
from accounts.templatetags.words import ago
from followups import worklist
from followups.models import Flag, Heartbeat
from patients.models import PainLog

SILENCE = timedelta(minutes=15)

Places = tuple[tuple[str, str, str | Promise], ...]
# Where to go, in the order of the bar; who may is the access matrix's to say.
PLACES: Places = (
    ("worklist", "followups:worklist", _("Worklist")),
    ("flags", "followups:flags", _("Flags")),
    ("patients", "followups:patients", _("Patients")),
    ("dashboard", "followups:dashboard", _("Dashboard")),
    ("import", "interop:import", _("Import")),
    ("settings", "followups:settings", _("Settings")),
)
# What is opened now and then stands in the menu of whoever may.
MORE_PLACES: Places = (
    ("staff", "staff", _("Staff")),
    ("trace", "audit", _("Who did what")),
    ("outbox", "followups:outbox", _("Messages sent")),
)
LEFT_OUT_ON_A_PHONE = ("import", "settings")


@dataclass(frozen=True)
class Place:
    key: str
    label: str | Promise
    href: str
    here: bool
    count: str = ""
    red: bool = False
    wide: bool = False  # left out of the bar of a phone


class TopBar:
    """Asks the database nothing until the bar is drawn; then once, and once more when the machine is silent."""

    def __init__(self, *, clinic: Clinic, role: str, path: str, now: datetime, counted: int | None = None) -> None:
        """`counted`: what waits on everyone's worklist, where the page has asked already."""
        self.clinic, self.role, self.path, self.now, self.counted = clinic, role, path, now, counted

    @cached_property
    def places(self) -> list[Place]:
        """An auditor, who may open none of the usual ones, has the others in the bar."""
        return self._reached(PLACES) or self.more

    @cached_property
    def more(self) -> list[Place]:
        return self._reached(MORE_PLACES)

    def _reached(self, places: Places) -> list[Place]:
        return [
            Place(
                key=key,
                label=label,
                href=href,
                here=self.path == href if key == "worklist" else self.path.startswith(href),
                count=self.waiting(key),
                red=key == "flags" and self.any_red,
                wide=key in LEFT_OUT_ON_A_PHONE,
            )
            for key, route, label in places
            if (href := _address(route, self.role))
        ]

    def waiting(self, key: str) -> str:
        """How many wait on the worklist or among the flags, as the bar says it; nothing for other places."""
        return worklist.said_up_to_99(self._row[f"{key}_waiting"]) if key in ("worklist", "flags") else ""

    @property
    def any_red(self) -> bool:
        return bool(self._row["any_red"])

    @property
    def find(self) -> str:
        """Where the find box leads; empty for those who may not look at records."""
        return _address("followups:patients", self.role)

    @property
    def machines(self) -> str:
        return _address("followups:dashboard", self.role)

    @property
    def last_ran_at(self) -> datetime | None:
        return self._row["last_ran_at"]  # type: ignore[no-any-return]

    @property
    def silent(self) -> bool:
        """True also when the scheduler has never run: no sign of life is not a sign of life."""
        return self.last_ran_at is None or self.now - self.last_ran_at >= SILENCE

    @property
    def quiet_for(self) -> str:
        return "" if self.last_ran_at is None else ago(int((self.now - self.last_ran_at).total_seconds()))

    @cached_property
    def not_judged(self) -> str:
        """Pain reports that no rule has looked at; asked only while the scheduler is silent."""
        waiting = PainLog.objects.filter(joint__patient__clinic=self.clinic, judged_at=None)
        return worklist.said_up_to_99(waiting.values("pk")[: worklist.COUNTED].count())

    @cached_property
    def lead(self) -> Membership | None:
        return (
            Membership.objects.live()
            .filter(clinic=self.clinic, role=access.LEAD)
            .select_related("user")
            .order_by("pk")
            .first()
        )

    @cached_property
    def _row(self) -> dict[str, Any]:
        flags = Flag.objects.at(self.clinic).open()
        today = clock.day_of(self.now, self.clinic)
        sections = worklist.IN_ORDER if self.counted is None else ()
        row: dict[str, Any] = dict(
            Clinic.objects.filter(pk=self.clinic.pk)
            .values(
                **worklist.columns(self.clinic, None, sections, today=today),
                flags_waiting=worklist.Capped(flags.values("pk")[: worklist.COUNTED]),
                any_red=Exists(flags.filter(severity=Flag.Severity.RED)),
                last_ran_at=Subquery(Heartbeat.objects.filter(machine="scheduler").values("at")[:1]),
            )
            .get()
        )
        return {**row, "worklist_waiting": sum(row[f"n_{section}"] for section in sections) + (self.counted or 0)}


def top_bar(request: HttpRequest) -> dict[str, object]:
    role, clinic = getattr(request, "role", ""), getattr(request, "clinic", None)
    if role not in access.STAFF or clinic is None:
        return {}
    counted = getattr(request, "worklist_waiting", None)
    return {"bar": TopBar(clinic=clinic, role=role, path=request.path, now=clock.now(), counted=counted)}


def _address(route: str, role: str) -> str:
    """Empty for who may not go there."""
    door = access.DOORS.get(route)
    if door is None or role not in door.roles:
        return ""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
