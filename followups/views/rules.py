"""The rule lab: the thresholds in force, a draft tried on the clinic's own last year, and who put what in force."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import access, clock
from accounts.middleware import StaffRequest
from followups import policies, rule_lab, rule_page, rule_words, tasks
from followups.models import PolicyRun, PolicyVersion
from followups.rule_forms import DraftForm
from followups.rule_lab import Standing

VERSIONS_SHOWN = 50
DRAFT = "followups:rules_draft"


@require_GET
def in_force(request: StaffRequest) -> HttpResponse:
    """Every threshold in force with its default and source, and what the rules led to."""
    number, policy = policies.in_force(request.clinic)
    context = {"number": number, "parts": rule_page.table(policy), "yields": rule_page.yields(request.clinic)}
    return render(request, "followups/rules.html", context | _frame(request, "in_force"))


@require_GET
def draft(request: StaffRequest) -> HttpResponse:
    """The draft, its run and its approval."""
    return _show_draft(request)


def _show_draft(request: StaffRequest, refused: str = "") -> HttpResponse:
    """`refused`: why what was just asked for did not happen."""
    context: dict[str, Any] = {"draft": policies.draft_of(request.clinic), "refused": refused}
    if context["draft"]:
        context |= _of_draft(request, context["draft"])
    status = 409 if refused else 200
    return render(request, "followups/rules_draft.html", context | _frame(request, "draft"), status=status)


def _of_draft(request: StaffRequest, found: PolicyVersion) -> dict[str, Any]:
    run = rule_lab.newest_run(found)
    standing = rule_lab.standing(found, run, now=clock.now())
    now, then = policies.in_force(request.clinic)[1], policies.read(found.data)
    return {
        "changes": rule_words.said(policies.changes(now, then)),
        "parts": rule_page.table(now, then),
        "standing": standing,
        "run": run,
        "step": {Standing.NOT_TRIED: 1, Standing.RUNNING: 2}.get(standing, 3),
        "result": rule_page.result(run, found) if run and run.finished_at else None,
        "wrote_it": found.written_by_id == request.user.pk,
    } | (_progress_of(run) if run else {})


def _frame(request: StaffRequest, tab: str) -> dict[str, Any]:
    return {"tab": tab, "may_change": request.role in access.CLINICIANS}


@require_http_methods(["GET", "POST"])
def change(request: StaffRequest) -> HttpResponse:
    """Begin the clinic's draft, or change it."""
    found = policies.draft_of(request.clinic)
    policy = policies.read(found.data) if found else policies.in_force(request.clinic)[1]
    form = DraftForm(request.POST if request.method == "POST" else None, policy=policy, draft=found)
    if form.is_valid() and _saved(form, request):
        messages.success(request, _("The draft is saved. Nothing is judged by it yet."))
        return redirect(DRAFT)
    context = {"form": form, "draft": found} | _frame(request, "draft")
    return render(request, "followups/rules_change.html", context, status=422 if form.is_bound else 200)


def _saved(form: DraftForm, request: StaffRequest) -> bool:
    asked = form.cleaned_data
    try:
        policies.save_draft(
            request.clinic,
            by=request.user,
            role=request.role,
            now=clock.now(),
            values=form.values,
            note=asked["note"],
            minutes_per_flag=asked["minutes_per_flag"],
            seen=asked["seen"],
        )
    except policies.Stale:
        form.add_error(None, _("Somebody else changed the draft since you opened it. Open it again and look first."))
    except ValidationError as wrong:
        form.add_error(None, wrong)
    return not form.errors


@require_POST
def try_it(request: StaffRequest) -> HttpResponse:
    """Have the draft tried on the last year."""
    try:
        run = rule_lab.start(request.clinic, by=request.user, role=request.role, now=clock.now(), seen=_seen(request))
    except policies.Stale:
        return _show_draft(request, _("The draft has changed. Nothing was tried: look at it first."))
    transaction.on_commit(lambda: tasks.try_policy.delay(run.pk), robust=True)
    return redirect(DRAFT)


@require_GET
def progress(request: StaffRequest) -> HttpResponse:
    """How far the run is; asked again by the page itself."""
    run = PolicyRun.objects.at(request.clinic).working().first()
    if run is None:
        return HttpResponse(headers={"HX-Redirect": reverse(DRAFT)})
    return render(request, "followups/_rules_progress.html", _progress_of(run))


def _progress_of(run: PolicyRun) -> dict[str, Any]:
    return {"run": run, "done": run.joints_done, "total": max(run.joints or 0, run.joints_done, 1)}


@require_POST
def approve(request: StaffRequest) -> HttpResponse:
    """A second person puts the draft in force."""
    try:
        version = rule_lab.approve(
            request.clinic, by=request.user, role=request.role, now=clock.now(), seen=_seen(request)
        )
    except policies.Stale:
        return _show_draft(request, _("Nothing was approved: the draft has changed, or its run does not stand."))
    messages.success(request, _("Version %(number)s is in force.") % {"number": version.number})
    return redirect("followups:rules")


@require_POST
def discard(request: StaffRequest) -> HttpResponse:
    try:
        policies.discard(request.clinic, by=request.user, role=request.role, now=clock.now(), seen=_seen(request))
    except policies.Stale:
        return _show_draft(request, _("The draft has changed. Nothing was thrown away: look at it first."))
    messages.success(request, _("The draft is thrown away."))
    return redirect(DRAFT)


def _seen(request: StaffRequest) -> int:
    """The version of the draft that was on the screen; 0, which no draft has, when it is missing or no number."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@require_GET
def history(request: StaffRequest) -> HttpResponse:
    """The versions that are or were in force: who, when, what changed."""
    context = {"versions": rule_page.versions(request.clinic, most=VERSIONS_SHOWN), "most": VERSIONS_SHOWN}
    return render(request, "followups/rules_history.html", context | _frame(request, "history"))
