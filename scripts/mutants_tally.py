"""Choose mutants to try, and say which of the tried ones no test noticed. For scripts/mutants."""

import json
import sys
from pathlib import Path
from random import Random

MISSED = 0  # pytest's exit code when all tests pass
NO_TESTS = 33  # mutmut: no test reaches the function
WANTED = 0.95


def results() -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for file in sorted(Path("mutants/clinical/worsening").glob("*.meta")):
        found |= json.loads(file.read_text())["exit_code_by_key"]
    return found


def choose(many: int, seed: int, files: list[str]) -> list[str]:
    """So many mutants, 0 for all, of these files of clinical/worsening; of all files if none is named."""
    names = sorted(name for name in results() if not files or name.split(".")[2] in files)
    Random(seed).shuffle(names)
    return names[: many or None]


def main() -> int:
    if sys.argv[1] == "--choose":
        print(*choose(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
        return 0
    found = results()
    tried = {name: found[name] for name in sys.argv[1:] if found[name] is not None}
    missed = sorted(name for name, code in tried.items() if code in (MISSED, NO_TESTS))
    print(*missed, sep="\n")
    caught = 1 - len(missed) / len(tried)
    print(f"{len(tried)} tried, {len(missed)} not noticed: {caught:.1%} caught, {WANTED:.0%} wanted")
    return 0 if caught >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
