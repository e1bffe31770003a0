"""One more log is judged from what was learnt before; whatever changes the past has the whole diary read again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from followups import flagging, planning, policies, reporting
from followups.models import DiaryMemory, Flag, Heartbeat
from patients.models import Joint, PainLog, Patient
from patients.signals import record_changed
from tests import make

NOW = datetime(2026, 11, 17, 20, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MOST_QUERIES = 8  # two begin and end the transaction, one is the sign of life of the minute

pytestmark = pytest.mark.django_db


def log(joint: Joint, nrs: int = 2, *, at: datetime = NOW, **more: Any) -> PainLog:
    return PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=at, nrs=nrs, **{"entered_at": at} | more)


def diary(joint: Joint, numbers: dict[int, int]) -> None:
    """One log on each of these days ago."""
    PainLog.objects.bulk_create(
        PainLog(joint=joint, client_id=uuid4(), felt_at=NOW - days * DAY, entered_at=NOW - days * DAY, nrs=nrs)
        for days, nrs in numbers.items()
    )


@pytest.fixture
def joint(patient: Patient) -> Joint:
    """Four months of an ordinary diary, judged."""
    joint = make.make_joint(patient, since=NOW.date() - 200 * DAY)
    planning.replan(patient, by=None, now=NOW - 130 * DAY)
    diary(joint, {days: 2 + days % 2 for days in range(1, 121)})
    flagging.judge_joint(joint, now=NOW - DAY)
    return joint


def test_an_ordinary_log_takes_few_queries(joint: Joint, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    new = log(joint)
    with django_assert_max_num_queries(MOST_QUERIES) as asked:
        assert flagging.judge_log(new.pk, now=NOW) == ""
    assert not any("patients_treatment" in query["sql"] for query in asked.captured_queries)
    new.refresh_from_db()
    assert new.judged_at == NOW


def test_worsening_is_flagged_from_memory_as_from_the_whole_diary(joint: Joint, patient: Patient) -> None:
    other = make.make_joint(patient, side="right")
    diary(other, {days: 2 + days % 2 for days in range(1, 121)})
    flagging.judge_joint(other, now=NOW - DAY)
    for days in range(10):
        at = NOW + days * DAY
        flagging.judge_log(log(joint, 7, at=at).pk, now=at)
        DiaryMemory.objects.filter(joint=other).delete()
        flagging.judge_log(log(other, 7, at=at).pk, now=at)
    mine, whole = Flag.objects.get(joint=joint), Flag.objects.get(joint=other)
    assert (mine.rule, mine.opened_at) == (whole.rule, whole.opened_at)
    assert mine.evidence["why"] == whole.evidence["why"]
    assert not DiaryMemory.objects.filter(joint=joint).exists()


def test_an_old_entry_that_comes_late_is_judged_for_its_time(joint: Joint) -> None:
    """Ten days at 7, of which a phone sends the older nine only after the newest."""
    flagging.judge_log(log(joint, 7).pk, now=NOW)
    assert not Flag.objects.exists()
    for days in range(9, 0, -1):
        late = log(joint, 7, at=NOW - days * DAY + timedelta(hours=1), entered_at=NOW)
    flagging.judge_log(late.pk, now=NOW)
    assert Flag.objects.get().rule in (7, 8, 13)


def test_taking_a_log_back_has_the_diary_judged_again(joint: Joint, coordinator: User) -> None:
    new = log(joint, 9)
    flagging.judge_log(new.pk, now=NOW)
    reporting.take_back(new, by=coordinator, now=NOW)
    new.refresh_from_db()
    assert new.judged_at is None
    flagging.judge_log(new.pk, now=NOW)
    learnt = DiaryMemory.objects.get(joint=joint).data
    DiaryMemory.objects.all().delete()
    flagging.judge_joint(joint, now=NOW)
    assert DiaryMemory.objects.get(joint=joint).data == learnt
    assert learnt["last"].startswith(str((NOW - DAY).date()))


def test_a_change_of_the_record_forgets_what_was_learnt(joint: Joint, patient: Patient, coordinator: User) -> None:
    assert DiaryMemory.objects.filter(joint=joint).exists()
    record_changed.send(sender=Joint, patient=patient, by=coordinator, now=NOW)
    assert not DiaryMemory.objects.filter(joint=joint).exists()


def test_other_thresholds_have_the_whole_diary_read(joint: Joint, clinician: User, lead: User) -> None:
    clinic = joint.patient.clinic
    policies.save_draft(
        clinic, by=clinician, role="clinician", now=NOW, values={"level_nrs": 8}, note="", minutes_per_flag=5, seen=0
    )
    draft = policies.draft_of(clinic)
    assert draft
    draft.activated_at, draft.activated_by = NOW, lead
    draft.save()
    before = DiaryMemory.objects.get(joint=joint).data["policy"]
    flagging.judge_log(log(joint).pk, now=NOW)
    assert DiaryMemory.objects.get(joint=joint).data["policy"] != before


def test_the_sign_of_life_goes_forward_only(joint: Joint) -> None:
    for minutes in (0, 5, 3):
        at = NOW + timedelta(minutes=minutes)
        flagging.judge_joint(joint, now=at)
    assert Heartbeat.objects.get(machine="judging").at == NOW + timedelta(minutes=5)
