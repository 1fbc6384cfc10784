"""38: music and silence replace the room for one call, are undone by DELETE, and need a call that is in progress."""

import numpy as np
import pytest

from tests.support.site import Site
from tests.support.tone_phones import PITCHES_HZ, TonePhones
from tests.support.waiting import until

A_HZ, B_HZ = PITCHES_HZ[:2]
BOTH = [{A_HZ: 0, B_HZ: 1}, {A_HZ: 1, B_HZ: 0}]
# The first of the two calls hears music or silence.
NEITHER = [{A_HZ: 0, B_HZ: 0}, {A_HZ: 0, B_HZ: 0}]
DEAF = [{A_HZ: 0, B_HZ: 0}, {A_HZ: 1, B_HZ: 0}]


async def send(site: Site, method: str, call_id: object, what: str) -> None:
    async with site.api.request(method, f"/v1.0/calls/{call_id}/{what}") as response:
        assert (response.status, await response.read()) == (200, b"")


def loudness(tone_phones: TonePhones) -> list[float]:
    """Return the level of what each participant hears."""
    return [float(np.sqrt(np.mean(np.square(pcm.astype(float))))) for pcm in tone_phones.listen()]


@pytest.mark.parametrize(("what", "expected", "music"), [("moh", NEITHER, True), ("silence", DEAF, False)])
async def test_18_38_one_call_hears_it_instead_of_the_room(
    site: Site, what: str, expected: list[dict[int, int]], music: bool
) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site)
    first, _ = await tone_phones.gather(room["id"], 2)
    assert tone_phones.hear() == BOTH
    for _ in range(2):  # the second request changes nothing
        await send(site, "POST", first["reference_id"], what)
    tone_phones.listen()
    assert tone_phones.hear() == expected
    first_heard, second_heard = loudness(tone_phones)
    assert (first_heard > 100) is music
    assert (second_heard > 100) is (what == "silence"), "nobody else hears the music"
    for _ in range(2):
        await send(site, "DELETE", first["reference_id"], what)
    tone_phones.listen()
    assert tone_phones.hear() == BOTH


async def test_18_38_music_and_silence_are_undone_separately(site: Site) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site)
    first, _ = await tone_phones.gather(room["id"], 2)
    for what in ("moh", "silence"):
        await send(site, "POST", first["reference_id"], what)
    await send(site, "DELETE", first["reference_id"], "moh")
    tone_phones.listen()
    assert tone_phones.hear() == DEAF
    assert loudness(tone_phones)[0] == 0
    await send(site, "DELETE", first["reference_id"], "silence")
    tone_phones.listen()
    assert tone_phones.hear() == BOTH


@pytest.mark.parametrize("what", ["moh", "silence"])
async def test_18_38_ended_call_is_409(site: Site, what: str) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site)
    (only,) = await tone_phones.gather(room["id"], 1)
    tone_phones.legs[0].bye()
    await until(lambda: not site.backend.services.live_calls)
    for method in ("POST", "DELETE"):
        status, answer = await site.api.send(method, f"/v1.0/calls/{only['reference_id']}/{what}")
        assert (status, answer["error"]["reason"]) == (409, "CALL_STATE_INVALID")
