"""Registering, editing and ending: the person behind the record."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit, clock
from accounts.middleware import StaffRequest
from patients import duplicates, identity, recording
from patients.forms.person import EndingForm, PersonForm, SafetyForm
from patients.models import Patient
from patients.views.page import already_saved, answer, both_versions, new_token, patient_of, to_patient

FORM = ["GET", "POST"]
CHANNELS = {"sms_allowed": True, "email_allowed": True}


@require_http_methods(FORM)
def new(request: StaffRequest) -> HttpResponse:
    """Register a patient."""
    form = PersonForm(
        request.POST or None,
        initial=new_token() | CHANNELS | _as_searched(request.GET.get("q", "")),
        clinic=request.clinic,
        today=clock.today(request.clinic),
    )
    if form.is_valid():
        try:
            patient = _register(request, form)
        except recording.AlreadySavedError as error:
            if already_saved(request, error, form):
                return redirect("followups:patient", patient_id=error.public_id)
        except recording.MrnTakenError:
            form.refuse("mrn", _("Somebody registered this MRN a moment ago. Look for it before you go on."))
            return answer(request, "patients/person.html", form, {}, status=409)
        else:
            messages.success(request, _("%(name)s is registered.") % {"name": patient})
            return to_patient(patient)
    if form.look_alikes:
        _leave_trace_of_search(request, form)
    return answer(request, "patients/person.html", form, _found(form))


def _as_searched(text: str) -> dict[str, str]:
    """What was typed into the search, in the field it most likely belongs to: a number, "Okonjo, Ada" or "Ada Okonjo".

    Only a beginning of the form; whoever registers sees and corrects it.
    """
    typed = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:100]
    if any(c.isdigit() for c in typed):
        return {} if " " in typed or "/" in typed or typed.count(".") == 2 else {"mrn": typed}
    if "," in typed:
        family, _comma, given = typed.partition(",")
    else:
        given, _space, family = typed.rpartition(" ")
    return {"family_name": family.strip(), "given_name": given.strip()}


def _register(request: StaffRequest, form: PersonForm) -> Patient:
    different = [str(each.patient.public_id) for each in form.look_alikes]
    because: dict[str, Any] = dict(form.reasons) | ({"not_the_same_as": different} if different else {})
    return recording.register(
        clinic=request.clinic,
        details=form.details,
        by=request.user,
        now=clock.now(),
        token=form.token,
        because=because,
    )


@require_POST
def look_alikes(request: StaffRequest) -> HttpResponse:
    """Those on record who may be the one being typed. A POST, so that no name stands in an address."""
    form = PersonForm(request.POST, clinic=request.clinic, today=clock.today(request.clinic))
    form.full_clean()
    form.look_alikes = duplicates.look_alikes(form.person, clinic=request.clinic)
    if form.look_alikes:
        _leave_trace_of_search(request, form)
    return render(request, "patients/_look_alikes.html", {"form": form, **_found(form)})


def _found(form: PersonForm) -> dict[str, Any]:
    """Who looks alike, beside what was typed so far."""
    typed = form.person if form.is_bound else identity.Person()
    name = f"{typed.given_name} {typed.family_name}".strip()
    return {"look_alikes": form.look_alikes, "typed": name, "born": typed.born}


def _leave_trace_of_search(request: StaffRequest, form: PersonForm) -> None:
    audit.record(
        audit.Action.SEARCH,
        clinic=request.clinic,
        by=request.user,
        now=clock.now(),
        subject="patients:duplicates",
        detail={"shown": [str(each.patient.public_id) for each in form.look_alikes]},
    )


@require_http_methods(FORM)
def edit(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Change who somebody is and how to reach them."""
    patient = patient_of(request, patient_id)
    form = PersonForm(
        request.POST or None,
        initial=_initial(patient, PersonForm),
        clinic=request.clinic,
        today=clock.today(request.clinic),
        patient=patient,
    )
    return _save(request, patient, form, "patients/person.html", form.details if form.is_valid() else None)


@require_http_methods(FORM)
def safety(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """What changes which study may be asked for."""
    patient = patient_of(request, patient_id)
    form = SafetyForm(
        request.POST or None,
        initial=_initial(patient, SafetyForm),
        patient=patient,
        today=clock.today(request.clinic),
    )
    return _save(request, patient, form, "patients/safety.html", form.answers if form.is_valid() else None)


def _initial(patient: Patient, form: type[PersonForm | SafetyForm]) -> dict[str, Any]:
    return {name: getattr(patient, name) for name in form.base_fields if hasattr(patient, name)}


def _save(
    request: StaffRequest, patient: Patient, form: PersonForm | SafetyForm, template: str, details: Any
) -> HttpResponse:
    if details is not None:
        try:
            recording.edit(
                patient,
                details=details,
                version=form.cleaned_data["version"] or 0,
                by=request.user,
                now=clock.now(),
                because=form.reasons,
            )
        except recording.StaleError:
            patient.refresh_from_db()
            return answer(
                request, template, form, {"patient": patient, **both_versions(form, patient, patient)}, status=409
            )
        except recording.MrnTakenError:
            form.refuse("mrn", _("Somebody took this MRN a moment ago."))
            return answer(request, template, form, {"patient": patient}, status=409)
        messages.success(request, _("Saved."))
        return to_patient(patient)
    return answer(request, template, form, {"patient": patient})


@require_http_methods(FORM)
def end(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Sign the end of surveillance, or take it back."""
    patient = patient_of(request, patient_id)
    initial = {"version": patient.version, "reason": patient.ended_reason, "on": patient.ended_on}
    form = EndingForm(request.POST or None, initial=initial, patient=patient, today=clock.today(request.clinic))
    if form.is_valid():
        data = form.cleaned_data
        try:
            recording.end(
                patient,
                reason=data["reason"],
                on=data["on"],
                version=data["version"] or 0,
                by=request.user,
                now=clock.now(),
                because=form.reasons,
            )
        except recording.StaleError:
            patient.refresh_from_db()
            return answer(
                request, "patients/end.html", form, {"patient": patient, **both_versions(form, patient, patient)}, 409
            )
        messages.success(request, _("Surveillance has ended. Nothing is planned or sent from now on."))
        return to_patient(patient)
    return answer(request, "patients/end.html", form, {"patient": patient})


@require_POST
def resume(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Take an end of surveillance back."""
    patient = patient_of(request, patient_id)
    version = request.POST.get("version", "")
    try:
        recording.resume(
            patient,
            version=int(version) if version.isdecimal() and len(version) < 9 else 0,
            by=request.user,
            now=clock.now(),
        )
    except recording.StaleError:
        messages.warning(request, _("Somebody else changed this record in the meantime. Look at it and try again."))
    else:
        messages.success(request, _("Surveillance goes on. The plan was worked out anew."))
    return to_patient(patient)
