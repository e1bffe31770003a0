"""Which group and row a lesion is in, and since when: its days read one after another, oldest first."""

from dataclasses import dataclass, field
from datetime import date

from clinical.history import Ending, Finding, JointState, Modality, Symptoms, Tick
from clinical.protocol.records import SIZING, Records
from clinical.protocol.tables import Row
from clinical.reasons import Reason, Value
from clinical.sites import WITHOUT_PLAN, Site
from clinical.sizing import GROUP_OF_SIZE, Group, Size, sizes
from clinical.staging import Collapse, by_stage, collapse_class, depression_disagrees, nameless_may_be_collapse
from clinical.treatments import FUSION, OPERATION_RANK, OPERATIONS, REVISION, Operation

AFTER = {
    Operation.DECOMPRESSION: Row.AFTER_DECOMPRESSION,
    Operation.OSTEOTOMY: Row.AFTER_OSTEOTOMY,
    Operation.GRAFT: Row.AFTER_GRAFT,
}
COLLAPSED = {Collapse.EARLY: Row.COLLAPSED_EARLY, Collapse.LATE: Row.COLLAPSED_LATE}


@dataclass(slots=True)
class Sight:
    """What is known of one joint at the end of a day. `learn` moves it on by one day."""

    collapse: Collapse = Collapse.NONE
    nameless: str | None = None
    """The text of a stage without a system that could mean collapse."""
    size: Size | None = None
    sized_on: date | None = None
    sized_by_scan: bool = False
    size_conflict: bool = False
    oedema: bool = False
    symptoms: Symptoms = Symptoms.NOT_KNOWN
    operation: Operation | None = None
    operated_on: date | None = None
    collapse_at_operation: Collapse = Collapse.NONE
    replaced: bool = False
    fused: bool = False
    ending_on: date | None = None
    """Day of the newest replacement or fusion."""

    def learn_findings(self, on: date, found: list[tuple[Modality, Finding]]) -> None:
        ticks = set()
        measured: list[Size] = []
        texts: list[str] = []
        by_scan = False
        for modality, finding in found:
            self.collapse = max(self.collapse, collapse_class(finding))
            if finding.stage is not None and nameless_may_be_collapse(finding.stage):
                texts.append(finding.stage.value)
            ticks.add(finding.oedema)
            of_this = sizes(finding)
            measured += of_this
            by_scan = by_scan or (bool(of_this) and modality in SIZING)
        if texts:
            self.nameless = min(texts)
        if Tick.YES in ticks or Tick.NO in ticks:
            self.oedema = Tick.YES in ticks
        if measured:
            self._learn_size(on, measured, by_scan)

    def _learn_size(self, on: date, measured: list[Size], by_scan: bool) -> None:
        """A scan's day replaces all before it; a later film only adds what is larger, and no film says small."""
        size = max(measured)
        if not by_scan:
            enough = size > self.size if self.sized_by_scan and self.size else size >= Size.MEDIUM
            if not enough:
                return
        self.size, self.sized_on = size, on
        self.sized_by_scan = self.sized_by_scan or by_scan
        self.size_conflict = min(measured) is not size

    def learn_operation(self, on: date, operation: Operation) -> None:
        """Call after the day's findings: what was seen on that day was there before."""
        again = self.operated_on == on and self.operation is not None
        if not again or OPERATION_RANK[operation] > OPERATION_RANK[self.operation or operation]:
            self.operation = operation
        self.operated_on, self.collapse_at_operation = on, self.collapse

    def learn_ending(self, on: date, code: str) -> None:
        self.ending_on, self.fused = on, code == FUSION
        self.replaced = True

    @property
    def group(self) -> Group:
        if self.replaced:
            return Group.REPLACED
        if self.collapse:
            return Group.COLLAPSED
        return GROUP_OF_SIZE[self.size] if self.size else Group.NOT_SIZED

    def row(self, site: Site) -> Row:
        """The row of a lesion that has begun, of a person who has not ended."""
        if self.replaced:
            return Row.ENDED if self.fused else Row.IMPLANT
        if self.operation is not None:
            if self.collapse > self.collapse_at_operation:
                return COLLAPSED[self.collapse]
            return AFTER[self.operation]
        if self.collapse:
            return COLLAPSED[self.collapse]
        return self._row_by_size(site)

    def _row_by_size(self, site: Site) -> Row:
        if self.nameless is not None or self.size is Size.LARGE:
            return Row.LARGE
        if self.size is None:
            return Row.LARGE if site is Site.HIP else Row.MEDIUM
        if self.size is Size.SMALL and self.symptoms is Symptoms.NO and not self.oedema:
            return Row.SMALL
        return Row.MEDIUM


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row with one row (and, once collapsed late, one answer about symptoms)."""

    first_on: date
    row: Row | None
    row_since: date
    without_symptoms: bool


@dataclass(slots=True)
class Story:
    """One joint up to a day: where it stands, and the stretches that led there."""

    records: Records
    sight: Sight
    state: JointState
    start: date | None
    group: Group | None
    row: Row | None
    row_since: date | None
    stretches: list[Stretch]
    ended: tuple[date, str] | None
    conflicts: list[Reason] = field(default_factory=list)

    @property
    def is_lesion(self) -> bool:
        return self.state in (JointState.LESION, JointState.REPLACED)

    @property
    def begins_anew_on(self) -> date | None:
        """Day of the operation from which the row's clocks count; None: there was none."""
        return self.sight.ending_on or self.sight.operated_on


def _event_days(rec: Records, start: date | None, person_ended: Ending | None) -> list[date]:
    days = {*rec.findings, *rec.symptoms}
    days.update(on for on, _ in rec.endings)
    days.update(on for on, _ in rec.operations)
    if start is not None:
        days.add(start)
    if person_ended is not None:
        days.add(person_ended.on)
    return sorted(days)


def _learn_day(sight: Sight, rec: Records, on: date) -> None:
    found = rec.findings.get(on)
    if found:
        sight.learn_findings(on, found)
    status = rec.symptoms.get(on)
    if status is not None:
        sight.symptoms = status
    for day, code in rec.operations:
        if day == on:
            sight.learn_operation(on, OPERATIONS[code])
    for day, code in rec.endings:
        if day == on:
            sight.learn_ending(on, code)


def _row_on(on: date, sight: Sight, rec: Records, begin: date | None, person_ended: Ending | None) -> Row | None:
    if begin is not None and on < begin:
        return None
    if person_ended is not None and person_ended.on <= on:
        return Row.ENDED
    if begin is None or rec.key[0] in WITHOUT_PLAN:
        return None
    if rec.joint.state is JointState.REPLACED and not sight.replaced:
        return None
    return sight.row(rec.key[0])


def _lesion_ended(rec: Records, is_lesion: bool, person_ended: Ending | None) -> tuple[date, str] | None:
    """The lesion's first ending. After a revision whose replacement nobody dated, only the person's is known."""
    endings: list[tuple[date, str]] = []
    if rec.endings:
        on, code = rec.endings[0]
        if code == FUSION:
            endings.append((on, "fused"))
        elif code != REVISION:
            endings.append((on, "replaced"))
    if person_ended is not None and is_lesion:
        endings.append((person_ended.on, person_ended.reason.value))
    return min(endings, key=lambda ending: ending[0], default=None)


def _conflicts(rec: Records, sight: Sight) -> list[Reason]:
    found: list[Reason] = []
    for on in sorted(rec.findings):
        for _, finding in rec.findings[on]:
            if depression_disagrees(finding) and finding.stage is not None:
                said: dict[str, Value] = {
                    "studied_on": on,
                    "stage": finding.stage.value,
                    "millimetres": finding.collapse_mm,
                }
                decides = "depression_disagrees" if by_stage(finding) is not None else "depression_decides"
                found.append(Reason(decides, said))
    found.sort(key=lambda conflict: str(list(conflict.params.values())))
    if sight.size_conflict and sight.size and sight.sized_on:
        found.append(Reason("measures_disagree", {"studied_on": sight.sized_on, "size": sight.size.word}))
    return found


def tell(rec: Records, person_ended: Ending | None) -> Story:
    """The story of one joint. person_ended is None while the person is followed."""
    state, start = rec.state, rec.start
    is_lesion = state in (JointState.LESION, JointState.REPLACED)
    begin = min((day for day in (start, rec.endings[0][0] if rec.endings else None) if day), default=None)
    sight = Sight()
    stretches: list[Stretch] = []
    for on in _event_days(rec, start, person_ended):
        _learn_day(sight, rec, on)
        row = _row_on(on, sight, rec, begin, person_ended) if is_lesion else None
        painless = row is Row.COLLAPSED_LATE and sight.symptoms is Symptoms.NO
        last = stretches[-1] if stretches else None
        if last is None or last.row is not row:
            stretches.append(Stretch(on, row, on, painless))
        elif last.without_symptoms is not painless:
            stretches.append(Stretch(on, row, last.row_since, painless))
    now = stretches[-1] if stretches else None
    row = now.row if now else None
    return Story(
        records=rec,
        sight=sight,
        state=state,
        start=start,
        group=_group(rec, sight, is_lesion),
        row=row,
        row_since=now.row_since if now and row else None,
        stretches=[stretch for stretch in stretches if stretch.row is not None],
        ended=_lesion_ended(rec, is_lesion, person_ended),
        conflicts=_conflicts(rec, sight),
    )


def _group(rec: Records, sight: Sight, is_lesion: bool) -> Group | None:
    if not is_lesion or rec.key[0] in WITHOUT_PLAN:
        return None
    return Group.REPLACED if rec.joint.state is JointState.REPLACED else sight.group
