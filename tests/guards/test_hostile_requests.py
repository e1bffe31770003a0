"""What every answer carries and what none may: headers, cookies, inline code, another clinic's people."""

import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.http import HttpResponse

from accounts import access, clock
from accounts.routes import Route
from patients.models import PainLog, Patient
from tests import make
from tests.guards import test_access as doors
from tests.guards.test_access import OURS, Side, address, ask, undone

pytestmark = pytest.mark.django_db
world, here, there = doors.world, doors.here, doors.there

INLINE = re.compile(
    rb"<[^>]+\s(?:style|on[a-z]+)\s*=|<style|<script(?![^>]*(?:\ssrc=|type=\"application/json\"))[^>]*>"
)
# What a page may be asked for after its address, and what no page writes there.
KEYS = (
    "page",
    "after",
    "before",
    "q",
    "section",
    "span",
    "open",
    "sort",
    "status",
    "group",
    "owner",
    "on",
    "from",
    "to",
)
VALUES = ("", "-1", "1e9", "1_0", "%D9%A3", "%00", "%ED%A0%80", "%ff", "junk", "0001-01-01", "2023-02-30", "a" * 5000)
CANARIES = {
    "family_name": "Qwzcanaryfam",
    "given_name": "Qwzcanarygiv",
    "mrn": "QWZCANARYMRN",
    "email": "qwzcanarymail@example.org",
    "note": "Qwzcanarynot",
    "best_hours": "Qwzcanaryhrs",
}


def _route(param: Any) -> Route:
    route: Route = param.values[0]
    return route


READ = [param for param in OURS if "GET" in doors.door(_route(param)).methods]
WRITTEN = [param for param in OURS if "POST" in doors.door(_route(param)).methods]


def html(response: HttpResponse) -> bool:
    return "html" in response.headers.get("Content-Type", "")


def check(response: HttpResponse, role: str) -> None:
    """The headers of design rule 8 and nothing inline, whatever was answered."""
    headers = response.headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Server" not in headers
    if role != access.ANONYMOUS:
        assert "no-store" in headers["Cache-Control"]
    for cookie in filter(lambda cookie: cookie.value, response.cookies.values()):
        assert cookie["httponly"], cookie
        assert cookie["samesite"] in ("Lax", "Strict"), cookie
    if html(response):
        assert INLINE.search(response.content) is None


@pytest.mark.parametrize("route", OURS)
def test_every_answer_is_guarded(route: Route, here: Side) -> None:
    door = doors.door(route)
    for role in {access.ANONYMOUS, access.PATIENT, access.AUDITOR, max(door.roles)}:
        for method in ("GET", "HEAD", "POST", "DELETE"):
            with undone():
                response = ask(here, role, address(route, here), method)
            assert response.status_code < 500 or door.kind is access.Kind.HEALTH, f"{role} {method}"
            check(response, role)


@pytest.mark.parametrize("path", ["/no/such/page", "/clinic/patients/junk/", "/%00", "/%ff", "/clinic/%2e%2e/", "/a;b"])
def test_so_is_every_wrong_address(path: str, here: Side) -> None:
    for role in (access.ANONYMOUS, access.COORDINATOR, access.PATIENT):
        response = ask(here, role, path, "GET")
        assert response.status_code in (302, 400, 404)
        check(response, role)


@pytest.mark.parametrize("route", READ)
def test_no_query_breaks_a_page(route: Route, here: Side) -> None:
    role = sorted(doors.door(route).roles)[-1]
    side = doors._own(route, here, role)
    for value in VALUES:
        query = "&".join(f"{key}={value}" for key in KEYS)
        with undone(), clock.fixed_at(make.NOW):
            response = ask(side, role, f"{address(route, side)}?{query}", "GET")
        assert response.status_code < 500 or doors.door(route).kind is access.Kind.HEALTH, value[:40]


@pytest.mark.parametrize("route", WRITTEN)
def test_no_body_breaks_a_form(route: Route, here: Side) -> None:
    """Too much, too many fields, another type than a form's, a broken multipart: refused, or read as an empty form."""
    role = sorted(doors.door(route).roles)[-1]
    side = doors._own(route, here, role)
    bodies: list[tuple[bytes, str]] = [
        (b"x=" + b"a" * 3_000_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(1100)), "application/x-www-form-urlencoded"),
        (b"\xff\x00\xfe=%ff&=&&%", "application/x-www-form-urlencoded"),
        (b'{"a": NaN, "a": [[]]', "application/json"),
        (b"[" * 100_000, "application/json"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="\x00"\r\n\r\nno end',
            "multipart/form-data; boundary=x",
        ),
        (b"junk", "multipart/form-data"),
        (b"a=1", "text/plain; charset=no-such"),
        (b"a=1", "application/x-www-form-urlencoded; charset=utf-16"),
    ]
    for body, kind in bodies:
        doors.BROWSER.cookies.clear()
        if role != access.ANONYMOUS:
            doors.BROWSER.cookies[settings.SESSION_COOKIE_NAME] = side.cookies[role]
        with undone(), clock.fixed_at(make.NOW):
            response = doors.BROWSER.generic("POST", address(route, side), body, content_type=kind)
        assert response.status_code < 500, (body[:30], kind)


def test_nobody_elsewhere_reads_of_a_patient(here: Side, there: Side, caplog: pytest.LogCaptureFixture) -> None:
    """Not on any page of another clinic, in no line of the log, in no message's address, in no web address."""
    with undone():
        Patient.objects.filter(pk=there.patient.pk).update(**CANARIES, name_key="qwzcanaryfam qwzcanarygiv")
        PainLog.objects.filter(pk=there.things["log"].pk).update(note="Qwzcanarylog")
        with caplog.at_level(logging.DEBUG):
            for route in (route for route in map(_route, OURS) if "GET" in doors.door(route).methods):
                for role in doors.door(route).roles - {access.ANONYMOUS}:
                    for side in (here, there):
                        answer = ask(here, role, address(route, side), "GET")
                        assert b"qwzcanary" not in answer.content.lower(), f"{route.name} {role}"
            # Their own clinic's pages, for what is logged.
            for role in access.RECORDS:
                ask(there, role, f"/clinic/patients/{there.patient.public_id}/", "GET")
        lines = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("django.db")).lower()
    assert "qwzcanary" not in lines
    assert "qwzcanary" not in "".join(f"{m.subject}{m.body}" for m in mail.outbox).lower()
