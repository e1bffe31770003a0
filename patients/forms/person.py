"""Who somebody is and how to reach them; what may be asked of them; when their surveillance ends."""

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Field, Fieldset, Layout
from django import forms
from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic, Membership
from patients import duplicates, identity
from patients.fields import DayField, EmailField, LineField, MrnField, NameField, PhoneField, TextField
from patients.forms.questions import AskingForm
from patients.models import Patient, YesNo

FIELD = "patients/_field.html"
TRI = "patients/_tri_field.html"
OLDEST = 120
ADULT = 18


def age_on(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def written_day(day: date) -> str:
    return formats.date_format(day, "j F Y")


class PersonForm(AskingForm):
    """Registering and editing ask the same."""

    family_name = NameField(label=_("Family name"), max_length=400, help_text=_("Or the only name."))
    given_name = NameField(label=_("Given names"), max_length=400, required=False)
    born = DayField(label=_("Date of birth"), help_text=_("For example 27 3 1981"))
    mrn = MrnField(label=_("MRN"), max_length=200)
    sex = forms.ChoiceField(label=_("Sex at birth"), choices=Patient.Sex, initial=Patient.Sex.NOT_KNOWN)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    phone = PhoneField(label=_("Mobile"), max_length=60, required=False)
    other_phone = PhoneField(label=_("Other phone"), max_length=60, required=False)
    email = EmailField(label=_("E-mail"), max_length=400, required=False)
    best_hours = LineField(label=_("Best time to call"), max_length=80, required=False)
    time_zone = LineField(
        label=_("Time zone"),
        max_length=64,
        required=False,
        help_text=_("Only if it is not the clinic's, for example Europe/Lisbon"),
    )
    logs_every = forms.TypedChoiceField(
        label=_("Expected to log pain"),
        choices=[("", _("not expected")), *Patient.LogsEvery.choices],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Who then stops is asked once by message, while a flag is open or a lesion is large."),
    )
    note = TextField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea({"rows": 2}))
    sms_allowed = forms.BooleanField(label=_("Text messages that name no disease and no joint"), required=False)
    email_allowed = forms.BooleanField(label=_("E-mail"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, clinic: Clinic, today: date, patient: Patient | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic, self.today, self.patient = clinic, today, patient
        self.look_alikes: list[duplicates.LookAlike] = []
        for name in ("phone", "other_phone"):
            field = self.fields[name]
            assert isinstance(field, PhoneField)
            field.country = clinic.country

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(
            Div("form_token", "version"),
            Div(
                _pair("family_name", "given_name"),
                _pair("born", "mrn"),
                _pair("sex", "language"),
                css_class="card card-body record-card",
            ),
            Div(
                HTML("<h2>{}</h2>".format(gettext("How to reach them"))),
                _pair("phone", "email"),
                _pair("other_phone", "best_hours"),
                Fieldset(gettext("May we write?"), _field("sms_allowed"), _field("email_allowed")),
                HTML(
                    '<p class="ink-3">{}</p>'.format(
                        gettext("With none ticked, reminders become calls on the worklist.")
                    )
                ),
                _pair("time_zone", "logs_every"),
                _field("note"),
                css_class="card card-body record-card",
            ),
        )
        return helper

    # --- one field --------------------------------------------------------------------------------------------------
    def clean_born(self) -> date | None:
        born: date | None = self.cleaned_data["born"]
        if born is None:
            return None
        if born > self.today:
            self.refuse("born", _("The date of birth cannot be in the future (today is %(today)s)."), today=self._today)
        elif (age := age_on(born, self.today)) > OLDEST:
            self.refuse("born", _("That would be an age of %(age)d. Check the year."), age=age)
        elif born == self.today:
            self.ask("born", "born_today", _("this person would be born today."))
        elif age < ADULT:
            self.ask("born", "child", _("this person would be %(age)d years old.") % {"age": age})
        return born

    def clean_mrn(self) -> str:
        mrn: str = self.cleaned_data["mrn"]
        taken = Patient.objects.at(self.clinic).filter(mrn_key=identity.mrn_key(mrn))
        other = next((each for each in taken if each.pk != self._own_pk), None)
        if mrn and other:
            self.refuse("mrn", _("%(mrn)s belongs to %(name)s at this clinic"), mrn=other.mrn, name=str(other))
        return mrn

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if zone and (zone not in available_timezones() or "/" not in zone):
            self.refuse("time_zone", _("Write a zone as Area/City, for example Europe/London, or leave this empty."))
        return zone

    # --- together ---------------------------------------------------------------------------------------------------
    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for name in ("family_name", "given_name"):
            if identity.looks_like_a_formula(data.get(name, "")):
                self.ask(name, f"formula_{name}", _("this reads like a formula of a spreadsheet."))
        email = data.get("email")
        if email and Membership.objects.filter(clinic=self.clinic, user__email__iexact=email).exists():
            self.ask("email", "staff_email", _("this address belongs to a member of staff."))
        if self.patient:
            self._check_what_is_on_record(self.patient)
        else:
            self._ask_about_look_alikes()
        return data

    def _check_what_is_on_record(self, patient: Patient) -> None:
        born = self.cleaned_data.get("born")
        if born is None:
            return
        early = patient.studies.filter(made_on__lt=born, entered_in_error=False).order_by("made_on")
        if early:
            self.refuse(
                "born",
                _("There are studies from before this day: %(days)s."),
                days=", ".join(written_day(study.made_on) for study in early[:5]),
            )

    def _ask_about_look_alikes(self) -> None:
        self.look_alikes = duplicates.look_alikes(self.person, clinic=self.clinic, but=self._own_pk)
        confirmed = self.confirmed_different
        unanswered = any(alike.patient.public_id not in confirmed for alike in self.look_alikes)
        if unanswered and "mrn" not in self.errors:
            self.refuse("family_name", _("Somebody on record looks alike. Say whether it is the same person."))

    @property
    def _own_pk(self) -> int | None:
        """The row this form is about; for a new patient, the row that an earlier press of the same form made."""
        if self.patient:
            return self.patient.pk
        if not self.token:
            return None
        return Patient.objects.at(self.clinic).filter(public_id=self.token).values_list("pk", flat=True).first()

    @property
    def person(self) -> identity.Person:
        data = self.cleaned_data
        return identity.Person(
            family_name=data.get("family_name", ""),
            given_name=data.get("given_name", ""),
            born=data.get("born"),
            mrn=data.get("mrn", ""),
            phones=frozenset({data.get("phone", ""), data.get("other_phone", "")} - {""}),
            email=data.get("email", ""),
        )

    @property
    def confirmed_different(self) -> frozenset[UUID]:
        """Those of whom it was said that they are somebody else."""
        return frozenset(_uuids(self.data.getlist("not_same"))) if hasattr(self.data, "getlist") else frozenset()

    @property
    def details(self) -> dict[str, Any]:
        """What `recording` is told."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("form_token", "version")}

    @property
    def _today(self) -> str:
        return written_day(self.today)


def _uuids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _field(name: str, template: str = FIELD) -> Field:
    return Field(name, template=template)


def _pair(left: str, right: str, template: str = FIELD) -> Div:
    """Two fields side by side; `template` is that of the left one."""
    columns = (Div(_field(left, template), css_class="col-sm-6"), Div(_field(right), css_class="col-sm-6"))
    return Div(*columns, css_class="row gx-3")


class SafetyForm(AskingForm):
    """What changes which study may be asked for, each with the day on which it was asked."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    mri_unsafe = forms.ChoiceField(label=_("Unsafe in the MRI"), choices=YesNo, widget=forms.RadioSelect)
    mri_unsafe_asked_on = DayField(label=_("Asked on"), required=False)
    pregnant = forms.ChoiceField(label=_("Pregnant"), choices=YesNo, widget=forms.RadioSelect)
    pregnant_asked_on = DayField(label=_("Asked on"), required=False)
    kidney_disease = forms.ChoiceField(label=_("Kidney disease"), choices=YesNo, widget=forms.RadioSelect)
    kidney_disease_asked_on = DayField(label=_("Asked on"), required=False)

    QUESTIONS = ("mri_unsafe", "pregnant", "kidney_disease")

    def __init__(self, *args: Any, patient: Patient, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient, self.today = patient, today

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(
            Div("version", "form_token"),
            *(
                Div(_pair(name, f"{name}_asked_on", TRI), css_class="card card-body record-card")
                for name in self.QUESTIONS
            ),
        )
        return helper

    def clean(self) -> dict[str, Any]:
        for name in self.QUESTIONS:
            self._check(name, f"{name}_asked_on")
        data = self.cleaned_data
        if data.get("pregnant") == YesNo.YES and self.patient.sex == Patient.Sex.MALE:
            self.ask("pregnant", "pregnant_male", _("the record says male."))
        return data

    def _check(self, name: str, day_name: str) -> None:
        answer, day = self.cleaned_data.get(name), self.cleaned_data.get(day_name)
        if answer in (YesNo.YES, YesNo.NO) and day is None and day_name not in self.errors:
            self.refuse(day_name, _("Write the day on which this was asked."))
        elif day and day > self.today:
            self.refuse(
                day_name, _("The day cannot be in the future (today is %(today)s)."), today=written_day(self.today)
            )
        elif day and self.patient.born and day < self.patient.born:
            self.refuse(day_name, _("This day is before the date of birth."))

    @property
    def _today(self) -> str:
        return written_day(self.today)

    @property
    def answers(self) -> dict[str, Any]:
        return {k: v for k, v in self.cleaned_data.items() if k not in ("form_token", "version")}


class EndingForm(AskingForm):
    """Why and since when nobody is planned for any more. The clinician who saves it signs it."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    reason = forms.ChoiceField(label=_("Reason"), choices=Patient.Ending, widget=forms.RadioSelect)
    on = DayField(label=_("Ended on"), help_text=_("For example 27 3 2026"))
    signed = forms.BooleanField(label=_("I have decided this, or it was told to me by somebody who knows"))

    def __init__(self, *args: Any, patient: Patient, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient, self.today = patient, today

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.layout = Layout(
            Div("version", "form_token"),
            Div(_field("reason"), _field("on"), _field("signed"), css_class="card card-body record-card"),
        )
        return helper

    @property
    def _today(self) -> str:
        return written_day(self.today)

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > self.today:
            self.refuse("on", _("The day cannot be in the future (today is %(today)s)."), today=self._today)
        elif self.patient.born and on < self.patient.born:
            self.refuse("on", _("This day is before the date of birth."))
        return on

    def clean(self) -> dict[str, Any]:
        on = self.cleaned_data.get("on")
        if on and self.cleaned_data.get("reason") == Patient.Ending.DECEASED:
            last = duplicates.last_sign_of(self.patient)
            if last and last > on:
                self.ask(
                    "on",
                    "entries_after",
                    _("there is an entry from %(day)s, after this day.") % {"day": written_day(last)},
                )
        return self.cleaned_data
