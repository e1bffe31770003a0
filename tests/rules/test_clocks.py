"""protocol.md 2, 5 and 6: targets and windows, to the day."""

from datetime import timedelta

import pytest

from clinical.protocol import state_on
from tests.rules.records_made_up import EARLY, LARGE, LATE, SMALL, Json, due, film, joint, planned, record, study

S = "2025-01-10"
NO = {S: "no"}
NOW = "2026-11-21"
SIZED = study(S, finding=SMALL)


def small(pain: dict[str, str] | None = None) -> Json:
    return joint(since=S, pain={**NO, **(pain or {})})


XR_CASES = [
    pytest.param(small(), [SIZED, film(S)], ("2025-07-10", 56), id="small: 6 months"),
    pytest.param(
        joint(since="2020-01-10", pain={"2020-01-10": "no"}),
        [study("2020-01-10", finding=SMALL), film("2025-01-10")],
        ("2026-01-10", 84),
        id="small: 12 months from the fifth year",
    ),
    pytest.param(
        joint(since="2020-01-10", pain={"2020-01-10": "no"}),
        [study("2020-01-10", finding=SMALL), film("2025-01-09")],
        ("2025-07-09", 56),
        id="small: 6 months the day before",
    ),
    pytest.param(small({"2026-03-01": "yes"}), [SIZED, film(S)], ("2025-07-10", 56), id="walk: lateness stays"),
    pytest.param(small({"2025-06-01": "yes"}), [SIZED, film(S)], ("2025-06-01", 28), id="walk: worked out anew"),
    pytest.param(small({"2025-07-10": "yes"}), [SIZED, film(S)], ("2025-07-10", 28), id="walk: on the day is not past"),
    pytest.param(
        small({"2025-06-01": "yes", "2025-06-20": "no"}),
        [SIZED, film(S)],
        ("2025-06-01", 28),
        id="walk: what stays stays through later changes",
    ),
    pytest.param(small({"2025-03-01": "yes"}), [SIZED, film(S)], ("2025-04-10", 28), id="walk: the shorter interval"),
    pytest.param(
        small({"2025-03-01": "yes", "2025-04-01": "no"}), [SIZED, film(S)], ("2025-07-10", 56), id="walk: and back"
    ),
    pytest.param(small(), [SIZED], (S, 14), id="at once: none was ever made"),
    pytest.param(
        small(),
        [SIZED, film("2024-01-01")],
        (S, 56),
        id="a film before the row: not before its first day, with the interval's window",
    ),
    pytest.param(joint(since=S), [film("2025-02-01")], ("2025-05-01", 28), id="large: 3 months"),
    pytest.param(
        joint(since="2022-01-10"), [film("2024-01-09")], ("2024-04-09", 28), id="large: just before 24 months"
    ),
    pytest.param(joint(since="2022-01-10"), [film("2024-01-10")], ("2024-07-10", 56), id="large: from 24 months"),
    pytest.param(
        joint(("knee", "left"), since="2022-01-10"),
        [film("2023-01-10", ("knee", "left"))],
        ("2023-07-10", 56),
        id="medium: from 12 months",
    ),
    pytest.param(joint(since=S), [film(S, finding=EARLY)], ("2025-04-10", 28), id="collapsed early: 3 months"),
    pytest.param(joint(since=S), [film(S, finding=LATE)], ("2025-07-10", 56), id="collapsed late, not known: 6"),
    pytest.param(small(), [film(S, finding=LATE)], ("2026-01-10", 84), id="collapsed late, painless: 12"),
    pytest.param(
        small({"2025-06-01": "yes"}), [film(S, finding=LATE)], ("2025-07-10", 56), id="collapsed late: pain comes"
    ),
    pytest.param(
        small({"2026-01-10": "yes"}),
        [film(S, finding=LATE)],
        ("2026-01-10", 56),
        id="collapsed late: pain on the day itself",
    ),
    pytest.param(
        joint(since=S, pain={"2025-08-01": "no"}),
        [film(S, finding=LATE)],
        ("2025-07-10", 56),
        id="collapsed late: lateness stays when the pain goes",
    ),
    pytest.param(joint(since=S, ops={"2025-03-01": "CD"}), [film(S)], ("2025-04-12", 14), id="points: 6 weeks"),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "CD"}), [film("2025-04-04")], ("2025-04-12", 14), id="points: before it opens"
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "CD"}), [film("2025-04-05")], ("2025-06-01", 28), id="points: once open"
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "CD"}),
        [film("2026-02-01")],
        ("2026-09-01", 56),
        id="points: one study satisfies all before it",
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "VFG"}), [film("2025-11-17")], ("2026-03-01", 28), id="graft: 12 months"
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "OST"}), [film("2025-08-18")], ("2026-03-01", 56), id="osteotomy: 12 months"
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "OST"}),
        [film("2026-02-01")],
        ("2027-02-01", 84),
        id="points: after the last, from the newest study",
    ),
    pytest.param(joint(since=S, ops={"2025-03-01": "THA"}), [], ("2025-05-24", 28), id="implant: 12 weeks"),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "THA"}), [film("2025-05-20")], ("2026-03-01", 84), id="implant: 12 months"
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "THA"}), [film("2026-03-01")], ("2035-03-01", 84), id="implant: 120 months"
    ),
    pytest.param(
        joint(since="2010-01-01", ops={"2010-03-01": "THA"}),
        [film("2020-03-01")],
        ("2023-03-01", 84),
        id="implant: then every 36",
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "THA", "2026-03-01": "REV"}),
        [film("2025-05-20")],
        ("2026-05-24", 28),
        id="implant: a revision begins anew",
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "CD"}),
        [film(S), study("2025-04-01", finding=EARLY)],
        ("2025-04-01", 14),
        id="an operation begins anew: no anchor before it, at once",
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "CD"}),
        [film(S), study("2025-05-01", finding=EARLY)],
        ("2025-04-12", 14),
        id="a point of an operation stays",
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "CD"}),
        [film("2025-03-01"), study("2025-04-01", finding=EARLY)],
        ("2025-06-01", 28),
        id="a film on the day of the operation is an anchor after it",
    ),
    pytest.param(
        joint(since=S, ops={"2025-03-01": "CD", "2025-09-01": "CD"}),
        [film("2025-06-01")],
        ("2025-10-13", 14),
        id="a second operation begins anew",
    ),
    pytest.param(joint(since=S), [film(S, views=["AP"])], (S, 14), id="one view is no film"),
    pytest.param(
        joint(since=S),
        [film("2025-02-01", views=["AP"]), study("2025-02-01", "CR", views=["cross_table_lateral"])],
        ("2025-05-01", 28),
        id="views of one day are taken together",
    ),
    pytest.param(joint(since=S), [study("2025-02-01", "VISIT")], (S, 14), id="a visit is no film"),
    pytest.param(joint(since=S), [film("2025-02-01", entered_in_error=True)], (S, 14), id="a film in error"),
    pytest.param(joint(since="2025-05-31"), [film("2025-11-30")], ("2026-02-28", 28), id="months are clipped"),
    pytest.param(joint(since=S), [film("2025-03-31")], ("2025-06-30", 28), id="months are clipped to the 30th"),
    pytest.param(joint(since=S), [film("2025-01-31")], ("2025-04-30", 28), id="months are not chained"),
]


@pytest.mark.parametrize(("made", "studies", "expected"), XR_CASES)
def test_xr(made: Json, studies: list[Json], expected: tuple[str, int]) -> None:
    assert due(record(NOW, [made], studies)) == expected


@pytest.mark.parametrize(
    ("made", "studies", "expected"),
    [
        pytest.param(small(), [SIZED], ("2026-01-10", 84), id="small: once, 12 months after the first"),
        pytest.param(small(), [SIZED, study("2025-11-28")], ("2026-01-10", 84), id="small: 43 days early is not it"),
        pytest.param(small(), [SIZED, study("2025-11-29")], None, id="small: 42 days early is done"),
        pytest.param(
            small(),
            [study("2024-06-01"), study(S, "CT", finding=SMALL)],
            (S, 14),
            id="small: only one before the start, at once",
        ),
        pytest.param(
            small({"2025-08-01": "yes"}),
            [study("2024-06-01"), study(S, "CT", finding=SMALL)],
            (S, 14),
            id="small: at once stays when pain comes",
        ),
        pytest.param(
            small({"2026-01-11": "yes"}), [SIZED], ("2026-01-10", 84), id="small: the once-MRI stays when pain comes"
        ),
        pytest.param(
            small({"2025-03-01": "yes"}), [SIZED, study("2026-01-10")], ("2027-01-10", 84), id="medium: 12 months"
        ),
        pytest.param(
            small({"2026-02-01": "yes"}), [SIZED, study("2025-12-10")], ("2026-12-10", 84), id="done, then medium: anew"
        ),
        pytest.param(
            small({"2025-03-01": "yes", "2026-02-01": "no"}),
            [SIZED],
            ("2026-01-10", 84),
            id="medium's lateness stays in small",
        ),
        pytest.param(joint(since=S), [study("2025-02-01", finding=LARGE)], ("2025-08-01", 56), id="large: 6 months"),
        pytest.param(joint(since="2022-01-10"), [study("2024-01-10")], ("2025-01-10", 84), id="large: 12 from 24"),
        pytest.param(joint(since=S), [], (S, 14), id="at once"),
        pytest.param(
            joint(since=S, pain=NO), [film("2025-03-01", finding=SMALL)], (S, 14), id="at once from the first day"
        ),
        pytest.param(joint(since=S), [study(S, finding=EARLY)], None, id="collapsed: none"),
        pytest.param(
            joint(since=S, ops={"2025-03-01": "CD"}), [study("2025-08-03")], ("2025-09-01", 56), id="decompression: 6"
        ),
        pytest.param(
            joint(since=S, ops={"2025-03-01": "CD"}), [study("2025-08-04")], ("2026-03-01", 56), id="decompression: 12"
        ),
        pytest.param(
            joint(since=S, ops={"2025-03-01": "CD"}), [study("2026-02-01")], None, id="decompression: then none"
        ),
        pytest.param(joint(since=S, ops={"2025-03-01": "VFG"}), [], None, id="graft: none"),
        pytest.param(joint(since=S, ops={"2025-03-01": "THA"}), [], None, id="implant: none"),
        pytest.param(joint(since=S), [study("2025-02-01", "CT")], (S, 14), id="a CT is no MRI"),
    ],
)
def test_mr(made: Json, studies: list[Json], expected: tuple[str, int] | None) -> None:
    assert due(record(NOW, [made], studies), "MR") == expected


@pytest.mark.parametrize(
    ("constraints", "studies", "names", "xr", "mr"),
    [
        (["mri_unsafe"], [study("2025-02-01", "CT")], ["XR", "CT"], S, "2025-08-01"),
        (["pregnant"], [study("2025-02-01", "VISIT")], ["VISIT", "MR"], "2025-05-01", S),
        (["pregnant", "mri_unsafe"], [study("2025-02-01", "VISIT")], ["VISIT", "VISIT"], "2025-05-01", "2025-08-01"),
        (["mri_unsafe"], [study("2025-02-01", "VISIT")], ["XR", "CT"], S, S),
        (["kidney_disease"], [], ["XR", "MR"], S, S),
    ],
)
def test_constraints(constraints: list[str], studies: list[Json], names: list[str], xr: str, mr: str) -> None:
    data = record(NOW, [joint(since=S)], studies, constraints=constraints)
    got = planned(data).joints[0]
    by_clock = {clock.clock: clock for clock in got.clocks}
    assert [by_clock[name].study for name in ("XR", "MR")] == names
    assert [by_clock[name].window.target.isoformat() for name in ("XR", "MR")] == [xr, mr]
    assert got.follow_up is not None
    assert len(set(got.follow_up.studies)) == len(got.follow_up.studies)


def test_one_pelvis_film_covers_both_hips() -> None:
    both = [joint(since=S), joint(("hip", "right"), since=S)]
    pelvis = film("2025-02-01", covers=[["hip", "left"], ["hip", "right"]])
    data = record(NOW, both, [pelvis])
    assert due(data) == due(data, at=1) == ("2025-05-01", 28)


def test_states_of_a_window() -> None:
    got = planned(record("2025-02-01", [joint(since=S)], [film(S), study(S)])).joints[0].follow_up
    assert got is not None
    window = got.window
    edges = [window.opens, window.target, window.closes + timedelta(1), window.latest_safe + timedelta(1)]
    assert [state_on(window, day) for day in edges] == ["OPEN", "DUE", "OVERDUE", "BREACH"]
    before = [state_on(window, day - timedelta(1)) for day in edges]
    assert before == ["PLANNED", "OPEN", "DUE", "OVERDUE"]
    assert (window.closes - window.target).days == (window.latest_safe - window.closes).days == 14


@pytest.mark.parametrize(
    ("as_of", "studies"),
    [
        pytest.param("2025-02-01", ("XR",), id="the MRI is not open when the film closes"),
        pytest.param("2025-06-11", ("XR",), id="the day before it opens"),
        pytest.param("2025-06-12", ("XR", "MR"), id="a missed film hides no MRI"),
    ],
)
def test_the_follow_up_carries_what_has_opened(as_of: str, studies: tuple[str, ...]) -> None:
    got = planned(record(as_of, [joint(since=S)], [film(S), study(S)])).joints[0].follow_up
    assert got is not None
    assert got.studies == studies


def test_on_one_day_the_narrower_window_leads() -> None:
    data = record(NOW, [joint(since=S)], [film("2024-01-01")])
    got = planned(data).joints[0]
    assert {clock.window.target.isoformat() for clock in got.clocks} == {S}
    assert got.follow_up is not None
    assert got.follow_up.window_name == "at_once"
