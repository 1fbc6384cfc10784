"""19: PUT replaces every field but the type, and restarts the timeout."""

from tests.support.site import Site


async def test_18_19_put_resets_omitted_fields_and_keeps_the_type(site: Site) -> None:
    _, room = await site.api.post(
        "/v1.0/conferences",
        {"type": "conference", "name": "n", "detail": "d", "data": {"a": 1}, "locked": True},
    )
    await site.becomes(room["id"], "progressing")
    status, put = await site.api.send(
        "PUT", f"/v1.0/conferences/{room['id']}", json={"type": "connect", "detail": "new"}
    )
    assert status == 200
    assert (put["name"], put["detail"], put["data"], put["locked"]) == ("", "new", {}, False)
    assert put["type"] == "conference"
    assert await site.conference(room["id"]) == put


async def test_18_19_put_of_zero_cancels_the_timeout(site: Site) -> None:
    _, room = await site.api.post("/v1.0/conferences", {"type": "conference", "timeout": 60})
    await site.api.send("PUT", f"/v1.0/conferences/{room['id']}", json={"timeout": 0})
    site.backend.clock.advance(1000)
    assert (await site.conference(room["id"]))["status"] == "progressing"


async def test_18_19_put_restarts_the_timeout(site: Site) -> None:
    _, room = await site.api.post("/v1.0/conferences", {"type": "conference", "timeout": 60})
    path = f"/v1.0/conferences/{room['id']}"
    await site.becomes(room["id"], "progressing")
    site.backend.clock.advance(50)
    _, put = await site.api.send("PUT", path, json={"timeout": 30})
    assert put["timeout"] == 86_400
    await site.api.send("PUT", path, json={"timeout": 100})
    site.backend.clock.advance(99)
    assert (await site.conference(room["id"]))["status"] == "progressing"
    site.backend.clock.advance(1.1)
    await site.becomes(room["id"], "terminated")


async def test_18_19_put_of_a_terminated_room_is_refused(site: Site) -> None:
    room = await site.api.room()
    await site.api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    status, answer = await site.api.send("PUT", f"/v1.0/conferences/{room['id']}", json={"name": "late"})
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
