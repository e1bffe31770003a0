"""Every address of the app, and the floors. Mounted by `benchmarks.settings` only."""

from django.urls import include, path

from accounts import access
from benchmarks import floors

access.DOORS = {
    **access.DOORS,
    "floor_worklist": access.Door(access.RECORDS, access.Scope.CLINIC),
    "floor_patient": access.Door(access.RECORDS, access.Scope.PATIENT),
    "floor_log": access.Door(access.PATIENTS, access.Scope.SELF, access.Kind.ACTION, access.POST),
}

urlpatterns = [
    path("", include("avntracker.urls")),
    path("floor/worklist/", floors.worklist, name="floor_worklist"),
    path("floor/patients/<uuid:patient_id>/", floors.patient, name="floor_patient"),
    path("floor/log/", floors.log, name="floor_log"),
]
