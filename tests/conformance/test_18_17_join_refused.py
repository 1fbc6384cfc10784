"""17: a conference that is not progressing admits no participant and leaves none joining; the call's flow continues."""

from typing import Any
from uuid import UUID, uuid4

from mixminus.model.ids import CallId, ConferenceId, new_id
from tests.support.site import Site
from tests.support.waiting import until


def join(id_: str) -> dict[str, Any]:
    return {"type": "conference_join", "option": {"conference_id": id_}}


async def test_18_17_join_of_a_terminated_room_is_skipped(site: Site) -> None:
    over = await site.api.room()
    await site.api.send("DELETE", f"/v1.0/conferences/{over['id']}")
    _, room = await site.api.post(
        "/v1.0/conferences", {"type": "conference", "pre_actions": [join(over["id"])]}
    )
    await site.backend.dial(room["id"])
    await site.participants(room["id"], "joined")
    assert await site.participants(over["id"], "joining", 0) == []
    await site.participants(over["id"], "leaved", 0)


async def test_18_17_join_of_an_unknown_room_ends_the_call(site: Site) -> None:
    unknown = str(uuid4())
    _, room = await site.api.post("/v1.0/conferences", {"type": "conference", "pre_actions": [join(unknown)]})
    leg = await site.backend.dial(room["id"])
    await until(lambda: leg.done == ["answer", "hang up failed"])
    await site.participants(room["id"], "leaved")
    await site.participants(unknown, "joining", 0)


async def test_18_17_terminating_room_admits_no_participant(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    await site.participants(room["id"], "joined")
    room_id = ConferenceId(UUID(room["id"]))
    closing = await site.backend.conferences.delete(site.backend.customer_id, room_id)
    assert closing.status == "terminating"
    port = site.backend.engine.open_pcm_port(8000)
    assert await site.backend.participants.admit(room_id, CallId(new_id()), port) is None
    await site.becomes(room["id"], "terminated")
    await site.participants(room["id"], "joining", 0)
