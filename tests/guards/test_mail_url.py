"""EMAIL_URL is read as it is written, and a message never leaves in clear when TLS was asked for."""

import socket
import threading
from collections.abc import Iterator

import pytest
from django.core.mail import EmailMessage, get_connection

from avntracker.mail import MailServer, mail_server


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp://ann%40clinic:p%3Ass@mail.example.org:2525/?tls=true",
            MailServer("mail.example.org", 2525, "ann@clinic", "p:ss", starttls=True, implicit_tls=False),
        ),
        ("smtp://mail.example.org/?tls=starttls", MailServer("mail.example.org", 587, "", "", True, False)),
        ("smtps://u:p@mail.example.org", MailServer("mail.example.org", 465, "u", "p", False, True)),
        ("smtp://mail.example.org?tls=implicit", MailServer("mail.example.org", 465, "", "", False, True)),
        ("smtp://mail.example.org", MailServer("mail.example.org", 587, "", "", True, False)),
        ("smtp://mail.example.org?tls=off", MailServer("mail.example.org", 25, "", "", False, False)),
        ("smtp://127.0.0.1:1025", MailServer("127.0.0.1", 1025, "", "", False, False)),
        ("smtp://localhost:1025/?tls=1", MailServer("localhost", 1025, "", "", True, False)),
    ],
)
def test_a_server_is_read(url: str, expected: MailServer) -> None:
    assert mail_server(url) == expected


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://h/?tls=maybe", "smtp://h/?ssl=true"]
)
def test_what_is_not_clear_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="EMAIL_URL"):
        mail_server(url)


@pytest.fixture
def server_without_tls() -> Iterator[tuple[int, list[bytes]]]:
    """A mail server that knows no STARTTLS, and every line it was sent."""
    lines: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        client, _ = listener.accept()
        with client, client.makefile("rb") as said:
            client.sendall(b"220 here\r\n")
            for line in said:
                lines.append(line)
                client.sendall(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 OK\r\n")

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    yield listener.getsockname()[1], lines
    thread.join(timeout=5)
    listener.close()


def test_no_address_leaves_when_starttls_is_refused(server_without_tls: tuple[int, list[bytes]]) -> None:
    port, lines = server_without_tls
    server = mail_server(f"smtp://127.0.0.1:{port}/?tls=starttls")
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend", host=server.host, port=server.port, use_tls=server.starttls
    )

    with pytest.raises(OSError, match="STARTTLS"):
        EmailMessage("Subject", "Body", "a@example.org", ["b@example.org"], connection=connection).send()

    assert not [line for line in lines if b"MAIL" in line.upper() or b"b@example.org" in line]
