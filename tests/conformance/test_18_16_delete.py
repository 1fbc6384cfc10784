"""16: DELETE removes all participants and terminates the conference, an empty one at once; a second DELETE changes nothing."""

from uuid import UUID

from tests.support.site import Site


async def test_18_16_all_participants_leave_before_the_room_terminates(site: Site) -> None:
    room = await site.api.room()
    for _ in range(2):
        await site.backend.dial(room["id"])
    await site.participants(room["id"], "joined", 2)
    status, closing = await site.api.send("DELETE", f"/v1.0/conferences/{room['id']}")
    assert (status, closing["status"]) == (200, "terminating")
    await site.becomes(room["id"], "terminated")
    await site.participants(room["id"], "leaved", 2)
    types = await site.backend.event_types(UUID(room["id"]))
    assert types.count("conferencecall_leaving") == types.count("conferencecall_leaved") == 2
    assert types[-1] == "conference_deleted"


async def test_18_16_empty_room_terminates_at_once_and_a_second_delete_changes_nothing(site: Site) -> None:
    room = await site.api.room()
    path = f"/v1.0/conferences/{room['id']}"
    status, ended = await site.api.send("DELETE", path)
    assert (status, ended["status"]) == (200, "terminated")
    assert await site.api.send("DELETE", path) == (200, ended)
