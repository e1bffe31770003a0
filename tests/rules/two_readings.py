"""Compare the engine with the second reading on made-up persons.

    python -m tests.rules.two_readings --seeds 20000 [--first 0] [--refusals]

Prints each difference as the smallest history that still shows it, and exits 1 if there is any.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from clinical import record_form
from clinical.protocol import plan
from tests.rules import second_reading
from tests.rules.histories import history
from tests.rules.refused_questions import perhaps_not_allowed

Json = dict[str, Any]


def history_of(seed: int) -> Json:
    return history(Random(seed))


def engine_plan(question: Json) -> Json:
    """As `whatif` reads and prints it: text in, text out. An engine that breaks gives no joints."""
    person, as_of = record_form.person_from_json(record_form.loads(json.dumps(question)))
    try:
        answer: Json = json.loads(json.dumps(record_form.plan_to_json(plan(person, as_of=as_of))))
    except Exception as error:
        return {"as_of": repr(error), "joints": [], "prompts": []}
    return answer


def engine_refuses(question: Json) -> str | None:
    try:
        record_form.person_from_json(record_form.loads(json.dumps(question)))
    except record_form.RecordError as error:
        return str(error)
    return None


def comparable(answer: Json) -> Json:
    """Leave out the sentences for people and the order that the protocol leaves open: that of
    prompts, of clocks with the same target, of the studies of a follow-up."""
    joints = []
    for joint in answer["joints"]:
        bare = {k: v for k, v in joint.items() if k not in ("reasons", "conflicts")}
        bare["clocks"] = sorted(bare["clocks"], key=lambda c: (c["target"], json.dumps(c, sort_keys=True)))
        if bare["follow_up"]:
            bare["follow_up"] = {**bare["follow_up"], "studies": sorted(bare["follow_up"]["studies"])}
        joints.append(bare)
    prompts = sorted(json.dumps(p, sort_keys=True) for p in answer["prompts"])
    return {"as_of": answer["as_of"], "joints": joints, "prompts": prompts}


def clocks_in_order(answer: Json) -> bool:
    return all(
        targets == sorted(targets)
        for targets in ([clock["target"] for clock in joint["clocks"]] for joint in answer["joints"])
    )


def plans_differ(question: Json) -> bool:
    engine = engine_plan(question)
    return comparable(engine) != comparable(second_reading.plan(question)) or not clocks_in_order(engine)


def refusals_differ(question: Json) -> bool:
    return (engine_refuses(question) is None) != (second_reading.refuse(question) is None)


def smaller(value: Any) -> Iterator[Any]:
    """The same value with one thing left out, anywhere inside it."""
    if isinstance(value, dict):
        for key in list(value):
            yield {k: v for k, v in value.items() if k != key}
            for less in smaller(value[key]):
                yield {**value, key: less}
    elif isinstance(value, list):
        for i in range(len(value)):
            yield value[:i] + value[i + 1 :]
            for less in smaller(value[i]):
                yield [*value[:i], less, *value[i + 1 :]]


def smallest(question: Json, still: Callable[[Json], bool]) -> Json:
    """Leave out records and keys while the difference remains."""
    shrinking = True
    while shrinking:
        shrinking = False
        for less in smaller(question):
            if still(less):
                question, shrinking = less, True
                break
    return question


def allowed_and_differs(question: Json) -> bool:
    return second_reading.refuse(question) is None and plans_differ(question)


def differing_plans(seeds: range) -> Iterator[tuple[int, Json]]:
    for seed in seeds:
        question = history_of(seed)
        if plans_differ(question):
            yield seed, question


def differing_refusals(seeds: range) -> Iterator[tuple[int, Json]]:
    for seed in seeds:
        question = perhaps_not_allowed(Random(seed))
        if refusals_differ(copy.deepcopy(question)):
            yield seed, question


def shown(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def describe_plans(seed: int, question: Json) -> str:
    little = smallest(question, allowed_and_differs)
    engine, second = comparable(engine_plan(little)), comparable(second_reading.plan(little))
    lines = [f"seed {seed}: {shown(little)}"]
    if not engine["joints"]:
        return f"{lines[0]}\n  engine: {engine['as_of']}"
    for one, other in zip(engine["joints"], second["joints"], strict=True):
        for key in one:
            if one[key] != other[key]:
                lines.append(f"  {one['site']} {one['side']} {key}: engine {shown(one[key])}")
                lines.append(f"  {'':>{len(key)}} second reading {shown(other[key])}")
    for prompt in sorted(set(engine["prompts"]) ^ set(second["prompts"])):
        side = "engine only" if prompt in engine["prompts"] else "second reading only"
        lines.append(f"  prompt, {side}: {prompt}")
    return "\n".join(lines)


def describe_refusals(seed: int, question: Json) -> str:
    little = smallest(question, lambda q: refusals_differ(copy.deepcopy(q)))
    answers = f"engine {engine_refuses(little)!r}, second reading {second_reading.refuse(little)!r}"
    return f"seed {seed}: {shown(little)}\n  {answers}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--show", type=int, default=5, help="how many differences to show")
    parser.add_argument("--refusals", action="store_true", help="compare what is refused, not plans")
    asked = parser.parse_args()
    seeds = range(asked.first, asked.first + asked.seeds)
    found = 0
    for seed, question in differing_refusals(seeds) if asked.refusals else differing_plans(seeds):
        found += 1
        if found <= asked.show:
            describe = describe_refusals if asked.refusals else describe_plans
            sys.stdout.write(describe(seed, question) + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"{asked.seeds} seeds from {asked.first}: {found} differ\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
