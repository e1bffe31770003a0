"""The protocol as data: it goes out and comes in unchanged, a clinic may change it, and nonsense is named."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from clinical.protocol import DEFAULT_PROTOCOL, Protocol, ProtocolError, plan
from clinical.record_form import person_from_json
from tests.rules.records_made_up import film, joint, record


def data() -> Any:
    return json.loads(json.dumps(DEFAULT_PROTOCOL.to_json()))


def test_round_trip() -> None:
    assert Protocol.from_json(data()) == DEFAULT_PROTOCOL


def test_a_clinic_may_change_a_number() -> None:
    changed = data()
    changed["version"] = 2
    changed["rows"]["large"]["XR"]["first"]["every"] = "8 weeks"
    person, as_of = person_from_json(record("2025-03-01", [joint(since="2025-01-10")], [film("2025-02-01")]))
    got = plan(person, as_of=as_of, protocol=Protocol.from_json(changed))
    xr = next(clock for clock in got.joints[0].clocks if clock.clock == "XR")
    assert (got.protocol_version, xr.window.target, xr.window.opens) == (2, date(2025, 3, 29), date(2025, 3, 15))


def _drop(changed: Any) -> None:
    del changed["rows"]["medium"]


def _no_interval(changed: Any) -> None:
    del changed["rows"]["after_graft"]["XR"]["every"]


def _text(changed: Any) -> None:
    changed["rows"]["large"]["MR"]["every"] = "often"


def _true(changed: Any) -> None:
    changed["windows"]["year"]["before"] = True


def _order(changed: Any) -> None:
    changed["rows"]["implant"]["XR"]["points"].reverse()


def _point_without_operation(changed: Any) -> None:
    changed["rows"]["small"]["XR"]["points"] = [{"at": "6 weeks", "window": "weeks"}]


def _unknown(changed: Any) -> None:
    changed["prompts"]["moon"] = 1


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_drop, "rows.medium is missing"),
        (_no_interval, "rows.after_graft.XR.every is missing"),
        (_text, "rows.large.MR.every: a span"),
        (_true, "windows.year.before: a whole number"),
        (_order, "rows.implant.XR.points: each point must come after"),
        (_point_without_operation, "rows.small: points need an operation"),
        (_unknown, "prompts: unknown key 'moon'"),
    ],
)
def test_refused_by_name(spoil: Callable[[Any], None], named: str) -> None:
    changed = data()
    spoil(changed)
    with pytest.raises(ProtocolError, match=re.escape(named)):
        Protocol.from_json(changed)
