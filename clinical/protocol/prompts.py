"""Prompts: things to do once that are no follow-ups. protocol.md section 8."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from clinical.history import JointState, Symptoms
from clinical.months import months
from clinical.protocol.rows import Story
from clinical.protocol.tables import PromptNumbers, Row
from clinical.sites import HIPS, WITHOUT_PLAN, Side, Site
from clinical.sizing import Group
from clinical.treatments import REVISION


@dataclass(frozen=True, slots=True)
class Prompt:
    """site and side are None where no one joint is meant; target None: no day, or the start it needs is not known."""

    code: str
    site: Site | None
    side: Side | None
    target: date | None = None


def _about(story: Story, code: str, target: date | None = None) -> Prompt:
    return Prompt(code, *story.records.key, target)


def _later(day: date | None, days: int) -> date | None:
    return None if day is None else day + timedelta(days=days)


def prompts(stories: Sequence[Story], numbers: PromptNumbers) -> Iterator[Prompt]:
    """Prompts of a person who has not ended. The stories hold both hips, also where the record does not list them."""
    lesions = [story for story in stories if story.is_lesion]
    yield from _hips(stories, lesions, numbers)
    if lesions:
        yield from _painful(stories, numbers)
    yield from _multifocal(lesions, numbers)
    for story in lesions:
        yield from _of_lesion(story, numbers)


def _hips(stories: Sequence[Story], lesions: Sequence[Story], numbers: PromptNumbers) -> Iterator[Prompt]:
    hips = [story for story in stories if story.records.key in HIPS]
    ill = [hip for hip in hips if hip.is_lesion]
    if len(ill) == 1:
        other = next(hip for hip in hips if not hip.is_lesion)
        yield from _other_hip(ill[0], other, numbers)
    elsewhere = [story for story in lesions if story.records.key[0] not in WITHOUT_PLAN]
    if not ill and elsewhere:
        start = _earliest(story.start for story in elsewhere)
        for hip in hips:
            if _unseen(hip):
                yield _about(hip, "image_both_hips", _later(start, numbers.image_both_hips_days))


def _unseen(hip: Story) -> bool:
    """Never imaged, or clear but never on an MRI: an X-ray misses early disease."""
    return hip.state is JointState.NEVER_IMAGED or not hip.records.mr


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _other_hip(ill: Story, other: Story, numbers: PromptNumbers) -> Iterator[Prompt]:
    start, made = ill.start, other.records.mr
    if _unseen(other):
        yield _about(other, "image_other_hip", _later(start, numbers.image_other_hip_days))
        return
    first = made[0] if start is None else next((day for day in made if day >= start), made[-1])
    again = months(first, numbers.repeat_mri_months)
    if made[-1] >= again - timedelta(days=numbers.repeat_mri_early_days):
        return
    not_before = _later(start, numbers.repeat_mri_not_before_days)
    yield _about(other, "repeat_mri_other_hip", None if not_before is None else max(again, not_before))


def _newest_pain(story: Story) -> date | None:
    """First day of the newest unbroken run of symptoms; None: never any."""
    began: date | None = None
    before = Symptoms.NO
    for on, status in story.records.symptoms.items():
        if status is Symptoms.YES and before is not Symptoms.YES:
            began = on
        before = status
    return began


def _painful(stories: Sequence[Story], numbers: PromptNumbers) -> Iterator[Prompt]:
    for story in stories:
        if story.is_lesion or story.records.key[0] is Site.JAW:
            continue
        began = _newest_pain(story)
        made = story.records.mr
        if began is not None and not (made and made[-1] >= began):
            yield _about(story, "image_painful_joint", _later(began, numbers.image_painful_joint_days))


def _multifocal(lesions: Sequence[Story], numbers: PromptNumbers) -> Iterator[Prompt]:
    counted = [story for story in lesions if story.records.key[0] is not Site.JAW]
    sites = {story.records.key[0] for story in counted}
    if len(sites) < numbers.multifocal_sites:
        return
    starts = sorted(_earliest(s.start for s in counted if s.records.key[0] is site) or date.min for site in sites)
    since = starts[numbers.multifocal_sites - 1]
    if not any(_reviewed_from(story, since) for story in counted):
        yield Prompt("multifocal_review", None, None)


def _reviewed_from(story: Story, day: date) -> bool:
    reviews = story.records.reviews
    return bool(reviews) and reviews[-1] >= day


def _of_lesion(story: Story, numbers: PromptNumbers) -> Iterator[Prompt]:
    site = story.records.key[0]
    if site is Site.HIP and story.row is Row.LARGE and story.group is Group.NOT_SIZED:
        yield _about(story, "size_lesion")
    settled = story.group in (Group.COLLAPSED, Group.REPLACED)
    if story.sight.nameless is not None and not settled and site not in WITHOUT_PLAN:
        yield _about(story, "name_stage_system")
    yield from _surgeon(story, numbers)
    endings = story.records.endings
    if story.state is JointState.REPLACED and (not endings or endings[0][1] == REVISION):
        yield _about(story, "date_of_operation")


def _surgeon(story: Story, numbers: PromptNumbers) -> Iterator[Prompt]:
    since = story.row_since
    if since is None:
        return
    if story.row is Row.MEDIUM and not _reviewed_from(story, months(since, -numbers.surgeon_review_lookback_months)):
        yield _about(story, "surgeon_review", _later(since, numbers.surgeon_review_medium_days))
    if _reviewed_from(story, since):
        return
    if story.row is Row.LARGE:
        yield _about(story, "surgeon_review", _later(since, numbers.surgeon_review_large_days))
    elif story.row is Row.COLLAPSED_EARLY:
        yield _about(story, "surgeon_review", _later(since, numbers.surgeon_review_collapsed_early_days))
    elif story.row is Row.COLLAPSED_LATE:
        yield _about(story, "discuss_replacement")
