"""Gathering: what survivors of a room send to its next home, before that serves them and while it begins to."""

import asyncio
from uuid import uuid4

from mixminus.cluster.messages import Attach, Connect, HeldSeat
from mixminus.satellite.gathering import Gathering
from tests.cluster.test_link import pair


def held(number: int) -> HeldSeat:
    return HeldSeat(uuid4(), number, uuid4(), "", "sip", joined=True, on_hold=False)


async def test_who_attaches_before_the_room_opens_is_kept_and_who_comes_later_is_refused() -> None:
    room = uuid4()
    first, last = held(1), held(2)
    async with pair() as (_, here, there):
        running = asyncio.ensure_future(here.run(lambda _: None))
        gathering = Gathering()
        waiting = asyncio.ensure_future(gathering.complete([here.peer]))
        gathering.add(here, Attach(room, survives=True, seats=(first,), more=True))
        asked = Connect(room, 1, first.seat)
        gathering.add(here, asked)
        assert not waiting.done()
        gathering.add(here, Attach(room, survives=True, seats=(last,)))
        await waiting
        [(link, said)] = gathering.take()
        assert link is here
        assert said.seats == (first, last)
        late = Attach(room, survives=True, seats=(held(3),))
        gathering.add(there, late)
        assert gathering.released() == [(here, asked), (there, late)], "the home refuses the late one"
        here.end()
        await running
