"""48: a deleted conference can be read but is not listed; a deleted call can be neither read nor listed."""

from tests.support.site import Site
from tests.support.waiting import until

UNSET = "9999-01-01 00:00:00.000000"


async def test_18_48_deleted_conference_can_be_read_by_id(site: Site) -> None:
    room = await site.api.room()
    await site.api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    status, shown = await site.api.get(f"/v1.0/conferences/{room['id']}")
    assert (status, shown["status"]) == (200, "terminated")
    assert shown["tm_delete"] != UNSET
    _, page = await site.api.get("/v1.0/conferences")
    assert page["result"] == []


async def test_18_48_deleted_call_is_409(site: Site) -> None:
    room = await site.api.room()
    leg = await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    path = f"/v1.0/calls/{caller['reference_id']}"
    status, deleted = await site.api.send("DELETE", path)
    assert status == 200
    assert deleted["tm_delete"] != UNSET
    await until(lambda: leg.done[-1] == "hang up normal")
    await site.participants(room["id"], "leaved")
    for method in ("GET", "DELETE"):
        status, answer = await site.api.send(method, path)
        assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
    _, page = await site.api.get("/v1.0/calls")
    assert page["result"] == []
