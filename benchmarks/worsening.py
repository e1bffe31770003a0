"""What the worsening rules cost: a file of diaries, one new log, and every diary again."""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks.detection import rows
from benchmarks.diaries import USUAL, people
from benchmarks.house import ROOT, database, say
from benchmarks.measure import Measure

SHORT, FULL = 200_000, 1_000_000  # of fewer, the start of the process would be most of it
JOINTS = 2_000
BACKTEST_LIMIT, ONE_LIMIT, AGAIN_LIMIT = 60.0, 3.0, 0.08
# Reading the file and one rolling mean per patient, without the time that importing pandas takes.
PANDAS = """
import sys, time
import pandas
began = time.process_time()
diaries = pandas.read_csv(sys.argv[1])
diaries.groupby("patient")["nrs"].rolling(14).mean()
print(time.process_time() - began)
"""


def measures(many: int) -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "diaries.csv"
        say(f"Writing {many:,} logs")
        write(file, many)
        yield Measure("backtest", f"s CPU for {many:,} logs", _backtest(file), _pandas(file), BACKTEST_LIMIT)
    with database("with_diaries") as house:
        took = json.loads(house.manage("judge_diaries", str(JOINTS)))
    one, floor = took["one"]
    yield Measure("one log judged", "ms", 1000 * one, 1000 * floor, ONE_LIMIT)
    again, stream = took["again"]
    yield Measure("diaries judged again", "joints a second", JOINTS / again, JOINTS / stream, AGAIN_LIMIT, "higher")


def write(file: Path, many: int) -> None:
    diaries = people(1, USUAL, "stable", many // 100)
    with file.open("w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(["patient", "lesion", "logged_at", "nrs"])
        for row in islice(rows(diaries), many):
            lines.writerow([row.patient, row.lesion, row.entry.felt_at.isoformat(), row.entry.nrs])


def _backtest(file: Path) -> float:
    """Processor time of the whole command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(ROOT / "manage.py"), "backtest", str(file), "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _pandas(file: Path) -> float:
    command = [sys.executable, "-c", PANDAS, str(file)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
