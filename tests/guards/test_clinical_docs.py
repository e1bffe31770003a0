"""A clinician checks the numbers in docs/clinical: they must be the ones that the code uses."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from clinical import sizing, staging
from clinical.protocol import DEFAULT_PROTOCOL
from clinical.protocol.tables import PromptNumbers, Row, RowRule, Schedule, Span, WindowRule
from clinical.worsening.policy import DEFAULT, Policy

CLINICAL = Path(__file__).resolve().parents[2] / "docs" / "clinical"


def table(name: str) -> Iterator[list[str]]:
    """The rows of every table of a page, as their cells."""
    for line in (CLINICAL / name).read_text().splitlines():
        if line.startswith("|") and not line.startswith("|--"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


THRESHOLDS = {row[0].strip("`"): row[1:] for row in table("worsening.md") if re.fullmatch(r"`\w+`", row[0])}
# By the place that the last column names: what the page says about it.
PLACES = {place: row[1] for row in table("protocol.md") for place in re.findall(r"`([\w.*/]+)`", row[-1])}


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def counts(*spans: Span | None) -> list[int]:
    return [span.count for span in spans if span]


def said_of(schedule: Schedule) -> list[int]:
    """The numbers of one clock in the order in which the page tells them."""
    points = counts(*(point.at for point in schedule.points))
    if schedule.first:
        return counts(schedule.first.every, schedule.first.until, schedule.every)
    rest = counts(schedule.every, schedule.every_without_symptoms, schedule.once)
    # "then 12-monthly"
    return points + rest


def test_every_threshold_of_the_worsening_rules_is_listed_and_no_other() -> None:
    assert set(THRESHOLDS) - {"policy.py"} == {item.name for item in fields(Policy)}


@pytest.mark.parametrize("name", [item.name for item in fields(Policy)])
def test_a_threshold_is_listed_with_its_value_unit_and_source(name: str) -> None:
    item = Policy.__dataclass_fields__[name]

    assert THRESHOLDS[name] == [str(getattr(DEFAULT, name)), item.metadata["unit"] or "–", item.metadata["source"]]


@pytest.mark.parametrize("row", DEFAULT_PROTOCOL.rows, ids=str)
def test_a_row_of_the_default_protocol_is_listed_with_its_numbers(row: Row) -> None:
    rule: RowRule = DEFAULT_PROTOCOL.rows[row]
    for clock, schedule in (("XR", rule.xr), ("MR", rule.mr)):
        if schedule.exists:
            said = PLACES.get(f"rows.{row}.{clock}") or PLACES[f"rows.{row}"]
            assert numbers(said) == said_of(schedule), f"{row}.{clock}"


@pytest.mark.parametrize("name", DEFAULT_PROTOCOL.windows)
def test_a_window_is_listed_with_its_days_and_reminders(name: str) -> None:
    rule: WindowRule = next(rule for key, rule in DEFAULT_PROTOCOL.windows.items() if key == name)
    said = numbers(PLACES[f"windows.{name}"])

    if name == "at_once":
        assert (rule.before, rule.reminders, said) == (0, (0,), [rule.after, rule.grace])
    else:
        assert rule.before == rule.after
        assert said == [rule.before, rule.grace, *rule.reminders]


def test_which_interval_has_which_window_is_listed() -> None:
    listed = {row[-1].split("`")[1]: row[0] for row in table("protocol.md") if "`windows." in row[-1]}

    for name, most in DEFAULT_PROTOCOL.up_to.items():
        assert f"up to {most}" in listed[f"windows.{name}"]


def test_the_prompts_are_listed_with_their_numbers() -> None:
    stems = {place.removesuffix("*"): numbers(said) for place, said in PLACES.items() if place.startswith("prompts.")}
    for item in fields(PromptNumbers):
        stem = next(stem for stem in stems if f"prompts.{item.name}".startswith(stem))
        value = getattr(DEFAULT_PROTOCOL.prompts, item.name)
        words = {3: "three"}
        said = PLACES.get(stem) or PLACES[f"{stem}*"]
        assert value in stems[stem] or words.get(value, "-") in said, item.name
    assert numbers(PLACES["once_early_days"]) == [DEFAULT_PROTOCOL.once_early_days]


def test_the_borders_of_size_and_collapse_are_listed() -> None:
    assert numbers(PLACES["sizing.SMALL_UP_TO_DEGREES"]) == [sizing.SMALL_UP_TO_DEGREES, sizing.LARGE_FROM_DEGREES]
    medium, large = sizing.MEDIUM_FROM_PERCENT, sizing.LARGE_ABOVE_PERCENT
    assert numbers(PLACES["sizing.MEDIUM_FROM_PERCENT"]) == [medium, medium, large, large]
    assert numbers(PLACES["staging.LATE_ABOVE_MM"]) == [staging.LATE_ABOVE_MM]
