"""Why a joint is in its row, as one reason."""

from clinical.history import Ending, JointState, Symptoms
from clinical.protocol.rows import Story
from clinical.protocol.tables import Row
from clinical.reasons import Reason, Value
from clinical.sites import Site
from clinical.sizing import Size


def row_reason(story: Story, ended: Ending | None) -> Reason | None:
    """None for a joint that has no lesion."""
    if not story.is_lesion:
        return None
    if story.row is None:
        return _no_row(story)
    code = _code(story, story.row, ended)
    sight = story.sight
    params: dict[str, Value] = {"since_on": story.row_since}
    if ended is not None:
        params["ended_on"] = ended.on
    elif story.begins_anew_on is not None:
        params["operated_on"] = story.begins_anew_on
    elif code == "row_large_nameless_stage":
        params["stage"] = sight.nameless
    elif sight.sized_on is not None:
        params["sized_on"] = sight.sized_on
    return Reason(code, params)


def _no_row(story: Story) -> Reason | None:
    site = story.records.key[0]
    if site is Site.JAW:
        return Reason("no_plan_jaw")
    if site is Site.SHAFT:
        return Reason("no_plan_shaft")
    return Reason("no_plan_operation_not_dated") if story.state is JointState.REPLACED else None


def _code(story: Story, row: Row, ended: Ending | None) -> str:
    sight = story.sight
    if row is Row.ENDED:
        return f"row_ended_{ended.reason}" if ended is not None else "row_ended_fused"
    if row in (Row.COLLAPSED_EARLY, Row.COLLAPSED_LATE) and sight.operation is not None:
        return f"row_{row}_after_operation"
    if row is Row.LARGE:
        if sight.size is Size.LARGE:
            return "row_large_size"
        return "row_large_nameless_stage" if sight.nameless is not None else "row_large_not_sized"
    if row is Row.MEDIUM:
        return _medium(story)
    return f"row_{row}"


def _medium(story: Story) -> str:
    sight = story.sight
    if sight.size is None:
        return "row_medium_not_sized"
    if sight.size is Size.MEDIUM:
        return "row_medium_size"
    if sight.symptoms is Symptoms.YES:
        return "row_medium_symptoms"
    return "row_medium_oedema" if sight.oedema else "row_medium_symptoms_not_known"
