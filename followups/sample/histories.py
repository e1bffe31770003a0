"""Made-up clinical lives, led forward by the protocol itself: each image is made when the plan asked for it, roughly.

Nothing here is evidence about real people. It only has to reach every state a page can show.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from clinical import protocol as medicine
from clinical.history import (
    Constraint,
    Ending,
    EndReason,
    Finding,
    Joint,
    JointState,
    Modality,
    Person,
    Stage,
    Study,
    SurgeonReview,
    Symptoms,
    SymptomStatus,
    Tick,
    Treatment,
)
from clinical.sites import JointKey, Side, Site, View

VIEWS = {
    Site.HIP: frozenset({View.AP, View.FROG_LEG_LATERAL}),
    Site.SHOULDER: frozenset({View.AP, View.AXILLARY}),
    Site.KNEE: frozenset({View.WEIGHT_BEARING_AP, View.LATERAL}),
    Site.ANKLE: frozenset({View.AP, View.MORTISE, View.LATERAL}),
}
KINDS = (
    ("small", 24), ("medium", 22), ("large", 16), ("not_sized", 8), ("collapsed_early", 8), ("collapsed_late", 7),
    ("after_decompression", 8), ("after_graft", 4), ("after_osteotomy", 3), ("implant", 8),
)  # fmt: skip
OPERATIONS = {"after_decompression": "CD", "after_graft": "VFG", "after_osteotomy": "OST", "implant": "THA"}
PERCENT = {"small": (4, 14), "medium": (15, 30), "large": (31, 62)}


@dataclass
class Hip:
    """How one joint fares: what a reader would write down today."""

    key: JointKey
    kind: str
    percent: float | None
    stage: str
    symptoms: Symptoms
    since: date


@dataclass(frozen=True)
class Past:
    """A follow-up that was answered: what `planning` would have kept."""

    key: JointKey
    planned: medicine.JointPlan
    opened_on: date
    done: medicine.Completion


@dataclass
class Life:
    """One person's record, and the follow-ups it has left behind."""

    joints: dict[JointKey, Joint]
    studies: list[Study]
    hips: list[Hip]
    past: list[Past] = field(default_factory=list)
    constraints: frozenset[Constraint] = frozenset()
    ended: Ending | None = None

    def person(self) -> Person:
        return Person(tuple(self.joints.values()), tuple(self.studies), self.constraints, self.ended)


def life(rng: Random, *, today: date) -> Life:
    """A record that begins some years ago and is followed until today, more or less on time."""
    began = today - timedelta(days=rng.randint(60, 6 * 365))
    made = _beginning(rng, began)
    stops = rng.random() < 0.09  # nobody came for the last image
    while _next_step(rng, made, today, stops=stops):
        pass
    _ending(rng, made, today)
    return made


def _beginning(rng: Random, began: date) -> Life:
    site = rng.choices((Site.HIP, Site.SHOULDER, Site.KNEE, Site.ANKLE), (90, 5, 4, 1))[0]
    sides = [Side.LEFT, Side.RIGHT]
    rng.shuffle(sides)
    affected = sides if rng.random() < 0.5 else sides[:1]
    hips = [_hip(rng, (site, side), began) for side in affected]
    joints = {hip.key: _joint(rng, hip) for hip in hips}
    if site is Site.HIP and len(affected) == 1 and rng.random() < 0.8:
        joints[site, sides[1]] = Joint(site, sides[1], JointState.CLEAR)
    constraints = frozenset(
        [Constraint.MRI_UNSAFE] * (rng.random() < 0.04) + [Constraint.KIDNEY_DISEASE] * (rng.random() < 0.04)
    )
    made = Life(joints, [], hips, constraints=constraints)
    _make(rng, made, began, ("MR", "XR"))
    return made


def _hip(rng: Random, key: JointKey, began: date) -> Hip:
    kind = rng.choices([k for k, _ in KINDS], [w for _, w in KINDS])[0]
    if key[0] is not Site.HIP and kind in ("small", "large", "not_sized"):
        kind = "medium"
    size = kind if kind in PERCENT else rng.choice(("medium", "large"))
    collapsed = {"collapsed_early": "3A", "collapsed_late": rng.choice(("3B", "4")), "implant": "4"}
    return Hip(
        key,
        kind,
        percent=None if kind == "not_sized" or key[0] is not Site.HIP else float(rng.randint(*PERCENT[size])),
        stage=collapsed.get(kind, rng.choice(("1", "2"))),
        symptoms=Symptoms.NO if kind == "small" else rng.choice((Symptoms.YES, Symptoms.NO)),
        since=began,
    )


def _joint(rng: Random, hip: Hip) -> Joint:
    treatments: tuple[Treatment, ...] = ()
    if code := OPERATIONS.get(hip.kind):
        code = "ARTHRO" if code == "THA" and hip.key[0] is not Site.HIP else code
        treatments = (Treatment(code, hip.since + timedelta(days=rng.randint(10, 60))),)
    reviews = (SurgeonReview(hip.since + timedelta(days=rng.randint(7, 35))),) if rng.random() < 0.75 else ()
    return Joint(
        *hip.key,
        JointState.LESION,
        since=hip.since,
        symptom_status=(SymptomStatus(hip.since, hip.symptoms),),
        surgeon_reviews=reviews,
        treatments=treatments,
    )


def _next_step(rng: Random, made: Life, today: date, *, stops: bool) -> bool:
    """Make the image that is due next; False when it lies ahead, or when nobody came for it."""
    last = made.studies[-1].on
    before = medicine.plan(made.person(), as_of=_day_after_operation(made, last))
    due = [joint for joint in before.joints if joint.follow_up]
    if not due:
        return False
    first = min(due, key=lambda joint: joint.follow_up.window.target if joint.follow_up else date.max)
    assert first.follow_up
    on = max(_appearance(rng, first.follow_up.window), last + timedelta(days=1))
    if on > today or (stops and on > today - timedelta(days=200)):
        return False
    _live_on(rng, made, on)
    _make(rng, made, on, first.follow_up.studies)
    person = made.person()
    for joint in due:
        if done := _completed(person, joint, last, on):
            made.past.append(Past(joint.key, joint, last, done))
    return True


def _day_after_operation(made: Life, last: date) -> date:
    """Plans count an operation once it has been done."""
    operations = [t.on for joint in made.joints.values() for t in joint.treatments]
    return max([last, *(on for on in operations if on < last + timedelta(days=90))])


def _completed(person: Person, joint: medicine.JointPlan, after: date, on: date) -> medicine.Completion | None:
    assert joint.follow_up
    window = joint.follow_up.window
    return medicine.completion(
        person,
        joint=joint.key,
        studies=joint.follow_up.studies,
        opens=window.opens,
        closes=window.closes,
        after=after,
        as_of=on,
    )


def _appearance(rng: Random, window: medicine.Window) -> date:
    """When the person comes: mostly inside the window, one in seven late."""
    width = (window.closes - window.target).days
    if rng.random() < 0.14:
        return window.closes + timedelta(days=rng.randint(1, 45))
    return window.target + timedelta(days=rng.randint(-width // 2, max(width - 2, 0)))


def _live_on(rng: Random, made: Life, on: date) -> None:
    """What may have changed since the last image."""
    for hip in made.hips:
        if rng.random() < 0.07 and hip.kind in ("small", "medium", "large"):
            hip.symptoms = Symptoms.YES if hip.symptoms is Symptoms.NO else Symptoms.NO
            joint = made.joints[hip.key]
            status = SymptomStatus(on, hip.symptoms)
            made.joints[hip.key] = replace(joint, symptom_status=(*joint.symptom_status, status))
        if rng.random() < 0.025 and hip.stage in ("1", "2"):
            hip.stage = "2" if hip.stage == "1" else "3A"
        if hip.percent is not None and rng.random() < 0.2:
            hip.percent = min(max(hip.percent + rng.choice((-2, -1, 1, 2, 3)), 2), 70)


def _make(rng: Random, made: Life, on: date, studies: tuple[str, ...]) -> None:
    site = made.hips[0].key[0]
    covers = ((site, Side.LEFT), (site, Side.RIGHT)) if site is Site.HIP else tuple(hip.key for hip in made.hips)
    for name in studies:
        modality = {"XR": Modality.DX, "MR": Modality.MR, "CT": Modality.CT}.get(name, Modality.VISIT)
        found = () if modality is Modality.VISIT else tuple(_read(rng, hip, modality) for hip in made.hips)
        shown = tuple(finding for finding in found if _native(made, (finding.site, finding.side), on))
        views = VIEWS[site] if modality is Modality.DX else frozenset()
        if modality is Modality.DX and rng.random() < 0.03:
            views = frozenset({View.AP})  # one view was forgotten
        made.studies.append(Study(on, modality, covers, views, shown))


def _native(made: Life, key: JointKey, on: date) -> bool:
    return not any(t.code in ("THA", "ARTHRO") and t.on <= on for t in made.joints[key].treatments)


def _read(rng: Random, hip: Hip, modality: Modality) -> Finding:
    size = modality is Modality.MR and hip.percent is not None
    angle = round((hip.percent or 0) * 6.5) // 2 if size and rng.random() < 0.6 else None
    return Finding(
        *hip.key,
        stage=_stage(hip, modality),
        volume_percent=hip.percent if size else None,
        kerboul_coronal=None if angle is None else float(min(angle + rng.randint(-4, 4), 170)),
        kerboul_sagittal=None if angle is None else float(min(angle + rng.randint(-4, 4), 170)),
        subchondral_fracture=Tick.NO if hip.stage in ("1", "2") else None,
        oedema=(Tick.YES if hip.symptoms is Symptoms.YES and rng.random() < 0.5 else Tick.NO)
        if modality is Modality.MR
        else Tick.NOT_ASSESSED,
        effusion=Tick.NOT_ASSESSED,
    )


def _stage(hip: Hip, modality: Modality) -> Stage | None:
    site = hip.key[0]
    if modality is Modality.MR and hip.stage != "1":
        return None
    if site is Site.HIP:
        return Stage(hip.stage, "ARCO", "2019")
    if site is Site.SHOULDER:
        return Stage({"1": "1", "2": "2", "3A": "3", "3B": "4", "4": "5"}[hip.stage], "Cruess")
    return Stage({"1": "I", "2": "II", "3A": "IIB", "3B": "IV", "4": "IV"}[hip.stage], "Ficat")


def _ending(rng: Random, made: Life, today: date) -> None:
    if rng.random() < 0.05:
        last = made.studies[-1].on
        made.ended = Ending(min(last + timedelta(days=rng.randint(5, 60)), today), rng.choice(tuple(EndReason)))
