"""Mail over a real server and texts over a real gateway: what travels, and what becomes of each kind of refusal."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Clinic, User
from followups import delivery, sending, sweeping, telling
from followups.models import Flag, FollowUp, OutboxMessage, Reminder, StaffMessage
from patients.models import Patient
from tests import make
from tests.followups.test_delivery import TELLS, due

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class MailServer:
    """Answers each step of a mail as told; keeps what it accepted."""

    def __init__(self) -> None:
        self.to_recipient = self.to_data = "250 OK"
        self.accepted: list[bytes] = []
        self.released = threading.Event()

    async def handle_RCPT(self, _: Any, __: Any, envelope: Envelope, address: str, ___: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: Any, _: Any, envelope: Envelope) -> str:
        if self.to_data == "hang":
            await server.loop.run_in_executor(None, self.released.wait, 10)
            return "421 too late"
        if self.to_data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.accepted.append(envelope.content)
        return self.to_data


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    handler = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 1
    settings.DEFAULT_FROM_EMAIL = "Your clinic <diary@clinic.test>"
    yield handler
    handler.released.set()
    controller.stop()


def by_mail(clinic: Clinic) -> Reminder:
    return due(clinic, phone="")


def test_a_mail_carries_its_key_and_tells_nothing(clinic: Clinic, mail_server: MailServer) -> None:
    reminder = by_mail(clinic)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == ""

    message = message_from_bytes(mail_server.accepted[0], policy=policy.default)
    assert message["Message-ID"].strip() == f"<{reminder.key}@clinic.test>"
    assert message["X-Idempotency-Key"] == reminder.key
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == reminder.follow_up.patient.email
    told = f"{message['Subject']} {message['From']} {message.get_content()}".replace(clinic.public_name, "")
    assert not TELLS.search(told)
    assert "020 7123 4567" in told
    assert not OutboxMessage.objects.exists()


def test_the_second_try_of_a_mail_has_the_same_id(clinic: Clinic, mail_server: MailServer) -> None:
    """Accepted, and the worker died before it could write that down."""
    reminder = by_mail(clinic)
    for n in (0, 1):
        Reminder.objects.filter(pk=reminder.pk).update(status="queued", sent_at=None, claimed_at=None, due_at=NOW)
        sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW + timedelta(minutes=n))

    ids = {message_from_bytes(body)["Message-ID"] for body in mail_server.accepted}
    assert len(mail_server.accepted) == 2
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("step", "answer", "outcome"),
    [
        ("to_recipient", "450 try later", "mail_server_busy"),
        ("to_recipient", "421 closing", "mail_server_busy"),
        ("to_data", "451 try later", "mail_server_busy"),
        ("to_data", "hang", "mail_server_away"),
    ],
)
def test_a_server_that_cannot_now_is_asked_again_later(
    clinic: Clinic, mail_server: MailServer, step: str, answer: str, outcome: str
) -> None:
    reminder = by_mail(clinic)
    setattr(mail_server, step, answer)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "will be tried again"
    reminder.refresh_from_db()
    assert (reminder.status, reminder.outcome) == ("queued", outcome)
    assert NOW < reminder.due_at <= NOW + timedelta(minutes=5)

    setattr(mail_server, step, "250 OK")
    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW + timedelta(minutes=5)) == ""
    assert len(mail_server.accepted) == 1


@pytest.mark.parametrize(
    ("step", "answer", "outcome"),
    [
        ("to_recipient", "550 no such mailbox", "mailbox_refused"),
        ("to_recipient", "552 mailbox full", "mailbox_refused"),
        ("to_data", "554 refused", "mail_refused"),
    ],
)
def test_a_server_that_never_will_makes_it_a_persons_work_at_once(
    clinic: Clinic, mail_server: MailServer, step: str, answer: str, outcome: str
) -> None:
    reminder = by_mail(clinic)
    setattr(mail_server, step, answer)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "failed"

    assert Reminder.objects.get(pk=reminder.pk).outcome == outcome
    assert FollowUp.objects.get().contact_failure == outcome
    assert mail_server.accepted == []


def test_a_server_that_is_gone_for_long_becomes_a_persons_work(
    clinic: Clinic, mail_server: MailServer, settings: Settings
) -> None:
    reminder = by_mail(clinic)
    settings.EMAIL_PORT = 1
    said = [sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW + timedelta(minutes=40 * n)) for n in range(5)]

    assert said == ["will be tried again"] * 4 + ["failed"]
    assert FollowUp.objects.get().contact_failure == "mail_server_away"


def test_a_password_that_is_wrong_is_not_the_patients_fault(
    clinic: Clinic, mail_server: MailServer, settings: Settings
) -> None:
    """The server offers no sign-in, or refuses ours: every address would be given up at once."""
    reminder = by_mail(clinic)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "diary", "wrong"

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "will be tried again"
    assert mail_server.accepted == []


def test_a_mail_never_goes_in_clear_when_the_server_lacks_the_encryption_asked_for(
    clinic: Clinic, mail_server: MailServer, settings: Settings
) -> None:
    reminder = by_mail(clinic)
    settings.EMAIL_USE_TLS = True

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "will be tried again"
    assert mail_server.accepted == []


def test_a_claim_that_took_its_worker_with_it_each_time_becomes_a_persons_work(
    clinic: Clinic, mail_server: MailServer
) -> None:
    reminder = by_mail(clinic)
    Reminder.objects.filter(pk=reminder.pk).update(status="sending", claimed_at=NOW, attempts=sending.ATTEMPTS)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW + timedelta(minutes=11)) == "failed"

    assert FollowUp.objects.get().contact_failure == "broken_off"
    assert mail_server.accepted == []


Answer = Callable[[BaseHTTPRequestHandler], None]


def _status(code: int) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        request.end_headers()

    return answer


def _noise(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"\x00\xff nothing that is HTTP\r\n\r\n")


def _hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


class Gateway:
    """A text gateway that answers as told; keeps what was asked of it."""

    def __init__(self) -> None:
        self.answer: Answer = _status(202)
        self.asked: list[tuple[str, bytes]] = []


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    told = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.asked.append((self.headers["Idempotency-Key"], body))
            told.answer(self)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_GATEWAY_URL, settings.SMS_TIMEOUT = f"http://127.0.0.1:{server.server_port}/send", 1
    yield told
    server.shutdown()
    server.server_close()


def test_a_text_carries_its_key(clinic: Clinic, gateway: Gateway) -> None:
    reminder = due(clinic)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == ""

    ((key, body),) = gateway.asked
    assert key == reminder.key
    assert reminder.follow_up.patient.phone.encode() in body
    assert not re.search(rb"person\d|example", body, re.IGNORECASE)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (_status(500), "gateway_busy"),
        (_status(429), "gateway_busy"),
        (_status(408), "gateway_busy"),
        (_noise, "gateway_away"),
        (_hang_up, "gateway_away"),
    ],
    ids=["500", "429", "408", "noise", "hangs up"],
)
def test_a_gateway_that_cannot_now_is_asked_again_with_the_same_key(
    clinic: Clinic, gateway: Gateway, answer: Answer, outcome: str
) -> None:
    reminder = due(clinic)
    gateway.answer = answer
    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "will be tried again"
    assert Reminder.objects.get(pk=reminder.pk).outcome == outcome

    gateway.answer = _status(200)
    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW + timedelta(minutes=5)) == ""
    assert {key for key, _ in gateway.asked} == {reminder.key}


def test_a_number_that_is_refused_is_followed_by_a_mail_at_once(
    clinic: Clinic, gateway: Gateway, mail_server: MailServer
) -> None:
    reminder = due(clinic)
    gateway.answer = _status(400)

    assert sending.deliver(delivery.REMINDERS, reminder.pk, now=NOW) == "failed"

    following = Reminder.objects.get(follow_up=reminder.follow_up, step=reminder.step, channel="email")
    assert sending.deliver(delivery.REMINDERS, following.pk, now=NOW) == ""
    assert message_from_bytes(mail_server.accepted[0])["To"] == Patient.objects.get().email
    assert FollowUp.objects.get().contact_failure == ""


def test_what_neither_text_nor_mail_can_bring_is_a_persons_work(
    clinic: Clinic, gateway: Gateway, mail_server: MailServer
) -> None:
    due(clinic)
    gateway.answer, mail_server.to_recipient = _status(400), "550 no such mailbox"

    sweeping.sweep(now=NOW)
    assert FollowUp.objects.get().contact_failure == "", "the mail may still arrive"
    sweeping.sweep(now=NOW + timedelta(minutes=1))

    assert FollowUp.objects.get().contact_failure == "mailbox_refused"
    assert sorted(Reminder.objects.filter(status="failed").values_list("channel", flat=True)) == ["email", "sms"]


# --- Urgent flags, to staff ------------------------------------------------------------------------------------------
def urgent_for(clinic: Clinic) -> StaffMessage:
    """The text about a red flag, as it is after its first try."""
    make.make_staff(clinic, "clinician", mobile="+447700900555", name="Dr Out Of Reach")
    joint = make.make_joint(make.make_patient(clinic))
    flag = Flag.objects.create(
        clinic=clinic, patient=joint.patient, joint=joint, severity="red", severity_rank=0, rule=1, sentence={},
        opened_at=NOW, due_at=NOW + timedelta(hours=6),
    )  # fmt: skip
    telling.urgent(flag, now=NOW)
    message = StaffMessage.objects.get(channel="sms")
    sending.deliver(telling.MESSAGES, message.pk, now=NOW)
    return message


def test_a_text_to_staff_is_tried_again_with_the_same_key(clinic: Clinic, gateway: Gateway) -> None:
    gateway.answer = _status(503)
    message = urgent_for(clinic)
    gateway.answer = _status(202)
    for minutes in (5, 9):
        sending.deliver(telling.MESSAGES, message.pk, now=NOW + timedelta(minutes=minutes))
    message.refresh_from_db()
    assert (message.attempts, bool(message.sent_at)) == (2, True)
    assert [key for key, _body in gateway.asked] == [message.key] * 2


def test_a_text_to_staff_that_is_refused_stands_on_the_dashboard(
    clinic: Clinic, gateway: Gateway, lead: User, clock_at: Any
) -> None:
    gateway.answer = _status(400)
    urgent_for(clinic)
    desk = Client()
    desk.force_login(lead)
    with clock_at(NOW):
        page = desk.get("/clinic/dashboard/").content.decode()
    assert "Dr Out Of Reach, text message: Text: unknown number" in " ".join(page.split())


def test_a_text_to_staff_that_took_its_worker_with_it_each_time_is_given_up_and_the_backup_hears(
    clinic: Clinic, gateway: Gateway, lead: User
) -> None:
    gateway.answer = _status(503)
    message = urgent_for(clinic)
    StaffMessage.objects.update(status="sending", claimed_at=NOW, attempts=telling.MESSAGES.attempts)

    later = NOW + timedelta(minutes=11)
    for pk in StaffMessage.objects.values_list("pk", flat=True):
        assert sending.deliver(telling.MESSAGES, pk, now=later) == "failed"
    sweeping.sweep(now=later)

    message.refresh_from_db()
    assert (message.status, message.outcome) == ("failed", "broken_off")
    assert StaffMessage.objects.filter(to=lead, key__contains=".late.").exists()
