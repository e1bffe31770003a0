"""Small words of the patient's pages."""

from datetime import datetime

from django import template
from django.forms import Form
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.templatetags.words import long_day
from patients.models import Joint

register = template.Library()


@register.filter
def joint_key(joint: Joint) -> str:
    """'hip-left': how an address names one of the patient's own joints."""
    return f"{joint.site}-{joint.side}"


@register.filter
def ticked(form: Form, name: str) -> bool:
    return form.is_bound and name in form.data


@register.filter
def long_moment(at: datetime) -> str:
    """'Wednesday 25 November' in the clinic's zone."""
    return long_day(timezone.localtime(at).date())


@register.filter
def role_name(role: str) -> str:
    return str(dict(Role.choices).get(role, _("patient")))
