"""What a page must cost at least: plain Django views behind the full middleware, for a signed-in person."""

from datetime import timedelta
from uuid import UUID, uuid4

from django import forms
from django.db import transaction
from django.db.models import Avg
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.middleware import PatientRequest, StaffRequest
from followups.models import FollowUp
from patients.models import PainLog


@require_GET
def worklist(request: StaffRequest) -> HttpResponse:
    """50 rows by one indexed query with its joins; six columns each within the base page."""
    live = FollowUp.objects.filter(clinic=request.clinic, status="live", closes_on__lt=timezone.localdate())
    rows = live.select_related("patient", "joint", "owner").order_by("closes_on")[:50]
    return render(request, "floors/worklist.html", {"rows": rows})


@require_GET
def patient(request: StaffRequest, patient_id: UUID) -> HttpResponse:
    """10 rows and 100 logs in two queries; a table and one polyline within the base page."""
    rows = FollowUp.objects.filter(patient__public_id=patient_id).order_by("-target_on")[:10]
    logs = PainLog.objects.filter(joint__patient__public_id=patient_id).order_by("-felt_at")[:100]
    points = " ".join(f"{x * 7},{100 - 10 * log.nrs}" for x, log in enumerate(logs))
    return render(request, "floors/patient.html", {"rows": rows, "points": points})


class LogForm(forms.Form):
    joint = forms.IntegerField(min_value=1)
    nrs = forms.IntegerField(min_value=0, max_value=10)
    note = forms.CharField(max_length=2000, required=False)


@require_POST
def log(request: PatientRequest) -> HttpResponse:
    """A three-field form; one row and one aggregate over 42 days in one transaction; a redirect."""
    form = LogForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    now, joint_id = timezone.now(), form.cleaned_data["joint"]
    with transaction.atomic():
        PainLog.objects.create(
            joint_id=joint_id,
            client_id=uuid4(),
            felt_at=now,
            entered_at=now,
            entered_by=request.user,
            judged_at=now,
            nrs=form.cleaned_data["nrs"],
            note=form.cleaned_data["note"],
        )
        recent = PainLog.objects.filter(joint_id=joint_id, felt_at__gte=now - timedelta(days=42))
        recent.aggregate(Avg("nrs"))
    return redirect("portal:home")
