"""The dominant speaker of a room: the loudest one, who keeps the place through coughs and pauses."""

from collections.abc import Sequence

from mixminus.model.conference import Conference
from tests.support.caller import RATE_HZ, Caller, run, run_until
from tests.support.site import Site, site
from tests.support.tones import Pcm, tone

__all__ = ["site"]

LOUD, SOFT = 12_000.0, 3_000.0


def voice(amplitude: float) -> Pcm:
    return tone(440.0, 1.0, sample_rate_hz=RATE_HZ, amplitude=amplitude)


async def published(site: Site, room: Conference, callers: Sequence[Caller], expected: list[str]) -> None:
    """Run until these participants have become dominant, in this order, and no other."""

    async def look() -> bool:
        events = await site.backend.events(room.id)
        found = [each.data["id"] for each in events if each.type == "participant_dominant"]
        assert found == expected[: len(found)]
        return found == expected

    await run_until(site.backend, callers, look)


async def opened(site: Site, count: int) -> tuple[Conference, list[Caller], list[str]]:
    room = await site.backend.room()
    callers: list[Caller] = []
    for number in range(1, count + 1):
        callers.append(await Caller.dial(site.backend, room.id))

        async def joined(number: int = number) -> bool:
            return len(await site.backend.joined(room)) == number

        await run_until(site.backend, callers, joined)
    return room, callers, [str(each) for each in await site.backend.joined(room)]


async def test_the_loudest_takes_over_and_stays_while_all_are_silent(site: Site) -> None:
    room, callers, (first, second) = await opened(site, 2)
    soft, loud = callers
    soft.speaks = voice(SOFT)
    await published(site, room, callers, [first])
    loud.speaks = voice(LOUD)
    await published(site, room, callers, [first, second])
    soft.speaks = loud.speaks = None
    await run(site.backend, callers, 3.0)
    _, talking = await site.api.get(f"/v1.0/conferences/{room.id}/talking")
    assert [each["dominant"] for each in talking["result"]] == [False, True]
    soft.speaks = voice(SOFT)
    await published(site, room, callers, [first, second, first])
    for each in callers:
        each.close()


async def test_an_equally_loud_or_a_short_interruption_changes_nothing(site: Site) -> None:
    room, callers, (first, _) = await opened(site, 2)
    speaker, other = callers
    speaker.speaks = voice(SOFT)
    await published(site, room, callers, [first])
    other.speaks = voice(SOFT)
    await run(site.backend, callers, 3.0)
    await published(site, room, callers, [first])
    other.speaks = None
    await run(site.backend, callers, 2.0)
    other.speaks = voice(LOUD)
    await run(site.backend, callers, 0.2)
    other.speaks = None
    await run(site.backend, callers, 2.0)
    await published(site, room, callers, [first])
    for each in callers:
        each.close()
