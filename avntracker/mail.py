"""Reads EMAIL_URL: smtp://user:password@host:port/?tls=starttls, or smtps:// for TLS from the first byte."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"starttls": 587, "implicit": 465, "off": 25}
_WORDS = {
    **dict.fromkeys(("starttls", "true", "1", "yes", "on", "tls", "required"), "starttls"),
    **dict.fromkeys(("implicit", "ssl"), "implicit"),
    **dict.fromkeys(("off", "false", "0", "no", "none"), "off"),
}


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str
    password: str
    starttls: bool
    implicit_tls: bool


def mail_server(url: str) -> MailServer:
    """The server behind an EMAIL_URL; ValueError with a sentence when it says nothing clear.

    Without `tls`, a server on another machine is spoken to by STARTTLS and one on this machine in clear. When
    STARTTLS is asked for and refused, nothing is sent: Django's backend raises before the first address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("EMAIL_URL must look like smtp://user:password@host:port/?tls=starttls, or smtps://...")
    unknown = parse_qs(parts.query, keep_blank_values=True)
    asked = unknown.pop("tls", [""])[-1].lower()
    if unknown or (asked and asked not in _WORDS):
        raise ValueError("EMAIL_URL knows one parameter: tls=starttls, tls=implicit or tls=off.")
    if parts.scheme == "smtps":
        kind = "implicit"
    else:
        kind = _WORDS[asked] if asked else ("off" if _is_this_machine(parts.hostname) else "starttls")
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[kind],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=kind == "starttls",
        implicit_tls=kind == "implicit",
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
