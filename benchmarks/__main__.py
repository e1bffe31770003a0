"""Measure ours against floors in the same run.

    python -m benchmarks               everything (make bench)
    python -m benchmarks pages         one part: whatif, worsening, pages, growth
    python -m benchmarks growth --full growth to a million follow-ups, not 200,000
    python -m benchmarks worsening --full  a million logs, not 100,000

One line of JSON for each measure, on standard output and in var/bench.jsonl. Ends with 1 if a limit does not hold.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import growth, pages, planning, worsening
from benchmarks.house import ROOT, prepare
from benchmarks.measure import Measure

PARTS = ("whatif", "worsening", "pages", "growth")


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], help="all of them, if none is named")
    parser.add_argument("--full", action="store_true", help="1,000,000 follow-ups and logs: half an hour")
    asked = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        services = str(ROOT / "scripts" / "bench")
        os.execv(services, [services, *sys.argv[1:]])
    prepare()
    held = [_told(measure) for part in asked.part or PARTS for measure in _measures(full=asked.full)[part]()]
    return 0 if all(held) else 1


def _measures(*, full: bool) -> dict[str, Callable[[], Iterator[Measure]]]:
    return {
        "whatif": planning.measures,
        "worsening": partial(worsening.measures, worsening.FULL if full else worsening.SHORT),
        "pages": pages.measures,
        "growth": partial(growth.measures, growth.FULL if full else growth.SHORT),
    }


def _told(measure: Measure) -> bool:
    line = json.dumps(measure.as_json())
    print(line, flush=True)
    with (ROOT / "var" / "bench.jsonl").open("a") as file:
        file.write(line + "\n")
    return measure.ok


if __name__ == "__main__":
    sys.exit(main())
