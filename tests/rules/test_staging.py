"""How far along its own system a stage is."""

import pytest

from clinical.history import Stage
from clinical.staging import VALUES, place

IN_ORDER = [
    ("ARCO", "2019", "1 2 3A 3B 4"),
    ("ARCO", "1993", "0 1 2 3 4"),
    ("Ficat", None, "0 I II IIB III IV"),
    ("Steinberg", None, "0 I II III IV IVB V VI"),
    ("JIC", None, "1 2 3A 3B 4"),
    ("Cruess", None, "1 2 3 4 5"),
    ("Koshino", None, "1 2 3 4"),
    ("Aglietti", None, "I II III IV V"),
]


@pytest.mark.parametrize(("system", "version", "values"), IN_ORDER)
def test_each_stage_is_farther_than_the_one_before(system: str, version: str | None, values: str) -> None:
    places = [place(Stage(value, system, version)) for value in values.split()]
    assert places == sorted(set(places), key=lambda one: one or 0)
    assert None not in places


@pytest.mark.parametrize(
    ("system", "version", "one", "other"),
    [("ARCO", "1993", "2A", "2C"), ("Steinberg", None, "II", "IIB"), ("Ficat", None, "II", "IIA")],
)
def test_a_letter_that_tells_only_the_size_is_no_later_stage(
    system: str, version: str | None, one: str, other: str
) -> None:
    assert place(Stage(one, system, version)) == place(Stage(other, system, version))


def test_every_value_of_every_system_has_a_place_and_a_stage_without_a_system_has_none() -> None:
    assert all(place(Stage(v, system, version)) is not None for (system, version), vs in VALUES.items() for v in vs)
    assert place(Stage("3", None, None)) is None
