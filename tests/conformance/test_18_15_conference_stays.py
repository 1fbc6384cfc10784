"""15: a conference stays with one participant and with none."""

import pytest

from tests.support.site import Site


@pytest.mark.parametrize("callers", [0, 1])
async def test_18_15_a_minute_with_few_or_none_is_nothing(site: Site, callers: int) -> None:
    room = await site.door.room()
    for _ in range(callers):
        await site.house.dial(room["id"])
    await site.participants(room["id"], "joined", callers)
    site.house.clock.advance(60)
    assert (await site.conference(room["id"]))["status"] == "progressing"


async def test_18_15_who_leaves_last_leaves_it_open(site: Site) -> None:
    room = await site.door.room()
    leg = await site.house.dial(room["id"])
    await site.participants(room["id"], "joined")
    leg.bye()
    await site.participants(room["id"], "leaved")
    assert (await site.conference(room["id"]))["status"] == "progressing"
