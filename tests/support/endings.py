"""Flows that run when a room or a recording ends, and show the variables they were given."""

from collections.abc import Sequence
from typing import Any

from tests.api.client import ApiClient
from tests.support.waiting import until

__all__ = ["copied_values", "copying_flow", "finished"]


async def copying_flow(api: ApiClient, prefix: str, names: Sequence[str]) -> str:
    """Create a flow that copies each of these variables to its short name; return its id."""
    keep = [
        {"type": "variable_set", "option": {"key": name, "value": f"${{{prefix}.{name}}}"}} for name in names
    ]
    _, flow = await api.post("/v1.0/flows", {"name": "at the end", "actions": keep})
    flow_id: str = flow["id"]
    return flow_id


async def finished(api: ApiClient) -> dict[str, Any]:
    """Wait until the only activeflow has ended, and return it."""

    async def look() -> dict[str, Any] | None:
        _, page = await api.get("/v1.0/activeflows")
        found: list[dict[str, Any]] = page["result"]
        return found[0] if found and found[0]["status"] == "ended" else None

    return await until(look)


def copied_values(activeflow: dict[str, Any]) -> dict[str, str]:
    """Return the variables that the flow has copied."""
    done = [*activeflow["executed_actions"], activeflow["current_action"]]
    options = [each["option"] for each in done if each.get("type") == "variable_set"]
    return {option["key"]: option["value"] for option in options}
