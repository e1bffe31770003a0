"""STOP is honoured at once, and a call from the gateway without a signature changes nothing."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Clinic
from followups import stopping
from followups.models import OutboxMessage
from patients.models import Patient
from tests import make

NUMBER = "+447700900123"


@pytest.mark.parametrize("text", ["STOP", "stop.", "Stopp", "ARRÊT", "STOP 🙂", " stop\n", "Stop!!!"])
def test_these_mean_stop(text: str) -> None:
    assert stopping.word_of(text) in stopping.STOP


@pytest.mark.parametrize("text", ["please stop the pain", "no", "", "10", "\x00", "х" * 2000])
def test_these_do_not(text: str) -> None:
    assert stopping.word_of(text) not in stopping.STOP


@pytest.mark.django_db(transaction=True)
def test_everybody_who_shares_the_number_is_left_alone() -> None:
    clinic = make.make_clinic()
    people = [make.make_patient(clinic, phone=NUMBER) for _ in range(2)]

    assert stopping.heard(number=NUMBER, text="STOP", now=make.NOW) == "stopped"

    assert all(Patient.objects.get(pk=p.pk).sms_stopped_at == make.NOW for p in people)
    assert OutboxMessage.objects.filter(recipient=NUMBER).count() == 1  # confirmed once


@pytest.mark.django_db(transaction=True)
def test_start_takes_it_back(clinic: Clinic) -> None:
    patient = make.make_patient(clinic, phone=NUMBER, sms_stopped_at=make.NOW)

    assert stopping.heard(number=NUMBER, text="Start", now=make.NOW) == "started"
    assert Patient.objects.get(pk=patient.pk).sms_stopped_at is None


def answer(stamp: str, body: str, token: str) -> Any:
    signature = hmac.new(token.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return Client(enforce_csrf_checks=True).post(
        "/hooks/sms/",
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Timestamp": stamp, "X-Signature": signature},
    )


@pytest.mark.parametrize(
    ("minutes_old", "token", "status"),
    [
        pytest.param(0, "secret", 204, id="signed"),
        pytest.param(0, "guess", 400, id="signed by another"),
        pytest.param(20, "secret", 400, id="an old call played again"),
    ],
)
@pytest.mark.django_db
def test_only_the_gateway_is_heard(clinic: Clinic, settings: Any, minutes_old: int, token: str, status: int) -> None:
    settings.SMS_TOKEN = "secret"
    patient = make.make_patient(clinic, phone=NUMBER)
    stamp = str(int(clock.now().timestamp()) - 60 * minutes_old)

    response = answer(stamp, urlencode({"from": NUMBER, "text": "STOP"}), token)

    assert response.status_code == status
    assert (Patient.objects.get(pk=patient.pk).sms_stopped_at is not None) == (status == 204)


@pytest.mark.django_db
def test_without_a_token_nobody_is_heard(clinic: Clinic, settings: Any) -> None:
    settings.SMS_TOKEN = ""
    assert answer(str(int(clock.now().timestamp())), "from=1&text=STOP", "").status_code == 400
