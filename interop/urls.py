"""Addresses of this app."""

from django.urls import path

from interop import views

app_name = "interop"
urlpatterns = [
    path("", views.choose_file, name="import"),
    path("<uuid:import_id>/", views.one, name="import_one"),
    path("<uuid:import_id>/reading/", views.read_otherwise, name="import_choices"),
    path("<uuid:import_id>/begin/", views.begin, name="import_begin"),
    path("<uuid:import_id>/cancel/", views.cancel, name="import_cancel"),
    path("<uuid:import_id>/progress/", views.progress, name="import_progress"),
    path("<uuid:import_id>/rejects.csv", views.rejected_rows, name="import_rejects"),
    path("rows/<uuid:import_row_id>/", views.decide, name="import_row"),
]
