"""19: PUT replaces everything but the type, and the one timer with it."""

from tests.support.site import Site


async def test_18_19_what_is_omitted_is_reset_and_the_type_stays(site: Site) -> None:
    _, room = await site.door.post(
        "/v1.0/conferences",
        {"type": "conference", "name": "n", "detail": "d", "data": {"a": 1}, "locked": True},
    )
    await site.becomes(room["id"], "progressing")
    status, put = await site.door.send(
        "PUT", f"/v1.0/conferences/{room['id']}", json={"type": "connect", "detail": "new"}
    )
    assert status == 200
    assert (put["name"], put["detail"], put["data"], put["locked"]) == ("", "new", {}, False)
    assert put["type"] == "conference"
    assert await site.conference(room["id"]) == put


async def test_18_19_zero_cancels_the_pending_timeout(site: Site) -> None:
    _, room = await site.door.post("/v1.0/conferences", {"type": "conference", "timeout": 60})
    await site.door.send("PUT", f"/v1.0/conferences/{room['id']}", json={"timeout": 0})
    site.house.clock.advance(1000)
    assert (await site.conference(room["id"]))["status"] == "progressing"


async def test_18_19_a_put_is_a_new_timer_in_place_of_the_old(site: Site) -> None:
    _, room = await site.door.post("/v1.0/conferences", {"type": "conference", "timeout": 60})
    path = f"/v1.0/conferences/{room['id']}"
    await site.becomes(room["id"], "progressing")
    site.house.clock.advance(50)
    _, put = await site.door.send("PUT", path, json={"timeout": 30})
    assert put["timeout"] == 86_400
    await site.door.send("PUT", path, json={"timeout": 100})
    site.house.clock.advance(99)
    assert (await site.conference(room["id"]))["status"] == "progressing"
    site.house.clock.advance(1.1)
    await site.becomes(room["id"], "terminated")


async def test_18_19_a_room_that_is_over_is_not_changed(site: Site) -> None:
    room = await site.door.room()
    await site.door.send("DELETE", f"/v1.0/conferences/{room['id']}")
    status, answer = await site.door.send("PUT", f"/v1.0/conferences/{room['id']}", json={"name": "late"})
    assert (status, answer["error"]["reason"]) == (409, "STATE_INVALID")
