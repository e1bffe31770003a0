"""What is entered about joints and exposures, and what is marked as entered in error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import access, clock
from accounts.middleware import StaffRequest
from patients import recording
from patients.forms.joints import (
    ErrorForm,
    ExposureForm,
    JointForm,
    NewJointForm,
    OfAJointForm,
    ScoreForm,
    SurgeonReviewForm,
    SymptomsForm,
    TreatmentForm,
    joint_of,
)
from patients.forms.questions import Words
from patients.models import (
    Correctable,
    Exposure,
    Finding,
    ImagingStudy,
    Patient,
    Score,
    SurgeonReview,
    SymptomStatus,
    Treatment,
)
from patients.views.page import already_saved, answer, both_versions, new_token, patient_of, to_patient

FORM = ["GET", "POST"]
PAGE = "patients/entry.html"


@dataclass(frozen=True)
class Heading:
    """What a page of one form says around it."""

    title: Words
    consequence: Words


JOINT = Heading(
    gettext_lazy("Add a joint"),
    gettext_lazy("When you save: a lesion gets its first follow-up at once, and the opposite hip is asked about."),
)
CHANGE = Heading(gettext_lazy("Change a joint"), gettext_lazy("When you save: the plan is worked out anew."))
SYMPTOMS = Heading(
    gettext_lazy("Symptoms"),
    gettext_lazy("When you save: the plan is worked out anew. A joint that hurts is asked for sooner."),
)
REVIEW = Heading(
    gettext_lazy("Surgeon's review"),
    gettext_lazy("When you save: a prompt for a surgeon's review of this joint is answered."),
)
SCORE = Heading(
    gettext_lazy("Score"),
    gettext_lazy("When you save: it is compared with the last one of its kind. A clear drop becomes a flag."),
)
TREATMENT = Heading(
    gettext_lazy("Treatment"),
    gettext_lazy("When you save: an operation begins a new plan for this joint. A replacement ends the lesion."),
)
EXPOSURE = Heading(
    gettext_lazy("Exposure"), gettext_lazy("When you save: it stands on the patient's page. No date moves.")
)


def _page(
    request: StaffRequest, form: Any, patient: Patient, heading: Heading, status: int | None = None, **more: object
) -> HttpResponse:
    return answer(request, PAGE, form, {"patient": patient, "heading": heading, **more}, status=status)


@require_http_methods(FORM)
def joint_new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Add a joint; both sides make two."""
    patient = patient_of(request, patient_id)
    form = NewJointForm(request.POST or None, patient=patient, today=clock.today(request.clinic))
    if form.is_valid():
        data = form.cleaned_data
        try:
            recording.add_joints(
                patient,
                site=data["site"],
                sides=form.sides,
                state=data["state"],
                since=data["since"],
                by=request.user,
                now=clock.now(),
            )
        except recording.AlreadySavedError as error:
            if error.same:
                return to_patient(patient)
            form.refuse("side", _("This joint is on record already. Change it from the patient's page."))
        except recording.StaleError:
            form.refuse("side", _("Somebody added this joint a moment ago."))
            return _page(request, form, patient, JOINT, status=409)
        else:
            messages.success(request, _("Saved."))
            return to_patient(patient)
    return _page(request, form, patient, JOINT)


@require_http_methods(FORM)
def joint(request: StaffRequest, patient_id: UUID, lesion_id: UUID) -> HttpResponse:
    """Correct what was said of a joint."""
    patient = patient_of(request, patient_id)
    row = get_object_or_404(patient.joints.select_related("patient__clinic"), public_id=lesion_id)
    form = JointForm(
        request.POST or None,
        initial={"state": row.state, "since": row.since, "version": row.version},
        patient=patient,
        today=clock.today(request.clinic),
        joint=row,
    )
    if form.is_valid():
        version = form.cleaned_data["version"] or 0
        try:
            recording.change_joint(row, **form.values, version=version, by=request.user, now=clock.now())
        except recording.StaleError:
            row.refresh_from_db()
            return _page(request, form, patient, CHANGE, status=409, joint=row, **both_versions(form, row, patient))
        messages.success(request, _("Saved."))
        return to_patient(patient)
    return _page(request, form, patient, CHANGE, joint=row)


def _of_a_joint(
    request: StaffRequest,
    patient_id: UUID,
    form_class: type[OfAJointForm],
    model: type[SymptomStatus] | type[SurgeonReview] | type[Score] | type[Treatment],
    heading: Heading,
) -> HttpResponse:
    patient = patient_of(request, patient_id)
    form = form_class(
        request.POST or None,
        initial=new_token() | {"joint": joint_of(patient, request.GET.get("joint", ""))},
        patient=patient,
        today=clock.today(request.clinic),
    )
    return _add(request, patient, form, model, heading)


def _add(request: StaffRequest, patient: Patient, form: Any, model: Any, heading: Heading) -> HttpResponse:
    if form.is_valid():
        try:
            recording.add(
                model,
                patient=patient,
                values=form.values,
                by=request.user,
                now=clock.now(),
                token=form.token,
                because=form.reasons,
            )
        except recording.AlreadySavedError as error:
            if already_saved(request, error, form):
                return to_patient(patient)
            return _page(request, form, patient, heading, status=409)
        messages.success(request, _("Saved."))
        return to_patient(patient)
    return _page(request, form, patient, heading)


@require_http_methods(FORM)
def symptoms_new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    return _of_a_joint(request, patient_id, SymptomsForm, SymptomStatus, SYMPTOMS)


@require_http_methods(FORM)
def surgeon_review_new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    return _of_a_joint(request, patient_id, SurgeonReviewForm, SurgeonReview, REVIEW)


@require_http_methods(FORM)
def score_new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    return _of_a_joint(request, patient_id, ScoreForm, Score, SCORE)


@require_http_methods(FORM)
def treatment_new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    return _of_a_joint(request, patient_id, TreatmentForm, Treatment, TREATMENT)


@require_http_methods(FORM)
def exposure_new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_of(request, patient_id)
    form = ExposureForm(
        request.POST or None,
        initial=new_token(),
        patient=patient,
        today=clock.today(request.clinic),
        sensitive=request.role in access.CLINICIANS,
    )
    return _add(request, patient, form, Exposure, EXPOSURE)


# --- Entered in error ------------------------------------------------------------------------------------------------
WHOSE: Mapping[type[Correctable], str] = {
    ImagingStudy: "patient",
    Finding: "study__patient",
    SymptomStatus: "joint__patient",
    SurgeonReview: "joint__patient",
    Score: "joint__patient",
    Treatment: "joint__patient",
    Exposure: "patient",
}


def _in_error(request: StaffRequest, patient_id: UUID, model: type[Correctable], row_id: UUID) -> HttpResponse:
    """Mark an entry as wrong, with the reason; it stays on record, struck through."""
    patient = patient_of(request, patient_id)
    row = get_object_or_404(model._default_manager.filter(**{WHOSE[model]: patient}), public_id=row_id)
    form = ErrorForm(request.POST or None, patient=patient, today=clock.today(request.clinic))
    if form.is_valid():
        recording.mark_in_error(
            row, patient=patient, reason=form.cleaned_data["reason"], by=request.user, now=clock.now()
        )
        messages.success(request, _("Marked as entered in error. The plan was worked out anew."))
        return to_patient(patient)
    return answer(
        request, "patients/in_error.html", form, {"patient": patient, "row": row, "what": model._meta.verbose_name}
    )


@require_http_methods(FORM)
def study_in_error(request: StaffRequest, patient_id: UUID, study_id: UUID) -> HttpResponse:
    return _in_error(request, patient_id, ImagingStudy, study_id)


@require_http_methods(FORM)
def finding_in_error(request: StaffRequest, patient_id: UUID, finding_id: UUID) -> HttpResponse:
    return _in_error(request, patient_id, Finding, finding_id)


@require_http_methods(FORM)
def symptoms_in_error(request: StaffRequest, patient_id: UUID, symptoms_id: UUID) -> HttpResponse:
    return _in_error(request, patient_id, SymptomStatus, symptoms_id)


@require_http_methods(FORM)
def surgeon_review_in_error(request: StaffRequest, patient_id: UUID, review_id: UUID) -> HttpResponse:
    return _in_error(request, patient_id, SurgeonReview, review_id)


@require_http_methods(FORM)
def score_in_error(request: StaffRequest, patient_id: UUID, score_id: UUID) -> HttpResponse:
    return _in_error(request, patient_id, Score, score_id)


@require_http_methods(FORM)
def treatment_in_error(request: StaffRequest, patient_id: UUID, treatment_id: UUID) -> HttpResponse:
    return _in_error(request, patient_id, Treatment, treatment_id)


@require_http_methods(FORM)
def exposure_in_error(request: StaffRequest, patient_id: UUID, exposure_id: UUID) -> HttpResponse:
    return _in_error(request, patient_id, Exposure, exposure_id)
