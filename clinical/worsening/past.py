"""What one joint's diary has told so far: the last three months of entries, and where its level stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import date
from statistics import median

from clinical.worsening import change
from clinical.worsening.diary import Entry, JointContext, OperationKind
from clinical.worsening.policy import Policy

KEPT_DAYS = 92  # longer than any window of any rule
NONE_YET = (0, 0)
SETTLING_DAYS = 2  # days with an entry since a flag opened that say what pain has come to


class Past:
    """Grows with the entries of three months, never with the diary."""

    __slots__ = (
        "_earlier", "_recent", "context", "day", "days", "eve", "healings", "level_spoken", "of_day", "policy",
        "standing", "value",
    )  # fmt: skip

    def __init__(self, context: JointContext, policy: Policy) -> None:
        self.context = context
        self.policy = policy
        self._recent: deque[tuple[int, Entry]] = deque()
        self._earlier: Callable[[], Iterable[Entry]] | None = None
        self.day = 0
        self.days = 0  # days with a number, since the usual level was last begun
        self.value = 0.0  # the mean of the day's entries
        self.level_spoken = False
        self.standing: change.Standing | None = None
        self.healings = tuple((op.on.toordinal(), _healed(op.on, op.kind, policy)) for op in context.operations)
        self.eve: change.Standing | None = None  # before the entries of this day
        self.of_day = NONE_YET  # the sum of this day's numbers, and how many they are
        if context.clinic_usual is not None:
            self.eve = change.begin(0, context.clinic_usual, policy, weight=float(policy.clinic_usual_weight))
            self.standing = self.eve

    def take(self, entry: Entry, *, frozen: bool) -> int:
        """Remember the entry and move the level on. Gives its day."""
        day = max(entry.felt_at.toordinal(), self.day)
        recent = self._recent
        recent.append((day, entry))
        while recent[0][0] <= day - KEPT_DAYS:
            recent.popleft()
        if entry.nrs is not None and 0 <= entry.nrs <= 10 and not (self.healings and self.healing(day) is not None):
            self._learn(day, entry.nrs, frozen)
        self.day = day
        return day

    def recall(self, earlier: Callable[[], Iterable[Entry]]) -> None:
        """Entries of the last months that were taken before, in order: asked for when a rule looks back at them."""
        self._earlier = earlier

    @property
    def recent(self) -> deque[tuple[int, Entry]]:
        """The entries of the last months with their days, the oldest first."""
        if self._earlier is not None:
            earlier, self._earlier = self._earlier(), None
            days = [(entry.felt_at.toordinal(), entry) for entry in earlier]
            self._recent.extendleft((day, entry) for day, entry in reversed(days) if day > self.day - KEPT_DAYS)
        return self._recent

    def _learn(self, day: int, nrs: int, frozen: bool) -> None:
        if self.healings and self.standing is not None and self._operated_between(self.standing.day, day):
            self.standing = None  # after an operation the usual level begins anew
            self.eve = None
            self.days = 0
        total, many = self.of_day
        if day != self.day or not many:
            self.eve, total, many = self.standing, 0, 0
            self.days += 1
        self.of_day = (total + nrs, many + 1)
        self.value = value = (total + nrs) / (many + 1)
        if self.eve is None:
            self.standing = change.begin(day, value, self.policy)
        else:
            self.standing = change.advance(self.eve, day, value, self.policy, frozen=frozen)

    def _operated_between(self, before: int, day: int) -> bool:
        return any(before < healed <= day and before > 0 for _, healed in self.healings)

    def healing(self, day: int) -> int | None:
        """Days since the operation whose window this day is in; None outside of any."""
        since = [day - on for on, healed in self.healings if on <= day < healed]
        return min(since) if since else None

    def known_usual(self) -> float | None:
        """None: too few days to say."""
        return self._usual_of(self.standing)

    def usual_before(self) -> float | None:
        """The usual level before this day's entries had a say in it. None: too few days to say."""
        return self._usual_of(self.eve if self.of_day[1] else self.standing)

    def _usual_of(self, standing: change.Standing | None) -> float | None:
        return standing.usual if standing is not None and standing.weight >= self.policy.usual_entries else None

    def window(self, first: int, last: int) -> list[Entry]:
        """The entries of these days, both included."""
        return [entry for day, entry in self.recent if first <= day <= last]

    def numbers(self, first: int, last: int) -> dict[int, list[int]]:
        """The pain numbers of these days, by day."""
        found: dict[int, list[int]] = {}
        for day, entry in self.recent:
            if entry.nrs is not None and first <= day <= last:
                found.setdefault(day, []).append(entry.nrs)
        return found

    def recent_level(self, day: int) -> float | None:
        """Median of the last days; None where fewer than two of them have an entry."""
        numbers = self.numbers(day - self.policy.recent_days + 1, day)
        return float(median(nrs for of_day in numbers.values() for nrs in of_day)) if len(numbers) >= 2 else None

    def accept(self, began: date, opened: date) -> None:
        """A reviewer took what pain has come to as usual: the level since the flag opened.

        The days from `began` until then were picked for being high; they count where there are too few since.
        """
        numbers = self.numbers(opened.toordinal() + 1, self.day)
        if len(numbers) < SETTLING_DAYS:
            numbers = self.numbers(began.toordinal(), self.day)
        if self.standing is None or not numbers:
            return
        level = sum(sum(of_day) / len(of_day) for of_day in numbers.values()) / len(numbers)
        self.standing = change.accept(self.standing, level, len(numbers), self.policy)
        self.of_day = NONE_YET

    def keep(self) -> None:
        """A reviewer kept the usual level: what was weighed so far is done with."""
        if self.standing is not None:
            self.standing = change.keep(self.standing)
            self.of_day = NONE_YET


def _healed(on: date, kind: OperationKind, policy: Policy) -> int:
    weeks = policy.arthroplasty_weeks if kind is OperationKind.ARTHROPLASTY else policy.preserving_weeks
    return on.toordinal() + 7 * weeks
