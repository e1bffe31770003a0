"""Flags as staff meet them: opened by what patients report, owned, answered, never lost."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import clock
from accounts.models import AuditEvent, Clinic, Membership, User
from clinical.worsening import DEFAULT
from followups import flag_queue, flag_words, flagging, overriding, planning, reporting, sending, sweeping, telling
from followups.models import Flag, FollowUp, StaffMessage
from patients.models import ImagingStudy, Joint, PainLog, Patient
from patients.signals import record_changed
from tests import make

# A Tuesday, an hour after the clinic opened.
NOW = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db
At = Callable[[datetime], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _now(clock_at: At) -> Any:
    with clock_at(NOW):
        yield


@pytest.fixture
def joint(patient: Patient) -> Joint:
    joint = make.make_joint(patient, since=NOW.date() - 30 * DAY)
    planning.replan(patient, by=None, now=NOW)
    return joint


def entry(joint: Joint, nrs: int = 3, *, at: datetime = NOW, **ticks: Any) -> PainLog:
    """A report as it is stored, waiting to be judged."""
    chosen = {"entered_at": at} | ticks
    return PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=at, nrs=nrs, **chosen)


def raised(joint: Joint, *, now: datetime = NOW) -> Flag:
    """The flag of a leg that cannot bear weight."""
    flagging.judge_log(entry(joint, 7, at=now, cannot_bear_weight=True).pk, now=now)
    return Flag.objects.open().get(joint=joint)


def asked_to_look(joint: Joint, *, now: datetime = NOW) -> Flag:
    """An amber one: the patient asks for somebody to look."""
    flagging.judge_log(entry(joint, at=now, wants_review=True).pk, now=now)
    return Flag.objects.open().get(joint=joint)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(flag: Flag, do: str = "") -> str:
    return f"/clinic/flags/{flag.public_id}/" + (f"{do}/" if do else "")


def body(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- Judging ---------------------------------------------------------------------------------------------------------
def test_a_red_box_opens_a_flag_that_is_due_the_same_day(joint: Joint) -> None:
    flag = raised(joint)
    assert (flag.severity, flag.rule) == ("red", 1)
    assert flag.due_at == datetime(2026, 11, 17, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("came", "due"),
    [
        ("2026-11-17T08:12Z", "2026-11-17T17:00Z"),  # before opening
        ("2026-11-17T16:00Z", "2026-11-18T17:00Z"),  # an hour before closing
        ("2026-11-20T22:00Z", "2026-11-23T17:00Z"),  # Friday night
        ("2026-11-22T09:00Z", "2026-11-23T17:00Z"),  # Sunday
    ],
)
def test_the_clock_of_a_red_flag_ends_with_an_opening_day(joint: Joint, came: str, due: str) -> None:
    flag = raised(joint, now=datetime.fromisoformat(came))
    assert flag.due_at == datetime.fromisoformat(due)


def test_closed_days_do_not_count_on_an_amber_clock(joint: Joint, clinic: Clinic) -> None:
    clinic.closed_days.create(on=NOW.date() + DAY)
    flag = asked_to_look(joint)
    assert flag.due_at == datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
    with clock.fixed_at(NOW + 2 * DAY):
        words, past = flag_queue.clock_words(flag, clinic, {NOW.date() + DAY}, now=clock.now())
    assert (words, past) == ("1 of 5 days used", False)


def test_judging_twice_changes_nothing(joint: Joint) -> None:
    flag = raised(joint)
    log = flag.logs.get()
    assert flagging.judge_log(log.pk, now=NOW) == "judged already"
    flagging.judge_joint(joint, now=NOW)
    assert Flag.objects.count() == 1
    assert [e.what for e in flag.events.all()] == ["opened"]


def test_another_rule_joins_and_a_graver_one_makes_it_red(joint: Joint) -> None:
    flag = asked_to_look(joint)
    assert flag.severity == "amber"
    flagging.judge_log(entry(joint, 8, at=NOW + DAY, injury=True).pk, now=NOW + DAY)
    flag.refresh_from_db()
    assert (Flag.objects.count(), flag.severity, flag.rule) == (1, "red", 2)
    assert flag.due_at == datetime(2026, 11, 18, 17, 0, tzinfo=UTC)


def test_a_late_entry_is_never_red(joint: Joint) -> None:
    log = entry(joint, 8, at=NOW - 4 * DAY, cannot_bear_weight=True, entered_at=NOW)
    flagging.judge_log(log.pk, now=NOW)
    assert Flag.objects.get().severity == "amber"


def test_the_order_in_which_entries_arrive_does_not_matter(patient: Patient) -> None:
    felt = [(22 - n, 2 + n % 2) for n in range(15)] + [(5, 6), (4, 7), (3, 6), (2, 7), (1, 6), (0, 7)]
    flags = []
    for side, order in (("left", felt), ("right", list(reversed(felt)))):
        joint = make.make_joint(patient, side=side)
        for days, nrs in order:
            entry(joint, nrs, at=NOW - days * DAY, entered_at=NOW)
        flagging.judge_joint(joint, now=NOW)
        flags.append(Flag.objects.get(joint=joint))
    assert flags[0].rule == flags[1].rule
    assert flags[0].evidence["why"] == flags[1].evidence["why"]


def test_taking_an_entry_back_closes_nothing_and_is_shown(joint: Joint, clinician: User) -> None:
    flag = raised(joint)
    reporting.take_back(flag.logs.get(), by=clinician, now=NOW)
    flagging.judge_joint(joint, now=NOW)
    flag.refresh_from_db()
    assert flag.closed_at is None
    assert "An entry behind this flag was taken back" in body(signed_in(clinician).get(url(flag)))


def test_a_rule_that_breaks_delays_only_its_own_joint(joint: Joint, clinic: Clinic) -> None:
    """What no rule should ever meet: the sweep goes on, and says so."""
    broken = make.make_joint(make.make_patient(clinic, time_zone="Nowhere/Land"))
    entry(broken, 9), entry(joint, 7, cannot_bear_weight=True)
    balance = sweeping.sweep(now=NOW)
    assert balance.failed == 1
    assert balance.balanced
    assert Flag.objects.filter(joint=joint).exists()


MOMENTS = st.integers(0, 500 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))
REPORTS = st.fixed_dictionaries(
    {
        "at": MOMENTS,
        "entered_at": MOMENTS,
        "nrs": st.integers(0, 10),
        "note": st.sampled_from(["", "{usual}", "<b>", "%(n)s"]),
        "aid": st.none() | st.integers(0, 3),
        "distance": st.none() | st.integers(0, 4),
        **{box: st.booleans() for box in ("cannot_bear_weight", "fever", "clot", "wound", "wants_review", "locking")},
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(REPORTS, min_size=1, max_size=40))
def test_whatever_a_diary_holds_the_sweep_judges_it_and_the_card_can_be_read(
    clinic: Clinic, clinician: User, reports: list[dict[str, Any]]
) -> None:
    joint = make.make_joint(make.make_patient(clinic))
    for said in reports:
        entry(joint, **said)
    balance = sweeping.sweep(now=NOW)
    assert (balance.failed, balance.balanced) == (0, True)
    assert not PainLog.objects.filter(judged_at=None).exists()
    for flag in Flag.objects.filter(joint=joint):
        assert signed_in(clinician).get(url(flag)).status_code == 200


# --- Ownership -------------------------------------------------------------------------------------------------------
def test_one_wins_the_claim_and_the_other_reads_who(joint: Joint, clinic: Clinic, clinician: User) -> None:
    faster = make.make_staff(clinic, "clinician", name="Dr Dahl")
    flag = raised(joint)
    assert signed_in(faster).post(url(flag, "claim")).status_code == 302
    second = signed_in(clinician).post(url(flag, "claim"))
    assert second.status_code == 409
    assert "Dr Dahl took this at 10:00." in body(second)
    flag.refresh_from_db()
    assert flag.owner == faster


def test_nobody_took_it_shows_who_is_on_duty_and_claim_comes_first(joint: Joint, clinician: User) -> None:
    Membership.objects.filter(user=clinician).update(on_duty=True)
    page = body(signed_in(clinician).get(url(raised(joint))))
    assert f"On duty: {clinician}. Not taken yet." in page
    assert "Claim" in page


def test_handing_over_goes_to_a_clinician_of_this_clinic_only(joint: Joint, clinic: Clinic, clinician: User) -> None:
    flag, client = raised(joint), signed_in(clinician)
    other = make.make_staff(make.make_clinic("South"), "clinician")
    coordinator, colleague = make.make_staff(clinic), make.make_staff(clinic, "lead")
    gone = make.make_staff(clinic, "clinician")
    Membership.objects.filter(user=gone).update(disabled_at=NOW, disabled_by=colleague)
    for wrong in (other, coordinator, gone):
        refused = client.post(url(flag, "hand-over"), {"version": 1, "to": str(wrong.public_id)})
        assert refused.status_code == 422
    assert client.post(url(flag, "hand-over"), {"version": 1, "to": str(colleague.public_id)}).status_code == 302
    flag.refresh_from_db()
    assert flag.owner == colleague
    assert StaffMessage.objects.filter(to=colleague, flag=flag).exists()
    again = client.post(url(flag, "hand-over"), {"version": flag.version, "to": str(colleague.public_id)})
    assert again.status_code == 422


def test_the_flag_of_somebody_who_left_is_free_again_and_the_lead_hears(
    joint: Joint, clinician: User, lead: User
) -> None:
    flag = asked_to_look(joint)
    flagging.claim(flag, by=clinician, now=NOW)
    Membership.objects.filter(user=clinician).update(disabled_at=NOW, disabled_by=lead)
    sweeping.sweep(now=NOW)
    flag.refresh_from_db()
    assert flag.owner is None
    assert flag.escalated_at == NOW
    assert StaffMessage.objects.filter(to=lead).exists()


def test_a_coordinator_sees_the_card_and_who_closes(joint: Joint, coordinator: User) -> None:
    flag, client = raised(joint), signed_in(coordinator)
    page = body(client.get(url(flag)))
    assert "A clinician closes flags." in page
    assert "Close with outcome" not in page
    for do in ("claim", "close", "disagree", "snooze", "bring-forward"):
        assert client.post(url(flag, do)).status_code == 403
    said = client.post(url(flag, "contacted"), {"version": 1, "said": "no_answer"})
    assert said.status_code == 302
    assert "no answer" in body(client.get(url(flag)))


def test_an_auditor_and_another_clinic_see_nothing(joint: Joint, clinic: Clinic) -> None:
    flag = raised(joint)
    assert signed_in(make.make_staff(clinic, "auditor")).get(url(flag)).status_code == 403
    elsewhere = signed_in(make.make_staff(make.make_clinic("South"), "clinician"))
    assert elsewhere.get(url(flag)).status_code == 404
    assert str(flag.patient) not in body(elsewhere.get("/clinic/flags/"))


# --- Answers ---------------------------------------------------------------------------------------------------------
def test_closing_needs_outcome_and_next_step_also_when_nothing_changes(joint: Joint, clinician: User) -> None:
    flag, client = raised(joint), signed_in(clinician)
    typed = {"version": 1, "outcome": "no_change", "next_step": "", "usual_after": "keep", "note": "typed words"}
    refused = client.post(url(flag, "close"), typed)
    assert refused.status_code == 422
    assert "Say what happens next" in body(refused)
    assert "by when the next image is wanted" in body(refused)
    assert "typed words" in body(refused)
    late = FollowUp.objects.live().get(joint=joint).target_on
    past = client.post(url(flag, "close"), typed | {"next_step": "Seen.", "image_by": late.isoformat()})
    assert past.status_code == 422  # a day that has passed is not a next image
    wanted = NOW.date() + 7 * DAY
    done = client.post(url(flag, "close"), typed | {"next_step": "Seen.", "image_by": wanted.isoformat()})
    assert FollowUp.objects.live().get(joint=joint).brought_forward_to == wanted
    assert done.status_code == 302
    flag.refresh_from_db()
    assert (flag.closed_by, flag.outcome, flag.usual_after) == (clinician, "no_change", "keep")
    assert "Next image by" in flag.next_step


def test_what_was_closed_in_another_tab_is_not_closed_again(joint: Joint, clinician: User, lead: User) -> None:
    flag = raised(joint)
    typed = {"version": 1, "outcome": "referred", "next_step": "Sent on.", "usual_after": "keep"}
    assert signed_in(lead).post(url(flag, "close"), typed).status_code == 302
    second = signed_in(clinician).post(url(flag, "close"), typed | {"outcome": "treatment"})
    assert second.status_code == 409
    assert f"{lead} closed this at 10:00." in body(second)
    flag.refresh_from_db()
    assert flag.outcome == "referred"


def test_evidence_that_came_meanwhile_stops_the_closing(joint: Joint, clinician: User) -> None:
    flag = raised(joint)
    flagging.judge_log(entry(joint, 8, at=NOW, fever=True).pk, now=NOW)
    typed = {"version": 1, "outcome": "referred", "next_step": "Sent on.", "usual_after": "keep"}
    answer = signed_in(clinician).post(url(flag, "close"), typed)
    assert answer.status_code == 409
    assert "Sent on." in body(answer)
    flag.refresh_from_db()
    assert flag.closed_at is None


def test_snoozing_keeps_the_rules_quiet_but_never_red(joint: Joint, clinician: User) -> None:
    flag, client = asked_to_look(joint), signed_in(clinician)
    too_long = client.post(url(flag, "snooze"), {"version": 1, "level": 5, "until": "2027-03-01"})
    assert too_long.status_code == 422
    done = client.post(url(flag, "snooze"), {"version": 1, "level": 5, "until": "2026-12-10"})
    assert done.status_code == 302
    flag.refresh_from_db()
    assert (flag.usual_after, flag.snoozed_level, flag.outcome) == ("snooze", 5, "expected")
    assert raised(joint, now=NOW + 2 * DAY).severity == "red"


def test_disagreeing_closes_and_counts_against_the_rule(joint: Joint, clinician: User) -> None:
    flag = asked_to_look(joint)
    typed = {"version": 1, "reason": "He ticked the wrong box.", "next_step": "The plan stays."}
    assert signed_in(clinician).post(url(flag, "disagree"), typed).status_code == 302
    flag.refresh_from_db()
    assert (flag.outcome, flag.note) == ("rule_wrong", "He ticked the wrong box.")


# --- Bringing imaging forward ----------------------------------------------------------------------------------------
def forward(joint: Joint, by: User, *, days: int = 5) -> FollowUp:
    follow_up = FollowUp.objects.live().select_related("clinic", "patient").get(joint=joint)
    FollowUp.objects.filter(pk=follow_up.pk).update(
        opens_on=NOW.date() + 60 * DAY, target_on=NOW.date() + 90 * DAY, closes_on=NOW.date() + 120 * DAY,
        latest_safe_on=NOW.date() + 150 * DAY,
    )  # fmt: skip
    follow_up.refresh_from_db()
    overriding.bring_forward(
        follow_up, studies=["MR"], to=NOW.date() + days * DAY, owner=None, by=by, now=NOW
    )  # fmt: skip
    follow_up.refresh_from_db()
    return follow_up


def test_what_is_brought_forward_stands_on_the_worklist_and_leaves_the_plan_alone(
    joint: Joint, clinician: User, coordinator: User
) -> None:
    before = FollowUp.objects.live().get(joint=joint).studies
    follow_up = forward(joint, clinician)
    page = body(signed_in(coordinator).get("/clinic/?section=brought_forward"))
    assert "wanted by Sun 22 Nov" in page
    assert (follow_up.studies, follow_up.target_on) == (before, NOW.date() + 90 * DAY)
    assert follow_up.brought_forward_until == NOW.date() + 33 * DAY
    record = body(signed_in(coordinator).get(f"/clinic/patients/{joint.patient.public_id}/"))
    assert "a clinician wants it by Sun 22 Nov" in record


def test_an_override_ends_when_its_time_has_run_out(joint: Joint, clinician: User) -> None:
    follow_up = forward(joint, clinician)
    assert list(overriding.lapsed(NOW + 33 * DAY)) == []
    assert list(overriding.lapsed(NOW + 36 * DAY)) == [follow_up.pk]
    sweeping.sweep(now=NOW + 36 * DAY)
    assert not FollowUp.objects.live().filter(joint=joint, brought_forward_to__isnull=False).exists()


def test_an_override_ends_when_its_picture_was_made(joint: Joint, clinician: User, patient: Patient) -> None:
    forward(joint, clinician)
    ImagingStudy.objects.create(
        patient=patient, made_on=NOW.date(), modality="MR", covers=[["hip", "left"], ["hip", "right"]], entered_at=NOW
    )
    record_changed.send(sender=None, patient=patient, by=clinician, now=NOW)
    assert not FollowUp.objects.live().filter(joint=joint, brought_forward_to__isnull=False).exists()


def test_bringing_forward_from_the_card_keeps_the_flag_open(joint: Joint, clinician: User, clinic: Clinic) -> None:
    flag, client = raised(joint), signed_in(clinician)
    FollowUp.objects.live().update(
        target_on=NOW.date() + 90 * DAY, closes_on=NOW.date() + 120 * DAY, latest_safe_on=NOW.date() + 150 * DAY
    )
    late = client.post(url(flag, "bring-forward"), {"version": 1, "what": "XR", "by": "2028-01-01"})
    assert late.status_code == 422
    done = client.post(url(flag, "bring-forward"), {"version": 1, "what": "MR", "by": "2026-11-20", "owner": ""})
    assert done.status_code == 302
    flag.refresh_from_db()
    assert flag.closed_at is None
    follow_up = FollowUp.objects.live().get(joint=joint)
    assert (follow_up.brought_forward_studies, follow_up.brought_forward_by) == (["MR"], clinician)
    assert "MRI both hips, no contrast by Fri 20 Nov" in body(client.get(url(flag)))


# --- Telling ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def post(settings: Any) -> list[Any]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return mail.outbox


def test_the_clinician_on_duty_is_told_of_a_red_flag_once_and_in_neutral_words(
    joint: Joint, clinic: Clinic, clinician: User, post: list[Any]
) -> None:
    make.make_staff(clinic, "clinician")
    Membership.objects.filter(user=clinician).update(on_duty=True)
    flag = raised(joint)
    for _ in range(3):
        sweeping.sweep(now=NOW)
    assert [message.to for message in post] == [[clinician.email]]
    text = post[0].subject + post[0].body
    for private in (str(flag.patient), "hip", "weight", "pain", "necrosis", str(flag.public_id)):
        assert private not in text
    flag.refresh_from_db()
    assert flag.told_at


def test_all_clinicians_are_told_when_nobody_is_on_duty(joint: Joint, clinic: Clinic, post: list[Any]) -> None:
    told = {make.make_staff(clinic, role).email for role in ("clinician", "clinician", "lead")}
    make.make_staff(clinic)
    raised(joint)
    sweeping.sweep(now=NOW)
    assert {message.to[0] for message in post} == told


def test_a_mail_server_that_is_away_is_asked_again_with_the_same_key(
    joint: Joint, clinician: User, post: list[Any], settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    raised(joint)
    sweeping.sweep(now=NOW)
    waiting = StaffMessage.objects.get()
    assert (waiting.sent_at, waiting.outcome) == (None, "mail_server_away")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    sweeping.sweep(now=NOW + timedelta(minutes=5))
    assert post[0].extra_headers["X-Idempotency-Key"] == waiting.key


def test_a_claim_that_went_silent_is_adopted(joint: Joint, clinician: User, post: list[Any]) -> None:
    raised(joint)
    StaffMessage.objects.update(status="sending", claimed_at=NOW, attempts=1)
    pk = StaffMessage.objects.get().pk
    assert sending.deliver(telling.MESSAGES, pk, now=NOW + timedelta(minutes=1)) == "taken by another"
    assert sending.deliver(telling.MESSAGES, pk, now=NOW + sending.ADOPT_AFTER) == ""
    assert len(post) == 1


def test_what_is_not_urgent_makes_one_mail_a_day(joint: Joint, clinician: User, post: list[Any]) -> None:
    asked_to_look(joint)
    asked_to_look(make.make_joint(joint.patient, side="right"))
    for minutes in range(3):
        sweeping.sweep(now=NOW + timedelta(minutes=minutes))
    third = make.make_joint(joint.patient, site="knee")
    asked_to_look(third, now=NOW + timedelta(hours=1))
    sweeping.sweep(now=NOW + timedelta(hours=2))
    assert len(post) == 1
    sweeping.sweep(now=NOW + DAY)
    assert len(post) == 2


def test_the_lead_is_told_half_way_when_nobody_takes_a_red_flag(joint: Joint, lead: User, clinician: User) -> None:
    flag = raised(joint)
    sweeping.sweep(now=NOW + timedelta(hours=3))
    flag.refresh_from_db()
    assert flag.escalated_at is None
    sweeping.sweep(now=NOW + timedelta(hours=4))
    flag.refresh_from_db()
    assert flag.escalated_at
    assert StaffMessage.objects.filter(to=lead, key__contains=".late.").count() == 1
    assert "the lead was told" in body(signed_in(clinician).get(url(flag)))
    assert "lead told" in body(signed_in(clinician).get("/clinic/flags/"))


def test_who_takes_it_in_time_has_until_the_end_of_the_clock(joint: Joint, lead: User, clinician: User) -> None:
    flag = raised(joint)
    flagging.claim(flag, by=clinician, now=NOW)
    sweeping.sweep(now=NOW + timedelta(hours=5))
    flag.refresh_from_db()
    assert flag.escalated_at is None
    sweeping.sweep(now=NOW + timedelta(hours=8))
    flag.refresh_from_db()
    assert flag.escalated_at


# --- What is read ----------------------------------------------------------------------------------------------------
def test_the_queue_is_ordered_by_severity_then_clock(clinic: Clinic, clinician: User) -> None:
    people = [make.make_patient(clinic, family_name=name, given_name="") for name in ("Later", "Sooner", "Urgent")]
    asked_to_look(make.make_joint(people[1]), now=NOW - 9 * DAY)
    asked_to_look(make.make_joint(people[0]), now=NOW)
    raised(make.make_joint(people[2]))
    rows = flag_queue.queue(clinic, now=NOW).rows
    assert [row.name for row in rows] == ["Urgent", "Sooner", "Later"]
    assert rows[0].clock == "today: 7 h 00 left"
    assert (rows[1].clock, rows[1].past) == ("7 of 5 days: past", True)


def test_a_long_queue_has_pages_and_a_card_stands_beside_its_own(
    clinic: Clinic, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flag_queue, "ROWS", 2)
    names = ("Abel", "Bell", "Cole", "Dent", "Ezra")
    flags = [
        asked_to_look(
            make.make_joint(make.make_patient(clinic, family_name=name, given_name="")), now=NOW - 7 * n * DAY
        )
        for n, name in enumerate(reversed(names))
    ]
    staff = signed_in(clinician)
    pages = [body(staff.get(f"/clinic/flags/?page={page}")) for page in (1, 2, 3, 99)]
    shown = [[name for name in names if f"<b>{name}</b>" in page] for page in pages]
    assert shown == [["Abel", "Bell"], ["Cole", "Dent"], ["Ezra"], ["Ezra"]]
    assert "3 to 4 of 5" in pages[1]
    assert 'href="/clinic/flags/?page=1"' in pages[1]
    assert 'href="/clinic/flags/?page=3"' in pages[1]
    assert "<b>Ezra</b>" in body(staff.get(url(flags[0]))), "the page of the queue on which the open card stands"
    for nonsense in ("0", "-1", "x", "9" * 30, "²"):
        assert "<b>Abel</b>" in body(staff.get("/clinic/flags/", {"page": nonsense}))


def test_a_red_card_says_the_minute_and_what_was_said_at_once(joint: Joint, clinician: User) -> None:
    page = body(signed_in(clinician).get(url(raised(joint))))
    assert "today at 10:00" in page
    assert f'href="tel:{joint.patient.phone}"' in page
    assert f'href="/clinic/patients/{joint.patient.public_id}/"' in page
    assert "Until you have spoken to someone, stay off the leg." in page
    assert "No call is noted yet." in page


def test_a_rise_is_said_in_one_sentence_with_its_numbers(joint: Joint, clinician: User) -> None:
    for days in range(40, 7, -1):
        entry(joint, 2, at=NOW - days * DAY)
    for days, nrs in ((6, 5), (5, 6), (4, 5), (3, 6), (2, 6), (1, 6), (0, 6)):
        entry(joint, nrs, at=NOW - days * DAY)
    flagging.judge_joint(joint, now=NOW)
    flag = Flag.objects.get()
    said = flag_words.sentence(flag, today=NOW.date())
    assert "<b>left hip</b>" in said
    page = body(signed_in(clinician).get(url(flag)))
    assert said in page
    assert "A lower number does not close a flag." in page
    assert "entries as a table" in page


def test_words_that_are_missing_break_no_page(joint: Joint, clinician: User) -> None:
    flag = raised(joint)
    for evidence in ({}, {"why": {"code": "unheard-of", "params": {}}}, {"why": {"code": "step", "params": {}}}):
        Flag.objects.filter(pk=flag.pk).update(evidence=evidence, hits=[evidence])
        assert signed_in(clinician).get(url(flag)).status_code == 200


SAID: dict[str, dict[str, Any]] = {
    "injury": {"nrs": 8}, "fever": {"nrs": 5}, "fever_hot": {"nrs": 5}, "wound": {"days": 12},
    "sudden": {"usual": 2, "began_on": "2026-11-15", "low": 8, "high": 9, "days": 2},
    "step": {"usual": 3, "began_on": "2026-11-10", "low": 5, "high": 6, "days": 5, "last": 6},
    "slow_rise": {"usual": 2, "began_on": "2026-10-02", "low": 4, "high": 5, "days": 6},
    "healing_rise": {"before": 2.0, "recent": 4.5},
    "silent": {"began_on": "2026-11-10", "low": 3, "high": 4, "days": 3},
    "new_joint": {"began_on": "2026-11-10", "low": 4, "high": 4, "days": 3},
    "rest_or_night": {"days": 3, "began_on": "2026-11-10"}, "mechanical": {"days": 2, "began_on": "2026-11-10"},
    "aid_up": {"before": 0, "after": 2, "began_on": "2026-11-10"},
    "distance_down": {"before": 0, "after": 2, "began_on": "2026-11-10"},
    "score_drop": {"instrument": "hoos_jr", "before": 80, "before_on": "2026-08-01", "after": 65, "on": "2026-11-10"},
    "level": {"median": 7.5, "window": 14, "days": 6}, "silence": {"last_on": "2026-10-28", "interval": 7},
    "imaging": {"on": "2026-11-10", "before_on": "2026-05-10", "changes": "crescent, stage"},
    "steroid": {"on": "2026-11-10", "mg": 40, "total": None},
    "thigh_on_bisphosphonate": {"on": "2026-11-10", "drug": "alendronate"},
    "jaw_on_bisphosphonate": {"on": "2026-11-10", "drug": "alendronate"},
    "cannot_bear_weight": {}, "clot": {}, "wants_review": {},
}  # fmt: skip


@pytest.mark.parametrize("code", flag_words.SENTENCES)
def test_what_each_rule_says_can_be_read_alone(joint: Joint, code: str) -> None:
    """Every value stands in it, none as a code, and no word of the rule's own making."""
    evidence = {"why": {"code": code, "params": SAID[code]}, "at": NOW.isoformat(), "thresholds": asdict(DEFAULT)}
    flag = Flag(clinic=joint.patient.clinic, patient=joint.patient, joint=joint, rule=1, evidence=evidence)
    for said in (str(flag_words.sentence(flag, today=NOW.date())), flag_words.short(flag, today=NOW.date())):
        assert not any(mark in said for mark in ("{", "not known", "None", "_", "2026-"))
        assert flag_words.NOT_KNOWN_RULE.format(rule=1, joint=joint) not in said


def test_an_empty_queue_says_how_fresh_it_is(joint: Joint, clinician: User) -> None:
    flagging.judge_log(entry(joint).pk, now=NOW)
    entry(joint)
    page = body(signed_in(clinician).get("/clinic/flags/"))
    assert "No open flags." in page
    assert "Last log judged Tue 17 Nov 10:00, 1 waiting to be judged." in page


def test_opening_the_card_leaves_a_trace_and_the_queue_does_not(joint: Joint, clinician: User) -> None:
    flag, client = raised(joint), signed_in(clinician)
    opened = AuditEvent.objects.filter(action="read", patient_id=joint.patient.public_id)
    client.get("/clinic/flags/")
    assert opened.count() == 0
    client.get(url(flag))
    assert opened.count() == 1
