"""What is known: patients, their joints, what was seen, done and reported. Nothing clinical is ever deleted."""

import uuid
from datetime import date
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, User


class Site(models.TextChoices):
    HIP = "hip", _("hip")
    SHOULDER = "shoulder", _("shoulder")
    KNEE = "knee", _("knee")
    ANKLE = "ankle", _("ankle")
    SHAFT = "shaft", _("shaft (bone infarct)")
    JAW = "jaw", _("jaw")


class Side(models.TextChoices):
    RIGHT = "right", _("right")
    LEFT = "left", _("left")
    NONE = "none", _("no side")


class YesNo(models.TextChoices):
    """What was asked or looked for. "Not known" is an answer."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    NOT_KNOWN = "not_known", _("not known")


class Seen(models.TextChoices):
    """What a reader saw on a picture."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    NOT_ASSESSED = "not_assessed", _("not assessed")


def paired(who: str, when: str, *, name: str) -> models.CheckConstraint:
    """Who and when are filled together or not at all."""
    both = Q(**{f"{who}__isnull": False, f"{when}__isnull": False})
    neither = Q(**{f"{who}__isnull": True, f"{when}__isnull": True})
    return models.CheckConstraint(condition=both | neither, name=name)


class Correctable(models.Model):
    """A clinical row: kept for ever, and marked when it turns out to be wrong."""

    entered_at = models.DateTimeField()
    # None: brought in or made by a command.
    entered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    entered_in_error = models.BooleanField(default=False)
    error_reason = models.CharField(max_length=200, blank=True)
    error_marked_at = models.DateTimeField(null=True)
    error_marked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class PatientQuerySet(models.QuerySet["Patient"]):
    def at(self, clinic: Clinic) -> Self:
        """Patients of one clinic: the scope through which staff pages see anybody at all."""
        return self.filter(clinic=clinic)

    def followed(self) -> Self:
        """Those whose surveillance has not ended."""
        return self.filter(ended_on=None)


class Patient(models.Model):
    """A person under follow-up at a clinic, known by MRN."""

    class Sex(models.TextChoices):
        FEMALE = "F", _("female")
        MALE = "M", _("male")
        OTHER = "X", _("other")
        NOT_KNOWN = "U", _("not known")

    class Ending(models.TextChoices):
        DECEASED = "deceased", _("died")
        TRANSFERRED = "transferred", _("transferred")
        MOVED = "moved", _("moved away")
        DECLINED = "declined", _("declined")
        DISCHARGED = "discharged", _("discharged")

    class LogsEvery(models.IntegerChoices):
        DAY = 1, _("every day")
        WEEK = 7, _("every week")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    # Their sign-in, once they have accepted an invitation.
    user = models.OneToOneField(User, null=True, on_delete=models.PROTECT, related_name="patient")
    mrn = models.CharField(_("MRN"), max_length=40)
    # The MRN as compared: upper case, one kind of dash, no white space (`patients.identity.mrn_key`).
    mrn_key = models.CharField(max_length=40)
    # A person with a single name has only a family name.
    family_name = models.CharField(_("family name"), max_length=80)
    given_name = models.CharField(_("given name"), max_length=80, blank=True)
    # The name without case and accents, for finding (`patients.identity.search_key`).
    name_key = models.CharField(max_length=200)
    born = models.DateField(_("date of birth"), null=True)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, default=Sex.NOT_KNOWN)
    phone = models.CharField(_("mobile"), max_length=20, blank=True)  # E.164
    other_phone = models.CharField(_("other phone"), max_length=20, blank=True)  # E.164
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)  # empty: the clinic's
    best_hours = models.CharField(_("best time to call"), max_length=80, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    sms_allowed = models.BooleanField(_("may be texted"), default=True)
    email_allowed = models.BooleanField(_("may be e-mailed"), default=True)
    # The moment the person answered STOP.
    sms_stopped_at = models.DateTimeField(null=True)

    # A person who is expected to log is noticed when they stop. None: nobody counts on it.
    logs_every = models.PositiveSmallIntegerField(_("expected to log"), choices=LogsEvery, null=True)

    # What changes which study may be asked for, with the day it was asked. Empty day: never asked.
    mri_unsafe = models.CharField(_("MRI unsafe"), max_length=9, choices=YesNo, default=YesNo.NOT_KNOWN)
    mri_unsafe_asked_on = models.DateField(null=True)
    pregnant = models.CharField(_("pregnant"), max_length=9, choices=YesNo, default=YesNo.NOT_KNOWN)
    pregnant_asked_on = models.DateField(null=True)
    kidney_disease = models.CharField(_("kidney disease"), max_length=9, choices=YesNo, default=YesNo.NOT_KNOWN)
    kidney_disease_asked_on = models.DateField(null=True)

    ended_on = models.DateField(_("surveillance ended on"), null=True)
    ended_reason = models.CharField(_("reason"), max_length=12, choices=Ending, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # Counts saves, so that a stale form is refused.
    version = models.PositiveIntegerField(default=1)

    objects = PatientQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "mrn_key"], name="patients_patient_mrn_once_per_clinic"),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_reason="") | (Q(ended_on__isnull=False) & ~Q(ended_reason="")),
                name="patients_patient_ending_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(born=None) | Q(born__gte=date(1900, 1, 1)), name="patients_patient_born_since_1900"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "name_key"], name="patients_by_name"),
            models.Index(fields=["clinic", "born"], name="patients_by_birth_date"),
        ]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def zone(self) -> ZoneInfo:
        """Where the person's quiet hours are counted."""
        return ZoneInfo(self.time_zone or self.clinic.time_zone)

    @property
    def constraints(self) -> frozenset[str]:
        """What swaps a study for another: the words of `protocol.md` section 7."""
        names = ("mri_unsafe", "pregnant", "kidney_disease")
        return frozenset(name for name in names if getattr(self, name) == YesNo.YES)


class Joint(models.Model):
    """One joint on one side: never imaged, imaged clear, replaced, or with a lesion (osteonecrosis).

    `state` is what was said when it was recorded; what follows from the record is worked out in planning.
    """

    class State(models.TextChoices):
        NEVER_IMAGED = "never_imaged", _("never imaged")
        CLEAR = "clear", _("imaged clear")
        LESION = "lesion", _("lesion")
        REPLACED = "replaced", _("replaced")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="joints")
    site = models.CharField(_("joint"), max_length=10, choices=Site)
    side = models.CharField(_("side"), max_length=5, choices=Side)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.NEVER_IMAGED)
    since = models.DateField(_("known since"), null=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # Counts saves, so that a stale form is refused.
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "site", "side"], name="patients_joint_once_per_patient"),
            models.CheckConstraint(
                condition=Q(site="jaw", side="none") | (~Q(site="jaw") & ~Q(side="none")),
                name="patients_joint_has_a_side_but_the_jaw",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["entered_at"], name="patients_joint_newest")]

    def __str__(self) -> str:
        return (
            f"{self.get_side_display()} {self.get_site_display()}"
            if self.side != Side.NONE
            else self.get_site_display()
        )


class SymptomStatus(Correctable):
    """Whether a joint hurts, as found on a day."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    joint = models.ForeignKey(Joint, on_delete=models.PROTECT, related_name="symptom_statuses")
    on = models.DateField(_("on"))
    value = models.CharField(_("symptoms"), max_length=9, choices=YesNo)


class SurgeonReview(Correctable):
    """A surgeon looked at this joint and decided."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    joint = models.ForeignKey(Joint, on_delete=models.PROTECT, related_name="surgeon_reviews")
    on = models.DateField(_("on"))
    note = models.TextField(_("decision"), max_length=2000, blank=True)


class Score(Correctable):
    """The total of a questionnaire filled in on a day. Its questions are not kept here: they belong to others."""

    class Instrument(models.TextChoices):
        HOOS_JR = "hoos_jr", _("HOOS JR (interval score, 0 to 100, high is good)")
        OHS = "ohs", _("Oxford Hip Score (0 to 48, high is good)")
        PEG = "peg", _("PEG (0 to 10, high is bad)")

    MOST: ClassVar = {Instrument.HOOS_JR: 100, Instrument.OHS: 48, Instrument.PEG: 10}

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    joint = models.ForeignKey(Joint, on_delete=models.PROTECT, related_name="scores")
    on = models.DateField(_("on"))
    instrument = models.CharField(_("questionnaire"), max_length=8, choices=Instrument)
    value = models.FloatField(_("total"))

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(instrument="hoos_jr", value__gte=0, value__lte=100)
                | Q(instrument="ohs", value__gte=0, value__lte=48)
                | Q(instrument="peg", value__gte=0, value__lte=10),
                name="patients_score_within_its_instrument",
            ),
        ]


class Treatment(Correctable):
    """A procedure, medicine or restriction for one joint. Codes are those of `clinical.treatments`."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    joint = models.ForeignKey(Joint, on_delete=models.PROTECT, related_name="treatments")
    code = models.CharField(_("treatment"), max_length=8)
    on = models.DateField(_("on"))
    # Required of weight-bearing orders and activity limits: an order without an end is forgotten.
    until = models.DateField(_("until"), null=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("on")), name="patients_treatment_ends_after_it_began"
            ),
        ]


class Exposure(Correctable):
    """Something known to go with osteonecrosis: steroid, alcohol, sickle cell, HIV ... with dates and dose."""

    class Kind(models.TextChoices):
        STEROID = "steroid", _("corticosteroids")
        ALCOHOL = "alcohol", _("alcohol")
        TRAUMA = "trauma", _("trauma")
        SICKLE_CELL = "sickle_cell", _("sickle cell disease")
        LUPUS = "lupus", _("lupus")
        GENETIC = "genetic", _("genetic disorder")
        HIV = "hiv", _("HIV")
        LIPIDS = "lipids", _("high blood fats")
        CLOTTING = "clotting", _("clotting disorder")
        SMOKING = "smoking", _("smoking")
        BISPHOSPHONATE = "bisphosphonate", _("bisphosphonate")
        CHEMOTHERAPY = "chemotherapy", _("chemotherapy")
        TRANSPLANT = "transplant", _("transplant")
        DECOMPRESSION = "decompression", _("decompression sickness")
        IDIOPATHIC = "idiopathic", _("no cause found")
        OTHER = "other", _("other")

    # Seen by clinicians only (design 7).
    SENSITIVE: ClassVar = frozenset({Kind.ALCOHOL, Kind.HIV, Kind.GENETIC, Kind.SICKLE_CELL})

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="exposures")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    drug = models.CharField(_("drug"), max_length=80, blank=True)
    dose = models.CharField(_("dose and unit"), max_length=80, blank=True)
    # Of this drug, for rule 18. None: not known; the text beside it is never read for it.
    daily_mg = models.FloatField(_("mg a day"), null=True)
    started_on = models.DateField(_("from"), null=True)
    ended_on = models.DateField(_("until"), null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(started_on=None) | Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="patients_exposure_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(daily_mg=None) | Q(daily_mg__gt=0, daily_mg__lte=5000),
                name="patients_exposure_daily_mg_is_plausible",
            ),
        ]


class Modality(models.TextChoices):
    DX = "DX", _("X-ray")
    CR = "CR", _("X-ray (computed)")
    MR = "MR", _("MRI")
    CT = "CT", _("CT")
    NM = "NM", _("bone scan")
    VISIT = "VISIT", _("visit without a picture")


class View(models.TextChoices):
    AP = "AP", _("AP")
    FROG_LEG = "frog_leg_lateral", _("frog-leg lateral")
    CROSS_TABLE = "cross_table_lateral", _("cross-table lateral")
    AXILLARY = "axillary", _("axillary")
    WEIGHT_BEARING_AP = "weight_bearing_AP", _("weight-bearing AP")
    LATERAL = "lateral", _("lateral")
    MORTISE = "mortise", _("mortise")


class ImagingStudy(Correctable):
    """One examination. It covers joints by site and side, also joints that are not on the record."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="studies")
    made_on = models.DateField(_("made on"))
    modality = models.CharField(_("kind of study"), max_length=5, choices=Modality)
    views = models.JSONField(_("views"), default=list)  # of View; DX and CR only
    covers = models.JSONField(_("covers"), default=list)  # [["hip", "left"], ...]
    accession = models.CharField(_("accession number"), max_length=64, blank=True)
    read_by = models.CharField(_("read by"), max_length=120, blank=True)
    note = models.TextField(_("note"), max_length=5000, blank=True)
    # The moment a clinician had read and staged it: "imaged" is not "reviewed".
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(made_on__gte=date(1900, 1, 1), made_on__lte=date(2199, 12, 31)),
                name="patients_study_made_on_a_plausible_day",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-made_on"], name="patients_study_by_day"),
            models.Index(
                fields=["made_on"],
                condition=Q(reviewed_at=None, entered_in_error=False),
                name="patients_study_not_reviewed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_modality_display()} {self.made_on}"


def _within(field: str, low: float, high: float) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{field: None}) | Q(**{f"{field}__gte": low, f"{field}__lte": high}),
        name=f"patients_finding_{field}_in_range",
    )


class Finding(Correctable):
    """What one study says about one joint. A stage is never bare: system, version and value (`clinical.staging`)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey(ImagingStudy, on_delete=models.PROTECT, related_name="findings")
    joint = models.ForeignKey(Joint, on_delete=models.PROTECT, related_name="findings")
    stage_system = models.CharField(_("stage system"), max_length=12, blank=True)
    stage_version = models.CharField(_("version"), max_length=4, blank=True)
    stage_value = models.CharField(_("stage"), max_length=20, blank=True)
    volume_percent = models.FloatField(_("volume, % of head"), null=True)
    volume_cm3 = models.FloatField(_("volume, cm³"), null=True)
    extent = models.CharField(_("extent"), max_length=1, blank=True)
    kerboul_coronal = models.FloatField(_("Kerboul angle, coronal, degrees"), null=True)
    kerboul_sagittal = models.FloatField(_("Kerboul angle, sagittal, degrees"), null=True)
    jic_type = models.CharField(_("JIC type"), max_length=2, blank=True)
    collapse_mm = models.FloatField(_("depression, mm"), null=True)
    subchondral_fracture = models.CharField(
        _("subchondral fracture"), max_length=12, choices=Seen, default=Seen.NOT_ASSESSED
    )
    oedema = models.CharField(_("bone marrow oedema"), max_length=12, choices=Seen, default=Seen.NOT_ASSESSED)
    effusion = models.CharField(_("effusion"), max_length=12, choices=Seen, default=Seen.NOT_ASSESSED)
    joint_space_narrowed = models.CharField(
        _("joint space narrowed"), max_length=12, choices=Seen, default=Seen.NOT_ASSESSED
    )
    uptake = models.CharField(_("uptake"), max_length=12, choices=Seen, default=Seen.NOT_ASSESSED)
    # A film without calibration shows millimetres too large.
    calibrated = models.CharField(_("film calibrated"), max_length=9, choices=YesNo, default=YesNo.NOT_KNOWN)
    note = models.CharField(_("note"), max_length=500, blank=True)
    # Why a value that looked wrong was kept: {check: reason}.
    confirmed = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            _within("volume_percent", 0, 100),
            _within("volume_cm3", 0, 200),
            _within("kerboul_coronal", 0, 180),
            _within("kerboul_sagittal", 0, 180),
            _within("collapse_mm", 0, 30),
        ]


class PainLog(Correctable):
    """One report by the patient about one joint. Corrections keep both: the old row is marked and points to nothing."""

    class Question(models.TextChoices):
        WORST_24H = "worst_24h", _("worst pain in the last 24 hours")
        AVERAGE_7D = "average_7d", _("average pain in the last 7 days")

    class Aid(models.IntegerChoices):
        NONE = 0, _("no aid")
        ONE_STICK = 1, _("one stick or crutch")
        TWO_STICKS = 2, _("two sticks or crutches, or a frame")
        WHEELCHAIR = 3, _("wheelchair")

    class Distance(models.IntegerChoices):
        UNLIMITED = 0, _("as far as I like")
        KILOMETRE = 1, _("about a kilometre")
        HUNDRED_METRES = 2, _("about 100 metres")
        HOUSE = 3, _("only in the house")
        NOT = 4, _("not at all")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    joint = models.ForeignKey(Joint, on_delete=models.PROTECT, related_name="pain_logs")
    # Made by the phone: the same report sent twice is stored once.
    client_id = models.UUIDField(unique=True)
    # What was sent, hashed: the same client id with another body is refused.
    body_hash = models.CharField(max_length=64, blank=True)
    felt_at = models.DateTimeField(_("when"))
    nrs = models.PositiveSmallIntegerField(_("pain, 0 to 10"))
    question = models.CharField(max_length=10, choices=Question, default=Question.WORST_24H)
    on_weight = models.BooleanField(_("when I put weight on it"), default=False)
    at_rest = models.BooleanField(_("at rest"), default=False)
    at_night = models.BooleanField(_("at night"), default=False)
    locking = models.BooleanField(_("it locks, catches or gives way"), default=False)
    aid = models.PositiveSmallIntegerField(_("walking aid"), choices=Aid, null=True)
    distance = models.PositiveSmallIntegerField(_("how far I can walk"), choices=Distance, null=True)
    painkiller = models.BooleanField(_("I took a painkiller"), null=True)
    # The red boxes of `clinical.md` 5.3.
    cannot_bear_weight = models.BooleanField(_("I cannot put weight on the leg"), default=False)
    injury = models.BooleanField(_("I fell or hurt it"), default=False)
    fever = models.BooleanField(_("Fever, or I feel very unwell"), default=False)
    clot = models.BooleanField(_("Swollen calf or thigh, chest pain, or short of breath"), default=False)
    wound = models.BooleanField(_("The wound leaks, opens or gets red"), default=False)
    # Asked only of people with a bisphosphonate on record (rule 19).
    thigh_pain = models.BooleanField(_("A new ache in the thigh or groin"), default=False)
    jaw = models.BooleanField(_("Jaw pain, bare bone in the mouth, or a tooth is to be pulled"), default=False)
    wants_review = models.BooleanField(_("I want someone to look at this before my visit"), default=False)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    # Staff took it by phone; otherwise the patient wrote it.
    by_phone = models.BooleanField(default=False)
    # Set when the rules have judged it. The sweep finds a log that never was.
    judged_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(nrs__gte=0, nrs__lte=10), name="patients_painlog_nrs_0_to_10"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["joint", "-felt_at"], name="patients_painlog_diary"),
            models.Index(fields=["entered_at"], condition=Q(judged_at=None), name="patients_painlog_not_judged"),
        ]


class Invitation(models.Model):
    """A patient's way in: one link, used once, sent or handed over by staff. Only its hash is kept."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
