"""The queue of flags and the card: is this real, and what do I do about it?

Each address answers with the whole page, or, asked by htmx, with its two columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access, audit, clock
from accounts.middleware import StaffRequest
from accounts.templatetags.words import day, full_day
from clinical.history import Constraint
from clinical.protocol.planning import instead
from followups import (
    flag_card,
    flag_forms,
    flag_queue,
    flag_words,
    flagging,
    opening_days,
    overriding,
    telling,
    tripwire,
)
from followups.flag_forms import AnswerForm, BringForwardForm, CloseForm, ContactForm, DisagreeForm, HandOverForm
from followups.models import Flag, FollowUp, JointPlan

Answer = Callable[[StaffRequest, Flag, Any], str]
PRESET = ("outcome", "what", "said")  # what a button of a red card has chosen already
FOR_EVERYBODY = ("contacted", "hand_over")


@dataclass(frozen=True)
class Choice:
    """One result button: what it does, what follows, and whether it is unfolded."""

    key: str
    do: str
    verb: str
    consequence: str
    here: bool
    href: str


@require_GET
def page(request: StaffRequest) -> HttpResponse:
    return render(request, "followups/flags.html", _context(request))


@require_GET
def one(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    flag = _flag(request, flag_id)
    audit.opened(request, flag.patient)
    do = request.GET.get("do", "")
    form = _form(request, flag, do) if do in _offered(request) and not flag.closed_at else None
    return _show(request, flag, form)


@require_POST
def claim(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    flag = _flag(request, flag_id)
    if not flagging.claim(flag, by=request.user, now=clock.now()):
        return _came_second(request, flag_id, None)
    messages.success(request, _("You have it now. The clock keeps running."))
    return _go_on(request, flag_id)


@require_POST
def contacted(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    return _answer(request, flag_id, "contacted", _note)


def _note(request: StaffRequest, flag: Flag, form: ContactForm) -> str:
    flagging.note(flag, by=request.user, now=clock.now(), text=form.text)
    return _("Noted. The flag stays open.")


@require_POST
def hand_over(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    return _answer(request, flag_id, "hand_over", _hand_over)


def _hand_over(request: StaffRequest, flag: Flag, form: HandOverForm) -> str:
    to = form.members[form.cleaned_data["to"]]
    flagging.hand_over(flag, to=to, by=request.user, now=clock.now(), note=form.cleaned_data["note"])
    return _("%(name)s has it now. The clock keeps running.") % {"name": to}


@require_POST
def bring_forward(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    return _answer(request, flag_id, "bring_forward", _bring_forward)


def _bring_forward(request: StaffRequest, flag: Flag, form: BringForwardForm) -> str:
    by, owner = form.cleaned_data["by"], form.booking.get(form.cleaned_data["owner"])
    flagging.bring_imaging_forward(
        flag, form.follow_up, studies=form.studies, to=by, owner=owner, by=request.user, now=clock.now()
    )
    return _("Asked for by %(day)s. It is on the worklist; the flag stays open.") % {"day": day(by)}


@require_POST
def snooze(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    return _answer(request, flag_id, "snooze", _snooze)


def _snooze(request: StaffRequest, flag: Flag, form: AnswerForm) -> str:
    until = form.cleaned_data["until"]
    flagging.snooze(
        flag, by=request.user, role=request.role, now=clock.now(), level=form.cleaned_data["level"], until=until
    )
    return _("Quiet until %(day)s. Red boxes still raise a flag.") % {"day": day(until)}


@require_POST
def disagree(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    return _answer(request, flag_id, "disagree", _disagree)


def _disagree(request: StaffRequest, flag: Flag, form: DisagreeForm) -> str:
    said = form.cleaned_data
    flagging.close(
        flag, by=request.user, role=request.role, now=clock.now(), outcome=Flag.Outcome.RULE_WRONG,
        next_step=said["next_step"], note=said["reason"], usual_after="keep",
    )  # fmt: skip
    return _("Closed. It counts against rule %(number)s.") % {"number": flag.rule}


@require_POST
def close(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    return _answer(request, flag_id, "close", _close)


def _close(request: StaffRequest, flag: Flag, form: CloseForm) -> str:
    said, now = form.cleaned_data, clock.now()
    image_by = said.get("image_by")
    if image_by and image_by != form.planned:
        _redate(request, flag, form, image_by, now)
    next_step = said["next_step"]
    if image_by:
        next_step = _("%(step)s. Next image by %(day)s.") % {"step": next_step.rstrip(" ."), "day": full_day(image_by)}
    flagging.close(
        flag, by=request.user, role=request.role, now=now, outcome=said["outcome"], next_step=next_step[:200],
        note=said["note"], usual_after=said["usual_after"],
    )  # fmt: skip
    return _("Closed: %(outcome)s.") % {"outcome": Flag.Outcome(said["outcome"]).label}


def _redate(request: StaffRequest, flag: Flag, form: CloseForm, image_by: date, now: datetime) -> None:
    """The next image by the day that the review names."""
    follow_up = form.follow_up
    if follow_up and image_by == form.protocols_own:
        overriding.end(follow_up.pk, now=now)  # back to the protocol's own day
        return
    studies = follow_up.studies if follow_up else [instead("XR", _constraints(flag))[0]]
    owner = follow_up.owner if follow_up else None
    flagging.bring_imaging_forward(flag, follow_up, studies=studies, to=image_by, owner=owner, by=request.user, now=now)


def _constraints(flag: Flag) -> frozenset[Constraint]:
    return frozenset(Constraint(name) for name in flag.patient.constraints)


@require_POST
def plan_proposed(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    """One press plans the picture that the card proposes, exactly as it was shown."""
    flag = _flag(request, flag_id)
    follow_up = _live(flag)
    plan = JointPlan.objects.filter(joint=flag.joint).first()
    offered = tripwire.proposed(flag, plan, follow_up, today=clock.today(request.clinic))
    shown = (request.POST.get("study"), request.POST.get("by"))
    if offered is None or shown != (offered.study, offered.by.isoformat()):
        return _came_second(request, flag_id, None)
    try:
        flagging.bring_imaging_forward(
            flag, follow_up, studies=[offered.study], to=offered.by, owner=follow_up.owner if follow_up else None,
            by=request.user, now=clock.now(),
        )  # fmt: skip
    except (flagging.Stale, ValidationError):
        return _came_second(request, flag_id, None)
    messages.success(
        request, _("Planned: %(what)s. It is on the worklist; the flag stays open.") % {"what": offered.said}
    )
    return _go_on(request, flag_id)


@require_POST
def undo_imaging(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    """Undo what was asked for, while nobody has worked on it."""
    try:
        flagging.undo_imaging(_flag(request, flag_id), by=request.user, now=clock.now())
    except (flagging.Stale, ValidationError):
        return _came_second(request, flag_id, None)
    messages.success(request, _("Undone: it is planned as before."))
    return _go_on(request, flag_id)


# --- What they share -------------------------------------------------------------------------------------------------
def _flag(request: StaffRequest, flag_id: UUID) -> Flag:
    flags = Flag.objects.at(request.clinic).select_related("patient__clinic", "joint", "owner", "clinic", "closed_by")
    return get_object_or_404(flags, public_id=flag_id)


def _answer(request: StaffRequest, flag_id: UUID, do: str, act: Answer) -> HttpResponse:
    """Is the form right, one call, go on. A flag that has changed since it was shown is not touched."""
    flag = _flag(request, flag_id)
    form = _form(request, flag, do, data=request.POST)
    if not form.is_valid():
        return _show(request, flag, form, status=422)
    if flag.closed_at or form.cleaned_data["version"] != flag.version:
        return _came_second(request, flag_id, form)
    try:
        with transaction.atomic():
            said = act(request, flag, form)
    except flagging.Stale:
        return _came_second(request, flag_id, form)
    except ValidationError as refused:
        _put_beside(form, refused)
        return _show(request, flag, form, status=422)
    messages.success(request, f"{flag.patient}: {said}")
    return _go_on(request, flag_id)


def _put_beside(form: AnswerForm, refused: ValidationError) -> None:
    known = hasattr(refused, "error_dict") and set(refused.error_dict) <= set(form.fields)
    form.add_error(None, refused if known else " ".join(refused.messages))


def _came_second(request: StaffRequest, flag_id: UUID, form: AnswerForm | None) -> HttpResponse:
    """Nothing was done; the card as it is now says who was faster. What was typed is kept."""
    flag = _flag(request, flag_id)
    again = None
    if form is not None and not flag.closed_at:
        again = _form(request, flag, form.do, initial={k: v for k, v in form.data.items() if k != "version"})
    return _show(request, flag, again, status=409, faster=flag_words.who_was_faster(flag))


def _go_on(request: StaffRequest, flag_id: UUID) -> HttpResponse:
    flag = _flag(request, flag_id)
    if request.htmx:
        return _show(request, flag, None)
    return redirect("followups:flag", flag_id=flag_id) if flag.closed_at is None else redirect("followups:flags")


def _show(
    request: StaffRequest, flag: Flag, form: AnswerForm | None, *, status: int = 200, faster: str = ""
) -> HttpResponse:
    context = _context(request, flag, form) | {"faster": faster}
    template = "followups/_flags.html" if request.htmx else "followups/flags.html"
    return render(request, template, context, status=status)


def _context(request: StaffRequest, flag: Flag | None = None, form: AnswerForm | None = None) -> dict[str, Any]:
    now = clock.now()
    queue = flag_queue.queue(request.clinic, now=now, page=_page(request), at=flag)
    context: dict[str, Any] = {
        "queue": queue,
        "judging": flag_queue.judging(request.clinic) if not queue.rows else None,
        "may_close": request.role in access.CLINICIANS,
        "keys": _keys(),
        "nobody_answers": request.role not in access.CLINICIANS and telling.nobody_answers(request.clinic),
        "refused": bool(form and form.is_bound),
    }
    if flag is None:
        return context
    card = flag_card.card(flag, clinic=request.clinic, user=request.user, role=request.role, now=now)
    return context | {
        "card": card,
        "choices": _choices(request, card, form.do if form else "") if not flag.closed_at else [],
        "form": form,
        "action": reverse(f"followups:flag_{form.do}", args=[flag.public_id]) if form else "",
        "do": _title(form.do) if form else "",
    }


def _page(request: StaffRequest) -> int:
    """The page of the queue that was asked for; 0: none."""
    asked = request.GET.get("page", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0


def _offered(request: StaffRequest) -> tuple[str, ...]:
    return tuple(flag_forms.FORMS) if request.role in access.CLINICIANS else FOR_EVERYBODY


def _form(request: StaffRequest, flag: Flag, do: str, *, data: Any = None, initial: Any = None) -> AnswerForm:
    today = clock.today(request.clinic)
    follow_up = _live(flag)
    asked = {name: request.GET[name] for name in PRESET if name in request.GET}
    return flag_forms.FORMS[do](
        data,
        flag=flag,
        today=today,
        follow_up=follow_up,
        initial=_proposed(flag, do, follow_up, request) | asked | (initial or {}),
    )


def _live(flag: Flag) -> FollowUp | None:
    live = FollowUp.objects.live().filter(joint=flag.joint)
    return live.select_related("clinic", "patient", "joint", "owner").first()


def _proposed(flag: Flag, do: str, follow_up: FollowUp | None, request: StaffRequest) -> dict[str, Any]:
    today = clock.today(request.clinic)
    soon = 1 if flag.severity == Flag.Severity.RED else 8
    proposed: dict[str, dict[str, Any]] = {
        "bring_forward": {
            "by": _soon(request, follow_up, soon),
            "owner": str(follow_up.owner.public_id) if follow_up and follow_up.owner else "",
        },
        "snooze": {"until": today + timedelta(days=14)},
        "disagree": {"next_step": _("The plan stays as it is.")},
        "close": {
            "usual_after": "keep",
            "image_by": _next_image(request, follow_up),
        },
    }
    return proposed.get(do, {})


def _soon(request: StaffRequest, follow_up: FollowUp | None, number: int) -> date:
    """So many opening days from now, or the last day that is possible if that comes first."""
    today = clock.today(request.clinic)
    day_on = opening_days.next_opening_day(request.clinic, today, number=number)
    return min(day_on, overriding.latest(follow_up, today=today))


def _next_image(request: StaffRequest, follow_up: FollowUp | None) -> date | None:
    """The day that stands; where it has passed, or there is none, the person says one."""
    stands = (follow_up.brought_forward_to or follow_up.target_on) if follow_up else None
    if stands is None or stands >= clock.today(request.clinic):
        return stands
    return _soon(request, follow_up, 8)


def _choices(request: StaffRequest, card: flag_card.Card, open_: str) -> list[Choice]:
    """The six answers; on a red card, the outcomes of the call."""
    today = clock.today(request.clinic)
    latest = day(today + flagging.LONGEST_SNOOZE, today)
    soon = _proposed(card.flag, "bring_forward", card.follow_up, request)["by"]
    planned = card.follow_up.target_on if card.follow_up else None
    consequences = {
        "contacted": (_("Contact"), _("%(number)s, note the result") % {"number": card.number or _("no number known")}),
        "bring_forward": (_("Bring imaging forward"), _forward(soon, planned, today)),
        "snooze": (_("Snooze to a level"), _("“5 is expected until …”, at most %(day)s") % {"day": latest}),
        "hand_over": (_("Hand over"), _("the clock keeps running")),
        "disagree": (_("Disagree with the rule"), _("closes it, counts against rule %(n)s") % {"n": card.flag.rule}),
        "close": (_("Close with outcome"), _("outcome and next step are both needed")),
    }
    address, offered = reverse("followups:flag", args=[card.flag.public_id]), _offered(request)
    if card.flag.severity == Flag.Severity.RED:
        return _after_the_call(request, open_, address)
    return [
        Choice(str(key), do, *words, here=do == open_, href=f"{address}?do={do}#answer")
        for key, (do, words) in enumerate(consequences.items(), start=1)
        if do in offered
    ]


def _after_the_call(request: StaffRequest, open_: str, address: str) -> list[Choice]:
    """What happened? The outcomes of the call that a red card asks for."""
    asked = "".join(f"&{name}={request.GET[name]}" for name in PRESET if name in request.GET)
    rows = [
        ("close", "&outcome=referred", _("Spoke: sent to emergency"), _("close with outcome, image by hospital")),
        (
            "bring_forward",
            "&what=XR",
            _("Spoke: image today or tomorrow"),
            _("X-ray, cross-table if a fracture is possible"),
        ),
        ("close", "&outcome=other_cause", _("Spoke: ticked by mistake"), _("close, their words are kept")),
        ("contacted", "&said=no_answer", _("No answer"), _("again in 30 min, then the emergency contact")),
        ("contacted", "&said=spoke", _("Spoke: note it"), _("the flag stays open")),
        ("hand_over", "", _("Hand over"), _("the clock keeps running")),
        ("close", "", _("Close with outcome"), _("outcome and next step are both needed")),
        ("disagree", "", _("Disagree with the rule"), _("closes it, counts against the rule")),
    ]
    offered = [row for row in rows if row[0] in _offered(request)]
    return [
        Choice(
            str(n),
            do,
            verb,
            then,
            here=do == open_ and query == asked,
            href=f"{address}?do={do}{query}#answer",
        )
        for n, (do, query, verb, then) in enumerate(offered, start=1)
    ]


def _forward(soon: Any, planned: Any, today: Any) -> str:
    if planned is None:
        return _("ask for a picture: nothing is planned for this joint")
    if soon < planned:
        return _("by %(soon)s instead of %(planned)s") % {"soon": day(soon, today), "planned": day(planned, today)}
    return _("due %(planned)s already") % {"planned": day(planned, today)}


def _title(do: str) -> str:
    return {
        "contacted": _("Contact"),
        "bring_forward": _("Bring imaging forward"),
        "snooze": _("Snooze to a level"),
        "hand_over": _("Hand over"),
        "disagree": _("Disagree with the rule"),
        "close": _("Close with outcome"),
    }[do]


def _keys() -> list[tuple[str, str]]:
    return [
        ("J K", _("next, previous flag")),
        ("Enter", _("open the flag")),
        ("C", _("claim")),
        ("1–8", _("answers")),
        ("X", _("close")),
        ("?", _("these keys")),
    ]
