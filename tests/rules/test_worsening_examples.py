"""Each rule by name: a diary that should make it speak, and its nearest neighbour that should not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from clinical.worsening import (
    DEFAULT,
    Bisphosphonate,
    Entry,
    Image,
    JointContext,
    JointKind,
    Kind,
    Operation,
    OperationKind,
    Order,
    Outcome,
    Outlook,
    Score,
    Severity,
    SteroidCourse,
    StoredFlag,
    Tick,
    judge,
    say,
)

START = datetime(2026, 1, 5, 20, tzinfo=UTC)
LESION = JointContext()


def on(day: int, nrs: int | None = None, *ticks: Tick, aid: int | None = None, distance: int | None = None) -> Entry:
    return Entry(START + timedelta(days=day), nrs, frozenset(ticks), aid=aid, distance=distance)


def daily(numbers: Iterable[int | None], *ticks: Tick, first: int = 0) -> list[Entry]:
    return [on(first + day, nrs, *ticks) for day, nrs in enumerate(numbers) if nrs is not None]


CALM = daily([2, 3, 2, 2, 1, 2, 3, 2, 2, 2, 1, 3, 2, 2] * 3)  # six weeks around 2, days 0 to 41
SILENT = daily([0] * 42)


def rules(entries: list[Entry], context: JointContext = LESION, *, days_later: int = 0) -> set[tuple[int, Severity]]:
    now = max(entry.felt_at for entry in entries) + timedelta(days=days_later, minutes=1)
    judgement = judge(entries, context, DEFAULT, now=now)
    return {(finding.rule.number, finding.severity) for finding in judgement.verdict.findings}


RED, AMBER, YELLOW = Severity
ORDERED = JointContext(non_weight_bearing=(Order(START.date(), START.date() + timedelta(days=60)),))
OPERATED = JointContext(operations=(Operation(date(2026, 1, 5), OperationKind.PRESERVING),))
REPLACED = JointContext(kind=JointKind.IMPLANT, operations=(Operation(date(2025, 1, 5), OperationKind.ARTHROPLASTY),))
NO_LESION = JointContext(kind=JointKind.NO_LESION)
ASYMPTOMATIC = JointContext(asymptomatic=True)
ALENDRONATE = JointContext(bisphosphonates=(Bisphosphonate("alendronate", date(2020, 1, 1)),))
T = Tick


@pytest.mark.parametrize(
    ("entries", "context", "expected"),
    [
        pytest.param([on(0, 5, T.CANNOT_BEAR_WEIGHT)], LESION, {(1, RED)}, id="1 cannot bear weight"),
        pytest.param([on(0, 5, T.CANNOT_BEAR_WEIGHT)], ORDERED, set(), id="1 told not to bear weight"),
        pytest.param([on(0, 7, T.INJURY)], LESION, {(2, RED)}, id="2 a fall and severe pain"),
        pytest.param([on(0, 6, T.INJURY)], LESION, set(), id="2 a fall and 6"),
        pytest.param(
            [on(0, None, T.INJURY, T.CANNOT_BEAR_WEIGHT)], LESION, {(1, RED), (2, RED)}, id="2 a fall and no weight"
        ),
        pytest.param([on(0, 4, T.FEVER)], LESION, {(3, RED)}, id="3 fever and pain of 4"),
        pytest.param([on(0, 3, T.FEVER)], LESION, set(), id="3 fever, pain of 3, nothing to compare"),
        pytest.param([on(0, 0, T.FEVER, T.HOT_SWOLLEN)], LESION, {(3, RED)}, id="3 fever and a hot joint"),
        pytest.param([*SILENT, on(42, 2, T.FEVER)], LESION, {(3, RED)}, id="3 fever and 2 above usual"),
        pytest.param([on(0, 1, T.CLOT)], LESION, {(4, RED)}, id="4 swollen calf"),
        pytest.param([on(80, 1, T.WOUND)], OPERATED, {(5, RED)}, id="5 wound 80 days after"),
        pytest.param([on(91, 1, T.WOUND)], OPERATED, set(), id="5 wound 91 days after"),
        pytest.param([on(80, 1, T.WOUND)], LESION, set(), id="5 no operation known"),
        pytest.param([*CALM, on(42, 9)], LESION, set(), id="6 one bad day"),
        pytest.param([*CALM, on(42, 9), on(43, 8)], LESION, {(6, RED)}, id="6 two bad days"),
        pytest.param([*CALM, on(42, 9), on(46, 8)], LESION, set(), id="6 four days apart"),
        pytest.param([*CALM, *daily([5, 4, 5, 5, 4, 5, 5, 6, 5, 5], first=42)], LESION, {(7, AMBER)}, id="7 a step"),
        pytest.param([*CALM, *daily([5, 5, 5, 2, 2, 2], first=42)], LESION, set(), id="7 a flare of three days"),
        pytest.param([*CALM, *daily([3, 3, 2, 3, 3, 2], first=42)], LESION, set(), id="7 one point is not a change"),
        pytest.param(daily([2, 2, 6, 6, 6, 6]), LESION, set(), id="7 no usual level yet"),
        pytest.param([*SILENT, on(42, 2), on(50, 2)], LESION, {(8, AMBER)}, id="8 the diary was silent"),
        pytest.param([*SILENT, on(42, 2)], LESION, set(), id="8 one day"),
        pytest.param([*SILENT, on(42, 2), on(57, 2)], LESION, set(), id="8 a fortnight apart"),
        pytest.param([on(0, 3), on(9, 3)], ASYMPTOMATIC, {(8, AMBER)}, id="8 noted as without symptoms"),
        pytest.param([on(0, 3), on(9, 3)], LESION, set(), id="8 not so noted"),
        pytest.param([on(0, 3), on(9, 3)], NO_LESION, {(9, AMBER)}, id="9 a joint without a lesion"),
        pytest.param([on(0, 2), on(9, 2)], NO_LESION, set(), id="9 pain of 2"),
        pytest.param([*CALM, *daily([2, 2, 2], T.AT_NIGHT, first=42)], LESION, {(10, AMBER)}, id="10 nights"),
        pytest.param([*CALM, *daily([2, 2], T.AT_NIGHT, first=42)], LESION, set(), id="10 two nights"),
        pytest.param(daily([2] * 40, T.AT_NIGHT), LESION, set(), id="10 always had it"),
        pytest.param([on(0, 2, T.AT_REST), on(1, 2, T.AT_REST), on(2, 2, T.AT_REST)], LESION, set(), id="10 no past"),
        pytest.param([*CALM, *daily([2, 2], T.LOCKING, first=42)], LESION, {(11, AMBER)}, id="11 locking"),
        pytest.param([*CALM, on(42, 2, T.LOCKING)], LESION, set(), id="11 once"),
        pytest.param(
            [*CALM, on(42, 2, aid=1)], LESION, set(), id="12 not known before"
        ),
        pytest.param(
            [*[on(day, 2, aid=0) for day in range(30)], on(30, 2, aid=1), on(33, 2, aid=1)],
            LESION, {(12, AMBER)}, id="12 a stick twice",
        ),
        pytest.param(
            [*[on(day, 2, aid=0) for day in range(30)], on(30, 2, aid=1), on(32, 2, aid=1)],
            LESION, set(), id="12 two days apart",
        ),
        pytest.param(
            [*[on(day, 2, aid=0) for day in range(30)], on(30, 2, aid=1), on(33, 2, aid=1)],
            ORDERED, set(), id="12 a stick that was ordered",
        ),
        pytest.param(
            [*[on(day, 2, distance=1) for day in range(30)], on(30, 2, distance=3), on(33, 2, distance=2)],
            LESION, {(12, AMBER)}, id="12 walks less far",
        ),
        pytest.param(daily([8, 7, 8, 7]), LESION, {(15, YELLOW)}, id="15 severe for days"),
        pytest.param(daily([8, 7, 6, 6]), LESION, set(), id="15 median below"),
        pytest.param([on(0, 2, T.THIGH_PAIN)], ALENDRONATE, {(19, AMBER)}, id="19 thigh"),
        pytest.param([on(0, 2, T.JAW)], ALENDRONATE, {(19, YELLOW)}, id="19 jaw"),
        pytest.param([on(0, 2, T.JAW)], LESION, set(), id="19 no bisphosphonate"),
        pytest.param([on(0, 2, T.WANTS_REVIEW)], LESION, {(20, AMBER)}, id="20 asks for review"),
    ],
)  # fmt: skip
def test_examples(entries: list[Entry], context: JointContext, expected: set[tuple[int, Severity]]) -> None:
    assert rules(entries, context) == expected


def test_13_a_slow_rise() -> None:
    rise = [2, 3, 2, 2, 3, 2, 3, 2, 3, 3, 2, 3, 3, 3, 3, 3, 4, 3, 3, 4, 3, 4, 3, 4, 4, 3, 4, 4, 4, 4, 4, 4]
    diary = [on(2 * day, nrs) for day, nrs in enumerate([2, 3, 2, 2, 1, 2, 3, 2] * 4)]
    assert {number for number, _ in rules([*diary, *(on(64 + 2 * day, nrs) for day, nrs in enumerate(rise))])} <= {
        7,
        13,
    }
    assert rules([*diary, *(on(64 + 2 * day, nrs) for day, nrs in enumerate(rise))])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(("ohs", 40), ("ohs", 35), {(14, YELLOW)}, id="OHS down 5"),
        pytest.param(("ohs", 40), ("ohs", 32), {(14, AMBER)}, id="OHS down 8"),
        pytest.param(("ohs", 40), ("ohs", 36), set(), id="OHS within noise"),
        pytest.param(("hoos_jr", 70), ("hoos_jr", 62), {(14, YELLOW)}, id="HOOS JR down 8"),
        pytest.param(("hoos_jr", 70), ("hoos_jr", 54), {(14, AMBER)}, id="HOOS JR down 16"),
        pytest.param(("peg", 3), ("peg", 5), {(14, YELLOW)}, id="PEG up is worse"),
        pytest.param(("peg", 5), ("peg", 3), set(), id="PEG down is better"),
        pytest.param(("ohs", 40), ("hoos_jr", 20), set(), id="two instruments"),
        pytest.param(("koos", 40), ("koos", 1), set(), id="an instrument without a threshold"),
    ],
)
def test_14_scores(before: tuple[str, float], after: tuple[str, float], expected: set[tuple[int, Severity]]) -> None:
    scores = (Score(*after, START + timedelta(days=90)), Score(*before, START))
    assert rules([on(0, 2), on(100, 2)], JointContext(scores=scores)) == expected


def test_14_small_drops_add_up_against_the_last_stable_score() -> None:
    scores = tuple(Score("ohs", value, START + timedelta(days=30 * n)) for n, value in enumerate([40, 37, 34]))
    assert rules([on(0, 2), on(100, 2)], JointContext(scores=scores)) == {(14, YELLOW)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(Image(START, crescent=False), {"crescent": True}, {(17, AMBER)}, id="new crescent"),
        pytest.param(Image(START), {"crescent": True}, set(), id="not known before is not new"),
        pytest.param(Image(START, stage=("arco2019", 2)), {"stage": ("arco2019", 3)}, {(17, AMBER)}, id="stage up"),
        pytest.param(Image(START, stage=("arco2019", 2)), {"stage": ("ficat", 3)}, set(), id="another system"),
        pytest.param(Image(START, depression_mm=1.0), {"depression_mm": 2.0}, set(), id="1 mm"),
        pytest.param(Image(START, depression_mm=1.0), {"depression_mm": 2.1}, {(17, AMBER)}, id="more than 1 mm"),
        pytest.param(Image(START, volume_percent=20), {"volume_percent": 25}, {(17, AMBER)}, id="5 points of volume"),
    ],
)
def test_17_images(before: Image, after: dict[str, object], expected: set[tuple[int, Severity]]) -> None:
    later = Image(START + timedelta(days=90), **after)  # type: ignore[arg-type]
    assert rules([on(0, 2), on(100, 2)], JointContext(images=(later, before))) == expected


def read_late(days: int, **said: object) -> Image:
    """Made on day 10, entered and read so many days later."""
    at = START + timedelta(days=10)
    return Image(at, **said, entered_at=at + timedelta(days=days), known_at=at + timedelta(days=days))  # type: ignore[arg-type]


def test_17_speaks_when_it_is_read_not_when_it_was_made() -> None:
    context = JointContext(images=(Image(START, oedema=False), read_late(40, oedema=True)))
    assert rules([on(0, 2), on(49, 2)], context) == set()
    assert rules([on(0, 2), on(51, 2)], context) == {(17, AMBER)}


def test_17_an_image_entered_long_after_it_was_made_is_history() -> None:
    assert rules([on(200, 2)], JointContext(images=(Image(START, oedema=False), read_late(90, oedema=True)))) == {
        (17, AMBER)
    }
    history = (Image(START, oedema=False), read_late(91, oedema=True, depression_mm=1.0))
    assert rules([on(200, 2)], JointContext(images=history)) == set()
    then = Image(START + timedelta(days=150), depression_mm=2.5)
    assert rules([on(200, 2)], JointContext(images=(*history, then))) == {(17, AMBER)}


def test_17_images_are_compared_in_the_order_in_which_they_were_made() -> None:
    older = read_late(60, oedema=True)  # read after the newer one
    newer = Image(START + timedelta(days=20), oedema=False)
    assert rules([on(100, 2)], JointContext(images=(newer, older))) == set()


def test_18_a_new_steroid_course() -> None:
    high = JointContext(steroid_courses=(SteroidCourse(START, mg_per_day=40),))
    low = JointContext(steroid_courses=(SteroidCourse(START, mg_per_day=30, total_g=2.0),))
    assert rules([on(1, 2)], high) == {(18, YELLOW)}
    assert rules([on(1, 2)], low) == set()


def test_16_silence_matters_while_amber_is_open_or_the_lesion_is_large() -> None:
    asked = [*CALM, on(42, 2, Tick.WANTS_REVIEW)]
    weekly = JointContext(log_interval_days=7)
    assert rules(asked, weekly, days_later=20) == {(20, AMBER)}
    assert rules(asked, weekly, days_later=22) == {(20, AMBER), (16, YELLOW)}
    assert rules(CALM, weekly, days_later=22) == set()
    assert rules(CALM, JointContext(log_interval_days=7, large=True), days_later=22) == {(16, YELLOW)}
    assert rules(CALM, JointContext(large=True), days_later=22) == set()


def test_after_an_operation_week_is_set_against_week_and_red_still_speaks() -> None:
    healing = [*daily([5] * 14), *daily([3] * 7, first=14), *daily([6] * 4, first=21)]
    assert rules(healing, OPERATED) == {(7, AMBER)}
    assert rules(daily([8] * 20), OPERATED) == set()
    assert rules([*daily([8] * 20), on(20, 8, Tick.FEVER)], OPERATED) == {(3, RED)}


def test_the_usual_level_begins_anew_after_the_weeks_of_healing() -> None:
    before = daily([2] * 30)
    context = JointContext(operations=(Operation(START.date() + timedelta(days=30), OperationKind.PRESERVING),))
    after = daily([5] * 20, first=30 + 42)
    assert rules([*before, *after], context) == set()


def test_a_replaced_joint_leaves_the_rules_of_osteonecrosis() -> None:
    assert rules([*CALM, *daily([5] * 12, first=42)], REPLACED) == set()
    assert rules([*CALM, on(42, 9), on(43, 9)], REPLACED) == {(6, RED)}


@pytest.mark.parametrize(
    ("entries", "days_later", "outlook"),
    [
        pytest.param(CALM, 0, Outlook.STEADY, id="steady"),
        pytest.param(CALM[:4], 0, Outlook.NOT_KNOWN, id="four days"),
        pytest.param(CALM, 15, Outlook.NOT_KNOWN, id="a fortnight without an entry"),
        pytest.param([*CALM, *daily([5] * 9, first=42)], 0, Outlook.WORSENING, id="worsening"),
        pytest.param(daily([8] * 6), 0, Outlook.STEADY, id="a level is not worsening"),
    ],
)
def test_verdicts(entries: list[Entry], days_later: int, outlook: Outlook) -> None:
    now = entries[-1].felt_at + timedelta(days=days_later)
    verdict = judge(entries, LESION, DEFAULT, now=now).verdict
    assert verdict.outlook == outlook
    assert say(verdict.why)


def test_a_week_back_at_usual_is_said_and_closes_nothing() -> None:
    worse = [*CALM, *daily([5] * 9, first=42)]
    back = [*worse, *daily([2, 3, 2, 2, 3, 2, 2], first=51)]
    assert not judge(worse, LESION, DEFAULT, now=worse[-1].felt_at).verdict.back_to_usual
    verdict = judge(back, LESION, DEFAULT, now=back[-1].felt_at).verdict
    assert verdict.back_to_usual
    assert verdict.outlook is Outlook.WORSENING


def test_while_a_flag_is_open_worse_does_not_become_usual() -> None:
    worse = [*CALM, *daily([6] * 90, first=42)]
    verdict = judge(worse, LESION, DEFAULT, now=worse[-1].felt_at).verdict
    assert verdict.usual == pytest.approx(2, abs=0.5)


def test_no_entries_at_all_is_not_known() -> None:
    assert judge([], LESION, DEFAULT, now=START).verdict.outlook is Outlook.NOT_KNOWN


def test_one_sentence_for_a_patient_with_its_figures() -> None:
    diary = [*CALM, *daily([5, 6, 5, 6, 5, 6, 5, 6, 5], first=42)]
    finding = judge(diary, LESION, DEFAULT, now=diary[-1].felt_at).verdict.findings[0]
    assert say(finding.why).startswith("Usual pain in this joint is about 2. Since 16 February it has been 5 to 6 on ")
    assert say(finding.why).endswith("still up.")
    assert finding.usual == pytest.approx(2, abs=0.3)
    assert [entry.nrs for entry in finding.entries][:3] == [5, 6, 5]
    assert finding.thresholds["evidence_needed"] == DEFAULT.evidence_needed
    assert say(finding.clears)


def test_a_level_noted_at_the_clinic_stands_in_for_a_young_diary() -> None:
    young = daily([6, 5, 6] * 6)
    assert rules(young, JointContext(clinic_usual=2.0)) == {(7, AMBER)}
    assert rules(young, LESION) == set()


def test_6_a_noisy_person_is_asked_for_more_than_a_calm_one() -> None:
    """7 is 4 above usual for both; only for the calm one is it also far outside ordinary days."""
    calm, noisy = daily([2, 3] * 20), daily([0, 5] * 20)
    bad = [on(40, 7), on(41, 7)]
    assert (6, RED) in rules([*calm, *bad])
    assert (6, RED) not in rules([*noisy, *bad])


def test_12_three_entries_before_are_enough() -> None:
    worse = [on(20, 2, aid=1), on(23, 2, aid=1)]
    assert rules([*(on(day, 2, aid=0) for day in (0, 1, 2)), *worse]) == {(12, AMBER)}
    assert rules([*(on(day, 2, aid=0) for day in (0, 1)), *worse]) == set()


@pytest.mark.parametrize(("outcome", "told"), [(Outcome.SNOOZE, False), (Outcome.REBASELINE, True)])
def test_a_snoozed_joint_is_quiet_until_the_day_and_another_is_not(outcome: Outcome, told: bool) -> None:
    closed = StoredFlag(
        START, AMBER, Kind.WORSENING, frozenset({8}), closed_at=START + timedelta(days=1), outcome=outcome,
        snoozed_to=START + timedelta(days=30),
    )  # fmt: skip
    two = [on(20, 3), on(24, 3)]
    judgement = judge(two, ASYMPTOMATIC, DEFAULT, now=on(24).felt_at, flags_before=[closed])
    assert (judgement.opens is not None) is told
