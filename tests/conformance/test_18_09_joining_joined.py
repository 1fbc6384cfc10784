"""9: joining, then joined; only from joined on the id is the conference's."""

from tests.support.site import Site

HOUR = {"type": "sleep", "option": {"duration": 3_600_000}}


async def test_18_09_a_participant_counts_from_joined_on(site: Site) -> None:
    _, room = await site.door.post("/v1.0/conferences", {"type": "conference", "pre_actions": [HOUR]})
    await site.house.dial(room["id"])
    (joining,) = await site.participants(room["id"], "joining")
    assert (await site.conference(room["id"]))["conferencecall_ids"] == []
    site.house.clock.advance(3600)
    (joined,) = await site.participants(room["id"], "joined")
    assert joined["id"] == joining["id"]
    assert (await site.conference(room["id"]))["conferencecall_ids"] == [joined["id"]]
    status, call = await site.door.get(f"/v1.0/calls/{joined['reference_id']}")
    assert (status, joined["reference_type"], call["status"]) == (200, "call", "progressing")
