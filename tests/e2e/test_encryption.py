"""A phone with TLS and SRTP in a room with a plain one: they hear each other, and a capture shows nothing of the first."""

from pathlib import Path

import numpy as np

from tests.e2e.conftest import Ring
from tests.e2e.hearing import assert_hears
from tests.support.baresip import Baresip
from tests.support.capture import Capture
from tests.support.netns import ADDRESS
from tests.support.raw_phone import mu_law_to_pcm
from tests.support.server import Server
from tests.support.tones import TONES_HZ, heard, loudest_stretch
from tests.support.waiting import play_for

PCMU = "PCMU/8000/1"


def sent(capture: Capture, phone: Baresip) -> list[bytes]:
    """Return the payloads of the RTP packets that a phone has sent, as if none were encrypted."""
    found = [
        each.payload[12:172]
        for each in capture.packets
        if not each.is_tcp and each.source_port in phone.rtp_ports and len(each.payload) >= 172
    ]
    assert len(found) > 100, "the capture has seen the call"
    return found


def level(payloads: list[bytes], tone_hz: float) -> float:
    pcm = np.concatenate([mu_law_to_pcm(each) for each in payloads])
    return heard(loudest_stretch(pcm, 8000, 2.0), 8000, (tone_hz,))[tone_hz]


def test_phone_over_tls_and_srtp_leaves_nothing_plain(
    tls_server: Server, tls_port: int, phone: Ring, tmp_path: Path
) -> None:
    root = tls_server.save_root(tmp_path)
    room = tls_server.new_room()
    encrypted = phone(TONES_HZ[0], codec=PCMU, transport="tls", media_encryption="srtp-mand", trusted=root)
    plain = phone(TONES_HZ[1], codec=PCMU)
    with Capture() as capture:
        encrypted.dial(f"sip:{room}@{ADDRESS}:{tls_port}")
        plain.dial(tls_server.sip_uri(room))
        tls_server.wait_for_participants(room, 2)
        play_for(4)
        assert_hears(encrypted.ear(), (TONES_HZ[1],), TONES_HZ[0])
        assert_hears(plain.ear(), (TONES_HZ[0],), TONES_HZ[1])
        encrypted.hang_up()
        tls_server.wait_for_participants(room, 1)
    assert level(sent(capture, plain), TONES_HZ[1]) > -20, "the measure finds a tone where there is one"
    assert level(sent(capture, encrypted), TONES_HZ[0]) < -28, "as loud as white noise there"
    signalling = [
        each.payload for each in capture.packets if tls_port in (each.source_port, each.destination_port)
    ]
    assert len(signalling) > 5
    assert not any(b"SIP/2.0" in each or b"inline:" in each for each in signalling)
    assert any(b"SIP/2.0" in each.payload for each in capture.packets), "the plain phone's"


def test_customer_that_requires_encryption_refuses_plain_phones(tls_server: Server, phone: Ring) -> None:
    room = tls_server.new_room()
    assert tls_server.call("PUT", "/customer", {"srtp": "required"}).json["srtp"] == "required"
    try:
        plain = phone(TONES_HZ[1], codec=PCMU)
        plain.command("dial", tls_server.sip_uri(room))
        plain.wait_for_log("488 Not Acceptable", what="the call without SRTP is refused")
        encrypted = phone(TONES_HZ[0], codec=PCMU, media_encryption="srtp-mand")
        listener = phone(TONES_HZ[2], codec=PCMU, media_encryption="srtp-mand")
        encrypted.dial(tls_server.sip_uri(room))
        listener.dial(tls_server.sip_uri(room))
        tls_server.wait_for_participants(room, 2)
        play_for(3)
        assert_hears(listener.ear(), (TONES_HZ[0],), TONES_HZ[2])
    finally:
        tls_server.call("PUT", "/customer", {})
