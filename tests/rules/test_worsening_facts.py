"""Rules 14, 17 and 18 at their thresholds: questionnaires, images and steroid courses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from clinical.worsening import DEFAULT, Finding, Image, JointContext, JointKind, Score, Severity, SteroidCourse
from clinical.worsening.facts import findings

START = datetime(2026, 1, 5, 20, tzinfo=UTC)
RED, AMBER, YELLOW = Severity


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def on(day: int) -> date:
    return at(day).date()


def scores(instrument: str, *values: float) -> JointContext:
    """One score a day, handed over in the wrong order."""
    return JointContext(scores=tuple(Score(instrument, value, at(day)) for day, value in enumerate(values))[::-1])


def told(joint: JointContext) -> list[tuple[int, Severity, datetime]]:
    return [(finding.rule.number, finding.severity, finding.at) for finding in findings(joint, DEFAULT)]


@pytest.mark.parametrize(
    ("joint", "expected"),
    [
        pytest.param(scores("hoos_jr", 70, 62), [(14, YELLOW, at(1))], id="HOOS JR 8 down"),
        pytest.param(scores("hoos_jr", 70, 62.5), [], id="HOOS JR 7.5 down"),
        pytest.param(scores("hoos_jr", 70, 54), [(14, AMBER, at(1))], id="HOOS JR 16 down"),
        pytest.param(scores("hoos_jr", 70, 54.5), [(14, YELLOW, at(1))], id="HOOS JR 15.5 down"),
        pytest.param(scores("ohs", 40, 35), [(14, YELLOW, at(1))], id="OHS 5 down"),
        pytest.param(scores("ohs", 40, 36), [], id="OHS 4 down"),
        pytest.param(scores("ohs", 40, 32), [(14, AMBER, at(1))], id="OHS 8 down"),
        pytest.param(scores("ohs", 40, 33), [(14, YELLOW, at(1))], id="OHS 7 down"),
        pytest.param(scores("peg", 2, 4), [(14, YELLOW, at(1))], id="PEG 2 up"),
        pytest.param(scores("peg", 2, 3.9), [], id="PEG 1.9 up"),
        pytest.param(scores("peg", 0, 10), [(14, YELLOW, at(1))], id="PEG is never amber"),
        pytest.param(scores("peg", 10, 0), [], id="PEG down is better"),
        pytest.param(scores("koos", 100, 0), [], id="an instrument without thresholds"),
        pytest.param(scores("ohs", 30, 35, 30), [(14, YELLOW, at(2))], id="better, and then back"),
        pytest.param(scores("ohs", 30, 34, 29), [], id="a little better, and then a little worse"),
        pytest.param(scores("ohs", 40, 38, 36, 35), [(14, YELLOW, at(3))], id="little by little"),
        pytest.param(scores("ohs", 40, 35, 33, 30), [(14, YELLOW, at(1)), (14, YELLOW, at(3))], id="twice"),
        pytest.param(scores("ohs", 40, 40), [], id="the same"),
        pytest.param(scores("ohs", 40), [], id="one score"),
    ],
)
def test_14_scores(joint: JointContext, expected: list[tuple[int, Severity, datetime]]) -> None:
    assert told(joint) == expected


def test_14_each_instrument_is_set_against_itself() -> None:
    mixed = (Score("ohs", 40, at(0)), Score("peg", 2, at(1)), Score("ohs", 39, at(2)), Score("peg", 5, at(3)))
    assert told(JointContext(scores=mixed)) == [(14, YELLOW, at(3))]


def test_14_two_scores_of_one_moment_are_taken_in_one_order() -> None:
    """The lower one first, so that what counts is whatever way they came the same."""
    pair = (Score("ohs", 40, at(0)), Score("ohs", 33, at(0)))
    assert told(JointContext(scores=pair)) == told(JointContext(scores=pair[::-1])) == []
    mixed = (Score("peg", 4, at(0)), Score("ohs", 40, at(0)), Score("ohs", 35, at(0)))
    assert told(JointContext(scores=mixed)) == []


def shows(before: Image, after: Image, *more: Image) -> list[str]:
    found = findings(JointContext(images=(*more, after, before)), DEFAULT)
    return [
        f"{finding.at.date() - START.date()}".split(",")[0] + ": " + finding.why.params["changes"] for finding in found
    ]


CLEAR = Image(at(0), crescent=False, subchondral_fracture=False, oedema=False, effusion=False)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(CLEAR, Image(at(9), crescent=True), ["9 days: crescent"], id="crescent"),
        pytest.param(CLEAR, Image(at(9), subchondral_fracture=True), ["9 days: subchondral_fracture"], id="fracture"),
        pytest.param(CLEAR, Image(at(9), oedema=True), ["9 days: oedema"], id="oedema"),
        pytest.param(CLEAR, Image(at(9), effusion=True), ["9 days: effusion"], id="effusion"),
        pytest.param(CLEAR, Image(at(9), crescent=False), [], id="still none"),
        pytest.param(CLEAR, Image(at(9)), [], id="nothing said now"),
        pytest.param(Image(at(0)), Image(at(9), crescent=True, stage=("A", 3), depression_mm=9, volume_percent=90), [],
                     id="nothing known before"),
        pytest.param(Image(at(0), crescent=True), Image(at(9), crescent=True), [], id="had it before"),
        pytest.param(Image(at(0), stage=("A", 2)), Image(at(9), stage=("A", 3)), ["9 days: stage"], id="stage up"),
        pytest.param(Image(at(0), stage=("A", 2)), Image(at(9), stage=("A", 2)), [], id="stage the same"),
        pytest.param(Image(at(0), stage=("A", 2)), Image(at(9), stage=("A", 1)), [], id="stage down"),
        pytest.param(Image(at(0), stage=("A", 2)), Image(at(9), stage=("B", 3)), [], id="another system"),
        pytest.param(Image(at(0), stage=("A", 2)), Image(at(9)), [], id="stage not said now"),
        pytest.param(Image(at(0), depression_mm=1), Image(at(9), depression_mm=2), [], id="1 mm"),
        pytest.param(Image(at(0), depression_mm=1), Image(at(9), depression_mm=2.1), ["9 days: depression_mm"],
                     id="more than 1 mm"),
        pytest.param(Image(at(0), depression_mm=1), Image(at(9)), [], id="depression not said now"),
        pytest.param(Image(at(0), volume_percent=20), Image(at(9), volume_percent=25), ["9 days: volume_percent"],
                     id="5 points of volume"),
        pytest.param(Image(at(0), volume_percent=20), Image(at(9), volume_percent=24.9), [], id="4.9 points of volume"),
    ],
)  # fmt: skip
def test_17_images(before: Image, after: Image, expected: list[str]) -> None:
    assert shows(before, after) == expected


def test_17_what_an_image_does_not_say_is_taken_from_those_before() -> None:
    seen = Image(at(5), stage=("A", 2))
    [finding] = findings(JointContext(images=(CLEAR, seen, Image(at(9), crescent=True, stage=("A", 3)))), DEFAULT)
    assert finding.why.params == {"on": on(9), "before_on": on(5), "changes": "crescent, stage"}
    [finding] = findings(JointContext(images=(CLEAR, seen, Image(at(9), crescent=True))), DEFAULT)
    assert finding.why.params == {"on": on(9), "before_on": on(0), "changes": "crescent"}


def test_17_a_change_is_told_once() -> None:
    after = Image(at(9), crescent=True)
    assert shows(CLEAR, after, replace(after, at=at(20)), Image(at(15))) == ["9 days: crescent"]


def test_what_is_of_one_moment_is_taken_in_one_order() -> None:
    images = (CLEAR, replace(CLEAR, crescent=True))
    courses = (SteroidCourse(at(0), 40), SteroidCourse(at(0), 50))
    for joint, back in (
        (JointContext(images=images), JointContext(images=images[::-1])),
        (JointContext(steroid_courses=courses), JointContext(steroid_courses=courses[::-1])),
    ):
        assert findings(joint, DEFAULT) == findings(back, DEFAULT) != []


def test_17_is_not_for_a_replaced_joint_and_14_and_18_are() -> None:
    joint = JointContext(
        kind=JointKind.IMPLANT,
        images=(CLEAR, Image(at(9), crescent=True)),
        scores=(Score("ohs", 40, at(0)), Score("ohs", 30, at(9))),
        steroid_courses=(SteroidCourse(at(9), 40),),
    )
    assert told(joint) == [(14, AMBER, at(9)), (18, YELLOW, at(9))]
    assert told(replace(joint, kind=JointKind.LESION)) == [(14, AMBER, at(9)), (17, AMBER, at(9)), (18, YELLOW, at(9))]
    assert told(replace(joint, kind=JointKind.NO_LESION))[1:2] == [(17, AMBER, at(9))]


@pytest.mark.parametrize(
    ("mg", "total", "speaks"),
    [(30, None, False), (30.5, None, True), (None, 2, False), (None, 2.1, True), (30, 2, False), (40, 1, True),
     (10, 3, True), (None, None, False)],
)  # fmt: skip
def test_18_steroids(mg: float | None, total: float | None, speaks: bool) -> None:
    expected = [(18, YELLOW, at(3))] if speaks else []
    assert told(JointContext(steroid_courses=(SteroidCourse(at(3), mg, total),))) == expected


def test_the_oldest_is_told_first_and_of_one_moment_the_lower_rule() -> None:
    joint = JointContext(
        scores=(Score("ohs", 40, at(0)), Score("ohs", 30, at(5))),
        steroid_courses=(SteroidCourse(at(7), 50), SteroidCourse(at(5), 40), SteroidCourse(at(2), 60)),
        images=(CLEAR, Image(at(5), crescent=True)),
    )
    assert [(finding.rule.number, finding.at) for finding in findings(joint, DEFAULT)] == [
        (18, at(2)), (14, at(5)), (17, at(5)), (18, at(5)), (18, at(7)),
    ]  # fmt: skip


def whole(finding: Finding) -> tuple[object, ...]:
    return (
        finding.rule.number, finding.severity, finding.at, finding.known_at, finding.why.code, dict(finding.why.params),
        finding.thresholds, finding.entries, finding.usual, finding.usual_days, finding.recent, finding.began_on,
    )  # fmt: skip


def test_a_finding_of_each_in_full() -> None:
    joint = JointContext(
        scores=(Score("hoos_jr", 70.5, at(0)), Score("hoos_jr", 60, at(5)), Score("peg", 2, at(0)),
                Score("peg", 4.5, at(6))),
        steroid_courses=(SteroidCourse(at(8), 40, 2.5),),
        images=(CLEAR, Image(at(7), crescent=True, oedema=True)),
    )  # fmt: skip
    nothing_of_the_diary = ((), None, 0, None, None)
    assert [whole(finding) for finding in findings(joint, DEFAULT)] == [
        (14, YELLOW, at(5), at(5), "score_drop",
         {"instrument": "hoos_jr", "before": 70.5, "before_on": on(0), "after": 60, "on": on(5)},
         {"hoos_jr_yellow": 8, "hoos_jr_amber": 16}, *nothing_of_the_diary),
        (14, YELLOW, at(6), at(6), "score_drop",
         {"instrument": "peg", "before": 2, "before_on": on(0), "after": 4.5, "on": on(6)},
         {"peg_yellow": 2}, *nothing_of_the_diary),
        (17, AMBER, at(7), at(7), "imaging", {"on": on(7), "before_on": on(0), "changes": "crescent, oedema"},
         {"depression_mm": 1, "volume_points": 5}, *nothing_of_the_diary),
        (18, YELLOW, at(8), at(8), "steroid", {"on": on(8), "mg": 40, "total": 2.5},
         {"steroid_mg_per_day": 30, "steroid_total_g": 2}, *nothing_of_the_diary),
    ]  # fmt: skip


LATE = timedelta(days=90)


@pytest.mark.parametrize(("late", "told_at"), [(LATE, at(9) + LATE), (LATE + timedelta(seconds=1), None)])
def test_what_is_entered_more_than_90_days_late_is_history(late: timedelta, told_at: datetime | None) -> None:
    """It is told when it was entered or read, not when it was; where it is history, later ones are set against it."""
    score = Score("ohs", 30, at(9), entered_at=at(9) + late)
    image = Image(at(9), crescent=True, entered_at=at(9) + late, known_at=at(9) + late)
    course = SteroidCourse(at(9), 40, entered_at=at(9) + late)
    for joint in (
        JointContext(scores=(Score("ohs", 40, at(0)), score)),
        JointContext(images=(CLEAR, image)),
        JointContext(steroid_courses=(course,)),
    ):
        assert [finding.at for finding in findings(joint, DEFAULT)] == ([told_at] if told_at else [])
    assert told(JointContext(scores=(Score("ohs", 40, at(0)), score, Score("ohs", 29, at(10)))))[1:] == []
    assert shows(CLEAR, image, replace(image, at=at(400), entered_at=None, known_at=None)) == (
        ["99 days: crescent"] if told_at else []
    )


def test_what_was_entered_before_its_day_is_told_on_its_day() -> None:
    early = at(3)
    joint = JointContext(
        scores=(Score("ohs", 40, at(0)), Score("ohs", 30, at(9), entered_at=early)),
        images=(CLEAR, Image(at(9), crescent=True, entered_at=early, known_at=early)),
        steroid_courses=(SteroidCourse(at(9), 40, entered_at=early),),
    )
    assert [finding.at for finding in findings(joint, DEFAULT)] == [at(9)] * 3


@pytest.mark.parametrize(
    ("total", "mg", "days_before"),
    [(2.025, 25.0, 0), (2.05, 25.0, 1), (2.5, 25.0, 19), (2.025, None, 30), (2.9, 10.0, 30)],
)
def test_a_low_dose_counts_from_the_day_on_which_it_had_added_up(
    total: float, mg: float | None, days_before: int
) -> None:
    """Counted to the 31st day of the course; never from before its first, nor before it was entered."""
    began, last = at(0), at(30)
    one = SteroidCourse(began, mg_per_day=mg, total_g=total, counted_to=last)
    [finding] = findings(JointContext(steroid_courses=(one,)), DEFAULT)
    assert finding.at == last - timedelta(days=days_before)
    [finding] = findings(JointContext(steroid_courses=(replace(one, entered_at=at(29)),)), DEFAULT)
    assert finding.at == max(last - timedelta(days=days_before), at(29))
