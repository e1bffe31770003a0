"""Finding people who may be on record already."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Clinic
from patients import identity
from patients.models import PainLog, Patient

MOST = 60  # records compared for one question
SHOWN = 5
MOST_ZEROS = 8  # leading zeros that one system may add to another's number


@dataclass(frozen=True)
class LookAlike:
    """A record that may be the same person, and in what."""

    patient: Patient
    likeness: identity.Likeness
    alike: frozenset[identity.Alike]
    same_name: bool  # to the letter, but for case and accents

    @property
    def very(self) -> bool:
        return self.likeness == identity.Likeness.VERY

    @property
    def same_mrn(self) -> bool:
        return identity.Alike.MRN in self.alike

    @property
    def same_born(self) -> bool:
        return identity.Alike.BORN in self.alike

    @property
    def same_phone(self) -> bool:
        return identity.Alike.PHONE in self.alike

    @property
    def same_email(self) -> bool:
        return identity.Alike.EMAIL in self.alike

    @property
    def about(self) -> list[str]:
        """What else is worth knowing, in words."""
        words = {
            identity.Alike.SWAPPED: _("Family and given name may be swapped."),
            identity.Alike.MRN_BUT_ZEROS: _("The MRN differs only in leading zeros."),
        }
        return [str(text) for alike, text in words.items() if alike in self.alike]


def as_person(patient: Patient) -> identity.Person:
    return identity.Person(
        family_name=patient.family_name,
        given_name=patient.given_name,
        born=patient.born,
        mrn=patient.mrn,
        phones=frozenset({patient.phone, patient.other_phone} - {""}),
        email=patient.email,
    )


def look_alikes(person: identity.Person, *, clinic: Clinic, but: int | None = None) -> list[LookAlike]:
    """People of this clinic who may be this person, the likeliest first; `but` is the row of the person itself."""
    found = []
    for patient in _candidates(person, clinic=clinic):
        likeness, alike = identity.compare(person, as_person(patient))
        if likeness and patient.pk != but:
            same_name = identity.name_key(person.family_name, person.given_name) == patient.name_key
            found.append(LookAlike(patient, likeness, alike, same_name))
    return sorted(found, key=lambda each: (-each.likeness, -len(each.alike), each.patient.name_key))[:SHOWN]


def _candidates(person: identity.Person, *, clinic: Clinic) -> list[Patient]:
    """Those who share something that an index finds: birth date, number or address, then those with a like name."""
    here = Patient.objects.at(clinic).order_by("name_key", "pk")
    same, like = _same_fact(person), _like_name(person)
    return list(dict.fromkeys([*here.filter(same)[:MOST], *here.filter(like)[:MOST]]))


def _same_fact(person: identity.Person) -> Q:
    wanted = Q(pk__in=[])
    if person.born:
        wanted |= Q(born=person.born)
    if key := identity.mrn_key(person.mrn):
        bare = key.lstrip("0")
        wanted |= Q(mrn_key__in=[key, *("0" * zeros + bare for zeros in range(MOST_ZEROS))])
    if person.phones:
        wanted |= Q(phone__in=person.phones) | Q(other_phone__in=person.phones)
    if person.email:
        wanted |= Q(email__iexact=person.email)
    return wanted


def _like_name(person: identity.Person) -> Q:
    """A name that begins alike, in either order, where the birth date may be the same one mistyped."""
    starts = [key[:4] for name in (person.family_name, person.given_name) if (key := identity.search_key(name))]
    wanted = Q(pk__in=[])
    for start in starts:
        wanted |= Q(name_key__startswith=start)
    if born := person.born:
        wanted &= Q(born=None) | Q(born__year=born.year) | Q(born__month=born.month, born__day=born.day)
    return wanted


def last_sign_of(patient: Patient) -> date | None:
    """The last day on which something about this person was made or felt."""
    zone = patient.zone
    felt = PainLog.objects.filter(joint__patient=patient, entered_in_error=False).aggregate(at=Max("felt_at"))["at"]
    made = patient.studies.filter(entered_in_error=False).aggregate(on=Max("made_on"))["on"]
    days = [day for day in (felt.astimezone(zone).date() if felt else None, made) if day]
    return max(days, default=None)
