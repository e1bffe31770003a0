"""Whether a stored follow-up was done, by what, and in time."""

from datetime import date

import pytest

from clinical.protocol import Completion, completion
from clinical.record_form import person_from_json
from clinical.sites import HIPS
from tests.rules.records_made_up import Json, film, joint, record, study

OPENS, CLOSES = date(2025, 6, 1), date(2025, 7, 1)


def done(
    studies: list[Json], asked: tuple[str, ...] = ("XR",), constraints: tuple[str, ...] = (), after: str = "2025-01-10"
) -> Completion | None:
    data = record("2026-01-01", [joint(since="2025-01-10")], studies, constraints=list(constraints))
    person, as_of = person_from_json(data)
    return completion(
        person, joint=HIPS[0], studies=asked, opens=OPENS, closes=CLOSES, after=date.fromisoformat(after), as_of=as_of
    )


@pytest.mark.parametrize(
    ("on", "timing"),
    [
        ("2025-05-31", "early"),
        ("2025-06-01", "on_time"),
        ("2025-07-01", "on_time"),
        ("2025-07-02", "late"),
        ("2025-01-10", None),
        ("2026-01-02", None),
    ],
)
def test_timing(on: str, timing: str | None) -> None:
    found = done([film(on)])
    assert (found and found.timing) == timing


def test_two_films_of_one_day_did_it_together() -> None:
    found = done(
        [film("2025-06-10", views=["AP"]), film("2025-06-10", views=["frog_leg_lateral"]), study("2025-06-10")]
    )
    assert found is not None
    assert [s.modality for s in found.by] == ["DX", "DX"]


def test_one_view_does_not_do_it() -> None:
    assert done([film("2025-06-10", views=["AP"])]) is None


def test_what_was_not_made_is_named() -> None:
    found = done([study("2025-06-10")], asked=("XR", "MR"))
    assert found is not None
    assert found.missing == ("XR",)


def test_a_visit_instead() -> None:
    assert done([study("2025-06-10", "VISIT")], asked=("VISIT",), constraints=("pregnant",)) is not None
