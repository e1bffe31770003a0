"""What must hold of every history: long random ones, dense enough that rows change and clocks run late."""

import random
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from clinical.history import Person
from clinical.protocol import Plan, Row, changes_on, plan
from clinical.record_form import person_from_json, plan_to_json
from tests.rules.records_made_up import VIEWS, Json

FIRST = date(2020, 1, 31)
DAYS = 2200
JOINTS = [
    ("hip", "left"),
    ("hip", "right"),
    ("knee", "left"),
    ("shoulder", "right"),
    ("jaw", "none"),
    ("shaft", "left"),
]
STAGES: list[Json | None] = [
    None,
    None,
    {"system": "ARCO", "version": "2019", "value": "2"},
    {"system": "ARCO", "version": "1993", "value": "2B"},
    {"system": "ARCO", "version": "2019", "value": "3A"},
    {"system": "Ficat", "value": "III"},
    {"system": "Ficat", "value": "0"},
    {"value": "2"},
    {"value": "3"},
]


def _day(rng: random.Random) -> str:
    # Few distinct days, so that records of one day meet.
    return (FIRST + timedelta(days=rng.randrange(0, DAYS, 11))).isoformat()


def _finding(rng: random.Random, key: tuple[str, str]) -> Json:
    stage = rng.choice(STAGES) if rng.random() < 0.4 else None
    if stage and "system" in stage and key[0] != "hip":
        stage = None
    return {
        "site": key[0],
        "side": key[1],
        "stage": stage,
        "volume_percent": rng.choice([None, 10, 10, 22, 40]),
        "oedema": rng.choice([None, "no", "yes"]),
        "collapse_mm": rng.choice([None] * 8 + [1, 3]),
        "entered_in_error": rng.random() < 0.05,
    }


def _study(rng: random.Random, keys: list[tuple[str, str]]) -> Json:
    covered = rng.sample(keys, rng.randint(1, min(2, len(keys))))
    modality = rng.choice(["DX", "DX", "DX", "CR", "MR", "MR", "CT", "NM", "VISIT"])
    made: Json = {"on": _day(rng), "modality": modality, "covers": [list(key) for key in covered]}
    if modality in ("DX", "CR"):
        made["views"] = VIEWS.get(covered[0][0], []) if rng.random() < 0.8 else ["AP"]
    made["findings"] = [_finding(rng, key) for key in covered if rng.random() < 0.4]
    made["entered_in_error"] = rng.random() < 0.05
    return made


def _joint(rng: random.Random, key: tuple[str, str]) -> Json:
    state = rng.choice(["lesion", "lesion", "lesion", "lesion", "clear", "never_imaged", "replaced"])
    code = ["CD", "VFG", "OST", "THA", "REV", "ARTHROD", "ESWT"]
    return {
        "site": key[0],
        "side": key[1],
        "state": state,
        "since": FIRST.isoformat() if state == "lesion" else None,
        "symptom_status": [
            {"on": _day(rng), "value": rng.choice(["yes", "no", "no", "not_known"])} for _ in range(rng.randrange(6))
        ],
        "surgeon_reviews": [{"on": _day(rng)} for _ in range(rng.randrange(3))],
        "treatments": [{"code": rng.choice(code), "on": _day(rng)} for _ in range(rng.choice([0, 0, 0, 1, 2]))],
    }


def history(seed: int) -> Json:
    rng = random.Random(seed)
    keys = rng.sample(JOINTS, rng.randint(1, 4))
    ended = {"on": _day(rng), "reason": "moved"} if rng.random() < 0.1 else None
    return {
        "as_of": (FIRST + timedelta(days=rng.randrange(DAYS))).isoformat(),
        "constraints": [c for c in ("mri_unsafe", "pregnant", "kidney_disease") if rng.random() < 0.15],
        "ended": ended,
        "joints": [_joint(rng, key) for key in keys],
        "studies": [_study(rng, keys) for _ in range(rng.randrange(14))],
    }


# Seeds, not nested strategies: short records shrink well, but dense ones find more.
histories = st.integers(0, 10**9).map(history)
often = settings(max_examples=250, deadline=None)


def answer(data: Json) -> Json:
    person, as_of = person_from_json(data)
    return plan_to_json(plan(person, as_of=as_of))


def read(data: Json) -> tuple[Person, Plan]:
    person, as_of = person_from_json(data)
    return person, plan(person, as_of=as_of)


def same(plan_of: Plan) -> tuple[Any, ...]:
    return plan_of.joints, plan_of.prompts


def test_the_histories_reach_every_row() -> None:
    rows = {joint.row for seed in range(300) for joint in read(history(seed))[1].joints}
    assert rows == {*Row, None}


@often
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(data: Json, rng: random.Random) -> None:
    def shuffled(items: list[Any]) -> list[Any]:
        return rng.sample(items, len(items))

    mixed = {**data, "studies": shuffled([{**s, "findings": shuffled(s["findings"])} for s in data["studies"]])}
    mixed["joints"] = [
        {**j, **{name: shuffled(j[name]) for name in ("symptom_status", "surgeon_reviews", "treatments")}}
        for j in data["joints"]
    ]
    assert answer(mixed) == answer(data)


@often
@given(histories, st.integers(0, 10**9))
def test_what_is_in_error_or_to_come_changes_nothing(data: Json, seed: int) -> None:
    rng = random.Random(seed)
    keys = [(joint["site"], joint["side"]) for joint in data["joints"]]
    wrong = {**_study(rng, keys), "entered_in_error": True}
    later = {**_study(rng, keys), "on": "2030-01-01"}
    joints = [
        {
            **joint,
            "treatments": [*joint["treatments"], {"code": "THA", "on": _day(rng), "entered_in_error": True}],
            "symptom_status": [*joint["symptom_status"], {"on": "2030-01-01", "value": "yes"}],
        }
        for joint in data["joints"]
    ]
    assert answer({**data, "joints": joints, "studies": [*data["studies"], wrong, later]}) == answer(data)


@often
@given(histories)
def test_another_joint_s_study_changes_no_plan(data: Json) -> None:
    elsewhere = {"on": data["as_of"], "modality": "MR", "covers": [["ankle", "right"]]}
    assert answer({**data, "studies": [*data["studies"], elsewhere]})["joints"] == answer(data)["joints"]


@often
@given(histories)
def test_every_lesion_with_a_row_has_a_follow_up_or_an_end(data: Json) -> None:
    for joint in read(data)[1].joints:
        assert (joint.follow_up is not None) == (joint.row not in (None, Row.ENDED))
        assert joint.row is None or joint.reasons
        for clock in joint.clocks:
            window = clock.window
            assert window.opens <= window.target < window.closes < window.latest_safe


@often
@given(histories)
def test_a_plan_keeps_until_the_day_it_names(data: Json) -> None:
    person, before = read(data)
    change = changes_on(person, before)
    last = (before.as_of + timedelta(days=900)) if change is None else change - timedelta(days=1)
    for day in {before.as_of + (last - before.as_of) * i // 4 for i in range(1, 5)}:
        assert same(plan(person, as_of=day)) == same(before)


@often
@given(histories, st.sampled_from(["symptoms", "finding"]), st.sampled_from(["yes", "no"]))
def test_nothing_but_a_study_makes_lateness_disappear(data: Json, kind: str, value: str) -> None:
    """A target that has passed stays, to the day, when something is learnt today and the clock lives on."""
    before = read(data)[1]
    today = data["as_of"]
    if kind == "symptoms":
        said = {"on": today, "value": value}
        more = {**data, "joints": [{**j, "symptom_status": [*j["symptom_status"], said]} for j in data["joints"]]}
    else:
        findings = [{"site": j["site"], "side": j["side"], "subchondral_fracture": value} for j in data["joints"]]
        covers = [[j["site"], j["side"]] for j in data["joints"]]
        seen = {"on": today, "modality": "NM", "covers": covers, "findings": findings}
        more = {**data, "studies": [*data["studies"], seen]}
    for old, new in zip(before.joints, read(more)[1].joints, strict=True):
        lasting = {clock.clock: clock for clock in new.clocks}
        for clock in old.clocks:
            alive = clock.clock == "XR" or new.row == old.row
            if clock.window.target < before.as_of and alive and new.start == old.start:
                assert lasting[clock.clock].window == clock.window


@often
@given(histories)
def test_a_complete_film_today_ends_every_lateness_of_films(data: Json) -> None:
    before = read(data)[1]
    films = [
        {"on": data["as_of"], "modality": "DX", "covers": [[j["site"], j["side"]]], "views": VIEWS.get(j["site"], [])}
        for j in data["joints"]
    ]
    for old, new in zip(before.joints, read({**data, "studies": [*data["studies"], *films]})[1].joints, strict=True):
        for clock in new.clocks:
            if clock.clock == "XR" and old.row == new.row:
                assert clock.window.target > before.as_of
