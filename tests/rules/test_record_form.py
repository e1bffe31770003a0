"""The JSON form: the printed example, what is refused and by which name."""

import json
import re
from typing import Any

import pytest

from clinical.protocol import plan
from clinical.reasons import English
from clinical.record_form import RecordError, loads, person_from_json, plan_to_json
from tests.rules.records_made_up import Json, joint, record, study

QUESTION = """
{"as_of": "2026-11-21", "born": "1980-05-02", "constraints": ["mri_unsafe"],
 "ended": null,
 "joints": [
  {"site": "hip", "side": "left", "state": "lesion", "since": "2026-08-01",
   "symptom_status": [{"on": "2026-08-01", "value": "no"}],
   "surgeon_reviews": [{"on": "2026-09-10"}],
   "treatments": [{"code": "CD", "on": "2026-10-01"}]},
  {"site": "hip", "side": "right", "state": "clear"}],
 "studies": [
  {"on": "2026-08-01", "modality": "MR", "covers": [["hip", "left"], ["hip", "right"]],
   "findings": [{"site": "hip", "side": "left",
                 "stage": {"system": "ARCO", "version": "2019", "value": "2"},
                 "volume_percent": 22, "volume_cm3": null, "extent": null, "kerboul_coronal": 100,
                 "kerboul_sagittal": 95, "jic_type": "C1", "collapse_mm": null, "subchondral_fracture": "no",
                 "oedema": "no", "effusion": "not_assessed"}]},
  {"on": "2026-08-01", "modality": "DX", "views": ["AP", "frog_leg_lateral"],
   "covers": [["hip", "left"], ["hip", "right"]], "findings": []}]}
"""
LEFT_HIP = {
    "site": "hip",
    "side": "left",
    "state": "lesion",
    "group": "medium",
    "row": "after_decompression",
    "row_since": "2026-10-01",
    "start": "2026-08-01",
    "clocks": [
        {
            "study": "XR",
            "target": "2026-11-12",
            "opens": "2026-11-05",
            "closes": "2026-11-19",
            "latest_safe": "2026-11-26",
        },
        {
            "study": "CT",
            "target": "2027-04-01",
            "opens": "2027-03-04",
            "closes": "2027-04-29",
            "latest_safe": "2027-05-27",
            "instead_of": "MR",
            "because": "mri_unsafe",
        },
    ],
    "follow_up": {
        "target": "2026-11-12",
        "opens": "2026-11-05",
        "closes": "2026-11-19",
        "latest_safe": "2026-11-26",
        "studies": ["XR"],
        "state": "OVERDUE",
    },
    "ended": None,
    "conflicts": [],
}
RIGHT_HIP: Json = {
    **dict.fromkeys(("group", "row", "row_since", "start", "follow_up", "ended")),
    "site": "hip",
    "side": "right",
    "state": "clear",
    "clocks": [],
    "conflicts": [],
}


def test_the_printed_example() -> None:
    person, as_of = person_from_json(loads(QUESTION))
    answer = json.loads(json.dumps(plan_to_json(plan(person, as_of=as_of))))
    reasons = [one.pop("reasons") for one in answer["joints"]]
    assert answer == {
        "as_of": "2026-11-21",
        "joints": [LEFT_HIP, RIGHT_HIP],
        "prompts": [{"code": "repeat_mri_other_hip", "site": "hip", "side": "right", "target": "2027-08-01"}],
    }
    assert reasons[0][:2] == [
        "After core decompression on 1 Oct 2026.",
        "X-ray with visit: 6 weeks after the operation of 1 Oct 2026: 12 Nov 2026.",
    ]


def changed(**more: Any) -> Json:
    return {**record("2026-11-21", [joint(since="2026-01-01")], [study("2026-01-01")]), **more}


def with_joint(**more: Any) -> Json:
    return changed(joints=[{**joint(since="2026-01-01"), **more}])


def with_study(**more: Any) -> Json:
    return changed(studies=[{**study("2026-01-01"), **more}])


def with_finding(site: str = "hip", **more: Any) -> Json:
    key = (site, "left")
    return changed(joints=[joint(key, since="2026-01-01")], studies=[study("2026-01-01", key=key, finding=more)])


@pytest.mark.parametrize(
    ("data", "named"),
    [
        pytest.param([], "an object is needed", id="not an object"),
        pytest.param(changed(shoe_size=43), "unknown key 'shoe_size'", id="unknown key"),
        pytest.param({"joints": []}, "as_of", id="no as_of"),
        pytest.param(changed(as_of="21.11.2026"), "as_of: a day", id="not a day"),
        pytest.param(changed(as_of="2026-W47-6"), "as_of: a day", id="a week date"),
        pytest.param(changed(as_of="2026-02-29"), "as_of: a day", id="no such day"),
        pytest.param(changed(as_of="1899-12-31"), "as_of: a day", id="before 1900"),
        pytest.param(changed(born="2026-11-22"), "born: 2026-11-22 is after as_of", id="born tomorrow"),
        pytest.param(changed(constraints=["claustrophobic"]), "constraints[0]: one of", id="constraint"),
        pytest.param(changed(ended={"on": "2026-01-01", "reason": "lost"}), "ended.reason", id="ended why"),
        pytest.param(changed(ended={"reason": "moved"}), "ended.on: is needed", id="ended when"),
        pytest.param(with_joint(side="none"), "joints[0].side: hip has no side none", id="hip without a side"),
        pytest.param(with_joint(site="elbow"), "joints[0].site: one of", id="no such site"),
        pytest.param(with_joint(state="bad"), "joints[0].state", id="no such state"),
        pytest.param(with_joint(since=None), "joints[0]: a lesion needs since", id="a lesion since nothing"),
        pytest.param(with_joint(since="2026-11-22"), "joints[0]: a lesion needs since", id="a lesion of tomorrow"),
        pytest.param(
            changed(joints=[joint(since="2026-01-01")] * 2), "joints[1]: the left hip is listed twice", id="twice"
        ),
        pytest.param(with_joint(treatments=[{"code": "XYZ", "on": "2026-01-01"}]), "treatments[0].code", id="code"),
        pytest.param(with_joint(symptom_status=[{"on": "2026-01-01"}]), "symptom_status[0].value", id="no value"),
        pytest.param(
            with_joint(surgeon_reviews=[{"on": "2026-01-01", "entered_in_error": 1}]),
            "entered_in_error",
            id="1 for true",
        ),
        pytest.param(with_study(modality="XR"), "studies[0].modality", id="modality"),
        pytest.param(with_study(covers=None), "studies[0].covers: is needed", id="covers"),
        pytest.param(with_study(covers=[["hip"]]), "studies[0].covers[0]: a pair", id="half a pair"),
        pytest.param(with_study(views=["AP"]), "studies[0].views: views go with DX", id="an MRI with views"),
        pytest.param(with_study(modality="DX", views=["oblique"]), "studies[0].views[0]", id="no such view"),
        pytest.param(
            with_study(findings=[{"site": "knee", "side": "left"}]),
            "findings[0]: a finding about the left knee",
            id="knee",
        ),
        pytest.param(
            with_study(covers=[], findings=[{"site": "hip", "side": "left"}]), "does not cover", id="not covered"
        ),
        pytest.param(with_finding(volume_percent=100.1), "findings[0].volume_percent", id="over 100 %"),
        pytest.param(with_finding(volume_percent=True), "volume_percent: a number", id="true is no number"),
        pytest.param(with_finding(volume_percent="22"), "volume_percent: a number", id="a text is no number"),
        pytest.param(with_finding(volume_percent=float("nan")), "volume_percent", id="not a number"),
        pytest.param(with_finding(collapse_mm=10**5000), "more than 20 digits", id="a huge number"),
        pytest.param(with_finding(kerboul_coronal=180.5), "kerboul_coronal", id="over 180 degrees"),
        pytest.param(with_finding(oedema=True), "oedema: one of yes, no", id="a tick is a word"),
        pytest.param(with_finding(jic_type="C"), "jic_type", id="JIC C"),
        pytest.param(with_finding(stage={"system": "ARCO", "version": "2019", "value": "3"}), "'3'", id="ARCO 2019 3"),
        pytest.param(
            with_finding(stage={"system": "ARCO", "version": "2020", "value": "2"}), "version", id="ARCO 2020"
        ),
        pytest.param(
            with_finding(stage={"system": "Ficat", "version": "2019", "value": "I"}), "only with", id="version"
        ),
        pytest.param(with_finding(stage={"version": "2019", "value": "2"}), "only with ARCO", id="version alone"),
        pytest.param(with_finding(stage={"system": "Cruess", "value": "1"}), "not a system for the hip", id="Cruess"),
        pytest.param(
            with_finding("knee", stage={"system": "Steinberg", "value": "I"}), "for the knee", id="knee system"
        ),
        pytest.param(with_finding(stage={"value": ""}), "1 to 20", id="an empty stage"),
        pytest.param(with_finding(stage={"value": "x" * 21}), "1 to 20", id="a long stage"),
        pytest.param(with_finding(stage={"value": "\ud800"}), "no text has", id="half a character"),
        pytest.param(with_finding(entered_in_error=True, extent="D"), "extent", id="records in error must be valid"),
    ],
)
def test_refused_by_name(data: object, named: str) -> None:
    with pytest.raises(RecordError, match=re.escape(named)) as refused:
        person_from_json(data)
    assert str(refused.value).isascii()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"as_of": "2026-01-01", "as_of": "2026-01-02"}', "'as_of' is given twice"),
        ('{"joints": [{"side": 1, "side": 1}]}', "'side' is given twice"),
        ("[NaN]", "NaN"),
        ("[-Infinity]", "Infinity"),
        ("[" * 100_000, "nested too deeply"),
        (f"[{'9' * 5000}]", "too many digits"),
        ("{", "not JSON"),
        ("", "not JSON"),
    ],
)
def test_text_that_is_refused(text: str, named: str) -> None:
    with pytest.raises(RecordError, match=named):
        loads(text)


def test_a_place_in_a_list_is_named() -> None:
    with pytest.raises(RecordError, match=re.escape("[3].joints[0].state")):
        person_from_json(with_joint(state="bad"), at="[3]")


def test_all_but_the_needed_may_be_missing_or_null() -> None:
    keys = ("born", "constraints", "ended", "joints", "studies")
    assert person_from_json({"as_of": "2026-01-01"}) == person_from_json({"as_of": "2026-01-01", **dict.fromkeys(keys)})


def test_every_template_is_filled_by_name() -> None:
    known = {"study", "instead_of", "stage", "millimetres", "size", "count"}
    for code, template in English.items():
        for name in re.findall(r"{(\w+)}", template):
            assert name in known or name.endswith("_on"), code
