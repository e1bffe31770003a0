"""The patient's addresses."""

from django.urls import path

from portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("log/", views.log, name="log"),
    path("log/<uuid:log_id>/", views.saved, name="saved"),
    path("log/<uuid:log_id>/undo/", views.take_back, name="take_back"),
    path("trend/", views.trend, name="trend"),
    path("access/", views.access, name="access"),
    path("next/<uuid:follow_up_id>/date/", views.have_date, name="have_date"),
    path("next/<uuid:follow_up_id>/cannot/", views.cannot_come, name="cannot_come"),
]
