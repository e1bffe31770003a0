"""The bar on top of every staff page: what it counts, when it turns red, and what it costs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts.models import Clinic, Role, User
from followups.context import TopBar, top_bar
from followups.models import Flag, Heartbeat
from patients.models import Patient
from tests import make

NOW = datetime(2026, 11, 20, 9, 42, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def bar(clinic: Clinic, role: str = Role.COORDINATOR) -> TopBar:
    return TopBar(clinic=clinic, role=role, path="/clinic/flags/", now=NOW)


def beat(ago: timedelta) -> None:
    Heartbeat.objects.update_or_create(machine="scheduler", defaults={"at": NOW - ago})


def flag(patient: Patient, side: str, severity: Flag.Severity) -> Flag:
    return Flag.objects.create(
        clinic=patient.clinic,
        patient=patient,
        joint=make.make_joint(patient, side=side),
        severity=severity,
        severity_rank=0,
        rule=1,
        sentence={},
        opened_at=NOW,
        due_at=NOW,
    )


def test_it_asks_the_database_once(clinic: Clinic, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    beat(timedelta(seconds=24))
    drawn = bar(clinic)

    with django_assert_num_queries(1):
        assert (drawn.waiting("worklist"), drawn.waiting("flags"), drawn.any_red) == ("0", "0", False)
        html = render_to_string("staff.html", {"bar": drawn, "clinic": clinic})

    assert '<span class="heartbeat-word">Scheduler ran </span>24 s ago' in html


def test_a_page_without_the_bar_costs_nothing(
    clinic: Clinic, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request: Any = RequestFactory().get("/clinic/")
    request.user, request.role, request.clinic = AnonymousUser(), Role.LEAD, clinic

    with django_assert_num_queries(0):
        assert isinstance(top_bar(request)["bar"], TopBar)


def test_patients_have_no_bar(clinic: Clinic) -> None:
    request: Any = RequestFactory().get("/me/")
    request.user, request.role, request.clinic = AnonymousUser(), "patient", clinic

    assert top_bar(request) == {}


@pytest.mark.parametrize(("minutes", "silent"), [(14, False), (15, True), (60 * 24 * 7, True)])
def test_the_scheduler_is_silent_from_15_minutes_on(clinic: Clinic, minutes: int, silent: bool) -> None:
    beat(timedelta(minutes=minutes))

    assert bar(clinic).silent is silent


def test_a_scheduler_that_never_ran_is_silent(clinic: Clinic) -> None:
    html = render_to_string("staff.html", {"bar": bar(clinic), "clinic": clinic})

    assert bar(clinic).silent
    assert "Scheduler never ran" in html
    assert "The scheduler has never run here" in html


def test_the_banner_says_what_does_not_happen_and_whom_to_tell(clinic: Clinic) -> None:
    make.make_staff(clinic, Role.LEAD)
    beat(timedelta(minutes=18))
    html = render_to_string("staff.html", {"bar": bar(clinic), "clinic": clinic})

    assert "The scheduler has been silent since 09:24 (18 min)" in html
    assert "Reminders are not going out" in html
    assert str(User.objects.get()) in html


def test_flags_are_counted_at_this_clinic_only_and_one_red_is_enough(clinic: Clinic, patient: Patient) -> None:
    other = make.make_patient(make.make_clinic())
    flag(patient, "left", Flag.Severity.AMBER)
    flag(other, "left", Flag.Severity.RED)

    assert (bar(clinic).waiting("flags"), bar(clinic).any_red) == ("1", False)

    flag(patient, "right", Flag.Severity.RED)

    assert (bar(clinic).waiting("flags"), bar(clinic).any_red) == ("2", True)
