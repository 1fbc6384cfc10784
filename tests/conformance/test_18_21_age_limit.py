"""21: the health check removes a participant after 24 hours in a room."""

from pathlib import Path

from tests.support.site import open_site

DAY_S = 24 * 3600


async def test_18_21_participant_is_removed_after_a_day(tmp_path: Path) -> None:
    # The maximum duration of a call is a day too: raised here, so that it is not what removes the participant.
    async with open_site(tmp_path, call_max_duration_s=2.0 * DAY_S) as site:
        room = await site.api.room()
        await site.backend.dial(room["id"])
        (caller,) = await site.participants(room["id"], "joined")
        await site.checks(1, seconds=DAY_S - 60)
        await site.checks(2)
        assert (await site.conference(room["id"]))["conferencecall_ids"] == [caller["id"]]
        await site.checks(1, seconds=60)
        await site.checks(3)
        await site.participants(room["id"], "leaved")
