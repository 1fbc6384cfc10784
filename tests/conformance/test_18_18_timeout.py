"""18: the timeout closes the room at its second; under a minute it means a day, and 0 means never."""

from tests.support.site import Site
from tests.support.waiting import until


async def test_18_18_at_sixty_seconds_everybody_is_dismissed(site: Site) -> None:
    _, room = await site.door.post("/v1.0/conferences", {"type": "conference", "timeout": 60})
    leg = await site.house.dial(room["id"])
    await site.participants(room["id"], "joined")
    site.house.clock.advance(59)
    assert (await site.conference(room["id"]))["status"] == "progressing"
    site.house.clock.advance(1.1)
    ended = await site.becomes(room["id"], "terminated")
    assert ended["tm_delete"] < ended["tm_end"]
    await until(lambda: leg.done[-1] == "hang up normal")


async def test_18_18_thirty_seconds_are_a_day(site: Site) -> None:
    _, room = await site.door.post("/v1.0/conferences", {"type": "conference", "timeout": 30})
    assert room["timeout"] == 86_400
    await site.becomes(room["id"], "progressing")
    site.house.clock.advance(86_399)
    assert (await site.conference(room["id"]))["status"] == "progressing"
    site.house.clock.advance(1.1)
    await site.becomes(room["id"], "terminated")


async def test_18_18_zero_never_fires(site: Site) -> None:
    room = await site.door.room()
    site.house.clock.advance(100 * 86_400)
    assert (await site.conference(room["id"]))["status"] == "progressing"
