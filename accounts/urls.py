"""The front door, sign-in and health."""

from django.urls import include, path

from accounts import views

urlpatterns = [
    path("", views.door, name="door"),
    path("start/", views.start, name="start"),
    path("preferences/", views.preferences, name="preferences"),
    path("accounts/", include("allauth.urls")),
    path("health/live", views.health_live, name="health_live"),
    path("health/ready", views.health_ready, name="health_ready"),
]
