"""Every door, tried by everybody: the access matrix against what the app really answers.

The rows come from the URL configuration, so a new address is tried as soon as it exists. An address whose converter is
not in `IDENTITIES` fails here: say how to find one of its things.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from accounts import access
from accounts.access import Scope
from accounts.models import AuditEvent, Clinic, Role, User
from accounts.routes import Route, routes
from followups import planning
from followups.models import Contact, Flag, FollowUp
from interop import importing
from patients.models import (
    Exposure,
    Finding,
    ImagingStudy,
    PainLog,
    Patient,
    SurgeonReview,
    SymptomStatus,
    Treatment,
)
from tests import make

pytestmark = pytest.mark.django_db

ROUTES = routes()
STAFF_ROLES = [str(role) for role in Role]


@dataclass
class Side:
    """One clinic, the people who look from it, and one of each thing that an address can name."""

    clinic: Clinic
    cookies: dict[str, str]
    patient: Patient
    staff: User
    passkey: Authenticator
    things: dict[str, Any]


# How to find, on one side, what a converter names. `unknown` stands for a thing that is nowhere.
IDENTITIES: dict[str, Callable[[Side], Any]] = {
    "patient_id": lambda side: side.patient.public_id,
    "lesion_id": lambda side: side.things["joint"].public_id,
    "joint_id": lambda side: side.things["joint"].public_id,
    "study_id": lambda side: side.things["study"].public_id,
    "follow_up_id": lambda side: side.things["follow_up"].public_id,
    "finding_id": lambda side: side.things["finding"].public_id,
    "symptoms_id": lambda side: side.things["symptoms"].public_id,
    "review_id": lambda side: side.things["review"].public_id,
    "contact_id": lambda side: side.things["contact"].public_id,
    "log_id": lambda side: side.things["log"].public_id,
    "import_id": lambda side: side.things["import"].public_id,
    "import_row_id": lambda side: side.things["import_row"].public_id,
    "treatment_id": lambda side: side.things["treatment"].public_id,
    "score_id": lambda side: side.things["score"].public_id,
    "exposure_id": lambda side: side.things["exposure"].public_id,
    "flag_id": lambda side: side.things["flag"].public_id,
    "staff_id": lambda side: side.staff.public_id,
    "passkey_id": lambda side: side.passkey.pk,
}
UNKNOWN: dict[str, Any] = {"passkey_id": 999_999}
# Secrets in links. A wrong one is answered alike for everybody; what a right one does has its own tests.
SECRETS = {"token": "no-such-token", "uidb36": "zz", "key": "no-such-key"}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Side, Side]]:
    """Two clinics alike, made once. Each test stands in a transaction of its own inside, so it leaves nothing."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _side("North"), _side("South")
        transaction.set_rollback(True)


@pytest.fixture
def here(world: tuple[Side, Side]) -> Side:
    return world[0]


@pytest.fixture
def there(world: tuple[Side, Side]) -> Side:
    return world[1]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _side(name: str) -> Side:
    clinic = make.make_clinic(name)
    staff = {role: make.make_staff(clinic, role) for role in STAFF_ROLES}
    other, patient = make.make_staff(clinic, Role.COORDINATOR), make.make_patient(clinic, sign_in=True)
    assert patient.user
    passkey = Authenticator.objects.create(user=other, type="webauthn", data={"name": "key", "credential": {}})
    return Side(
        clinic=clinic,
        cookies={role: _session(user) for role, user in staff.items()} | {access.PATIENT: _session(patient.user)},
        patient=patient,
        staff=other,
        passkey=passkey,
        things=_things(patient, other),
    )


def _things(patient: Patient, staff: User) -> dict[str, Any]:
    day, joint, clinic = make.NOW.date(), make.make_joint(patient), patient.clinic
    entered: dict[str, Any] = {"entered_at": make.NOW}
    protocol, _ = planning.in_force(clinic)
    whose: dict[str, Any] = {"clinic": clinic, "patient": patient, "joint": joint}
    study = ImagingStudy.objects.create(patient=patient, made_on=day, modality="MR", **entered)
    register = f"MRN;Family name;Given name;Born\n{patient.mrn}x;Example;Ada;1980-05-02\n".encode()
    file = importing.receive(clinic=clinic, file_name="register.csv", data=register, by=None, now=make.NOW)
    importing.check(file, now=make.NOW)
    return {
        "joint": joint,
        "study": study,
        "finding": Finding.objects.create(study=study, joint=joint, **entered),
        "symptoms": SymptomStatus.objects.create(joint=joint, on=day, value="yes", **entered),
        "review": SurgeonReview.objects.create(joint=joint, on=day, **entered),
        "log": PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=make.NOW, nrs=4, **entered),
        "import": file,
        "import_row": file.rows.get(),
        "treatment": Treatment.objects.create(joint=joint, code="T1", on=day, **entered),
        "score": joint.scores.create(instrument="ohs", value=40, on=day, **entered),
        "exposure": Exposure.objects.create(patient=patient, kind="steroid", **entered),
        "follow_up": FollowUp.objects.create(
            **whose,
            protocol=protocol,
            studies=["XR"],
            target_on=day,
            opens_on=day,
            closes_on=day,
            latest_safe_on=day,
            row="small",
            group="small",
            group_rank=4,
            opened_at=make.NOW,
        ),
        "contact": Contact.objects.create(
            clinic=clinic, patient=patient, at=make.NOW, by=staff, result="no_answer", next_on=day
        ),
        "flag": Flag.objects.create(
            **whose,
            severity="amber",
            severity_rank=1,
            rule=1,
            sentence={},
            opened_at=make.NOW,
            due_at=make.NOW + timedelta(days=1),
        ),
    }


def _session(user: User) -> str:
    BROWSER.cookies.clear()
    BROWSER.force_login(user)
    return BROWSER.cookies[settings.SESSION_COOKIE_NAME].value


# One for all: each new client builds the whole chain of middleware again.
BROWSER = Client(raise_request_exception=False)


def ask(side: Side, role: str, path: str, method: str) -> HttpResponse:
    BROWSER.cookies.clear()
    if role != access.ANONYMOUS:
        BROWSER.cookies[settings.SESSION_COOKIE_NAME] = side.cookies[role]
    return BROWSER.generic(method, path)  # type: ignore[return-value]


def address(route: Route, side: Side | None, *, only: str = "", own: Side | None = None) -> str:
    """The route's path, filled with the things of one side; with things that are nowhere when `side` is None.

    With `only`, just that thing is taken from there, and the others are one's own.
    """

    def fill(match: re.Match[str]) -> str:
        name = match["name"]
        if name in SECRETS:
            return SECRETS[name]
        if name not in IDENTITIES:
            pytest.fail(f"{route.name}: nobody has said in IDENTITIES what <{name}> names")
        chosen = own if own and only not in ("", name) else side
        return str(IDENTITIES[name](chosen) if chosen else UNKNOWN.get(name, uuid4()))

    return re.sub(r"<(?:\w+:)?(?P<name>\w+)>", fill, route.pattern)


def things_in(route: Route) -> set[str]:
    return set(re.findall(r"<(?:\w+:)?(\w+)>", route.pattern)) - SECRETS.keys()


def of_the_app(route: Route) -> bool:
    return not route.name.startswith("admin:")


OURS = [pytest.param(route, id=route.name) for route in ROUTES if of_the_app(route)]
NAMING = [pytest.param(route, id=route.name) for route in ROUTES if of_the_app(route) and things_in(route)]


def door(route: Route) -> access.Door:
    assert route.door, f"{route.name} ({route.pattern}) is not in the access matrix"
    return route.door


def test_every_door_belongs_to_an_address() -> None:
    assert set(access.DOORS) - {route.name for route in ROUTES} == set()


def test_every_address_has_a_name_of_its_own() -> None:
    names = [route.name for route in ROUTES]
    assert sorted(names) == sorted(set(names))
    assert all(name and not name.endswith(":") for name in names)


@pytest.mark.parametrize("route", OURS)
def test_who_may_not_is_kept_out(route: Route, here: Side) -> None:
    """Refused before anything happens: nothing is changed, and one event for each says who tried."""
    method, path = door(route).methods[0], address(route, here)
    before, refusals = _everything(), AuditEvent.objects.filter(action="denied").count()
    strangers = set(access.ROLES) - door(route).roles
    for role in strangers:
        response = ask(here, role, path, method)
        if role == access.ANONYMOUS:
            assert response.status_code == 302, f"{role}: {response.status_code}"
            assert response.headers["Location"].startswith("/accounts/login/")
        else:
            assert response.status_code == 403, f"{role}: {response.status_code}"
    assert AuditEvent.objects.filter(action="denied").count() == refusals + len(strangers - {access.ANONYMOUS})
    assert _everything() == before


@pytest.mark.parametrize("route", OURS)
def test_who_may_is_let_in(route: Route, here: Side) -> None:
    for role in door(route).roles:
        for method in door(route).methods:
            with undone():
                status = ask(here, role, address(route, _own(route, here, role)), method).status_code
            allowed = {200, 204, 302, 303, 410, 422} | ({400, 409} if method == "POST" else set())
            if door(route).kind is access.Kind.HEALTH:
                allowed |= {503}
            assert status in allowed, f"{role} {method}: {status}"


@pytest.mark.parametrize("route", OURS)
def test_other_methods_are_refused(route: Route, here: Side) -> None:
    """By the gate, so for one role as for all; and only after it has asked who comes."""
    role = sorted(door(route).roles)[0]
    for method in {"GET", "POST", "PUT", "DELETE", "TRACE"} - set(door(route).methods):
        status = ask(here, role, address(route, _own(route, here, role)), method).status_code
        assert status == 405, f"{role} {method}: {status}"


@pytest.mark.parametrize("route", NAMING)
def test_what_is_not_ones_own_does_not_exist(route: Route, here: Side, there: Side) -> None:
    """Another clinic's and an unknown id are answered alike, to the letter, and nothing happens.

    Also where only one of several ids is foreign: another clinic's study under one's own patient.
    """
    paths = {address(route, there, only=only, own=here) for only in ("", *things_in(route))} | {address(route, None)}
    before, bodies = _everything(), set()
    for role in door(route).roles - {access.ANONYMOUS}:
        for method in door(route).methods:
            answers = {path: ask(here, role, path, method) for path in paths}
            assert {path: a.status_code for path, a in answers.items()} == dict.fromkeys(paths, 404), f"{role} {method}"
            bodies |= {a.content for a in answers.values()}
    assert len(bodies) <= 1, "the answers differ"
    assert _everything() == before


@pytest.mark.parametrize("route", [r for r in NAMING if access.PATIENT in door(r.values[0]).roles])  # type: ignore[arg-type]
def test_a_patient_sees_nobody_elses(route: Route, here: Side) -> None:
    if door(route).scope is Scope.NONE:
        return
    neighbour = _neighbour(here)
    for method in door(route).methods:
        assert ask(here, access.PATIENT, address(route, neighbour), method).status_code == 404


def test_the_support_pages_are_an_operators_only(here: Side) -> None:
    for route in ROUTES:
        if not of_the_app(route) and "<" not in route.pattern:
            assert {ask(here, role, route.pattern, "GET").status_code for role in access.ROLES} == {302, 403}


def _own(route: Route, side: Side, role: str) -> Side:
    """Passkeys belong to a person: each role is shown its own."""
    if "passkey_id" not in route.pattern or role == access.ANONYMOUS:
        return side
    user = (
        side.patient.user
        if role == access.PATIENT
        else User.objects.get(memberships__clinic=side.clinic, memberships__role=role, pk__lt=side.staff.pk)
    )
    passkey = Authenticator.objects.create(user=user, type="webauthn", data={"name": "key", "credential": {}})
    return Side(side.clinic, side.cookies, side.patient, side.staff, passkey, side.things)


def _neighbour(side: Side) -> Side:
    """Another patient of the same clinic, with things of their own."""
    patient = make.make_patient(side.clinic, sign_in=True)
    passkey = Authenticator.objects.create(user=patient.user, type="webauthn", data={"name": "key", "credential": {}})
    return Side(side.clinic, side.cookies, patient, side.staff, passkey, _things(patient, side.staff))


def _everything() -> dict[str, int]:
    """How many rows there are of each kind, but for the trace and what a session notes."""
    kept_apart = {"accounts.AuditEvent", "sessions.Session"}
    return {m._meta.label: m._default_manager.count() for m in apps.get_models() if m._meta.label not in kept_apart}
