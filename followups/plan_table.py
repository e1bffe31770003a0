"""A plan as a table that a clinician can read in a terminal."""

from typing import Any


def as_text(plan: dict[str, Any]) -> str:
    """The answer form of protocol.md section 9, for people."""
    lines = [f"Plan on {plan['as_of']}"]
    for joint in plan["joints"]:
        lines += ["", f"{joint['side']} {joint['site']}: {_standing(joint)}"]
        lines += [f"  {_clock(clock)}" for clock in joint["clocks"]]
        if live := joint["follow_up"]:
            lines.append(
                f"  next: {' + '.join(live['studies'])} {live['target']}"
                f" (window {live['opens']} to {live['closes']}), {live['state']}"
            )
        lines += [f"  - {sentence}" for sentence in (*joint["reasons"], *joint["conflicts"])]
    if plan["prompts"]:
        lines += ["", "To think of:"]
        lines += [f"  {_prompt(prompt)}" for prompt in plan["prompts"]]
    return "\n".join(lines)


def _standing(joint: dict[str, Any]) -> str:
    parts = [joint["state"], joint["group"], joint["row"] and f"row {joint['row']} since {joint['row_since']}"]
    if joint["ended"]:
        parts.append(f"ended {joint['ended']['on']} ({joint['ended']['reason']})")
    return ", ".join(part for part in parts if part)


def _clock(clock: dict[str, Any]) -> str:
    return f"{clock['study']:<5} {clock['target']}  window {clock['opens']} to {clock['closes']}"


def _prompt(prompt: dict[str, Any]) -> str:
    where = f" ({prompt['side']} {prompt['site']})" if prompt["site"] else ""
    by = f" by {prompt['target']}" if prompt["target"] else ""
    return f"{prompt['code'].replace('_', ' ')}{where}{by}"
