"""Talk spurts are published, and every start is followed by an end."""

from pathlib import Path

import numpy as np

from mixminus.model.conference import Conference, ConferencecallStatus, ParticipantChange
from mixminus.model.ids import ConferencecallId
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.database import copy_directory
from tests.support.legs import PcmLeg
from tests.support.signals import tone
from tests.support.waiting import until

RATE_HZ = 16_000
STARTED, ENDED = "participant_talking_started", "participant_talking_ended"


async def talker(backend: Backend) -> tuple[Conference, PcmLeg, ConferencecallId]:
    """Return a participant that is talking, once that is published."""
    room = await backend.room()
    (leg,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    leg.port.write(tone(300, RATE_HZ, RATE_HZ))
    backend.tick(25)
    await published(backend, room, [STARTED])
    return room, leg, ConferencecallId(id_)


async def published(backend: Backend, room: Conference, expected: list[str]) -> None:
    async def look() -> bool:
        types = [type_ for type_ in await backend.event_types(room.id) if "talking" in type_]
        return types == expected

    await until(look)


async def test_talk_spurt_is_published_and_in_the_row(backend: Backend) -> None:
    room, leg, id_ = await talker(backend)
    assert (await backend.participants.get_call(backend.customer_id, id_)).talking
    leg.port.write(np.zeros(RATE_HZ * 2, np.int16))
    backend.tick(100)
    await published(backend, room, [STARTED, ENDED])
    assert not (await backend.participants.get_call(backend.customer_id, id_)).talking
    events = [event.data for event in await backend.events(room.id) if "talking" in event.type]
    assert [(data["id"], data["talking"]) for data in events] == [(str(id_), True), (str(id_), False)]


async def test_hanging_up_while_talking_publishes_the_end(backend: Backend) -> None:
    room, leg, id_ = await talker(backend)
    leg.bye()
    await backend.participant(id_, ConferencecallStatus.LEAVED)
    backend.tick(5)
    assert (await backend.event_types(room.id))[-4:] == [
        ENDED,
        "conferencecall_leaving",
        "conferencecall_leaved",
        "conference_updated",
    ]


async def test_kick_while_talking_publishes_the_end_first(backend: Backend) -> None:
    room, _, id_ = await talker(backend)
    await backend.participants.kick(backend.customer_id, id_)
    await backend.participant(id_, ConferencecallStatus.LEAVED)
    backend.tick(5)
    types = [each for each in await backend.event_types(room.id) if each != "participant_dominant"]
    assert types[types.index(STARTED) :][:4] == [
        STARTED,
        ENDED,
        "conferencecall_leaving",
        "conferencecall_leaved",
    ]
    assert types.count(ENDED) == 1


async def test_muted_participant_stops_talking(backend: Backend) -> None:
    room, leg, id_ = await talker(backend)
    await backend.participants.change(backend.customer_id, id_, ParticipantChange(muted=True))
    leg.port.write(tone(300, RATE_HZ, RATE_HZ))
    backend.tick(60)
    await published(backend, room, [STARTED, ENDED])


async def test_end_is_published_after_the_server_was_killed(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    clock = ManualClock()
    async with open_backend(tmp_path / "first", clock) as first:
        room, _, _ = await talker(first)
        copy = copy_directory(tmp_path / "first", tmp_path / "second")
    async with open_backend(copy, clock) as second:
        await published(second, room, [STARTED, ENDED])
