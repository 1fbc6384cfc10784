"""A participant whose phone holds the call: in its row, in events, out of the mix, and not hung up for silence."""

from uuid import UUID

import numpy as np

from mixminus.mixer import HoldEnded, HoldStarted, MediaTimeout
from mixminus.model.call import CallStatus
from mixminus.model.conference import ConferencecallStatus
from mixminus.model.ids import ConferencecallId
from tests.support.backend import Backend
from tests.support.legs import PcmLeg
from tests.support.signals import rms, tone
from tests.support.waiting import until

RATE_HZ = 16_000
STARTED, ENDED = "participant_hold_started", "participant_hold_ended"


def signal(backend: Backend, leg: PcmLeg, *, on: bool) -> None:
    """Do what the SIP side does when a phone's offer begins or ends a hold."""
    leg.port.set_on_hold(on)
    backend.services.on_engine_event((HoldStarted if on else HoldEnded)(leg.port.id, 0))


def heard(backend: Backend, leg: PcmLeg) -> int:
    """Run, and return the level of the last 200 ms at a participant."""
    backend.tick(40)
    return round(rms(np.asarray(leg.port.read()[-RATE_HZ // 5 :])))


async def published(backend: Backend, room_id: UUID, expected: list[bool]) -> None:
    async def look() -> bool:
        events = [each for each in await backend.events(room_id) if "participant_hold" in each.type]
        assert all((each.type == STARTED) is each.data["on_hold"] for each in events)
        return [each.data["on_hold"] for each in events] == expected

    await until(look)


async def test_hold_is_in_the_row_and_published_and_silences_the_participant(backend: Backend) -> None:
    room = await backend.room()
    first, second = await backend.join(room, 2)
    seat = backend.rooms.seat_of(first.port.id)
    assert seat
    held = seat.id
    first.port.write(tone(500, RATE_HZ, RATE_HZ * 9, 4000))
    assert heard(backend, second) > 1000
    signal(backend, first, on=True)
    await published(backend, room.id, [True])
    assert (await backend.participants.get_call(backend.customer_id, held)).on_hold
    assert heard(backend, second) == 0
    backend.services.on_engine_event(MediaTimeout(first.port.id, 0))
    signal(backend, first, on=False)
    await published(backend, room.id, [True, False])
    assert not (await backend.participants.get_call(backend.customer_id, held)).on_hold
    assert heard(backend, second) > 1000
    calls = [each.call.status for each in backend.services.live_calls.values()]
    assert calls == [CallStatus.PROGRESSING] * 2


async def test_hanging_up_on_hold_publishes_the_end(backend: Backend) -> None:
    room = await backend.room()
    (leg,) = await backend.join(room)
    (id_,) = await backend.joined(room)
    signal(backend, leg, on=True)
    await published(backend, room.id, [True])
    leg.bye()
    await backend.participant(ConferencecallId(id_), ConferencecallStatus.LEAVED)
    await published(backend, room.id, [True, False])


async def test_a_call_that_joins_on_hold_is_shown_so(backend: Backend) -> None:
    room = await backend.room()
    leg = await backend.dial(room.id)
    leg.port.set_on_hold(True)

    async def joined() -> list[bool]:
        events = await backend.events(room.id)
        return [each.data["on_hold"] for each in events if each.type == "conferencecall_joined"]

    assert await until(joined) == [True]
