"""What the record says of a joint besides its diary, as the worsening rules take it.

A fact counts from the moment at which the clinic first knew what it says now: a corrected note does not make an image
news, a corrected stage does.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from clinical import staging, steroids, worsening
from clinical.history import Stage
from clinical.treatments import OPERATIONS, REPLACEMENTS
from clinical.worsening import Bisphosphonate, Image, SteroidCourse
from patients.models import Exposure, Finding, Joint, Patient, Score, Seen, Treatment

Row = Mapping[str, Any]

# What rule 17 reads of a finding.
READ = (
    "stage_system",
    "stage_version",
    "stage_value",
    "collapse_mm",
    "volume_percent",
    "subchondral_fracture",
    "oedema",
    "effusion",
)
OF_STUDY = ("study__made_on", "study__entered_at", "study__reviewed_at")
# Longer ago than this, neither an operation nor a drug that has ended counts for an infection (rule 3).
RISK_FOR = timedelta(days=90)
RISKY = (Exposure.Kind.STEROID, Exposure.Kind.CHEMOTHERAPY, Exposure.Kind.TRANSPLANT)
SENSITIVE_RISKS = (Exposure.Kind.SICKLE_CELL, Exposure.Kind.HIV)
SEEN = {Seen.YES.value: True, Seen.NO.value: False}


def images(joint: Joint) -> tuple[Image, ...]:
    """What reviewed studies say of this joint, in one query."""
    said = Finding.objects.filter(joint=joint, study__entered_in_error=False, study__reviewed_at__isnull=False)
    of_study: defaultdict[int, list[Row]] = defaultdict(list)
    for row in said.order_by("pk").values("study_id", "entered_in_error", "entered_at", *OF_STUDY, *READ):
        of_study[row["study_id"]].append(row)
    return tuple(_image(rows) for rows in of_study.values() if not rows[-1]["entered_in_error"])


def _image(rows: Sequence[Row]) -> Image:
    """The last of a study's rows says what it says now; those before it were corrected."""
    row = rows[-1]
    stage = Stage(row["stage_value"], row["stage_system"] or None, row["stage_version"] or None)
    place = staging.place(stage)
    return Image(
        at=_midnight(row["study__made_on"]),
        subchondral_fracture=SEEN.get(row["subchondral_fracture"]),
        stage=None if place is None else (f"{stage.system} {stage.version or ''}".strip(), place),
        depression_mm=row["collapse_mm"],
        oedema=SEEN.get(row["oedema"]),
        effusion=SEEN.get(row["effusion"]),
        volume_percent=row["volume_percent"],
        entered_at=row["study__entered_at"],
        known_at=max(row["study__reviewed_at"], first_said(rows, READ)),
    )


def first_said(rows: Sequence[Row], names: Iterable[str]) -> datetime:
    """Since when the newest row's words have stood, corrections that did not touch them left out."""
    newest = rows[-1]
    said_at: datetime = newest["entered_at"]
    for row in reversed(rows):
        if any(row[name] != newest[name] for name in names):
            break
        said_at = min(said_at, row["entered_at"])
    return said_at


def infection_risks(
    exposures: Iterable[Exposure], treatments: Iterable[Treatment], states: Collection[str], *, today: date
) -> tuple[str, ...]:
    """What makes fever with a painful joint more of a concern: codes for rule 3, of all joints of the person.

    Sensitive exposures are left out, for a flag is kept and read by coordinators too: `sensitive_risks` has them.
    """
    kinds = {e.kind for e in exposures if not e.entered_in_error and (e.ended_on or today) >= today - RISK_FOR}
    codes = [kind.value for kind in RISKY if kind in kinds]
    done = [t for t in treatments if t.code in OPERATIONS or t.code in REPLACEMENTS]
    if any(today - RISK_FOR <= t.on <= today for t in done):
        codes.append("operation")
    if Joint.State.REPLACED in states or any(t.code in REPLACEMENTS for t in done):
        codes.append("prosthesis")
    return tuple(codes)


def sensitive_risks(patient_id: int) -> list[str]:
    """For clinicians only."""
    rows = Exposure.objects.filter(patient=patient_id, entered_in_error=False, kind__in=SENSITIVE_RISKS)
    return sorted(set(rows.values_list("kind", flat=True)))


def steroid_courses(exposures: Iterable[Exposure], *, today: date) -> tuple[SteroidCourse, ...]:
    """Courses whose first day is known, as prednisolone. Rows in error tell when one was first said."""
    first_said_at: dict[object, datetime] = {}
    courses: dict[object, steroids.Course] = {}
    for row in exposures:
        if row.kind != Exposure.Kind.STEROID or row.started_on is None:
            continue
        mg = None if row.daily_mg is None else steroids.as_prednisolone(row.drug, row.daily_mg)
        key = (row.started_on, mg)
        first_said_at[key] = min(row.entered_at, first_said_at.get(key, row.entered_at))
        if not row.entered_in_error:
            courses[key] = steroids.Course(row.started_on, row.ended_on, mg)
    return tuple(
        SteroidCourse(
            at=_midnight(course.started_on),
            mg_per_day=course.mg_per_day,
            total_g=steroids.total_g(course, [c for c in courses.values() if c is not course], today=today),
            counted_to=_midnight(steroids.last_day(course, today=today)),
            entered_at=first_said_at[key],
        )
        for key, course in courses.items()
    )


def stands_for_all(joints: Sequence[Row]) -> int | None:
    """The joint at which something is told that concerns the whole person: the first diseased one, else the first."""
    diseased = [row["pk"] for row in joints if row["state"] in (Joint.State.LESION, Joint.State.REPLACED)]
    return min(diseased or [row["pk"] for row in joints], default=None)


def scores(joint: Joint) -> tuple[worsening.Score, ...]:
    """Totals of questionnaires. Rows in error tell when one was first said."""
    first_said_at: dict[object, datetime] = {}
    live: set[tuple[date, str, float]] = set()
    rows = Score.objects.filter(joint=joint).order_by("pk")
    for row in rows.values_list("on", "instrument", "value", "entered_at", "entered_in_error"):
        key, entered_at, in_error = row[:3], row[3], row[4]
        first_said_at[key] = min(entered_at, first_said_at.get(key, entered_at))
        if not in_error:
            live.add(key)
    return tuple(
        worsening.Score(instrument, value, _midnight(on), entered_at=first_said_at[on, instrument, value])
        for on, instrument, value in sorted(live)
    )


def bisphosphonates(exposures: Iterable[Exposure]) -> tuple[Bisphosphonate, ...]:
    """Such drugs on record. One whose first day is not known was always there: they stay in the bone for years."""
    rows = [e for e in exposures if e.kind == Exposure.Kind.BISPHOSPHONATE and not e.entered_in_error]
    drugs = [Bisphosphonate(e.drug, e.started_on or date.min, e.ended_on) for e in rows]
    return tuple(sorted(drugs, key=lambda drug: drug.from_on))


def on_bisphosphonate(patient: Patient, *, today: date) -> bool:
    """Whether thigh and jaw are asked about: such a drug was begun by today, however long ago it ended."""
    begun = Q(started_on=None) | Q(started_on__lte=today)
    rows = Exposure.objects.filter(begun, patient=patient, kind=Exposure.Kind.BISPHOSPHONATE, entered_in_error=False)
    return rows.exists()


def _midnight(on: date) -> datetime:
    """A day as a moment; only its day is ever shown."""
    return datetime.combine(on, time.min, tzinfo=UTC)
