"""The worklist: whom do I call now? Every act works as a link or a form; htmx swaps the row it is about."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts import clock
from accounts.adapters import own_path
from accounts.middleware import StaffRequest
from accounts.models import Clinic, Membership, User
from accounts.templatetags.words import day, phone
from accounts.wording import gettext as _
from accounts.wording import ngettext
from followups import contacting, planning, words, worklist
from followups.models import Contact, FollowUp, Proof
from followups.worklist import Row, Section, Unread, Whose
from patients.models import Patient

Result = Contact.Result
WHOSE = {"": gettext_lazy("Everyone"), "mine": gettext_lazy("Mine"), "untaken": gettext_lazy("Not taken")}
# Key, result, whether it asks for more first.
RESULTS = (
    (1, Result.DATE_AGREED, True),
    (2, Result.NO_ANSWER, False),
    (3, Result.CALL_LATER, False),
    (4, Result.NEEDS_HELP, True),
    (5, Result.ALREADY_DONE, True),
    (6, Result.WRONG_NUMBER, False),
    (7, Result.DECLINED, True),
)


@dataclass(frozen=True)
class Part:
    """One section on the page."""

    key: str
    title: str
    why: str
    count: str
    rows: list[Row]
    unread: list[Unread]
    more: bool


@dataclass(frozen=True)
class Choice:
    """One result button and the date it sets."""

    key: int
    result: str
    verb: str
    consequence: str
    asks: bool


@require_GET
def page(request: StaffRequest) -> HttpResponse:
    section, whose = _asked(request)
    today = clock.today(request.clinic)
    heads = worklist.heads(request.clinic, whose, today=today)
    counts, parts = worklist.counts(heads), _parts(request.clinic, heads, section, today)
    if not whose.name:
        request.worklist_waiting = worklist.waiting(heads)  # the bar need not ask again
    proof = Proof.objects.filter(clinic=request.clinic).order_by("-at").first()
    lost = worklist.without_plan(request.clinic, proof) if not section else []
    context = {
        "today": today,
        "parts": [part for part in parts if part.rows or part.unread or section],
        "filters": _filters(counts, section, whose),
        "owners": [(key, label, _query(section, key), key == whose.name) for key, label in WHOSE.items()],
        "counts": counts,
        "section": section,
        "lost": lost,
        "proof": proof,
        "opens_on": worklist.next_opening(request.clinic, whose, today=today) if counts["all"] == "0" else None,
        "open": _opened(request, today),
        "keys": _keys(),
        "whose": whose.name,
        "now": clock.now().isoformat(),
        "held": contacting.how_many_held(request.clinic) if section == Section.HELD else 0,
        "at_once": contacting.RELEASED_AT_ONCE,
    }
    return render(request, "followups/worklist.html", context)


def _asked(request: StaffRequest) -> tuple[str, Whose]:
    section, whose = request.GET.get("section", ""), request.GET.get("whose", "")
    if section not in (*Section, "") or whose not in WHOSE:
        raise Http404
    return section, Whose(whose, request.user)


def _parts(clinic: Clinic, heads: dict[str, list[int]], section: str, today: date) -> list[Part]:
    """The sections on the page, each with the first of its rows."""
    most = {section: worklist.SECTION_ROWS} if section else worklist.ALL_ROWS
    shown = {key: heads[key][: most[key]] for key in ([section] if section else worklist.IN_ORDER)}
    unread = worklist.unread(shown.pop(Section.NOT_REVIEWED, []), today=today)
    rows = worklist.read(shown, clinic=clinic, today=today)
    counts = worklist.counts(heads)
    return [
        Part(
            key,
            str(worklist.TITLES[key]),
            str(worklist.WHY_HERE[key]),
            counts[key],
            rows.get(key, []),
            unread if key == Section.NOT_REVIEWED else [],
            more=len(heads[key]) > most[key],
        )
        for key in most
    ]


def _query(section: str, whose: str) -> str:
    parts = [f"section={section}"] * bool(section) + [f"whose={whose}"] * bool(whose)
    return "?" + "&".join(parts) if parts else reverse("followups:worklist")


def _filters(counts: dict[str, str], section: str, whose: Whose) -> list[tuple[str, str, str, str, bool]]:
    """Key, words, count, address, whether it is this one."""
    every = [("", _("All"), counts["all"])] + [(s, str(worklist.TITLES[s]), counts[s]) for s in worklist.IN_ORDER]
    every += [
        (s, str(worklist.TITLES[s]), counts[s])
        for s in (Section.HELD, Section.RESTING)
        if counts[s] != "0" or section == s
    ]
    return [(key, title, count, _query(key, whose.name), key == section) for key, title, count in every]


def _keys() -> list[tuple[str, str]]:
    return [
        ("J K", _("next, previous row")),
        ("Enter", _("open the row")),
        ("1–7", _("result of the call")),
        ("A", _("assign")),
        ("S", _("snooze")),
        ("U", _("undo")),
        ("/", _("find a patient")),
        ("?", _("these keys")),
    ]


# --- The strip under a row -------------------------------------------------------------------------------------------
def _opened(request: StaffRequest, today: date) -> dict[str, Any] | None:
    """The row that is open (`?open=`), with what its strip shows."""
    try:
        wanted = UUID(request.GET.get("open", ""))
    except ValueError:
        return None
    follow_up = FollowUp.objects.at(request.clinic).live().filter(public_id=wanted).first()
    return strip_of(follow_up, request.clinic, today=today) if follow_up else None


def strip_of(follow_up: FollowUp, clinic: Clinic, *, today: date) -> dict[str, Any]:
    """Number, what to say, and seven answers with the date each one sets."""
    patient = follow_up.patient
    number = patient.phone or patient.other_phone
    about = [words.language_name(patient.language), patient.best_hours]
    return {
        "id": follow_up.public_id,
        "patient_id": patient.public_id,
        "tel": number,
        "number": phone(number, clinic.country) if number else "",
        "about": ". ".join(filter(None, about)),
        "say": _say(follow_up, today),
        "choices": _choices(follow_up, clinic, today),
        "barriers": FollowUp.Barrier.choices,
        "colleagues": colleagues(clinic),
        "held": follow_up.held_at is not None,
        "latest_snooze": today,
    }


def _say(follow_up: FollowUp, today: date) -> str:
    due_on = follow_up.brought_forward_to or follow_up.closes_on
    if due_on < today:
        text = _("Say: “Your next appointment was due by %(day)s. When can you come?”")
    else:
        text = _("Say: “Your next appointment is due by %(day)s. When can you come?”")
    return text % {"day": day(due_on, today)}


def _choices(follow_up: FollowUp, clinic: Clinic, today: date) -> list[Choice]:
    return [
        Choice(key, result, str(Result(result).label), _consequence(result, follow_up, clinic, today), asks)
        for key, result, asks in RESULTS
    ]


def _consequence(result: str, follow_up: FollowUp, clinic: Clinic, today: date) -> str:
    on = day(contacting.next_date(result, clinic, today=today), today)
    last = follow_up.no_answer_count + 1 >= contacting.NO_ANSWERS
    texts = {
        Result.DATE_AGREED: _("choose the day; back the morning after if no image came"),
        Result.NO_ANSWER: _("3rd of 3 → text today, clinician %(on)s") if last else _("call again %(on)s"),
        Result.CALL_LATER: _("call again %(on)s"),
        Result.NEEDS_HELP: _("barrier, checked again %(on)s"),
        Result.ALREADY_DONE: _("where, when → report asked for by %(on)s"),
        Result.WRONG_NUMBER: _("find a number by %(on)s"),
        Result.DECLINED: _("a clinician decides by %(on)s"),
    }
    return texts[Result(result)] % {"on": on}


def colleagues(clinic: Clinic) -> list[tuple[str, str]]:
    """Who may be given work here: everybody but the auditors."""
    rows = Membership.objects.filter(clinic=clinic, user__is_active=True).exclude(role="auditor").select_related("user")
    return [(str(m.user.public_id), str(m.user)) for m in rows.order_by("user__name")]


@require_GET
def strip(request: StaffRequest, follow_up_id: UUID) -> HttpResponse:
    """The strip alone, under its row."""
    follow_up = _live(request, follow_up_id)
    if not request.htmx:
        return redirect(f"{reverse('followups:worklist')}?open={follow_up_id}#row-{follow_up_id}")
    call = strip_of(follow_up, request.clinic, today=clock.today(request.clinic))
    return render(request, "followups/_strip.html", {"call": call})


# --- Acts ------------------------------------------------------------------------------------------------------------
@require_POST
def contact(request: StaffRequest, follow_up_id: UUID) -> HttpResponse:
    follow_up, today = _live(request, follow_up_id), clock.today(request.clinic)
    result = request.POST.get("result", "")
    try:
        made = contacting.record(
            result,
            follow_ups=worklist.together(follow_up, today=today),
            by=request.user,
            now=clock.now(),
            day=_day(request.POST.get("day", "")),
            barrier=request.POST.get("barrier", ""),
            note=request.POST.get("note", ""),
        )
    except ValidationError as error:
        return _refused(request, follow_up, error, result)
    what = _("%(result)s. Back %(day)s.") % {"result": made.get_result_display(), "day": day(made.next_on, today)}
    return _saved(request, follow_up, what, undo=reverse("followups:contact_undo", args=[made.public_id]))


@require_POST
def contact_undo(request: StaffRequest, contact_id: UUID) -> HttpResponse:
    made = get_object_or_404(Contact.objects.filter(clinic=request.clinic), public_id=contact_id)
    try:
        contacting.undo(made, by=request.user, now=clock.now())
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect("followups:worklist")
    follow_up = made.follow_ups.filter(status=FollowUp.Status.LIVE).first()
    if follow_up is None:
        return redirect("followups:worklist")
    row = worklist.row_of(follow_up, clinic=request.clinic, today=clock.today(request.clinic))
    if request.htmx and row:
        return render(request, "followups/_row.html", {"row": row, "open": None, "note": _("Undone: it is as before.")})
    return _saved(request, follow_up, _("Undone: it is as before."))


@require_POST
def assign(request: StaffRequest, follow_up_id: UUID) -> HttpResponse:
    follow_up, to = _live(request, follow_up_id), request.POST.get("to", "")
    user = request.user if to == "me" else _colleague(request.clinic, to)
    try:
        if to and user is None:
            raise ValidationError({"to": _("Choose somebody who works at this clinic.")})
        together = worklist.together(follow_up, today=clock.today(request.clinic))
        contacting.assign(together, to=user, by=request.user, now=clock.now())
    except ValidationError as error:
        return _refused(request, follow_up, error, "assign")
    return _saved(request, follow_up, _("Now the work of %(name)s.") % {"name": user or _("the coordinators")})


@require_POST
def snooze(request: StaffRequest, follow_up_id: UUID) -> HttpResponse:
    follow_up, until = _live(request, follow_up_id), _day(request.POST.get("until", ""))
    try:
        contacting.snooze(
            worklist.together(follow_up, today=clock.today(request.clinic)),
            until=until,
            reason=request.POST.get("reason", ""),
            by=request.user,
            now=clock.now(),
        )
    except ValidationError as error:
        return _refused(request, follow_up, error, "snooze")
    return _saved(request, follow_up, _("Off the list until %(day)s.") % {"day": day(until)})


@require_POST
def release(request: StaffRequest, follow_up_id: UUID) -> HttpResponse:
    """Let reminders leave for what a register brought in already late."""
    follow_up = _live(request, follow_up_id)
    together = worklist.together(follow_up, today=clock.today(request.clinic))
    contacting.release(together, by=request.user, now=clock.now())
    return _saved(request, follow_up, _("Reminders may leave now."))


@require_POST
def release_all(request: StaffRequest) -> HttpResponse:
    """The same for everything that was on the list of held ones when it was looked at."""
    try:
        looked_at = datetime.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        looked_at = None
    if looked_at is None or looked_at.tzinfo is None:
        messages.warning(request, _("Nothing was released. Look at the list once more."))
        return redirect(reverse("followups:worklist") + _query(Section.HELD, ""))
    n = contacting.release_all(request.clinic, until=looked_at, by=request.user, now=clock.now())
    messages.success(request, ngettext("%(n)s follow-up released.", "%(n)s follow-ups released.", n) % {"n": n})
    return redirect("followups:worklist")


def _live(request: StaffRequest, follow_up_id: UUID) -> FollowUp:
    rows = FollowUp.objects.at(request.clinic).live().select_related("clinic", "patient__clinic", "joint")
    return get_object_or_404(rows, public_id=follow_up_id)


def _colleague(clinic: Clinic, public_id: str) -> User | None:
    try:
        wanted = UUID(public_id)
    except ValueError:
        return None
    return User.objects.filter(public_id=wanted, memberships__clinic=clinic, is_active=True).first()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _saved(request: StaffRequest, follow_up: FollowUp, what: str, undo: str = "") -> HttpResponse:
    context = {"id": follow_up.public_id, "who": str(follow_up.patient), "what": what, "undo": undo}
    if request.htmx:
        return render(request, "followups/_saved.html", context)
    messages.success(request, f"{context['who']}: {what}", extra_tags=undo)  # the list shows it with its Undo
    return _back(request)


def _back(request: StaffRequest) -> HttpResponse:
    """To the page the form stood on, if it named one of ours; else to the list."""
    named = request.POST.get("next", "")
    return redirect(named if own_path(named) else reverse("followups:worklist"))


def _refused(request: StaffRequest, follow_up: FollowUp, error: ValidationError, which: str) -> HttpResponse:
    """The strip again, with the words beside the field and what was typed."""
    errors = error.message_dict if hasattr(error, "error_dict") else {"result": error.messages}
    call = strip_of(follow_up, request.clinic, today=clock.today(request.clinic))
    context = {"call": call, "errors": errors, "which": which, "typed": request.POST, "refused": True}
    template = "followups/_strip.html" if request.htmx else "followups/strip_page.html"
    return render(request, template, context, status=422)


@require_POST
def replan(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Plan a patient anew by hand: what the red button on a lost lesion does."""
    patient = get_object_or_404(Patient.objects.at(request.clinic), public_id=patient_id)
    planning.replan(patient, by=request.user, now=clock.now())
    messages.success(request, _("%(name)s was planned anew.") % {"name": patient})
    return _back(request)
