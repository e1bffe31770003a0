"""The trace: only added to, and readable by the lead and the auditor without a word of anybody's health."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts import audit
from accounts.models import AuditEvent, Clinic, Role, TraceIsKept, User
from tests import make

PAGE = "/clinic/audit/"


def leave(clinic: Clinic, by: User, n: int = 1, **more: object) -> AuditEvent:
    for i in range(n):
        event = {"action": "read", "subject": "patients.Patient", "now": make.NOW + timedelta(seconds=i)} | more
        audit.record(clinic=clinic, by=by, **event)  # type: ignore[arg-type]
    return AuditEvent.objects.latest("pk")


def rows(client: Client, query: str = "") -> list[AuditEvent]:
    return [row.event for row in client.get(PAGE + query).context["rows"]]


@pytest.fixture
def auditor(client: Client, clinic: Clinic) -> Client:
    client.force_login(make.make_staff(clinic, Role.AUDITOR))
    return client


def test_nothing_in_the_models_changes_an_event(clinic: Clinic, lead: User) -> None:
    event = leave(clinic, lead)

    for change in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(user_name="nobody"),
    ):
        with pytest.raises(TraceIsKept):
            change()


@pytest.mark.parametrize("sql", ["UPDATE accounts_auditevent SET user_name = 'x'", "DELETE FROM accounts_auditevent"])
def test_the_database_refuses_too(clinic: Clinic, lead: User, sql: str) -> None:
    leave(clinic, lead)

    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditEvent.objects.exists()


def test_the_guard_comes_back_with_every_migrate(clinic: Clinic, lead: User) -> None:
    audit.lift_guard("default")
    call_command("migrate", verbosity=0)
    leave(clinic, lead)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_auditevent")


def test_each_clinic_reads_its_own(auditor: Client, clinic: Clinic, lead: User) -> None:
    mine = leave(clinic, lead)
    leave(make.make_clinic("York"), make.make_staff(clinic))

    assert {event.clinic_id for event in rows(auditor)} == {mine.clinic_id}


def test_reading_the_trace_leaves_a_trace(auditor: Client) -> None:
    auditor.get(PAGE)

    assert rows(auditor)[0].subject == "audit"


def test_no_value_of_a_record_is_shown(auditor: Client, clinic: Clinic, lead: User) -> None:
    leave(
        clinic, lead, action="update", detail={"family_name": ["Okonkwo", "Okonkwo-Bell"], "fields": {"stage": [2, 3]}}
    )
    leave(clinic, lead, action="search", subject="followups:patients", detail={"q": "Okonkwo"})
    page = auditor.get(PAGE).content.decode()

    assert "Okonkwo" not in page
    assert "family name" in page
    assert "stage" in page


def test_a_patient_who_acts_is_kept_by_id(auditor: Client, clinic: Clinic) -> None:
    patient = make.make_patient(clinic, sign_in=True, family_name="Okonkwo")
    assert patient.user
    User.objects.filter(pk=patient.user.pk).update(name="Ada Okonkwo")
    Client().post("/accounts/login/", {"login": patient.user.username, "password": make.PASSWORD})

    event = next(e for e in rows(auditor) if e.action == "sign_in" and e.patient_id)
    assert event.patient_id == patient.public_id
    assert "Okonkwo" not in auditor.get(PAGE).content.decode()


def test_filters(auditor: Client, clinic: Clinic, lead: User, coordinator: User) -> None:
    patient_id = uuid4()
    wanted = leave(clinic, coordinator, patient_id=patient_id, now=make.NOW)
    leave(clinic, lead, action="export", now=make.NOW + timedelta(days=1))

    assert rows(auditor, f"?person={coordinator.public_id}") == [wanted]
    assert rows(auditor, f"?patient={patient_id}") == [wanted]
    assert [e.action for e in rows(auditor, "?action=export")] == ["export"]
    assert rows(auditor, "?first_on=2026-11-20&last_on=2026-11-20") == [wanted]


def test_days_are_the_clinics(client: Client, db: None) -> None:
    samoa = make.make_clinic(time_zone="Pacific/Apia")
    lead = make.make_staff(samoa, Role.LEAD)
    client.force_login(lead)
    leave(samoa, lead, now=make.NOW, action="export")  # 23:00 on the 20th there

    assert rows(client, "?action=export&first_on=2026-11-20&last_on=2026-11-20")
    assert not rows(client, "?action=export&first_on=2026-11-21")


@pytest.mark.parametrize(
    "query",
    [
        "?person=1",
        "?person=x",
        "?patient=abc",
        "?action=drop",
        "?first_on=02/03/2024",
        "?first_on=0001-01-01",
        "?last_on=9999-12-31",
        "?last_on=9999-99-99",
        "?person=2b6a2f0e-8d0c-4a53-9d0b-0a4b6f6f3c11",
        "?first_on=2026-02-02&last_on=2026-01-01",
    ],
)
def test_a_bad_filter_is_refused_beside_its_field(auditor: Client, clinic: Clinic, lead: User, query: str) -> None:
    leave(clinic, lead)
    response = auditor.get(PAGE + query)

    assert response.status_code == 422
    assert response.context["rows"] == []


@pytest.mark.parametrize(
    "query",
    ["?after=1", "?after=%00", "?after=a:b:c", "?page=-1", "?sort=password", "?per_page=1000000000", "?id__in=1"],
)
def test_a_false_place_is_the_beginning(auditor: Client, clinic: Clinic, lead: User, query: str) -> None:
    leave(clinic, lead)

    assert auditor.get(PAGE + query).status_code == 200


def test_pages_follow_each_other_without_counting(auditor: Client, clinic: Clinic, lead: User) -> None:
    leave(clinic, lead, n=120, action="export")
    seen: list[int] = []
    query = "?action=export"
    while query:
        response = auditor.get(PAGE + query)
        seen += [row.event.pk for row in response.context["rows"]]
        query = response.context["more"]

    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)


def test_who_opened_a_record(clinic: Clinic, lead: User) -> None:
    patient = make.make_patient(clinic, sign_in=True)
    opened = leave(clinic, lead, patient_id=patient.public_id)
    leave(clinic, lead, patient_id=patient.public_id, action="update")
    leave(clinic, lead, patient_id=uuid4())

    assert list(audit.openings(patient.public_id)) == [opened]


def test_a_refusal_names_what_was_asked_for(client: Client, clinic: Clinic, coordinator: User) -> None:
    stranger = make.make_patient(make.make_clinic("York"))
    client.force_login(coordinator)
    client.get(f"/clinic/patients/{stranger.public_id}/invitation/")

    event = AuditEvent.objects.get(action="denied")
    assert (event.user, event.clinic, event.patient_id) == (coordinator, clinic, stranger.public_id)
    assert event.detail["status"] == 404
