"""Which number is the day: decided for a column by evidence, never for one row."""

from datetime import date

import pytest

from interop.register.dates import Evidence, Precision, decide_orders, find_days, read_day

TODAY = date(2026, 11, 21)


def evidence(*texts: str) -> Evidence:
    found = Evidence()
    for text in texts:
        found.add(text)
    return found


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["13/02/1980", "01/02/1980"], "dmy"),
        (["02/13/1980", "01/02/1980"], "mdy"),
        (["1980-02-13", "01/02/1980"], ""),
        (["01/02/1980", "03/04/1980"], ""),
        (["01.02.1980", "03.04.80"], "dmy"),
        (["80-02-13", "81-03-04"], "ymd"),
        (["13/02/1980", "02/13/1980"], ""),
        (["31/02/1980", "01/02/1980"], ""),
        (["13/02/1980"] * 40 + ["02/13/1980"], "dmy"),
    ],
)
def test_order_of_a_column(texts: list[str], order: str) -> None:
    assert decide_orders({0: evidence(*texts)}) == {0: order}


def test_a_column_without_proof_goes_by_the_others() -> None:
    assert decide_orders({0: evidence("01/02/2020"), 1: evidence("02/13/2020")}) == {0: "mdy", 1: "mdy"}


def test_a_column_without_proof_stays_open_where_the_others_disagree() -> None:
    proofs = {0: evidence("01/02/2020"), 1: evidence("02/13/2020"), 2: evidence("13/02/2020")}

    assert decide_orders(proofs)[0] == ""


def test_three_formats_that_contradict_are_not_guessed() -> None:
    found = evidence("13/02/2024", "02/13/2024", "2024-02-13")

    assert found.contradicts
    assert read_day("03/04/2024", order=decide_orders({0: found})[0], today=TODAY).fault == "order_unclear"


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2024-02-29", "", date(2024, 2, 29)),
        ("20240229", "", date(2024, 2, 29)),
        ("2024-02-29 10:30", "", date(2024, 2, 29)),
        ("2024-02-29T00:00:00Z", "", date(2024, 2, 29)),
        ("16-Feb-63", "", date(1963, 2, 16)),
        ("02-Jan-00", "", date(2000, 1, 2)),
        ("3. März 2024", "", date(2024, 3, 3)),
        ("1er février 2024", "", date(2024, 2, 1)),
        ("5 de enero de 2024", "", date(2024, 1, 5)),
        ("Jan 5, 2024", "", date(2024, 1, 5)),
        ("5 août 2024", "", date(2024, 8, 5)),
        ("03/04/2024", "dmy", date(2024, 4, 3)),
        ("03/04/2024", "mdy", date(2024, 3, 4)),
        ("7/4/55", "mdy", date(1955, 7, 4)),
        ("44927", "", date(2023, 1, 1)),
    ],
)
def test_one_day(text: str, order: str, day: date) -> None:
    assert read_day(text, order=order, today=TODAY, birth=True).day == day


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("31/02/1980", "impossible"),
        ("2023-02-29", "impossible"),
        ("12/13/2020", "order_other"),
        ("0000-01-01", "impossible"),
        ("last spring", "unreadable"),
        ("3-Jan", "unreadable"),
        ("٢٠٢٤-٠١-٠١", "unreadable"),
        ("10000-01-01", "unreadable"),
        ("30-Feb-20", "impossible"),
    ],
)
def test_no_day(text: str, fault: str) -> None:
    assert read_day(text, order="dmy", today=TODAY).fault == fault


def test_a_birth_never_lies_in_the_future_nor_is_a_child_guessed() -> None:
    assert read_day("01/02/68", order="dmy", today=TODAY, birth=True).day == date(1968, 2, 1)
    unsure = read_day("01/02/20", order="dmy", today=TODAY, birth=True)
    assert unsure.fault == "century_unclear"
    assert unsure.choices == (date(2020, 2, 1), date(1920, 2, 1))


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("05/2024", date(2024, 5, 1), date(2024, 5, 31), Precision.MONTH),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31), Precision.MONTH),
        ("Mai 2024", date(2024, 5, 1), date(2024, 5, 31), Precision.MONTH),
        ("2023", date(2023, 1, 1), date(2023, 12, 31), Precision.YEAR),
    ],
)
def test_a_month_or_a_year_is_its_first_day_and_says_so(
    text: str, first: date, last: date, precision: Precision
) -> None:
    said = read_day(text, order="dmy", today=TODAY)

    assert (said.day, said.last(), said.precision) == (first, last, precision)


def test_days_inside_a_sentence() -> None:
    found = find_days("core decompression 14/02/2024, then THR 05/2025", order="dmy", today=TODAY)

    assert sorted(said.day for said in found if said.day) == [date(2024, 2, 14), date(2025, 5, 1)]
