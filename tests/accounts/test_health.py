"""The addresses an outside monitor watches."""

import pytest
from django.test import Client


def test_a_process_that_answers_is_live(client: Client) -> None:
    assert client.get("/health/live").status_code == 200


@pytest.mark.django_db
def test_a_process_that_reaches_its_database_is_ready(client: Client) -> None:
    assert client.get("/health/ready").status_code == 200
