"""What leaves the house. Every text is neutral: no name, disease, joint or examination (`reliability.md` 2.3).

Only the clinic's neutral name, a day, its phone and the site's address may stand in a text. A text message stays
within one segment of 160 plain characters.
"""

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Clinic
from accounts.templatetags.words import phone
from followups.models import Reminder


def sms(reminder: Reminder) -> str:
    clinic = reminder.clinic
    words = {
        "clinic": clinic.public_name,
        "day": date_format(reminder.follow_up.closes_on, "j M"),
        "phone": phone(clinic.phone, clinic.country),
    }
    if reminder.step.startswith("after"):
        return _("%(clinic)s: you have not been seen yet. Please call %(phone)s. Reply STOP to end texts.") % words
    return _("%(clinic)s: please book by %(day)s on %(phone)s. Reply STOP to end texts.") % words


def subject() -> str:
    return _("A message from your clinic")


def email(reminder: Reminder) -> str:
    clinic = reminder.clinic
    words = {
        "clinic": clinic.public_name,
        "day": date_format(reminder.follow_up.closes_on, "j F Y"),
        "phone": phone(clinic.phone, clinic.country),
        "site": settings.SITE_ORIGIN,
    }
    if reminder.step.startswith("after"):
        first = _("You were expected by %(day)s and we have not seen you yet.") % words
    else:
        first = _("Please book your next appointment. It should take place by %(day)s.") % words
    rest = (
        _("Call %(phone)s, or sign in at %(site)s.\n\nThis message is automatic. Nobody reads answers to it.") % words
    )
    return f"{_('Hello')},\n\n{first}\n{rest}\n\n{clinic.public_name}\n"


def diary_sms(clinic: Clinic) -> str:
    """To somebody who has not written for a while."""
    return _("%(clinic)s: your page waits for a new entry. Questions? %(phone)s. Reply STOP to end texts.") % {
        "clinic": clinic.public_name,
        "phone": phone(clinic.phone, clinic.country),
    }


def diary_email(clinic: Clinic) -> str:
    words = {"phone": phone(clinic.phone, clinic.country), "site": settings.SITE_ORIGIN}
    text = _("Your page waits for a new entry. Sign in at %(site)s, or call %(phone)s with any question.") % words
    automatic = _("This message is automatic. Nobody reads answers to it.")
    return f"{_('Hello')},\n\n{text}\n\n{automatic}\n\n{clinic.public_name}\n"


def stopped(clinic: Clinic) -> str:
    return _("%(clinic)s: you get no more texts from us. Call %(phone)s with any question.") % {
        "clinic": clinic.public_name,
        "phone": phone(clinic.phone, clinic.country),
    }
