"""Judging in the database: one new log, and every diary again. Prints seconds of each beside its floor.

The floor of one log is one indexed query for 90 days of that joint's diary; that of judging again is streaming the same
rows through Python.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random
from time import perf_counter
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand
from django.db import connection

from accounts import clock
from accounts.models import Clinic
from benchmarks.measure import alternately
from clinical.worsening import DEFAULT, replay
from clinical.worsening.backtest import Row
from followups import diaries, flagging, rule_lab
from patients.models import Joint, PainLog, Patient

YEAR, LOGS, BATCH = 365, 42, 100
ROUNDS = 15


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("joints", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        now, clinic = clock.now(), Clinic.objects.create(name="North Hip Clinic")
        joints = [joint_of(clinic, n, now) for n in range(options["joints"])]
        PainLog.objects.bulk_create(
            [log for joint in joints for log in diary(joint, range(3, 3 * LOGS + 3, 3), now)], batch_size=2000
        )
        daily = joint_of(clinic, -1, now)
        PainLog.objects.bulk_create(diary(daily, [day for day in range(1, YEAR) if day % 3], now))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        flagging.judge_joint(daily, now=now)
        moments = (now + timedelta(seconds=20 * logs) for logs in count(1))  # a busy clinic
        one_floor, one = alternately(lambda: _read(daily, now), lambda: _judge(daily, next(moments)), rounds=ROUNDS)
        all_floor, all_again = alternately(lambda: _stream(joints), lambda: _again(joints, now), rounds=2)
        self.stdout.write(json.dumps({"one": [one, one_floor], "again": [all_again, all_floor]}))


def joint_of(clinic: Clinic, n: int, now: datetime) -> Joint:
    patient = Patient.objects.create(
        clinic=clinic, mrn=f"B{n}", mrn_key=f"B{n}", family_name="Example", given_name="Person",
        name_key="example person", registered_at=now,
    )  # fmt: skip
    return Joint.objects.create(patient=patient, site="hip", side="right", state="lesion", entered_at=now)


def diary(joint: Joint, days_ago: Any, now: datetime) -> list[PainLog]:
    """Around 3, ordinary days, judged already."""
    rng = Random(joint.pk)
    moments = ((now - timedelta(days=days), min(10, max(0, round(rng.gauss(3, 1))))) for days in days_ago)
    return [
        PainLog(joint=joint, client_id=uuid4(), felt_at=at, entered_at=at, judged_at=at, nrs=nrs) for at, nrs in moments
    ]


def _timed(do: Callable[[], object]) -> float:
    began = perf_counter()
    do()
    return perf_counter() - began


def _read(joint: Joint, now: datetime) -> float:
    return _timed(lambda: list(PainLog.objects.filter(joint=joint, felt_at__gt=now - timedelta(days=90))))


def _judge(joint: Joint, now: datetime) -> float:
    """One more log of an ordinary day."""
    log = PainLog.objects.create(joint=joint, client_id=uuid4(), felt_at=now, entered_at=now, nrs=3)
    return _timed(lambda: flagging.judge_log(log.pk, now=now))


def _stream(joints: list[Joint]) -> float:
    def read() -> None:
        rows = PainLog.objects.filter(joint__in=[joint.pk for joint in joints])
        for _ in rows.values_list("joint_id", *diaries.COLUMNS).iterator():
            pass

    return _timed(read)


def _again(joints: list[Joint], now: datetime) -> float:
    def judge() -> None:
        for first in range(0, len(joints), BATCH):
            for one in rule_lab.read(joints[first : first + BATCH], since=now - timedelta(days=YEAR), until=now):
                rows = (Row("", "", entry) for entry in one.entries)
                for _ in replay(rows, context=one.context, policy=DEFAULT):
                    pass

    return _timed(judge)
