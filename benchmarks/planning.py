"""How many people a second `whatif` plans, from one file, on one core: reading, planning, printing and starting up."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.house import ROOT
from benchmarks.measure import Measure

PEOPLE, STUDIES = 5_000, 10
AT_LEAST = 1_000.0  # people a second
BEGAN = date(2021, 1, 4)
HIPS = (("hip", "left"), ("hip", "right"))


def measures() -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.json"
        file.write_text(json.dumps([person(Random(n)) for n in range(PEOPLE)]))
        yield Measure("whatif", "people a second", PEOPLE / _seconds_for(file), AT_LEAST, 1.0, "higher")


def _seconds_for(file: Path) -> float:
    """Processor time of the whole command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(ROOT / "manage.py"), "whatif", str(file), "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def person(random: Random) -> dict[str, Any]:
    """Two hips with lesions, ten studies over five years with a finding on each hip, a treatment, a change of pain."""
    days = sorted(BEGAN + timedelta(days=random.randrange(1, 1800)) for _ in range(STUDIES))
    return {
        "as_of": "2026-11-20",
        "constraints": [],
        "joints": [
            {
                "site": site,
                "side": side,
                "state": "lesion",
                "since": str(BEGAN),
                "symptom_status": [{"on": str(random.choice(days)), "value": random.choice(["yes", "no"])}],
                "treatments": [{"on": str(random.choice(days)), "code": "CD"}] if random.random() < 0.3 else [],
            }
            for site, side in HIPS
        ],
        "studies": [_study(random, on) for on in days],
    }


def _study(random: Random, on: date) -> dict[str, Any]:
    modality = random.choice(["MR", "DX"])
    return {
        "on": str(on),
        "modality": modality,
        "views": ["AP", "frog_leg_lateral"] if modality == "DX" else [],
        "covers": [list(hip) for hip in HIPS],
        "findings": [
            {
                "site": site,
                "side": side,
                "stage": {"system": "ARCO", "version": "2019", "value": random.choice(["1", "2"])},
                **({"volume_percent": random.randrange(5, 60)} if modality == "MR" else {}),
            }
            for site, side in HIPS
        ],
    }
