"""JsSIP and SIP.js in Chromium and Firefox: SIP over secure WebSockets, audio by ICE and DTLS-SRTP."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears, assert_silent, newest
from tests.e2e.logins import PASSWORD, domain_of, extension, new_name
from tests.support.browser_phone import BrowserPhone, Stack, browser_phone
from tests.support.calling import action
from tests.support.firefox_phone import firefox_phone
from tests.support.named import number
from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.server import Server, checked_server
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import eventually, play_for

BROWSER_RATE_HZ = 48_000
PHONE_HZ, BROWSER_HZ, COMING_HZ = TONES_HZ[:3]


@pytest.fixture(scope="module")
def wss_port() -> int:
    return free_port(ADDRESS)


@pytest.fixture(scope="module")
def wss_server(tmp_path_factory: pytest.TempPathFactory, wss_port: int) -> Iterator[Server]:
    with checked_server(
        tmp_path_factory.mktemp("wss-server"), MIXMINUS_SIP_WSS_PORT=str(wss_port)
    ) as running:
        yield running


@pytest.fixture(
    params=[(program, stack) for program in ("chromium", "firefox") for stack in ("jssip", "sip.js")],
    ids="-".join,
)
async def browser(
    request: pytest.FixtureRequest, wss_server: Server, wss_port: int, name: str, tmp_path: Path
) -> AsyncIterator[BrowserPhone]:
    program, stack = request.param
    made = await asyncio.to_thread(extension, wss_server, name)
    async with started(program, stack, tmp_path) as phone:
        await phone.start(
            f"wss://{ADDRESS}:{wss_port}/sip",
            user=name,
            password=PASSWORD,
            domain=domain_of(made),
        )
        yield phone


def started(program: str, stack: Stack, directory: Path) -> AbstractAsyncContextManager[BrowserPhone]:
    if program == "firefox":
        return firefox_phone(stack, directory / "firefox", BROWSER_HZ, [])
    microphone = write_wav(directory / "microphone.wav", tone(BROWSER_HZ, 20))
    return browser_phone(stack, microphone, [])


@pytest.fixture
def name() -> str:
    """The extension of ``browser``."""
    return new_name("browser")


async def test_browser_is_heard_and_hears_is_held_and_says_goodbye(
    wss_server: Server, browser: BrowserPhone, phone: Ring
) -> None:
    room = await asyncio.to_thread(wss_server.new_room)
    other = phone(PHONE_HZ, codec="PCMU/8000/1")
    await asyncio.to_thread(other.dial, wss_server.sip_uri(room))
    await asyncio.to_thread(wss_server.wait_for_participants, room, 1)
    await browser.call(wss_server.sip_uri(room))
    await asyncio.to_thread(wss_server.wait_for_participants, room, 2)
    assert_hears((await browser.hear(3), BROWSER_RATE_HZ), (PHONE_HZ,), BROWSER_HZ)
    assert_hears(other.ear(), (BROWSER_HZ,), PHONE_HZ)
    transport = (await browser.statistics())["transport"]
    assert transport["dtlsState"] == "connected"

    await browser.hold(on=True)
    await asyncio.to_thread(play_for, 2.5)
    assert_silent(other.ear(), (BROWSER_HZ,), last_s=1.0)
    await browser.hold(on=False)
    await browser.hear(0.5)
    assert_hears((await browser.hear(2), BROWSER_RATE_HZ), (PHONE_HZ,), BROWSER_HZ)
    after = (await browser.statistics())["transport"]
    assert after["remoteCertificateId"] == transport["remoteCertificateId"], "the same DTLS association"

    await browser.hang_up()
    await asyncio.to_thread(wss_server.wait_for_participants, room, 1)
    await browser.stop()


async def test_ice_restart_by_reinvite_keeps_audio(
    wss_server: Server, browser: BrowserPhone, phone: Ring
) -> None:
    room = await asyncio.to_thread(wss_server.new_room)
    other = phone(PHONE_HZ)
    await asyncio.to_thread(other.dial, wss_server.sip_uri(room))
    await browser.call(wss_server.sip_uri(room))
    await asyncio.to_thread(wss_server.wait_for_participants, room, 2)
    before = (await browser.statistics())["transport"]
    await browser.restart_ice()
    await browser.hear(1.0)
    assert_hears((await browser.hear(2), BROWSER_RATE_HZ), (PHONE_HZ,), BROWSER_HZ)
    after = (await browser.statistics())["transport"]
    assert after["iceLocalUsernameFragment"] != before["iceLocalUsernameFragment"]
    assert after["dtlsState"] == "connected"
    await browser.hang_up()


async def test_digits_by_info_and_by_rfc_4733_lead_through_a_flow(
    wss_server: Server, browser: BrowserPhone, name: str
) -> None:
    room = await asyncio.to_thread(wss_server.new_room)
    digits = [action("digits_receive", key=key, duration=30_000) for key in "#*"]
    join = action("conference_join", conference_id=room)
    await browser.call(number(wss_server, f"7{name.rpartition('-')[2]}", action("answer"), *digits, join))
    await browser.info("#")
    await asyncio.to_thread(play_for, 1.0)
    assert wss_server.participants(room) == []
    await browser.press("*")
    (joined,) = await asyncio.to_thread(wss_server.wait_for_participants, room, 1)
    assert wss_server.call("DELETE", f"/conferencecalls/{joined}").status == 200
    await browser.hung_up()


async def test_registered_browser_is_called_and_held_by_the_server(
    wss_server: Server, browser: BrowserPhone, name: str, phone: Ring
) -> None:
    room = await asyncio.to_thread(wss_server.new_room)
    other = phone(PHONE_HZ)
    await asyncio.to_thread(other.dial, wss_server.sip_uri(room))
    await asyncio.to_thread(wss_server.wait_for_participants, room, 1)
    placed = wss_server.call(
        "POST",
        "/calls",
        {
            "destinations": [{"type": "extension", "target_name": name}],
            "actions": [{"type": "conference_join", "option": {"conference_id": room}}],
        },
    ).json
    await browser.answer()
    await asyncio.to_thread(wss_server.wait_for_participants, room, 2)
    assert_hears((await browser.hear(3), BROWSER_RATE_HZ), (PHONE_HZ,), BROWSER_HZ)
    assert_hears(other.ear(), (BROWSER_HZ,), PHONE_HZ)
    ids = placed["calls"] or placed["groupcalls"][0]["call_ids"]
    call = ids[0] if isinstance(ids[0], str) else ids[0]["id"]
    assert wss_server.call("POST", f"/calls/{call}/hold").status == 200
    await asyncio.to_thread(play_for, 2.5)
    assert_silent(other.ear(), (BROWSER_HZ,), last_s=1.0)
    assert wss_server.call("DELETE", f"/calls/{call}/hold").status == 200
    await browser.hear(0.5)
    assert_hears((await browser.hear(2), BROWSER_RATE_HZ), (PHONE_HZ,), BROWSER_HZ)
    wss_server.call("POST", f"/calls/{call}/hangup")
    await browser.hung_up()
    eventually(
        lambda: wss_server.call("GET", f"/calls/{call}").json["status"] == "hangup", what="the call is over"
    )


async def test_browser_transfers_its_place_in_a_room(
    wss_server: Server, browser: BrowserPhone, phone: Ring
) -> None:
    room = await asyncio.to_thread(wss_server.new_room)
    listener, coming = phone(PHONE_HZ), phone(COMING_HZ)
    await asyncio.to_thread(listener.dial, wss_server.sip_uri(room))
    await browser.call(wss_server.sip_uri(room))
    _, left = await asyncio.to_thread(wss_server.wait_for_participants, room, 2)
    await browser.transfer(coming.uri)
    await asyncio.to_thread(coming.wait_for_log, "Incoming call", what="the target rings")
    coming.pick_up()
    await browser.hung_up()
    await asyncio.to_thread(wss_server.wait_for_participants, room, 2)
    assert wss_server.call("GET", f"/conferencecalls/{left}").json["status"] == "leaved"
    await asyncio.to_thread(play_for, 2)
    assert_hears(coming.ear(), (PHONE_HZ,), COMING_HZ)
    assert_hears(newest(listener.ear(), 1.5), (COMING_HZ,), PHONE_HZ, stretch_s=1.0)


async def test_browser_transfers_its_place_to_a_phone_that_it_has_consulted(
    wss_server: Server, browser: BrowserPhone, phone: Ring, name: str
) -> None:
    """Attended transfer: REFER with Replaces, of the call by which the other phone was asked."""
    room = await asyncio.to_thread(wss_server.new_room)
    listener, consulted = phone(PHONE_HZ), phone(COMING_HZ, answers=True)
    to = {"type": "sip", "target": consulted.uri}
    uri = number(wss_server, f"8{name.rpartition('-')[2]}", action("connect", destinations=[to]))
    await asyncio.to_thread(listener.dial, wss_server.sip_uri(room))
    await asyncio.to_thread(wss_server.wait_for_participants, room, 1)
    await browser.call(wss_server.sip_uri(room))
    _, left = await asyncio.to_thread(wss_server.wait_for_participants, room, 2)
    await browser.consult(uri)
    assert_hears((await browser.hear(2.5), BROWSER_RATE_HZ), (COMING_HZ,), BROWSER_HZ)
    assert_hears(newest(consulted.ear(), 1), (BROWSER_HZ,), COMING_HZ, stretch_s=0.5)
    await browser.transfer_to_consulted()
    await browser.hung_up()
    await asyncio.to_thread(wss_server.wait_for_participants, room, 2)
    assert wss_server.call("GET", f"/conferencecalls/{left}").json["status"] == "leaved"
    await asyncio.to_thread(play_for, 2)
    assert_hears(newest(listener.ear(), 1.5), (COMING_HZ,), PHONE_HZ, stretch_s=1.0)
    assert_hears(newest(consulted.ear(), 1.5), (PHONE_HZ,), COMING_HZ, stretch_s=1.0)
