"""One row understood: a person, their joints, what is known of them, and what is doubtful.

A decision is keyed `code:field` like the problem it resolves; a problem that was decided is gone.
Nothing is dropped in silence: what is not understood is a problem or is kept in the notes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from interop.register import answers, dates, sizes, stages, treatments
from interop.register.answers import ReviewSaid
from interop.register.dates import Precision, Said
from interop.register.joints import LEFT, RIGHT, JointSide, read_joints, sides_in, sites_in
from interop.register.problems import Problem, RowState, Severity, state_of
from interop.register.reading import Reading
from interop.register.sheet import Row
from interop.register.sizes import Size
from interop.register.stages import Stage
from interop.register.words import DASHES, hostile, looks_like_formula, nothing_said, tidy

Decisions = Mapping[str, str]
MOST_SAID = 500
MRN_LENGTH, NAME_LENGTH, NOTES_LENGTH = 40, 150, 2000
CHILD_UNDER, OLDEST = 16, 120
MODALITIES = {"xray_on": "DX", "mri_on": "MR", "ct_on": "CT"}


@dataclass(frozen=True, slots=True)
class StudySaid:
    """An examination the register gives a day for. A month or a year alone is its first day: an older
    image is due again sooner, so nobody is planned too late."""

    modality: str
    on: date
    precision: Precision
    covers: tuple[JointSide, ...]
    complete_views: bool
    """False: the register does not say which views were made, so the film answers nothing."""


@dataclass(frozen=True, slots=True)
class LesionSaid:
    joint: JointSide
    stage: Stage | None
    size: Size
    finding_on: StudySaid | None
    """The examination that stage and size are recorded with; None: they are kept as text."""
    said: str
    """Stage and size in the register's own words."""


@dataclass(frozen=True, slots=True)
class TreatmentDone:
    joint: JointSide
    code: str
    on: date | None
    precision: Precision
    said: str


@dataclass(frozen=True, slots=True)
class Understood:
    mrn: str
    name: str
    born: date | None
    sex: str
    phone: str
    phone_other: str
    email: str
    lesions: tuple[LesionSaid, ...]
    symptoms: str
    """yes, no, not_known"""
    studies: tuple[StudySaid, ...]
    treatments: tuple[TreatmentDone, ...]
    exposures: tuple[str, ...]
    cause: str
    diagnosed_on: date | None
    review: ReviewSaid
    notes: str

    @property
    def first_known_on(self) -> date | None:
        """The earliest day that the register proves the lesion by; None where it gives no day."""
        days = [study.on for study in self.studies] + [done.on for done in self.treatments if done.on]
        return self.diagnosed_on or min(days, default=None)


@dataclass(frozen=True, slots=True)
class ReadRow:
    row: Row
    understood: Understood | None
    problems: tuple[Problem, ...]

    @property
    def state(self) -> RowState:
        return state_of(self.problems)


def normal_mrn(text: str) -> str:
    """One form of a number however it was typed: capitals, plain hyphens, no blanks. Zeros stay."""
    said = tidy(text).translate(DASHES).lstrip("'").upper()
    return re.sub(r"\s+|(?<=\d)\.0$", "", said)


def understand(reading: Reading, row: Row, decisions: Decisions) -> ReadRow:
    return _RowReader(reading, row, decisions).read()


class _RowReader:
    def __init__(self, reading: Reading, row: Row, decisions: Decisions) -> None:
        self.reading, self.row, self.decisions = reading, row, decisions
        self.today = reading.today
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    # How a row speaks

    def cells(self, field: str) -> list[tuple[int, str]]:
        cells = self.row.cells
        there = self.reading.columns_of.get(field, ())
        return [(at, cells[at]) for at in there if at < len(cells) and cells[at].strip()]

    def cell(self, field: str) -> str:
        return next((text for _, text in self.cells(field)), "")

    def heading(self, field: str) -> str:
        return next((self.reading.headings[at] for at in self.reading.columns_of.get(field, ())), "")

    def order(self, field: str) -> str:
        return next(
            (order for at, order in self.reading.orders.items() if self.reading.fields[at] == field),
            self.reading.choices.order,
        )

    def notice(self, code: str, field: str, said: str = "", **about: str) -> None:
        self.problems.append(Problem(code, Severity.NOTICE, field, said[:200], (), tuple(about.items())))

    def refuse(self, code: str, field: str, said: str = "", **about: str) -> None:
        self.problems.append(Problem(code, Severity.REFUSE, field, said[:200], (), tuple(about.items())))

    def ask(self, code: str, field: str, said: str, choices: tuple[str, ...], **about: str) -> str:
        """A person's decision about a doubt; "" as long as there is none, and the row waits."""
        decided = self.decisions.get(f"{code}:{field}", "").strip()
        if decided and (decided in choices or ("type" in choices and decided != "type")):
            return decided
        self.problems.append(Problem(code, Severity.LOOK, field, said[:200], choices, tuple(about.items())))
        return ""

    # The row

    def read(self) -> ReadRow:
        if fault := self.row.fault or self._ragged() or self._long():
            self.refuse(fault, "", about=str(len(self.row.cells)), columns=str(len(self.reading.columns)))
            return ReadRow(self.row, None, tuple(self.problems))
        mrn, name = self.mrn(), self.name()
        born = self.born()
        joints = self.joints()
        if any(problem.severity is Severity.REFUSE for problem in self.problems):
            return ReadRow(self.row, None, tuple(self.problems))
        studies = self.studies(joints, born)
        done = self.operations(joints, born)
        self.check_order(studies, done)
        lesions = self.lesions(joints, studies, done)
        exposures, cause = self.exposures()
        understood = Understood(
            mrn,
            name,
            born,
            self.sex(),
            self.contact("phone"),
            self.contact("phone_other"),
            self.contact("email"),
            lesions,
            self.symptoms(),
            studies,
            done,
            exposures,
            cause,
            self.event_day("diagnosed_on", born),
            self.review(),
            self.all_notes(),
        )
        return ReadRow(self.row, understood, tuple(self.problems))

    def _ragged(self) -> str:
        width, cells = len(self.reading.columns), self.row.cells
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            return "row_long"
        return "row_short" if len(cells) < width and self.reading.sheet.kind == "csv" else ""

    def _long(self) -> str:
        """Only notes may be long; elsewhere so much text is no answer, and costs time to read."""
        short = [name for name in self.reading.columns_of if name not in ("notes", "ignore", "ask")]
        return "long_cell" if any(len(text) > MOST_SAID for name in short for _, text in self.cells(name)) else ""

    def mrn(self) -> str:
        raw = self.cell("mrn")
        if nothing_said(raw) or not re.search(r"\w", raw):
            self.refuse("mrn_missing", "mrn", raw)
        elif re.fullmatch(r"\s*\d[.,]\d+E\+\d+\s*", raw, re.IGNORECASE):
            self.refuse("mrn_damaged", "mrn", raw)
        elif hostile(raw) or len(raw) > MRN_LENGTH:
            self.refuse("mrn_bad", "mrn", raw)
        elif not normal_mrn(raw).isascii():
            typed = self.ask("mrn_letters", "mrn", raw, ("type", "keep"))
            return normal_mrn(typed if typed not in ("", "keep") else raw)
        elif looks_like_formula(raw):
            self.refuse("mrn_bad", "mrn", raw)
        return normal_mrn(raw)

    def name(self) -> str:
        family, given = tidy(self.cell("family_name")), tidy(self.cell("given_name"))
        raw = self.cell("name") or ", ".join(part for part in (family, given) if part)
        if hostile(raw) or len(raw) > NAME_LENGTH:
            self.refuse("name_bad", "name", raw)
            return ""
        said = tidy(raw)
        if not any(sign.isalpha() for sign in said):
            self.refuse("name_missing", "name", raw)
        elif re.search(r"\?|\ufffd", said):
            if typed := self.ask("name_letters_lost", "name", said, ("type", "keep")):
                return tidy(typed) if typed != "keep" and not hostile(typed) else said
        elif looks_like_formula(said) or re.search(r"[<>{}]", said):
            typed = self.ask("name_formula", "name", said, ("type", "keep"))
            return tidy(typed) if typed not in ("", "keep") and not hostile(typed) else said
        return said

    # Days

    def day(self, field: str, *, birth: bool = False) -> Said | None:
        text = self.cell(field)
        return (
            None if nothing_said(text) else dates.read_day(text, order=self.order(field), today=self.today, birth=birth)
        )

    def born(self) -> date | None:
        raw, said = self.cell("born"), self.day("born", birth=True)
        if said is None:
            if not self.heading("born"):
                return None
            typed = self.ask("born_missing", "born", raw, ("type", "not_known"))
            return self._typed_birth(typed)
        code = self._birth_fault(said)
        if not code:
            if said.serial:
                self.notice("date_serial", "born", raw, day=str(said.day))
            return said.day
        choices = (
            (*(str(day) for day in said.choices), "type", "not_known") if code != "born_child" else ("confirm", "type")
        )
        decided = self.ask(code, "born", raw, choices)
        return said.day if decided == "confirm" else self._typed_birth(decided)

    def _birth_fault(self, said: Said) -> str:
        if said.fault:
            return f"date_{said.fault}"
        if said.precision is not Precision.DAY or said.day is None:
            return "born_not_whole"
        if said.day > self.today:
            return "date_future"
        age = self.today.year - said.day.year
        return "born_too_old" if age > OLDEST else "born_child" if age < CHILD_UNDER else ""

    def _typed_birth(self, typed: str) -> date | None:
        if typed in ("", "not_known"):
            return None
        said = dates.read_day(typed, order=self.order("born") or "dmy", today=self.today, birth=True)
        fault = self._birth_fault(said)
        if fault in ("", "born_child"):
            return said.day
        self.problems.append(Problem("date_unreadable", Severity.LOOK, "born", typed[:200], ("type", "not_known")))
        return None

    def event_day(self, field: str, born: date | None) -> date | None:
        return said.day if (said := self.event(field, born)) else None

    def event(self, field: str, born: date | None) -> Said | None:
        """A day on which something happened: not in the future, not before birth."""
        said = self.day(field)
        if said is None:
            return None
        code = self._event_fault(said, born)
        if code:
            choices = (*(str(day) for day in said.choices if day <= self.today), "type", "leave_out")
            decided = self.ask(code, field, self.cell(field), choices, day=str(said.day or ""))
            if decided in ("", "leave_out"):
                return None
            said = dates.read_day(decided, order=self.order(field) or "dmy", today=self.today)
            if self._event_fault(said, born):
                self.problems.append(
                    Problem("date_unreadable", Severity.LOOK, field, decided[:200], ("type", "leave_out"))
                )
                return None
        if said.precision is not Precision.DAY:
            self.notice(f"date_{said.precision}_only", field, self.cell(field), day=str(said.day))
        elif said.serial:
            self.notice("date_serial", field, self.cell(field), day=str(said.day))
        return said

    def _event_fault(self, said: Said, born: date | None) -> str:
        if said.fault or said.day is None:
            return f"date_{said.fault}"
        if said.day > self.today:
            return "date_future"
        if said.day < dates.FIRST_DAY or (born and (said.last() or said.day) < born):
            return "date_before_birth"
        return ""

    # Joints

    def joints(self) -> tuple[JointSide, ...]:
        joint, side = self.cell("joint"), self.cell("side")
        in_heading = sites_in(self.heading("joint"))
        said = read_joints(joint, side, site_of_heading=in_heading[0] if len(in_heading) == 1 else "")
        if said.fault == "nothing":
            from_headings = self._joints_of_headings()
            if not from_headings:
                self.refuse("joint_missing", "joint", joint)
            return from_headings
        if said.fault == "side_missing":
            choice = self.ask(
                "side_missing", "joint", f"{joint} {side}".strip(), ("right", "left", "both"), site=said.site
            )
            return self._sides_of(said.site, choice)
        if said.fault == "site_missing":
            choice = self.ask("site_missing", "joint", f"{joint} {side}".strip(), ("hip", "shoulder", "knee", "ankle"))
            sides = sides_in(f"{joint} {side}", column_of_sides=True) or sides_in(side, column_of_sides=True)
            return tuple(JointSide(choice, one) for one in sides) if choice else ()
        if said.fault:
            typed = self.ask("joint_unreadable", "joint", f"{joint} {side}".strip(), ("type",))
            again = read_joints(typed) if typed else said
            if typed and again.fault:
                self.problems.append(Problem("joint_unreadable", Severity.LOOK, "joint", typed[:200], ("type",)))
            return again.joints
        return said.joints

    def _joints_of_headings(self) -> tuple[JointSide, ...]:
        """Registers with a column for each joint ("Right hip stage"): those that are filled."""
        found: dict[JointSide, None] = {}
        for field in ("stage", "size"):
            for at, text in self.cells(field):
                name = self.reading.columns[at].heading
                if not nothing_said(text) and len(sites_in(name)) == 1:
                    found.update((JointSide(sites_in(name)[0], side), None) for side in sides_in(name))
        return tuple(found)

    @staticmethod
    def _sides_of(site: str, choice: str) -> tuple[JointSide, ...]:
        sides = {"right": (RIGHT,), "left": (LEFT,), "both": (RIGHT, LEFT)}.get(choice, ())
        return tuple(JointSide(site, side) for side in sides)

    # Images and operations

    def studies(self, joints: tuple[JointSide, ...], born: date | None) -> tuple[StudySaid, ...]:
        found = []
        complete = self.reading.choices.xray_views == "complete"
        for field, modality in MODALITIES.items():
            if (said := self.event(field, born)) and said.day and joints:
                found.append(StudySaid(modality, said.day, said.precision, joints, complete and modality == "DX"))
        return tuple(found)

    def operations(self, joints: tuple[JointSide, ...], born: date | None) -> tuple[TreatmentDone, ...]:
        own = self.day("treatment_on")
        done: list[TreatmentDone] = []
        for at, text in self.cells("treatment"):
            order = self.reading.orders.get(at, "") or self.order("treatment_on")
            for said in treatments.read_treatments(text, order=order, today=self.today, own_date=own):
                done += self._treatment(said, joints, born, self.reading.columns[at].heading)
        return tuple(done)

    def _treatment(
        self, said: treatments.TreatmentSaid, joints: tuple[JointSide, ...], born: date | None, heading: str
    ) -> list[TreatmentDone]:
        code, on, precision = said.code, said.on, said.precision
        if said.fault in ("unreadable", "not_done"):
            choices = ("keep_as_note",) if said.fault == "not_done" else ("keep_as_note", "type")
            decided = self.ask(f"treatment_{said.fault}", "treatment", said.said, choices)
            if decided not in ("", "keep_as_note"):
                again = treatments.read_treatments(decided, order=self.order("treatment") or "dmy", today=self.today)
                if len(again) == 1 and not again[0].fault:
                    return self._treatment(again[0], joints, born, heading)
                self.problems.append(
                    Problem("treatment_unreadable", Severity.LOOK, "treatment", decided[:200], ("keep_as_note", "type"))
                )
            self.notes.append(said.said)
            return []
        if said.fault == "which_replacement":
            hips = {joint.site for joint in joints} == {"hip"}
            code = "THA" if hips else "ARTHRO"
        if code not in treatments.OPERATIONS and on is None:
            self.notes.append(said.said)
            return []
        where = self._operated(said, code, joints, heading)
        if not where:
            return []
        on, precision = self._operation_day(said, born)
        if on is None:
            self.notes.append(said.said)
            return []
        if precision is not Precision.DAY:
            self.notice(f"date_{precision}_only", "treatment", said.said, day=str(on))
        return [TreatmentDone(joint, code, on, precision, said.said) for joint in where]

    def _operated(
        self, said: treatments.TreatmentSaid, code: str, joints: tuple[JointSide, ...], heading: str
    ) -> tuple[JointSide, ...]:
        """The joints an operation was done on; a row about both hips does not say which."""
        sides = said.sides or sides_in(heading)
        sites = said.sites or (
            ("hip",) if code in ("THA", "RES", "HEMI-R") and any(joint.site == "hip" for joint in joints) else ()
        )
        there = tuple(joint for joint in joints if not sites or joint.site in sites)
        if not joints:
            return ()
        if code in ("THA", "RES", "HEMI-R") and not any(joint.site == "hip" for joint in there):
            if self.ask("treatment_wrong_site", "treatment", said.said, ("keep_as_note",)):
                self.notes.append(said.said)
            return ()
        if sides:
            site = there[0].site if there else (sites or (joints[0].site,))[0]
            named = tuple(JointSide(site, side) for side in sides)
            if not set(named) <= set(joints):
                decided = self.ask("treatment_other_joint", "treatment", said.said, ("as_said", "keep_as_note"))
                if decided != "as_said":
                    return ()
            return named
        if len(there) == 1:
            return there
        decided = self.ask("treatment_side_missing", "treatment", said.said, ("right", "left", "both"), treatment=code)
        wanted = {"right": (RIGHT,), "left": (LEFT,), "both": (RIGHT, LEFT)}.get(decided, ())
        return tuple(joint for joint in (there or joints) if joint.side in wanted)

    def _operation_day(self, said: treatments.TreatmentSaid, born: date | None) -> tuple[date | None, Precision]:
        day = Said(said.on, said.precision, fault=said.fault if said.on is None else "")
        code = ""
        if said.on is None:
            code = (
                "treatment_date_missing"
                if said.fault in ("", "date_missing", "which_replacement")
                else f"treatment_{said.fault}"
            )
        elif fault := self._event_fault(day, born):
            code = f"treatment_{fault}"
        if not code:
            return said.on, said.precision
        decided = self.ask(code, "treatment", said.said, ("type", "keep_as_note"))
        if decided in ("", "keep_as_note"):
            return None, Precision.DAY
        typed = dates.read_day(decided, order=self.order("treatment") or "dmy", today=self.today)
        if self._event_fault(typed, born):
            self.problems.append(Problem(code, Severity.LOOK, "treatment", decided[:200], ("type", "keep_as_note")))
            return None, Precision.DAY
        return typed.day, typed.precision

    def check_order(self, studies: tuple[StudySaid, ...], done: tuple[TreatmentDone, ...]) -> None:
        """An image in the month (or year) of an operation whose day is not said: before or after it?"""
        for treatment in done:
            period = Said(treatment.on, treatment.precision).last()
            unsure = [s for s in studies if treatment.on and period and treatment.on <= s.on <= period]
            if unsure and treatment.precision is not Precision.DAY and treatment.code in treatments.OPERATIONS:
                self.ask(
                    "image_in_month_of_operation", "treatment", treatment.said, ("image_after",), day=str(unsure[0].on)
                )

    # Stage and size

    def lesions(
        self, joints: tuple[JointSide, ...], studies: tuple[StudySaid, ...], done: tuple[TreatmentDone, ...]
    ) -> tuple[LesionSaid, ...]:
        found = []
        self._asked: dict[str, Stage | None] = {}
        several_sites = len({joint.site for joint in joints}) > 1
        for joint in joints:
            stage_text, size_text = self._text_for("stage", joint), self._text_for("size", joint)
            stage, jic_type = self._stage(stage_text, joints, joint)
            size = self._size(size_text, joint, jic_type)
            if (
                several_sites
                and (stage or size.measured)
                and not self._split("stage")
                and (
                    self.ask("stage_joint_unclear", "stage", stage_text or size_text, ("keep_as_note", "same_for_all"))
                    != "same_for_all"
                )
            ):
                stage, size = None, Size()
            said = "; ".join(tidy(text) for text in (stage_text, size_text) if not nothing_said(text))
            seen_on = self._seen_on(joint, stage, size, studies, done)
            found.append(LesionSaid(joint, stage if seen_on else None, size if seen_on else Size(), seen_on, said))
        if (
            len(joints) > 1
            and not several_sites
            and self.cell("stage")
            and not self._split("stage")
            and not nothing_said(self.cell("stage"))
        ):
            self.notice("same_for_both", "stage", self.cell("stage"))
        return tuple(found)

    def _split(self, field: str) -> dict[str, str]:
        return stages.split_by_side(self.cell(field)) if field == "stage" else {}

    def _text_for(self, field: str, joint: JointSide) -> str:
        """The cell that speaks of this joint: by the side in the heading, or in the cell itself."""
        plain_texts = []
        for at, text in self.cells(field):
            sides = sides_in(self.reading.columns[at].heading)
            if joint.side in sides and len(sides) == 1:
                return text
            if not sides:
                plain_texts.append(text)
        told_apart = self._split(field)
        return told_apart.get(joint.side, "") if told_apart else "; ".join(plain_texts[:1])

    def _stage_heading(self, joint: JointSide) -> str:
        names = [c.heading for c in self.reading.columns if c.field == "stage"]
        return next((name for name in names if joint.side in sides_in(name)), names[0] if names else "")

    def _stage(self, text: str, joints: tuple[JointSide, ...], joint: JointSide) -> tuple[Stage | None, str]:
        said = stages.read_stage(text, system=self.cell("stage_system"), heading=self._stage_heading(joint))
        if said.jic_type:
            return None, said.jic_type
        if said.stage and said.stage.system and not stages.fits_site(said.stage.system, joint.site):
            return self._other_stage("stage_wrong_site", text, joint, site=joint.site, system=said.stage.system), ""
        if said.fault == "system_missing" and said.stage:
            return self._named_system(text, said.stage, joint), ""
        if said.fault:
            return self._other_stage(f"stage_{said.fault}", text, joint), ""
        return said.stage, ""

    def _named_system(self, text: str, stage: Stage, joint: JointSide) -> Stage | None:
        fitting = stages.systems_for(frozenset((joint.site,)), text)
        if text in self._asked:
            decided = self.decisions.get("stage_system_missing:stage", "")
        else:
            decided = self.ask("stage_system_missing", "stage", text, (*fitting, "no_system"))
            self._asked[text] = None
        if not decided:
            return None
        return stage if decided == "no_system" else stages.read_stage(text, system=decided).stage or stage

    def _other_stage(self, code: str, text: str, joint: JointSide, **about: str) -> Stage | None:
        """A stage that cannot be taken as it stands: a person types another or leaves it as a note."""
        key = f"{code}{text}"
        if key in self._asked:
            return self._asked[key]
        self._asked[key] = None
        decided = self.ask(code, "stage", text, ("keep_as_note", "type"), **about)
        if decided in ("", "keep_as_note"):
            return None
        typed = stages.read_stage(decided).stage
        if not typed or not typed.system or not stages.fits_site(typed.system, joint.site):
            self.problems.append(
                Problem(code, Severity.LOOK, "stage", decided[:200], ("keep_as_note", "type"), tuple(about.items()))
            )
            return None
        self._asked[key] = typed
        return typed

    def _size(self, text: str, joint: JointSide, jic_type: str) -> Size:
        heading = self.heading("size")
        said = sizes.read_size(text, heading=heading)
        size = said.size
        if said.fault and f"size{text}" not in self._asked:
            units = ("percent", "cm3", "extent", "jic_type") if said.fault in ("unit_missing", "letter_unclear") else ()
            fitting = tuple(unit for unit in units if sizes.in_unit(text, unit))
            decided = self.ask(f"size_{said.fault}", "size", text, (*fitting, "keep_as_note"))
            size = sizes.in_unit(text, decided) or size if decided else size
        elif said.fault:
            decided = self.decisions.get(f"size_{said.fault}:size", "")
            size = sizes.in_unit(text, decided) or size if decided else size
        for note in said.notes if f"size{text}" not in self._asked else ():
            self.notice(f"size_{note}", "size", text)
        size = self._with_angles(size, jic_type)
        if joint.site != "hip" and (size.jic_type or size.kerboul_coronal is not None):
            if f"size{text}" not in self._asked:
                self.notice("size_wrong_site", "size", text)
            size = Size(size.volume_percent, size.volume_cm3, size.extent)
        self._asked[f"size{text}"] = None
        return size

    def _with_angles(self, size: Size, jic_type: str) -> Size:
        angles = []
        for field in ("kerboul_coronal", "kerboul_sagittal"):
            value = sizes.number(re.sub(r"°|deg\w*|grad\w*", "", self.cell(field).lower()))
            if value is not None and value > 180:
                self.notice("size_out_of_range", field, self.cell(field))
                value = None
            angles.append(value)
        if None in angles:
            angles = [size.kerboul_coronal, size.kerboul_sagittal]
        return Size(size.volume_percent, size.volume_cm3, size.extent, angles[0], angles[1], size.jic_type or jic_type)

    def _seen_on(
        self,
        joint: JointSide,
        stage: Stage | None,
        size: Size,
        studies: tuple[StudySaid, ...],
        done: tuple[TreatmentDone, ...],
    ) -> StudySaid | None:
        """The examination that the register's stage and size go with: the newest MRI, else CT, else X-ray,
        made before the joint was replaced."""
        if not stage and not size.measured:
            return None
        operations = [t for t in done if t.joint == joint and t.code in treatments.OPERATIONS and t.on]
        replaced = min((t.on for t in operations if t.code in treatments.REPLACEMENTS and t.on), default=None)
        usable = [study for study in studies if joint in study.covers and (replaced is None or study.on < replaced)]
        if not usable:
            self._keep_unseen(replaced)
            return None
        by_kind = sorted(usable, key=lambda study: ("MR", "CT", "DX").index(study.modality))
        best = by_kind[0]
        if stage and stage.system == "ARCO" and stage.value[:1] == "1" and best.modality == "DX":
            if "mri" not in self._asked:
                self._asked["mri"] = None
                self.ask("stage_needs_mri", "stage", self.cell("stage"), ("keep_as_note",))
            return None
        later = [
            study
            for study in usable
            if study is not best and any(t.on and best.on <= t.on <= study.on for t in operations)
        ]
        if later and stage:
            decided = self._once("stage_before_or_after", (best, later[0]))
            return {"": None, "keep_as_note": None, later[0].modality: later[0]}.get(decided, best)
        return best

    def _keep_unseen(self, replaced: date | None) -> None:
        if "unseen" in self._asked:
            return
        self._asked["unseen"] = None
        if replaced:
            self.notice("stage_of_replaced", "stage", self.cell("stage"))
        else:
            self.ask("stage_without_image", "stage", self.cell("stage") or self.cell("size"), ("keep_as_note",))

    def _once(self, code: str, studies: tuple[StudySaid, StudySaid]) -> str:
        if code in self._asked:
            return self.decisions.get(f"{code}:stage", "")
        self._asked[code] = None
        first, second = studies
        return self.ask(
            code,
            "stage",
            self.cell("stage"),
            (first.modality, second.modality, "keep_as_note"),
            first=f"{first.modality} {first.on}",
            second=f"{second.modality} {second.on}",
        )

    # Answers

    def sex(self) -> str:
        said = answers.read_sex(self.cell("sex"), woman_is_m=self.reading.woman_is_m)
        if said is None:
            self.notice("sex_unreadable", "sex", self.cell("sex"))
            self.notes.append(f"{self.heading('sex')}: {tidy(self.cell('sex'))}")
        return said or ""

    def symptoms(self) -> str:
        said = answers.read_symptoms(self.cell("symptoms"), heading=self.heading("symptoms"))
        if said is None:
            self.notice("symptoms_unreadable", "symptoms", self.cell("symptoms"))
            self.notes.append(f"{self.heading('symptoms')}: {tidy(self.cell('symptoms'))}")
        return said or "not_known"

    def contact(self, field: str) -> str:
        raw = self.cell(field)
        said = answers.read_email(raw) if field == "email" else answers.read_phone(raw, self.reading.choices.region)
        if not said.read:
            typed = self.ask(f"{field}_unreadable".replace("phone_other", "phone"), field, raw, ("type", "leave_out"))
            if typed in ("", "leave_out"):
                return ""
            said = (
                answers.read_email(typed)
                if field == "email"
                else answers.read_phone(typed, self.reading.choices.region)
            )
            if not said.read:
                self.problems.append(
                    Problem(f"{field}_unreadable", Severity.LOOK, field, typed[:200], ("type", "leave_out"))
                )
        if said.rest:
            self.notice("phone_several", field, raw)
            self.notes.append(said.rest)
        return said.value

    def exposures(self) -> tuple[tuple[str, ...], str]:
        kinds: dict[str, None] = {}
        texts = []
        for _, text in self.cells("cause"):
            said = answers.read_exposures(text)
            kinds.update(dict.fromkeys(said.kinds))
            if not nothing_said(text):
                texts.append(tidy(text))
            if not said.read:
                self.notice("cause_unreadable", "cause", text)
        return tuple(kinds), "; ".join(texts)

    def review(self) -> ReviewSaid:
        said = ReviewSaid("nothing")
        for at, text in self.cells("review"):
            said = answers.read_review(text)
            if said.kind == "unreadable":
                day = dates.read_day(text, order=self.reading.orders.get(at, ""), today=self.today)
                said = ReviewSaid("date") if day.day else said
            if said.kind in ("discharged", "ended"):
                self.ask(f"review_{said.kind}", "review", text, ("follow",))
            elif said.kind == "unreadable":
                self.notice("review_unreadable", "review", text)
            if said.kind not in ("nothing", "interval") or said.count == 0:
                self.notes += [f"{self.reading.columns[at].heading}: {tidy(text)}"] if said.kind != "nothing" else []
            else:
                self.notes.append(f"{self.reading.columns[at].heading}: {tidy(text)}")
        return said

    def all_notes(self) -> str:
        for _, text in self.cells("notes"):
            if looks_like_formula(text):
                self.notice("notes_formula", "notes", text)
            if not nothing_said(text):
                self.notes.insert(0, text.strip())
        kept = "\n".join(dict.fromkeys(self.notes))
        if len(kept) > NOTES_LENGTH:
            self.notice("notes_cut", "notes", kept)
        return kept[:NOTES_LENGTH]


def empty_fields(reading: Reading) -> Iterator[str]:
    """Fields that no row can come in without and that no column holds."""
    fields = set(reading.fields)
    if "mrn" not in fields:
        yield "mrn"
    if not fields & {"name", "family_name", "given_name"}:
        yield "name"
    if "joint" not in fields and not any(sites_in(heading) for heading in reading.headings):
        yield "joint"
