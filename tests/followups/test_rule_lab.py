"""Thresholds of a clinic: a draft, its run on the clinic's own year, and the second person."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from accounts import access
from accounts.models import AuditEvent, Clinic, Role, User
from clinical.worsening import DEFAULT, Entry, Policy, replay
from clinical.worsening.backtest import Row
from followups import flagging, policies, proving, rule_lab
from followups.models import Flag, PolicyRun, PolicyVersion
from followups.rule_lab import Standing
from patients.models import Joint, PainLog, Patient
from tests import make

pytestmark = pytest.mark.django_db

NOW = make.NOW
SLICE = timedelta(seconds=60)
RULES = "/clinic/settings/rules/"
# A usual level of about 2 for ten weeks, then about 6 for three.
WORSE = [*[2, 3, 2, 1, 2, 3, 2] * 10, *[6, 5, 6, 7, 6, 6, 5] * 3]


def keep_diary(joint: Joint, numbers: Sequence[int], *, last: datetime = NOW - timedelta(hours=3), **box: Any) -> None:
    """One entry a day; the last one then."""
    for back, nrs in enumerate(reversed(numbers)):
        at = last - timedelta(days=back)
        PainLog.objects.create(
            joint=joint, client_id=uuid4(), felt_at=at, entered_at=at, nrs=nrs, judged_at=at, **box
        )  # fmt: skip


def close_flag(joint: Joint, by: User, *, opened_at: datetime, outcome: str, rule: int = 7, **fields: Any) -> Flag:
    return Flag.objects.create(
        clinic=joint.patient.clinic, patient=joint.patient, joint=joint, severity="amber", severity_rank=1, rule=rule,
        sentence={}, opened_at=opened_at, due_at=opened_at, closed_at=opened_at + timedelta(days=3), closed_by=by,
        outcome=outcome, next_step="see again", **fields,
    )  # fmt: skip


def draft(clinic: Clinic, by: User, *, seen: int = 0, **values: float) -> PolicyVersion:
    return policies.save_draft(
        clinic, by=by, role=access.CLINICIAN, now=NOW, values=values, note="too many", minutes_per_flag=10, seen=seen
    )


def run_on(found: PolicyVersion, by: User, now: datetime = NOW) -> PolicyRun:
    run = rule_lab.start(found.clinic, by=by, role=access.CLINICIAN, now=now, seen=found.version)
    assert rule_lab.go_on(run.pk, now=now, slice_=SLICE)
    run.refresh_from_db()
    return run


def typed(policy: Policy = DEFAULT, **changed: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    values = {name: value for name, value in policies.as_data(policy).items() if name != "version"}
    return {**values, "note": "too many flags", "minutes_per_flag": 10, "seen": 0} | changed


@pytest.fixture
def colleague(clinic: Clinic) -> User:
    return make.make_staff(clinic, Role.CLINICIAN)


@pytest.fixture
def desk(client: Client, clinician: User) -> Client:
    client.force_login(clinician)
    return client


def test_a_clinic_begins_with_the_default_and_needs_no_row(clinic: Clinic) -> None:
    assert policies.in_force(clinic) == (1, DEFAULT)
    assert not PolicyVersion.objects.exists()


def test_a_draft_judges_nobody(clinic: Clinic, clinician: User) -> None:
    draft(clinic, clinician, injury_nrs=9)
    assert policies.in_force(clinic) == (1, DEFAULT)


def test_diaries_are_judged_by_what_is_in_force_and_the_flag_says_so(
    clinic: Clinic, clinician: User, colleague: User, patient: Patient
) -> None:
    found = draft(clinic, clinician, injury_nrs=4)
    run_on(found, clinician)
    rule_lab.approve(clinic, by=colleague, role=access.CLINICIAN, now=NOW, seen=found.version)
    joint = make.make_joint(patient)
    keep_diary(joint, [5], injury=True)

    flag = flagging.judge_joint(joint, now=NOW)

    assert flag
    assert (flag.rule, flag.policy_version, flag.evidence["thresholds"]["injury_nrs"]) == (2, 2, 4)


@pytest.mark.parametrize("numbers", [WORSE, [2, 3, 2, 1] * 30, [0] * 60 + [4] * 20])
def test_a_run_counts_what_replay_counts_on_the_same_diary(
    clinic: Clinic, clinician: User, patient: Patient, numbers: list[int]
) -> None:
    joint = make.make_joint(patient)
    keep_diary(joint, numbers)
    found = draft(clinic, clinician, evidence_needed=20)
    run = run_on(found, clinician)

    zone = ZoneInfo(clinic.time_zone)
    rows = [
        Row("p", "j", Entry(NOW.astimezone(zone) - timedelta(hours=3, days=back), nrs))
        for back, nrs in reversed(list(enumerate(reversed(numbers))))
    ]
    expected = [len(list(replay(rows, policy=policy))) for policy in (DEFAULT, policies.read(found.data))]
    tally = rule_lab.Tally(**run.result)
    assert tally.raised == expected
    assert [sum(pair[n] for pair in tally.weeks.values()) for n in (0, 1)] == expected
    assert tally.entries == len(numbers)


def test_a_worsening_that_the_draft_would_miss_is_named_with_its_patient(
    desk: Client, clinic: Clinic, clinician: User, patient: Patient
) -> None:
    joint = make.make_joint(patient)
    keep_diary(joint, WORSE)
    close_flag(joint, clinician, opened_at=NOW - timedelta(days=17), outcome="imaging")
    run = run_on(draft(clinic, clinician, evidence_needed=50), clinician)

    tally = rule_lab.Tally(**run.result)
    assert (tally.confirmed, tally.seen) == (1, [1, 0])
    page = desk.get(RULES + "draft/").content.decode()
    assert "Would have been missed" in page
    assert f"/clinic/patients/{patient.public_id}/" in page


def test_what_became_of_the_flags_is_told_apart(clinic: Clinic, clinician: User) -> None:
    for outcome in ("treatment", "no_change"):
        joint = make.make_joint(make.make_patient(clinic))
        keep_diary(joint, WORSE)
        close_flag(joint, clinician, opened_at=NOW - timedelta(days=17), outcome=outcome)
    keep_diary(make.make_joint(make.make_patient(clinic)), WORSE)

    became = rule_lab.Tally(**run_on(draft(clinic, clinician, injury_nrs=9), clinician).result).became
    assert became["acted"][0] >= 1
    assert became["not_acted"][0] >= 1
    assert became["nobody"][0] >= 1
    assert all(before == after for before, after in became.values())


def test_a_run_changes_no_record(clinic: Clinic, clinician: User, patient: Patient) -> None:
    keep_diary(make.make_joint(patient), WORSE)
    run_on(draft(clinic, clinician, injury_nrs=9), clinician)
    assert not Flag.objects.exists()


def test_another_clinics_diaries_are_not_in_a_run(clinic: Clinic, clinician: User) -> None:
    keep_diary(make.make_joint(make.make_patient(make.make_clinic("South"))), WORSE)
    run = run_on(draft(clinic, clinician, injury_nrs=9), clinician)
    assert (run.joints, run.result["entries"]) == (0, 0) if run.result else run.joints == 0


def test_entries_of_before_the_year_only_teach(clinic: Clinic, clinician: User, patient: Patient) -> None:
    joint = make.make_joint(patient)
    keep_diary(joint, [5], last=NOW - timedelta(days=380), clot=True)
    keep_diary(joint, [2])
    tally = rule_lab.Tally(**run_on(draft(clinic, clinician, injury_nrs=9), clinician).result)
    assert (tally.entries, tally.raised) == (1, [0, 0])


def test_a_run_goes_on_where_a_dead_worker_left_it(
    clinic: Clinic, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        keep_diary(make.make_joint(make.make_patient(clinic)), WORSE)
    found = draft(clinic, clinician, evidence_needed=8)
    whole = run_on(found, clinician).result
    monkeypatch.setattr(rule_lab, "BATCH", 1)
    run = rule_lab.start(clinic, by=clinician, role=access.CLINICIAN, now=NOW, seen=found.version)
    PolicyRun.objects.filter(pk=run.pk).update(joints=3)
    run.refresh_from_db()
    first = Joint.objects.select_related("patient").order_by("pk")[:1]
    assert rule_lab._take(run, list(first), at=NOW)  # and then its worker dies

    assert run.pk not in rule_lab.abandoned(now=NOW)
    later = NOW + timedelta(minutes=5)
    assert rule_lab.abandoned(now=later) == [run.pk]
    assert rule_lab.go_on(run.pk, now=later, slice_=SLICE)
    run.refresh_from_db()
    assert run.finished_at
    assert (run.joints_done, run.result) == (3, whole)


def test_a_run_works_in_slices(clinic: Clinic, clinician: User, patient: Patient) -> None:
    keep_diary(make.make_joint(patient), WORSE)
    found = draft(clinic, clinician, injury_nrs=9)
    run = rule_lab.start(clinic, by=clinician, role=access.CLINICIAN, now=NOW, seen=found.version)
    assert not rule_lab.go_on(run.pk, now=NOW, slice_=timedelta(0))
    assert rule_lab.abandoned(now=NOW) == [run.pk]
    assert rule_lab.go_on(run.pk, now=NOW, slice_=SLICE)


def test_two_workers_do_not_count_twice(clinic: Clinic, clinician: User, patient: Patient) -> None:
    joint = make.make_joint(patient)
    keep_diary(joint, WORSE)
    found = draft(clinic, clinician, injury_nrs=9)
    run = rule_lab.start(clinic, by=clinician, role=access.CLINICIAN, now=NOW, seen=found.version)
    slow = PolicyRun.objects.select_related("clinic").get(pk=run.pk)
    assert rule_lab.go_on(run.pk, now=NOW, slice_=SLICE)
    assert not rule_lab._take(slow, [joint], at=NOW)
    run.refresh_from_db()
    assert run.result["entries"] == len(WORSE)


def test_a_second_person_puts_it_in_force_and_the_trace_tells(clinic: Clinic, clinician: User, colleague: User) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)
    run_on(found, clinician)

    rule_lab.approve(clinic, by=colleague, role=access.CLINICIAN, now=NOW, seen=found.version)

    number, policy = policies.in_force(clinic)
    assert (number, policy.version, policy.sudden_nrs) == (2, 2, 8)
    event = AuditEvent.objects.filter(subject="followups.PolicyVersion").latest("pk")
    assert (event.user, event.detail["changed"]) == (colleague, {"sudden_nrs": [7, 8]})


def test_the_author_cannot_approve(clinic: Clinic, clinician: User) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)
    run_on(found, clinician)
    with pytest.raises(PermissionDenied):
        rule_lab.approve(clinic, by=clinician, role=access.CLINICIAN, now=NOW, seen=found.version)
    assert policies.in_force(clinic) == (1, DEFAULT)


def test_the_database_refuses_one_person_alone(clinic: Clinic, clinician: User) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.filter(pk=found.pk).update(activated_at=NOW, activated_by=clinician)


def test_a_coordinator_cannot_approve(clinic: Clinic, clinician: User, coordinator: User) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)
    run_on(found, clinician)
    with pytest.raises(PermissionDenied):
        rule_lab.approve(clinic, by=coordinator, role=access.COORDINATOR, now=NOW, seen=found.version)


def test_whoever_changed_a_threshold_last_is_the_author(clinic: Clinic, clinician: User, colleague: User) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)
    same = draft(clinic, colleague, seen=found.version, sudden_nrs=8)
    assert same.written_by == clinician
    assert draft(clinic, colleague, seen=same.version, sudden_nrs=9).written_by == colleague


def test_nothing_goes_live_without_a_run_on_exactly_this_draft(
    clinic: Clinic, clinician: User, colleague: User
) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)

    def approve() -> None:
        rule_lab.approve(clinic, by=colleague, role=access.CLINICIAN, now=NOW, seen=found.version)

    with pytest.raises(policies.Stale):
        approve()
    run_on(found, clinician)
    found = draft(clinic, clinician, seen=found.version, sudden_nrs=9)
    with pytest.raises(policies.Stale):
        approve()
    assert rule_lab.standing(found, rule_lab.newest_run(found), now=NOW) is Standing.CHANGED
    run_on(found, clinician)
    approve()
    assert policies.in_force(clinic)[1].sudden_nrs == 9


def test_what_was_not_seen_is_not_approved(clinic: Clinic, clinician: User, colleague: User) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)
    run_on(found, clinician)
    with pytest.raises(policies.Stale):
        rule_lab.approve(clinic, by=colleague, role=access.CLINICIAN, now=NOW, seen=found.version - 1)


def test_an_old_run_has_to_be_made_again(clinic: Clinic, clinician: User) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)
    run = run_on(found, clinician)
    assert rule_lab.standing(found, run, now=NOW) is Standing.READY
    assert rule_lab.standing(found, run, now=NOW + timedelta(days=31)) is Standing.OLD


def test_a_run_on_an_older_draft_gives_way(clinic: Clinic, clinician: User) -> None:
    found = draft(clinic, clinician, sudden_nrs=8)
    old = rule_lab.start(clinic, by=clinician, role=access.CLINICIAN, now=NOW, seen=found.version)
    found = draft(clinic, clinician, seen=found.version, sudden_nrs=9)
    new = rule_lab.start(clinic, by=clinician, role=access.CLINICIAN, now=NOW, seen=found.version)
    assert new.pk != old.pk
    assert rule_lab.go_on(old.pk, now=NOW, slice_=SLICE)
    assert rule_lab.start(clinic, by=clinician, role=access.CLINICIAN, now=NOW, seen=found.version) == new


@pytest.mark.parametrize("values", [{"nonsense": 3}, {"version": 7}, {"sudden_nrs": float("nan")}, {}])
def test_the_layer_below_the_form_refuses_too(clinic: Clinic, clinician: User, values: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        policies.save_draft(
            clinic, by=clinician, role=access.CLINICIAN, now=NOW, values=values, note="", minutes_per_flag=10, seen=0
        )
    assert not PolicyVersion.objects.exists()


def test_a_draft_is_written_in_the_form(desk: Client, clinic: Clinic, clinician: User) -> None:
    assert desk.get(RULES + "draft/change/").status_code == 200
    answer = desk.post(RULES + "draft/change/", typed(sudden_nrs="8,5"))
    assert answer.status_code == 302
    found = policies.draft_of(clinic)
    assert found
    assert (found.data["sudden_nrs"], found.number, found.written_by) == (8.5, 2, clinician)
    page = desk.get(RULES + "draft/").content.decode()
    assert "Nothing goes live without a run" in page
    assert "Approve and put in force" not in page


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("injury_nrs", "0", "from 1 to 10"),
        ("injury_nrs", "11", "from 1 to 10"),
        ("injury_nrs", "-3", "Write a number"),
        ("injury_nrs", "any", "Write a number"),
        ("injury_nrs", "NaN", "Write a number"),
        ("injury_nrs", "inf", "Write a number"),
        ("injury_nrs", "1e1", "Write a number"),
        ("injury_nrs", "", "required"),
        ("silent_window", "0", "from 1 to 365"),
        ("silent_window", "3650", "from 1 to 365"),
        ("silent_window", "2.5", "digit after the point"),
        ("minutes_per_flag", "0", "greater than or equal to 1"),
        ("note", "", "required"),
        ("note", "a\x00b", "Null characters"),
        ("seen", "x", "whole number"),
        ("made_up", "3", "There is no threshold named made_up"),
        ("large_step", "1", "cannot be below the smaller"),
    ],
)
def test_bad_values_are_refused_beside_the_field(desk: Client, name: str, value: str, said: str) -> None:
    answer = desk.post(RULES + "draft/change/", typed(sudden_nrs="8") | {name: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "Error: " in page
    assert 'value="8"' in page
    assert not PolicyVersion.objects.exists()


def test_a_form_without_a_change_is_refused(desk: Client) -> None:
    answer = desk.post(RULES + "draft/change/", typed())
    assert answer.status_code == 422
    assert "Nothing here differs" in answer.content.decode()


def test_a_draft_that_somebody_else_changed_is_not_overwritten(desk: Client, clinic: Clinic, colleague: User) -> None:
    draft(clinic, colleague, sudden_nrs=8)
    answer = desk.post(RULES + "draft/change/", typed(sudden_nrs=9))
    assert answer.status_code == 422
    assert "Somebody else changed the draft" in answer.content.decode()
    found = policies.draft_of(clinic)
    assert found
    assert found.data["sudden_nrs"] == 8


def test_the_page_says_why_the_author_has_no_button(
    desk: Client, client: Client, clinic: Clinic, clinician: User, colleague: User
) -> None:
    run_on(draft(clinic, clinician, sudden_nrs=8), clinician, now=datetime.now(UTC))
    page = desk.get(RULES + "draft/").content.decode()
    assert "You wrote this draft" in page
    assert "Approve and put in force" not in page

    client.force_login(colleague)
    assert "Approve and put in force" in client.get(RULES + "draft/").content.decode()
    answer = client.post(RULES + "draft/approve/", {"seen": 1}, follow=True)
    assert "Version 2 is in force" in answer.content.decode()
    history = client.get(RULES + "history/").content.decode()
    assert str(clinician) in history
    assert str(colleague) in history
    assert "Sudden: pain from" in history


def test_the_author_is_refused_at_the_address_too(desk: Client, clinic: Clinic, clinician: User) -> None:
    run_on(draft(clinic, clinician, sudden_nrs=8), clinician, now=datetime.now(UTC))
    assert desk.post(RULES + "draft/approve/", {"seen": 1}).status_code == 403
    assert policies.in_force(clinic) == (1, DEFAULT)


@pytest.mark.parametrize("seen", ["", "7", "-1", "x", "²", "9" * 30, "\x00"])
@pytest.mark.parametrize("what", ["try", "approve", "discard"])
def test_nothing_happens_to_a_draft_that_was_not_seen(
    desk: Client, clinic: Clinic, colleague: User, what: str, seen: str
) -> None:
    draft(clinic, colleague, sudden_nrs=8)
    assert desk.post(f"{RULES}draft/{what}/", {"seen": seen}).status_code == 409
    assert policies.draft_of(clinic)
    assert not PolicyRun.objects.exists()


def test_a_draft_is_thrown_away_with_its_runs(desk: Client, clinic: Clinic, clinician: User) -> None:
    run_on(draft(clinic, clinician, sudden_nrs=8), clinician)
    assert desk.post(RULES + "draft/discard/", {"seen": 1}).status_code == 302
    assert policies.draft_of(clinic) is None
    assert not PolicyRun.objects.exists()


def test_a_run_is_asked_for_on_the_page_and_shows_how_far_it_is(
    desk: Client, clinic: Clinic, clinician: User, patient: Patient
) -> None:
    keep_diary(make.make_joint(patient), WORSE)
    draft(clinic, clinician, sudden_nrs=8)
    assert desk.post(RULES + "draft/try/", {"seen": 1}).status_code == 302
    assert "Waits for the worker" in desk.get(RULES + "draft/").content.decode()
    assert "Waits for the worker" in desk.get(RULES + "draft/progress/").content.decode()

    assert rule_lab.go_on(PolicyRun.objects.get().pk, now=datetime.now(UTC), slice_=SLICE)
    assert desk.get(RULES + "draft/progress/").headers["HX-Redirect"] == RULES + "draft/"
    page = desk.get(RULES + "draft/").content.decode()
    assert "Flags a week" in page
    assert "an assumption: 10 minutes for each flag" in page


def test_a_coordinator_reads_and_an_auditor_does_not(
    client: Client, clinic: Clinic, clinician: User, coordinator: User
) -> None:
    draft(clinic, clinician, sudden_nrs=8)
    client.force_login(coordinator)
    page = client.get(RULES + "draft/").content.decode()
    assert "Sudden: pain from" in page
    assert "Throw the draft away" not in page
    assert client.post(RULES + "draft/try/", {"seen": 1}).status_code == 403
    client.force_login(make.make_staff(clinic, Role.AUDITOR))
    assert client.get(RULES).status_code == 403


def test_another_clinic_sees_nothing_of_it(client: Client, clinic: Clinic, clinician: User, colleague: User) -> None:
    first = draft(clinic, clinician, wound_days=60)
    run_on(first, clinician)
    rule_lab.approve(clinic, by=colleague, role=access.CLINICIAN, now=NOW, seen=first.version)
    draft(clinic, clinician, sudden_nrs=8)
    client.force_login(make.make_staff(make.make_clinic("South"), Role.LEAD))
    assert "There is no draft" in client.get(RULES + "draft/").content.decode()
    assert "Version 2" not in client.get(RULES + "history/").content.decode()
    assert "Version 1 is in force" in client.get(RULES).content.decode()


def test_a_rule_that_leads_to_nothing_is_listed_for_review(
    desk: Client, clinic: Clinic, clinician: User, patient: Patient
) -> None:
    joint = make.make_joint(patient)
    for n in range(10):
        outcome = "imaging" if n == 0 else "rule_wrong"
        close_flag(joint, clinician, opened_at=NOW - timedelta(days=40 + n), outcome=outcome, rule=15)
        close_flag(joint, clinician, opened_at=NOW - timedelta(days=40 + n), outcome="contacted", rule=10)
    close_flag(joint, clinician, opened_at=NOW - timedelta(days=5), outcome="imaging", rule=7)  # this month
    proving.prove(clinic, now=NOW)

    page = desk.get(RULES).content.decode()

    assert "1 of 10 closed flags led to an action (10 %)" in page
    assert page.count("led to an action") == 1
    assert "10 (100 %)" in page


def test_a_clinic_that_never_changed_a_rule_has_a_history_of_the_default(client: Client, clinician: User) -> None:
    client.force_login(clinician)

    assert "Version 1" in client.get(RULES + "history/").content.decode()
