"""9: a participant is joining, then joined; only then the conference lists its id."""

from tests.support.site import Site

HOUR = {"type": "sleep", "option": {"duration": 3_600_000}}


async def test_18_09_conference_lists_a_participant_once_joined(site: Site) -> None:
    _, room = await site.api.post("/v1.0/conferences", {"type": "conference", "pre_actions": [HOUR]})
    await site.backend.dial(room["id"])
    (joining,) = await site.participants(room["id"], "joining")
    assert (await site.conference(room["id"]))["conferencecall_ids"] == []
    site.backend.clock.advance(3600)
    (joined,) = await site.participants(room["id"], "joined")
    assert joined["id"] == joining["id"]
    assert (await site.conference(room["id"]))["conferencecall_ids"] == [joined["id"]]
    status, call = await site.api.get(f"/v1.0/calls/{joined['reference_id']}")
    assert (status, joined["reference_type"], call["status"]) == (200, "call", "progressing")
