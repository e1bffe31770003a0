"""What happens over time: what the protocol asks for, who was told, who answered, what looked worse, and the proof."""

import uuid
from datetime import date, datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, User
from patients.models import ImagingStudy, Joint, PainLog, Patient, paired


class ProtocolVersion(models.Model):
    """A clinic's protocol: versioned data, read by `clinical.protocol`. The newest activated one is in force."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="protocols")
    number = models.PositiveIntegerField()
    data = models.JSONField()
    activated_at = models.DateTimeField(null=True)
    activated_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "number"], name="followups_protocol_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.clinic} {self.number}"


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def at(self, clinic: Clinic) -> Self:
        return self.filter(clinic=clinic)

    def activated(self) -> Self:
        return self.filter(activated_at__isnull=False)

    def drafts(self) -> Self:
        return self.filter(activated_at=None)


class PolicyVersion(models.Model):
    """A clinic's thresholds of the worsening rules: versioned data, read by `clinical.worsening`.

    The newest activated one is in force; the one that never was is the draft. Number 1, the default, needs no row.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="policies")
    number = models.PositiveIntegerField()
    data = models.JSONField()  # every threshold and the number, as `clinical.worsening.to_json` gives them
    note = models.CharField(max_length=500, blank=True)  # why
    # What one flag costs the clinic: an assumption, for reading a run; no rule knows it.
    minutes_per_flag = models.PositiveSmallIntegerField(default=10)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(null=True)
    activated_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)  # of the draft: grows with each change

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "number"], name="followups_policy_number_once"),
            models.UniqueConstraint(
                fields=["clinic"], condition=Q(activated_at=None), name="followups_policy_one_draft_per_clinic"
            ),
            paired("activated_by", "activated_at", name="followups_policy_activated_by_and_at"),
            models.CheckConstraint(
                condition=Q(activated_by=None) | ~Q(activated_by=F("written_by")),
                name="followups_policy_activated_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clinic} {self.number}"


class PolicyRunQuerySet(models.QuerySet["PolicyRun"]):
    def at(self, clinic: Clinic) -> Self:
        return self.filter(clinic=clinic)

    def working(self) -> Self:
        return self.filter(finished_at=None)

    def abandoned(self, *, before: datetime) -> Self:
        """Not finished, but nobody has worked on it since `before`: the worker died, or never began."""
        return self.working().filter(Q(beat_at=None) | Q(beat_at__lt=before))

    def claim(self, *, now: datetime, before: datetime) -> bool:
        """Take the one run in this queryset; False if another worker has it."""
        return self.abandoned(before=before).update(beat_at=now) == 1


class PolicyRun(models.Model):
    """One trial of a draft on the clinic's own last year, beside the policy that is in force. Changes no record."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="runs")
    # Both as they were when it was asked for: a later change of either makes it stale.
    draft = models.JSONField()
    in_force = models.JSONField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    joints = models.PositiveIntegerField(null=True)  # None: not counted yet
    joints_done = models.PositiveIntegerField(default=0)
    joints_failed = models.PositiveIntegerField(default=0)
    last_joint = models.BigIntegerField(default=0)  # where the next worker goes on
    result = models.JSONField(default=dict)  # `followups.rule_lab.Tally`
    beat_at = models.DateTimeField(null=True)  # the worker's last sign of life
    finished_at = models.DateTimeField(null=True)

    objects = PolicyRunQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic"], condition=Q(finished_at=None), name="followups_policyrun_one_at_a_time_per_clinic"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["policy", "-asked_at"], name="followups_policyrun_newest")]


class PatientPlan(models.Model):
    """The stored plan of one person, as a whole: when it was worked out and until when it stands."""

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="plan")
    protocol = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    planned_on = models.DateField()  # the day it was worked out for
    planned_at = models.DateTimeField()
    # The first later day on which the answer could differ though nothing is recorded; the sweep plans anew then.
    replan_on = models.DateField(null=True)
    # [{"code", "site", "side", "target"}], as `clinical.protocol` gives them.
    prompts = models.JSONField(default=list)
    # When it is time to see whether somebody who is expected to log still does. None: nobody is.
    diary_look_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["diary_look_at"],
                condition=Q(diary_look_at__isnull=False),
                name="followups_plan_look_at_diary",
            ),
            models.Index(fields=["replan_on"], name="followups_plan_to_renew"),
            models.Index(fields=["planned_at"], name="followups_plan_newest"),
        ]


class JointPlanQuerySet(models.QuerySet["JointPlan"]):
    def to_judge(self, *, now: datetime) -> Self:
        """Joints whose record has changed since the rules looked at it, or says more by now."""
        return self.filter(judge_record_at__lte=now)


class JointPlan(models.Model):
    """The stored plan of one joint: what follows from the record, and when which study is due."""

    joint = models.OneToOneField(Joint, on_delete=models.PROTECT, related_name="plan")
    state = models.CharField(max_length=12, choices=Joint.State)
    group = models.CharField(max_length=12, blank=True)  # empty: none
    row = models.CharField(max_length=20, blank=True)  # empty: none
    row_since = models.DateField(null=True)
    start = models.DateField(null=True)
    # [{"study", "target", "opens", "closes", "latest_safe", "instead_of"?, "because"?}], by target.
    clocks = models.JSONField(default=list)
    conflicts = models.JSONField(default=list)  # [{"code", "params"}]
    reasons = models.JSONField(default=list)  # [{"code", "params"}]
    ended_on = models.DateField(null=True)
    ended_reason = models.CharField(max_length=12, blank=True)
    # Something was recorded that may open a flag without an entry: when the rules look at it.
    judge_record_at = models.DateTimeField(null=True)

    objects = JointPlanQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["judge_record_at"],
                condition=Q(judge_record_at__isnull=False),
                name="followups_jointplan_to_judge",
            ),
        ]


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def at(self, clinic: Clinic) -> Self:
        return self.filter(clinic=clinic)

    def live(self) -> Self:
        return self.filter(status=FollowUp.Status.LIVE)

    def overdue(self, *, today: date) -> Self:
        """Live, and the window has closed."""
        return self.live().filter(closes_on__lt=today)

    def due(self, *, today: date) -> Self:
        """Live, and the window is open today."""
        return self.live().filter(opens_on__lte=today, closes_on__gte=today)


class FollowUp(models.Model):
    """What the protocol asks for, for one lesion or implant: one or more studies in one window.

    Its state on a day (planned, open, due, overdue, breach) follows from its dates and is never stored.
    """

    class Status(models.TextChoices):
        LIVE = "live", _("live")
        COMPLETED = "completed", _("completed")  # a study answered it
        REPLACED = "replaced", _("replaced")  # the record changed, and so did the plan
        ENDED = "ended", _("ended")  # the joint or the person left surveillance

    class Timing(models.TextChoices):
        EARLY = "early", _("early")
        ON_TIME = "on_time", _("on time")
        LATE = "late", _("late")

    class Barrier(models.TextChoices):
        PRIOR_AUTHORISATION = "authorisation", _("prior authorisation missing")
        TRANSPORT = "transport", _("no transport")
        INTERPRETER = "interpreter", _("interpreter needed")
        COST = "cost", _("cost")
        ILLNESS = "illness", _("ill or in hospital")
        CLAUSTROPHOBIA = "claustrophobia", _("afraid of the scanner")
        OTHER = "other", _("other")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="follow_ups")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="follow_ups")
    joint = models.ForeignKey(Joint, on_delete=models.PROTECT, related_name="follow_ups")
    protocol = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.LIVE)
    studies = models.JSONField()  # ["XR", "MR"], in the words of protocol.md section 7
    target_on = models.DateField()
    opens_on = models.DateField()
    closes_on = models.DateField()
    latest_safe_on = models.DateField()
    # The newest day on which one of its studies had been made when it was opened: only a later one answers it.
    counts_from = models.DateField(null=True)
    row = models.CharField(max_length=20)
    group = models.CharField(max_length=12)
    # Order of danger on the worklist: 0 collapsed, 1 large, 2 not sized, 3 medium, 4 small, 5 implant.
    group_rank = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)  # [{"code", "params"}]: why this date
    # What is different from the follow-up before: {"because": ..., "was": {...}, "is": {...}}; empty for the first.
    change = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    completed_by = models.ManyToManyField(ImagingStudy, related_name="completes")
    timing = models.CharField(max_length=7, choices=Timing, blank=True)
    # Whose work it is. None: the coordinators', until somebody takes it.
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    # Where reaching the patient stands; each contact result sets some of these and clears the others.
    next_contact_on = models.DateField(null=True)  # not before this day
    next_contact_note = models.CharField(max_length=80, blank=True)  # "after 16:00"
    no_answer_count = models.PositiveSmallIntegerField(default=0)
    promised_on = models.DateField(null=True)  # the patient named this day
    claimed_done_at = models.DateTimeField(null=True)  # the patient says it was done elsewhere
    barrier = models.CharField(max_length=16, choices=Barrier, blank=True)
    snoozed_until = models.DateField(null=True)
    snooze_reason = models.CharField(max_length=120, blank=True)
    # A clinician wants pictures earlier than the protocol does: which, by when, and until when this stands. The window
    # above stays what the protocol says; `followups.overriding` ends this when they are made or the time has run out.
    brought_forward_to = models.DateField(null=True)
    brought_forward_studies = models.JSONField(default=list)  # ["MR"], in the words of protocol.md section 7
    brought_forward_until = models.DateField(null=True)
    brought_forward_at = models.DateTimeField(null=True)
    brought_forward_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # Waits for this role's decision: clinician ("does not want it", three calls without answer) or lead.
    escalated_to = models.CharField(max_length=12, blank=True)
    # A message could not be delivered, or there is no channel at all.
    contact_failed_at = models.DateTimeField(null=True)
    contact_failure = models.CharField(max_length=40, blank=True)
    # Brought in already late: no message leaves until a person releases it.
    held_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["joint"], condition=Q(status="live"), name="followups_followup_one_live_per_joint"
            ),
            models.CheckConstraint(
                condition=Q(
                    opens_on__lte=F("target_on"), target_on__lte=F("closes_on"), closes_on__lte=F("latest_safe_on")
                ),
                name="followups_followup_window_in_order",
            ),
            models.CheckConstraint(
                condition=Q(status="live", ended_at=None) | (~Q(status="live") & Q(ended_at__isnull=False)),
                name="followups_followup_ended_has_ended_at",
            ),
            models.CheckConstraint(
                condition=Q(brought_forward_to=None, brought_forward_until=None, brought_forward_by=None)
                | Q(
                    brought_forward_to__isnull=False,
                    brought_forward_by__isnull=False,
                    brought_forward_until__gte=F("brought_forward_to"),
                ),
                name="followups_followup_override_has_owner_and_expiry",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "group_rank", "closes_on"],
                condition=Q(status="live"),
                name="followups_live_by_danger",
            ),
            models.Index(fields=["clinic", "closes_on"], condition=Q(status="live"), name="followups_live_by_close"),
            models.Index(
                fields=["clinic", "group_rank", "closes_on"],
                condition=Q(status="live", held_at__isnull=False),
                name="followups_live_held",
            ),
            models.Index(
                fields=["clinic", "brought_forward_to"],
                condition=Q(status="live", brought_forward_to__isnull=False),
                name="followups_live_brought_forward",
            ),
            # One for each section of the worklist that few rows are in.
            models.Index(
                fields=["clinic", "promised_on"],
                condition=Q(status="live", promised_on__isnull=False),
                name="followups_live_promised",
            ),
            models.Index(
                fields=["clinic", "group_rank", "closes_on"],
                condition=Q(status="live", contact_failed_at__isnull=False),
                name="followups_live_failed",
            ),
            models.Index(
                fields=["clinic", "group_rank", "closes_on"],
                condition=Q(status="live") & (Q(snoozed_until__isnull=False) | Q(next_contact_on__isnull=False)),
                name="followups_live_put_off",
            ),
            models.Index(
                fields=["snoozed_until"],
                condition=Q(status="live", snoozed_until__isnull=False),
                name="followups_live_snoozed",
            ),
            models.Index(
                fields=["brought_forward_until"],
                condition=Q(status="live", brought_forward_until__isnull=False),
                name="followups_live_override_ends",
            ),
            models.Index(fields=["patient", "status"], name="followups_by_patient"),
            models.Index(fields=["clinic", "target_on"], name="followups_by_target"),
        ]


class Outgoing(models.Model):
    """A message on its way: sent once, or visibly not sent. What it says and to whom is its kind's."""

    class Channel(models.TextChoices):
        SMS = "sms", _("text message")
        EMAIL = "email", _("e-mail")

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        SKIPPED = "skipped", _("not needed")

    WAITING: ClassVar = Q(status__in=["queued", "sending"])

    channel = models.CharField(max_length=5, choices=Channel)
    # The first moment it may leave; moves on when the other side could not take it.
    due_at = models.DateTimeField()
    status = models.CharField(max_length=7, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # Why it was skipped, failed or waits: a code, never an address or a text.
    outcome = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at=None)),
                name="%(app_label)s_%(class)s_sent_has_sent_at",
            )
        ]


class Reminder(Outgoing):
    """One message about one follow-up: one step, one channel."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, related_name="reminders")
    step = models.CharField(max_length=16)  # "before_28", "before_7", "before_1", "due", "after_1"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["follow_up", "step", "channel"], name="followups_reminder_once_per_step"),
            *Outgoing.Meta.constraints,
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Outgoing.WAITING, name="followups_reminder_due"),
            # The same of one clinic: among its messages of years the few that wait are looked for by this.
            models.Index(fields=["clinic", "due_at"], condition=Outgoing.WAITING, name="followups_reminder_waiting"),
            models.Index(fields=["clinic", "-due_at"], name="followups_reminder_by_clinic"),
            models.Index(fields=["clinic", "-due_at"], condition=Q(status="failed"), name="followups_reminder_failed"),
        ]

    @property
    def key(self) -> str:
        """Travels with the message, so that a receiver can tell a second copy."""
        return f"{self.follow_up.public_id}.{self.step}.{self.channel}"


class DiaryAsk(Outgoing):
    """An expected logger went quiet and is asked once, gently; what is not answered becomes a person's work.

    Without a channel no message can reach them.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="diary_asks")
    last_entry_at = models.DateTimeField()  # the entry after which there was nothing: what makes it one silence
    # Without an entry by then it is a person's work. None: the message has not left yet.
    answer_by = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # answered, or handed over

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "last_entry_at"], name="followups_diaryask_once_per_silence"),
            *Outgoing.Meta.constraints,
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Outgoing.WAITING, name="followups_diaryask_to_send"),
            models.Index(
                fields=["answer_by"],
                condition=Q(answer_by__isnull=False, ended_at=None),
                name="followups_diaryask_to_answer",
            ),
        ]

    @property
    def key(self) -> str:
        """Travels with the message, so that a receiver can tell a second copy."""
        return f"{self.public_id}.{self.channel}"


class OutboxMessage(models.Model):
    """Where messages land when no mail server or gateway is set: the demo's post."""

    clinic = models.ForeignKey(Clinic, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    channel = models.CharField(max_length=5, choices=Outgoing.Channel)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    key = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["clinic", "-at"], name="followups_outbox_by_clinic")]


class Contact(models.Model):
    """One attempt by staff to reach the patient, with its result and the date it forced."""

    class Result(models.TextChoices):
        DATE_AGREED = "date_agreed", _("Date agreed")
        NO_ANSWER = "no_answer", _("No answer")
        CALL_LATER = "call_later", _("Call later")
        NEEDS_HELP = "needs_help", _("Needs help")
        ALREADY_DONE = "already_done", _("Already done")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        DECLINED = "declined", _("Does not want it")
        PATIENT_PROMISED = "patient_promised", _("Patient named a day")
        PATIENT_CANNOT = "patient_cannot", _("Patient cannot come")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contacts")
    # One call may be about both hips.
    follow_ups = models.ManyToManyField(FollowUp, related_name="contacts")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    result = models.CharField(max_length=16, choices=Result)
    next_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    # What the follow-ups held before, so that Undo puts it back.
    before = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [paired("undone_by", "undone_at", name="followups_contact_undone_by_and_at")]
        indexes: ClassVar = [models.Index(fields=["patient", "-at"], name="followups_contact_by_patient")]


class FlagQuerySet(models.QuerySet["Flag"]):
    def at(self, clinic: Clinic) -> Self:
        return self.filter(clinic=clinic)

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def past_clock(self, *, now: datetime) -> Self:
        return self.open().filter(due_at__lt=now)

    def to_escalate(self, *, now: datetime) -> Self:
        """Past their clock, or not taken by anybody for too long; the lead does not know yet."""
        return self.open().filter(Q(due_at__lt=now) | Q(escalates_at__lte=now), escalated_at=None)

    def tally(self, *, now: datetime) -> dict[str, int]:
        """How many are open, how many of them red, and how many past their clock; all of them counted."""
        past = Q(due_at__lt=now)
        red = Q(severity=Flag.Severity.RED)
        return self.open().aggregate(open=Count("pk"), red=Count("pk", filter=red), past=Count("pk", filter=past))

    def to_tell(self) -> Self:
        """Not urgent, and in no digest yet."""
        return self.open().filter(told_at=None).exclude(severity=Flag.Severity.RED)


class Flag(models.Model):
    """An opinion of a rule with its evidence. Has an owner and a clock; closes only with an outcome and a next step."""

    class Severity(models.TextChoices):
        RED = "red", _("Red")
        AMBER = "amber", _("Amber")
        YELLOW = "yellow", _("Yellow")

    class Outcome(models.TextChoices):
        IMAGING = "imaging", _("imaging asked for")
        TREATMENT = "treatment", _("treatment changed")
        CONTACTED = "contacted", _("spoken to, advised")
        REFERRED = "referred", _("referred")
        NO_CHANGE = "no_change", _("no change")
        OTHER_CAUSE = "other_cause", _("another cause")
        EXPECTED = "expected", _("expected for a while")
        RULE_WRONG = "rule_wrong", _("disagree with the rule")

    # Closed like this, a flag led to nothing; closed otherwise, it was acted on.
    NOT_ACTED = frozenset({Outcome.NO_CHANGE, Outcome.RULE_WRONG})

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="flags")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="flags")
    joint = models.ForeignKey(Joint, on_delete=models.PROTECT, related_name="flags")
    severity = models.CharField(max_length=6, choices=Severity)
    severity_rank = models.PositiveSmallIntegerField()  # 0 red, 1 amber, 2 yellow
    rule = models.PositiveSmallIntegerField()  # the number of clinical.md 5.4
    kind = models.CharField(max_length=10, default="worsening")  # worsening, level, silence
    policy_version = models.PositiveIntegerField(default=1)
    # {"code", "params"} of the sentence, and the figures and entries behind it.
    sentence = models.JSONField()
    evidence = models.JSONField(default=dict)
    # Every rule that has spoken on this joint while the flag was open: [{"rule", "severity", "at", "sentence"}].
    hits = models.JSONField(default=list)
    logs = models.ManyToManyField(PainLog, related_name="flags")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()  # the end of its clock, in the clinic's opening days
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    # When the lead is told though the clock still runs, because nobody has taken it. None: not before its end.
    escalates_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # staff were told by message
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    next_step = models.CharField(max_length=200, blank=True)
    note = models.TextField(max_length=2000, blank=True)
    # What the reviewer said about the usual level: rebaseline, keep, snooze (`clinical.worsening.Outcome`).
    usual_after = models.CharField(max_length=10, blank=True)
    snoozed_to = models.DateTimeField(null=True)
    snoozed_level = models.PositiveSmallIntegerField(null=True)  # the pain that is expected until then
    version = models.PositiveIntegerField(default=1)

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["joint"], condition=Q(closed_at=None), name="followups_flag_one_open_per_joint"
            ),
            paired("owner", "claimed_at", name="followups_flag_owner_and_claimed_at"),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, outcome="", next_step="")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(outcome="") & ~Q(next_step="")),
                name="followups_flag_closes_with_outcome_and_next_step",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "severity_rank", "due_at"], condition=Q(closed_at=None), name="followups_flag_queue"
            ),
            models.Index(fields=["patient", "-opened_at"], name="followups_flag_by_patient"),
            models.Index(fields=["clinic", "closed_at"], name="followups_flag_by_closing"),
        ]


class DiaryMemory(models.Model):
    """What judging has learnt from one joint's diary (`clinical.worsening.memory`), so that the next log need not have
    it read again. Only a shorter way: it can always be thrown away, and is when the record or the plan changes."""

    joint = models.OneToOneField(Joint, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField()


class FlagEvent(models.Model):
    """What happened to a flag: opened, hit again, claimed, handed over, contacted, escalated, closed."""

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=16)
    note = models.CharField(max_length=500, blank=True)
    # What the follow-up held before imaging was brought forward, so that Undo puts it back.
    before = models.JSONField(default=dict)


class StaffMessage(Outgoing):
    """One neutral message to one member of staff: an urgent flag, an escalation, the day's digest."""

    # What makes it one message: "<flag>.red.<user>", "<flag>.late.<user>", "digest.<user>.<day>"; of a text ".sms".
    key = models.CharField(max_length=100, unique=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    flag = models.ForeignKey(Flag, null=True, on_delete=models.PROTECT, related_name="messages")
    to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [*Outgoing.Meta.constraints]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Outgoing.WAITING, name="followups_staffmessage_due"),
            models.Index(fields=["clinic", "-made_at"], name="followups_staffmessage_newest"),
            models.Index(
                fields=["clinic", "-made_at"], condition=Q(status="failed"), name="followups_staffmessage_failed"
            ),
        ]


class Heartbeat(models.Model):
    """The last sign of life of each machine: scheduler, worker, delivery, judging."""

    machine = models.CharField(max_length=16, unique=True)
    at = models.DateTimeField()


class Sweep(models.Model):
    """One tick and its balance: candidates = done + skipped + failed."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    candidates = models.PositiveIntegerField()
    done = models.PositiveIntegerField()
    skipped = models.JSONField(default=dict)  # {reason: n}
    failed = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-started_at"], name="followups_sweep_newest")]


class Proof(models.Model):
    """One run of the nobody-lost proof for one clinic, and what it found."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="proofs")
    at = models.DateTimeField()
    holds = models.BooleanField()
    checked = models.JSONField()  # {what: n}
    offenders = models.JSONField(default=list)  # [{"what", "public_id", "why"}]
    milliseconds = models.PositiveIntegerField()
    figures = models.JSONField(default=dict)  # `followups.figures.counted`, kept with its time

    class Meta:
        indexes: ClassVar = [models.Index(fields=["clinic", "-at"], name="followups_proof_newest")]

    @property
    def kept(self) -> int:
        """Lesions and implants accounted for: with one live follow-up, or with a signed end."""
        lost = sum(offender["what"] in ("lesion", "two_follow_ups") for offender in self.offenders)
        return int(self.checked["lesions"]) - lost
