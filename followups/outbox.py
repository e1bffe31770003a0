"""Where messages land when no mail server or gateway is set, so that nothing leaves a demo."""

from collections.abc import Sequence
from uuid import UUID

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from accounts import clock
from followups.models import FollowUp, OutboxMessage, Reminder, StaffMessage
from patients.models import Patient


def keep(*, channel: str, recipient: str, subject: str, body: str, key: str) -> None:
    """Put one message into the outbox. The same key again is the same message."""
    OutboxMessage.objects.create(
        clinic_id=_clinic_of(key),
        at=clock.now(),
        channel=channel,
        recipient=recipient,
        subject=subject,
        body=body,
        key=key,
    )


def _clinic_of(key: str) -> int | None:
    """Whose post it is: a reminder's key begins with its follow-up, an invitation's with its patient, a staff message
    is found by its whole key. A new password's has none: nobody else may read it.
    """
    if staff := StaffMessage.objects.filter(key=key).values_list("clinic_id", flat=True).first():
        return staff
    try:
        about = UUID(key.partition(".")[0])
    except ValueError:
        return None
    follow_up = FollowUp.objects.filter(public_id=about).values_list("clinic_id", flat=True).first()
    return follow_up or Patient.objects.filter(public_id=about).values_list("clinic_id", flat=True).first()


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
