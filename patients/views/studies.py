"""One imaging study: entered, reviewed, corrected."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access, clock
from accounts.middleware import StaffRequest
from accounts.models import Membership
from patients import recording, remarking
from patients.fields import DayField
from patients.forms.study import (
    FindingForm,
    JointShown,
    StudyForm,
    StudyPage,
    joints_shown,
    look_up,
    raw,
)
from patients.models import Finding, ImagingStudy, Modality, Patient, Site
from patients.views.page import already_saved, answer, both_versions, new_token, patient_of, to_patient

FORM = ["GET", "POST"]
PAGE = "patients/study.html"


@require_http_methods(FORM)
def study_new(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Enter a study, with what it says of each joint."""
    patient = patient_of(request, patient_id)
    shown = joints_shown(patient)
    if request.method == "GET" or "show" in request.POST:
        return _show(request, patient, _to_fill_in(request, patient, shown), shown)
    page = typed(request, patient, shown)
    if page.is_valid():
        try:
            recording.add_study(
                patient=patient,
                details=page.head.details(page.covered),
                findings=page.findings,
                reviewed=page.reviewing,
                by=request.user,
                now=clock.now(),
                token=page.head.token,
                because=page.answered,
            )
        except recording.AlreadySavedError as error:
            if already_saved(request, error, page.head):
                return to_patient(patient)
            return _show(request, patient, page, shown, status=409)
        messages.success(request, _said(page))
        return to_patient(patient)
    return _show(request, patient, page, shown, status=422)


@require_http_methods(FORM)
def study(request: StaffRequest, patient_id: UUID, study_id: UUID) -> HttpResponse:
    """Review a study that waits for it, or correct one."""
    patient = patient_of(request, patient_id)
    row = get_object_or_404(patient.studies.select_related("patient__clinic"), public_id=study_id)
    shown = joints_shown(patient, but=row)
    if row.entered_in_error:
        return render(request, "patients/study_in_error.html", {"patient": patient, "row": row})
    if request.method == "GET" or "show" in request.POST:
        return _show(request, patient, _to_fill_in(request, patient, shown, row), shown, study=row)
    page = typed(request, patient, shown, row)
    if page.is_valid():
        data = page.head.cleaned_data
        try:
            recording.change_study(
                row,
                details=page.head.details(page.covered),
                findings=page.findings if page.judged else None,
                reviewed=page.reviewing,
                version=data["version"] or 0,
                why=data.get("why", ""),
                by=request.user,
                now=clock.now(),
                because=page.answered,
            )
        except recording.StaleError:
            row.refresh_from_db()
            stale = both_versions(page.head, row, patient)
            stale["stale"]["rows"] += _findings_of_both(page, row)
            return _show(request, patient, page, shown, study=row, status=409, **stale)
        messages.success(request, _said(page))
        return to_patient(patient)
    return _show(request, patient, page, shown, study=row, status=422)


@require_POST
def hints(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """What can be said about what has been typed so far; each hint goes to its own place."""
    patient = patient_of(request, patient_id)
    page = typed(request, patient, joints_shown(patient))
    for form in page.blocks:
        form.hints = look_up(form)
    return render(request, "patients/_hints.html", {"blocks": page.blocks})


# --- The forms of one page -------------------------------------------------------------------------------------------
def typed(
    request: StaffRequest, patient: Patient, shown: Mapping[str, JointShown], row: ImagingStudy | None = None
) -> StudyPage:
    """The forms of the page as they were sent; also what a preview of the plan reads."""
    data = request.POST
    modality = _modality(data.get("modality", ""))
    head = _head(request, patient, shown, modality, row, data=data)
    made_on = _day(data.get("made_on", ""))
    keys = [key for key in shown if key in data.getlist("covers")]
    was = _findings(row)
    blocks = [FindingForm(data, shown=shown[key], modality=modality, made_on=made_on, was=was.get(key)) for key in keys]
    clinical = request.role in access.CLINICIANS
    return StudyPage(head, blocks if clinical else [], clinical, reviewing=clinical and data.get("save") != "imaged")


def _to_fill_in(
    request: StaffRequest, patient: Patient, shown: Mapping[str, JointShown], row: ImagingStudy | None = None
) -> StudyPage:
    """The page to fill in; after a change of kind with everything that was typed before."""
    data = request.POST if request.method == "POST" else None
    initial = raw(StudyForm, data) if data is not None else _first(request, patient, shown, row)
    modality = _modality(initial["modality"])
    keys = [key for key in shown if key in initial["covers"]]
    head = _head(request, patient, shown, modality, row, initial=initial)
    was = _findings(row)
    blocks = [
        FindingForm(
            shown=shown[key],
            modality=modality,
            made_on=_day(str(initial["made_on"] or "")),
            was=was.get(key),
            initial=raw(FindingForm, data, f"{key}-") if data is not None else None,
        )
        for key in keys
    ]
    clinical = request.role in access.CLINICIANS
    return StudyPage(head, blocks if clinical else [], clinical, reviewing=clinical)


def _head(
    request: StaffRequest,
    patient: Patient,
    shown: Mapping[str, JointShown],
    modality: str,
    row: ImagingStudy | None,
    *,
    data: QueryDict | None = None,
    initial: dict[str, Any] | None = None,
) -> StudyForm:
    return StudyForm(
        data,
        initial=initial,
        patient=patient,
        today=clock.today(request.clinic),
        modality=modality,
        shown=shown,
        clinical=request.role in access.CLINICIANS,
        study=row,
    )


def _first(
    request: StaffRequest, patient: Patient, shown: Mapping[str, JointShown], row: ImagingStudy | None
) -> dict[str, Any]:
    """What stands in the form at first: of a new study its kind and what such a study usually shows."""
    if row:
        names = ("modality", "made_on", "views", "read_by", "accession", "note", "version")
        return {name: getattr(row, name) for name in names} | {"covers": ["-".join(pair) for pair in row.covers]}
    on_record = {(each.site, key) for key, each in shown.items() if each.joint}
    hips = [key for key, each in shown.items() if each.site == Site.HIP]
    others = [key for key in shown if any(key == known for _site, known in on_record)]
    usual = hips if not on_record or any(site == Site.HIP for site, _key in on_record) else others
    asked = [key for key in request.GET.getlist("covers") if key in shown]
    return new_token() | {
        "modality": request.GET.get("modality", Modality.DX),
        "made_on": None,
        "covers": asked or usual,
        "read_by": str(request.user) if request.role in access.CLINICIANS else "",
    }


def _findings(row: ImagingStudy | None) -> dict[str, Finding]:
    if row is None:
        return {}
    live = row.findings.filter(entered_in_error=False).select_related("joint")
    return {f"{found.joint.site}-{found.joint.side}": found for found in live}


def _findings_of_both(page: StudyPage, row: ImagingStudy) -> list[dict[str, str]]:
    """Where the stored findings and those typed into a stale form differ."""
    stored, rows = _findings(row), []
    for form in page.judged:
        theirs = stored.get(form.shown.key, Finding())
        mine = Finding(**form.entry) if form.is_described else Finding()
        for name in form.names:
            words = remarking.written(theirs, name), remarking.written(mine, name)
            if words[0] != words[1]:
                label = f"{form.about}: {form.fields[name].label}"
                rows.append({"label": label, "theirs": words[0], "yours": words[1]})
    return rows


def _modality(text: object) -> str:
    return str(text) if text in Modality.values else ""


def _day(text: str) -> date | None:
    try:
        return DayField().to_python(text)
    except ValidationError:
        return None


def _said(page: StudyPage) -> str:
    if page.reviewing:
        return _("The study is saved and reviewed.")
    return _("The study is saved. It waits for a clinician to review and stage it.")


def _show(
    request: StaffRequest,
    patient: Patient,
    page: StudyPage,
    shown: Mapping[str, JointShown],
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    names = Membership.objects.filter(clinic=request.clinic, role__in=access.CLINICIANS).select_related("user")
    context = {
        "patient": patient,
        "page": page,
        "summary": page.forms,
        "refused": status == 422,
        "readers": [str(member.user) for member in names],
        **more,
    }
    for form in page.blocks:
        if form.is_bound and form.errors is not None:
            form.hints = look_up_quietly(form)
    return answer(request, PAGE, page.head, context, status=status)


def look_up_quietly(form: FindingForm) -> dict[str, list[Any]]:
    """Hints beside a refused form, without judging it a second time."""
    return look_up(form) if not form.errors else {}
