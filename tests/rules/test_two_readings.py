"""The engine and the second reading of the protocol agree. For more seeds: python -m tests.rules.two_readings."""

import json
import re

import pytest

from clinical import record_form
from tests.rules import second_reading, two_readings
from tests.rules.second_reading import Json

HIP = {"site": "hip", "side": "left"}


@pytest.mark.parametrize("first", range(0, 2500, 500))
def test_made_up_persons_get_the_same_plan(first: int) -> None:
    differing = [seed for seed, _ in two_readings.differing_plans(range(first, first + 500))]

    assert differing == [], two_readings.describe_plans(differing[0], two_readings.history_of(differing[0]))


def test_the_same_questions_are_refused() -> None:
    differing = [question for _, question in two_readings.differing_refusals(range(2500))]

    assert differing == []


def test_every_row_state_and_prompt_is_reached() -> None:
    answers = [second_reading.plan(two_readings.history_of(seed)) for seed in range(600)]
    joints = [joint for answer in answers for joint in answer["joints"]]
    states = {joint["follow_up"]["state"] for joint in joints if joint["follow_up"]}
    prompts = {prompt["code"] for answer in answers for prompt in answer["prompts"]}

    assert len({joint["row"] for joint in joints}) == 11  # ten rows, and none
    assert len({joint["group"] for joint in joints}) == 7  # six groups, and none
    assert states == {"PLANNED", "OPEN", "DUE", "OVERDUE", "BREACH"}
    assert len(prompts) == 10


def walk(pain_on: str) -> Json:
    """The example of the walk: small, last film on 10 Jan 2025, then pain."""
    film = {"on": "2025-01-10", "modality": "DX", "views": ["AP", "frog_leg_lateral"], "covers": [["hip", "left"]]}
    scan = {"on": "2024-09-01", "modality": "MR", "covers": [["hip", "left"]], "findings": [{**HIP, "extent": "A"}]}
    pain = [{"on": "2024-09-01", "value": "no"}, {"on": pain_on, "value": "yes"}]
    return {
        "as_of": "2026-03-02",
        "joints": [{**HIP, "state": "lesion", "symptom_status": pain}],
        "studies": [scan, film],
    }


@pytest.mark.parametrize(
    ("pain_on", "target", "closes", "state"),
    [
        pytest.param("2026-03-01", "2025-07-10", "2025-08-07", "BREACH", id="it lay before the change and stays"),
        pytest.param("2025-06-01", "2025-06-01", "2025-06-15", "BREACH", id="it had not passed and is worked out anew"),
    ],
)
def test_both_walk_as_the_example_says(pain_on: str, target: str, closes: str, state: str) -> None:
    for answer in (two_readings.engine_plan(walk(pain_on)), second_reading.plan(walk(pain_on))):
        xr = next(clock for clock in answer["joints"][0]["clocks"] if clock["study"] == "XR")
        assert (xr["target"], xr["closes"]) == (target, closes)
        assert answer["joints"][0]["follow_up"]["state"] == state


def test_a_key_given_twice_is_refused_by_name() -> None:
    with pytest.raises(record_form.RecordError, match="as_of"):
        record_form.loads('{"as_of": "2026-01-01", "joints": [], "as_of": "2026-01-02"}')


def test_a_difference_is_shown_as_its_smallest_history() -> None:
    question = walk("2025-06-01")

    little = two_readings.smallest(question, lambda q: bool(re.search("2025-06-01", json.dumps(q))))

    assert little == {"joints": [{"symptom_status": [{"on": "2025-06-01"}]}]}
