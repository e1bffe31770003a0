"""Which picture is proposed when a joint that has not collapsed gets worse."""

import pytest

from clinical.history import Constraint
from clinical.tripwire import proposal

UNSAFE, PREGNANT, KIDNEY = Constraint.MRI_UNSAFE, Constraint.PREGNANT, Constraint.KIDNEY_DISEASE


@pytest.mark.parametrize(
    ("constraints", "days_since_film", "study", "because"),
    [
        pytest.param((), None, "MR", "first", id="no film: MRI"),
        pytest.param((), 30, "CT", "film_shows_none", id="a fresh film shows no collapse: CT"),
        pytest.param((), 90, "CT", "film_shows_none", id="fresh to the day"),
        pytest.param((), 91, "MR", "first", id="an old film answers nothing"),
        pytest.param((UNSAFE,), None, "CT", "mri_unsafe", id="MRI not safe: CT"),
        pytest.param((PREGNANT,), 30, "MR", "pregnant", id="pregnant: no CT whatever the film shows"),
        pytest.param((PREGNANT,), None, "MR", "pregnant", id="pregnant: MRI"),
        pytest.param((PREGNANT, UNSAFE), 30, "VISIT", "neither", id="neither: a visit"),
        pytest.param((KIDNEY,), None, "MR", "first", id="kidneys change no modality"),
    ],
)
def test_the_study_fits_the_person(
    constraints: tuple[Constraint, ...], days_since_film: int | None, study: str, because: str
) -> None:
    found = proposal(["step"], frozenset(constraints), days_since_film=days_since_film)
    assert found
    assert (found.study, found.because) == (study, because)


def test_sudden_comes_first_whatever_else_was_said() -> None:
    sudden = proposal(["step", "sudden"], frozenset(), days_since_film=None)
    stayed = proposal(["silent"], frozenset(), days_since_film=None)
    assert sudden
    assert stayed
    assert (sudden.sudden, sudden.within, stayed.sudden, stayed.within) == (True, 3, False, 7)


@pytest.mark.parametrize("code", ["slow_rise", "wants_review", "healing_rise", "level", ""])
def test_other_rules_propose_nothing(code: str) -> None:
    assert proposal([code], frozenset(), days_since_film=1) is None
