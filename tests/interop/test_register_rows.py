"""Whole rows: what is ready, what waits and for which decision, what is handed back."""

from datetime import date

import pytest

from interop.register.problems import RowState, Severity
from interop.register.reading import Choices, read_register
from interop.register.together import understand_all
from interop.register.understanding import ReadRow, normal_mrn

TODAY = date(2026, 11, 21)
COLUMNS = "MRN;Name;DOB;Joint;Stage;Size;Sympt;Last XR;Last MRI;Next review;Surgery;Notes"
GOOD = {
    "MRN": "AV-1",
    "Name": "Lee, Ann",
    "DOB": "13.05.1970",
    "Joint": "L hip",
    "Stage": "ARCO 2",
    "Size": "12 %",
    "Sympt": "N",
    "Last XR": "14.10.2026",
    "Last MRI": "14.09.2026",
    "Next review": "",
    "Surgery": "",
    "Notes": "",
}


def rows(
    *changed: dict[str, str], decided: dict[str, str] | None = None, choices: Choices | None = None
) -> list[ReadRow]:
    lines = [COLUMNS] + [";".join({**GOOD, **change}[name] for name in COLUMNS.split(";")) for change in changed]
    reading = read_register("\n".join(lines).encode(), choices or Choices(), today=TODAY)
    return list(understand_all(reading, {2: decided} if decided else {}))


def row(decided: dict[str, str] | None = None, **changed: str) -> ReadRow:
    return rows({name.replace("_", " "): value for name, value in changed.items()}, decided=decided)[0]


def codes(read: ReadRow) -> list[str]:
    return [problem.code for problem in read.problems if problem.severity is not Severity.NOTICE]


def test_a_good_row_is_ready() -> None:
    read = row()

    assert (read.state, read.problems) == (RowState.READY, ())
    assert read.understood is not None
    (lesion,) = read.understood.lesions
    assert lesion.finding_on is not None
    assert lesion.finding_on.modality == "MR"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"MRN": ""}, "mrn_missing"),
        ({"MRN": "1.23E+05"}, "mrn_damaged"),
        ({"MRN": "a\u202eb1"}, "mrn_bad"),
        ({"Name": ""}, "name_missing"),
        ({"Name": "Ann\tBcc"}, "name_bad"),
        ({"Joint": ""}, "joint_missing"),
    ],
)
def test_rows_handed_back(changed: dict[str, str], code: str) -> None:
    (read,) = rows(changed)

    assert (read.state, codes(read)) == (RowState.REFUSED, [code])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Name": "?ahin, Ann"}, "name_letters_lost"),
        ({"Name": "=HYPERLINK(1)a"}, "name_formula"),
        ({"DOB": "31/02/1980"}, "date_impossible"),
        ({"DOB": "13.05.2027"}, "date_future"),
        ({"DOB": "1970"}, "born_not_whole"),
        ({"DOB": "13.05.2020"}, "born_child"),
        ({"DOB": "13.05.1900"}, "born_too_old"),
        ({"DOB": ""}, "born_missing"),
        ({"Joint": "hip"}, "side_missing"),
        ({"Joint": "left"}, "site_missing"),
        ({"Joint": "elbow L"}, "joint_unreadable"),
        ({"Stage": "3b"}, "stage_system_missing"),
        ({"Stage": "early"}, "stage_unreadable"),
        ({"Joint": "L shoulder"}, "stage_wrong_site"),
        ({"Last XR": "14.12.2026"}, "date_future"),
        ({"Last XR": "14.10.1960"}, "date_before_birth"),
        ({"Last XR": "", "Last MRI": ""}, "stage_without_image"),
        ({"Stage": "ARCO 1", "Last MRI": ""}, "stage_needs_mri"),
        ({"Size": "40"}, "size_unit_missing"),
        ({"Next review": "discharged"}, "review_discharged"),
        ({"Next review": "RIP"}, "review_ended"),
        ({"Surgery": "THR planned"}, "treatment_not_done"),
        ({"Surgery": "THR"}, "treatment_date_missing"),
        ({"Joint": "B/L hips", "Surgery": "THR 05/2024"}, "treatment_side_missing"),
        ({"Surgery": "R THR 05/2024"}, "treatment_other_joint"),
        ({"Surgery": "CD 09/2026"}, "image_in_month_of_operation"),
        ({"Surgery": "CD 20.09.2026"}, "stage_before_or_after"),
        ({"Joint": "L hip, R knee", "Stage": "Ficat 2"}, "stage_joint_unclear"),
    ],
)
def test_rows_that_wait_for_a_person(changed: dict[str, str], code: str) -> None:
    (read,) = rows(changed)

    assert read.state is RowState.LOOK
    assert code in codes(read)
    assert all(problem.choices for problem in read.problems if problem.severity is Severity.LOOK)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Notes": '=HYPERLINK("x")'}, "notes_formula"),
        ({"Size": "large"}, "size_words_only"),
        ({"Size": "KA 220"}, "size_sum_only"),
        ({"Sympt": "see letter"}, "symptoms_unreadable"),
        ({"Joint": "both hips"}, "same_for_both"),
        ({"Surgery": "CD 03/2025"}, "date_month_only"),
        ({"Last XR": "10/2026"}, "date_month_only"),
    ],
)
def test_what_does_no_harm_is_a_notice(changed: dict[str, str], code: str) -> None:
    (read,) = rows(changed)

    assert read.state is RowState.READY
    assert code in [problem.code for problem in read.problems]


def test_bilateral_is_two_lesions_on_one_film() -> None:
    understood = row(Joint="B/L hips").understood

    assert understood is not None
    assert len(understood.lesions) == 2
    assert all(len(study.covers) == 2 for study in understood.studies)


def test_views_are_never_made_up_unless_a_person_says_so() -> None:
    said = rows({}, choices=Choices(xray_views="complete"))[0].understood
    unsaid = row().understood

    assert said is not None
    assert unsaid is not None
    assert [study.complete_views for study in said.studies] == [True, False]
    assert not any(study.complete_views for study in unsaid.studies)


@pytest.mark.parametrize(
    ("changed", "decided"),
    [
        ({"Stage": "3b"}, {"stage_system_missing:stage": "ARCO 2019"}),
        ({"Stage": "3b"}, {"stage_system_missing:stage": "no_system"}),
        ({"DOB": "31/02/1980"}, {"date_impossible:born": "28.02.1980"}),
        ({"Name": "?ahin, Ann"}, {"name_letters_lost:name": "Şahin, Ann"}),
        ({"Joint": "hip"}, {"side_missing:joint": "left"}),
        ({"Next review": "discharged"}, {"review_discharged:review": "follow"}),
        ({"Joint": "B/L hips", "Surgery": "THR 05/2024"}, {"treatment_side_missing:treatment": "left"}),
        ({"Surgery": "THR"}, {"treatment_date_missing:treatment": "05/2024"}),
        ({"Joint": "L shoulder"}, {"stage_wrong_site:stage": "Cruess 2"}),
        ({"Joint": "L shoulder"}, {"stage_wrong_site:stage": "keep_as_note"}),
        ({"Size": "40"}, {"size_unit_missing:size": "percent"}),
        ({"Surgery": "CD 20.09.2026"}, {"stage_before_or_after:stage": "DX"}),
        ({"Last XR": "14.12.2026"}, {"date_future:xray_on": "leave_out"}),
    ],
)
def test_a_decision_makes_the_row_ready(changed: dict[str, str], decided: dict[str, str]) -> None:
    assert rows(changed, decided=decided)[0].state is RowState.READY


def test_a_decision_that_is_no_choice_resolves_nothing() -> None:
    assert row({"stage_system_missing:stage": "Mitchell"}, Stage="3b").state is RowState.LOOK
    assert row({"date_impossible:born": "30.02.1980"}, DOB="31/02/1980").state is RowState.LOOK


def test_a_nameless_stage_is_kept_in_its_own_words() -> None:
    understood = row({"stage_system_missing:stage": "no_system"}, Stage="3b").understood

    assert understood is not None
    assert understood.lesions[0].stage is not None
    assert (understood.lesions[0].stage.system, understood.lesions[0].stage.value) == ("", "3B")


def test_rows_beside_each_other() -> None:
    other = {"Name": "Roe, Jo", "DOB": "01.01.1960", "Joint": "R hip"}

    assert [codes(read) for read in rows({}, {"MRN": " av‑1 "})] == [[], ["same_row_twice"]]
    assert [codes(read) for read in rows({}, {"Joint": "R hip"})] == [[], []]
    assert [codes(read) for read in rows({}, other)] == [["one_number_two_people"]] * 2
    assert [codes(read) for read in rows({}, {"DOB": "14.05.1970", "Joint": "R hip"})] == [
        ["same_number_other_birth"]
    ] * 2
    assert [codes(read) for read in rows({}, {"Stage": "ARCO 3A"})] == [["same_joint_twice"]] * 2


@pytest.mark.parametrize("text", ["ab-123", " AB-123 ", "AB\u2011123", "ab\u200b-123", "\u201aAB-123".lstrip("\u201a")])
def test_one_form_of_a_number(text: str) -> None:
    assert normal_mrn(text) == "AB-123"


def test_zeros_of_a_number_are_kept() -> None:
    assert normal_mrn("00123") == "00123"
    assert normal_mrn("1E5") == "1E5"


def test_ragged_rows_are_handed_back_and_the_others_come_in() -> None:
    reading = read_register(
        b"MRN,Name,Joint\n1,A B,L hip\n2,C D\n3,E F,R hip,more\n4,G\x00 H,L hip\n", Choices(), today=TODAY
    )

    assert [codes(read) for read in understand_all(reading, {})] == [[], ["row_short"], ["row_long"], ["nul"]]
