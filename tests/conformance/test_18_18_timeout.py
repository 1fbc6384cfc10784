"""18: the timeout terminates the conference on time; a value under 60 s means a day, and 0 means never."""

from tests.support.site import Site
from tests.support.waiting import until


async def test_18_18_all_participants_are_removed_at_the_timeout(site: Site) -> None:
    _, room = await site.api.post("/v1.0/conferences", {"type": "conference", "timeout": 60})
    leg = await site.backend.dial(room["id"])
    await site.participants(room["id"], "joined")
    site.backend.clock.advance(59)
    assert (await site.conference(room["id"]))["status"] == "progressing"
    site.backend.clock.advance(1.1)
    ended = await site.becomes(room["id"], "terminated")
    assert ended["tm_delete"] < ended["tm_end"]
    await until(lambda: leg.done[-1] == "hang up normal")


async def test_18_18_timeout_under_a_minute_means_a_day(site: Site) -> None:
    _, room = await site.api.post("/v1.0/conferences", {"type": "conference", "timeout": 30})
    assert room["timeout"] == 86_400
    await site.becomes(room["id"], "progressing")
    site.backend.clock.advance(86_399)
    assert (await site.conference(room["id"]))["status"] == "progressing"
    site.backend.clock.advance(1.1)
    await site.becomes(room["id"], "terminated")


async def test_18_18_zero_means_no_timeout(site: Site) -> None:
    room = await site.api.room()
    site.backend.clock.advance(100 * 86_400)
    assert (await site.conference(room["id"]))["status"] == "progressing"
