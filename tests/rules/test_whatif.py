"""One made-up person in, one plan out; a list in, a list out."""

import json
import re

import pytest

from clinical.record_form import RecordError
from clinical.whatif import answers
from tests.rules.records_made_up import joint, record

ONE = record("2026-11-21", [joint(since="2026-01-01")])


def test_one_or_a_list() -> None:
    alone = answers(json.dumps(ONE))
    assert alone["joints"][0]["row"] == "large"
    assert answers(json.dumps([ONE, ONE])) == [alone, alone]
    assert answers("[]") == []


def test_the_one_that_is_wrong_is_named() -> None:
    with pytest.raises(RecordError, match=re.escape("[1]: unknown key 'shoe_size'")):
        answers(json.dumps([ONE, {**ONE, "shoe_size": 43}]))
