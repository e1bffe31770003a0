"""Where messages land when no mail server or gateway is set, so that nothing leaves a demo."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from accounts import clock
from followups.models import OutboxMessage, Reminder


def keep(*, channel: str, recipient: str, subject: str, body: str, key: str) -> None:
    """Put one message into the outbox. The same key again is the same message."""
    clinic_id = Reminder.objects.filter(follow_up__public_id=key.split(".")[0]).values_list("clinic_id", flat=True)
    OutboxMessage.objects.create(
        clinic_id=clinic_id.first() if key else None,
        at=clock.now(),
        channel=channel,
        recipient=recipient,
        subject=subject,
        body=body,
        key=key,
    )


class EmailBackend(BaseEmailBackend):
    """Django's mail, kept instead of sent."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            keep(
                channel=Reminder.Channel.EMAIL,
                recipient=", ".join(message.to),
                subject=str(message.subject),
                body=str(message.body),
                key=message.extra_headers.get("X-Idempotency-Key", ""),
            )
        return len(email_messages)
