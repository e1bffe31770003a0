"""Where messages arrive: a mail server and a text gateway that write down what came before they answer."""

import asyncio
import hashlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

SLOW = 0.02  # seconds that an answer takes, so that a kill finds something under way


class Arrival(NamedTuple):
    key: str
    to: str
    said: str  # a hash of the words


class Sinks:
    """What arrived, in order. `refused` addresses are never taken; `on_arrival` runs before the sender is answered."""

    def __init__(self, mail_port: int, text_port: int) -> None:
        self.arrived: list[Arrival] = []
        self.refused: set[str] = set()
        self.on_arrival: Callable[[], None] = lambda: None
        self._one_at_a_time = threading.Lock()
        self.environment = {
            "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}/",
            "SMS_GATEWAY_URL": f"http://127.0.0.1:{text_port}/send",
        }

    def take(self, key: str, to: str, words: str) -> None:
        with self._one_at_a_time:
            self.arrived.append(Arrival(key, to, hashlib.sha256(words.encode()).hexdigest()))
            self.on_arrival()

    @property
    def keys(self) -> Counter[str]:
        return Counter(arrival.key for arrival in self.arrived)

    def different_keys(self) -> list[str]:
        """Addresses that were sent to under more than one key."""
        under: dict[str, set[str]] = {}
        for arrival in self.arrived:
            under.setdefault(arrival.to, set()).add(arrival.key)
        return [to for to, keys in under.items() if len(keys) > 1]

    def different_words(self) -> list[str]:
        """Keys under which not always the same was said."""
        said: dict[str, set[str]] = {}
        for arrival in self.arrived:
            said.setdefault(arrival.key, set()).add(arrival.said)
        return [key for key, words in said.items() if len(words) > 1]


@contextmanager
def open_sinks() -> Iterator[Sinks]:
    sinks = Sinks(_free_port(), _free_port())
    mail_port = int(sinks.environment["EMAIL_URL"].rsplit(":", 1)[1].strip("/"))
    text_port = int(sinks.environment["SMS_GATEWAY_URL"].rsplit(":", 1)[1].split("/")[0])
    mail = Controller(_Mail(sinks), hostname="127.0.0.1", port=mail_port)
    texts = ThreadingHTTPServer(("127.0.0.1", text_port), _texts_of(sinks))
    mail.start()
    threading.Thread(target=texts.serve_forever, daemon=True).start()
    try:
        yield sinks
    finally:
        texts.shutdown()
        texts.server_close()
        mail.stop()


class _Mail:
    def __init__(self, sinks: Sinks) -> None:
        self.sinks = sinks

    async def handle_RCPT(self, _: Any, __: Any, envelope: Envelope, address: str, ___: Any) -> str:
        if address in self.sinks.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        key, words = message["X-Idempotency-Key"].strip(), f"{message['Subject']}\n{message.get_content()}"
        assert key in message["Message-ID"]
        await asyncio.to_thread(self.sinks.take, key, envelope.rcpt_tos[0], words)
        await asyncio.sleep(SLOW)
        return "250 OK"


def _texts_of(sinks: Sinks) -> type[BaseHTTPRequestHandler]:
    class Texts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            refused = text["to"] in sinks.refused
            if not refused:
                sinks.take(self.headers["Idempotency-Key"], text["to"], text["text"])
            threading.Event().wait(SLOW)
            self.send_response(400 if refused else 202)
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # the sender was killed while it waited for the answer

        def log_message(self, *_: Any) -> None: ...

    return Texts


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
