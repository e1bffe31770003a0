"""Rules 14, 17 and 18: what questionnaires, images and prescriptions say, without any entry.

A fact speaks at the moment the clinic knew it, so that it is told once, whatever was reviewed before. One that was
entered long after its day is history, and so is one that was known long before anybody judged the joint: later ones are
compared with it, but nobody is told of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil, inf

from clinical.worsening.diary import Image, JointContext, JointKind, Score, SteroidCourse
from clinical.worsening.findings import Finding, Rule, Severity
from clinical.worsening.policy import Policy
from clinical.worsening.rules import found
from clinical.worsening.words import Reason

SCORE_DROP = Rule(14, "score drop", 1, Severity.YELLOW)
IMAGING_CHANGE = Rule(17, "imaging change", 1, Severity.AMBER)
STEROID = Rule(18, "steroid re-exposure", 1, Severity.YELLOW)

HIGHER_IS_WORSE = {"peg"}
NEW_ON_IMAGE = ("crescent", "subchondral_fracture", "oedema", "effusion")


def findings(context: JointContext, policy: Policy) -> list[Finding]:
    """All that these rules say of the record, oldest first."""
    all_found = [*score_drops(context.scores, policy), *steroid_courses(context.steroid_courses, policy)]
    if context.kind is not JointKind.IMPLANT:
        all_found += imaging_changes(context.images, policy)
    if context.facts_since is not None:
        all_found = [finding for finding in all_found if finding.at >= context.facts_since]
    return sorted(all_found, key=lambda finding: (finding.at, finding.rule.number, finding.why.code))


def _history(fact: Score | Image | SteroidCourse, policy: Policy) -> bool:
    """Entered so long after its day that it is no news."""
    return fact.entered_at is not None and fact.entered_at - fact.at > timedelta(days=policy.history_days)


def score_drops(scores: tuple[Score, ...], policy: Policy) -> Iterator[Finding]:
    """Each score against the last stable one of its instrument: the one from which it has not yet moved enough."""
    stable: dict[str, Score] = {}
    for score in sorted(scores, key=lambda score: (score.at, score.instrument, score.value)):
        amber, yellow = _drops(score.instrument, policy)
        before = stable.setdefault(score.instrument, score)
        worse = before.value - score.value
        if score.instrument in HIGHER_IS_WORSE:
            worse = -worse
        if abs(worse) >= yellow:
            stable[score.instrument] = score
        if worse < yellow or _history(score, policy):
            continue
        params = {
            "instrument": score.instrument,
            "before": before.value,
            "before_on": before.at.date(),
            "after": score.value,
            "on": score.at.date(),
        }
        severity = Severity.AMBER if worse >= amber else Severity.YELLOW
        names = "peg_yellow" if score.instrument == "peg" else f"{score.instrument}_yellow {score.instrument}_amber"
        known_at = max(score.at, score.entered_at or score.at)
        yield found(SCORE_DROP, known_at, Reason("score_drop", params), policy, names, severity=severity)


def _drops(instrument: str, policy: Policy) -> tuple[float, float]:
    """Amber and yellow. An instrument without thresholds never speaks."""
    return {
        "hoos_jr": (policy.hoos_jr_amber, policy.hoos_jr_yellow),
        "ohs": (policy.ohs_amber, policy.ohs_yellow),
        "peg": (inf, policy.peg_yellow),
    }.get(instrument, (inf, inf))


def imaging_changes(images: tuple[Image, ...], policy: Policy) -> Iterator[Finding]:
    """Each study against what earlier ones said. What was not known before is not a change."""
    known: dict[str, tuple[object, datetime]] = {}
    for image in sorted(images, key=lambda image: (image.at, repr(image))):
        changes = list(_changes(image, known, policy))
        if changes and not _history(image, policy):
            before = max(at for _, at in changes)
            params = {
                "on": image.at.date(),
                "before_on": before.date(),
                "changes": ", ".join(name for name, _ in changes),
            }
            known_at = max(image.at, image.known_at or image.at)
            yield found(IMAGING_CHANGE, known_at, Reason("imaging", params), policy, "depression_mm volume_points")
        for name in (*NEW_ON_IMAGE, "stage", "depression_mm", "volume_percent"):
            if (value := getattr(image, name)) is not None:
                known[name] = (value, image.at)


def _changes(image: Image, known: dict[str, tuple[object, datetime]], policy: Policy) -> Iterator[tuple[str, datetime]]:
    for name in NEW_ON_IMAGE:
        before = known.get(name)
        if getattr(image, name) and before is not None and before[0] is False:
            yield name, before[1]
    stage = known.get("stage")
    if image.stage and stage and isinstance(stage[0], tuple):
        system, place = stage[0]
        if system == image.stage[0] and image.stage[1] > place:
            yield "stage", stage[1]
    for name, least in (("depression_mm", policy.depression_mm), ("volume_percent", policy.volume_points)):
        before, now = known.get(name), getattr(image, name)
        if before is None or now is None or not isinstance(before[0], int | float):
            continue
        up = now - before[0]
        if up > least or (name == "volume_percent" and up >= least):
            yield name, before[1]


def steroid_courses(courses: tuple[SteroidCourse, ...], policy: Policy) -> Iterator[Finding]:
    for course in sorted(courses, key=lambda course: (course.at, repr(course))):
        high = course.mg_per_day is not None and course.mg_per_day > policy.steroid_mg_per_day
        much = course.total_g is not None and course.total_g > policy.steroid_total_g
        if (high or much) and not _history(course, policy):
            reached_at = course.at if high else _reached_at(course, policy.steroid_total_g)
            known_at = max(reached_at, course.entered_at or course.at)
            params = {"on": course.at.date(), "mg": course.mg_per_day, "total": course.total_g}
            yield found(STEROID, known_at, Reason("steroid", params), policy, "steroid_mg_per_day steroid_total_g")


def _reached_at(course: SteroidCourse, limit_g: float) -> datetime:
    """When a dose that is not high by itself had added up to more than that: so many of its days before the last."""
    if not course.mg_per_day or course.total_g is None or course.counted_to is None:
        return course.at
    days_over = ceil(round((course.total_g - limit_g) * 1000, 3) / course.mg_per_day)
    return max(course.at, course.counted_to - timedelta(days=days_over - 1))
