"""The clinic's protocol and the plan that follows from it. The law is protocol.md; see docs/clinical/protocol.md."""

from clinical.protocol.clocks import State, Window, state_on
from clinical.protocol.completion import Completion, completion, last_made
from clinical.protocol.planning import FollowUp, JointPlan, Plan, PlannedStudy, changes_on, plan
from clinical.protocol.prompts import Prompt
from clinical.protocol.tables import DEFAULT_PROTOCOL, Protocol, ProtocolError, Row

__all__ = [
    "DEFAULT_PROTOCOL",
    "Completion",
    "FollowUp",
    "JointPlan",
    "Plan",
    "PlannedStudy",
    "Prompt",
    "Protocol",
    "ProtocolError",
    "Row",
    "State",
    "Window",
    "changes_on",
    "completion",
    "last_made",
    "plan",
    "state_on",
]
