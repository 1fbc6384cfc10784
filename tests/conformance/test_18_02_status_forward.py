"""2: a conference's status goes from starting to progressing and never back."""

from uuid import UUID

from tests.support.site import Site

ORDER = ["starting", "progressing", "terminating", "terminated"]


async def test_18_02_status_only_goes_forward(site: Site) -> None:
    _, created = await site.api.post("/v1.0/conferences", {"type": "conference"})
    assert created["status"] == "starting"
    room = await site.becomes(created["id"], "progressing")
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    await site.api.send("PUT", f"/v1.0/conferences/{room['id']}", json={"name": "another"})
    await site.api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    await site.becomes(room["id"], "terminated")
    assert caller["conference_id"] == room["id"]
    seen = [
        ORDER.index(event.data["status"])
        for event in await site.backend.events(UUID(room["id"]))
        if event.type.startswith("conference_")
    ]
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2, 3}
