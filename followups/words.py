"""Sentences for people, made from the codes that the medicine gives."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.wording import gettext, ngettext
from clinical import reasons
from followups.models import Contact, Reminder

STUDIES = {"XR": _("X-ray with visit"), "MR": _("MRI"), "CT": _("CT"), "VISIT": _("Visit")}
GROUPS = {
    "replaced": _("Replaced"),
    "collapsed": _("Collapsed"),
    "large": _("Large"),
    "not_sized": _("Not sized"),
    "medium": _("Medium"),
    "small": _("Small"),
}


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """One reason or conflict in the reader's language."""
    return gettext(reasons.English[code]).format_map({name: _word(name, value) for name, value in params.items()})


def sentences(stored: Iterable[Mapping[str, Any]]) -> list[str]:
    """Reasons as they are stored: [{"code", "params"}]."""
    return [sentence(item["code"], item["params"]) for item in stored]


def _word(name: str, value: Any) -> Any:
    if name.endswith("_on") and value is not None:
        day_on = value if isinstance(value, date) else date.fromisoformat(value)
        return day(day_on, get_language() or "")
    return STUDIES[value] if name in ("study", "instead_of") else value


@lru_cache(maxsize=4096)
def day(on: date, language: str) -> str:
    """A day with its year, written once for each day and language."""
    return date_format(on, "j M Y")


XRAYS = {
    "hip": _("X-ray pelvis AP + frog-leg"),
    "shoulder": _("X-ray shoulder AP + axillary"),
    "knee": _("X-ray knee weight-bearing AP + lateral"),
    "ankle": _("X-ray ankle AP, mortise + lateral"),
}
MRIS = {"hip": _("MRI both hips, no contrast")}
FAILURES = {
    "no_channel": _("No way to send a message"),
    "mailbox_refused": _("E-mail: mailbox does not exist"),
    "mail_refused": _("E-mail refused"),
    "mail_server_away": _("Mail server gave no answer"),
    "mail_server_busy": _("Mail server busy"),
    "gateway_refused": _("Text: unknown number"),
    "gateway_busy": _("Text gateway busy"),
    "gateway_away": _("Text gateway gave no answer"),
    "address_unusable": _("Address cannot be used"),
    "wrong_number": _("Wrong number"),
    "broken_off": _("Sending broke off each time: it may have arrived"),
    "cannot_be_sent": _("The message cannot be sent: check the record"),
    "not_allowed": _("Not allowed"),
}


def exam(studies: tuple[str, ...], site: str) -> str:
    """What to ask for: 'X-ray pelvis AP + frog-leg and MRI both hips, no contrast'."""
    return _exam(studies, site, get_language() or "")


@lru_cache(maxsize=1024)
def _exam(studies: tuple[str, ...], site: str, language: str) -> str:
    return gettext(" and ").join(_study(study, site) for study in studies)


def _study(study: str, site: str) -> str:
    named = {"XR": XRAYS, "MR": MRIS}.get(study, {}).get(site)
    return str(named or f"{STUDIES[study]} {gettext(site)}")


def failure(code: str) -> str:
    return str(FAILURES.get(code, code))


def contact_result(code: str) -> str:
    return _contact_result(code, get_language() or "")


@lru_cache(maxsize=128)
def _contact_result(code: str, language: str) -> str:
    return str(Contact.Result(code).label)


def message_state(channel: str, status: str) -> str:
    """'Text message sent'."""
    return _message_state(channel, status, get_language() or "")


@lru_cache(maxsize=128)
def _message_state(channel: str, status: str, language: str) -> str:
    word = str(Reminder.Channel(channel).label).capitalize()
    state = gettext("sent") if status == Reminder.Status.SENT else gettext("failed")
    return f"{word} {state}"


def group(code: str) -> str:
    return _group(code, get_language() or "")


@lru_cache(maxsize=128)
def _group(code: str, language: str) -> str:
    return str(GROUPS[code])


def closes(on: date, today: date) -> str:
    days = (on - today).days
    return (
        gettext("closes today")
        if days == 0
        else ngettext("closes in %(n)s day", "closes in %(n)s days", days) % {"n": days}
    )


ROWS = {
    "ended": _("Ended"),
    "implant": _("Implant"),
    "collapsed_early": _("Collapsed, up to 2 mm"),
    "collapsed_late": _("Collapsed, more than 2 mm or arthritis"),
    "after_decompression": _("After core decompression"),
    "after_graft": _("After bone graft"),
    "after_osteotomy": _("After osteotomy"),
    "large": _("Large, or a hip not sized"),
    "medium": _("Medium, or small with symptoms or oedema"),
    "small": _("Small, without symptoms"),
    "asked_for": _("Asked for by a clinician"),
}


def language_name(code: str) -> str:
    """'Polish'; empty where the code is none that is known."""
    return gettext(LANG_INFO[code]["name"]) if code in LANG_INFO else ""
