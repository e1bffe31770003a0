"""A register on its way in: received, read, checked by a person, brought in row by row.

Each step can be stopped at any instant and done again: rows carry their own state, a batch is one transaction, and a
row that was brought in once is never brought in twice.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet

from accounts import audit, clock
from accounts.models import Clinic, User
from interop import bringing
from interop.models import Import, ImportRow
from interop.register.columns import ColumnGuess
from interop.register.encoding import EncodingGuess
from interop.register.problems import Problem, RowState, Severity, state_of
from interop.register.reading import Choices, Reading, read_register
from interop.register.sheet import MOST_CELL, Row, SeparatorGuess, Sheet, Unreadable
from interop.register.together import BESIDE, understand_all
from interop.register.understanding import ReadRow, Understood, empty_fields, understand
from patients.identity import mrn_key

logger = logging.getLogger(__name__)
Status, State, Result = Import.Status, ImportRow.State, ImportRow.Result

SILENT = timedelta(minutes=2)
"""A worker that has said nothing for so long is dead; another takes over."""
CHECK_BATCH, BRING_BATCH = 500, 100
COUNTED = ("patients_created", "patients_updated", "patients_unchanged", "lesions_created", "studies_created")


SHARED = frozenset(
    (
        "stage_system_missing", "stage_system_unknown", "stage_version_unknown", "stage_value_unknown",
        "stage_unreadable", "stage_wrong_site", "stage_without_image", "stage_needs_mri", "stage_joint_unclear",
        "size_unit_missing", "size_letter_unclear", "size_out_of_range", "size_unreadable", "treatment_not_done",
        "treatment_unreadable", "review_discharged", "born_missing", "phone_unreadable", "email_unreadable",
        "image_in_month_of_operation", "site_missing",
    )
)  # fmt: skip
"""Doubts about how a register is kept: one answer may hold for all its rows. Which side was operated on, or whether
two people are one, is a question about one person and is never answered for all."""


class BusyError(Exception):
    """Another register of this clinic is being brought in."""


class NotUnderstoodError(Exception):
    """What a person typed cannot be read; nothing was kept."""


# Receiving and reading


@transaction.atomic
def receive(*, clinic: Clinic, file_name: str, data: bytes, by: User | None, now: datetime) -> Import:
    """Keep the file. The same file sent again is the same import, with the decisions made on it."""
    digest = hashlib.sha256(data).hexdigest()
    before = Import.objects.at(clinic).filter(sha256=digest).exclude(status__in=[Status.CANCELLED, Status.UNREADABLE])
    if found := before.without_file().order_by("-sent_at").first():
        return found
    received = Import.objects.create(
        clinic=clinic,
        file_name=_printable(file_name)[-150:],
        content=data,
        size=len(data),
        sha256=digest,
        sent_at=now,
        sent_by=by,
    )
    audit.record(audit.Action.CREATE, clinic=clinic, by=by, now=now, subject=received, detail={"size": len(data)})
    return received


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "_" for sign in text)


def choose(received: Import, choices: Choices) -> None:
    """Read the file another way; the rows are understood anew and decisions begin again."""
    received.choices = asdict(choices)
    received.status, received.fault, received.beat_at = Status.CHECKING, "", None
    received.save(update_fields=["choices", "status", "fault", "beat_at"])


def check(received: Import, *, now: datetime) -> None:
    """Understand every row and keep what was understood, what is doubtful, and why."""
    today = clock.day_of(now, received.clinic)
    try:
        reading = read_register(bytes(received.content), choices_of(received), today=today)
        received.how = _without_nul(how_it_is_read(reading))
        received.row_count, received.rows_done = reading.row_count, 0
        received.rows.all().delete()
        _keep(received, reading)
    except Unreadable as refused:
        received.rows.all().delete()
        received.status, received.fault, received.fault_line = Status.UNREADABLE, refused.code, refused.line
        received.save(update_fields=["status", "fault", "fault_line"])
        return
    received.status = Status.CHECKED
    received.save(update_fields=["status", "how", "row_count", "rows_done"])


def choices_of(received: Import) -> Choices:
    kept = dict(received.choices)
    kept["columns"] = tuple(kept.get("columns", ()))
    return Choices(**{"region": received.clinic.country, **kept})


def _keep(received: Import, reading: Reading) -> None:
    rows = understand_all(reading, {})
    while batch := list(islice(rows, CHECK_BATCH)):
        known = bringing.known(received.clinic, [row.understood.mrn for row in batch if row.understood])
        ImportRow.objects.bulk_create(_as_row(received, reading, row, known) for row in batch)
        received.rows_done += len(batch)
        Import.objects.filter(pk=received.pk).update(
            rows_done=received.rows_done, row_count=received.row_count, beat_at=clock.now()
        )


def _as_row(received: Import, reading: Reading, read: ReadRow, known: Mapping[str, Any]) -> ImportRow:
    row = ImportRow(of=received, clinic=received.clinic, number=read.row.number, cells=_storable(read.row))
    _describe(row, read, _with_record(read, known, {}), reading)
    return row


def _without_nul(value: Any) -> Any:
    """The same, without what PostgreSQL cannot keep in text."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{SYMBOL FOR NULL}")
    if isinstance(value, dict):
        return {key: _without_nul(inner) for key, inner in value.items()}
    return [_without_nul(inner) for inner in value] if isinstance(value, list | tuple) else value


def _storable(row: Row) -> list[str]:
    """The cells as a database can keep them: without NUL, and a monstrous one cut (its row is refused anyway)."""
    return (
        [cell[:MOST_CELL].replace("\x00", "\N{SYMBOL FOR NULL}") for cell in row.cells]
        if row.fault
        else list(row.cells)
    )


def _with_record(read: ReadRow, known: Mapping[str, Any], decisions: Mapping[str, str]) -> tuple[Problem, ...]:
    """A row's problems, with those that only the record knows of."""
    if read.understood is None:
        return read.problems
    patient = known.get(mrn_key(read.understood.mrn))
    return (*read.problems, *bringing.doubts(read.understood, patient, decisions))


def _describe(row: ImportRow, read: ReadRow, problems: tuple[Problem, ...], reading: Reading) -> None:
    state = state_of(problems)
    worst = {RowState.REFUSED: Severity.REFUSE, RowState.LOOK: Severity.LOOK}.get(state, Severity.NOTICE)
    row.state = {RowState.READY: State.READY, RowState.LOOK: State.LOOK, RowState.REFUSED: State.REFUSED}[state]
    row.reason = next((problem.code for problem in problems if problem.severity is worst), "")
    row.problems = [asdict(problem) for problem in problems]
    row.understood = dict(bringing.in_short(read.understood)) if read.understood else {}
    row.digest = digest_of(reading, row.cells, row.decisions)


def digest_of(reading: Reading, cells: Iterable[str], decisions: Mapping[str, str]) -> str:
    """What a row says and how it was read: the same again is the same row, in whichever file it comes."""
    said = [
        list(reading.fields),
        sorted(reading.orders.items()),
        reading.choices.xray_views,
        list(cells),
        sorted(decisions.items()),
    ]
    return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()


def how_it_is_read(reading: Reading) -> dict[str, Any]:
    """The guesses with their evidence: for the page, and to understand single rows again without the file."""
    whole = reading.whole_evidence
    return {
        "kind": reading.sheet.kind,
        "encoding": asdict(reading.sheet.encoding),
        "separator": asdict(reading.sheet.separator),
        "sheets": list(reading.sheet.sheets),
        "sheet": reading.sheet.sheet,
        "today": reading.today.isoformat(),
        "heading_row": reading.heading_row,
        "skipped": reading.skipped,
        "columns": [asdict(column) for column in reading.columns],
        "orders": {str(at): order for at, order in reading.orders.items()},
        "order": reading.order,
        "contradicting": [reading.columns[at].heading for at in reading.contradicting],
        "evidence": asdict(whole),
        "row_count": reading.row_count,
        "woman_is_m": reading.woman_is_m,
        "missing": list(empty_fields(reading)),
    }


def reading_of(received: Import) -> Reading:
    """How the file is read, without the file: enough to understand rows that are kept."""
    how = received.how
    return Reading(
        sheet=Sheet(how["kind"], EncodingGuess(how["encoding"]["name"], ""), SeparatorGuess("", 0, 0, 0), ""),
        choices=choices_of(received),
        today=date.fromisoformat(how["today"]),
        heading_row=how["heading_row"],
        skipped=how["skipped"],
        columns=tuple(ColumnGuess(**column) for column in how["columns"]),
        orders={int(at): order for at, order in how["orders"].items()},
        evidence={},
        row_count=how["row_count"],
        woman_is_m=how["woman_is_m"],
    )


# Deciding


def problem_from(kept: Mapping[str, Any]) -> Problem:
    about = tuple((name, value) for name, value in kept["about"])
    return Problem(kept["code"], Severity(kept["severity"]), kept["field"], kept["said"], tuple(kept["choices"]), about)


@transaction.atomic
def decide(row: ImportRow, decisions: Mapping[str, str], *, same_for_all: bool = False, by: User, now: datetime) -> int:
    """Keep a person's decisions on a row, or on all rows that ask the same; how many rows they were kept on.

    Typed values (a name, a birth date) are one person's and never kept for all. 0: somebody decided before.
    """
    if not row.of.rows.waiting().select_for_update().filter(pk=row.pk).exists():
        return 0
    asked = {f"{kept['code']}:{kept['field']}" for kept in row.problems}
    decisions = {key: value[:200] for key, value in decisions.items() if key in asked}
    if not decisions:
        raise NotUnderstoodError
    rows = [row]
    if same_for_all:
        others = row.of.rows.waiting().exclude(pk=row.pk).select_for_update()
        rows += [other for other in others if _asks_the_same(other, decisions)]
    reading = reading_of(row.of)
    known = bringing.known(row.clinic, [_mrn_of(reading, one) for one in rows])
    for one in rows:
        shared = (
            decisions if one is row else {key: value for key, value in decisions.items() if _offers(one, key, value)}
        )
        one.decisions = {**one.decisions, **shared}
        one.decided_at, one.decided_by = now, by
        understand_again(one, reading, known)
    if any(_still_asks(kept, decisions) for kept in row.problems):
        raise NotUnderstoodError
    ImportRow.objects.bulk_update(
        rows,
        ["decisions", "decided_at", "decided_by", "state", "reason", "problems", "understood", "digest"],
        batch_size=200,
    )
    audit.record(
        audit.Action.UPDATE, clinic=row.clinic, by=by, now=now, subject=row.of,
        detail={"rows": len(rows), "decided": sorted(decisions)},
    )  # fmt: skip
    return len(rows)


def _still_asks(kept: Mapping[str, Any], decisions: Mapping[str, str]) -> bool:
    """True for a doubt that the decision left, or that what was typed has brought."""
    typed = {value[:200] for value in decisions.values()}
    mine = f"{kept['code']}:{kept['field']}" in decisions or kept["said"] in typed
    return bool(kept["severity"] == Severity.LOOK and mine)


def _mrn_of(reading: Reading, row: ImportRow) -> str:
    return " ".join(row.cells[at] for at, name in enumerate(reading.fields) if name == "mrn" and at < len(row.cells))


def _asks_the_same(row: ImportRow, decisions: Mapping[str, str]) -> bool:
    return any(_offers(row, key, value) for key, value in decisions.items())


def _offers(row: ImportRow, key: str, value: str) -> bool:
    return any(
        kept["code"] in SHARED
        and f"{kept['code']}:{kept['field']}" == key
        and value in kept["choices"]
        and value != "type"
        for kept in row.problems
    )


def understand_again(row: ImportRow, reading: Reading, known: Mapping[str, Any]) -> ReadRow:
    """A row with its decisions. What other rows of the file say against it stands until it is decided."""
    read = understand(reading, Row(row.number, tuple(row.cells)), row.decisions)
    beside = [
        problem
        for kept in row.problems
        if (problem := problem_from(kept)).code in BESIDE and "row" in dict(problem.about)
    ]
    standing = tuple(
        problem for problem in beside if row.decisions.get(f"{problem.code}:{problem.field}") not in problem.choices
    )
    read = ReadRow(read.row, read.understood, (*read.problems, *standing))
    _describe(row, read, _with_record(read, known, row.decisions), reading)
    return read


# Bringing in


@transaction.atomic
def begin(received: Import, *, by: User | None, now: datetime) -> None:
    """Let the ready rows come in; one register of a clinic at a time. Raises BusyError."""
    try:
        with transaction.atomic():
            begun = Import.objects.filter(pk=received.pk, status__in=[Status.CHECKED, Status.DONE]).update(
                status=Status.BRINGING, brought_at=now, brought_by=by, beat_at=None
            )
    except IntegrityError as error:
        raise BusyError from error
    if begun:
        audit.record(audit.Action.UPDATE, clinic=received.clinic, by=by, now=now, subject=received)


def go_on(received: Import, *, until: datetime | None = None) -> bool:
    """Bring in ready rows until none is left, or until the time is up; True when done."""
    reading = reading_of(received)
    while rows := list(received.rows.ready().order_by("number")[:BRING_BATCH]):
        now = clock.now()
        with transaction.atomic():
            came = _bring_batch(received, reading, rows, now)
            received.counts = {name: received.counts.get(name, 0) + came[name] for name in COUNTED}
            received.beat_at = now
            received.save(update_fields=["counts", "beat_at"])
        if until and clock.now() >= until:
            return False
    received.status, received.finished_at = Status.DONE, clock.now()
    received.save(update_fields=["status", "finished_at"])
    return True


def _bring_batch(received: Import, reading: Reading, rows: list[ImportRow], now: datetime) -> Counter[str]:
    """New people together, in a few queries; whoever is here already, or comes in two rows, one by one after them."""
    came: Counter[str] = Counter()
    known = bringing.known(received.clinic, [_mrn_of(reading, row) for row in rows])
    here = dict(
        ImportRow.objects.filter(
            clinic=received.clinic, state=State.BROUGHT, digest__in=[row.digest for row in rows]
        ).values_list("digest", "patient")
    )
    waiting, new = [], {}
    for row in rows:
        if row.digest in here:
            row.state, row.result, row.patient_id = State.BROUGHT, Result.UNCHANGED, here[row.digest]
            came["patients_unchanged"] += 1
            continue
        read = understand_again(row, reading, known)
        if row.state != State.READY or read.understood is None:
            continue  # the record changed since it was checked: it waits for a person
        key = mrn_key(read.understood.mrn)
        if key in known or key in new:
            waiting.append(row)
        else:
            new[key] = (row, read.understood)
    if not _bring_new(received, new, known, now, came):
        waiting = [row for row, _understood in new.values()] + waiting
    for row in waiting:
        _bring_row(received, reading, row, known, now, came)
    _store(rows)
    return came


def _bring_new(
    received: Import,
    new: Mapping[str, tuple[ImportRow, Understood]],
    known: dict[str, Any],
    now: datetime,
    came: Counter[str],
) -> bool:
    """All of them, or none and False: then each is tried alone, so that one bad row stops no other."""
    today = clock.day_of(now, received.clinic)
    try:
        with transaction.atomic():
            done = bringing.bring_new(
                [understood for _row, understood in new.values()],
                clinic=received.clinic, today=today, by=received.brought_by, now=now,
            )  # fmt: skip
    except Exception:
        logger.exception("a batch of import %s is tried row by row", received.public_id)
        return False
    for (key, (row, _understood)), one in zip(new.items(), done, strict=True):
        known[key] = one.patient
        _note(row, one, came)
    return True


def _bring_row(
    received: Import, reading: Reading, row: ImportRow, known: dict[str, Any], now: datetime, came: Counter[str]
) -> None:
    """One row in its own savepoint: what goes wrong with it leaves nothing of it behind and stops no other."""
    read = understand_again(row, reading, known)
    if row.state != State.READY or read.understood is None:
        return
    key = mrn_key(read.understood.mrn)
    try:
        with transaction.atomic():
            done = bringing.bring(
                read.understood, known.get(key), clinic=received.clinic, decisions=row.decisions,
                today=clock.day_of(now, received.clinic), by=received.brought_by, now=now,
            )  # fmt: skip
    except Exception:
        logger.exception("row %s of import %s was not brought in", row.number, received.public_id)
        row.state, row.reason = State.REFUSED, "row_failed"
        row.problems = [*row.problems, asdict(Problem("row_failed", Severity.REFUSE, ""))]
        return
    known[key] = done.patient
    _note(row, done, came)


def _note(row: ImportRow, done: bringing.Came, came: Counter[str]) -> None:
    row.state, row.patient = State.BROUGHT, done.patient
    row.result = Result.CREATED if done.created else Result.UPDATED if done.changed else Result.UNCHANGED
    came[f"patients_{row.result}"] += 1
    came["lesions_created"] += done.lesions
    came["studies_created"] += done.studies


def _store(rows: list[ImportRow]) -> None:
    """What came of each row. Those brought in are as they were checked: only their result is new."""
    brought = [row for row in rows if row.state == State.BROUGHT]
    for result in Result:
        keys = [row.pk for row in brought if row.result == result]
        ImportRow.objects.filter(pk__in=keys).update(state=State.BROUGHT, result=result)
    ImportRow.objects.bulk_update(brought, ["patient"])
    others = [row for row in rows if row.state != State.BROUGHT]
    ImportRow.objects.bulk_update(others, ["state", "reason", "problems", "understood"])


@transaction.atomic
def cancel(received: Import, *, by: User, now: datetime) -> bool:
    """Keep nothing of a register that was not brought in; False if it was, at least in part."""
    cancelled = Import.objects.filter(pk=received.pk, status__in=[Status.CHECKED, Status.UNREADABLE], brought_at=None)
    if not cancelled.update(status=Status.CANCELLED, content=b""):
        return False
    received.rows.all().delete()
    audit.record(
        audit.Action.UPDATE, clinic=received.clinic, by=by, now=now, subject=received, detail={"cancelled": True}
    )
    return True


def work(received: Import, *, until: datetime | None = None) -> bool:
    """The next part of whatever is to be done with it; True when nothing is left for a machine."""
    if received.status == Status.CHECKING:
        check(received, now=clock.now())
        return True
    return go_on(received, until=until) if received.status == Status.BRINGING else True


def tally(received: Import) -> dict[str, int]:
    """Rows by state, all of them, so that they add up to the rows of the file."""
    states = dict(received.rows.order_by().values_list("state").annotate(n=Count("pk")))
    return {state: states.get(state, 0) for state in State.values}


def reasons(rows: QuerySet[ImportRow]) -> list[tuple[str, int]]:
    """The reasons of rows in one state, the commonest first."""
    return list(rows.order_by().values_list("reason").annotate(n=Count("pk")).order_by("-n", "reason"))


def handed_back(received: Import) -> Iterator[tuple[ImportRow, list[Problem]]]:
    """Rows that did not come in, because they cannot be used or wait for a look, with what to put right."""
    left_out = received.rows.filter(state__in=(State.REFUSED, State.LOOK))
    for row in left_out.order_by("number").iterator(chunk_size=500):
        yield row, [p for kept in row.problems if (p := problem_from(kept)).severity is not Severity.NOTICE]
