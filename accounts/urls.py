"""The front door, sign-in, staff, the trace, and health.

Of the sign-in library only what is used is mounted, so that the access matrix stays readable.
"""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from accounts import sign_in, staff_pages, trace_pages, views


class Base36(StringConverter):
    """The first half of a reset link."""

    regex = "[0-9a-z]{1,13}"


register_converter(Base36, "base36")

urlpatterns = [
    path("", views.door, name="door"),
    path("start/", views.start, name="start"),
    path("preferences/", views.preferences, name="preferences"),
    path("health/live", views.health_live, name="health_live"),
    path("health/ready", views.health_ready, name="health_ready"),
    path("accounts/preferences/", views.my_preferences, name="my_preferences"),
    path("accounts/clinic/", views.switch_clinic, name="switch_clinic"),
    path("accounts/welcome/<str:token>/", sign_in.staff_welcome, name="staff_welcome"),
    path("accounts/login/", sign_in.SignIn.as_view(), name="account_login"),
    path("accounts/logout/", sign_in.log_out, name="account_logout"),
    path("accounts/reauthenticate/", sign_in.ConfirmByPassword.as_view(), name="account_reauthenticate"),
    path("accounts/password/change/", sign_in.ChangePassword.as_view(), name="account_change_password"),
    path("accounts/password/set/", sign_in.SetPassword.as_view(), name="account_set_password"),
    path("accounts/password/reset/", sign_in.Forgotten.as_view(), name="account_reset_password"),
    path("accounts/password/reset/sent/", sign_in.reset_sent, name="account_reset_password_done"),
    path("accounts/password/reset/done/", sign_in.reset_done, name="account_reset_password_from_key_done"),
    path(
        "accounts/password/reset/key/<base36:uidb36>-<str:key>/",
        sign_in.Reset.as_view(),
        name="account_reset_password_from_key",
    ),
    path("accounts/2fa/", sign_in.second_factors, name="mfa_index"),
    path("accounts/2fa/authenticate/", sign_in.SecondStep.as_view(), name="mfa_authenticate"),
    path("accounts/2fa/reauthenticate/", sign_in.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("accounts/2fa/app/add/", sign_in.AddApp.as_view(), name="mfa_activate_totp"),
    path("accounts/2fa/app/remove/", sign_in.remove_app, name="mfa_deactivate_totp"),
    path("accounts/2fa/passkeys/", sign_in.passkeys, name="mfa_list_webauthn"),
    path("accounts/2fa/passkeys/add/", sign_in.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("accounts/2fa/passkeys/login/", sign_in.passkey_sign_in, name="mfa_login_webauthn"),
    path("accounts/2fa/passkeys/reauthenticate/", sign_in.confirm_by_passkey, name="mfa_reauthenticate_webauthn"),
    path("accounts/2fa/passkeys/<int:passkey_id>/remove/", sign_in.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("accounts/2fa/codes/", sign_in.codes, name="mfa_view_recovery_codes"),
    path("accounts/2fa/codes/new/", sign_in.new_codes, name="mfa_generate_recovery_codes"),
    path("clinic/settings/staff/", staff_pages.staff, name="staff"),
    path("clinic/settings/staff/<uuid:staff_id>/role/", staff_pages.staff_role, name="staff_role"),
    path("clinic/settings/staff/<uuid:staff_id>/access/", staff_pages.staff_access, name="staff_access"),
    path("clinic/settings/staff/<uuid:staff_id>/duty/", staff_pages.staff_duty, name="staff_duty"),
    path("clinic/settings/staff/<uuid:staff_id>/renew/", staff_pages.staff_renew, name="staff_renew"),
    path("clinic/audit/", trace_pages.audit_page, name="audit"),
]
