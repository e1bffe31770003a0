"""Every address. Each app keeps its own; who may use them is in `accounts.access`."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("clinic/", include("followups.urls")),
    path("clinic/", include("patients.urls")),
    path("clinic/import/", include("interop.urls")),
    path("me/", include("portal.urls")),
    path("admin/", admin.site.urls),
]
