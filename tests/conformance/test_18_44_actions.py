"""44: unsupported actions are skipped, unknown ones are refused at creation, and an undefined variable is empty."""

from typing import Any

import pytest

from tests.support.site import Site
from tests.support.waiting import until

UNSUPPORTED = [
    "queue_join",
    "message_send",
    "conversation_send",
    "email_send",
    "ai_talk",
    "ai_summary",
    "ai_task",
    "case_create",
]
SHOW = {"type": "variable_set", "option": {"key": "shown", "value": "<${missing}>"}}
HANGUP = {"type": "hangup"}


async def flow_of(site: Site, room: str) -> dict[str, Any]:
    """Wait until the only call has ended, and return its flow."""

    async def ended() -> dict[str, Any] | None:
        _, page = await site.api.get("/v1.0/activeflows")
        (flow,) = page["result"] or [{"status": ""}]
        return flow if flow["status"] == "ended" else None

    await site.backend.dial(room)
    return await until(ended)


async def test_18_44_unsupported_actions_are_skipped_and_missing_values_empty(site: Site) -> None:
    actions = [*({"type": type_} for type_ in UNSUPPORTED), SHOW, HANGUP]
    status, room = await site.api.post("/v1.0/conferences", {"type": "conference", "pre_actions": actions})
    assert status == 200
    flow = await flow_of(site, room["id"])
    done = [each for each in flow["executed_actions"] if each["type"] in (*UNSUPPORTED, "variable_set")]
    assert [each["type"] for each in done] == [*UNSUPPORTED, "variable_set"]
    assert done[-1]["option"]["value"] == "<>"


@pytest.mark.parametrize("type_", ["agent_call", "chatbot_talk", "hangup_relay", "Answer", "", None])
async def test_18_44_unknown_actions_are_refused(site: Site, type_: str | None) -> None:
    actions = [{"type": "answer"}, {"type": type_}]
    for path, body in (
        ("/v1.0/flows", {"actions": actions}),
        ("/v1.0/activeflows", {"actions": actions}),
        ("/v1.0/conferences", {"type": "conference", "pre_actions": actions}),
        ("/v1.0/conferences", {"type": "conference", "post_actions": actions}),
    ):
        status, refusal = await site.api.post(path, body)
        assert (status, refusal["error"]["reason"]) == (400, "INVALID_ACTION_TYPE")
        assert "actions[1].type" in refusal["error"]["message"]


async def test_18_44_every_listed_type_is_accepted_in_a_flow(site: Site) -> None:
    _, flow = await site.api.post("/v1.0/flows", {"actions": [{"type": type_} for type_ in UNSUPPORTED]})
    assert [each["type"] for each in flow["actions"]] == UNSUPPORTED
