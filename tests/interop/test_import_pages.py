"""The four steps as a coordinator goes through them, with and without htmx."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Clinic, Role, User
from interop import working
from interop.models import Import, ImportRow
from patients.models import Patient
from tests.make import make_clinic, make_staff

GOOD = "AV-1;Lee, Ann;13.05.1970;L hip;ARCO 2;14.10.2024"
NAMELESS = "AV-2;Roe, Jo;14.05.1970;R hip;3b;14.10.2024"
LOST = "AV-3;?ahin, Elif;15.05.1970;R hip;ARCO 2;14.10.2024"
REGISTER = "\n".join(
    ["MRN;Name;DOB;Joint;Stage;Last XR", GOOD, NAMELESS, LOST, ";No Number;16.05.1970;R hip;ARCO 2;14.10.2024"]
)


@pytest.fixture
def desk(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


@pytest.fixture
def sent(desk: Client) -> Import:
    desk.post("/clinic/import/", {"file": SimpleUploadedFile("register.csv", REGISTER.encode())})
    return Import.objects.get()


def address(sent: Import, end: str = "") -> str:
    return f"/clinic/import/{sent.public_id}/{end}"


def row(number: int) -> ImportRow:
    return ImportRow.objects.get(number=number)


def test_a_file_is_read_and_shown_and_nothing_is_brought_in(desk: Client, sent: Import) -> None:
    page = desk.get(address(sent)).content.decode()

    assert "names no system" in page
    assert "Bring in 1 row" in page
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"), [(b"%PDF-1.4", "This is a PDF"), (b"", "empty"), (b"PK\x03\x04", "packed folder")]
)
def test_what_is_no_register_is_refused_beside_the_field(desk: Client, data: bytes, said: str) -> None:
    answer = desk.post("/clinic/import/", {"file": SimpleUploadedFile("register.csv", data)})

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Import.objects.exists()
    assert desk.post("/clinic/import/").status_code == 422


def test_changing_a_guess_reads_the_rows_again(desk: Client, sent: Import) -> None:
    how = {"encoding": "utf-8", "separator": ";", "order": "dmy", "header": "yes", "xray_views": "complete"}
    columns = dict(
        zip([f"column_{at}" for at in range(6)], ["mrn", "name", "born", "joint", "ignore", "xray_on"], strict=True)
    )

    desk.post(address(sent, "reading/"), {**how, **columns})

    assert row(3).state == "ready"
    sent.refresh_from_db()
    assert sent.choices["xray_views"] == "complete"


def test_a_choice_that_is_none_is_refused(desk: Client, sent: Import) -> None:
    answer = desk.post(address(sent, "reading/"), {"encoding": "klingon", "column_0": "password"})

    assert answer.status_code == 422
    sent.refresh_from_db()
    assert sent.choices == {}


def test_a_decision_makes_a_row_ready(desk: Client, sent: Import) -> None:
    doubtful = row(3)

    answer = desk.post(f"/clinic/import/rows/{doubtful.public_id}/", {"d:stage_system_missing:stage": "ARCO 2019"})

    assert answer.status_code == 302
    assert row(3).state == "ready"


def test_a_decision_answers_htmx_with_the_row(desk: Client, sent: Import) -> None:
    doubtful = row(4)

    answer = desk.post(
        f"/clinic/import/rows/{doubtful.public_id}/",
        {"t:name_letters_lost:name": "Şahin, Elif"},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 200
    assert "Elif Şahin" in answer.content.decode()
    assert "Bring in 2 rows" in answer.content.decode()


def test_an_answer_that_is_missing_is_refused_and_the_row_waits(desk: Client, sent: Import) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        answer = desk.post(
            f"/clinic/import/rows/{row(3).public_id}/", {"d:stage_system_missing:stage": "Klingon"}, headers=headers
        )
        assert answer.status_code == 422
        assert desk.post(f"/clinic/import/rows/{row(3).public_id}/", {}, headers=headers).status_code == 422
    assert row(3).state == "look"


def test_a_row_that_was_decided_in_another_tab(desk: Client, sent: Import) -> None:
    ImportRow.objects.filter(number=3).update(state="ready")

    answer = desk.post(
        f"/clinic/import/rows/{row(3).public_id}/", {"d:stage_system_missing:stage": "Ficat"}, follow=True
    )

    assert "decided already" in answer.content.decode()
    assert row(3).decisions == {}


def test_bringing_in_shows_progress_and_then_the_result(
    desk: Client, sent: Import, django_capture_on_commit_callbacks: object
) -> None:
    desk.post(address(sent, "begin/"))
    page = desk.get(address(sent)).content.decode()
    assert "<progress" in page
    assert 'http-equiv="refresh"' in page
    assert "0 of 1 rows" in desk.get(address(sent, "progress/")).content.decode()

    working.go_on(sent.pk, now=clock.now(), slice_=timedelta(seconds=30))

    assert desk.get(address(sent, "progress/")).headers["HX-Redirect"] == address(sent)
    result = desk.get(address(sent)).content.decode()
    assert "4 rows = 1 brought in + 2 waiting + 1 refused" in result
    assert Patient.objects.get().mrn == "AV-1"


def test_rows_that_could_not_be_used_come_back_as_a_file(desk: Client, sent: Import) -> None:
    answer = desk.get(address(sent, "rejects.csv"))

    assert "No patient number." in answer.content.decode("utf-8-sig")
    assert "register-rejects.csv" in answer.headers["Content-Disposition"]


def test_cancelling_keeps_nothing(desk: Client, sent: Import) -> None:
    desk.post(address(sent, "cancel/"))

    assert not ImportRow.objects.exists()
    assert bytes(Import.objects.get().content) == b""
    assert desk.get(address(sent)).status_code == 404


def test_rows_are_chosen_by_state_and_reason_whatever_is_asked(desk: Client, sent: Import) -> None:
    for query in (
        "state=all",
        "state=refused",
        "state=nonsense",
        "reason=x",
        "after=99999999999",
        "after=-1",
        "state=look&after=3",
    ):
        assert desk.get(f"{address(sent)}?{query}").status_code == 200


@pytest.mark.parametrize("end", ["", "progress/", "rejects.csv"])
def test_another_clinics_register_does_not_exist(client: Client, sent: Import, end: str) -> None:
    client.force_login(make_staff(make_clinic("Elsewhere")))

    assert client.get(address(sent, end)).status_code == 404
    assert (
        client.post(f"/clinic/import/rows/{row(3).public_id}/", {"d:stage_system_missing:stage": "Ficat"}).status_code
        == 404
    )
    assert client.post(address(sent, "begin/")).status_code == 404


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.AUDITOR])
def test_only_coordinator_and_lead_bring_registers_in(client: Client, clinic: Clinic, sent: Import, role: str) -> None:
    client.force_login(make_staff(clinic, role))

    assert client.get("/clinic/import/").status_code == 403
    assert client.post(address(sent, "begin/")).status_code == 403


def test_methods(desk: Client, sent: Import) -> None:
    assert desk.get(address(sent, "begin/")).status_code == 405
    assert desk.post(address(sent)).status_code == 405
    assert desk.get(reverse("interop:import_row", args=[row(3).public_id])).status_code == 405


def test_hostile_values_in_any_place_are_refused_kindly(desk: Client, sent: Import) -> None:
    hostile = ["\x00", "\u202eabc", "x" * 10_000, "'; DROP TABLE x;--", "{{7*7}}", "\N{GRINNING FACE}"]
    for value in hostile:
        assert desk.get(address(sent), {"reason": value, "state": value, "after": value}).status_code == 200
        data = {"d:stage_system_missing:stage": value, f"d:{value[:200]}": value, "t:x:y": value}
        assert desk.post(f"/clinic/import/rows/{row(3).public_id}/", data).status_code == 422
        assert desk.post(address(sent, "reading/"), {"encoding": value, "column_0": value}).status_code == 422
        assert (
            desk.post("/clinic/import/", {"file": SimpleUploadedFile(f"a{value[:50]}.csv", b"%PDF")}).status_code == 422
        )
    assert row(3).decisions == {}


def test_a_cell_with_nul_and_a_monstrous_one_are_handed_back(desk: Client) -> None:
    register = b"MRN,Name,Joint\n1,A\x00 B,L hip\n2," + b"x" * 100_000 + b",L hip\n3,C D,L hip\n"

    desk.post("/clinic/import/", {"file": SimpleUploadedFile("register.csv", register)})

    assert list(ImportRow.objects.order_by("number").values_list("reason", flat=True)) == ["nul", "long_cell", ""]
