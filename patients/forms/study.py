"""One imaging study and what it says about each joint: only what that kind of study can show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout, LayoutObject
from django import forms
from django.forms.forms import BaseForm
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinical import history as values
from clinical.plausibility import Earlier, Level, Remark, Setting, remarks
from clinical.sites import JOINTS
from clinical.sites import Site as SiteOf
from clinical.staging import CROSSWALK
from patients import history, remarking
from patients.fields import DayField, LineField, MeasureField, TextField
from patients.forms.joints import ENDS_THE_JOINT
from patients.forms.person import FIELD, TRI, written_day
from patients.forms.questions import AskingForm
from patients.models import (
    Finding,
    ImagingStudy,
    Joint,
    Modality,
    Patient,
    Seen,
    Side,
    Site,
    Treatment,
    View,
    YesNo,
)

FILMS = (Modality.DX, Modality.CR)
ROW = "patients/_finding_row.html"
NOT_ASSESSED = "not_assessed"
STAGE_FIELDS = ("stage_system", "stage_version", "stage_value")

# What each kind of study can show, in the order of the form (pages.md 6.3).
SHOWS: Mapping[str, tuple[str, ...]] = {
    Modality.DX: ("stage", "collapse_mm", "subchondral_fracture", "joint_space_narrowed", "calibrated"),
    Modality.CR: ("stage", "collapse_mm", "subchondral_fracture", "joint_space_narrowed", "calibrated"),
    Modality.MR: (
        "volume_percent",
        "volume_cm3",
        "kerboul_coronal",
        "kerboul_sagittal",
        "jic_type",
        "oedema",
        "effusion",
        "subchondral_fracture",
        "stage",
    ),
    Modality.CT: ("subchondral_fracture", "collapse_mm"),
    Modality.NM: ("uptake",),
    Modality.VISIT: (),
}
SEEN = [(value, capfirst(words)) for value, words in Seen.choices]
YES_NO = [(value, capfirst(words)) for value, words in YesNo.choices]
KINDS = [(value, capfirst(words)) for value, words in Modality.choices if value != Modality.CR]
ONLY_HIPS = frozenset({"kerboul_coronal", "kerboul_sagittal", "jic_type"})
WITHOUT_FINDINGS = frozenset({Site.JAW, Site.SHAFT})
# Rows of a block: fields that stand beside one another.
TOGETHER = (("volume_percent", "volume_cm3"), ("kerboul_coronal", "kerboul_sagittal"))

ARCO = "ARCO|2019|"
X_RAY_STAGES: Mapping[str, list[tuple[Any, Any]]] = {
    "ARCO 2019": [
        (f"{ARCO}1", _("ARCO 2019: 1, film normal, MRI not")),
        (f"{ARCO}2", _("ARCO 2019: 2, sclerosis or cysts, contour kept")),
        (f"{ARCO}3A", _("ARCO 2019: 3A, depression 2 mm or less")),
        (f"{ARCO}3B", _("ARCO 2019: 3B, depression more than 2 mm")),
        (f"{ARCO}4", _("ARCO 2019: 4, joint space narrowed")),
    ],
    "Ficat": [(f"Ficat||{v}", f"Ficat {v}") for v in ("0", "I", "IIA", "IIB", "III", "IV")],
    "Steinberg": [
        (f"Steinberg||{v}", f"Steinberg {v}")
        for v in ("0", *(f"{n}{letter}" for n in ("I", "II", "III", "IV", "V") for letter in ("", "A", "B", "C")), "VI")
    ],
    "ARCO 1993": [
        (f"ARCO|1993|{v}", f"ARCO 1993: {v}")
        for v in ("0", *(f"{n}{letter}" for n in "123" for letter in ("", "A", "B", "C")), "4")
    ],
    "JIC": [(f"JIC||{v}", f"JIC {v}") for v in ("1", "2", "3A", "3B", "4")],
    "Cruess": [(f"Cruess||{v}", f"Cruess {v}") for v in "12345"],
    "Koshino": [(f"Koshino||{v}", f"Koshino {v}") for v in "1234"],
    "Aglietti": [(f"Aglietti||{v}", f"Aglietti {v}") for v in ("I", "II", "III", "IV", "V")],
}
SYSTEMS: Mapping[str, tuple[str, ...]] = {
    Site.HIP: ("ARCO 2019", "Ficat", "Steinberg", "ARCO 1993", "JIC"),
    Site.SHOULDER: ("Cruess",),
    Site.KNEE: ("Ficat", "Koshino", "Aglietti"),
    Site.ANKLE: ("Ficat",),
}
# An MRI alone can set the first stage only.
MRI_STAGE: Mapping[str, str] = {
    Site.HIP: f"{ARCO}1",
    Site.SHOULDER: "Cruess||1",
    Site.KNEE: "Ficat||I",
    Site.ANKLE: "Ficat||I",
}
JIC_TYPES = [
    ("", _("Choose…")),
    ("A", _("A: up to one third of the weight-bearing part")),
    ("B", _("B: up to two thirds of the weight-bearing part")),
    ("C1", _("C1: more than two thirds, not past the edge")),
    ("C2", _("C2: more than two thirds, past the edge")),
    (NOT_ASSESSED, _("Not assessed")),
]


def stage_choices(site: str, modality: str) -> list[tuple[Any, Any]]:
    """The stages that this kind of study can set at this joint; never a bare number."""
    if modality == Modality.MR:
        first = MRI_STAGE.get(site)
        named = [(first, remarking.stage_name(*first.split("|")))] if first else []
        return [("", _("Choose…")), (NOT_ASSESSED, _("Not staged from this MRI")), *named]
    groups = [(name, X_RAY_STAGES[name]) for name in SYSTEMS.get(site, ())]
    return [("", _("Choose…")), (NOT_ASSESSED, _("Not assessed")), *groups]


# --- One joint -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Before:
    """A value on record with its day."""

    on: date
    text: str


@dataclass
class JointShown:
    """One joint as the form sees it: also one that is not on record."""

    site: str
    side: str
    joint: Joint | None = None
    replaced_on: date | None = None
    earlier: list[Finding] = field(default_factory=list)  # newest first
    seen_on: dict[str, list[date]] = field(default_factory=dict)  # modality to days

    @property
    def key(self) -> str:
        return f"{self.site}-{self.side}"

    @property
    def is_lesion(self) -> bool:
        return self.joint is not None and self.joint.state == Joint.State.LESION

    @property
    def name(self) -> str:
        names = (dict(Side.choices).get(self.side), dict(Site.choices).get(self.site))
        return str(names[1]) if self.side == Side.NONE else f"{names[0]} {names[1]}"

    def before(self, names: Iterable[str]) -> Before | None:
        """The newest values on record of these fields."""
        for found in self.earlier:
            if text := remarking.written_together(found, list(names)):
                return Before(found.study.made_on, text)
        return None


def joints_shown(patient: Patient, *, but: ImagingStudy | None = None) -> dict[str, JointShown]:
    """Every joint there is, with what is on record of it; `but` is the study being edited."""
    shown = {f"{site}-{side}": JointShown(site, side) for site, side in JOINTS}
    shown = {key: shown[key] for key in sorted(shown, key=_place)}
    by_pk = {}
    for joint in Joint.objects.filter(patient=patient):
        shown[f"{joint.site}-{joint.side}"].joint = by_pk[joint.pk] = joint
    ended = Treatment.objects.filter(joint__patient=patient, code__in=ENDS_THE_JOINT, entered_in_error=False)
    for treatment in ended.order_by("-on"):
        joint = by_pk[treatment.joint_id]
        shown[f"{joint.site}-{joint.side}"].replaced_on = treatment.on
    found = Finding.objects.filter(study__patient=patient, entered_in_error=False, study__entered_in_error=False)
    for finding in found.select_related("study").order_by("-study__made_on", "-pk"):
        if not but or finding.study_id != but.pk:
            joint = by_pk[finding.joint_id]
            shown[f"{joint.site}-{joint.side}"].earlier.append(finding)
    for study in patient.studies.filter(entered_in_error=False):
        if not but or study.pk != but.pk:
            for site, side in study.covers:
                shown[f"{site}-{side}"].seen_on.setdefault(study.modality, []).append(study.made_on)
    return shown


def _place(key: str) -> tuple[int, int]:
    """Hips first, and the right before the left, as on a film."""
    site, side = key.split("-")
    return Site.values.index(site), Side.values.index(side)


class Row(LayoutObject):  # type: ignore[misc]
    """One line of a block: what it is, the fields, the value before with its day."""

    def __init__(self, label: Any, *names: str) -> None:
        self.label, self.fields = label, list(names)

    def render(self, form: BaseForm, context: Any, template_pack: Any = None, **kwargs: Any) -> str:
        assert isinstance(form, FindingForm)
        fields = [form[name] for name in self.fields]
        state = "row-wrong" if any(f.errors for f in fields if f.name not in form.in_doubt) else ""
        if not state and any(q.field in self.fields for q in form.questions):
            state = "row-doubt"
        more = {
            "label": self.label,
            "fields": fields,
            "first": fields[0],
            "before": form.shown.before(self.fields),
            "state": state,
            "hint": form.hints.get(self.fields[0], []),
            "hint_id": f"hint-{form.prefix}-{self.fields[0]}",
        }
        return render_to_string(ROW, context.flatten() | more)


class FindingForm(AskingForm):
    """What this study says about one joint. Nothing is preselected; "not assessed" is an answer."""

    form_token = None  # type: ignore[assignment]  # the study's
    not_shown = forms.BooleanField(label=_("not shown on this study"), required=False)
    seen = forms.ChoiceField(
        label=_("What does it show?"),
        choices=[("clear", _("No lesion")), ("lesion", _("Lesion"))],
        widget=forms.RadioSelect,
        required=False,
    )
    stage = forms.ChoiceField(label=_("Stage"), required=False)
    volume_percent = MeasureField(label=_("Size of lesion, % of head"), low=0, high=100, unit="%")
    volume_cm3 = MeasureField(label=_("Size of lesion, cm³"), low=0, high=200, unit="cm³")
    kerboul_coronal = MeasureField(label=_("Kerboul angle, coronal"), low=0, high=180, unit="°")
    kerboul_sagittal = MeasureField(label=_("Kerboul angle, sagittal"), low=0, high=180, unit="°")
    jic_type = forms.ChoiceField(label=_("JIC type"), choices=JIC_TYPES, required=False)
    oedema = forms.ChoiceField(label=_("Bone marrow oedema"), choices=SEEN, widget=forms.RadioSelect, required=False)
    effusion = forms.ChoiceField(label=_("Effusion"), choices=SEEN, widget=forms.RadioSelect, required=False)
    subchondral_fracture = forms.ChoiceField(
        label=_("Crescent or fracture"), choices=SEEN, widget=forms.RadioSelect, required=False
    )
    joint_space_narrowed = forms.ChoiceField(
        label=_("Joint space narrowed"), choices=SEEN, widget=forms.RadioSelect, required=False
    )
    collapse_mm = MeasureField(label=_("Depression of head"), low=0, high=30, unit="mm")
    calibrated = forms.ChoiceField(label=_("Film calibrated"), choices=YES_NO, widget=forms.RadioSelect, required=False)
    uptake = forms.ChoiceField(label=_("Uptake"), choices=SEEN, widget=forms.RadioSelect, required=False)

    UNITS: Mapping[str, Any] = {"kerboul_coronal": _("° cor"), "kerboul_sagittal": _("° sag")}
    ROWS: Mapping[str, Any] = {
        "volume_percent": _("Size of lesion"),
        "kerboul_coronal": _("Kerboul angles"),
    }

    def __init__(
        self,
        *args: Any,
        shown: JointShown,
        modality: str,
        made_on: date | None,
        was: Finding | None = None,
        **kwargs: Any,
    ) -> None:
        if was:
            kwargs["initial"] = initial_of(was) | (kwargs.get("initial") or {})
        super().__init__(*args, prefix=shown.key, **kwargs)
        self.shown, self.modality, self.made_on = shown, modality, made_on
        self.hints: dict[str, list[Any]] = {}
        self.names = [n for n in SHOWS.get(modality, ()) if shown.site == Site.HIP or n not in ONLY_HIPS]
        if shown.site in WITHOUT_FINDINGS:
            self.names = [n for n in self.names if n != "stage"]
        self.hidden_names = set(self.fields) - {*self.names, "not_shown", "seen"}
        for name in self.hidden_names:
            del self.fields[name]
        if shown.is_lesion or not self.names:
            del self.fields["seen"]
        if "stage" in self.fields:
            choices = stage_choices(shown.site, modality)
            if was and was.stage_system and modality == Modality.MR:
                choices.append((self.initial["stage"], remarking.written(was, "stage")))
            self.fields["stage"].choices = choices  # type: ignore[attr-defined]
        for name, unit in self.UNITS.items():
            if name in self.fields:
                self.fields[name].unit_shown = unit  # type: ignore[attr-defined]

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        rows = [Row(self.fields["seen"].label, "seen")] if "seen" in self.fields else []
        done: set[str] = set()
        for name in self.names:
            if name not in done:
                group = next((g for g in TOGETHER if name in g and g[1] in self.fields), (name,))
                done |= set(group)
                rows.append(Row(self.ROWS.get(name, self.fields[name].label), *group))
        helper.layout = Layout(*rows)
        return helper

    @property
    def about(self) -> str:
        """Whose errors these are, in the summary of the page."""
        return capfirst(self.shown.name)

    @property
    def kind(self) -> str:
        return capfirst(str(dict(Modality.choices).get(self.modality, self.modality)))

    @property
    def hints_by_row(self) -> dict[str, list[Any]]:
        """A hint for each row, also an empty one: it clears what was said before."""
        firsts = [
            name for name in ("seen", *self.names) if name in self.fields and name not in {g[1] for g in TOGETHER}
        ]
        return {name: self.hints.get(name, []) for name in firsts}

    # --- what was typed ----------------------------------------------------------------------------------------------
    @property
    def is_described(self) -> bool:
        """True when this study describes a lesion here."""
        data = self.cleaned_data
        return bool(self.names) and not data.get("not_shown") and (self.shown.is_lesion or data.get("seen") == "lesion")

    @property
    def is_covered(self) -> bool:
        return not self.cleaned_data.get("not_shown")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        self._refuse_what_this_kind_does_not_show()
        if data.get("not_shown") or not self.names:
            self._refuse_what_is_described(_("You ticked “not shown on this study”: clear this, or untick it."))
        elif "seen" in self.fields and not data.get("seen"):
            self.refuse("seen", _("Choose what it shows, or tick “not shown on this study”."))
        elif data.get("seen") == "clear":
            self._refuse_what_is_described(_("You chose “No lesion”: clear this, or choose “Lesion”."))
        else:
            self._need_every_answer()
            self._judge()
        return data

    def _need_every_answer(self) -> None:
        for name in self.names:
            field_ = self.fields[name]
            if isinstance(field_, MeasureField) or self.cleaned_data.get(name) or name in self.errors:
                continue
            if name == "stage":
                self.refuse(name, _("Choose a stage, or “not assessed”"))
            elif name == "jic_type":
                self.refuse(name, _("Choose a type, or “not assessed”"))
            elif name == "calibrated":
                self.refuse(name, _("Choose yes, no or “not known”"))
            else:
                self.refuse(name, _("Choose yes, no or “not assessed”"))

    def _refuse_what_is_described(self, text: Any) -> None:
        for name in self.names:
            if self.cleaned_data.get(name) not in (None, "", Seen.NO, NOT_ASSESSED, YesNo.NOT_KNOWN):
                self.refuse(name, text)

    def _refuse_what_this_kind_does_not_show(self) -> None:
        for name in sorted(self.hidden_names):
            if self.data.get(self.add_prefix(name), "") not in ("", NOT_ASSESSED, YesNo.NOT_KNOWN):
                kind = dict(Modality.choices).get(self.modality, self.modality)
                self.refuse(
                    "not_shown",
                    _("This kind of study (%(kind)s) does not show: %(what)s."),
                    kind=kind,
                    what=self.base_fields[name].label,
                )

    def _judge(self) -> None:
        for remark in self.remarks():
            at = remark.field if remark.field in self.fields else self.names[0]
            if remark.level == Level.BLOCK:
                self.refuse(at, remarking.sentence(remark))
            elif remark.level == Level.WARN and at not in self.errors:
                self.ask(at, remark.code, remarking.sentence(remark), remarking.answers(remark))

    def remarks(self) -> list[Remark]:
        """What the rules say about what was typed so far."""
        return remarks(self.value(), self._setting())

    def value(self) -> values.Finding:
        """What was typed, as planning would read it."""
        data = self.cleaned_data
        stage = self._stage()
        return values.Finding(
            site=SiteOf(self.shown.site),
            side=JOINTS[self.shown.site, self.shown.side][1],
            stage=values.Stage(stage[2], stage[0], stage[1] or None) if stage[0] else None,
            volume_percent=data.get("volume_percent"),
            volume_cm3=data.get("volume_cm3"),
            kerboul_coronal=data.get("kerboul_coronal"),
            kerboul_sagittal=data.get("kerboul_sagittal"),
            jic_type=data.get("jic_type") if data.get("jic_type") not in ("", NOT_ASSESSED) else None,
            collapse_mm=data.get("collapse_mm"),
            subchondral_fracture=_tick(data.get("subchondral_fracture")),
            oedema=_tick(data.get("oedema")),
            effusion=_tick(data.get("effusion")),
        )

    def _stage(self) -> tuple[str, str, str]:
        given = self.cleaned_data.get("stage") or NOT_ASSESSED
        if self.reasons.get("fracture_on_mri") == "set_3a":
            return "ARCO", "2019", "3A"
        if given == NOT_ASSESSED:
            return "", "", ""
        system, version, value = given.split("|")
        return system, version, value

    def _setting(self) -> Setting:
        made_on = self.made_on
        days = self.shown.seen_on.items()
        return Setting(
            modality=values.Modality(self.modality),
            made_on=made_on,
            narrowed=_tick(self.cleaned_data.get("joint_space_narrowed")) or values.Tick.NOT_ASSESSED,
            calibrated={YesNo.YES: True, YesNo.NO: False}.get(self.cleaned_data.get("calibrated", "")),
            replaced_on=self.shown.replaced_on,
            seen_on=frozenset(
                values.Modality(kind) for kind, on in days if made_on is None or any(day <= made_on for day in on)
            ),
            earlier=[
                Earlier(row.study.made_on, history.finding_of(row, row.joint))
                for row in self._earlier_with_joint()
                if made_on is None or row.study.made_on <= made_on
            ],
        )

    def _earlier_with_joint(self) -> Iterable[Finding]:
        for row in self.shown.earlier:
            assert self.shown.joint is not None
            row.joint = self.shown.joint
            yield row

    @property
    def entry(self) -> dict[str, Any]:
        """The columns of a `Finding`."""
        data = {n: v for n, v in self.cleaned_data.items() if n in self.names and n != "stage"}
        entry = {n: v for n, v in data.items() if v not in (None, "")}
        if entry.get("jic_type") == NOT_ASSESSED:
            del entry["jic_type"]
        entry |= dict(zip(STAGE_FIELDS, self._stage(), strict=True))
        return entry | {"confirmed": dict(self.reasons)}


def initial_of(found: Finding) -> dict[str, Any]:
    """What a stored finding looks like in the form."""
    initial = {name: getattr(found, name) for name in FindingForm.base_fields if hasattr(found, name)}
    stage = "|".join((found.stage_system, found.stage_version, found.stage_value))
    return initial | {
        "stage": stage if found.stage_system else NOT_ASSESSED,
        "jic_type": found.jic_type or NOT_ASSESSED,
        "seen": "lesion",
    }


def _tick(text: Any) -> values.Tick | None:
    return values.Tick(text) if text else None


def look_up(form: FindingForm) -> dict[str, list[Any]]:
    """Hints by field, for what has been typed so far."""
    form.full_clean()
    found: dict[str, list[Any]] = {}
    for remark in form.remarks():
        if remark.level != Level.WARN or not remarking.answers(remark):
            name = "volume_percent" if remark.field == "volume_cm3" else remark.field
            found.setdefault(name, []).append(remarking.sentence(remark))
    system, version, value = form._stage()
    if (system, version) == ("ARCO", "2019"):
        found.setdefault("stage", []).extend(
            gettext("Roughly corresponds: Ficat %(ficat)s, Steinberg %(steinberg)s.") % {"ficat": f, "steinberg": s}
            for arco, f, s, _collapsed in CROSSWALK
            if arco == value
        )
    if form.modality == Modality.MR and "stage" in form.fields:
        found.setdefault("stage", []).insert(0, gettext("An MRI alone can set the first stage only."))
    return found


# --- The study -------------------------------------------------------------------------------------------------------
class StudyForm(AskingForm):
    """When, how and of what the study was made."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)
    modality = forms.ChoiceField(label=_("Kind of study"), choices=KINDS, widget=forms.RadioSelect)
    made_on = DayField(label=_("Made on"), help_text=_("For example 20 Nov 2026"))
    views = forms.MultipleChoiceField(
        label=_("Views"), choices=View, widget=forms.CheckboxSelectMultiple, required=False
    )
    covers = forms.MultipleChoiceField(label=_("Shows"), widget=forms.CheckboxSelectMultiple)
    read_by = LineField(label=_("Read by"), max_length=120, required=False)
    accession = LineField(label=_("Accession"), max_length=64, required=False)
    note = TextField(label=_("Note"), max_length=5000, required=False, widget=forms.Textarea({"rows": 2}))
    why = LineField(label=_("Why it changes"), max_length=200, required=False)

    def __init__(
        self,
        *args: Any,
        patient: Patient,
        today: date,
        modality: str,
        shown: Mapping[str, JointShown],
        clinical: bool,
        study: ImagingStudy | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.patient, self.today, self.clinical, self.study = patient, today, clinical, study
        covers = self.fields["covers"]
        assert isinstance(covers, forms.MultipleChoiceField)
        covers.choices = [(key, capfirst(each.name)) for key, each in shown.items()]
        # What is not usual here waits behind a disclosure.
        self.usual = {key for key, each in shown.items() if each.site == Site.HIP or each.joint}
        if modality == Modality.CR:
            kinds = self.fields["modality"]
            assert isinstance(kinds, forms.ChoiceField)
            kinds.choices = [*KINDS, (Modality.CR, Modality.CR.label)]
        covers.error_messages["required"] = _("Choose what the study shows.")
        self.fields["modality"].error_messages["required"] = _("Choose the kind of study.")
        self.fields["read_by"].widget.attrs["list"] = "readers"
        if modality not in FILMS:
            del self.fields["views"]
        if study is None or study.reviewed_at is None:
            del self.fields["why"]

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        lines = [Field(name, template=FIELD) for name in ("made_on", "read_by", "accession")]
        boxes = [Field(n, template="patients/_chips_field.html") for n in ("views", "covers") if n in self.fields]
        last = [Field(n, template=FIELD) for n in ("note", "why") if n in self.fields]
        helper.layout = Layout(
            Div("form_token", "version"),
            Div(Field("modality", template=TRI), *lines, css_class="study-head"),
            Div(*boxes, css_class="study-head"),
            Div(*last, css_class="study-head"),
        )
        return helper

    def clean_made_on(self) -> date:
        made_on: date = self.cleaned_data["made_on"]
        patient = self.patient
        if made_on > self.today:
            today = written_day(self.today)
            self.refuse("made_on", _("The study date cannot be in the future (today is %(today)s)."), today=today)
        elif patient.born and made_on < patient.born:
            self.refuse("made_on", _("The study date is before the date of birth."))
        elif patient.ended_reason == Patient.Ending.DECEASED and patient.ended_on and made_on > patient.ended_on:
            if self.clinical:
                late = ("late_filing", _("Filed late, the day is right"))
                self.ask("made_on", "after_death", _("this is after the recorded death."), (late,))
            else:
                self.refuse("made_on", _("This is after the recorded death. A clinician can enter it."))
        return made_on

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if (
            data.get("modality") in FILMS
            and "views" in self.fields
            and not data.get("views")
            and "views" not in self.errors
        ):
            answer = (("unknown", _("Views not known")),)
            self.ask("views", "no_views", _("without its views a film answers no follow-up."), answer)
        others = ImagingStudy.objects.filter(patient__clinic=self.patient.clinic_id, entered_in_error=False)
        if self.study:
            others = others.exclude(pk=self.study.pk)
        if self.token:
            others = others.exclude(public_id=self.token)
        if (number := data.get("accession")) and others.filter(accession=number).exists():
            answer = (("another", _("Another study")),)
            self.ask("accession", "accession_twice", _("a study with this number is on record already."), answer)
        if not self.study and data.get("made_on") and data.get("modality"):
            same = others.filter(patient=self.patient, made_on=data["made_on"], modality=data["modality"])
            if same.exists():
                answer = (("another", _("It is another one")),)
                self.ask("made_on", "same_day", _("a study of this kind and day is on record already."), answer)
        return data

    def details(self, covered: Iterable[str]) -> dict[str, Any]:
        """The columns of an `ImagingStudy`."""
        data = self.cleaned_data
        keep = ("made_on", "modality", "read_by", "accession", "note")
        return {name: data[name] for name in keep} | {
            "views": sorted(data.get("views") or []),
            "covers": [key.split("-") for key in sorted(covered, key=_place)],
        }


@dataclass
class StudyPage:
    """The study with a block for each joint it shows: one form to the person, one save."""

    head: StudyForm
    blocks: list[FindingForm]
    clinical: bool
    reviewing: bool

    def is_valid(self) -> bool:
        """Every form is looked at, so that everything to be put right is said at once."""
        valid = [form.is_valid() for form in (self.head, *self.judged)]
        if all(valid) and not self.covered:
            self.head.refuse("covers", _("Nothing is shown: leave at least one joint in."))
            return False
        if all(valid) and not self.reviewing:
            return not self._refuse_findings_without_review()
        return all(valid)

    @property
    def judged(self) -> list[FindingForm]:
        return self.blocks if self.clinical and self.reviewing else []

    @property
    def forms(self) -> list[AskingForm]:
        return [self.head, *self.blocks]

    @property
    def covered(self) -> list[str]:
        keys: list[str] = self.head.cleaned_data.get("covers", [])
        hidden = {form.shown.key for form in self.judged if not form.is_covered}
        return [key for key in keys if key not in hidden]

    @property
    def findings(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What is said of each joint that has a lesion here."""
        return {(f.shown.site, f.shown.side): f.entry for f in self.judged if f.is_described}

    @property
    def answered(self) -> dict[str, Any]:
        return dict(self.head.reasons)

    def _refuse_findings_without_review(self) -> bool:
        typed = [f for f in self.blocks if any(f.data.get(f.add_prefix(n)) for n in (*f.names, "seen"))]
        if self.clinical and typed:
            self.head.refuse("covers", _("Findings are typed. Save them as reviewed, or clear them."))
        return bool(self.clinical and typed)


def raw(form: type[forms.Form], data: MultiValueDict[str, str], prefix: str = "") -> dict[str, Any]:
    """What was typed, to be shown again in a form that is not judged yet."""
    several = (forms.MultipleChoiceField,)
    return {
        name: data.getlist(f"{prefix}{name}") if isinstance(f, several) else data.get(f"{prefix}{name}", "")
        for name, f in form.base_fields.items()
    }
