"""Doses of corticosteroids as prednisolone."""

from datetime import date, timedelta

import pytest

from clinical.steroids import Course, as_prednisolone, total_g

START = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("drug", "mg", "expected"),
    [
        ("prednisolone", 40, 40),
        ("Prednisone 5 mg tablets", 40, 40),
        ("methylprednisolone", 1000, 1250),
        ("Dexamethasone (oral)", 6, 40),
        ("hydrocortisone", 20, 5),
        ("cortisone acetate", 25, 5),
        ("deflazacort", 36, 30),
        ("", 40, None),
        ("steroid", 40, None),
        ("budesonide", 9, None),
        ("dexamethasone or prednisolone", 40, None),
    ],
)
def test_a_dose_as_prednisolone(drug: str, mg: float, expected: float | None) -> None:
    assert as_prednisolone(drug, mg) == (None if expected is None else pytest.approx(expected))


def course(first: int, days: int | None, mg: float | None) -> Course:
    began = START + timedelta(days=first)
    return Course(began, None if days is None else began + timedelta(days=days - 1), mg)


@pytest.mark.parametrize(
    ("this", "others", "expected"),
    [
        pytest.param(course(0, 3, 1250), [], 3.75, id="three pulses"),
        pytest.param(course(0, 100, 20), [], 1.82, id="three months of a longer course"),
        pytest.param(course(0, None, 25), [], 0.275, id="a course that goes on: until today"),
        pytest.param(course(0, 10, 30), [course(-60, 10, 100)], 1.3, id="with what was taken in the months before"),
        pytest.param(course(0, 10, 30), [course(-200, 10, 100)], 0.3, id="not with what was long before"),
        pytest.param(course(0, 10, 30), [course(-85, 10, 100)], 0.9, id="with the days that lie within"),
        pytest.param(course(0, 10, None), [course(-60, 10, 100)], None, id="not known is not nothing"),
        pytest.param(course(0, 10, 30), [course(-60, 10, None)], 0.3, id="another that is not known adds nothing"),
    ],
)
def test_grams_in_three_months(this: Course, others: list[Course], expected: float | None) -> None:
    assert total_g(this, others, today=START + timedelta(days=10)) == expected
