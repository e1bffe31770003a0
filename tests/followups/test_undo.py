"""Undo puts the row back on the list, where it stood."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Clinic
from followups import planning
from followups.models import Contact, FollowUp
from tests import make


@pytest.mark.django_db
def test_after_undo_the_row_is_there_to_be_called_again(clinic: Clinic, client: Client) -> None:
    now = datetime(2026, 11, 20, 10, tzinfo=UTC)
    client.force_login(make.make_staff(clinic))
    joint = make.make_joint(make.make_patient(clinic, given_name="Amara"), since=date(2026, 9, 1))
    planning.replan(joint.patient, by=None, now=now)
    follow_up = FollowUp.objects.get()
    with clock.fixed_at(now):
        client.post(f"/clinic/follow-ups/{follow_up.public_id}/contact/", {"result": "no_answer"})
        made = Contact.objects.get()

        answer = client.post(f"/clinic/contacts/{made.public_id}/undo/", headers={"HX-Request": "true"})

        page = answer.content.decode()
        assert "Amara" in page
        assert f"/clinic/follow-ups/{follow_up.public_id}/call/" in page
        assert "it is as before" in page
        assert client.post(f"/clinic/contacts/{made.public_id}/undo/").status_code == 302
    assert FollowUp.objects.get().no_answer_count == 0
