"""37: each direction is muted separately: in is not heard, out does not hear; the body is optional."""

from typing import Any

import pytest

from tests.e2e.hearing import assert_hears, assert_silent
from tests.support.raw_phone import RawPhone
from tests.support.server import Server
from tests.support.site import Site
from tests.support.tone_phones import PITCHES_HZ, TonePhones
from tests.support.tones import TONES_HZ, tone
from tests.support.waiting import play_for

A_HZ, B_HZ, C_HZ = PITCHES_HZ[:3]
# What each of three participants hears while the first is muted: in, out, both.
UNMUTED = [{A_HZ: 0, B_HZ: 1, C_HZ: 1}, {A_HZ: 1, B_HZ: 0, C_HZ: 1}, {A_HZ: 1, B_HZ: 1, C_HZ: 0}]
MUTED_IN = [{A_HZ: 0, B_HZ: 1, C_HZ: 1}, {A_HZ: 0, B_HZ: 0, C_HZ: 1}, {A_HZ: 0, B_HZ: 1, C_HZ: 0}]
MUTED_OUT = [{A_HZ: 0, B_HZ: 0, C_HZ: 0}, {A_HZ: 1, B_HZ: 0, C_HZ: 1}, {A_HZ: 1, B_HZ: 1, C_HZ: 0}]
MUTED_BOTH = [{A_HZ: 0, B_HZ: 0, C_HZ: 0}, {A_HZ: 0, B_HZ: 0, C_HZ: 1}, {A_HZ: 0, B_HZ: 1, C_HZ: 0}]
HEARD = {"": UNMUTED, "in": MUTED_IN, "out": MUTED_OUT, "both": MUTED_BOTH}


async def send(site: Site, method: str, call_id: str, body: object) -> None:
    """Mute or unmute; expect 200 with an empty body."""
    options: dict[str, Any] = {} if body is None else {"json": body}
    async with site.api.request(method, f"/v1.0/calls/{call_id}/mute", **options) as response:
        assert (response.status, await response.read()) == (200, b"")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([("POST", "in", "in"), ("DELETE", "in", "")], id="in"),
        pytest.param([("POST", "out", "out"), ("DELETE", "out", "")], id="out"),
        pytest.param([("POST", "both", "both"), ("DELETE", "both", "")], id="both"),
        pytest.param([("POST", None, "both"), ("DELETE", None, "")], id="no body"),
        pytest.param([("POST", "", "both"), ("DELETE", "", "")], id="empty direction"),
        pytest.param(
            [("POST", "in", "in"), ("POST", "out", "both"), ("POST", "in", "both")], id="directions add up"
        ),
        pytest.param(
            [("POST", "both", "both"), ("DELETE", "in", "out"), ("DELETE", "out", "")], id="in first"
        ),
        pytest.param(
            [("POST", "both", "both"), ("DELETE", "out", "in"), ("DELETE", "both", "")], id="out first"
        ),
    ],
)
async def test_18_37_directions_are_muted_separately(
    site: Site, steps: list[tuple[str, str | None, str]]
) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site)
    muted, *_ = await tone_phones.gather(room["id"], 3)
    assert tone_phones.hear() == UNMUTED
    for method, direction, reported in steps:
        body = None if direction is None else {"direction": direction}
        await send(site, method, str(muted["reference_id"]), body)
        _, call = await site.api.get(f"/v1.0/calls/{muted['reference_id']}")
        assert call["mute_direction"] == reported
        tone_phones.listen()
        assert tone_phones.hear() == HEARD[reported]


async def test_18_37_unknown_direction_is_refused_and_changes_nothing(site: Site) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site)
    (caller,) = await tone_phones.gather(room["id"], 1)
    path = f"/v1.0/calls/{caller['reference_id']}"
    for body, reason in (
        (b'{"direction":"sideways"}', "INVALID_ARGUMENT"),
        (b'{"direction":1}', "INVALID_JSON_BODY"),
        (b"mute", "INVALID_JSON_BODY"),
    ):
        for method in ("POST", "DELETE"):
            status, answer = await site.api.send(method, f"{path}/mute", data=body)
            assert (status, answer["error"]["reason"]) == (400, reason)
    assert (await site.api.get(path))[1]["mute_direction"] == ""


async def test_18_37_mute_is_published_and_kept_in_the_next_room(site: Site) -> None:
    """A mute belongs to the call, not to the participant."""
    inner, tone_phones = await site.api.room(), TonePhones(site)
    join = {"type": "conference_join", "option": {"conference_id": inner["id"]}}
    _, outer = await site.api.post("/v1.0/conferences", {"type": "conference", "pre_actions": [join]})
    await tone_phones.dial(outer["id"])
    (guest,) = await site.participants(inner["id"], "joined")
    await send(site, "POST", guest["reference_id"], {"direction": "in"})
    published = await site.backend.events(site.backend.customer_id)
    assert (published[-1].type, published[-1].data["mute_direction"]) == ("call_updated", "in")
    await site.api.send("DELETE", f"/v1.0/conferencecalls/{guest['id']}")
    await site.participants(outer["id"], "joined", 1)
    await tone_phones.dial(inner["id"])
    (other,) = await site.participants(inner["id"], "joined", 1)
    await site.api.send("DELETE", f"/v1.0/conferencecalls/{other['id']}")
    assert (await site.api.get(f"/v1.0/calls/{guest['reference_id']}"))[1]["mute_direction"] == "in"


def test_18_37_a_phone_is_muted(server: Server) -> None:
    room = server.new_room()
    with RawPhone() as first, RawPhone() as second:
        for phone, pitch_hz in ((first, TONES_HZ[0]), (second, TONES_HZ[1])):
            phone.dial((server.host, server.sip_port), room)
            phone.talk(tone(pitch_hz, 1.0, sample_rate_hz=8000))
        muted = server.wait_for_participants(room, 2)[0]
        path = f"/calls/{server.call('GET', f'/conferencecalls/{muted}').json['reference_id']}/mute"
        assert server.call("POST", path, {"direction": "in"}).status == 200
        play_for(2.5)
        assert_silent((second.heard(last_s=1), 8000), TONES_HZ[:2], last_s=1)
        assert_hears((first.heard(last_s=1.5), 8000), (TONES_HZ[1],), TONES_HZ[0])
        assert server.call("DELETE", path, {"direction": "in"}).status == 200
        assert server.call("POST", path, {"direction": "out"}).status == 200
        play_for(2.5)
        assert_hears((second.heard(last_s=1.5), 8000), (TONES_HZ[0],), TONES_HZ[1])
        assert_silent((first.heard(last_s=1), 8000), TONES_HZ[:2], last_s=1)
