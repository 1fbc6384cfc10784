"""IPv6 beside IPv4, end to end: phones and a browser of both families in one room, calls to phones over IPv6, load on ::1."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.calling import action
from tests.support.chromium import EXECUTABLE, FLAGS
from tests.support.hosts import bracketed
from tests.support.join_page import enter, hear, own_address
from tests.support.netns import ADDRESS, ADDRESS6
from tests.support.server import Server, checked_server
from tests.support.sipp import Sipp
from tests.support.tones import TONES_HZ, tone, write_wav
from tests.support.waiting import play_for

A_HZ, B_HZ, C_HZ = TONES_HZ[:3]


@pytest.fixture(scope="module")
def dual_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("dual-server")
    settings = {"MIXMINUS_SIP_HOST": "::", "MIXMINUS_HTTP_HOST": "127.0.0.1,::1", "MIXMINUS_PUBLIC_HOST": ""}
    with checked_server(directory, **settings) as running:
        yield running


def uri(server: Server, user: str, address: str) -> str:
    return f"sip:{user}@{bracketed(address)}:{server.sip_port}"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_phones_of_both_families_hear_each_other_in_one_room(
    dual_server: Server, phone: Ring, transport: str
) -> None:
    room = dual_server.new_room()
    six, four = phone(A_HZ, address=ADDRESS6, transport=transport), phone(B_HZ, transport=transport)
    six.dial(uri(dual_server, room, ADDRESS6) + f";transport={transport}")
    four.dial(uri(dual_server, room, ADDRESS) + f";transport={transport}")
    dual_server.wait_for_participants(room, 2)
    play_for(3)
    assert_hears(four.ear(), (A_HZ,), B_HZ)
    assert_hears(six.ear(), (B_HZ,), A_HZ)
    six.hang_up()
    dual_server.wait_for_participants(room, 1)


def test_a_phone_with_both_families_talks_over_each(dual_server: Server, phone: Ring) -> None:
    """One phone on all its addresses calls first over one family, then over the other."""
    room = dual_server.new_room()
    listener, caller = phone(C_HZ), phone(A_HZ, address="")
    listener.dial(uri(dual_server, room, ADDRESS))
    for address in (ADDRESS6, ADDRESS):
        caller.dial(uri(dual_server, room, address))
        dual_server.wait_for_participants(room, 2)
        play_for(2)
        assert_hears(caller.ear(), (C_HZ,), A_HZ)
        caller.hang_up()
        dual_server.wait_for_participants(room, 1)
    assert_hears(listener.ear(), (A_HZ,), C_HZ)


def test_a_phone_is_called_over_ipv6(dual_server: Server, phone: Ring) -> None:
    room = dual_server.new_room()
    called, listener = phone(A_HZ, address=ADDRESS6, answers=True), phone(B_HZ)
    listener.dial(uri(dual_server, room, ADDRESS))
    dual_server.wait_for_participants(room, 1)
    body = {
        "source": {"type": "tel", "target": "+15550111"},
        "destinations": [{"type": "sip", "target": called.uri}],
        "actions": [action("conference_join", conference_id=room)],
    }
    placed = dual_server.call("POST", "/calls", body).json["calls"][0]["id"]
    dual_server.wait_for_participants(room, 2)
    play_for(3)
    assert_hears(listener.ear(), (A_HZ,), B_HZ)
    assert_hears(called.ear(), (B_HZ,), A_HZ)
    dual_server.call("POST", f"/calls/{placed}/hangup")
    dual_server.wait_for_participants(room, 1)


async def test_chromium_on_the_join_page_over_ipv6(dual_server: Server, phone: Ring, tmp_path: Path) -> None:
    """The page, the API and the audio."""
    room = await asyncio.to_thread(dual_server.new_room)
    other = phone(B_HZ)
    await asyncio.to_thread(other.dial, uri(dual_server, room, ADDRESS))
    microphone = write_wav(tmp_path / "microphone.wav", tone(C_HZ, 20))
    microphone_flag = f"--use-file-for-fake-audio-capture={microphone}"
    # Otherwise its own address is masked.
    flags = [*FLAGS, microphone_flag, "--disable-features=WebRtcHideLocalIpsWithMdns"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, headless=True, args=flags)
        page = await browser.new_page()
        await enter(page, dual_server, room, base=f"http://[::1]:{dual_server.http_port}")
        await asyncio.to_thread(dual_server.wait_for_participants, room, 2)
        assert_hears(await hear(page, 3), (B_HZ,), C_HZ)
        assert_hears(other.ear(), (C_HZ,), B_HZ)
        assert await own_address(page) in ("::1", ADDRESS6)
        await page.click("#leave")
        await asyncio.to_thread(dual_server.wait_for_participants, room, 1)
        await browser.close()


def test_calls_of_sipp_on_the_loopback_of_ipv6(dual_server: Server, tmp_path: Path, phone: Ring) -> None:
    room = dual_server.new_room()
    listener = phone(B_HZ)
    listener.dial(uri(dual_server, room, ADDRESS))
    load = Sipp(
        tmp_path / "sipp",
        target=room,
        server_port=dual_server.sip_port,
        calls=4,
        rate=4,
        talk_ms=3000,
        tone=tone(A_HZ, 2.0, sample_rate_hz=8000),
        number=17,
        host="::1",
    )
    try:
        dual_server.wait_for_participants(room, 5)
        play_for(2)
        assert load.wait() == 0, load.statistics()
        assert load.statistics()["SuccessfulCall(C)"] == 4
    finally:
        load.close()
    assert_hears(listener.ear(), (A_HZ,), B_HZ)
