"""Four kinds of participants in one room: TLS and SRTP, WSS and DTLS-SRTP, plain UDP, WHIP; a capture shows who is readable."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.e2e.logins import PASSWORD, domain_of, extension, new_name
from tests.e2e.test_browser import over_http
from tests.support.aiortc_client import AiortcClient
from tests.support.baresip import Baresip
from tests.support.browser_phone import browser_phone
from tests.support.capture import Capture
from tests.support.netns import ADDRESS
from tests.support.ports import free_port
from tests.support.raw_phone import mu_law_to_pcm
from tests.support.server import Server, checked_server
from tests.support.tones import TONES_HZ, heard, loudest_stretch, tone, write_wav
from tests.support.waiting import play_for

BROWSER_RATE_HZ = 48_000
TLS_HZ, WSS_HZ, PLAIN_HZ, WHIP_HZ = TONES_HZ[:4]
PCMU = "PCMU/8000/1"


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(ADDRESS), free_port(ADDRESS)


@pytest.fixture(scope="module")
def secure_server(tmp_path_factory: pytest.TempPathFactory, ports: tuple[int, int]) -> Iterator[Server]:
    tls_port, wss_port = map(str, ports)
    directory = tmp_path_factory.mktemp("secure-server")
    with checked_server(directory, MIXMINUS_SIP_TLS_PORT=tls_port, MIXMINUS_SIP_WSS_PORT=wss_port) as running:
        yield running


def tone_level(capture: Capture, phone: Baresip, tone_hz: float) -> float:
    """Return the level of a tone in what a phone has sent, read as plain PCMU."""
    payloads = [
        each.payload[12:172]
        for each in capture.packets
        if not each.is_tcp and each.source_port in phone.rtp_ports and len(each.payload) >= 172
    ]
    assert len(payloads) > 100, "the capture has seen the call"
    pcm = np.concatenate([mu_law_to_pcm(each) for each in payloads])
    return heard(loudest_stretch(pcm, 8000, 2.0), 8000, (tone_hz,))[tone_hz]


def first_bytes(capture: Capture, port: int, source_port: int) -> list[int]:
    """Return the first payload byte of the RTP packets of one browser; in plain Opus it is the TOC (RFC 6716 3.1)."""
    found = []
    for each in capture.packets:
        packet = each.payload
        if each.is_tcp or each.destination_port != port or each.source_port != source_port:
            continue
        if len(packet) < 40 or not 128 <= packet[0] <= 191 or 64 <= packet[1] & 0x7F <= 95:
            continue  # STUN, DTLS, RTCP (RFC 7983, RFC 5761)
        start = 12 + 4 * (packet[0] & 0x0F)
        if packet[0] & 0x10:
            start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4], "big")
        found.append(packet[start])
    return found


def assert_browsers_are_encrypted(capture: Capture, port: int) -> None:
    sources = {
        each.source_port for each in capture.packets if not each.is_tcp and each.destination_port == port
    }
    streams = [found for source in sources if len(found := first_bytes(capture, port, source)) > 100]
    assert len(streams) == 2, "the phone in the browser and the WHIP client"
    for stream in streams:
        # Encrypted bytes take all values; plain Opus has one TOC, or a few.
        assert len(set(stream)) > 60, sorted(set(stream))


def assert_signalling_is_encrypted(capture: Capture, ports: set[int]) -> None:
    signalling = [
        each.payload for each in capture.packets if ports & {each.source_port, each.destination_port}
    ]
    assert len(signalling) > 20
    assert not any(b"SIP/2.0" in each or b"inline:" in each or b"ice-pwd" in each for each in signalling)
    assert any(b"SIP/2.0" in each.payload for each in capture.packets), "the plain phone's"


async def test_nothing_of_the_encrypted_ones_is_readable(
    secure_server: Server, ports: tuple[int, int], phone: Ring, tmp_path: Path
) -> None:
    server, (tls_port, wss_port) = secure_server, ports
    root = await asyncio.to_thread(server.save_root, tmp_path)
    room = await asyncio.to_thread(server.new_room)
    made = await asyncio.to_thread(extension, server, new_name("wss"))
    encrypted = phone(TLS_HZ, codec=PCMU, transport="tls", media_encryption="srtp-mand", trusted=root)
    plain = phone(PLAIN_HZ, codec=PCMU)
    microphone = write_wav(tmp_path / "microphone.wav", tone(WSS_HZ, 20))
    whip = AiortcClient(over_http(server, room), hz=WHIP_HZ)
    with Capture() as capture:
        async with browser_phone("jssip", microphone, []) as browser:
            await browser.start(
                f"wss://{ADDRESS}:{wss_port}/sip",
                user=made["username"],
                password=PASSWORD,
                domain=domain_of(made),
            )
            await asyncio.to_thread(encrypted.dial, f"sip:{room}@{ADDRESS}:{tls_port}")
            await asyncio.to_thread(plain.dial, server.sip_uri(room))
            await browser.call(server.sip_uri(room))
            await whip.join()
            await asyncio.to_thread(server.wait_for_participants, room, 4)
            await asyncio.to_thread(play_for, 4)
            assert_hears((await browser.hear(3), BROWSER_RATE_HZ), (TLS_HZ, PLAIN_HZ, WHIP_HZ), WSS_HZ)
            assert_hears(encrypted.ear(), (WSS_HZ, PLAIN_HZ, WHIP_HZ), TLS_HZ)
            assert_hears(plain.ear(), (TLS_HZ, WSS_HZ, WHIP_HZ), PLAIN_HZ)
            assert_hears((await whip.hear(3), BROWSER_RATE_HZ), (TLS_HZ, WSS_HZ, PLAIN_HZ), WHIP_HZ)
            local = (await browser.statistics())["candidate-pair"]
            assert local["nominated"]
            await browser.hang_up()
            await whip.leave()
    assert tone_level(capture, plain, PLAIN_HZ) > -20, "the measure finds a tone where there is one"
    assert tone_level(capture, encrypted, TLS_HZ) < -28, "as loud as white noise there"
    assert_browsers_are_encrypted(capture, server.webrtc_port)
    assert_signalling_is_encrypted(capture, {tls_port, wss_port})
