"""The made-up diaries of the sample clinic."""

from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from followups.sample.diaries import diary


@pytest.mark.parametrize("hour", [2, 12])
def test_whoever_starts_the_sample_at_night_finds_no_entry_of_the_morning_to_come(hour: int) -> None:
    now = datetime(2026, 11, 20, hour, tzinfo=UTC)

    felt = [
        report.felt_at
        for seed in range(20)
        for report in diary(Random(seed), now=now, days=30, zone=ZoneInfo("Europe/London"), worse=range(9), level=2.0)
    ]

    assert max(felt) <= now
    assert (max(felt).date() == now.date()) == (hour == 12)
