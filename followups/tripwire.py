"""The proposal on a flag's card: CT or MRI within days, because a joint that has not collapsed got worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.templatetags.words import day
from clinical import tripwire
from clinical.history import Constraint
from followups import opening_days, overriding, policies, words
from followups.models import Flag, FollowUp, JointPlan
from patients.models import ImagingStudy, Joint

BEFORE_COLLAPSE = frozenset({"large", "medium", "small", "not_sized"})
SHOWS_IT = ("MR", "CT")
FILMS = ("DX", "CR")
WHY: dict[str, Promise | str] = {
    "film_shows_none": gettext_lazy("The last X-ray shows no collapse; CT shows a fracture line that a film misses."),
    "first": gettext_lazy("MRI shows a fracture under the joint surface and marrow oedema."),
    "mri_unsafe": gettext_lazy("MRI is not safe for this person, so CT."),
    "pregnant": gettext_lazy("Pregnant: MRI, no X-ray and no CT."),
    "neither": gettext_lazy("Pregnant, and MRI is not safe: a visit, to decide together."),
}


@dataclass(frozen=True)
class Proposal:
    """What one press plans, as it is shown."""

    study: str
    by: date
    exam: str
    reason: str
    why: str
    within: int

    @property
    def said(self) -> str:
        """'CT hip by Wed 25 Nov'."""
        return _("%(exam)s by %(day)s") % {"exam": self.exam, "day": day(self.by)}


def proposed(flag: Flag, plan: JointPlan | None, follow_up: FollowUp | None, *, today: date) -> Proposal | None:
    """None: nothing sudden or sustained, collapsed or replaced already, planned already, or made since it began."""
    if flag.closed_at or flag.joint.state != Joint.State.LESION or plan is None or plan.group not in BEFORE_COLLAPSE:
        return None
    studies = _studies(flag)
    films = [study.made_on for study in studies if study.modality in FILMS and study.reviewed_at]
    found = tripwire.proposal(
        _said(flag),
        frozenset(Constraint(name) for name in flag.patient.constraints),
        days_since_film=(today - max(films)).days if films else None,
        policy=policies.in_force(flag.clinic)[1],
    )
    if found is None or _made(studies, began_on(flag, today)) or _asked(follow_up, found.study):
        return None
    latest = overriding.latest(follow_up, today=today)
    by = min(opening_days.next_opening_day(flag.clinic, today, number=found.within), latest)
    reason = _("The rise was sudden.") if found.sudden else _("The rise has stayed.")
    return Proposal(
        found.study, by, words.exam((found.study,), flag.joint.site), reason, str(WHY[found.because]), found.within
    )


def began_on(flag: Flag, today: date) -> date:
    """The first day of the change that the rule speaks of."""
    began = flag.evidence.get("began_on")
    return date.fromisoformat(began) if began else flag.opened_at.astimezone(flag.patient.zone).date()


def _said(flag: Flag) -> set[str]:
    return {str((hit.get("why") or {}).get("code")) for hit in [flag.evidence, *flag.hits]}


def _studies(flag: Flag) -> list[ImagingStudy]:
    rows = ImagingStudy.objects.filter(patient=flag.patient, entered_in_error=False, modality__in=(*SHOWS_IT, *FILMS))
    return [study for study in rows if [flag.joint.site, flag.joint.side] in study.covers]


def _made(studies: Sequence[ImagingStudy], since: date) -> bool:
    return any(study.modality in SHOWS_IT and study.made_on >= since for study in studies)


def _asked(follow_up: FollowUp | None, study: str) -> bool:
    return follow_up is not None and study in follow_up.brought_forward_studies
