"""Worsening in a joint that has not collapsed: which picture is proposed, and within how many opening days.

A proposal is shown beside what the protocol would do by itself; a clinician plans it or does not. It says nothing about
what the joint will do.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from clinical.history import Constraint
from clinical.protocol.planning import instead
from clinical.worsening import DEFAULT, Policy

# What a rule said (`clinical.worsening.words`), by how fast it came.
SUDDEN = frozenset({"sudden"})
SUSTAINED = frozenset({"step", "silent"})


@dataclass(frozen=True)
class Proposal:
    """One study, within so many opening days. `because`: a code of why this one and not another."""

    study: str
    within: int
    sudden: bool
    because: str


def proposal(
    said: Collection[str],
    constraints: frozenset[Constraint],
    *,
    days_since_film: int | None,
    policy: Policy = DEFAULT,
) -> Proposal | None:
    """For a joint with a lesion before collapse. None: the rules said nothing sudden or sustained.

    MRI shows a fracture under the joint surface and marrow oedema. Where a fresh X-ray shows no collapse, CT shows a
    fracture line that a film misses. Who may not have the one has the other; who may have neither is seen.
    """
    sudden = not SUDDEN.isdisjoint(said)
    if not sudden and SUSTAINED.isdisjoint(said):
        return None
    within = policy.image_sudden_days if sudden else policy.image_sustained_days
    fresh = days_since_film is not None and days_since_film <= policy.image_film_days
    if fresh and Constraint.PREGNANT not in constraints:
        return Proposal("CT", within, sudden, "film_shows_none")
    study, swapped = instead("MR", constraints)
    return Proposal(study, within, sudden, _why(study, swapped, constraints))


def _why(study: str, swapped: Constraint | None, constraints: frozenset[Constraint]) -> str:
    if study == "VISIT":
        return "neither"
    if swapped is not None:
        return str(swapped)
    return "pregnant" if Constraint.PREGNANT in constraints else "first"
