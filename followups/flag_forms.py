"""What a person is asked when they answer a flag. Each form carries the version of the flag that was on the screen."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Membership
from clinical.sites import WITHOUT_PLAN
from clinical.worsening import Outcome
from followups import flagging, overriding, words
from followups.models import Flag, FollowUp

# Brought forward: what the live follow-up asks for, or what a sudden change asks for.
EXTRA = (("XR",), ("MR",), ("CT",), ("XR", "MR"))
SAID = [
    ("spoke", _("spoke with the patient")),
    ("no_answer", _("no answer")),
    ("message", _("left a message to call back")),
]


class AnswerForm(forms.Form):
    """`do` names the form in the address."""

    do = ""
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, flag: Flag, today: date, follow_up: FollowUp | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": flag.version} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.auto_id = f"{self.do}-%s"
        self.flag, self.today, self.follow_up = flag, today, follow_up
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")


class ContactForm(AnswerForm):
    do = "contacted"
    said = forms.ChoiceField(label=_("What happened"), choices=SAID, widget=forms.RadioSelect)
    note = forms.CharField(label=_("What was said"), max_length=400, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("said") == "spoke" and not cleaned.get("note"):
            self.add_error("note", _("Write down what was said."))
        return cleaned

    @property
    def text(self) -> str:
        said = gettext(str(dict(SAID)[self.cleaned_data["said"]]))
        return ". ".join(filter(None, (said, self.cleaned_data["note"])))


class HandOverForm(AnswerForm):
    do = "hand_over"
    to = forms.ChoiceField(label=_("To whom"))
    note = forms.CharField(label=_("Why, or what to do"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = {str(m.user.public_id): m.user for m in flagging.may_answer(self.flag.clinic)}
        self.members.pop(str(self.flag.owner.public_id) if self.flag.owner else "", None)
        choice = self.fields["to"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", _("Choose")), *((key, str(user)) for key, user in self.members.items())]
        choice.error_messages |= {
            "required": _("Choose a clinician."),
            "invalid_choice": _("Choose a clinician who works at this clinic and does not have it already."),
        }


class BringForwardForm(AnswerForm):
    do = "bring_forward"
    what = forms.ChoiceField(label=_("What"))
    by = forms.DateField(label=_("By"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    owner = forms.ChoiceField(label=_("Who books it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        what, owner = self.fields["what"], self.fields["owner"]
        assert isinstance(what, forms.ChoiceField)
        assert isinstance(owner, forms.ChoiceField)
        what.choices = [("+".join(studies), words.exam(studies, self.flag.joint.site)) for studies in self._offered()]
        self.booking = {str(m.user.public_id): m.user for m in _books(self.flag.clinic)}
        owner.choices = [("", _("Coordinators")), *((key, str(user)) for key, user in self.booking.items())]

    def _offered(self) -> list[tuple[str, ...]]:
        planned = [tuple(self.follow_up.studies)] if self.follow_up else []
        return list(dict.fromkeys([*planned, *EXTRA]))

    @property
    def studies(self) -> list[str]:
        return list(self.cleaned_data["what"].split("+"))


class SnoozeForm(AnswerForm):
    do = "snooze"
    level = forms.IntegerField(label=_("Pain that is expected, 0 to 10"), min_value=0, max_value=10)
    until = forms.DateField(label=_("Until"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))


class DisagreeForm(AnswerForm):
    do = "disagree"
    reason = forms.CharField(label=_("What the rule got wrong"), max_length=400)
    next_step = forms.CharField(label=_("Next step"), max_length=200)


class CloseForm(AnswerForm):
    do = "close"
    outcome = forms.ChoiceField(label=_("Outcome"))
    next_step = forms.CharField(
        label=_("Next step"),
        max_length=200,
        error_messages={"required": _("Say what happens next, also when nothing changes.")},
    )
    image_by = forms.DateField(
        label=_("Next image by"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    usual_after = forms.ChoiceField(
        label=_("The usual level from now on"),
        choices=[(Outcome.KEEP, _("as before")), (Outcome.REBASELINE, _("the level of these days"))],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label=_("Note"), max_length=2000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outcome = self.fields["outcome"]
        assert isinstance(outcome, forms.ChoiceField)
        elsewhere = (Flag.Outcome.RULE_WRONG, Flag.Outcome.EXPECTED)
        offered = [(o.value, str(o.label).capitalize()) for o in Flag.Outcome if o not in elsewhere]
        outcome.choices = [("", _("Choose")), *offered]
        outcome.error_messages["required"] = _("Choose an outcome.")
        if not self.has_images:
            del self.fields["image_by"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        outcome, image_by = cleaned.get("outcome"), cleaned.get("image_by")
        if outcome == Flag.Outcome.OTHER_CAUSE and not cleaned.get("note"):
            self.add_error("note", _("Say which cause."))
        if not self.has_images or "image_by" in self.errors:
            return cleaned
        if outcome == Flag.Outcome.NO_CHANGE and image_by is None:
            self.add_error("image_by", _("Say by when the next image is wanted, also when nothing changes."))
        elif image_by and not self._possible(image_by):
            self.add_error("image_by", overriding.refusal(self.follow_up, today=self.today))
        return cleaned

    def _possible(self, image_by: date) -> bool:
        ahead = self.today <= image_by <= overriding.latest(self.follow_up, today=self.today)
        return ahead or image_by in (self.planned, self.protocols_own)

    @property
    def has_images(self) -> bool:
        """Whether this joint is followed by pictures at all."""
        return not self.flag.patient.ended_on and self.flag.joint.site not in WITHOUT_PLAN

    @property
    def planned(self) -> date | None:
        """The day that stands now, if it is still ahead: the protocol's, or the earlier one of an override."""
        stands = (self.follow_up.brought_forward_to or self.follow_up.target_on) if self.follow_up else None
        return stands if stands and stands >= self.today else None

    @property
    def protocols_own(self) -> date | None:
        ahead = self.follow_up and self.follow_up.row != overriding.ASKED and self.follow_up.target_on >= self.today
        return self.follow_up.target_on if self.follow_up and ahead else None


def _books(clinic: Clinic) -> Any:
    members = Membership.objects.live().filter(clinic=clinic, user__is_active=True).exclude(role="auditor")
    return members.select_related("user").order_by("user__name")


FORMS: dict[str, type[AnswerForm]] = {
    form.do: form for form in (ContactForm, BringForwardForm, SnoozeForm, HandOverForm, DisagreeForm, CloseForm)
}
