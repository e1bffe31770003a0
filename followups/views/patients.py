"""Finding a patient, and the page of one."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts import audit, clock
from accounts.middleware import StaffRequest
from followups import patient_list, patient_page
from followups.study_preview import preview
from patients.forms.study import joints_shown
from patients.models import Patient
from patients.views import studies


@require_safe
def patient(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """Where both joints stand, in two minutes."""
    rows = Patient.objects.at(request.clinic).select_related("ended_by", "plan")
    row = get_object_or_404(rows, public_id=patient_id)
    row.clinic = request.clinic
    audit.opened(request, row)
    span = request.GET.get("span", "")
    chosen = span if span in patient_page.SPANS else patient_page.DEFAULT_SPAN
    page = patient_page.page(row, role=request.role, now=clock.now(), span=chosen)
    return render(request, "followups/patient.html", {"patient": row, "page": page})


@require_safe
def patients(request: StaffRequest) -> HttpResponse:
    """Find somebody; each search leaves one event with what was asked and who was shown."""
    today = clock.today(request.clinic)
    question = patient_list.ask(request.GET.get("q", ""), today=today)
    show = _show(request.GET.get("show", ""), question)
    people = patient_list.found(request.clinic, question, show)
    people = patient_list.after(people, request.clinic, _uuid(request.GET.get("after", "")))
    rows, more = patient_list.rows(people, question, clinic=request.clinic, today=today)
    audit.searched(
        request, "followups:patients", q=question.text, show=show, shown=[str(row.public_id) for row in rows]
    )
    context = {
        "question": question,
        "rows": rows,
        "told": patient_list.told(rows, more=more),
        "chips": [(name, label, _query(question, name), name == show) for name, label in patient_list.SHOW.items()],
        "more": _query(question, show, after=str(rows[-1].public_id)) if more else "",
        "first": _query(question, show) if "after" in request.GET else "",
    }
    part = "followups/patients_found.html" if request.htmx else "followups/patients.html"
    return render(request, part, context | {"show": show})


def _show(name: str, question: patient_list.Question) -> str:
    """A search looks everywhere: an ended patient is never hidden. The plain list shows who is followed."""
    if name in patient_list.SHOW:
        return name
    return "followed" if question.empty else "all"


def _query(question: patient_list.Question, show: str, **more: str) -> str:
    return "?" + urlencode({**({"q": question.text} if question.text else {}), "show": show, **more})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_POST
def study_preview(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """What the study on the form would answer, and what comes next; asked for while it is being filled in."""
    patient = get_object_or_404(Patient.objects.at(request.clinic).select_related("clinic"), public_id=patient_id)
    study_id = _uuid(request.GET.get("study", ""))
    known = patient.studies.filter(public_id=study_id).first() if study_id else None
    page = studies.typed(request, patient, joints_shown(patient, but=known), known)
    valid = page.head.is_valid()
    complete = [form for form in page.judged if form.is_valid()]
    context = {
        "preview": preview(
            patient,
            details=page.head.details(page.covered),
            findings={(f.shown.site, f.shown.side): f.entry for f in complete if f.is_described},
            instead_of=known.pk if known else None,
            today=clock.today(request.clinic),
        )
        if valid
        else None,
        "left_out": len(complete) < len(page.judged),
    }
    return render(request, "followups/study_preview.html", context)
