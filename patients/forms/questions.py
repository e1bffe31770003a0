"""Doubts that stop a form once: what looks wrong is kept when a person says why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

Words = Any  # a str, or one that is translated when shown
Answers = Sequence[tuple[str, Words]]

IT_IS_RIGHT: Answers = (("right", _("It is right, keep it")),)


@dataclass(frozen=True)
class Question:
    """One doubt about a field, with the answers that let it pass."""

    field: str
    name: str  # of its radio buttons
    text: Words
    answers: Answers
    chosen: str = ""


class AskingForm(forms.Form):
    """A form that may ask back. An unanswered question is an error beside its field."""

    # Made with the form: two submits of one form are one row.
    form_token = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.questions: list[Question] = []
        self.reasons: dict[str, str] = {}
        for name, f in self.fields.items():
            f.widget.attrs.setdefault("autocomplete", "off")
            if f.required and not isinstance(f.widget, forms.HiddenInput):
                f.error_messages["required"] = _("Fill this in: %(label)s.") % {"label": f.label or name}

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        helper.form_show_labels = True
        return helper

    def ask(self, field_name: str, check: str, text: Words, answers: Answers = IT_IS_RIGHT) -> None:
        """Let this pass only with one of the answers; the one given is kept in `reasons`."""
        name = self.add_prefix(f"why-{check}")
        given = str(self.data.get(name, ""))
        chosen = given if given in {value for value, _words in answers} else ""
        self.questions.append(Question(field_name, name, text, answers, chosen))
        if chosen:
            self.reasons[check] = chosen
        else:
            self.add_error(field_name, ValidationError(_("Check: %(doubt)s") % {"doubt": text}, code="question"))

    @property
    def in_doubt(self) -> frozenset[str]:
        """Fields with nothing worse than a question that waits for its answer."""
        return frozenset(
            name
            for name, errors in self.errors.as_data().items()
            if errors and all(error.code == "question" for error in errors)
        )

    def refuse(self, field_name: str, text: Words, **params: object) -> None:
        """Put an error beside a field, once."""
        self.add_error(field_name, ValidationError(text, code="refused", params=params or None))

    @property
    def token(self) -> UUID | None:
        return self.cleaned_data.get("form_token")
