"""Cells as people type them: joints, stages, sizes, operations, short answers."""

from datetime import date

import pytest

from interop.register.answers import (
    read_email,
    read_exposures,
    read_phone,
    read_review,
    read_sex,
    read_symptoms,
    says_hombre_mujer,
)
from interop.register.joints import JointSide, read_joints
from interop.register.sizes import Size, read_size
from interop.register.stages import Stage, read_stage, split_by_side
from interop.register.treatments import read_treatments

TODAY = date(2026, 11, 21)
HIP_R, HIP_L = JointSide("hip", "right"), JointSide("hip", "left")


@pytest.mark.parametrize(
    ("joint", "side", "joints"),
    [
        ("L hip", "", [HIP_L]),
        ("hip L", "", [HIP_L]),
        ("Hip (R)", "", [HIP_R]),
        ("B/L hips", "", [HIP_R, HIP_L]),
        ("bilateral hip", "", [HIP_R, HIP_L]),
        ("both hips", "", [HIP_R, HIP_L]),
        ("hips R+L", "", [HIP_R, HIP_L]),
        ("R/L hip", "", [HIP_R, HIP_L]),
        ("rt hip", "", [HIP_R]),
        ("Hüfte li.", "", [HIP_L]),
        ("Hüfte bds.", "", [HIP_R, HIP_L]),
        ("Hüftkopf rechts", "", [HIP_R]),
        ("hanche", "G", [HIP_L]),
        ("hanche droite", "", [HIP_R]),
        ("cadera", "D", [HIP_R]),
        ("cadera izq.", "", [HIP_L]),
        ("cadera", "bilateral", [HIP_R, HIP_L]),
        ("Hip", "Left", [HIP_L]),
        ("hip", "B", [HIP_R, HIP_L]),
        ("R knee", "", [JointSide("knee", "right")]),
        ("Knie", "re", [JointSide("knee", "right")]),
        ("L hip, R knee", "", [HIP_L, JointSide("knee", "right")]),
        ("right and left hip", "", [HIP_R, HIP_L]),
        ("Schulter rechts", "", [JointSide("shoulder", "right")]),
        ("L humeral head", "", [JointSide("shoulder", "left")]),
        ("AVN left femoral head", "", [HIP_L]),
        ("L talus", "", [JointSide("ankle", "left")]),
        ("jaw", "", [JointSide("jaw", "none")]),
    ],
)
def test_joints(joint: str, side: str, joints: list[JointSide]) -> None:
    said = read_joints(joint, side)

    assert (said.fault, sorted(said.joints)) == ("", sorted(joints))


@pytest.mark.parametrize(
    ("joint", "fault"),
    [
        ("", "nothing"),
        ("hip", "side_missing"),
        ("left", "site_missing"),
        ("elbow L", "unreadable"),
        ("hip R?", "unreadable"),
        ("hip R or L", "unreadable"),
    ],
)
def test_joints_that_wait(joint: str, fault: str) -> None:
    assert read_joints(joint).fault == fault


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("ARCO 3B (2019)", Stage("ARCO", "2019", "3B")),
        ("ARCO IIIB 2019", Stage("ARCO", "2019", "3B")),
        ("ARCO III A", Stage("ARCO", "", "3A")),
        ("arco i", Stage("ARCO", "", "1")),
        ("Arco 2", Stage("ARCO", "", "2")),
        ("ARCO 1993 IIIC", Stage("ARCO", "1993", "3C")),
        ("ARCO IV", Stage("ARCO", "", "4")),
        ("FICAT 2a", Stage("Ficat", "", "IIA")),
        ("Ficat III", Stage("Ficat", "", "III")),
        ("Ficat-Arlet stage 3", Stage("Ficat", "", "III")),
        ("Stade II de Ficat", Stage("Ficat", "", "II")),
        ("Steinberg II-C", Stage("Steinberg", "", "IIC")),
        ("Steinberg 6", Stage("Steinberg", "", "VI")),
        ("Cruess III", Stage("Cruess", "", "3")),
        ("JIC 3a", Stage("JIC", "", "3A")),
        ("Koshino 2", Stage("Koshino", "", "2")),
        ("Aglietti 4", Stage("Aglietti", "", "IV")),
    ],
)
def test_stages_with_their_system(text: str, stage: Stage) -> None:
    assert read_stage(text).stage == stage


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("3b", "system_missing"),
        ("stage 2", "system_missing"),
        ("IIIA", "system_missing"),
        ("early", "unreadable"),
        ("ARCO 2B (2019)", "value_unknown"),
        ("ARCO 5", "value_unknown"),
        ("Ficat IIIB", "value_unknown"),
        ("Marcus III", "system_unknown"),
        ("ARCO 2-3", "unreadable"),
        ("ARCO 3B 2015", "version_unknown"),
        ("iii\u0430", "unreadable"),
    ],
)
def test_stages_that_wait(text: str, fault: str) -> None:
    assert read_stage(text).fault == fault


def test_the_system_may_stand_in_its_own_column_or_in_the_heading() -> None:
    assert read_stage("IIIA", system="ARCO 2019").stage == Stage("ARCO", "2019", "3A")
    assert read_stage("3", heading="Stade Ficat").stage == Stage("Ficat", "", "III")
    assert read_stage("Steinberg 3", heading="ARCO stage").stage == Stage("Steinberg", "", "III")
    assert read_stage("3", system="our own").fault == "system_unknown"
    assert read_stage("?").fault == read_stage("").fault == ""


def test_stages_told_apart_by_side() -> None:
    assert split_by_side("ARCO R 3A, L 2") == {"right": "arco 3a", "left": "arco 2"}
    assert split_by_side("ARCO 2") == {}


@pytest.mark.parametrize(
    ("text", "heading", "size"),
    [
        ("40 %", "", Size(volume_percent=40)),
        ("12%", "", Size(volume_percent=12)),
        ("32,5 %", "", Size(volume_percent=32.5)),
        ("32.5", "Lesion size (%)", Size(volume_percent=32.5)),
        (">30% (40)", "", Size(volume_percent=40)),
        (">30%", "", Size(extent="C")),
        ("<15 %", "", Size(extent="A")),
        ("15-30%", "", Size(extent="B")),
        ("approx 25%", "", Size(volume_percent=25)),
        ("JIC C2", "", Size(jic_type="C2")),
        ("C2", "", Size(jic_type="C2")),
        ("B", "JIC type", Size(jic_type="B")),
        ("Kerboul 110+95", "", Size(kerboul_coronal=110, kerboul_sagittal=95)),
        ("cor 110 / sag 95°", "", Size(kerboul_coronal=110, kerboul_sagittal=95)),
        ("3,5 cm³", "", Size(volume_cm3=3.5)),
    ],
)
def test_sizes(text: str, heading: str, size: Size) -> None:
    said = read_size(text, heading=heading)

    assert (said.size, said.fault) == (size, "")


def test_one_kerboul_sum_is_kept_but_no_angles_are_made_of_it() -> None:
    for text in ("Kerboul 175", "KA 220", "240°"):
        said = read_size(text)
        assert (said.size, said.notes) == (Size(), ("sum_only",))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("40", "unit_missing"),
        ("B", "letter_unclear"),
        ("130 %", "out_of_range"),
        ("KA 500", "out_of_range"),
        ("about a plum", "unreadable"),
    ],
)
def test_sizes_that_wait(text: str, fault: str) -> None:
    assert read_size(text).fault == fault


def test_words_are_no_size() -> None:
    assert read_size("large").notes == ("words_only",)
    assert not read_size("large").size.measured


@pytest.mark.parametrize(
    ("text", "code", "on"),
    [
        ("core decompression 14/02/2024", "CD", date(2024, 2, 14)),
        ("CD 03/2025", "CD", date(2025, 3, 1)),
        ("CD + BMAC 03/2025", "CD+", date(2025, 3, 1)),
        ("vasc. fibula graft 2023", "VFG", date(2023, 1, 1)),
        ("THR 05/2024", "THA", date(2024, 5, 1)),
        ("Hüft-TEP links 3.5.2024", "THA", date(2024, 5, 3)),
        ("prothèse totale de hanche 2024", "THA", date(2024, 1, 1)),
        ("TKR Jan 2020", "ARTHRO", date(2020, 1, 1)),
        ("Umstellungsosteotomie 2019", "OST", date(2019, 1, 1)),
        ("revision THR 2022", "REV", date(2022, 1, 1)),
        ("non-vascularised bone graft 2021", "NVG", date(2021, 1, 1)),
        ("Anbohrung 03.02.2025", "CD", date(2025, 2, 3)),
        ("arthrodesis 2018", "ARTHROD", date(2018, 1, 1)),
    ],
)
def test_operations(text: str, code: str, on: date) -> None:
    (said,) = read_treatments(text, order="dmy", today=TODAY)

    assert (said.code, said.on, said.fault) == (code, on, "")


def test_two_operations_in_one_cell() -> None:
    said = read_treatments("CD R 03/2023; THR L 05/2024", order="dmy", today=TODAY)

    assert [(one.code, one.sides) for one in said] == [("CD", ("right",)), ("THA", ("left",))]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("THR planned 2027", "not_done"),
        ("listed for THR", "not_done"),
        ("declined CD", "not_done"),
        ("THR", "date_missing"),
        ("something big", "unreadable"),
        ("core decompression 31/02/2024", "date_impossible"),
    ],
)
def test_operations_that_wait(text: str, fault: str) -> None:
    assert [said.fault for said in read_treatments(text, order="dmy", today=TODAY)] == [fault]


def test_reviews_are_intervals_and_never_dates() -> None:
    intervals = {
        "3/12": (3, "month"),
        "6/52": (6, "week"),
        "6 Mon.": (6, "month"),
        "in 3 Monaten": (3, "month"),
        "6 mois": (6, "month"),
        "1 year": (1, "year"),
        "6 semanas": (6, "week"),
    }

    assert {text: (said.count, said.unit) for text in intervals if (said := read_review(text))} == intervals
    assert read_review("discharged").kind == read_review("entlassen").kind == "discharged"
    assert read_review("RIP").kind == "ended"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Y", "yes"),
        ("mild", "yes"),
        ("N", "no"),
        ("beschwerdefrei", "no"),
        ("", "not_known"),
        ("?", "not_known"),
        ("no pain", "no"),
        ("4/10", "yes"),
        ("0/10", "no"),
        ("see letter", None),
    ],
)
def test_symptoms(text: str, value: str | None) -> None:
    assert read_symptoms(text) == value


def test_a_heading_may_ask_the_other_way_round() -> None:
    assert read_symptoms("Y", heading="Asymptomatic?") == "no"


def test_sex_in_languages() -> None:
    assert [read_sex(text) for text in ("Female", "w", "H", "m", "n/a", "purple")] == ["F", "F", "M", "M", "", None]
    assert says_hombre_mujer(["H", "M"])
    assert read_sex("M", woman_is_m=True) == "F"
    assert not says_hombre_mujer(["H", "F", "M"])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Steroid (SLE)", {"steroid", "lupus"}),
        ("ETOH excess", {"alcohol"}),
        ("hiv+", {"hiv"}),
        ("post #NOF", {"trauma"}),
        ("sickle cell (HbSS)", {"sickle_cell"}),
        ("Kortison, Alkohol", {"steroid", "alcohol"}),
        ("corticoïdes", {"steroid"}),
        ("VIH", {"hiv"}),
        ("idiopathic", set()),
        ("no steroids", set()),
        ("?", set()),
    ],
)
def test_exposures(text: str, kinds: set[str]) -> None:
    assert set(read_exposures(text).kinds) == kinds


def test_telephones() -> None:
    assert read_phone("07700 900123", "GB").value == "+447700900123"
    assert read_phone("(212) 555-0123", "US").value == "+12125550123"
    assert read_phone("+49 170 1234567", "GB").value == "+491701234567"
    assert read_phone("07700 900123 / 020 7946 0000", "GB").rest == "+442079460000"
    assert read_phone("n/a", "GB").read
    assert not any(read_phone(text, "GB").read for text in ("12", "+", "call daughter", "(555) 010-0199 x7", "1" * 30))


def test_addresses() -> None:
    assert read_email("Ann.Lee@Example.org").value == "Ann.Lee@Example.org"
    assert read_email("none").read
    assert not any(
        read_email(text).read
        for text in (
            "a@b",
            "a@ex..com",
            ".a@ex.com",
            "a,b@ex.com",
            "a@localhost",
            "a@[127.0.0.1]",
            "a@ex.com\nBcc: b@ex.com x",
        )
    )
