"""A report that staff take by phone: the same rules, and the same safety words, read out."""

from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import audit, clock
from accounts.middleware import StaffRequest
from followups import facts, reporting, safety
from followups.diary_form import ON_BISPHOSPHONATE, RED_BOXES, PhoneLogForm
from patients.models import Joint, PainLog, Patient


@require_http_methods(["GET", "POST"])
def log_by_phone(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    patient = get_object_or_404(Patient.objects.at(request.clinic).select_related("clinic"), public_id=patient_id)
    if request.method == "GET":
        audit.opened(request, patient)
    if saved := request.GET.get("saved"):
        return _saved(request, patient, saved)
    form = _form(request, patient)
    if form.is_valid():
        stored = _store(request, patient, form)
        if stored is not None:
            here = reverse("followups:log_by_phone", args=[patient.public_id])
            return redirect(f"{here}?saved={stored.log.public_id}")
    context = {"patient": patient, "form": form}
    return render(request, "followups/phone_log.html", context, status=422 if form.errors else 200)


def _form(request: StaffRequest, patient: Patient) -> PhoneLogForm:
    joints = Joint.objects.filter(patient=patient).order_by("site", "-side")
    on_drug = facts.on_bisphosphonate(patient, today=clock.today(request.clinic))
    return PhoneLogForm(
        request.POST if request.method == "POST" else None,
        joints=joints,
        left_out=() if on_drug else ON_BISPHOSPHONATE,
        now=clock.now(),
        zone=patient.zone,
        initial={"client_id": uuid4()},
    )


def _store(request: StaffRequest, patient: Patient, form: PhoneLogForm) -> reporting.Stored | None:
    """None: refused, and the form says why."""
    if patient.ended_on:
        form.add_error(None, _("Surveillance of this patient has ended. Resume it first."))
        return None
    said: dict[str, Any] = dict(form.cleaned_data)
    try:
        return reporting.report(patient=patient, by=request.user, now=clock.now(), by_phone=True, **said)
    except reporting.Conflict:
        form.add_error(None, _("This form was saved before, with other values. Open it again to add another report."))
    except reporting.TooMany:
        form.add_error(None, _("Too many reports in one minute. Wait a moment and save again."))
    return None


def _saved(request: StaffRequest, patient: Patient, log_id: str) -> HttpResponse:
    """What to read out now, if a red box was ticked."""
    log = get_object_or_404(PainLog.objects.filter(joint__patient=patient), public_id=_uuid(log_id))
    ticked = [box for box in RED_BOXES if getattr(log, box)]
    answer = safety.answer(ticked, request.clinic, now=clock.now())
    return render(request, "followups/phone_log_saved.html", {"patient": patient, "log": log, "answer": answer})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
