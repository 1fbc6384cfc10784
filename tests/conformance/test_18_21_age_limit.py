"""21: who has been in a room for 24 hours is removed by the health check."""

from pathlib import Path

from tests.support.site import open_site

DAY_S = 24 * 3600


async def test_18_21_a_day_is_enough(tmp_path: Path) -> None:
    # A call has a longest life of its own, a day as well: here it is not what ends the stay.
    async with open_site(tmp_path, call_max_duration_s=2.0 * DAY_S) as site:
        room = await site.door.room()
        await site.house.dial(room["id"])
        (caller,) = await site.participants(room["id"], "joined")
        await site.checks(1, seconds=DAY_S - 60)
        await site.checks(2)
        assert (await site.conference(room["id"]))["conferencecall_ids"] == [caller["id"]]
        await site.checks(1, seconds=60)
        await site.checks(3)
        await site.participants(room["id"], "leaved")
