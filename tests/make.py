"""People and joints for tests, made in one line: what a test is not about gets a plausible value."""

import itertools
from datetime import UTC, date, datetime
from typing import Any

from accounts.models import Clinic, Membership, Role, User
from patients import identity
from patients.models import Joint, Patient, Side, Site

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
PASSWORD = "a sentence nobody guesses"
_number = itertools.count(1)


def make_clinic(name: str = "North Hip Clinic", **fields: Any) -> Clinic:
    return Clinic.objects.create(**({"name": name, "phone": "+442071234567"} | fields))


def make_staff(clinic: Clinic, role: str = Role.COORDINATOR, **fields: Any) -> User:
    """A member of staff who can sign in with `PASSWORD`."""
    n = next(_number)
    user = User.objects.create_user(
        **({"username": f"{role}{n}", "email": f"{role}{n}@example.org", "name": f"Staff {n}"} | fields),
        password=PASSWORD,
    )
    Membership.objects.create(user=user, clinic=clinic, role=role)
    return user


def make_patient(clinic: Clinic, *, sign_in: bool = False, **fields: Any) -> Patient:
    """`sign_in=True`: with a user whose password is `PASSWORD`."""
    n = next(_number)
    chosen: dict[str, Any] = {
        "clinic": clinic,
        "mrn": f"N-{n}",
        "family_name": "Example",
        "given_name": f"Person{n}",
        "born": date(1980, 5, 2),
        "phone": f"+4477009{n:05}",
        "email": f"person{n}@example.org",
        "registered_at": NOW,
    } | fields
    keys: dict[str, Any] = {
        "mrn_key": identity.mrn_key(chosen["mrn"]),
        "name_key": identity.name_key(chosen["family_name"], chosen["given_name"]),
    }
    if sign_in:
        keys["user"] = User.objects.create_user(
            username=f"patient{n}", email=f"patient{n}@example.org", password=PASSWORD
        )
    return Patient.objects.create(**(keys | chosen))


def make_joint(patient: Patient, site: str = Site.HIP, side: str = Side.LEFT, **fields: Any) -> Joint:
    return Joint.objects.create(
        **({"patient": patient, "site": site, "side": side, "state": Joint.State.LESION, "entered_at": NOW} | fields)
    )
