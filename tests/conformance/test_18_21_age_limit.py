"""21: who has been in a room for 24 hours is removed by the health check."""

from tests.support.site import Site


async def test_18_21_a_day_is_enough(site: Site) -> None:
    room = await site.door.room()
    await site.house.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    await site.checks(1, seconds=24 * 3600 - 60)
    await site.checks(2)
    assert (await site.conference(room["id"]))["conferencecall_ids"] == [caller["id"]]
    await site.checks(1, seconds=60)
    await site.checks(3)
    await site.participants(room["id"], "leaved")
