"""Addresses of things in long lists: each pattern is reversed once, and the ids are put in."""

from functools import lru_cache
from uuid import UUID

from django.urls import reverse

_FIRST, _SECOND = UUID(int=1), UUID(int=2)


@lru_cache(maxsize=16)
def _pattern(route: str, ids: int) -> str:
    return reverse(route, args=[_FIRST, _SECOND][:ids])


def patient(patient_id: UUID) -> str:
    return _pattern("followups:patient", 1).replace(str(_FIRST), str(patient_id))


def call(follow_up_id: UUID) -> str:
    return _pattern("followups:strip", 1).replace(str(_FIRST), str(follow_up_id))


def flag(flag_id: UUID) -> str:
    return _pattern("followups:flag", 1).replace(str(_FIRST), str(flag_id))


def study(patient_id: UUID, study_id: UUID) -> str:
    pattern = _pattern("patients:study", 2)
    return pattern.replace(str(_FIRST), str(patient_id)).replace(str(_SECOND), str(study_id))
