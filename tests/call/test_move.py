"""Moving participants: what the rooms publish, what is kept, and who stays where when it is refused."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from mixminus.conference.room import Room
from mixminus.model.conference import Conference, ConferencecallStatus, RoomSettings
from tests.support.site import Site, site
from tests.support.waiting import until

__all__ = ["site"]


def room_of(site: Site, conference: Conference) -> Room:
    room = site.backend.rooms.find(conference.id)
    assert room
    return room


async def participant_of(site: Site, room: Conference, position: int = 0) -> str:
    return str((await site.backend.joined(room))[position])


async def move(site: Site, participant: object, room: object) -> tuple[int, Any]:
    return await site.api.post(f"/v1.0/conferencecalls/{participant}/move", {"conference_id": str(room)})


async def joined(site: Site, participant: dict[str, Any]) -> None:
    await site.backend.participant(UUID(participant["id"]), ConferencecallStatus.JOINED)


async def test_both_rooms_publish_the_move_and_the_settings_are_kept(site: Site) -> None:
    old, new = await site.backend.room(), await site.backend.room()
    first, _ = await site.backend.join(old, 2)
    id_ = await participant_of(site, old)
    kept = {"label": "Ann", "muted": True, "gain_db": -3.0, "role": "moderator", "deaf": True}
    await site.api.send("PATCH", f"/v1.0/conferencecalls/{id_}", json=kept)
    call = await site.backend.call_of(UUID(id_))
    status, moved = await move(site, id_, new.id)
    assert (status, moved["status"], moved["reference_id"]) == (200, "joining", str(call.id))
    assert {key: moved[key] for key in kept} == kept
    await joined(site, moved)
    assert [str(each) for each in await site.backend.joined(new)] == [moved["id"]]
    await site.backend.gone(UUID(id_))
    assert len(await site.backend.joined(old)) == 1
    assert [
        each for each in await site.backend.event_types(old.id) if each.startswith("conferencecall_lea")
    ] == [
        "conferencecall_leaving",
        "conferencecall_leaved",
    ]
    types = [each for each in await site.backend.event_types(new.id) if each.startswith("conferencecall_j")]
    assert types == ["conferencecall_joining", "conferencecall_joined"]
    assert first.done == ["answer"], "nothing is signalled"
    assert first.port.muted and first.port.bridge is room_of(site, new).bridge


async def test_it_moves_again_and_back(site: Site) -> None:
    rooms = [await site.backend.room() for _ in range(3)]
    (leg,) = await site.backend.join(rooms[0])
    id_: Any = await participant_of(site, rooms[0])
    for room in (rooms[1], rooms[2], rooms[0]):
        _, moved = await move(site, id_, room.id)
        await joined(site, moved)
        id_ = moved["id"]
    leg.bye()
    await site.backend.gone(UUID(id_))
    assert [await site.backend.joined(room) for room in rooms] == [(), (), ()]
    assert all(room_of(site, room).seats == {} for room in rooms)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (RoomSettings(locked=True), "CONFERENCE_LOCKED"),
        (RoomSettings(max_participants=1), "CONFERENCE_FULL"),
    ],
)
async def test_a_room_that_refuses_it_leaves_it_where_it_is(
    site: Site, settings: RoomSettings, reason: str
) -> None:
    old, new = await site.backend.room(), await site.backend.room()
    await site.backend.join(old, 1)
    await site.backend.join(new, 1)
    body = {"locked": settings.locked, "max_participants": settings.max_participants}
    await site.api.send("PUT", f"/v1.0/conferences/{new.id}", json=body)
    id_ = await participant_of(site, old)
    status, refusal = await move(site, id_, new.id)
    assert (status, refusal["error"]["reason"]) == (409, reason)
    assert await participant_of(site, old) == id_
    assert len(room_of(site, new).seats) == 1


async def test_unknown_rooms_participants_and_other_customers_are_refused(site: Site) -> None:
    room, ended = await site.backend.room(), await site.backend.room()
    await site.backend.join(room, 1)
    id_ = await participant_of(site, room)
    await site.api.send("DELETE", f"/v1.0/conferences/{ended.id}")
    other = await site.api.other_customer()
    _, foreign = await site.api.send("POST", "/v1.0/conferences", json={"type": "conference"}, token=other)
    for target, expected in (
        (uuid4(), (404, "CONFERENCE_NOT_FOUND")),
        (foreign["id"], (404, "CONFERENCE_NOT_FOUND")),
        (ended.id, (409, "STATE_INVALID")),
        (room.id, (409, "ALREADY_IN_CONFERENCE")),
    ):
        status, refusal = await move(site, id_, target)
        assert (status, refusal["error"]["reason"]) == expected
    assert await participant_of(site, room) == id_
    status, refusal = await move(site, uuid4(), room.id)
    assert (status, refusal["error"]["reason"]) == (404, "CONFERENCECALL_NOT_FOUND")


async def test_a_call_that_ends_on_its_way_leaves_no_seat(site: Site) -> None:
    old, new = await site.backend.room(), await site.backend.room()
    (leg,) = await site.backend.join(old)
    id_ = await participant_of(site, old)
    async with site.backend.rooms.lock(old.id):
        moving = asyncio.create_task(move(site, id_, new.id))
        await until(lambda: room_of(site, new).seats)
        leg.bye()
    await moving
    await until(lambda: not room_of(site, new).seats)
    await until(lambda: not room_of(site, old).seats)


async def test_a_breakout_names_what_it_refuses_and_moves_the_rest(site: Site) -> None:
    main, full = await site.backend.room(), await site.backend.room()
    await site.backend.join(main, 4)
    ids = [str(each) for each in await site.backend.joined(main)]
    await site.api.send("PUT", f"/v1.0/conferences/{full.id}", json={"max_participants": 1})
    path = f"/v1.0/conferences/{main.id}/breakout"
    groups = [
        {"conferencecall_ids": ids[:1]},
        {"conference_id": str(full.id), "conferencecall_ids": ids[1:3]},
    ]
    status, made = await site.api.post(path, {"groups": groups})
    assert status == 200
    first, second = made["result"]
    assert len(first["conferencecalls"]) == len(second["conferencecalls"]) == 1
    assert [(each["conferencecall_id"], each["reason"]) for each in second["refused"]] == [
        (ids[2], "CONFERENCE_FULL")
    ]
    for each in (first, second):
        await joined(site, each["conferencecalls"][0])
    shown = await site.conference(first["conference_id"])
    assert shown["breakout_of"] == str(main.id)
    status, back = await site.api.send("DELETE", path)
    assert (status, len(back["result"])) == (200, 1), "a room that existed before is not of the breakout"
    await site.becomes(first["conference_id"], "terminated")
    await until(lambda: len(room_of(site, main).present) == 3)


@pytest.mark.parametrize("twice", [True, False])
async def test_a_breakout_with_a_wrong_group_moves_none(site: Site, twice: bool) -> None:
    main = await site.backend.room()
    await site.backend.join(main, 2)
    ids = [str(each) for each in await site.backend.joined(main)]
    groups = [{"conferencecall_ids": [ids[0]]}, {"conferencecall_ids": [ids[0] if twice else str(uuid4())]}]
    status, _ = await site.api.post(f"/v1.0/conferences/{main.id}/breakout", {"groups": groups})
    assert status == (400 if twice else 404)
    assert [str(each) for each in await site.backend.joined(main)] == ids
    _, rooms = await site.api.get("/v1.0/conferences")
    assert len(rooms["result"]) == 1
