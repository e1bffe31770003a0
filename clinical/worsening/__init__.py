"""Has this joint got worse than this patient's own usual? Values in, verdicts out.

`judge` looks at a whole diary; `Watch` follows one entry by entry; `replay` follows a file of them.
Every number that decides is in `Policy`; every word that is said is in `words.WORDS`.
"""

from clinical.worsening.backtest import Raised, replay
from clinical.worsening.diary import (
    Bisphosphonate,
    By,
    Entry,
    Image,
    JointContext,
    JointKind,
    Operation,
    OperationKind,
    Order,
    Score,
    SteroidCourse,
    Tick,
)
from clinical.worsening.findings import (
    NOT_OF_A_DIARY,
    Finding,
    Flag,
    Kind,
    Outcome,
    Outlook,
    Rule,
    Severity,
    StoredFlag,
    Verdict,
)
from clinical.worsening.judging import Judgement, Next, judge, judge_next
from clinical.worsening.memory import adding_up, learnt_between
from clinical.worsening.policy import DEFAULT, Policy, from_json, to_json
from clinical.worsening.watch import Review, Watch
from clinical.worsening.words import WORDS, Reason, say

__all__ = [
    "DEFAULT",
    "NOT_OF_A_DIARY",
    "WORDS",
    "Bisphosphonate",
    "By",
    "Entry",
    "Finding",
    "Flag",
    "Image",
    "JointContext",
    "JointKind",
    "Judgement",
    "Kind",
    "Next",
    "Operation",
    "OperationKind",
    "Order",
    "Outcome",
    "Outlook",
    "Policy",
    "Raised",
    "Reason",
    "Review",
    "Rule",
    "Score",
    "Severity",
    "SteroidCourse",
    "StoredFlag",
    "Tick",
    "Verdict",
    "Watch",
    "adding_up",
    "from_json",
    "judge",
    "judge_next",
    "learnt_between",
    "replay",
    "say",
    "to_json",
]
