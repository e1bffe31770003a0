"""Support pages for an operator: clinics and who signs in, to look at. No patient is shown; nothing can be changed."""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest

from accounts.models import Clinic, Membership, User


class SupportSite(AdminSite):
    site_header = site_title = "AVN Tracker support"
    # Addresses that lead nowhere are answered as everywhere else.
    final_catch_all_view = False

    def has_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_active and request.user.is_superuser


class Reading(ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Clinics(Reading):
    list_display = ("name", "time_zone", "country", "public_id")


class Users(Reading):
    fields = ("username", "name", "email", "is_active", "is_superuser", "last_login", "date_joined", "public_id")
    list_display = ("username", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Staff and operators only: that somebody is a patient is already a health detail."""
        return super().get_queryset(request).filter(patient=None)


class Memberships(Reading):
    list_display = ("user", "clinic", "role", "disabled_at")
    list_filter = ("role",)
    list_select_related = ("user", "clinic")


site = SupportSite(name="admin")
site.register(Clinic, Clinics)
site.register(User, Users)
site.register(Membership, Memberships)
