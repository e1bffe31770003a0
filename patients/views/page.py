"""What every page of the record does: find the patient, leave a trace, answer a refused form."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts import audit, clock
from accounts.middleware import StaffRequest
from patients import recording
from patients.forms.questions import AskingForm
from patients.models import Patient


def patient_of(request: StaffRequest, patient_id: UUID) -> Patient:
    """The patient of this clinic; anybody else's does not exist. Opening the page leaves a trace."""
    patient = get_object_or_404(Patient.objects.at(request.clinic).select_related("clinic"), public_id=patient_id)
    if request.method == "GET":
        assert request.resolver_match is not None
        audit.record(
            audit.Action.READ,
            clinic=request.clinic,
            by=request.user,
            now=clock.now(),
            subject=request.resolver_match.view_name,
            patient_id=patient.public_id,
        )
    return patient


def to_patient(patient: Patient) -> HttpResponse:
    return redirect("followups:patient", patient_id=patient.public_id)


def new_token() -> dict[str, Any]:
    return {"form_token": uuid4()}


def answer(
    request: StaffRequest, template: str, form: AskingForm, context: Mapping[str, Any], status: int | None = None
) -> HttpResponse:
    """The page with its form: 200 to fill in, 422 with the errors beside the fields."""
    code = status or (422 if form.is_bound and form.errors else 200)
    return render(request, template, {"form": form, "summary_shown": True, **context}, status=code)


def already_saved(request: StaffRequest, error: recording.AlreadySavedError, form: AskingForm) -> bool:
    """True when the same form came twice: go on as if once. Otherwise the form says so and gets a new token."""
    if error.same:
        messages.info(request, _("This was saved already. It was not added a second time."))
        return True
    form.add_error(
        None, _("This form was saved before, with other values. Nothing was added now. Save again to add it.")
    )
    renew_token(form)
    return False


def renew_token(form: AskingForm) -> None:
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data[form.add_prefix("form_token")] = str(uuid4())  # type: ignore[index]


def both_versions(form: AskingForm, row: models.Model, patient: Patient) -> dict[str, Any]:
    """What a stale form shows: who saved, and where the two versions differ. Saving again is a choice then."""
    event = recording.last_saved(row, patient)
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data[form.add_prefix("version")] = str(getattr(row, "version"))  # type: ignore[index]  # noqa: B009
    rows = []
    for name, field in form.fields.items():
        if hasattr(row, name) and name in form.cleaned_data and name != "version":
            theirs, mine = getattr(row, name), form.cleaned_data[name]
            if theirs != mine:
                rows.append({"label": field.label, "theirs": field.prepare_value(theirs), "yours": mine})
    return {"stale": {"by": event.user_name if event else "", "at": event.at if event else None, "rows": rows}}
