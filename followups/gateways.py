"""A mail server and a text gateway: what is handed to them, and what each of their refusals means."""

import json
import smtplib
from base64 import b64encode
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.mail import EmailMessage

from followups import outbox
from followups.models import Outgoing


class NotSentYet(Exception):
    """The other side could not take it now; the same message may be tried again."""


class Refused(Exception):
    """This address will never take it; its argument is a code for people."""


def send_email(*, to: str, subject: str, text: str, key: str) -> None:
    """Hand one mail to the server. Raises NotSentYet or Refused."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> ") or "localhost"
    headers = {"Message-ID": f"<{key}@{domain}>", "X-Idempotency-Key": key, "Auto-Submitted": "auto-generated"}
    try:
        EmailMessage(subject, text, to=[to], headers=headers).send()
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        raise NotSentYet("mail_server_away") from error  # about us, not about this address
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise (Refused("mailbox_refused") if code >= 500 else NotSentYet("mail_server_busy")) from error
    except smtplib.SMTPResponseException as error:
        raise (Refused("mail_refused") if error.smtp_code >= 500 else NotSentYet("mail_server_busy")) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSentYet("mail_server_away") from error
    except ValueError as error:  # a header that cannot be written
        raise Refused("address_unusable") from error


def send_sms(*, to: str, text: str, key: str) -> None:
    """Hand one text to the gateway. Raises NotSentYet or Refused."""
    if not settings.SMS_GATEWAY_URL:
        outbox.keep(channel=Outgoing.Channel.SMS, recipient=to, subject="", body=text, key=key)
        return
    try:
        with urlopen(_gateway_request(to, text, key), timeout=settings.SMS_TIMEOUT) as answer:
            answer.read(10_000)
    except HTTPError as error:
        temporary = error.code >= 500 or error.code in (408, 429)
        raise (NotSentYet("gateway_busy") if temporary else Refused("gateway_refused")) from error
    except (OSError, HTTPException) as error:
        raise NotSentYet("gateway_away") from error


def _gateway_request(to: str, text: str, key: str) -> Request:
    headers = {"Idempotency-Key": key}
    if settings.SMS_GATEWAY_KIND == "twilio":
        pair = b64encode(f"{settings.SMS_USER}:{settings.SMS_TOKEN}".encode()).decode()
        body = urlencode({"To": to, "From": settings.SMS_SENDER, "Body": text}).encode()
        return Request(settings.SMS_GATEWAY_URL, body, {**headers, "Authorization": f"Basic {pair}"})
    body = json.dumps({"to": to, "from": settings.SMS_SENDER, "text": text, "key": key}).encode()
    headers |= {"Content-Type": "application/json"}
    if settings.SMS_TOKEN:
        headers["Authorization"] = f"Bearer {settings.SMS_TOKEN}"
    return Request(settings.SMS_GATEWAY_URL, body, headers)
