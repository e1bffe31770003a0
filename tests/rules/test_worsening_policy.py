"""Every threshold: what it may be, what is refused and how that is said, and how a clinic's own are stored."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, fields
from importlib.util import find_spec, module_from_spec
from types import ModuleType

import pytest

from clinical.worsening import DEFAULT, Policy, from_json, to_json

# Unit, least and most, and the thresholds they are for.
BOUNDS: dict[tuple[str, float, float], str] = {
    ("", 1, 1000000000): "version",
    ("days", 1, 365): "weight_bearing_clear_days wound_days silent_window silent_before verdict_days image_film_days",
    ("NRS points", 1, 10.0): "injury_nrs fever_nrs sudden_rise silent_nrs asymptomatic_nrs",
    ("NRS points", 0.5, 10.0): "fever_rise small_step large_step slow_rise still_up flare_points healing_rise",
    ("NRS points", 4, 10.0): "sudden_nrs level_nrs",
    ("hours", 24, 336): "sudden_hours",
    ("count", 1, 5): "sudden_days",
    ("own spreads", 0.0, 10.0): "sudden_spreads",
    ("count", 3, 12): "slow_rise_weeks",
    ("", 0.0, 20): "large_step_cost slow_rise_cost flare_cost",
    ("", 1.0, 50.0): "evidence_needed",
    ("NRS points", 0.5, 5): "noise_typical",
    ("", 1.0, 5.0): "calm_most dense_most",
    ("", 0.1, 1.0): "noisy_least sparse_least",
    ("", 0.05, 1.0): "logged_typical",
    ("count", 3, 60): "usual_entries",
    ("days with an entry", 10, 400): "usual_memory",
    ("count", 1, 60): "clinic_usual_weight spread_weight memory_weight silent_days rest_days "
    "rest_clear_entries mechanical_days function_before_entries level_entries reviewed_entries",
    ("own spreads", 0.5, 10): "learning_clip",
    ("", 0.5, 20): "entry_most",
    ("days", 1, 14): "flare_days function_gap",
    ("", 0.0, 5): "young_usual",
    ("", 0.0, 10): "doubt_stops_learning",
    ("NRS points", 0.3, 5): "spread_typical",
    ("NRS points", 0.3, 3): "spread_least",
    ("", 0.0, 0.9): "memory_typical",
    ("NRS points", 0.0, 10.0): "silent_usual asymptomatic_usual",
    ("days", 1, 3650): "history_days",
    ("days", 1, 60): "quiet_answer_days rest_window rest_clear mechanical_clear function_before level_window",
    ("days", 1, 30): "image_sudden_days image_sustained_days mechanical_window function_window",
    ("HOOS JR points", 1, 100): "hoos_jr_yellow hoos_jr_amber",
    ("OHS points", 1, 48): "ohs_yellow ohs_amber",
    ("PEG points", 0.5, 10): "peg_yellow",
    ("logging intervals", 1, 20): "quiet_intervals",
    ("mm", 0.1, 10): "depression_mm",
    ("% of the head", 1, 100): "volume_points",
    ("mg prednisolone", 1, 1000): "steroid_mg_per_day",
    ("g in 3 months", 0.1, 100): "steroid_total_g",
    ("count", 0, 52): "preserving_weeks arthroplasty_weeks",
    ("days", 0, 365): "healing_from_day amber_cooldown yellow_cooldown",
    ("hours", 0, 168): "red_cooldown_hours",
    ("hours", 1, 336): "late_hours",
    ("days", 1, 28): "recent_days",
    ("days", 0.0, 60): "review_doubt",
    ("", 0.5, 50): "back_to_old forget_old",
}
STEPS = {"small_step", "large_step"}


def bounds() -> dict[str, tuple[str, float, float]]:
    return {name: bound for bound, names in BOUNDS.items() for name in names.split()}


def read_anew() -> ModuleType:
    """The thresholds as the file gives them now: its table is made once, when it is first read."""
    spec = find_spec("clinical.worsening.policy")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_one(name: str, value: object) -> Policy:
    """The default with one threshold changed; both steps together, as the large one may not be below the small."""
    return Policy(**dict.fromkeys(STEPS if name in STEPS else [name], value))  # type: ignore[arg-type]


def test_each_threshold_has_its_unit_and_bounds() -> None:
    items = fields(read_anew().Policy)
    metadata = {item.name: (item.metadata["unit"], item.metadata["least"], item.metadata["most"]) for item in items}
    assert metadata == bounds()
    assert {item.name: item.default for item in items} == asdict(DEFAULT)
    assert all(item.metadata["source"] for item in items)


@pytest.mark.parametrize("name", bounds())
def test_the_least_and_the_most_are_accepted_and_what_is_beyond_is_refused(name: str) -> None:
    _, least, most = bounds()[name]
    for value in (least, most):
        assert getattr(with_one(name, value), name) == value
    together = [item for item in asdict(DEFAULT) if item in (STEPS if name in STEPS else {name})]
    for value in (least - 1, most + 1):
        why = "; ".join(f"{item}: {value} is not in {least} to {most}" for item in together)
        with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
            with_one(name, value)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "any", None, True, 10**9])
@pytest.mark.parametrize("name", ["fever_nrs", "silent_window", "evidence_needed", "amber_cooldown", "flare_days"])
def test_a_policy_refuses_what_makes_no_sense(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        Policy(**{name: value})  # type: ignore[arg-type]


def test_a_policy_is_stored_and_read_again() -> None:
    changed = Policy(version=2, level_nrs=8, silent_window=21)
    assert from_json(to_json(changed)) == changed
    assert from_json('{"level_nrs": 8}') == Policy(level_nrs=8)
    assert json.loads(to_json(changed)) == asdict(changed)


def test_a_policy_is_stored_in_one_order_so_that_equal_ones_are_equal_texts() -> None:
    assert list(json.loads(to_json(DEFAULT))) == sorted(asdict(DEFAULT))


def test_the_large_step_may_be_as_small_as_the_small_one() -> None:
    assert Policy(small_step=3, large_step=3).large_step == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"levle_nrs": 8}', "unknown: levle_nrs"),
        ('{"levle_nrs": 8, "flare": 1}', "unknown: flare, levle_nrs"),
        ("[]", "not a policy"),
        ('{"silent_window": 14.5}', "silent_window: not a whole number"),
        ('{"large_step": 1}', "large_step: below small_step"),
        ('{"level_nrs": NaN}', "level_nrs: not a number"),
        ('{"fever_nrs": 11}', "fever_nrs: 11 is not in 1 to 10.0"),
        ('{"fever_nrs": 0}', "fever_nrs: 0 is not in 1 to 10.0"),
        ('{"fever_nrs": "4", "wound_days": 0}', "fever_nrs: not a number; wound_days: 0 is not in 1 to 365"),
    ],
)
def test_a_stored_policy_is_checked(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        from_json(text)
