"""The sums behind rules 7 and 13, as figures: a slip in them would change who is told, without any rule failing.

Worked once by the code, with thresholds of their own, so that they stay when a default is measured anew; a change of
the sums means measuring again (docs/clinical/worsening.md).
"""

from __future__ import annotations

import pytest

from clinical.worsening import Policy, change

Figures = tuple[float, ...]
POLICY = Policy(
    evidence_needed=5.8, entry_most=2.0, flare_cost=3.5, large_step_cost=1.5, slow_rise_cost=0.0, review_doubt=2.0
)
CALM = [2, 3, 2, 2, 1, 2, 3, 2, 2, 2, 1, 3, 2, 2]
NOISY = [2, 6, 1, 7, 3, 0, 5, 4, 8, 2, 3, 6, 1, 4]

# Days between entries, and their numbers.
DIARIES: dict[str, tuple[int, list[float]]] = {
    "calm, then a step of 2": (1, [*CALM * 2, 4, 5, 4, 4, 3, 4]),
    "calm, then a step of 3": (1, [*CALM * 2, 5, 6, 5, 5]),
    "noisy, then a step": (1, [*NOISY * 3, 7, 8, 6, 9, 8]),
    "sparse, then a step": (4, [*CALM, 4, 5, 4]),
    "a flare and after it": (1, [*CALM, 6, 5, 6, 2, 2]),
    "a slow rise": (2, [*CALM * 2, 2, 3, 2, 3, 3, 2, 3, 3, 4, 3, 3, 4, 4, 3, 4, 4]),
    "drifting and alike": (1, [3, 3, 3, 4, 4, 4, 4, 3, 3, 3, 2, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5]),
    "gaps": (9, [1, 4, 2, 6, 3, 3, 5, 6]),
    "young": (1, [2, 2, 3, 5, 6, 5]),
}


def last(name: str, *, frozen_from: int = 1000) -> change.Standing:
    apart, numbers = DIARIES[name]
    standing = change.begin(7000, numbers[0], POLICY)
    for index, number in enumerate(numbers[1:], 1):
        standing = change.advance(standing, 7000 + apart * index, number, POLICY, frozen=index >= frozen_from)
    return standing


def figures(standing: change.Standing) -> Figures:
    person = standing.person
    numbers = (
        person.usual, person.weight, standing.spread, person.lag_sum / person.lag_days, standing.above, standing.calm,
        standing.flare, standing.flare_began, *standing.small, *standing.large, standing.evidence, standing.needed,
        standing.shape, standing.began, len(standing.weeks),
    )  # fmt: skip
    return tuple(round(float(number), 3) for number in numbers)


EXPECTED: dict[str, Figures] = {
    "calm, then a step of 2": (
        2.264,
        32.0,
        0.954,
        0.339,
        1.736,
        0.0,
        -3.558,
        7033.0,
        5.208,
        7028.0,
        6.0,
        2.565,
        7028.0,
        6.0,
        4.801,
        7.596,
        1.0,
        7028.0,
        5.0,
    ),
    "calm, then a step of 3": (
        2.313,
        32.0,
        1.149,
        0.488,
        2.754,
        0.0,
        -4.665,
        7031.0,
        2.751,
        7028.0,
        4.0,
        2.577,
        7028.0,
        4.0,
        2.91,
        6.249,
        1.0,
        7028.0,
        5.0,
    ),
    "noisy, then a step": (
        3.697,
        43.0,
        2.358,
        -0.382,
        4.303,
        0.0,
        -0.603,
        7045.0,
        5.045,
        7001.0,
        46.0,
        5.666,
        7041.0,
        6.0,
        4.357,
        4.385,
        2.0,
        7041.0,
        7.0,
    ),
    "sparse, then a step": (
        2.187,
        15.0,
        0.943,
        0.3,
        1.813,
        0.0,
        -2.768,
        7064.0,
        4.717,
        7056.0,
        3.0,
        3.363,
        7056.0,
        3.0,
        4.657,
        4.096,
        1.0,
        7056.0,
        10.0,
    ),
    "a flare and after it": (
        2.403,
        19.0,
        1.304,
        0.399,
        -0.426,
        0.0,
        -6.032,
        7018.0,
        -1.914,
        7018.0,
        1.0,
        -2.533,
        7018.0,
        1.0,
        -1.747,
        4.305,
        1.0,
        7018.0,
        3.0,
    ),
    "a slow rise": (
        2.237,
        38.0,
        0.754,
        0.169,
        1.763,
        0.0,
        -1.984,
        7084.0,
        7.405,
        7070.0,
        9.0,
        1.52,
        7078.0,
        5.0,
        10.46,
        6.372,
        1.0,
        7070.0,
        12.0,
    ),
    "drifting and alike": (
        3.522,
        21.0,
        1.054,
        0.622,
        1.552,
        0.0,
        -6.001,
        7020.0,
        2.223,
        7015.0,
        6.0,
        -0.029,
        7014.0,
        7.0,
        1.964,
        4.298,
        1.0,
        7015.0,
        3.0,
    ),
    "gaps": (
        2.834,
        6.0,
        1.626,
        0.3,
        3.166,
        0.0,
        -1.851,
        7063.0,
        3.651,
        7009.0,
        7.0,
        2.589,
        7009.0,
        7.0,
        2.85,
        2.356,
        1.0,
        7009.0,
        7.0,
    ),
    "young": (
        2.85,
        4.0,
        1.275,
        0.368,
        2.15,
        0.0,
        -0.03,
        7003.0,
        3.289,
        7003.0,
        3.0,
        2.921,
        7003.0,
        3.0,
        2.55,
        4.64,
        1.0,
        7003.0,
        1.0,
    ),
}

REVIEWED: dict[str, Figures] = {
    "calm, then a step of 2": (
        3.134,
        8.0,
        1.135,
        0.167,
        -1.296,
        0.0,
        -6.821,
        7038.0,
        -2.664,
        7038.0,
        1.0,
        -2.853,
        7038.0,
        1.0,
        -2.315,
        6.605,
        1.0,
        7038.0,
        2.0,
    ),
    "calm, then a step of 3": (
        3.134,
        8.0,
        1.135,
        0.167,
        -1.296,
        0.0,
        -6.821,
        7036.0,
        -2.664,
        7036.0,
        1.0,
        -2.853,
        7036.0,
        1.0,
        -2.315,
        6.605,
        1.0,
        7036.0,
        2.0,
    ),
    "noisy, then a step": (
        3.233,
        8.0,
        2.259,
        -0.167,
        -1.409,
        0.0,
        -4.924,
        7051.0,
        -1.212,
        7051.0,
        1.0,
        -2.052,
        7051.0,
        1.0,
        -1.034,
        3.791,
        1.0,
        7051.0,
        2.0,
    ),
    "sparse, then a step": (
        3.134,
        8.0,
        1.135,
        0.198,
        -1.296,
        0.0,
        -6.837,
        7069.0,
        -2.598,
        7069.0,
        1.0,
        -2.847,
        7069.0,
        1.0,
        -2.262,
        6.401,
        1.0,
        7069.0,
        1.0,
    ),
    "a flare and after it": (
        3.134,
        8.0,
        1.135,
        0.167,
        -1.296,
        0.0,
        -6.821,
        7023.0,
        -2.664,
        7023.0,
        1.0,
        -2.853,
        7023.0,
        1.0,
        -2.315,
        6.605,
        1.0,
        7023.0,
        2.0,
    ),
    "a slow rise": (
        3.134,
        8.0,
        1.135,
        0.167,
        -1.296,
        0.0,
        -6.821,
        7091.0,
        -2.664,
        7091.0,
        1.0,
        -2.853,
        7091.0,
        1.0,
        -2.315,
        6.605,
        1.0,
        7091.0,
        2.0,
    ),
    "drifting and alike": (
        3.462,
        8.0,
        1.237,
        0.319,
        -1.671,
        0.0,
        -6.721,
        7025.0,
        -2.514,
        7025.0,
        1.0,
        -2.843,
        7025.0,
        1.0,
        -2.194,
        5.319,
        1.0,
        7025.0,
        1.0,
    ),
    "gaps": (
        3.139,
        8.0,
        1.705,
        0.205,
        -1.302,
        0.0,
        -5.589,
        7068.0,
        -1.513,
        7067.0,
        2.0,
        -2.554,
        7068.0,
        1.0,
        -1.249,
        4.136,
        1.0,
        7067.0,
        1.0,
    ),
    "young": (
        3.148,
        8.0,
        1.485,
        0.262,
        -1.312,
        0.0,
        -6.023,
        7010.0,
        -1.754,
        7009.0,
        2.0,
        -2.656,
        7010.0,
        1.0,
        -1.451,
        4.484,
        1.0,
        7009.0,
        2.0,
    ),
}


@pytest.mark.parametrize("name", DIARIES)
def test_where_a_diary_stands(name: str) -> None:
    assert figures(last(name)) == pytest.approx(EXPECTED[name], abs=2e-3)


@pytest.mark.parametrize("name", DIARIES)
def test_where_it_stands_five_days_after_a_review(name: str) -> None:
    """Nothing learnt while a flag was open; the new level is doubted, and given up where the old one tells better."""
    standing = change.accept(last(name, frozen_from=10), 5.0, 4, POLICY)
    for number, value in enumerate((2, 4, 1, 3, 2)):
        standing = change.advance(standing, standing.day + 1, value, POLICY, frozen=number == 1)
    assert figures(standing) == pytest.approx(REVIEWED[name], abs=2e-3)


def test_a_review_takes_up_half_of_a_rise_seen_on_two_days() -> None:
    standing = change.begin(7000, 2.0, POLICY, weight=30.0)
    assert change.accept(standing, 6.0, 2, POLICY).usual == 4.0
    assert change.accept(standing, 6.0, 18, POLICY).usual == pytest.approx(5.6)
    assert change.accept(standing, 1.0, 4, POLICY).usual == 2.0


def test_keeping_the_usual_level_starts_the_stories_again() -> None:
    before = last("calm, then a step of 3")
    kept = change.keep(before)
    assert kept.person == before.person
    assert figures(kept) == figures(change.Standing(before.day, before.person))


def reviewed(days: int = 8) -> change.Standing:
    """Usual pain was 2, for thirty days; a review took up most of a rise to 5."""
    return change.accept(change.begin(7000, 2.0, POLICY, weight=30.0), 5.0, days, POLICY)


def after(standing: change.Standing, *values: float) -> list[change.Standing]:
    told: list[change.Standing] = []
    for value in values:
        standing = change.advance(standing, standing.day + 1, value, POLICY, frozen=False)
        told.append(standing)
    return told


def test_a_review_remembers_the_old_level() -> None:
    person = reviewed().person
    assert person.usual == pytest.approx(4.4)
    assert (person.weight, person.old_usual, person.old_weight, person.back) == (6.0, 2.0, 30.0, 0.0)
    assert reviewed(days=1).weight == 3.0
    assert reviewed(days=4).weight == 4.0


def test_pain_that_goes_back_takes_up_the_old_level_and_the_stories_start_again() -> None:
    told = after(reviewed(), 2, 2, 2, 2, 2, 2)
    back = [standing.usual == 2.0 for standing in told].index(True)
    assert back == 4  # on the fifth day
    before, standing = told[back - 1], told[back]
    assert before.person.old_weight == 30.0
    assert 0 < before.person.back < POLICY.back_to_old
    assert (standing.weight, standing.person.old_weight) == (30.0, 0.0)
    assert standing == change.Standing(standing.day, standing.person, needed=standing.needed, began=standing.day)
    assert standing.needed > 0
    assert told[back + 1].weight == 31.0


def test_pain_that_stays_up_forgets_the_old_level() -> None:
    told = after(reviewed(), *[5, 4, 5, 4, 4, 5, 4, 5])
    held = [standing.person.old_weight for standing in told]
    forgotten = held.index(0.0)
    assert held == [30.0] * forgotten + [0.0] * (len(held) - forgotten)
    assert -POLICY.forget_old < told[forgotten - 1].person.back < 0
    assert told[forgotten].person.back <= -POLICY.forget_old
    assert told[-1].usual == pytest.approx(4.4, abs=0.2)
