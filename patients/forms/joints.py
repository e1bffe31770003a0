"""What is entered about one joint, and what the person was exposed to."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinical import treatments
from patients.fields import DayField, LineField, MeasureField, TextField
from patients.forms.person import FIELD, TRI, written_day
from patients.forms.questions import AskingForm
from patients.models import Exposure, Finding, Joint, Patient, Score, Side, Site, YesNo

BOTH = "both"

KIND_OF_TREATMENT = (
    (_("Without an operation"), ("OBS", "ACT", "WBR", "PT", "WGT", "FTW", "CAUS", "ESWT", "HBO", "PEMF", "ELEC")),
    (_("Keeps the joint"), (*treatments.OPERATIONS,)),
    (_("Replaces or fuses the joint"), ("THA", "RES", "HEMI-R", "ARTHRO", "REV", "ARTHROD")),
    (_("Other"), ("OTHER", "TRIAL")),
)
NAMES = {
    "OBS": _("Observation"),
    "ACT": _("Activity modification or rest"),
    "WBR": _("Weight-bearing restriction"),
    "PT": _("Physiotherapy"),
    "WGT": _("Weight management"),
    "FTW": _("Footwear or walking aid"),
    "CAUS": _("Alcohol, smoking or steroid reduction"),
    "ESWT": _("Shock-wave therapy"),
    "HBO": _("Hyperbaric oxygen"),
    "PEMF": _("Pulsed electromagnetic fields"),
    "ELEC": _("Electrical stimulation"),
    "CD": _("Core decompression"),
    "CD+": _("Core decompression with cells, graft or electrical stimulation"),
    "NVG": _("Non-vascularised bone graft"),
    "VFG": _("Vascularised bone graft"),
    "ALLO": _("Allograft"),
    "SYN": _("Synthetic graft"),
    "ROD": _("Tantalum rod"),
    "OST": _("Osteotomy"),
    "REG": _("Regenerative treatment only"),
    "HEMI-R": _("Resurfacing hemiarthroplasty"),
    "RES": _("Hip resurfacing"),
    "THA": _("Total hip replacement"),
    "REV": _("Revision of a replacement"),
    "ARTHRO": _("Other joint replacement"),
    "ARTHROD": _("Fusion of the joint"),
    "OTHER": _("Other treatment"),
    "TRIAL": _("Treatment in a trial"),
}
NEEDS_AN_END = frozenset({"WBR", "ACT"})
ENDS_THE_JOINT = treatments.REPLACEMENTS | {treatments.FUSION}


class EntryForm(AskingForm):
    """Something entered about one patient, laid out as one card."""

    TRIS: tuple[str, ...] = ()

    def __init__(self, *args: Any, patient: Patient, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient, self.today = patient, today

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        hidden = [name for name, field in self.fields.items() if field.widget.is_hidden]
        shown = [name for name in self.fields if name not in hidden]
        helper.layout = Layout(
            Div(*hidden),
            Div(
                *(Field(name, template=TRI if name in self.TRIS else FIELD) for name in shown),
                css_class="card card-body record-card",
            ),
        )
        return helper

    @property
    def values(self) -> dict[str, Any]:
        """What `recording` is told."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("form_token", "version")}

    def check_day(self, name: str) -> None:
        """Not in the future and not before birth."""
        day = self.cleaned_data.get(name)
        if day and day > self.today:
            today = written_day(self.today)
            self.refuse(name, _("The day cannot be in the future (today is %(today)s)."), today=today)
        elif day and self.patient.born and day < self.patient.born:
            self.refuse(name, _("This day is before the date of birth."))


class NewJointForm(EntryForm):
    """A joint with its side: "both sides" makes two."""

    TRIS = ("side", "state")
    site = forms.ChoiceField(label=_("Joint"), choices=[("", _("Choose…")), *Site.choices])
    side = forms.ChoiceField(
        label=_("Side"),
        choices=[
            (Side.RIGHT, _("right")),
            (Side.LEFT, _("left")),
            (BOTH, _("both: makes two")),
            (Side.NONE, _("no side (jaw)")),
        ],
        widget=forms.RadioSelect,
    )
    state = forms.ChoiceField(label=_("State"), choices=Joint.State, widget=forms.RadioSelect)
    since = DayField(label=_("Known since"), required=False, help_text=_("Needed for a lesion. For example 27 3 2026"))

    def clean(self) -> dict[str, Any]:
        self.check_day("since")
        data = self.cleaned_data
        _need_a_day_for_a_lesion(self)
        if data.get("site") and data.get("side") and (data["site"] == Site.JAW) != (data["side"] == Side.NONE):
            self.refuse("side", _("Every joint but the jaw has a side: choose right, left or both."))
        return data

    @property
    def sides(self) -> list[str]:
        side = self.cleaned_data["side"]
        return [Side.RIGHT, Side.LEFT] if side == BOTH else [side]


def _need_a_day_for_a_lesion(form: EntryForm) -> None:
    data = form.cleaned_data
    if data.get("state") == Joint.State.LESION and data.get("since") is None and "since" not in form.errors:
        form.refuse("since", _("Write since when the lesion is known: planning counts from this day."))


class JointForm(EntryForm):
    """What was said of a joint, corrected."""

    TRIS = ("state",)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    state = forms.ChoiceField(label=_("State"), choices=Joint.State, widget=forms.RadioSelect)
    since = DayField(label=_("Known since"), required=False, help_text=_("Needed for a lesion. For example 27 3 2026"))
    why = LineField(label=_("Why it changes"), max_length=200)

    def __init__(self, *args: Any, joint: Joint, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.joint = joint

    def clean(self) -> dict[str, Any]:
        self.check_day("since")
        _need_a_day_for_a_lesion(self)
        found = Finding.objects.filter(joint=self.joint, entered_in_error=False, study__entered_in_error=False)
        state = self.cleaned_data.get("state")
        if state in (Joint.State.CLEAR, Joint.State.NEVER_IMAGED) and found.exclude(stage_value="0").exists():
            self.refuse("state", _("Studies describe a lesion here. Mark those findings as entered in error first."))
        return self.cleaned_data


class JointField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A joint by its public id; what is no id at all is refused like an unknown one."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from None


class OfAJointForm(EntryForm):
    """Something entered about one of the person's joints."""

    joint = JointField(
        label=_("Joint"), queryset=Joint.objects.none(), to_field_name="public_id", empty_label=_("Choose…")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["joint"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = self.patient.joints.order_by("site", "-side")
        field.error_messages["invalid_choice"] = _("Choose one of this person's joints.")


class SymptomsForm(OfAJointForm):
    TRIS = ("value",)
    value = forms.ChoiceField(label=_("Does it hurt?"), choices=YesNo, widget=forms.RadioSelect)
    on = DayField(label=_("Found on"), help_text=_("For example 27 3 2026"))

    def clean(self) -> dict[str, Any]:
        self.check_day("on")
        return self.cleaned_data


class SurgeonReviewForm(OfAJointForm):
    on = DayField(label=_("Reviewed on"), help_text=_("For example 27 3 2026"))
    note = TextField(label=_("Decision"), max_length=2000, required=False, widget=forms.Textarea({"rows": 3}))

    def clean(self) -> dict[str, Any]:
        self.check_day("on")
        return self.cleaned_data


class ScoreForm(OfAJointForm):
    """A questionnaire's total, not its answers."""

    instrument = forms.ChoiceField(label=_("Questionnaire"), choices=[("", _("Choose…")), *Score.Instrument.choices])
    value = MeasureField(
        label=_("Total"), low=0, high=100, unit="", places=3, required=True,
        error_messages={"required": _("Write the total.")},
    )  # fmt: skip
    on = DayField(label=_("Filled in on"), help_text=_("For example 27 3 2026"))

    def clean(self) -> dict[str, Any]:
        self.check_day("on")
        data = self.cleaned_data
        instrument, value, joint = data.get("instrument"), data.get("value"), data.get("joint")
        if value is not None and instrument and value > Score.MOST[instrument]:
            self.refuse("value", _("The most is %(most)s."), most=Score.MOST[instrument])
        elif value is not None and instrument == Score.Instrument.OHS and value % 1:
            self.refuse("value", _("This questionnaire has whole numbers only."))
        if joint and joint.site != Site.HIP and instrument and instrument != Score.Instrument.PEG:
            self.refuse("instrument", _("This questionnaire is about the hip."))
        return data


class TreatmentForm(OfAJointForm):
    """A procedure, a medicine or a restriction. An order without an end is forgotten, so some need one."""

    code = forms.ChoiceField(
        label=_("Treatment"),
        choices=[
            ("", _("Choose…")),
            *((kind, [(code, NAMES[code]) for code in codes]) for kind, codes in KIND_OF_TREATMENT),
        ],
    )
    on = DayField(label=_("On, or from"), help_text=_("For example 27 3 2026"))
    until = DayField(label=_("Until"), required=False, help_text=_("Needed for weight-bearing and activity limits"))
    detail = LineField(label=_("Detail"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        self.check_day("on")
        data = self.cleaned_data
        on, until = data.get("on"), data.get("until")
        if data.get("code") in NEEDS_AN_END and until is None and "until" not in self.errors:
            self.refuse("until", _("Write until when this holds: an order without an end is forgotten."))
        elif on and until and until < on:
            self.refuse("until", _("The end is before the beginning."))
        if {"joint", "code", "on"} <= data.keys():
            self._doubt(data["joint"], data["code"], data["on"])
        return data

    def _doubt(self, joint: Joint, code: str, on: date) -> None:
        operation = code in treatments.OPERATIONS
        if (operation or code in ENDS_THE_JOINT) and joint.since and on < joint.since:
            self.ask("on", "before_lesion", _("this is before the lesion was known."))
        if operation and _is_replaced(joint, on):
            self.ask("code", "replaced", _("this joint has been replaced, so there is nothing left to keep."))
        stage = _arco_2019(joint)
        if operation and code != "OST" and stage in ("3B", "4"):
            self.ask("code", "late_stage", _("the joint is recorded as ARCO %(stage)s.") % {"stage": stage})
        if code == "THA" and stage in ("1", "2"):
            self.ask("code", "early_stage", _("the joint is recorded as ARCO %(stage)s.") % {"stage": stage})
        if code in ("THA", "RES", "HEMI-R") and joint.site != Site.HIP:
            self.refuse("code", _("This is an operation on the hip. Choose “Other joint replacement”."))


def _is_replaced(joint: Joint, on: date) -> bool:
    done = joint.treatments.filter(code__in=ENDS_THE_JOINT, on__lt=on, entered_in_error=False)
    return joint.state == Joint.State.REPLACED or done.exists()


def _arco_2019(joint: Joint) -> str:
    staged = Finding.objects.filter(
        joint=joint, stage_system="ARCO", stage_version="2019", entered_in_error=False, study__entered_in_error=False
    )
    newest = staged.order_by("-study__made_on", "-pk").first()
    return newest.stage_value if newest else ""


class ExposureForm(EntryForm):
    """Something known to go with osteonecrosis. Who may not see a sensitive kind cannot enter it either."""

    kind = forms.ChoiceField(label=_("Exposure"), choices=[])
    drug = LineField(label=_("Drug"), max_length=80, required=False)
    dose = LineField(label=_("Dose and unit"), max_length=80, required=False, help_text=_("For example 20 mg a day"))
    daily_mg = MeasureField(
        label=_("mg a day"),
        low=0.01,
        high=5000,
        unit="mg",
        places=2,
        help_text=_("Of a corticosteroid, while it is taken. For example 60. The rules read this number only."),
    )
    started_on = DayField(label=_("From"), required=False, help_text=_("For example 27 3 2019"))
    ended_on = DayField(label=_("Until"), required=False, help_text=_("Leave empty if it goes on"))
    note = LineField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, sensitive: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        kinds = [(value, name) for value, name in Exposure.Kind.choices if sensitive or value not in Exposure.SENSITIVE]
        field.choices = [("", _("Choose…")), *kinds]

    def clean_dose(self) -> str:
        dose: str = self.cleaned_data["dose"]
        numbers = [float(n.replace(",", ".")) for n in re.findall(r"-?[0-9]+(?:[.,][0-9]+)?", dose)]
        if numbers and min(numbers) <= 0:
            self.refuse("dose", _("A dose is more than 0."))
        elif numbers and not re.search(r"[^\W\d_]", dose):
            self.refuse("dose", _("Write the unit too, for example 20 mg a day."))
        return dose

    def clean(self) -> dict[str, Any]:
        self.check_day("started_on")
        data = self.cleaned_data
        start, stop = data.get("started_on"), data.get("ended_on")
        if start and stop and stop < start:
            self.refuse("ended_on", _("The end is before the beginning."))
        elif stop and self.patient.born and stop < self.patient.born:
            self.refuse("ended_on", _("This day is before the date of birth."))
        if data.get("kind") and (start or stop) and self._overlaps(data["kind"], start, stop):
            self.ask("started_on", "overlaps", _("another entry of this kind covers some of these days."))
        return data

    def _overlaps(self, kind: str, start: date | None, stop: date | None) -> bool:
        others = self.patient.exposures.filter(kind=kind, entered_in_error=False)
        if self.token:
            others = others.exclude(public_id=self.token)
        return any(
            (other.started_on or date.min) <= (stop or date.max) and (start or date.min) <= (other.ended_on or date.max)
            for other in others
        )


class ErrorForm(EntryForm):
    """Why an entry is wrong. It is kept and shown struck through."""

    reason = LineField(label=_("What is wrong with it"), max_length=200, min_length=3)


def joint_of(patient: Patient, public_id: str) -> UUID | None:
    """The joint an address asks to be chosen, if it is one of this person's."""
    try:
        wanted = UUID(public_id)
    except ValueError:
        return None
    return patient.joints.filter(public_id=wanted).values_list("public_id", flat=True).first()
