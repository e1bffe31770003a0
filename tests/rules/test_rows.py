"""protocol.md 3 and 4: group, row, row_since, start, ending."""

import pytest

from tests.rules.records_made_up import (
    EARLY,
    LARGE,
    LATE,
    LEFT,
    MEDIUM,
    SMALL,
    Json,
    film,
    iso,
    joint,
    planned,
    record,
    stage,
    study,
)

D1, D2, D3 = "2024-01-10", "2024-06-10", "2025-01-10"
PAINLESS = {D1: "no"}


def grouped(*findings: Json, modality: str = "MR") -> str:
    days = (D1, D2, D3)
    studies = [study(days[i], modality, finding=finding) for i, finding in enumerate(findings)]
    group = planned(record("2026-01-01", [joint(since=D1)], studies)).joints[0].group
    assert group is not None
    return group.value


@pytest.mark.parametrize(
    ("finding", "group"),
    [
        pytest.param({"volume_percent": 14.9}, "small", id="under 15 %"),
        pytest.param({"volume_percent": 15}, "medium", id="15 % is medium"),
        pytest.param({"volume_percent": 30}, "medium", id="30 % is medium"),
        pytest.param({"volume_percent": 30.1}, "large", id="over 30 %"),
        pytest.param({"extent": "B"}, "medium", id="letter alone"),
        pytest.param(stage("2C", "ARCO", "1993"), "large", id="letter inside ARCO 1993"),
        pytest.param(stage("1A", "ARCO"), "small", id="letter inside ARCO without version"),
        pytest.param(stage("IIC", "Steinberg"), "large", id="letter inside Steinberg II"),
        pytest.param({"kerboul_coronal": 100, "kerboul_sagittal": 90}, "small", id="Kerboul 190"),
        pytest.param({"kerboul_coronal": 95.3, "kerboul_sagittal": 94.7}, "small", id="Kerboul 190 in decimals"),
        pytest.param({"kerboul_coronal": 100, "kerboul_sagittal": 90.5}, "medium", id="Kerboul above 190"),
        pytest.param({"kerboul_coronal": 120, "kerboul_sagittal": 120}, "large", id="Kerboul 240"),
        pytest.param({"kerboul_coronal": 180}, "not_sized", id="one angle is no size"),
        pytest.param({"jic_type": "B"}, "small", id="JIC B"),
        pytest.param({"jic_type": "C1"}, "medium", id="JIC C1"),
        pytest.param({"jic_type": "C2"}, "large", id="JIC C2"),
        pytest.param({"volume_cm3": 20}, "not_sized", id="cm3 alone"),
        pytest.param({"volume_percent": 10, "jic_type": "C2"}, "large", id="the highest wins"),
        pytest.param(stage("2", "ARCO", "2019"), "not_sized", id="a stage is no size"),
    ],
)
def test_measures(finding: Json, group: str) -> None:
    assert grouped(finding) == group


@pytest.mark.parametrize(
    ("studies", "group"),
    [
        pytest.param([study(D1, finding=LARGE), study(D2, finding=SMALL)], "small", id="the newest MRI"),
        pytest.param([study(D1, finding=SMALL), film(D2, finding=MEDIUM)], "medium", id="a newer larger film counts"),
        pytest.param([study(D1, finding=LARGE), film(D2, finding=SMALL)], "large", id="a newer smaller film does not"),
        pytest.param([film(D1, finding=LARGE), study(D2, "CT", finding=SMALL)], "small", id="an older film does not"),
        pytest.param([film(D1, finding=SMALL)], "not_sized", id="no film shows how small"),
        pytest.param([film(D1, finding=LARGE), film(D2, finding=SMALL)], "large", id="a small film hides no large one"),
        pytest.param([film(D1, finding=LARGE), film(D2, finding=MEDIUM)], "medium", id="the newest of two films"),
        pytest.param(
            [study(D1, finding=SMALL), film(D1, finding=LARGE)], "large", id="studies of one day count as one"
        ),
        pytest.param(
            [study(D1, finding=SMALL), film(D2, finding=LARGE), film(D3, finding=MEDIUM)],
            "large",
            id="each larger film after the MRI counts",
        ),
        pytest.param([study(D1, finding={**LARGE, "entered_in_error": True})], "not_sized", id="in error"),
        pytest.param([study("2026-02-01", finding=SMALL)], "not_sized", id="of tomorrow"),
    ],
)
def test_which_day_sizes(studies: list[Json], group: str) -> None:
    assert planned(record("2026-01-01", [joint(since=D1)], studies)).joints[0].group == group


COLLAPSE = [
    ("hip", "ARCO", "2019", "3A", "3B 4", "1 2"),
    ("hip", "ARCO", "1993", "3A 3", "3B 3C 4", "1 1C 2 2B"),
    ("hip", "ARCO", None, "3 3A", "3B 3C 4", "1 2 2A"),
    ("hip", "Ficat", None, "IIB III", "IV", "I II IIA"),
    ("ankle", "Ficat", None, "IIB III", "IV", "I II IIA"),
    ("hip", "Steinberg", None, "III IIIA IIIB IIIC IV IVA", "IVB IVC V VA VC VI", "I IB II IIC"),
    ("hip", "JIC", None, "3A", "3B 4", "1 2"),
    ("shoulder", "Cruess", None, "3", "4 5", "1 2"),
    ("knee", "Koshino", None, "3", "4", "1 2"),
    ("knee", "Aglietti", None, "IV", "V", "I II III"),
]


@pytest.mark.parametrize(
    ("site", "system", "version", "value", "expected"),
    [
        pytest.param(site, system, version, value, expected, id=f"{site} {system} {version or ''} {value}")
        for site, system, version, early, late, before in COLLAPSE
        for values, expected in ((early, "collapsed_early"), (late, "collapsed_late"), (before, None))
        for value in values.split()
    ],
)
def test_stage_to_collapse(site: str, system: str, version: str | None, value: str, expected: str | None) -> None:
    key = (site, "left")
    row = planned(
        record("2026-01-01", [joint(key, since=D1)], [study(D1, key=key, finding=stage(value, system, version))])
    ).joints[0]
    assert (row.row if row.group == "collapsed" else None) == expected


@pytest.mark.parametrize(
    ("finding", "row", "conflicts"),
    [
        pytest.param(stage("III", "Ficat", collapse_mm=2), "collapsed_early", 0, id="Ficat III, 2 mm is early"),
        pytest.param(stage("III", "Ficat", collapse_mm=2.1), "collapsed_late", 0, id="Ficat III over 2 mm is late"),
        pytest.param(stage("3A", "ARCO", "2019", collapse_mm=5), "collapsed_early", 1, id="the stage decides"),
        pytest.param(stage("2", "ARCO", "2019", collapse_mm=1), "collapsed_early", 1, id="a depression is collapse"),
        pytest.param({"collapse_mm": 2.5}, "collapsed_late", 0, id="depression over 2 mm"),
        pytest.param({"collapse_mm": 0}, "large", 0, id="a depression of 0 mm is none"),
        pytest.param(EARLY, "collapsed_early", 0, id="fracture, depression unknown"),
        pytest.param({**EARLY, "collapse_mm": 4}, "collapsed_late", 0, id="fracture and depression"),
        pytest.param(stage("IV", "Steinberg", extent="B"), "collapsed_early", 0, id="Steinberg IV without its letter"),
    ],
)
def test_collapse(finding: Json, row: str, conflicts: int) -> None:
    got = planned(record("2026-01-01", [joint(since=D1)], [study(D1, finding=finding)])).joints[0]
    assert (got.row, len(got.conflicts)) == (row, conflicts)


def test_collapse_does_not_heal() -> None:
    assert grouped(LATE, SMALL, SMALL) == "collapsed"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        *((pytest.param(text, "small", id=f"{text!r} is before collapse")) for text in ("2A", "2 a", "iic", " 1 ")),
        *((pytest.param(text, "large", id=f"{text!r} could be collapse")) for text in ("3", "IIB", "2B", "III", "?")),
    ],
)
def test_nameless_stage(text: str, row: str) -> None:
    data = record("2026-01-01", [joint(since=D1, pain=PAINLESS)], [study(D1, finding=stage(text, **SMALL))])
    plan = planned(data)
    assert plan.joints[0].row == row
    assert ("name_stage_system" in {p.code for p in plan.prompts}) == (row == "large")


@pytest.mark.parametrize(
    ("finding", "row"),
    [
        pytest.param(stage("0", "Ficat"), None, id="named 0"),
        pytest.param(stage(" 0"), None, id="nameless 0"),
        pytest.param(stage("0", "Ficat", collapse_mm=0, volume_cm3=0, effusion="yes"), None, id="zeros say nothing"),
        pytest.param(stage("0", "Ficat", oedema="yes"), "large", id="oedema"),
        pytest.param(stage("0", "Ficat", extent="A"), "medium", id="extent"),
        pytest.param(stage("0", "Ficat", volume_cm3=1), "large", id="cm3"),
        pytest.param(stage("0", "Ficat", subchondral_fracture="yes"), "collapsed_early", id="fracture"),
    ],
)
def test_stage_zero_says_no_lesion(finding: Json, row: str | None) -> None:
    got = planned(record("2026-01-01", [joint(state="clear")], [study(D1, finding=finding)])).joints[0]
    assert (got.row, got.state) == (row, "clear" if row is None else "lesion")


@pytest.mark.parametrize(
    ("made", "studies", "row", "since"),
    [
        pytest.param(joint(since=D1), [], "large", D1, id="hip not sized"),
        pytest.param(joint(since=D1, pain=PAINLESS), [study(D2, finding=SMALL)], "small", D2, id="small, painless"),
        pytest.param(joint(since=D1), [study(D2, finding=SMALL)], "medium", D2, id="symptoms not known"),
        pytest.param(
            joint(since=D1, pain={D1: "no", D3: "yes"}), [study(D2, finding=SMALL)], "medium", D3, id="pain later"
        ),
        pytest.param(
            joint(since=D1, pain=PAINLESS), [study(D2, finding={**SMALL, "oedema": "yes"})], "medium", D2, id="oedema"
        ),
        pytest.param(
            joint(since=D1, pain=PAINLESS),
            [study(D2, finding={**SMALL, "oedema": "yes"}), study(D3, finding={**SMALL, "oedema": "no"})],
            "small",
            D3,
            id="oedema gone",
        ),
        pytest.param(
            joint(since=D1, pain=PAINLESS),
            [study(D2, finding={**SMALL, "oedema": "yes"}), study(D3, finding={**SMALL, "oedema": "not_assessed"})],
            "medium",
            D2,
            id="oedema not assessed since",
        ),
        pytest.param(joint(since=D1, ops={D2: "CD"}), [], "after_decompression", D2, id="decompression"),
        pytest.param(joint(since=D1, ops={D2: "REG"}), [], "after_decompression", D2, id="regenerative"),
        pytest.param(joint(since=D1, ops={D2: "VFG"}), [], "after_graft", D2, id="graft"),
        pytest.param(joint(since=D1, ops={D2: "OST", D1: "CD"}), [], "after_osteotomy", D2, id="the newest counts"),
        pytest.param(joint(since=D1, ops={D2: "ESWT"}), [], "large", D1, id="other treatments do not change it"),
        pytest.param(
            joint(since=D1, ops={D2: "CD"}), [study(D2, finding=EARLY)], "after_decompression", D2, id="seen that day"
        ),
        pytest.param(
            joint(since=D1, ops={D2: "CD"}), [study(D3, finding=EARLY)], "collapsed_early", D3, id="collapsed after it"
        ),
        pytest.param(
            joint(since=D1, ops={D2: "CD"}),
            [study(D1, finding=EARLY), study(D3, finding=EARLY)],
            "after_decompression",
            D2,
            id="no more advanced than before it",
        ),
        pytest.param(
            joint(since=D1, ops={D2: "CD"}),
            [study(D1, finding=EARLY), study(D3, finding=LATE)],
            "collapsed_late",
            D3,
            id="collapsed further",
        ),
        pytest.param(joint(since=D1, ops={D2: "THA"}), [], "implant", D2, id="replaced"),
        pytest.param(joint(since=D1, ops={D2: "THA", D3: "REV"}), [], "implant", D2, id="revised"),
        pytest.param(joint(since=D1, ops={D2: "ARTHROD"}), [], "ended", D2, id="fused"),
        pytest.param(joint(since=D1, ops={D2: "ARTHROD", D3: "THA"}), [], "implant", D3, id="fusion undone"),
        pytest.param(joint(state="replaced"), [], None, None, id="replaced, no day"),
        pytest.param(joint(state="replaced", ops={D2: "REV"}), [], "implant", D2, id="only a revision"),
        pytest.param(joint(("knee", "left"), since=D1), [], "medium", D1, id="knee not sized"),
        pytest.param(joint(("shaft", "left"), since=D1), [], None, None, id="shaft"),
        pytest.param(joint(("jaw", "none"), since=D1), [], None, None, id="jaw"),
        pytest.param(joint(since=D2, ops={D1: "CD"}), [], "after_decompression", D2, id="operated before the start"),
    ],
)
def test_row(made: Json, studies: list[Json], row: str | None, since: str | None) -> None:
    got = planned(record("2026-01-01", [made], studies)).joints[0]
    assert (got.row, iso(got.row_since)) == (row, since)
    assert got.reasons


def test_of_one_day_s_statuses_the_worst_counts() -> None:
    for order in (("yes", "no"), ("no", "yes"), ("not_known", "no")):
        made = {**joint(since=D1), "symptom_status": [{"on": D3, "value": value} for value in order]}
        assert planned(record("2026-01-01", [made], [study(D1, finding=SMALL)])).joints[0].row == "medium"


def test_a_start_of_tomorrow_is_none_yet() -> None:
    made = joint(since="2026-02-01")
    assert iso(planned(record("2026-01-01", [made], [study(D2, finding=SMALL)])).joints[0].start) == D2
    assert planned(record("2026-01-01", [joint(state="replaced", since="2026-02-01")])).joints[0].start is None


@pytest.mark.parametrize("codes", [["CD", "OST", "VFG"], ["VFG", "OST", "CD"]])
def test_two_operations_on_one_day(codes: list[str]) -> None:
    for count, row in ((3, "after_graft"), (2, "after_osteotomy")):
        kept = [code for code in codes if count == 3 or code != "VFG"]
        made = {**joint(since=D1), "treatments": [{"code": code, "on": D2} for code in kept]}
        assert planned(record("2026-01-01", [made])).joints[0].row == row


def test_a_replacement_counts_after_a_fusion_of_that_day() -> None:
    made = {**joint(since=D1), "treatments": [{"code": "THA", "on": D2}, {"code": "ARTHROD", "on": D2}]}
    assert planned(record("2026-01-01", [made])).joints[0].row == "implant"


@pytest.mark.parametrize(
    ("made", "ended", "expected"),
    [
        pytest.param(joint(since=D1), None, None, id="nothing ended"),
        pytest.param(joint(since=D1, ops={D2: "THA"}), None, (D2, "replaced"), id="replaced"),
        pytest.param(joint(since=D1, ops={D2: "ARTHROD", D3: "THA"}), None, (D2, "fused"), id="the first ending"),
        pytest.param(joint(since=D1, ops={D2: "REV", D3: "THA"}), None, None, id="a revision says nothing"),
        pytest.param(joint(since=D1, ops={D2: "REV"}), D3, (D3, "moved"), id="a revision, then the person"),
        pytest.param(joint(since=D1, ops={D3: "THA"}), D2, (D2, "moved"), id="the person first"),
        pytest.param(joint(since=D1, ops={D2: "ARTHROD"}), D3, (D2, "fused"), id="fused, then the person"),
        pytest.param(joint(("jaw", "none"), since=D1), D2, (D2, "moved"), id="jaw"),
        pytest.param(joint(state="replaced"), D2, (D2, "moved"), id="replaced without a day"),
        pytest.param(joint(state="clear"), D2, None, id="a clear joint has no lesion to end"),
        pytest.param(joint(since=D1), "2026-05-01", None, id="an end in the future"),
    ],
)
def test_ending(made: Json, ended: str | None, expected: tuple[str, str] | None) -> None:
    data = record("2026-01-01", [made], ended={"on": ended, "reason": "moved"} if ended else None)
    plan = planned(data)
    got = plan.joints[0]
    assert (None if got.ended is None else (iso(got.ended[0]), got.ended[1])) == expected
    if ended and ended < "2026-01-01" and expected:
        assert (got.row, got.clocks, got.follow_up, plan.prompts) == ("ended", (), None, ())


def test_the_state_follows_from_the_record() -> None:
    right = ("hip", "right")
    joints = [joint(LEFT, state="never_imaged"), joint(right, state="never_imaged")]
    seen = planned(record("2026-01-01", joints, [study(D1, "NM"), study(D1, "VISIT", right)]))
    assert [j.state for j in seen.joints] == ["clear", "never_imaged"]
