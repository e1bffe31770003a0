"""Forms of the clinic's own pages."""

import re
from datetime import date, timedelta
from typing import Any, ClassVar
from zoneinfo import available_timezones

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic

# A sender that names what the clinic treats tells everybody who sees the phone.
TELLING = re.compile(r"osteo|necros|\bavn\b|\bhips?\b|\bknee|\bjoint|ortho|sickle|hiv|bone", re.IGNORECASE)
GSM = re.compile(r"[A-Za-z0-9 .,'&()/+-]*")
DAYS = [(1, _("Mon")), (2, _("Tue")), (3, _("Wed")), (4, _("Thu")), (5, _("Fri")), (6, _("Sat")), (7, _("Sun"))]


class ClosedDayForm(forms.Form):
    """A day on which the clinic is closed although its weekday is an opening day."""

    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}), input_formats=["%Y-%m-%d"])
    reason = forms.CharField(label=_("Reason"), max_length=80, required=False)

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not self.today <= on <= self.today + timedelta(days=800):
            raise ValidationError(_("Choose a day from today, at most two years ahead."))
        return on


class ClinicForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    opening_days = forms.TypedMultipleChoiceField(
        label=_("Opening days"), choices=DAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Clinic
        fields: ClassVar = [
            "name",
            "public_name",
            "phone",
            "out_of_hours_phone",
            "emergency_phone",
            "country",
            "time_zone",
            "opening_days",
            "opens_at",
            "closes_at",
            "messages_from",
            "messages_until",
        ]
        widgets: ClassVar = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            for name in ("opens_at", "closes_at", "messages_from", "messages_until")
        }
        help_texts: ClassVar = {
            "public_name": _("The sender of every message. It must not say what the clinic treats."),
            "messages_from": _("Messages leave only between these, where the patient is."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": ""}
        self.helper.layout = Layout(
            Fieldset(_("The clinic"), "name", "country", "time_zone"),
            Fieldset(_("Phones that patients see"), "phone", "out_of_hours_phone", "emergency_phone"),
            Fieldset(_("Open"), "opening_days", Div("opens_at", "closes_at", css_class="pair")),
            Fieldset(_("Messages"), "public_name", Div("messages_from", "messages_until", css_class="pair")),
            Submit("save", _("Save")),
        )

    def clean_public_name(self) -> str:
        name: str = self.cleaned_data["public_name"]
        if TELLING.search(name):
            raise ValidationError(_("This name says what the clinic treats. Choose a neutral one."))
        if not GSM.fullmatch(name):
            raise ValidationError(_("Use plain letters and figures: others make a text message longer."))
        return name

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if zone not in available_timezones() or "/" not in zone:
            raise ValidationError(_("Write it as in Europe/London."))
        return zone

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for first, last in (("opens_at", "closes_at"), ("messages_from", "messages_until")):
            if cleaned.get(first) and cleaned.get(last) and cleaned[first] >= cleaned[last]:
                self.add_error(last, _("Choose a time after the first one."))
        return cleaned
