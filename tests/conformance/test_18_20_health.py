"""20: a participant whose call is lost is removed 15 to 20 s later; one that recovers is kept."""

from dataclasses import replace
from uuid import UUID

from mixminus.model.call import CallStatus
from mixminus.model.ids import CallId
from tests.support.site import Site


async def say(site: Site, call_id: str, status: CallStatus) -> None:
    """Set a call's status in the database without publishing it."""
    async with site.backend.store.transaction() as tx:
        call = await tx.calls.find(CallId(UUID(call_id)))
        assert call is not None
        await tx.calls.save(replace(call, status=status))


async def test_18_20_participant_is_removed_by_the_check_after_three_failures(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    await say(site, caller["reference_id"], CallStatus.TERMINATING)
    await site.checks(3)
    assert (await site.conference(room["id"]))["conferencecall_ids"] == [caller["id"]]
    await site.checks(1)
    await site.participants(room["id"], "leaved")


async def test_18_20_recovery_resets_the_failures(site: Site) -> None:
    room = await site.api.room()
    await site.backend.dial(room["id"])
    (caller,) = await site.participants(room["id"], "joined")
    await say(site, caller["reference_id"], CallStatus.TERMINATING)
    await site.checks(2)
    await say(site, caller["reference_id"], CallStatus.PROGRESSING)
    await site.checks(1)
    await say(site, caller["reference_id"], CallStatus.TERMINATING)
    await site.checks(3)
    assert (await site.conference(room["id"]))["conferencecall_ids"] == [caller["id"]]
