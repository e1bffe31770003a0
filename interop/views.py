"""Bringing a register in, in four steps: choose, check, bring in, result."""

import logging
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from kombu.exceptions import OperationalError

from accounts import audit, clock
from accounts.middleware import StaffRequest
from followups.models import FollowUp
from interop import importing, rejects, rows_page, words
from interop.forms import FileForm, HowForm, decisions_from
from interop.models import Import, ImportRow
from interop.tasks import work_on
from patients.models import Joint

logger = logging.getLogger(__name__)
Status, State = Import.Status, ImportRow.State

AT_ONCE = 150_000
"""Bytes of a file that is read within the request; a larger one is read by the worker, with progress."""


@require_http_methods(["GET", "POST"])
def choose_file(request: StaffRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        received = importing.receive(
            clinic=request.clinic, file_name=file.name or "register", data=file.read(), by=request.user, now=clock.now()
        )
        _read(received)
        return redirect("interop:import_one", received.public_id)
    recent = Import.objects.at(request.clinic).exclude(status=Status.CANCELLED).without_file().select_related("sent_by")
    context = {"form": form, "recent": [(one, importing.tally(one)) for one in recent.order_by("-sent_at")[:10]]}
    return render(request, "interop/choose.html", context, status=422 if form.is_bound else 200)


@require_GET
def one(request: StaffRequest, import_id: str) -> HttpResponse:
    received = _find(request, import_id)
    if received.status in (Status.CHECKING, Status.BRINGING):
        return render(request, "interop/progress.html", _progress_of(received))
    if received.status == Status.UNREADABLE:
        return render(
            request,
            "interop/unreadable.html",
            {"received": received, "why": words.of_file(received.fault, received.fault_line)},
        )
    if received.status == Status.DONE and "state" not in request.GET:
        return render(request, "interop/result.html", _result_of(received))
    return render(request, "interop/check.html", _rows_of(request, received))


@require_POST
def read_otherwise(request: StaffRequest, import_id: str) -> HttpResponse:
    received = _find(request, import_id)
    if received.status not in (Status.CHECKED, Status.UNREADABLE) or received.brought_at or not received.how:
        return redirect("interop:import_one", received.public_id)
    form = HowForm(received, request.POST)
    if not form.is_valid():
        context = _rows_of(request, received) | {"form": form}
        return render(request, "interop/check.html", context, status=422)
    importing.choose(received, form.choices(importing.choices_of(received)))
    _read(received)
    return redirect("interop:import_one", received.public_id)


@require_POST
def decide(request: StaffRequest, import_row_id: str) -> HttpResponse:
    rows = ImportRow.objects.select_related("of__clinic", "clinic").defer("of__content")
    row = get_object_or_404(rows, public_id=import_row_id, clinic=request.clinic)
    decisions = decisions_from(request.POST)
    if row.state == State.LOOK and not decisions:
        return _refused_row(request, row, gettext("Choose an answer."), decisions)
    try:
        kept_on = importing.decide(
            row, decisions, same_for_all="same_for_all" in request.POST, by=request.user, now=clock.now()
        )
    except importing.NotUnderstoodError:
        row.refresh_from_db()
        return _refused_row(
            request,
            row,
            gettext("This cannot be read. Write a day as 31.12.1980, a stage with its system."),
            decisions,
        )
    if not kept_on:
        messages.info(request, gettext("This row was decided already."))
        return _go(request, reverse("interop:import_one", args=[row.of.public_id]))
    if not request.htmx or kept_on > 1:
        said = ngettext("Kept for %(n)s row.", "Kept for %(n)s rows.", kept_on) % {"n": kept_on}
        messages.success(request, said)
        return _go(request, _address(row.of, state=State.LOOK))
    return _row_again(request, row)


@require_POST
def begin(request: StaffRequest, import_id: str) -> HttpResponse:
    received = _find(request, import_id)
    try:
        importing.begin(received, by=request.user, now=clock.now())
    except importing.BusyError:
        messages.error(
            request, gettext("Another register is being brought in. Wait until it is done, then press again.")
        )
        return redirect(_address(received, state=State.READY))
    _hand_to_worker(received)
    return redirect("interop:import_one", received.public_id)


@require_POST
def cancel(request: StaffRequest, import_id: str) -> HttpResponse:
    received = _find(request, import_id)
    if importing.cancel(received, by=request.user, now=clock.now()):
        messages.success(request, gettext("Nothing of this file was kept."))
        return redirect("interop:import")
    messages.error(request, gettext("Rows of this register were brought in already: it stays."))
    return redirect("interop:import_one", received.public_id)


@require_GET
def progress(request: StaffRequest, import_id: str) -> HttpResponse:
    received = _find(request, import_id)
    if received.status not in (Status.CHECKING, Status.BRINGING):
        return HttpResponse(headers={"HX-Redirect": reverse("interop:import_one", args=[received.public_id])})
    return render(request, "interop/_progress.html", _progress_of(received))


@require_GET
def rejected_rows(request: StaffRequest, import_id: str) -> HttpResponse:
    received = _find(request, import_id)
    audit.record(audit.Action.EXPORT, clinic=request.clinic, by=request.user, now=clock.now(), subject=received)
    name = received.file_name.rpartition(".")[0] or received.file_name
    response = HttpResponse(rejects.as_csv(received), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{urlencode({'': name})[1:]}-rejects.csv"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _find(request: HttpRequest, import_id: str) -> Import:
    mine = Import.objects.at(request.clinic).exclude(status=Status.CANCELLED)  # type: ignore[attr-defined]
    return get_object_or_404(mine.without_file().select_related("clinic", "sent_by", "brought_by"), public_id=import_id)


def _address(received: Import, **wanted: str) -> str:
    return f"{reverse('interop:import_one', args=[received.public_id])}?{urlencode(wanted)}"


def _go(request: StaffRequest, address: str) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": address}) if request.htmx else redirect(address)


def _read(received: Import) -> None:
    """Now, if it is small; otherwise the worker reads it and the page shows how far it is."""
    if received.status != Status.CHECKING:
        return
    if received.size <= AT_ONCE:
        importing.check(received, now=clock.now())
    else:
        _hand_to_worker(received)


def _hand_to_worker(received: Import) -> None:
    def send() -> None:
        try:
            work_on.delay(received.pk)
        except OperationalError:  # the broker is away: the next tick finds it
            logger.warning("import %s waits for the next tick", received.public_id)

    transaction.on_commit(send, robust=True)


def _progress_of(received: Import) -> dict[str, Any]:
    states = importing.tally(received)
    reading = received.status == Status.CHECKING
    done = received.rows_done if reading else states[State.BROUGHT]
    return {
        "received": received,
        "reading": reading,
        "done": done,
        "total": max(received.row_count if reading else states[State.BROUGHT] + states[State.READY], 1),
        "counts": received.counts,
        "left": _seconds_left(received, done, states[State.READY]),
        "step": 2 if reading else 3,
    }


def _seconds_left(received: Import, done: int, ready: int) -> int | None:
    if received.status != Status.BRINGING or received.brought_at is None or done < 50:
        return None
    gone = (clock.now() - received.brought_at).total_seconds()
    return round(gone / done * ready) + 1


def _rows_of(request: HttpRequest, received: Import) -> dict[str, Any]:
    states = importing.tally(received)
    wanted = request.GET.get("state", "")
    state = wanted if wanted in State.values else State.LOOK if states[State.LOOK] else "all"
    asked = request.GET.get("reason", "")
    reason = asked if asked in words.PROBLEMS else ""
    after = (
        int(request.GET["after"]) if request.GET.get("after", "").isdecimal() and len(request.GET["after"]) < 9 else 0
    )
    rows = received.rows.all() if wanted == "all" or state == "all" else received.rows.filter(state=state)
    why = importing.reasons(received.rows.filter(state=state)) if state in (State.LOOK, State.REFUSED) else []
    rows = rows.filter(reason=reason) if reason else rows
    page = list(rows.filter(number__gt=after).order_by("number")[: rows_page.PAGE + 1])
    more = page[rows_page.PAGE - 1].number if len(page) > rows_page.PAGE else 0
    alike = _alike(received)
    query = {"state": "all" if wanted == "all" else state, **({"reason": reason} if reason else {})}
    return {
        "received": received,
        "form": HowForm(received) if received.brought_at is None else None,
        "evidence": words.of_evidence(received.how["evidence"], received.how["order"]),
        "lost": alike.get("name_letters_lost", 0),
        "missing": [words.FIELDS[name] for name in received.how["missing"]],
        "states": states,
        "chips": _chips(received, states, query["state"]),
        "reasons": [(words.in_short(code), n, _address(received, state=state, reason=code)) for code, n in why[:3]],
        "top": sum(n for _code, n in why[:3]),
        "of_all": states.get(state, 0),
        "reason": words.in_short(reason) if reason else "",
        "all_reasons": _address(received, state=query["state"]),
        "rows": rows_page.shown(received, page[: rows_page.PAGE], alike=alike),
        "more": _address(received, **query, after=str(more)) if more else "",
        "first": _address(received, **query) if after else "",
        "step": 4 if received.status == Status.DONE else 2,
        "understood": sum(column["field"] not in ("ask", "ignore") for column in received.how["columns"]),
    }


def _alike(received: Import) -> dict[str, int]:
    return dict(importing.reasons(received.rows.waiting()))


def _chips(received: Import, states: dict[str, int], state: str) -> list[dict[str, Any]]:
    labels = [("all", gettext("All"), sum(states.values()))]
    labels += [
        (one, str(State(one).label), states[one]) for one in (State.READY, State.LOOK, State.REFUSED, State.BROUGHT)
    ]
    return [
        {"label": label, "n": n, "href": _address(received, state=key), "here": key == state}
        for key, label, n in labels
        if n or key != State.BROUGHT
    ]


def _row_again(
    request: HttpRequest, row: ImportRow, *, error: str = "", typed: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    received = row.of
    states = importing.tally(received)
    (again,) = rows_page.shown(received, [row], alike=_alike(received), error=error, typed=typed)
    context = {
        "one": again,
        "received": received,
        "states": states,
        "chips": _chips(received, states, State.LOOK),
        "again": True,
    }
    return render(request, "interop/_row_again.html", context, status=status)


def _refused_row(request: StaffRequest, row: ImportRow, error: str, typed: dict[str, str]) -> HttpResponse:
    if request.htmx:
        return _row_again(request, row, error=error, typed=typed, status=422)
    context = _rows_of(request, row.of)
    context["rows"] = rows_page.shown(row.of, [row], alike=_alike(row.of), error=error, typed=typed)
    return render(request, "interop/check.html", context | {"refused": True, "error": error}, status=422)


def _result_of(received: Import) -> dict[str, Any]:
    states = importing.tally(received)
    joints = (
        Joint.objects.filter(patient__import_rows__of=received).exclude(state__in=["clear", "never_imaged"]).distinct()
    )
    live = FollowUp.objects.live().filter(patient__import_rows__of=received).distinct()
    planned, lesions = live.count(), joints.count()
    took = (
        (received.finished_at - received.brought_at).total_seconds()
        if received.finished_at and received.brought_at
        else 0
    )
    return {
        "received": received,
        "states": states,
        "rows": sum(states.values()),
        "adds_up": sum(states.values()) == received.row_count,
        "counts": received.counts,
        "planned": planned,
        "held": live.filter(held_at__isnull=False, released_at=None).count(),
        "lesions": lesions,
        "ended": lesions - planned,
        "seconds": max(round(took), 1),
        "rejects": received.file_name.rpartition(".")[0] or received.file_name,
        "refusals": [
            (words.in_short(code), n) for code, n in importing.reasons(received.rows.filter(state=State.REFUSED))
        ],
        "waiting": _address(received, state=State.LOOK),
        "refused_rows": _address(received, state=State.REFUSED),
        "brought_rows": _address(received, state=State.BROUGHT),
        "step": 4,
    }
