"""Every address. Each app keeps its own; who may use them is in `accounts.access`."""

from django.conf import settings
from django.urls import include, path

from accounts.admin import site
from followups.views.hooks import sms_answer
from followups.views.settings import health_schedule
from patients import invitation_pages

urlpatterns = [
    path("", include("accounts.urls")),
    path("hooks/sms/", sms_answer, name="sms_answer"),
    path("health/schedule", health_schedule, name="health_schedule"),
    path("clinic/", include("followups.urls")),
    path("clinic/", include("patients.urls")),
    path("clinic/import/", include("interop.urls")),
    path("me/", include("portal.urls")),
    path("invitation/<str:token>/", invitation_pages.invitation, name="invitation"),
]
if settings.SUPPORT_PAGES:
    urlpatterns.append(path("admin/", site.urls))
