"""13: a participant kicked while joining is never mixed, its row ends as leaved, and its call's flow continues."""

from typing import Any
from uuid import UUID

import numpy as np

from tests.support.calling import HOUR, mark
from tests.support.signals import rms, tone
from tests.support.site import Site
from tests.support.waiting import until

RATE_HZ = 16_000


async def test_18_13_participant_kicked_while_joining_is_never_mixed(site: Site) -> None:
    _, room = await site.api.post("/v1.0/conferences", {"type": "conference"})
    listener = await site.backend.dial(room["id"])
    await site.participants(room["id"], "joined")
    path = f"/v1.0/conferences/{room['id']}"
    slow = {"type": "conference", "pre_actions": [HOUR], "post_actions": [mark("never")]}
    await site.api.send("PUT", path, json=slow)
    joining = await site.backend.dial(room["id"])
    (row,) = await site.participants(room["id"], "joining")
    joining.port.write(tone(440, RATE_HZ, RATE_HZ))
    listener.port.read()
    status, kicked = await site.api.send("DELETE", f"/v1.0/conferencecalls/{row['id']}")
    assert (status, kicked["status"]) == (200, "leaving")
    await site.participants(room["id"], "leaved")
    site.backend.tick(25)
    assert rms(np.asarray(listener.port.read())) == 0
    await until(lambda: joining.done == ["answer", "hang up normal"])
    assert row["id"] not in (await site.conference(room["id"]))["conferencecall_ids"]
    types = await site.backend.event_types(UUID(room["id"]))
    assert types.count("conferencecall_joined") == 1


async def test_18_13_flow_continues_after_the_room_without_post_actions(site: Site) -> None:
    inner = {"type": "conference", "pre_actions": [HOUR], "post_actions": [mark("never")]}
    _, room = await site.api.post("/v1.0/conferences", inner)
    join = {"type": "conference_join", "option": {"conference_id": room["id"]}}
    _, outer = await site.api.post(
        "/v1.0/conferences", {"type": "conference", "pre_actions": [join, mark("after"), HOUR]}
    )
    await site.backend.dial(outer["id"])
    (row,) = await site.participants(room["id"], "joining")
    await site.api.send("DELETE", f"/v1.0/conferencecalls/{row['id']}")
    await site.participants(room["id"], "leaved")

    async def slept() -> dict[str, Any] | None:
        _, flow = await site.api.get(f"/v1.0/activeflows/{row['activeflow_id']}")
        marks = [each["option"] for each in flow["executed_actions"] if each["type"] == "variable_set"]
        return {"marks": marks} if flow["current_action"]["type"] == "sleep" and marks else None

    found = await until(slept)
    assert [each["key"] for each in found["marks"]] == ["after"]
    _, call = await site.api.get(f"/v1.0/calls/{row['reference_id']}")
    assert call["status"] == "progressing"
