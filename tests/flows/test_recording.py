"""A clinic's desk in a browser: a patient who looks alike, and an MRI entered with the keyboard."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Clinic, User
from patients.models import Finding, ImagingStudy, Patient, Side
from tests.make import PASSWORD, make_joint, make_patient


@pytest.fixture
def sign_in(page: Page, live_server: LiveServer) -> Callable[[User], None]:
    """Come in by the door for staff."""

    def come_in(user: User) -> None:
        page.goto(f"{live_server.url}/accounts/login/")
        page.locator("[name=login]").fill(user.username)
        page.locator("[name=password]").fill(PASSWORD)
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.keyboard.press("Enter")

    return come_in


@pytest.mark.django_db(transaction=True)
def test_a_look_alike_appears_while_typing(
    page: Page,
    live_server: LiveServer,
    clinic: Clinic,
    coordinator: User,
    sign_in: Callable[[User], None],
    accessible: Callable[[Page], None],
) -> None:
    make_patient(clinic, family_name="Okonjo", given_name="Adaeze", born=date(1997, 1, 30), mrn="AV-20411")
    sign_in(coordinator)
    page.goto(f"{live_server.url}/clinic/patients/new/")

    page.get_by_label("Family name").press_sequentially("Okonjo")
    page.get_by_label("Date of birth").fill("30 1 1997")
    expect(page.get_by_role("link", name="Adaeze Okonjo")).to_be_visible()
    accessible(page)
    page.get_by_label("Given names").fill("Ada")
    page.get_by_label("MRN").fill("AV-1")
    page.get_by_label("Not the same person").check()
    page.get_by_role("button", name="Register").click()

    expect(page).not_to_have_url(f"{live_server.url}/clinic/patients/new/")
    assert Patient.objects.filter(mrn="AV-1", given_name="Ada").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1440, 360])
def test_an_mri_is_entered_and_saved_by_keyboard(
    page: Page,
    live_server: LiveServer,
    clinic: Clinic,
    clinician: User,
    sign_in: Callable[[User], None],
    accessible: Callable[[Page], None],
    width: int,
) -> None:
    patient = make_patient(clinic)
    for side in (Side.RIGHT, Side.LEFT):
        make_joint(patient, side=side, since=date(2025, 6, 18))
    sign_in(clinician)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/clinic/patients/{patient.public_id}/studies/new/")

    page.get_by_label("Made on").fill("14 9 2026")
    page.get_by_role("radio", name="MRI").check(force=True)
    expect(page.get_by_label("Kerboul angle, coronal")).to_have_count(2)
    expect(page.get_by_label("Made on")).to_have_value("14 9 2026")
    for name, value in {"volume_percent": "15", "volume_cm3": "6,5", "kerboul_coronal": "95"}.items():
        for side in Side.RIGHT, Side.LEFT:
            page.locator(f"[name=hip-{side}-{name}]").fill(value)
    page.locator("[name=hip-right-kerboul_sagittal]").press_sequentially("95")
    expect(page.locator("#hint-hip-right-kerboul_coronal")).to_contain_text("The measures disagree")
    for side in Side.RIGHT, Side.LEFT:
        page.locator(f"[name=hip-{side}-jic_type]").select_option("B")
        page.locator(f"[name=hip-{side}-stage]").select_option("not_assessed")
        for tri in ("oedema", "effusion", "subchondral_fracture"):
            page.locator(f"[name=hip-{side}-{tri}][value=no]").check(force=True)
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.keyboard.press("Control+Enter")

    expect(page).not_to_have_url(f"{live_server.url}/clinic/patients/{patient.public_id}/studies/new/")
    study = ImagingStudy.objects.get()
    assert (study.modality, study.reviewed_by) == ("MR", clinician)
    assert Finding.objects.count() == 2
