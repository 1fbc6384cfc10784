"""12: a second kick is a 409 and changes nothing; kicking an unknown participant is a 404."""

from uuid import uuid4

from tests.support.site import Site


async def test_18_12_second_kick_is_refused(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    path = f"/v1.0/conferencecalls/{caller['id']}"
    status, kicked = await site.api.send("DELETE", path)
    assert (status, kicked["status"]) == (200, "leaving")
    await site.participants(room["id"], "leaved")
    _, before = await site.api.get(path)
    status, answer = await site.api.send("DELETE", path)
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
    assert await site.api.get(path) == (200, before)


async def test_18_12_unknown_participant_is_not_found(site: Site) -> None:
    status, answer = await site.api.send("DELETE", f"/v1.0/conferencecalls/{uuid4()}")
    assert (status, answer["error"]["reason"]) == (404, "CONFERENCECALL_NOT_FOUND")
