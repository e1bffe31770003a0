"""Files as clinics send them: kinds, letters, separators, headings. Each test makes its own."""

import io
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from interop.register.reading import Choices, Reading, read_register
from interop.register.sheet import Unreadable

TODAY = date(2026, 11, 21)
NAMES = "MRN;Name;DOB;Joint\n1;Núñez, José;13.02.1980;L hip\n2;Weiß, Jürgen;01.03.1981;R hip\n"


TYPICAL = {
    "mrn": "A-17",
    "name": "Ann Lee",
    "family_name": "Lee",
    "given_name": "Ann",
    "joint": "hip L",
    "side": "L",
    "treatment": "THR 05/2024",
    "stage": "2",
    "stage_system": "ARCO 2019",
}


def read(data: bytes, **choices: str) -> Reading:
    return read_register(data, Choices(**choices), today=TODAY)  # type: ignore[arg-type]


def cells(reading: Reading) -> list[tuple[str, ...]]:
    return [row.cells for row in reading.rows()]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
        ("cp850", "cp850"),
    ],
)
def test_letters_come_out_right(written: str, found: str) -> None:
    reading = read(NAMES.encode(written))

    assert reading.sheet.encoding.name == found
    assert cells(reading)[0][1] == "Núñez, José"
    assert reading.headings[0] == "MRN"


def test_polish_letters_are_told_from_western_ones() -> None:
    reading = read("MRN;Name;Joint\n1;Błażej Gołąb;L hip\n2;Śliwiński, Wacław;R hip\n".encode("cp1250"))

    assert cells(reading)[0][1] == "Błażej Gołąb"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator: str, line_end: str) -> None:
    rows = [
        ["MRN", "Name", "Joint", "Notes"],
        ["7", '"Smith, Ann; the 2nd"', "L hip", '"two\nlines | here"'],
        ["8", "Bo", "R hip", ""],
    ]
    text = line_end.join(separator.join(row) for row in rows) + line_end + "\x1a"

    reading = read(text.encode())

    assert reading.sheet.separator.sign == separator
    assert cells(reading)[0][1] == "Smith, Ann; the 2nd"
    assert reading.row_count == 2


def test_decimal_commas_do_not_choose_the_separator() -> None:
    reading = read(b"MRN;Name;Size %;Joint\n1;A B;32,5;L hip\n2;C D;12,5;R hip\n3;E F;8,5;R hip\n")

    assert reading.sheet.separator.sign == ";"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n\n,,\n", "empty"),
        (b"MRN,Name,Joint\n", "no_rows"),
        (b"%PDF-1.4\n", "kind_pdf"),
        (b"PK\x03\x04rest", "kind_zip"),
        (b"\xd0\xcf\x11\xe0\xa1", "kind_old_excel"),
        (b"<html><body>", "kind_page"),
        (b"\x89PNG\r\n", "kind_picture"),
        (b"MRN,Name,mrn \n1,2,3\n", "heading_twice"),
        (bytes(range(256)) * 20, "kind_unknown"),
    ],
)
def test_what_is_no_register_is_refused_with_a_reason(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(data)

    assert refused.value.code == code


def test_a_quote_that_is_never_closed_names_its_line() -> None:
    with pytest.raises(Unreadable) as refused:
        read(b'MRN,Name,Joint\n1,A B,L hip\n2,"C D,R hip\n3,E F,R hip\n')

    assert (refused.value.code, refused.value.line) == ("open_quote", 3)


def test_an_encoding_that_cannot_be_is_refused() -> None:
    with pytest.raises(Unreadable, match="encoding_does_not_fit"):
        read(NAMES.encode("cp1252"), encoding="utf-8")


def test_too_many_rows_are_refused_before_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interop.register.sheet.MOST_ROWS", 100)

    with pytest.raises(Unreadable, match="too_many_rows"):
        read(b"MRN,Name,Joint\n" + b"1,A B,L hip\n" * 300)


def test_titles_above_the_headings_are_skipped() -> None:
    reading = read("Register der Hüftsprechstunde;;;\n;;;\nPat.-Nr.;Name;Gelenk;Seite\n1;Ann;Hüfte;li\n".encode())

    assert (reading.heading_row, reading.skipped, reading.row_count) == (3, 1, 1)


def test_headings_that_come_again_are_no_rows() -> None:
    assert cells(read(b"MRN,Name,Joint\n1,A B,L hip\nMRN,Name,Joint\n2,C D,R hip\n"))[-1][0] == "2"


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        ("Hosp No,Patient,DOB,Joint", "mrn name born joint"),
        ("Last Name,First Name,MRN,Birth Date", "family_name given_name mrn born"),
        ("Pat.-Nr.,Nachname,Vorname,Geb.-Datum,Gelenk,Seite", "mrn family_name given_name born joint side"),
        ("Name,Vorname,Geburtsdatum,Letztes Röntgen,Letztes MRT", "family_name given_name born xray_on mri_on"),
        ("N° dossier,Nom,Prénom,Date de naissance,Côté,Dernière IRM", "mrn family_name given_name born side mri_on"),
        ("NHC,Nombre y apellidos,Fecha nac.,Lado,Última Rx,Cirugía", "mrn name born side xray_on treatment"),
        ("Patient ID,Full name,D.O.B. (dd/mm/yyyy),Staging System,Stage", "mrn name born stage_system stage"),
    ],
)
def test_headings_in_four_languages(headings: str, fields: str) -> None:
    row = ",".join(TYPICAL.get(field, "2026-01-31") for field in fields.split())

    assert read(f"{headings}\n{row}\n".encode()).fields == tuple(fields.split())


def test_columns_without_headings_are_known_by_their_values() -> None:
    reading = read(b"AV-1,Ann Lee,F,L hip,ann@example.org\nAV-2,Bo Li,M,R hip,bo@example.org\n")

    assert reading.fields == ("mrn", "name", "sex", "joint", "email")


def test_the_family_doctor_is_not_the_patient() -> None:
    reading = read("Pat.-Nr.;Nachname;Vorname;Gelenk;Hausarzt\n1;Lee;Ann;Hüfte li;Dr. Jo Roe\n".encode())

    assert reading.fields[4] == "ask"


@pytest.mark.parametrize("heading", ["is_staff", "clinic_id", "id", "Password"])
def test_dangerous_columns_are_never_read(heading: str) -> None:
    data = f"MRN,Name,Joint,{heading}\n1,A B,L hip,7\n".encode()

    assert read(data).columns[3].dangerous
    assert read_register(data, Choices(columns=("mrn", "name", "joint", "notes")), today=TODAY).fields[3] == "ignore"


def test_a_person_may_correct_every_guess() -> None:
    data = b"a;b;c\n1;Ann;L hip\n"

    reading = read_register(data, Choices(columns=("mrn", "name", "joint"), header="yes"), today=TODAY)

    assert reading.fields == ("mrn", "name", "joint")
    assert read(NAMES.encode(), separator=",").sheet.separator.sign == ","


def workbook(rows: list[list[object]]) -> Workbook:
    book = Workbook()
    book.active.title = "Cover"  # an empty first sheet, as often
    sheet = book.create_sheet("Register")
    for row in rows:
        sheet.append(row)
    return book


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_keeps_typed_days_zeros_and_per_cents() -> None:
    book = workbook([["MRN", "Name", "DOB", "Joint", "Size"], [451, "Doe, Jane", datetime(1970, 2, 1), "rt hip", 0.25]])  # noqa: DTZ001
    book["Register"]["A2"].number_format = "00000"
    book["Register"]["E2"].number_format = "0%"

    reading = read(saved(book))

    assert reading.sheet.kind == "xlsx"
    assert reading.sheet.sheet == "Register"
    assert cells(reading) == [("00451", "Doe, Jane", "1970-02-01", "rt hip", "25 %")]


def test_a_formula_that_was_never_computed_stays_as_text() -> None:
    assert (
        cells(read(saved(workbook([["MRN", "Name", "Joint", "Notes"], ["1", "A B", "L hip", "=1+1"]]))))[0][3] == "=1+1"
    )


def test_content_decides_the_kind_and_not_the_name() -> None:
    damaged = saved(workbook([["MRN", "Name"], ["1", "A"]]))[:-200]

    with pytest.raises(Unreadable) as refused:
        read(damaged)

    assert refused.value.code in ("kind_zip", "workbook_damaged")
