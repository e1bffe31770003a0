"""Days, moments, numbers and sides as people read them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone

from accounts.templatetags import words

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(date(2026, 11, 17), "Tue 17 Nov", id="this year"),
        pytest.param(date(2027, 3, 14), "Sun 14 Mar 2027", id="another year"),
        pytest.param(None, "", id="none"),
    ],
)
def test_a_day_has_its_year_only_when_it_is_another_one(on: date | None, expected: str) -> None:
    assert words.day(on, TODAY) == expected


def test_a_moment_is_told_in_the_current_zone_with_24_hours() -> None:
    with timezone.override(ZoneInfo("Europe/Madrid")):
        assert words.moment(datetime(2026, 11, 17, 23, 10, tzinfo=UTC), TODAY) == "Wed 18 Nov 00:10"


@pytest.mark.parametrize(("days", "expected"), [(1, "1 day late"), (12, "12 days late")])
def test_lateness_is_counted_in_days(days: int, expected: str) -> None:
    assert words.late(days) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(24, "in 24 days"), (0, "today"), (-67, "67 days ago"), (-1, "1 day ago")]
)
def test_how_far_away_a_day_is(days: int, expected: str) -> None:
    assert words.away(days) == expected


@pytest.mark.parametrize(
    ("quiet", "expected"),
    [
        (timedelta(seconds=24), "24 s"),
        (timedelta(minutes=18), "18 min"),
        (timedelta(hours=7), "7 h"),
        (timedelta(days=7), "7 days"),
    ],
)
def test_how_long_a_machine_was_quiet(quiet: timedelta, expected: str) -> None:
    assert words.ago(int(quiet.total_seconds())) == expected


@pytest.mark.parametrize(
    ("born", "expected"),
    [(date(1979, 11, 20), "47"), (date(1979, 11, 21), "46"), (date(2004, 2, 29), "22"), (None, "")],
)
def test_age_in_whole_years(born: date | None, expected: str) -> None:
    assert words.age(born, TODAY) == expected


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        pytest.param("+447700900123", "GB", "07700 900123", id="at home"),
        pytest.param("+34612345678", "GB", "+34 612 34 56 78", id="abroad"),
        pytest.param("ask her son", "GB", "ask her son", id="no number"),
    ],
)
def test_a_phone_number_as_its_country_writes_it(number: str, country: str, expected: str) -> None:
    assert words.phone(number, country) == expected


def test_a_side_has_its_letter_and_its_whole_word() -> None:
    right, left = words.side_mark("right"), words.side_mark("left", "big")

    assert "side-r" in right
    assert "Right " in right
    assert "side-l side-big" in left
    assert "Left " in left


class Form(forms.Form):
    made_on = forms.DateField(error_messages={"required": "When was it made?"})
    oedema = forms.ChoiceField(widget=forms.RadioSelect, choices=[("y", "Yes")], error_messages={"required": "Choose."})

    def clean(self) -> None:
        self.add_error(None, "They do not fit together.")


def test_what_is_to_be_put_right_leads_to_each_field() -> None:
    html = Template('{% include "_components/error_summary.html" %}').render(Context({"form": Form({})}))

    assert "There are 3 things to put right. Nothing is saved yet." in html
    assert '<a href="#id_made_on">When was it made?</a>' in html
    assert '<a href="#id_oedema_0">Choose.</a>' in html, "a group of radios is reached by its first one"
    assert "They do not fit together." in html


def test_a_form_without_errors_has_no_summary() -> None:
    assert Template('{% include "_components/error_summary.html" %}').render(Context({"form": Form()})).strip() == ""


def test_several_forms_are_summed_up_together() -> None:
    assert len(words.things_to_put_right([Form({}), Form({}, prefix="left")])) == 6


def test_a_crispy_form_shows_its_summary_by_itself_unless_the_page_does() -> None:
    page = Template("{% load crispy_forms_tags %}{{ form|crispy }}")

    assert "data-error-summary" in page.render(Context({"form": Form({})}))
