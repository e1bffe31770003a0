"""Keeping the stored plan true to the record: what is due is worked out by `clinical.protocol`, and kept here.

`replan` runs inside the transaction that changed the record. It completes what a study has answered, ends what no
longer holds, and opens what is next, with the reason and the difference. One live follow-up for each lesion.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts import clock
from accounts.models import Clinic, User
from clinical import protocol as medicine
from clinical.history import Person
from clinical.protocol import DEFAULT_PROTOCOL, Protocol
from clinical.reasons import Reason
from followups import reminding
from followups.models import DiaryMemory, FollowUp, JointPlan, PatientPlan, ProtocolVersion, Reminder
from patients import history
from patients.models import ImagingStudy, Joint, Patient
from patients.signals import record_changed

Status = FollowUp.Status

# Order of danger on the worklist.
GROUP_RANK = {"collapsed": 0, "large": 1, "not_sized": 2, "medium": 3, "small": 4, "replaced": 5}

ASKED_BY_HAND = "asked_for"  # the row of a follow-up that no protocol asks for

# Where reaching the patient stands: kept when a follow-up gives way to another that still has to be done.
CONTACT_STATE = (
    "owner_id",
    "next_contact_on",
    "next_contact_note",
    "no_answer_count",
    "promised_on",
    "barrier",
    "snoozed_until",
    "snooze_reason",
    "escalated_to",
    "brought_forward_to",
    "brought_forward_studies",
    "brought_forward_until",
    "brought_forward_at",
    "brought_forward_by_id",
)


@receiver(record_changed, dispatch_uid="plan anew")
def _on_record_changed(sender: Any, *, patient: Patient, by: User | None, now: datetime, **kwargs: Any) -> None:
    replan(patient, by=by, now=now)


def in_force(clinic: Clinic) -> tuple[ProtocolVersion, Protocol]:
    """The clinic's newest activated protocol; a clinic without one begins with the default."""
    version = clinic.protocols.filter(activated_at__isnull=False).order_by("-number").first()
    if version is None:
        version, _ = ProtocolVersion.objects.get_or_create(
            clinic=clinic,
            number=DEFAULT_PROTOCOL.version,
            defaults={"data": DEFAULT_PROTOCOL.to_json(), "activated_at": clinic.created_at},
        )
    return version, protocol_of(version)


def protocol_of(version: ProtocolVersion) -> Protocol:
    """The tables of one version. Most clinics run the default, which need not be read again."""
    if version.data == DEFAULT_PROTOCOL.to_json():
        return DEFAULT_PROTOCOL
    return Protocol.from_json(version.data)


@transaction.atomic
def replan(patient: Patient, *, by: User | None, now: datetime, hold_late: bool = False) -> None:
    """Work out this person's plan anew and store it.

    hold_late: what is due already is held back from reminders until a person releases it (a register brought in).
    """
    patient = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("clinic").get(pk=patient.pk)
    version, tables = in_force(patient.clinic)
    person, today = history.load(patient), clock.day_of(now, patient.clinic)
    plan = medicine.plan(person, as_of=today, protocol=tables)
    DiaryMemory.objects.filter(joint__patient=patient).delete()  # the record it was judged against has changed
    PatientPlan.objects.update_or_create(
        patient=patient, defaults=_plan_as_columns(person, plan, version=version, today=today, now=now)
    )
    keeper = _Keeper(patient, person, version, tables, today, by, now, hold_late)
    joints = {(j.site, j.side): j for j in Joint.objects.filter(patient=patient)}
    live = {f.joint_id: f for f in FollowUp.objects.live().filter(patient=patient)}
    for planned in plan.joints:
        joint = joints[str(planned.site), str(planned.side)]
        _store_joint(joint, planned)
        keeper.keep(joint, planned, live.get(joint.pk))


@transaction.atomic
def plan_first(
    patients: Sequence[Patient], *, clinic: Clinic, by: User | None, now: datetime, hold_late: bool = False
) -> None:
    """The first plan of many new people of one clinic: what `replan` would store for each, in a few queries."""
    (version, tables), today = in_force(clinic), clock.day_of(now, clinic)
    people = history.load_all(patients)
    joints = {(j.patient_id, j.site, j.side): j for j in Joint.objects.filter(patient__in=patients)}
    plans, joint_plans, opened = [], [], []
    for patient in patients:
        person = people[patient.pk]
        plan = medicine.plan(person, as_of=today, protocol=tables)
        columns = _plan_as_columns(person, plan, version=version, today=today, now=now)
        plans.append(PatientPlan(patient=patient, **columns))
        keeper = _Keeper(patient, person, version, tables, today, by, now, hold_late)
        for planned in plan.joints:
            joint = joints[patient.pk, str(planned.site), str(planned.side)]
            joint_plans.append(JointPlan(joint=joint, **_joint_plan_as_columns(planned)))
            if planned.follow_up:
                opened.append((keeper.first(joint, planned, planned.follow_up), planned.follow_up.window_name))
    PatientPlan.objects.bulk_create(plans)
    JointPlan.objects.bulk_create(joint_plans)
    FollowUp.objects.bulk_create(follow_up for follow_up, _name in opened)
    Reminder.objects.bulk_create(
        reminder
        for follow_up, name in opened
        if not follow_up.contact_failure
        for reminder in reminding.reminders_of(follow_up, days_before=tables.windows[name].reminders, now=now)
    )


def _plan_as_columns(
    person: Person, plan: medicine.Plan, *, version: ProtocolVersion, today: date, now: datetime
) -> dict[str, Any]:
    return {
        "protocol": version,
        "planned_on": today,
        "planned_at": now,
        "replan_on": medicine.changes_on(person, plan),
        "prompts": [prompt_as_json(prompt) for prompt in plan.prompts],
    }


def renew(patient_id: int, *, now: datetime) -> str:
    """Plan one person anew because the day has come on which the answer may differ."""
    replan(Patient.objects.get(pk=patient_id), by=None, now=now)
    return ""


def preview(patient: Patient, person: Person, *, today: date) -> medicine.Plan:
    """What the plan would be with this record, writing nothing."""
    return medicine.plan(person, as_of=today, protocol=in_force(patient.clinic)[1])


class _Keeper:
    """Brings the live follow-ups of one person into line with a new plan."""

    def __init__(
        self,
        patient: Patient,
        person: Person,
        version: ProtocolVersion,
        tables: Protocol,
        today: date,
        by: User | None,
        now: datetime,
        hold_late: bool,
    ) -> None:
        self.patient, self.person, self.version, self.tables = patient, person, version, tables
        self.today, self.by, self.now, self.hold_late = today, by, now, hold_late

    def keep(self, joint: Joint, planned: medicine.JointPlan, live: FollowUp | None) -> None:
        """Complete, end, update or open the one follow-up of a joint."""
        done = self._completion(planned, live) if live else None
        if live and planned.follow_up and done is None and same_window(live, planned.follow_up.window):
            self._refresh(live, planned, planned.follow_up)
            return
        if live and done is None and self._asked_by_hand(live, planned):
            return
        if live:
            self._end(live, done, planned)
        if planned.follow_up:
            self._open(joint, planned, planned.follow_up, live, completed=done is not None)

    def _asked_by_hand(self, live: FollowUp, planned: medicine.JointPlan) -> bool:
        """A clinician's own wish for a joint that the protocol asks nothing for: it stands until it is answered."""
        return live.row == ASKED_BY_HAND and planned.row is None and planned.ended is None and not self.person.ended

    def _completion(self, planned: medicine.JointPlan, live: FollowUp) -> medicine.Completion | None:
        return medicine.completion(
            self.person,
            joint=planned.key,
            studies=live.studies,
            opens=live.opens_on,
            closes=live.closes_on,
            after=live.counts_from,
            as_of=self.today,
        )

    def _refresh(self, live: FollowUp, planned: medicine.JointPlan, follow_up: medicine.FollowUp) -> None:
        """The same window: what goes along with it, its row and its reasons may have changed."""
        wanted = self._facts(planned, follow_up)
        if any(getattr(live, name) != value for name, value in wanted.items()):
            FollowUp.objects.filter(pk=live.pk).update(**wanted)

    def _end(self, live: FollowUp, done: medicine.Completion | None, planned: medicine.JointPlan) -> None:
        left = planned.follow_up is None
        live.status = Status.COMPLETED if done else Status.ENDED if left else Status.REPLACED
        live.timing = done.timing if done else ""
        live.ended_at = self.now
        live.save(update_fields=["status", "timing", "ended_at"])
        live.reminders.filter(status=Reminder.Status.QUEUED).update(
            status=Reminder.Status.SKIPPED, outcome="no longer needed"
        )
        if done:
            live.completed_by.set(ImagingStudy.objects.filter(pk__in=[study.ref for study in done.by]))

    def _open(
        self,
        joint: Joint,
        planned: medicine.JointPlan,
        follow_up: medicine.FollowUp,
        before: FollowUp | None,
        *,
        completed: bool,
    ) -> None:
        opened = self._new(joint, planned, follow_up)
        if before:
            opened.change = difference(before, follow_up, completed=completed)
            for name in ("owner_id",) if completed else CONTACT_STATE:
                setattr(opened, name, getattr(before, name))
        opened.save(force_insert=True)
        reminding.schedule(opened, days_before=self.tables.windows[follow_up.window_name].reminders, now=self.now)

    def first(self, joint: Joint, planned: medicine.JointPlan, follow_up: medicine.FollowUp) -> FollowUp:
        """The first follow-up of a joint, not stored yet; without a channel it is a coordinator's work at once."""
        opened = self._new(joint, planned, follow_up)
        if not reminding.channels(self.patient):
            opened.contact_failed_at, opened.contact_failure = self.now, "no_channel"
        return opened

    def _new(self, joint: Joint, planned: medicine.JointPlan, follow_up: medicine.FollowUp) -> FollowUp:
        return FollowUp(
            clinic=self.patient.clinic,
            patient=self.patient,
            joint=joint,
            protocol=self.version,
            opened_at=self.now,
            opened_by=self.by,
            counts_from=medicine.last_made(self.person, joint=planned.key, studies=follow_up.studies, as_of=self.today),
            held_at=self.now if self.hold_late and follow_up.window.opens <= self.today else None,
            **window_as_columns(follow_up.window),
            **self._facts(planned, follow_up),
        )

    def _facts(self, planned: medicine.JointPlan, follow_up: medicine.FollowUp) -> dict[str, Any]:
        group = str(planned.group or "not_sized")
        return {
            "studies": list(follow_up.studies),
            "row": str(planned.row),
            "group": group,
            "group_rank": GROUP_RANK[group],
            "reasons": reasons_as_json(planned.reasons),
        }


def same_window(live: FollowUp, window: medicine.Window) -> bool:
    return window_as_columns(window) == {
        "target_on": live.target_on,
        "opens_on": live.opens_on,
        "closes_on": live.closes_on,
        "latest_safe_on": live.latest_safe_on,
    }


def window_as_columns(window: medicine.Window) -> dict[str, date]:
    return {
        "target_on": window.target,
        "opens_on": window.opens,
        "closes_on": window.closes,
        "latest_safe_on": window.latest_safe,
    }


def window_of(follow_up: FollowUp) -> medicine.Window:
    return medicine.Window(follow_up.target_on, follow_up.opens_on, follow_up.closes_on, follow_up.latest_safe_on)


def difference(before: FollowUp, after: medicine.FollowUp, *, completed: bool) -> dict[str, Any]:
    """What is different from the follow-up before it, to be shown to people."""
    return {
        "because": "study" if completed else "record",
        "was": {"target": before.target_on.isoformat(), "studies": before.studies, "row": before.row},
        "is": {"target": after.window.target.isoformat(), "studies": list(after.studies)},
    }


def reasons_as_json(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Codes with their values; days become text, and `followups.words` makes sentences of them."""
    return [
        {"code": r.code, "params": {k: v.isoformat() if isinstance(v, date) else v for k, v in r.params.items()}}
        for r in reasons
    ]


def prompt_as_json(prompt: medicine.Prompt) -> dict[str, Any]:
    return {
        "code": prompt.code,
        "site": prompt.site,
        "side": prompt.side,
        "target": prompt.target.isoformat() if prompt.target else None,
    }


def clock_as_json(clock_: medicine.PlannedStudy) -> dict[str, Any]:
    """One clock, in the words of protocol.md section 9."""
    window = clock_.window
    answer = {
        "study": clock_.study,
        "target": window.target.isoformat(),
        "opens": window.opens.isoformat(),
        "closes": window.closes.isoformat(),
        "latest_safe": window.latest_safe.isoformat(),
    }
    return answer | ({"instead_of": clock_.clock, "because": str(clock_.because)} if clock_.because else {})


def _store_joint(joint: Joint, planned: medicine.JointPlan) -> None:
    JointPlan.objects.update_or_create(joint=joint, defaults=_joint_plan_as_columns(planned))


def _joint_plan_as_columns(planned: medicine.JointPlan) -> dict[str, Any]:
    ended_on, ended_reason = planned.ended or (None, "")
    return {
        "state": str(planned.state),
        "group": str(planned.group or ""),
        "row": str(planned.row or ""),
        "row_since": planned.row_since,
        "start": planned.start,
        "clocks": [clock_as_json(clock_) for clock_ in planned.clocks],
        "conflicts": reasons_as_json(planned.conflicts),
        "reasons": reasons_as_json(planned.reasons),
        "ended_on": ended_on,
        "ended_reason": ended_reason,
    }
