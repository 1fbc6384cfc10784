"""Nothing is kept in memory of what has ended: calls, participants, recordings, rooms, requests and their events."""

import gc
from collections import Counter

from tests.recording.steps import talk
from tests.support.site import Site, site
from tests.support.waiting import until

__all__ = ["site"]

WARM_UP, ROUNDS, CALLS = 4, 8, 3
PASSED_S = 5.0
"""What looks at rooms from time to time forgets then who has left."""


async def visit(site: Site, room: str) -> None:
    """Let phones join a permanent room that is recorded, and leave it; make and close another room; read lists."""
    legs = [await site.backend.dial(room) for _ in range(CALLS)]
    joined = await site.participants(room, "joined", CALLS)
    call = f"/v1.0/calls/{joined[0]['reference_id']}"
    for path in (f"/v1.0/conferences/{room}", call):
        assert (await site.api.post(f"{path}/recording_start", {"stems": True}))[0] == 200
    talk(site.backend, {leg: 400.0 + 100 * place for place, leg in enumerate(legs)}, 20)
    assert (await site.api.send("POST", f"/v1.0/conferences/{room}/recording_stop"))[0] == 200
    for leg in legs:
        leg.bye()
    site.backend.legs.clear()
    for each in joined:
        await site.call_becomes(each["reference_id"], "hangup")
    await site.participants(room, "joined", 0)
    await until(lambda: all_ended(site))
    _, made = await site.api.post("/v1.0/conferences", {"type": "conference"})
    assert (await site.api.send("DELETE", f"/v1.0/conferences/{made['id']}"))[0] == 200
    await site.becomes(made["id"], "terminated")
    for what in ("conferences", "conferencecalls", "calls", "recordings", "activeflows", "events"):
        assert (await site.api.get(f"/v1.0/{what}"))[0] == 200
    site.backend.clock.advance(PASSED_S)


async def all_ended(site: Site) -> bool:
    _, page = await site.api.get("/v1.0/recordings")
    return all(each["status"] == "ended" for each in page["result"])


def kept() -> Counter[str]:
    """Count this project's objects that exist, by class."""
    gc.collect()
    kinds = (type(each) for each in gc.get_objects())
    return Counter(
        f"{kind.__module__}.{kind.__qualname__}" for kind in kinds if kind.__module__.startswith("mixminus.")
    )


async def test_no_object_is_kept_for_what_has_ended(site: Site) -> None:
    room = (await site.api.room())["id"]
    for _ in range(WARM_UP):
        await visit(site, room)
    before = kept()
    for _ in range(ROUNDS):
        await visit(site, room)
    more = {name: count - before[name] for name, count in kept().items()}
    # One more may be alive at the moment of a count; what is kept of each round is more than that.
    assert {name: count for name, count in more.items() if count >= ROUNDS} == {}
