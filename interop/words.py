"""The codes of `interop.register` in words that a coordinator understands. Every sentence says what is wrong and why."""

from collections.abc import Mapping
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.words import full_day
from interop.register.problems import Problem

Words = Mapping[str, str | Promise]

FIELDS: Words = {
    "mrn": _("Patient number (MRN)"), "name": _("Name (family and given)"), "family_name": _("Family name"), "given_name": _("Given name"),
    "born": _("Date of birth"), "sex": _("Sex"), "phone": _("Mobile"), "phone_other": _("Other phone"), "email": _("E-mail"),
    "joint": _("Joint (and side)"), "side": _("Side"), "cause": _("Exposure (cause)"), "stage": _("Stage"), "stage_system": _("Stage system"),
    "size": _("Size"), "kerboul_coronal": _("Kerboul, coronal"), "kerboul_sagittal": _("Kerboul, sagittal"), "collapse_mm": _("Depression, mm"),
    "symptoms": _("Symptoms"), "xray_on": _("X-ray, made on"), "mri_on": _("MRI, made on"), "ct_on": _("CT, made on"), "diagnosed_on": _("Diagnosed on"),
    "review": _("Next review"), "treatment": _("Treatment"), "treatment_on": _("Treatment, made on"), "notes": _("Notes"),
    "ignore": _("Leave out"), "ask": _("Please say what this is"),
}  # fmt: skip

ENCODINGS: Words = {
    "utf-8": _("Unicode (UTF-8)"), "utf-16": _("Unicode (UTF-16)"), "utf-16-le": _("Unicode (UTF-16, no mark)"),
    "utf-16-be": _("Unicode (UTF-16, no mark, big end first)"), "utf-32": _("Unicode (UTF-32)"), "cp1252": _("Windows-1252 (Western)"),
    "mac_roman": _("Mac Roman (old Macintosh)"), "cp1250": _("Windows-1250 (Central European)"), "cp1254": _("Windows-1254 (Turkish)"),
    "iso8859_15": _("ISO 8859-15 (Western)"), "cp850": _("DOS 850 (Western)"), "cp437": _("DOS 437 (US)"), "cp1251": _("Windows-1251 (Cyrillic)"),
    "cp1253": _("Windows-1253 (Greek)"),
}  # fmt: skip
SEPARATORS: Words = {",": _("Comma ,"), ";": _("Semicolon ;"), "\t": _("Tab"), "|": _("Bar |")}
ORDERS: Words = {
    "dmy": _("Day first: 31.12.2026"),
    "mdy": _("Month first: 12/31/2026"),
    "ymd": _("Year first: 2026-12-31"),
}
HEADERS: Words = {"yes": _("Column names"), "no": _("Already a patient")}
VIEWS: Words = {"unknown": _("The register does not say"), "complete": _("All views of the joint, always")}

CHOICES: Words = {
    "right": _("Right"), "left": _("Left"), "both": _("Both"), "hip": _("Hip"), "shoulder": _("Shoulder"), "knee": _("Knee"), "ankle": _("Ankle"),
    "keep": _("Keep as it is"), "not_known": _("Not known"), "confirm": _("It is right"), "leave_out": _("Leave it out"),
    "keep_as_note": _("Keep as text only"), "no_system": _("Leave the system open"), "same_for_all": _("For each joint"),
    "percent": _("Per cent of the head"), "cm3": _("Cubic centimetres"), "extent": _("Extent A, B, C"), "jic_type": _("JIC type"),
    "follow": _("Bring in and follow up"), "same_person": _("Same person"), "both_true": _("Both are true"), "as_said": _("As the cell says"),
    "image_after": _("The image came after it"), "DX": _("Seen on the X-ray"), "MR": _("Seen on the MRI"), "CT": _("Seen on the CT"),
    "keep_ours": _("Keep what is here"), "take_theirs": _("Take the register's"),
}  # fmt: skip

FILE: Words = {
    "empty": _("The file is empty."),
    "no_rows": _("The file has column names but no rows."),
    "too_large": _("The file is larger than 50 MB. Split it, or leave out what is not a register."),
    "too_many_rows": _("The file has more than 200,000 rows. Split it."),
    "kind_pdf": _("This is a PDF. Send the spreadsheet itself, as .xlsx or .csv."),
    "kind_zip": _("This is a packed folder. Unpack it and send the spreadsheet in it."),
    "kind_old_excel": _("This is an old Excel file (.xls). Save it as .xlsx or .csv and send that."),
    "kind_picture": _("This is a picture. Send the spreadsheet itself, as .xlsx or .csv."),
    "kind_page": _("This is a page, not a table. Save it as .xlsx or .csv and send that."),
    "kind_unknown": _("This is not a table that we can read. Send .xlsx or .csv."),
    "workbook_damaged": _("This workbook is damaged. Open it in Excel, save it anew and send it again."),
    "workbook_too_large": _("This workbook unpacks to far more than a register holds. Save only the register sheet."),
    "encoding_does_not_fit": _("The file cannot be read with these letters. Choose another encoding."),
    "heading_twice": _("Two columns have the same name. Rename one and send the file again."),
    "open_quote": _("A quotation mark opens in line %(line)s and is never closed: it would swallow all that follows."),
}

PROBLEMS: Words = {
    # Cannot be used
    "mrn_missing": _("No patient number."),
    "mrn_damaged": _("A spreadsheet has shortened the patient number “%(said)s”. Its digits are lost."),
    "mrn_bad": _("“%(said)s” is no patient number: letters A to Z, digits and - . / # : + only, at most 40."),
    "name_missing": _("No name."),
    "name_bad": _("The name holds signs that no name has, or is far too long."),
    "joint_missing": _("No joint."),
    "row_short": _("The row has %(about)s cells, the others have %(columns)s."),
    "row_long": _("The row has %(about)s cells, the others have %(columns)s."),
    "nul": _("A cell holds a sign (NUL) that no text has."),
    "long_cell": _("A cell is far too long."),
    "same_row_twice": _("The same as row %(row)s."),
    "row_failed": _("This row could not be stored. Nothing of it was kept; please tell whoever runs this system."),
    # Needs a look
    "mrn_letters": _("The number “%(said)s” holds letters that look like others."),
    "name_letters_lost": _("A letter of the name was lost before the file was made."),
    "name_formula": _("“%(said)s” looks like a formula, not like a name."),
    "born_missing": _("No birth date."),
    "born_not_whole": _("“%(said)s” is not a whole birth date."),
    "born_child": _("The birth date makes this a child."),
    "born_too_old": _("The birth date makes this person older than 120."),
    "date_impossible": _("%(field)s: “%(said)s” does not exist."),
    "date_unreadable": _("%(field)s: “%(said)s” is not a date that we can read."),
    "date_order_unclear": _(
        "%(field)s: “%(said)s” can be two days. Say above which comes first in this file, day or month."
    ),
    "date_order_other": _("%(field)s: “%(said)s” does not fit the order of the other dates in its column."),
    "date_century_unclear": _("%(field)s: “%(said)s” can be two centuries."),
    "date_future": _("%(field)s: “%(said)s” lies in the future."),
    "date_before_birth": _("%(field)s: “%(said)s” lies before the birth."),
    "side_missing": _("“%(said)s” names no side."),
    "site_missing": _("“%(said)s” names a side but no joint."),
    "joint_unreadable": _("“%(said)s”: which joint is that? Write for example “left hip”."),
    "stage_system_missing": _(
        "“%(said)s” names no system. ARCO 2019, ARCO 1993 and Ficat mean different things by it. We do not guess."
    ),
    "stage_system_unknown": _("“%(said)s” names a system that is not kept here."),
    "stage_version_unknown": _("“%(said)s”: ARCO has the versions 1993 and 2019; the year is neither."),
    "stage_value_unknown": _("“%(said)s” is no stage of its system."),
    "stage_unreadable": _("“%(said)s” is no stage that we know."),
    "stage_wrong_site": _("%(system)s is not a system for the %(site)s. Shoulders use Cruess, knees and ankles Ficat."),
    "stage_joint_unclear": _("One stage, several joints: which is meant?"),
    "stage_without_image": _("“%(said)s”: on which picture was it seen? The row has the date of none."),
    "stage_needs_mri": _("“%(said)s”: stage 1 is seen on an MRI only, and the row has none."),
    "stage_before_or_after": _("An operation lies between %(first)s and %(second)s. On which was “%(said)s” seen?"),
    "size_unit_missing": _("“%(said)s” has no unit. We do not guess."),
    "size_letter_unclear": _("“%(said)s” can be an extent or a JIC type."),
    "size_out_of_range": _("“%(said)s” is more than there can be."),
    "size_unreadable": _("“%(said)s” is no size that we can read."),
    "treatment_side_missing": _("Which side was operated on? “%(said)s”"),
    "treatment_other_joint": _("“%(said)s” is about another joint than the row."),
    "treatment_wrong_site": _("“%(said)s” is an operation on the hip, and the row is about another joint."),
    "treatment_unreadable": _("“%(said)s”: what was done?"),
    "treatment_not_done": _("“%(said)s” was planned or refused, not done."),
    "treatment_date_missing": _("When was it? “%(said)s” has no date."),
    "treatment_date_impossible": _("“%(said)s”: this day does not exist."),
    "treatment_date_future": _("“%(said)s” lies in the future."),
    "treatment_date_before_birth": _("“%(said)s” lies before the birth."),
    "treatment_order_unclear": _("“%(said)s” can be two days. Say above which comes first in this file, day or month."),
    "image_in_month_of_operation": _(
        "“%(said)s” gives no day, and a picture was made in that time (%(day)s). Which came first?"
    ),
    "review_discharged": _(
        "“%(said)s”: only a clinician ends follow-up, with a signature. Until then the joint stays under it."
    ),
    "review_ended": _("“%(said)s” may be an end of follow-up. Only a person may record it."),
    "phone_unreadable": _("“%(said)s” is no telephone number."),
    "email_unreadable": _("“%(said)s” is no e-mail address."),
    "one_number_two_people": _("One number, two people. Name and birth date both differ."),
    "same_number_other_name": _("The same number, another name."),
    "same_number_other_birth": _("The same number, another birth date."),
    "same_joint_twice": _("Row %(row)s is about the same joint and says other things."),
    "differs_from_record": _("%(field)s: here “%(ours)s”, in the register “%(theirs)s”."),
    # Said, and the row comes in
    "notes_formula": _("The note holds a formula. Kept as plain text, never run."),
    "notes_cut": _("The note is longer than 2,000 characters; the rest stays in the file."),
    "size_sum_only": _("“%(said)s” is one sum. Both Kerboul angles are needed: kept as text, not as a size."),
    "size_words_only": _("“%(said)s” is not a measure: kept as text. Planned as large until it is sized."),
    "size_only_bound": _("“%(said)s” gives only a bound: kept as extent A, B or C."),
    "size_about": _("“%(said)s” is not exact: kept as the number it names."),
    "size_wrong_site": _("“%(said)s” measures a femoral head: kept as text."),
    "same_for_both": _("One stage for both sides: kept for each."),
    "stage_of_replaced": _("“%(said)s” is about the joint before it was replaced: kept as text."),
    "date_month_only": _(
        "%(field)s: “%(said)s” gives no day: taken as the first of the month, so that nothing comes due too late."
    ),
    "date_year_only": _(
        "%(field)s: “%(said)s” gives only a year: taken as its first day, so that nothing comes due too late."
    ),
    "date_serial": _("%(field)s: “%(said)s” is a spreadsheet's day number: %(day)s."),
    "phone_several": _("Several numbers: the first is kept, the others stand in the note."),
    "sex_unreadable": _("Sex “%(said)s” was not understood: not known, and kept in the note."),
    "symptoms_unreadable": _("Symptoms “%(said)s” were not understood: not known, and kept in the note."),
    "cause_unreadable": _("The cause “%(said)s” was not understood and is not kept."),
    "review_unreadable": _("Next review “%(said)s” was not understood: kept in the note."),
}

# In a few words, for counting: "stage without a system (19)".
SHORT: Words = {
    "mrn_missing": _("no patient number"), "joint_missing": _("no joint"), "same_row_twice": _("same row twice"), "row_short": _("too few cells"),
    "row_long": _("too many cells"), "mrn_bad": _("bad patient number"), "mrn_damaged": _("shortened patient number"), "name_missing": _("no name"), "name_bad": _("bad name"),
    "stage_system_missing": _("stage without a system"), "stage_wrong_site": _("stage of another joint's system"), "stage_unreadable": _("stage not understood"),
    "stage_needs_mri": _("stage 1 without an MRI"), "stage_without_image": _("stage without a picture"), "treatment_side_missing": _("operated side not said"),
    "review_discharged": _("discharged"), "date_impossible": _("a date that does not exist"), "date_future": _("a date in the future"), "date_order_unclear": _("day or month first"),
    "name_letters_lost": _("letters of a name lost"), "one_number_two_people": _("same number, other person"), "same_number_other_name": _("same number, other name"),
    "same_number_other_birth": _("same number, other birth date"), "same_joint_twice": _("same joint twice"), "born_missing": _("no birth date"), "side_missing": _("no side"),
    "stage_before_or_after": _("stage before or after an operation"), "differs_from_record": _("differs from the record"), "size_unit_missing": _("size without a unit"),
    "image_in_month_of_operation": _("operation without a day"), "treatment_date_missing": _("operation without a date"), "treatment_not_done": _("operation not done"),
    "phone_unreadable": _("telephone number not understood"), "email_unreadable": _("e-mail address not understood"), "nul": _("a sign that no text has"), "long_cell": _("a cell too long"),
    "row_failed": _("could not be stored"), "treatment_unreadable": _("operation not understood"), "joint_unreadable": _("joint not understood"),
    "born_child": _("a child"), "date_century_unclear": _("which century"), "date_unreadable": _("a date not understood"), "treatment_wrong_site": _("operation on another joint"),
    "site_missing": _("a side, but no joint"), "review_ended": _("perhaps an end of follow-up"),
}  # fmt: skip


def of_problem(problem: Problem) -> str:
    """One sentence, in the language of whoever reads it."""
    values = {"said": problem.said, "field": str(FIELDS.get(problem.field, problem.field)), **dict(problem.about)}
    for name in ("day", "born"):
        values[name] = _as_day(values.get(name, ""))
    sentence = str(PROBLEMS.get(problem.code, problem.code))
    for name, value in values.items():
        sentence = sentence.replace(f"%({name})s", value)
    return sentence


def in_short(code: str) -> str:
    return str(SHORT.get(code, code.replace("_", " ")))


def of_choice(choice: str) -> str:
    """A decision's word; a stage system, or a day, speaks for itself."""
    return str(CHOICES.get(choice, _as_day(choice)))


def of_file(code: str, line: int = 0) -> str:
    return str(FILE.get(code, FILE["kind_unknown"])).replace("%(line)s", str(line))


def of_evidence(evidence: Mapping[str, object], order: str) -> str:
    """ "198 dates can only be day first, 0 only month first, 114 fit both." """
    only: Mapping[str, int] = evidence["only"]  # type: ignore[assignment]
    several = int(str(evidence["several"]))
    if not sum(only.values()) and not several:
        return gettext("No date in this file depends on it.")
    said = ngettext(
        "%(d)s date can only be day first, %(m)s only month first, %(both)s fit both.",
        "%(d)s dates can only be day first, %(m)s only month first, %(both)s fit both.",
        only["dmy"],
    ) % {"d": only["dmy"], "m": only["mdy"], "both": several}
    return said if order else f"{said} {gettext('We cannot tell: please choose.')}"


def _as_day(text: str) -> str:
    try:
        return full_day(date.fromisoformat(text))
    except ValueError:
        return text
