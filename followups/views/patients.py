"""Finding a patient, and the page of one."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts import audit, clock
from accounts.middleware import StaffRequest
from followups import patient_page
from patients.models import Patient


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
