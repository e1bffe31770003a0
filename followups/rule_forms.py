"""The form in which a draft of the worsening rules is changed: one field for each threshold, within its bounds."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from crispy_forms.bootstrap import AppendedText
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinical.worsening import Policy
from followups import rule_words
from followups.models import PolicyVersion
from followups.rule_words import Threshold
from patients.fields import MeasureField

PLACES = 3
OWN = ("note", "minutes_per_flag", "seen")
OF_THE_FORM = frozenset({*OWN, "csrfmiddlewaretoken", "save"})


class ThresholdField(MeasureField):
    """Says which threshold is wrong: there are so many that the summary must not only say what."""

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except ValidationError as wrong:
            said = gettext("“%(threshold)s”: %(wrong)s")
            raise ValidationError(
                [said % {"threshold": self.label, "wrong": message} for message in wrong.messages]
            ) from wrong


class DraftForm(forms.Form):
    """`values` are the thresholds as typed. Carries the version of the draft that was on the screen."""

    note = forms.CharField(
        label=_("Why"),
        max_length=500,
        help_text=_("What you saw and what should be different. Whoever approves reads it."),
    )
    minutes_per_flag = forms.IntegerField(
        label=_("Minutes of work for one flag"),
        min_value=1,
        max_value=240,
        help_text=_("An assumption of this clinic, for reading the result. No rule knows it."),
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None, *, policy: Policy, draft: PolicyVersion | None) -> None:
        values = asdict(policy)
        super().__init__(
            data,
            auto_id="rule_%s",
            initial={
                **{name: value for name, value in values.items() if name != "version"},
                "note": draft.note if draft else "",
                "minutes_per_flag": draft.minutes_per_flag if draft else 10,
                "seen": draft.version if draft else 0,
            },
        )
        self.sections = rule_words.sections()
        self.thresholds = {one.name: one for section in self.sections for one in section.thresholds}
        for one in self.thresholds.values():
            self.fields[one.name] = _field(one)
        self.helper = self._helper()

    def _helper(self) -> FormHelper:
        helper = FormHelper()
        helper.attrs = {"novalidate": ""}
        helper.layout = Layout(
            "seen",
            Fieldset(gettext("This draft"), "note", "minutes_per_flag"),
            *(
                Fieldset(section.heading, Div(*map(_shown, section.thresholds), css_class="thresholds"))
                for section in self.sections
            ),
            Submit("save", gettext("Save the draft")),
        )
        return helper

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        unknown = sorted(set(self.data) - self.fields.keys() - OF_THE_FORM)
        if unknown:
            self.add_error(
                None, gettext("There is no threshold named %(names)s.") % {"names": ", ".join(unknown)[:200]}
            )
        small, large = cleaned.get("small_step"), cleaned.get("large_step")
        if small is not None and large is not None and large < small:
            self.add_error("large_step", gettext("The larger step cannot be below the smaller one."))
        return cleaned

    @property
    def values(self) -> dict[str, float]:
        return {
            name: int(self.cleaned_data[name]) if one.whole else self.cleaned_data[name]
            for name, one in self.thresholds.items()
        }


def _field(one: Threshold) -> ThresholdField:
    bounds = {
        "default": one.default,
        "least": rule_words.number(one.least),
        "most": rule_words.number(one.most),
        "source": one.source,
    }
    field = ThresholdField(
        low=one.least,
        high=one.most,
        unit=one.unit,
        places=0 if one.whole else PLACES,
        label=one.label,
        help_text=gettext("Default %(default)s; %(least)s to %(most)s. Source: %(source)s") % bounds,
    )
    field.required = True
    return field


def _shown(one: Threshold) -> Any:
    return AppendedText(one.name, one.unit, template="followups/rules_field.html") if one.unit else one.name
