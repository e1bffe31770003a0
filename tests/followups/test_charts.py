"""Pictures: what lies where, what is broken, stacked or said in words, and that nothing from a record is markup."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from followups import charts
from followups.charts.paper import course, crowds, dots, months

TODAY = date(2026, 11, 20)
YEAR = charts.Days(date(2026, 1, 1), date(2027, 1, 1))
HUNDRED_DAYS = charts.Days(date(2026, 1, 1), date(2026, 4, 11))


def diary(*entries: tuple[date, int]) -> list[charts.Pain]:
    return [charts.Pain(on, nrs) for on, nrs in entries]


def every_day(since: date, days: int, nrs: int = 3) -> list[charts.Pain]:
    return [charts.Pain(since + timedelta(n), nrs) for n in range(days)]


def lane(**known: object) -> charts.Lane:
    return charts.Lane("left", "Left hip", **known)  # type: ignore[arg-type]


def drawn(*lanes: charts.Lane, contacts: tuple[charts.Contact, ...] = ()) -> charts.Picture:
    return charts.timeline(lanes, contacts, days=YEAR, today=TODAY, key="t", title="Timeline")


def page(picture: charts.Picture) -> str:
    return render_to_string("_charts/picture.html", {"picture": picture})


# --- The scale -------------------------------------------------------------------------------------------------------


def test_a_day_lies_where_it_should() -> None:
    assert HUNDRED_DAYS.x(date(2026, 1, 1)) == 0
    assert HUNDRED_DAYS.x(date(2026, 2, 20)) == 500
    assert HUNDRED_DAYS.x(date(2030, 1, 1)) == 1000, "what lies beyond stops at the edge"


@pytest.mark.parametrize("years", [1, 3, 8, 30])
def test_a_long_axis_has_no_more_names_than_fit(years: int) -> None:
    named = [first for first, named, _ in months(charts.Days(date(2000, 1, 1), date(2000 + years, 1, 1))) if named]

    assert 3 <= len(named) <= 17


# --- The course of pain ----------------------------------------------------------------------------------------------


def test_the_course_needs_two_entries_in_seven_days() -> None:
    alone = diary((date(2026, 1, 1), 4), (date(2026, 1, 9), 4))

    assert course(alone, HUNDRED_DAYS, 0, 100) == ""
    assert dots(alone, HUNDRED_DAYS, 0, 100).count("M") == 2, "the entries themselves are still there"


def test_the_course_is_the_middle_of_seven_days() -> None:
    week = diary((date(2026, 1, 1), 0), (date(2026, 1, 2), 10), (date(2026, 1, 3), 2), (date(2026, 1, 10), 10))

    assert course(week, HUNDRED_DAYS, 0, 100) == "M10.0 50.0L20.0 80.0"


@pytest.mark.parametrize(("silent_days", "pieces"), [(21, 1), (22, 2)])
def test_the_line_breaks_after_21_days_without_an_entry(silent_days: int, pieces: int) -> None:
    first = every_day(date(2026, 1, 1), 3)
    later = every_day(first[-1].on + timedelta(silent_days), 3)

    assert course(first + later, HUNDRED_DAYS, 0, 100).count("M") == pieces


def test_ten_is_at_the_top_and_zero_at_the_bottom() -> None:
    path = dots(diary((date(2026, 1, 1), 10), (date(2026, 1, 2), 0)), HUNDRED_DAYS, 30, 100)

    assert path == "M0.0 30.0h0M10.0 130.0h0"


# --- The timeline ----------------------------------------------------------------------------------------------------


def test_marks_that_would_cover_each_other_become_one_with_their_number() -> None:
    images = [charts.Image(date(2026, 5, 1) + timedelta(n), "XR") for n in range(4)]
    html = page(drawn(lane(images=images)))

    assert len(crowds(images, YEAR, 18)) == 1
    assert ">4</text>" in html
    assert 'href="#t-list"' in html
    assert 'id="t-list"' in html, "pressing it leads to the list"
    assert 'role="group"' in html, "a picture with links in it is not one image"


def test_two_marks_on_one_day_stand_side_by_side() -> None:
    html = page(drawn(lane(images=[charts.Image(date(2026, 9, 14), kind) for kind in ("XR", "MR")])))

    assert "translate(-9)" in html
    assert "translate(9)" in html
    assert 'role="img"' in html


def test_one_study_of_both_hips_is_joined_by_a_hairline() -> None:
    film = [charts.Image(date(2026, 5, 1), "XR")]
    right = charts.Lane("right", "Right hip", images=film)

    assert 'class="both"' in drawn(right, lane(images=film)).body
    assert 'class="both"' not in drawn(right, lane(images=[charts.Image(date(2026, 5, 1), "MR")])).body


def test_planned_made_and_reviewed_look_different() -> None:
    states = ("planned", "made", "reviewed")
    images = [charts.Image(date(2026, 2 + n, 1), "MR", state) for n, state in enumerate(states)]
    body = drawn(lane(images=images)).body

    assert [body.count(f"mk-{state}") for state in states] == [1, 1, 1]


def test_a_late_window_is_hatched_until_today_and_says_how_late() -> None:
    window = charts.Window(date(2026, 10, 11), date(2026, 10, 25), date(2026, 11, 8), "late", words="12 days late")
    html = page(drawn(lane(windows=[window])))

    assert 'fill="url(#t-late)"' in html
    assert "12 days late</text>" in html


def test_a_joint_without_a_diary_keeps_its_lane_and_says_why() -> None:
    html = page(drawn(lane(pains=None, diary_words="looked at on every pelvis film")))

    assert "Left hip" in html
    assert "looked at on every pelvis film" in html
    assert "Worst pain" not in html


def test_treatments_that_overlap_lie_in_rows_of_their_own() -> None:
    both = [charts.Treatment(date(2026, 3, 1), "medicine", name, date(2026, 6, 1)) for name in ("one", "two")]
    tops = re.findall(r'class="treat treat-medicine"[^>]* y="(\d+)"', drawn(lane(treatments=both)).body)

    assert len(set(tops)) == 2


def test_what_lies_outside_the_span_is_left_out() -> None:
    old = date(2019, 1, 1)
    picture = drawn(
        lane(
            images=[charts.Image(old, "XR")],
            stages=[charts.Stage(old, date(2020, 1, 1), "2", "long ago")],
            treatments=[charts.Treatment(old, "operation", "long ago")],
            windows=[charts.Window(old, old, old, "done", old, "long ago")],
        ),
        contacts=(charts.Contact(old, "visit", "long ago"),),
    )

    assert "long ago" not in page(picture).replace("Left hip: long ago", "")
    assert picture.table is not None
    assert picture.table.rows == ()


def test_everything_on_the_picture_is_in_its_list_newest_first() -> None:
    picture = drawn(
        lane(
            images=[charts.Image(date(2026, 12, 14), "XR", "planned")],
            treatments=[charts.Treatment(date(2026, 3, 1), "medicine", "Alendronate")],
            flags=[charts.FlagMark(date(2026, 11, 18), "amber", "sustained rise")],
            pains=every_day(date(2026, 10, 1), 3, nrs=5),
        ),
        contacts=(charts.Contact(date(2026, 9, 24), "phone", "Result told"),),
    )

    assert picture.table is not None
    assert [(row[0], row[2]) for row in picture.table.rows] == [
        ("14 Dec 2026", "X-ray, planned"),
        ("18 Nov 2026", "flag: sustained rise"),
        ("1 Oct 2026", "pain in Oct 2026: middle value 5 (3)"),
        ("24 Sep 2026", "Result told"),
        ("1 Mar 2026", "Alendronate"),
    ]


def test_an_empty_record_still_makes_a_picture() -> None:
    assert "Left hip" in page(drawn(lane()))
    assert "<svg" in page(drawn())


# --- Whatever is drawn -----------------------------------------------------------------------------------------------

EVIL = "<script>alert(1)</script>\"'&"
PICTURES = [
    pytest.param(
        drawn(
            lane(
                images=[charts.Image(date(2026, 5, 1), "XR", words=EVIL)],
                stages=[charts.Stage(date(2026, 1, 1), None, "3a", EVIL)],
                pains=every_day(date(2026, 9, 1), 30),
                diary_words=EVIL,
                treatments=[charts.Treatment(date(2026, 3, 1), kind, EVIL) for kind in ("operation", "weight")],
                windows=[charts.Window(date(2026, 6, 1), date(2026, 6, 8), date(2026, 6, 15), "live", words=EVIL)],
                flags=[charts.FlagMark(date(2026, 11, 18), "red", EVIL)],
                recent=charts.Recent(date(2026, 11, 13), TODAY, 6, EVIL, 3, EVIL),
            ),
            contacts=(charts.Contact(date(2026, 9, 24), "phone", EVIL),),
        ),
        id="timeline",
    ),
    pytest.param(
        charts.pain_trend(
            "left",
            EVIL,
            every_day(date(2026, 9, 1), 40),
            [charts.Image(date(2026, 9, 14), "MR", words=EVIL)],
            days=YEAR,
            today=TODAY,
            key="p",
            usual=3,
        ),
        id="trend",
    ),
    pytest.param(
        charts.evidence(
            charts.Evidence(
                "right",
                EVIL,
                [charts.Point(date(2026, 11, 14), 6, used=True)],
                TODAY,
                charts.Span(date(2026, 10, 14), date(2026, 11, 10), EVIL),
                charts.Span(date(2026, 11, 13), TODAY, EVIL),
                3,
                5,
            ),
            today=TODAY,
        ),
        id="evidence",
    ),
    pytest.param(
        charts.overdue([charts.LateGroup(EVIL, [charts.Late(49, f"/?q={EVIL}", EVIL)], "/clinic/")]), id="overdue"
    ),
    pytest.param(charts.on_time([charts.Month(EVIL, 74, 61), charts.Month("Oct", 0, 0)]), id="on time"),
    pytest.param(
        charts.flag_clocks([charts.Clock("amber", EVIL, "5 days", [charts.Waiting(1.2, "/", EVIL)])]), id="clocks"
    ),
    pytest.param(charts.needed([charts.Week(EVIL, 3, 0), charts.Week("30 Nov", 0, 0)]), id="needed"),
    pytest.param(
        charts.day_strip(EVIL, [True] * 95 + [False], until=datetime(2026, 11, 20, 9, 45, tzinfo=UTC), key="s"),
        id="strip",
    ),
]


@pytest.mark.parametrize("picture", PICTURES)
def test_no_word_of_a_record_becomes_markup(picture: charts.Picture) -> None:
    html = page(picture)

    assert "<script" not in html
    ElementTree.fromstring(f"<div>{html.replace('&nbsp;', ' ')}</div>")


@pytest.mark.parametrize("picture", PICTURES)
def test_pictures_hold_classes_and_no_colours(picture: charts.Picture) -> None:
    html = page(picture)

    assert "style=" not in html
    assert not re.search(r'(fill|stroke)="(?!url\(#)', html)
    assert "#fff" not in html


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_says_in_words_what_it_shows(picture: charts.Picture) -> None:
    html = page(picture)

    assert f'<title id="{picture.key}-title">' in html
    assert picture.story
    assert f'aria-describedby="{picture.key}-story"' in html


# --- The others ------------------------------------------------------------------------------------------------------


def test_months_carry_their_number_of_entries_and_the_running_one_says_so() -> None:
    table = charts.month_table(
        [("Left hip", every_day(date(2026, 11, 1), 3, nrs=5)), ("Right hip", every_day(date(2026, 10, 1), 2, nrs=1))],
        today=TODAY,
    )

    assert table.rows == (("Nov 2026, to the 20", "5 (3)", "no entry"), ("Oct 2026", "no entry", "1 (2)"))


def test_each_overdue_patient_is_a_link_until_there_are_too_many() -> None:
    few = charts.overdue([charts.LateGroup("Large", [charts.Late(49, "/clinic/patients/x/", "M. D.")])])
    many = charts.overdue([charts.LateGroup("Large", [charts.Late(n, "/p/", "x") for n in range(1, 51)], "/clinic/")])

    assert 'href="/clinic/patients/x/" aria-label="49 days late: M. D."' in few.body
    assert "/p/" not in many.body
    assert many.table is not None
    (cells,) = many.table.rows
    assert [strip_tags(cell) for cell in cells] == ["Large", "14", "16", "20", "0", "0"]
    assert [cell for cell in cells if 'href="/clinic/"' in cell] == list(cells[1:4]), "the list of the group"


def test_marks_of_one_group_never_cover_each_other() -> None:
    picture = charts.overdue([charts.LateGroup("Large", [charts.Late(30, "/p/", str(n)) for n in range(5)])])
    places = [float(x) for x in re.findall(r'<svg x="([\d.]+)%"[^>]*class="late-mark"', picture.body)]

    assert all(later - earlier >= 4 for earlier, later in itertools.pairwise(places))


def test_a_month_without_images_has_no_rate() -> None:
    picture = charts.on_time([charts.Month("Oct", 0, 0)])

    assert picture.table is not None
    assert picture.table.rows == (("Oct", "none due", "0", "0"),)


def test_a_flag_past_its_clock_lies_in_the_shaded_end() -> None:
    picture = charts.flag_clocks(
        [charts.Clock("red", "Red", "1 day", [charts.Waiting(0.99, "/a", "a"), charts.Waiting(1.01, "/b", "b")])]
    )
    inside, past = (float(x) for x in re.findall(r'<svg x="([\d.]+)%"[^>]*class="flag', picture.body))

    assert inside < 72 < past


def test_a_silent_quarter_is_named() -> None:
    signs = [True] * 95 + [False]
    picture = charts.day_strip("Worker", signs, until=datetime(2026, 11, 20, 9, 45, tzinfo=UTC), key="w")

    assert picture.story == "No sign of life in the quarter from 09:30."
