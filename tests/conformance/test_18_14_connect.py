"""14: in a connect room the first participant hears ringing until the second joins; the room ends when either leaves."""

import numpy as np

from tests.support.legs import PcmLeg
from tests.support.signals import rms, tone
from tests.support.site import Site
from tests.support.waiting import until

RATE_HZ = 16_000


async def call(site: Site, room: str, joined: int) -> PcmLeg:
    leg = await site.backend.dial(room)
    await site.participants(room, "joined", joined)
    return leg


async def test_18_14_room_ends_when_one_of_two_leaves(site: Site) -> None:
    room = (await site.api.room("connect"))["id"]
    first = await call(site, room, 1)
    assert first.done == ["ring"]
    second = await call(site, room, 2)
    await until(lambda: first.done == ["ring", "answer"] and "answer" in second.done)
    for leg in (first, second):
        leg.port.read()
        leg.port.write(tone(440, RATE_HZ, RATE_HZ))
    site.backend.tick(25)
    assert all(rms(np.asarray(leg.port.read()[-RATE_HZ // 5 :])) > 1000 for leg in (first, second))
    first.bye()
    await until(lambda: second.done[-1] == "hang up normal")
    assert (await site.becomes(room, "terminated"))["tm_end"] != "9999-01-01 00:00:00.000000"


async def test_18_14_first_participant_may_wait_long(site: Site) -> None:
    """The health check (api.md section 3.4) does not count ringing as a failure here."""
    room = (await site.api.room("connect"))["id"]
    await call(site, room, 1)
    await site.checks(6)
    assert len((await site.conference(room))["conferencecall_ids"]) == 1


async def test_18_14_room_ends_when_its_only_participant_leaves(site: Site) -> None:
    room = (await site.api.room("connect"))["id"]
    only = await call(site, room, 1)
    only.bye()
    await site.becomes(room, "terminated")


async def test_18_14_one_of_three_may_leave_and_the_next_ends_the_room(site: Site) -> None:
    room = (await site.api.room("connect"))["id"]
    legs = [await call(site, room, count) for count in (1, 2, 3)]
    legs[0].bye()
    await site.participants(room, "joined", 2)
    assert (await site.conference(room))["status"] == "progressing"
    legs[1].bye()
    await site.becomes(room, "terminated")
    await until(lambda: legs[2].done[-1] == "hang up normal")
