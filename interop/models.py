"""Registers brought in: the file as it was sent, how it was read, and what came of each row.

All of it is in the database, so that nothing is lost when a worker dies in the middle.
"""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, User
from patients.models import Patient, paired


class ImportQuerySet(models.QuerySet["Import"]):
    def at(self, clinic: Clinic) -> Self:
        return self.filter(clinic=clinic)

    def without_file(self) -> Self:
        """The file is large and only its reader needs it."""
        return self.defer("content")

    def working(self) -> Self:
        return self.filter(status__in=[Import.Status.CHECKING, Import.Status.BRINGING])

    def abandoned(self, *, before: datetime) -> Self:
        """At work, but nobody has said so since `before`: the worker died, or never began."""
        return self.working().filter(Q(beat_at=None) | Q(beat_at__lt=before))

    def claim(self, *, now: datetime, before: datetime) -> bool:
        """Take the one import in this queryset; False if another worker has it."""
        return self.abandoned(before=before).update(beat_at=now) == 1


class Import(models.Model):
    """One register of a clinic, from the file to its result."""

    class Status(models.TextChoices):
        CHECKING = "checking", _("being read")
        CHECKED = "checked", _("waits to be checked")
        BRINGING = "bringing", _("being brought in")
        DONE = "done", _("brought in")
        UNREADABLE = "unreadable", _("could not be read")
        CANCELLED = "cancelled", _("cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=150)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.CHECKING)
    # What a person said about the file (`register.reading.Choices`); empty: our guesses.
    choices = models.JSONField(default=dict)
    # How it is read now, for the page: letters, separator, dates, columns with their evidence.
    how = models.JSONField(default=dict)
    # Why the whole file is refused: a code, and the line.
    fault = models.CharField(max_length=40, blank=True)
    fault_line = models.PositiveIntegerField(default=0)
    row_count = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    # What came of it so far: {"patients_created": n, ...}.
    counts = models.JSONField(default=dict)
    sent_at = models.DateTimeField()
    # None: sent by a command.
    sent_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    brought_at = models.DateTimeField(null=True)
    brought_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    finished_at = models.DateTimeField(null=True)
    # The worker's last sign of life while it is being read or brought in.
    beat_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic"], condition=Q(status="bringing"), name="interop_import_one_at_a_time_per_clinic"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "-sent_at"], name="interop_import_newest"),
            models.Index(fields=["clinic", "sha256"], name="interop_import_same_file"),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    def waiting(self) -> Self:
        """Those that a person has to decide about."""
        return self.filter(state=ImportRow.State.LOOK)

    def ready(self) -> Self:
        return self.filter(state=ImportRow.State.READY)


class ImportRow(models.Model):
    """One row of a register: its cells, what is doubtful, what a person decided, what came of it."""

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        LOOK = "look", _("Needs a look")
        REFUSED = "refused", _("Cannot be used")
        BROUGHT = "brought", _("Brought in")

    class Result(models.TextChoices):
        CREATED = "created", _("new patient")
        UPDATED = "updated", _("updated")
        UNCHANGED = "unchanged", _("already here, unchanged")

    # Named in addresses instead of a key.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    state = models.CharField(max_length=8, choices=State)
    # The first problem that decides the state, for counting and filtering: "stage_system_missing".
    reason = models.CharField(max_length=40, blank=True)
    # [{"code", "severity", "field", "said", "choices", "about"}]
    problems = models.JSONField(default=list)
    # What was understood, in short, for the page.
    understood = models.JSONField(default=dict)
    # {"code:field": choice}, with who and when.
    decisions = models.JSONField(default=dict)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # The row's content and how it was read, hashed: the same row is never brought in twice.
    digest = models.CharField(max_length=32)
    result = models.CharField(max_length=9, choices=Result, blank=True)
    patient = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="import_rows")

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["of", "number"], name="interop_importrow_number_once"),
            paired("decided_by", "decided_at", name="interop_importrow_decided_by_and_at"),
            models.CheckConstraint(
                condition=Q(state="brought") & ~Q(result="") | ~Q(state="brought") & Q(result=""),
                name="interop_importrow_brought_has_a_result",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["of", "state", "number"], name="interop_importrow_by_state"),
            models.Index(fields=["of", "state", "reason"], name="interop_importrow_by_reason"),
            models.Index(fields=["clinic", "digest"], condition=Q(state="brought"), name="interop_importrow_brought"),
        ]
