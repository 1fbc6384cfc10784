"""15: a conference stays open with one participant and with none."""

import pytest

from tests.support.site import Site


@pytest.mark.parametrize("callers", [0, 1])
async def test_18_15_room_with_few_participants_stays_open(site: Site, callers: int) -> None:
    room = await site.api.room()
    for _ in range(callers):
        await site.backend.dial(room["id"])
    await site.participants(room["id"], "joined", callers)
    site.backend.clock.advance(60)
    assert (await site.conference(room["id"]))["status"] == "progressing"


async def test_18_15_room_stays_open_after_the_last_participant_leaves(site: Site) -> None:
    room = await site.api.room()
    leg = await site.backend.dial(room["id"])
    await site.participants(room["id"], "joined")
    leg.bye()
    await site.participants(room["id"], "leaved")
    assert (await site.conference(room["id"]))["status"] == "progressing"
