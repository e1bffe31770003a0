"""What a patient may say about one joint on one screen."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from patients.models import Joint, PainLog

NRS = {str(n): n for n in range(11)} | {f"{n}.0": n for n in range(11)}
OLDEST = timedelta(days=60)
AHEAD = timedelta(minutes=10)

RED_BOXES = ("cannot_bear_weight", "injury", "fever", "clot", "wound", "thigh_pain", "jaw", "wants_review")
ON_BISPHOSPHONATE = ("thigh_pain", "jaw")
PATTERN = ("on_weight", "at_rest", "at_night", "locking")


class NRSField(forms.Field):
    """A whole number from 0 to 10, and nothing that only looks like one."""

    default_error_messages = {  # noqa: RUF012
        "required": _("Choose a number from 0 to 10"),
        "invalid": _("Choose a number from 0 to 10"),
    }

    def to_python(self, value: Any) -> int | None:
        text = str(value or "").strip().removeprefix("+")
        if not text:
            return None
        text = text.lstrip("0") or "0" if text.isascii() and text.isdecimal() and len(text) < 5 else text
        if text not in NRS:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return NRS[text]


class PainLogForm(forms.Form):
    """`joint` is one of the patient's own; `client_id` makes a second press of Save the same report."""

    client_id = forms.UUIDField()
    nrs = NRSField()
    cannot_bear_weight = forms.BooleanField(required=False)
    injury = forms.BooleanField(required=False)
    fever = forms.BooleanField(required=False)
    clot = forms.BooleanField(required=False)
    wound = forms.BooleanField(required=False)
    thigh_pain = forms.BooleanField(required=False)
    jaw = forms.BooleanField(required=False)
    wants_review = forms.BooleanField(required=False)
    on_weight = forms.BooleanField(required=False)
    at_rest = forms.BooleanField(required=False)
    at_night = forms.BooleanField(required=False)
    locking = forms.BooleanField(required=False)
    aid = forms.TypedChoiceField(choices=PainLog.Aid.choices, coerce=int, empty_value=None, required=False)
    distance = forms.TypedChoiceField(choices=PainLog.Distance.choices, coerce=int, empty_value=None, required=False)
    painkiller = forms.TypedChoiceField(
        choices=[("yes", _("Yes")), ("no", _("No"))], coerce=lambda v: v == "yes", empty_value=None, required=False
    )
    note = forms.CharField(max_length=2000, required=False, widget=forms.Textarea)
    felt_on = forms.DateField(required=False, input_formats=["%Y-%m-%d"])
    felt_time = forms.TimeField(required=False, input_formats=["%H:%M"])

    def __init__(self, data: Any = None, *, now: datetime, zone: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.now, self.zone = now, zone

    def clean_client_id(self) -> UUID:
        value: UUID = self.cleaned_data["client_id"]
        if value.int == 0 or self.data["client_id"].strip().lower() != str(value):
            raise ValidationError(_("Open this page again before you save."))
        return value

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("nrs", "client_id", "joint"):
            if len(getattr(self.data, "getlist", self.data.get)(name) or ()) > 1:
                self.add_error("nrs", _("Choose one number only"))
        on, at = cleaned.pop("felt_on", None), cleaned.pop("felt_time", None)
        if "felt_on" not in self.errors and "felt_time" not in self.errors:
            cleaned["felt_at"] = self._felt_at(on, at)
        return cleaned

    def _felt_at(self, on: Any, at: Any) -> datetime | None:
        """None: just now. A second press of Save is a moment later and yet says the same."""
        if on is None or (at is None and on == self.now.astimezone(self.zone).date()):
            return None
        moment = datetime.combine(on, at or datetime.min.time().replace(hour=20))
        felt_at = moment.replace(tzinfo=self.zone)
        if felt_at > self.now + AHEAD:
            self.add_error("felt_on", _("Choose a time that has passed"))
        elif felt_at < self.now - OLDEST:
            self.add_error("felt_on", _("Choose a day in the last two months"))
        return felt_at


class PhoneLogForm(PainLogForm):
    """The same report, told to a member of staff on the phone."""

    joint = forms.ChoiceField(label=_("Joint"), error_messages={"required": _("Choose the joint.")})
    field_order = ("joint", "nrs", *RED_BOXES, *PATTERN)

    def __init__(self, data: Any = None, *, joints: Iterable[Joint], left_out: Iterable[str], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for name in left_out:
            del self.fields[name]
        self.joints = {str(joint.public_id): joint for joint in joints}
        choice = self.fields["joint"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("Choose")), *((key, str(joint).capitalize()) for key, joint in self.joints.items())]
        for name, field in self.fields.items():
            field.label = capfirst(LABELS.get(name) or field.label)
            field.widget.attrs.setdefault("autocomplete", "off")
        self.fields["client_id"].widget = forms.HiddenInput()
        self.fields["felt_on"].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        self.fields["felt_time"].widget = forms.TimeInput(attrs={"type": "time"})
        self.fields["note"].widget.attrs["rows"] = 3
        self.fields["nrs"].widget.attrs |= {"inputmode": "numeric"}
        for name in ("aid", "distance", "painkiller"):
            optional = self.fields[name]
            assert isinstance(optional, forms.TypedChoiceField)
            optional.choices = [("", _("not asked")), *CHOICES[name]]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["joint"] = self.joints.get(cleaned.get("joint", ""))
        return cleaned


CHOICES: dict[str, list[tuple[Any, Any]]] = {
    "aid": PainLog.Aid.choices,
    "distance": PainLog.Distance.choices,
    "painkiller": [("yes", _("Yes")), ("no", _("No"))],
}
LABELS: dict[str, Any] = {
    **{
        name: PainLog._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        for name in (*RED_BOXES, *PATTERN, "aid", "distance", "painkiller", "note")
    },
    "nrs": _("Worst pain in the last 24 hours, 0 to 10"),
    "felt_on": _("Day, if it was not today"),
    "felt_time": _("Time, if known"),
}
