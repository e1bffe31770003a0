"""What the rules would have raised on a file of diaries, as if each entry had been judged when it came.

Each flag is reviewed a week after it opened, and what pain has come to since is taken as usual from
then on. A file may come in any order: its rows are put in order in a temporary file on disk, so
memory does not grow with it. Nothing is told of the joint but its diary, and nobody is known to be
expected to log, so rule 16 does not speak here.
"""

from __future__ import annotations

import csv
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TextIO

from clinical.worsening.diary import ANY_LESION, NO_TICKS, Entry, JointContext, Tick
from clinical.worsening.findings import Finding, Kind, Severity
from clinical.worsening.policy import DEFAULT, Policy
from clinical.worsening.watch import Watch

REVIEWED_AFTER = timedelta(days=7)
REQUIRED = ("patient", "lesion", "logged_at", "nrs")
TICKS = {
    "rest": Tick.AT_REST,
    "night": Tick.AT_NIGHT,
    "locking": Tick.LOCKING,
    "cannot_bear_weight": Tick.CANNOT_BEAR_WEIGHT,
    "injury": Tick.INJURY,
    "fever": Tick.FEVER,
}
WHOLE = re.compile(r"\+?0*(10|[0-9])(?:\.0)?")
LONGEST = 200  # characters of a name
WRONG_LINES_SHOWN = 100


class Row(NamedTuple):
    patient: str
    lesion: str
    entry: Entry


class Raised(NamedTuple):
    """One line of the answer: somebody would have been told this, then."""

    patient: str
    lesion: str
    rule: int
    kind: Kind
    severity: Severity
    opened_at: datetime
    finding: Finding

    def as_json(self) -> dict[str, str | int]:
        return {
            "patient": self.patient,
            "lesion": self.lesion,
            "rule": self.rule,
            "kind": str(self.kind),
            "severity": str(self.severity),
            "opened_at": self.opened_at.isoformat(),
        }


class BadFile(ValueError):
    """The file cannot be judged. `lines` says where and why."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def replay(rows: Iterable[Row], *, context: JointContext = ANY_LESION, policy: Policy = DEFAULT) -> Iterator[Raised]:
    """Rows with each lesion's entries together and in order of time."""
    of: tuple[str, str] | None = None
    watch = Watch(context, policy)
    for patient, lesion, entry in rows:
        if (patient, lesion) != of:
            of = (patient, lesion)
            watch = Watch(context, policy, reviewed_after=REVIEWED_AFTER)
        for finding in watch.log(entry):
            yield Raised(patient, lesion, finding.rule.number, finding.kind, finding.severity, finding.at, finding)


class Size(NamedTuple):
    """How much a file holds. `years` adds up each lesion's time from its first entry to its last."""

    entries: int
    lesions: int
    patients: int
    years: float


Progress = Callable[[str, int], None]


class Diaries:
    """A file that was read, checked and put in order."""

    def __init__(self, sorter: sqlite3.Connection, progress: Progress) -> None:
        self._sorter = sorter
        self._progress = progress

    def size(self) -> Size:
        """Asked before `raised`, never in between."""
        lesions = (
            "SELECT patient, count(*) AS entries, max(moment) - min(moment) AS seconds FROM row GROUP BY 1, lesion"
        )
        query = f"SELECT count(*), count(DISTINCT patient), sum(entries), sum(seconds) FROM ({lesions})"
        lesion_count, patients, entries, seconds = self._sorter.execute(query).fetchone()
        return Size(entries or 0, lesion_count, patients, (seconds or 0.0) / (365.25 * 86_400))

    def raised(self, policy: Policy = DEFAULT) -> Iterator[Raised]:
        return replay(_sorted(self._sorter, self._progress), policy=policy)


def silent(what: str, rows: int) -> None:
    """No progress shown."""


@contextmanager
def opened(file: TextIO, *, progress: Progress = silent) -> Iterator[Diaries]:
    """Read, check and sort a file. BadFile, before any answer, if a row is wrong."""
    with tempfile.TemporaryDirectory(prefix="backtest-") as folder, closing(_sorter(Path(folder))) as sorter:
        _load(sorter, _checked(file, progress))
        yield Diaries(sorter, progress)


def _sorter(folder: Path) -> sqlite3.Connection:
    sorter = sqlite3.connect(folder / "rows", isolation_level=None)
    sorter.execute("PRAGMA journal_mode=OFF")
    sorter.execute("PRAGMA synchronous=OFF")
    sorter.execute("PRAGMA temp_store=FILE")
    sorter.execute(f"PRAGMA temp_store_directory='{folder}'")
    sorter.execute("CREATE TABLE row (patient, lesion, moment, at, nrs, ticks, aid)")
    return sorter


Loaded = tuple[str, str, float, str, int, int, int | None]


def _load(sorter: sqlite3.Connection, rows: Iterable[Loaded]) -> None:
    sorter.execute("BEGIN")
    sorter.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    sorter.execute("COMMIT")


def _sorted(sorter: sqlite3.Connection, progress: Progress) -> Iterator[Row]:
    ticks = [_ticks(mask) for mask in range(1 << len(TICKS))]
    rows = sorter.execute("SELECT patient, lesion, at, nrs, ticks, aid FROM row ORDER BY 1, 2, moment, nrs, ticks, aid")
    for number, (patient, lesion, at, nrs, mask, aid) in enumerate(rows, 1):
        if number % 50_000 == 0:
            progress("judged", number)
        yield Row(patient, lesion, Entry(datetime.fromisoformat(at), nrs, ticks[mask], aid))


def _ticks(mask: int) -> frozenset[Tick]:
    return frozenset(tick for bit, tick in enumerate(TICKS.values()) if mask >> bit & 1) if mask else NO_TICKS


def _checked(file: TextIO, progress: Progress) -> Iterator[Loaded]:
    """Every row as it will be judged. All rows are looked at before the file is refused."""
    reader = csv.reader(file, strict=True)
    wrong: list[str] = []
    number = 0
    try:
        header = next(reader, None)
        read = _row_reader(header)
        for fields in reader:
            if not fields:
                continue
            number += 1
            if number % 50_000 == 0:
                progress("read", number)
            try:
                yield read(fields)
            except ValueError as error:
                wrong.append(f"row {reader.line_num}: {error}")
                if len(wrong) >= WRONG_LINES_SHOWN:
                    break
    except csv.Error as error:
        wrong.append(f"row {reader.line_num}: {error}")
    except UnicodeDecodeError:
        wrong.append(f"row {reader.line_num + 1}: not UTF-8 text")
    if wrong:
        raise BadFile(wrong)


def _row_reader(header: list[str] | None) -> Callable[[list[str]], Loaded]:
    names = [name.strip().lower().removeprefix("\ufeff") for name in header or []]
    missing = [name for name in REQUIRED if name not in names]
    doubled = sorted({name for name in names if names.count(name) > 1 and name in (*REQUIRED, *TICKS, "aid")})
    if missing or doubled:
        raise BadFile([f"row 1: column {name} is missing" for name in missing]
                      + [f"row 1: column {name} is there twice" for name in doubled])  # fmt: skip
    patient, lesion, logged_at, nrs = (names.index(name) for name in REQUIRED)
    ticks = [(1 << bit, names.index(name), name) for bit, name in enumerate(TICKS) if name in names]
    aid = names.index("aid") if "aid" in names else None
    width = len(names)

    def read(fields: list[str]) -> Loaded:
        if len(fields) != width:
            raise ValueError(f"{len(fields)} columns, {width} are expected")
        at = _moment(fields[logged_at])
        mask = sum(bit for bit, column, name in ticks if _yes(fields[column], name))
        return (
            _name(fields[patient], "patient"), _name(fields[lesion], "lesion"), at.timestamp(), at.isoformat(),
            _nrs(fields[nrs]), mask, _aid(fields[aid]) if aid is not None else None,
        )  # fmt: skip

    return read


def _name(text: str, what: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST or "\0" in text:
        raise ValueError(f"{what} is empty or too long")
    return text


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1900 <= at.year <= 2200:
        raise ValueError(f"logged_at {text[:40]!r} is not a date and time with its offset")
    return at


def _nrs(text: str) -> int:
    match = WHOLE.fullmatch(text.strip()[:20])
    if match is None:
        raise ValueError(f"nrs {text[:20]!r} is not a whole number from 0 to 10")
    return int(match[1])


def _yes(text: str, name: str) -> bool:
    text = text.strip()
    if text not in ("", "0", "1"):
        raise ValueError(f"{name} {text[:20]!r} is not 0 or 1")
    return text == "1"


def _aid(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if text not in ("0", "1", "2", "3"):
        raise ValueError(f"aid {text[:20]!r} is not 0 to 3")
    return int(text)
