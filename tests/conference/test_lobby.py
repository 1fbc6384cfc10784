"""The lobby, from which participants are admitted or refused one by one, and raised hands."""

from typing import Any
from uuid import UUID, uuid4

from mixminus.model.conference import Conference, RoomSettings
from mixminus.model.ids import ConferencecallId
from tests.support.caller import RATE_HZ, Caller, level, run, run_until
from tests.support.site import Site, site
from tests.support.tones import level_db, tone
from tests.support.waiting import until

__all__ = ["site"]

INSIDE_HZ, OUTSIDE_HZ, SILENT_DB = 1490.0, 1950.0, -60.0


async def waiting(site: Site, room: Conference, count: int) -> list[dict[str, Any]]:
    """Wait until this many participants wait; return them. Those of one moment have no order."""

    async def look() -> list[dict[str, Any]] | None:
        _, page = await site.api.get(f"/v1.0/conferencecalls?conference_id={room.id}")
        found = [each for each in page["result"] if each["waiting"]]
        return found if len(found) == count else None

    return await until(look) if count else []


async def types(site: Site, room: Conference, beginning: str) -> list[str]:
    return [each for each in await site.backend.event_types(room.id) if each.startswith(beginning)]


async def decide(site: Site, participant: object, decision: str) -> tuple[int, Any]:
    return await site.api.send("POST", f"/v1.0/conferencecalls/{participant}/{decision}")


async def test_each_is_admitted_or_refused(site: Site) -> None:
    room = await site.backend.room(settings=RoomSettings(lobby=True))
    legs: list[Any] = []
    callers: list[dict[str, Any]] = []
    for _ in range(3):
        legs.append(await site.backend.dial(room.id))
        known = {each["id"] for each in callers}
        came = await waiting(site, room, len(legs))
        callers += [each for each in came if each["id"] not in known]
    first, second, third = callers
    assert first["status"] == "joining"
    assert await site.backend.joined(room) == ()
    status, _ = await decide(site, first["id"], "admit")
    assert status == 200
    await until(lambda: legs[0].port.bridge)
    status, refused = await decide(site, second["id"], "refuse")
    assert (status, refused["status"]) == (200, "leaving")
    await site.backend.gone(UUID(second["id"]))
    await until(lambda: "hang up normal" in legs[1].done)
    assert [str(each) for each in await site.backend.joined(room)] == [first["id"]]
    (still,) = await waiting(site, room, 1)
    assert still["id"] == third["id"]
    assert await types(site, room, "participant_waiting") == [
        *["participant_waiting_started"] * 3,
        "participant_waiting_ended",
        "participant_waiting_ended",
    ]
    for gone in (first["id"], second["id"]):
        status, refusal = await decide(site, gone, "admit")
        assert (status, refusal["error"]["reason"]) == (409, "STATE_INVALID")


async def test_who_waits_hears_music_and_neither_hears_the_room_nor_is_heard(site: Site) -> None:
    backend, room = site.backend, await site.backend.room(settings=RoomSettings(lobby=True))
    inside = await Caller.dial(backend, room.id)
    (first,) = await waiting(site, room, 1)
    outside = await Caller.dial(backend, room.id)
    (second,) = [each for each in await waiting(site, room, 2) if each["id"] != first["id"]]
    callers = [inside, outside]
    inside.speaks, outside.speaks = (tone(hz, 1.0, sample_rate_hz=RATE_HZ) for hz in (INSIDE_HZ, OUTSIDE_HZ))

    async def hear(seconds: float = 1.0) -> None:
        for each in callers:
            each.forget()
        await run(backend, callers, seconds)

    await run_until(backend, callers, lambda: level(outside.heard[-RATE_HZ // 2 :]) > 50)
    await decide(site, first["id"], "admit")
    await run_until(backend, callers, lambda: inside.port.bridge)
    await hear()
    assert level(outside.heard) > 50, "music"
    assert level_db(outside.heard, INSIDE_HZ, sample_rate_hz=RATE_HZ) < SILENT_DB
    assert level_db(inside.heard, OUTSIDE_HZ, sample_rate_hz=RATE_HZ) < SILENT_DB
    await decide(site, second["id"], "admit")
    await run_until(backend, callers, lambda: outside.port.bridge)
    await hear(0.5)
    await hear()
    assert level_db(outside.heard, INSIDE_HZ, sample_rate_hz=RATE_HZ) > -25
    assert level_db(inside.heard, OUTSIDE_HZ, sample_rate_hz=RATE_HZ) > -25
    for each in callers:
        each.close()


async def test_all_are_admitted_at_once_and_a_moderator_does_not_wait(site: Site) -> None:
    settings = RoomSettings(lobby=True, wait_for_moderator=True)
    room = await site.backend.room(settings=settings)
    for _ in range(2):
        await site.backend.dial(room.id)
    await waiting(site, room, 2)
    path = f"/v1.0/conferences/{room.id}/admit"
    status, admitted = await site.api.send("POST", path)
    assert (status, len(admitted["result"])) == (200, 2)
    ids = [each["id"] for each in admitted["result"]]
    assert await site.backend.joined(room) == (), "they were admitted, and wait for a moderator"
    moderator = await site.backend.dial(room.id)
    (late,) = [each for each in await waiting(site, room, 3) if each["id"] not in ids]
    await site.api.send("PATCH", f"/v1.0/conferencecalls/{late['id']}", json={"role": "moderator"})
    await until(lambda: moderator.port.bridge)
    await site.participants(str(room.id), "joined", 3)
    _, again = await site.api.send("POST", path)
    assert again["result"] == []


async def test_lowering_the_setting_lets_all_in(site: Site) -> None:
    room = await site.backend.room(settings=RoomSettings(lobby=True))
    await site.backend.dial(room.id)
    await waiting(site, room, 1)
    await site.api.send("PUT", f"/v1.0/conferences/{room.id}", json={"lobby": False})
    await site.participants(str(room.id), "joined")


async def test_one_that_waits_for_a_moderator_is_shown_and_is_moved_past_a_lobby(site: Site) -> None:
    room = await site.backend.room(settings=RoomSettings(wait_for_moderator=True))
    guarded = await site.backend.room(settings=RoomSettings(lobby=True))
    await site.backend.dial(room.id)
    (one,) = await waiting(site, room, 1)
    body = {"conference_id": str(guarded.id)}
    status, moved = await site.api.post(f"/v1.0/conferencecalls/{one['id']}/move", body)
    assert status == 200
    (joined,) = await site.participants(str(guarded.id), "joined")
    assert (joined["id"], joined["waiting"]) == (moved["id"], False)


async def test_a_hand_is_raised_by_request_and_lowered_by_leaving(site: Site) -> None:
    room = await site.backend.room()
    (leg,) = await site.backend.join(room)
    (id_,) = await site.backend.joined(room)
    path = f"/v1.0/conferencecalls/{id_}"
    for on in (True, True, False, True):
        status, shown = await site.api.send("PATCH", path, json={"hand_raised": on})
        assert (status, shown["hand_raised"]) == (200, on)
    leg.bye()
    await site.backend.gone(id_)
    raised, lowered = "participant_hand_raised", "participant_hand_lowered"
    assert await types(site, room, "participant_hand") == [raised, lowered, raised, lowered]
    assert not (await site.api.get(path))[1]["hand_raised"]


async def test_a_hand_is_raised_and_lowered_by_keys(site: Site) -> None:
    room = await site.backend.room(settings=RoomSettings(dtmf_menu={"*3": "hand"}))
    await site.backend.join(room)
    (id_,) = await site.backend.joined(room)
    live = next(iter(site.backend.services.live_calls.values()))
    for expected in (True, False):
        for key in "*3":
            live.digits.press(key)

        async def shown(expected: bool = expected) -> bool:
            participant = await site.backend.participants.get_call(
                site.backend.customer_id, ConferencecallId(id_)
            )
            return participant.hand_raised is expected

        await until(shown)
    status, _ = await site.api.send("PATCH", f"/v1.0/conferencecalls/{uuid4()}", json={"hand_raised": True})
    assert status == 404
