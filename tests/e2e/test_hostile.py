"""Invalid input on every socket: a clear error or a counted drop, and no effect on the audio of others."""

import random
import socket
import struct

import numpy as np
import pytest

from tests.e2e.test_bad_network import RATE_HZ, assert_no_click, assert_no_gap, whole_periods
from tests.support.lossy import Address
from tests.support.raw_phone import RawPhone
from tests.support.server import ACCESS_KEY, Server
from tests.support.waiting import eventually, play_for

FLOOD = 400

BAD_SIP = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\r\n\r\n", id="keep-alive"),
    pytest.param(b"\x00" * 500, id="zeros"),
    pytest.param(b"INVITE\r\n\r\n", id="half a request line"),
    pytest.param(b"INVITE sip:x SIP/7.0\r\n\r\n", id="RFC 4475 3.1.2.16 unknown version"),
    pytest.param(
        b"INVITE sip:x@y SIP/2.0\r\nContent-Length: -999\r\n\r\n", id="RFC 4475 3.1.2.3 negative length"
    ),
    pytest.param(
        b"INVITE sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCSeq: 36893488147419103232 INVITE\r\n\r\n",
        id="RFC 4475 3.1.2.4 huge numbers",
    ),
    pytest.param(
        b"INVITE <sip:x@y> SIP/2.0\r\nVia: \r\nFrom: \r\nTo: \r\n\r\n", id="RFC 4475 3.1.2.8 empty headers"
    ),
    pytest.param(b"OPTIONS sip:" + b"a" * 5000 + b" SIP/2.0\r\n\r\n", id="a very long URI"),
    pytest.param(b"SIP/2.0 200 OK\r\n" + b"X: y\r\n" * 3000 + b"\r\n", id="three thousand headers"),
    pytest.param(b"INVITE sip:\xff\xfe@\x00 SIP/2.0\r\n\xc3\x28: 1\r\n\r\n", id="not UTF-8"),
    pytest.param(
        b"SIP/2.0 4294967301 better not break the receiver\r\n\r\n", id="RFC 4475 3.1.2.19 huge status"
    ),
]

BAD_RTP = [
    b"",
    b"\x80",
    b"\x80\x00\x00",
    b"\x8f\x00" + b"\x00" * 10,  # 15 CSRCs, none present
    b"\x90\x00" + b"\x00" * 10 + b"\xbe\xde\xff\xff",  # an extension longer than the packet
    b"\xa0\x00" + b"\x00" * 10 + b"\xff",  # more padding than the packet has bytes
    b"\x40\x00" + b"\x00" * 170,  # version 1
    b"\x80\x7f" + b"\x00" * 170,  # a payload type that was not offered
    b"\x80\xc8\xff\xff" + b"\x00" * 4,  # RTCP with a length beyond its end
    b"\x81\xc9\x00\x01" + b"\x00" * 4,  # RTCP with a missing report
    b"\x80\x65" + b"\x00" * 10 + b"\xff\xff\xff\xff",  # an unknown DTMF event
    b"\x80\x65" + b"\x00" * 10,  # an empty DTMF event
]


def shout(address: Address, datagrams: list[bytes]) -> None:
    """Send datagrams from an unknown socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        for datagram in datagrams:
            attacker.sendto(datagram, address)


def garbage(seed: int) -> list[bytes]:
    """Return random datagrams, many of which begin like STUN, DTLS, RTP or RTCP."""
    chance = random.Random(seed)
    heads = [b"\x00\x01", b"\x01\x01", b"\x16\xfe\xfd", b"\x80\x00", b"\x80\xc8", b"\x80\x6f", b""]
    return [chance.choice(heads) + chance.randbytes(chance.randrange(0, 400)) for _ in range(FLOOD)]


@pytest.mark.parametrize("datagram", BAD_SIP)
def test_bad_sip_is_refused_or_dropped(server: Server, datagram: bytes) -> None:
    shout((server.host, server.sip_port), [datagram])
    assert server.request("GET", "/ping").status == 200


def test_bad_sip_over_tcp_closes_only_that_connection(server: Server) -> None:
    with socket.create_connection((server.host, server.sip_port), timeout=5) as attacker:
        attacker.sendall(b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n" + b"\x00" * 70000)
    room = server.new_room()
    with RawPhone() as phone:
        phone.dial((server.host, server.sip_port), room)
        server.wait_for_participants(room, 1)


def test_flood_does_not_disturb_a_conference(server: Server) -> None:
    room = server.new_room()
    target = (server.host, server.sip_port)
    with RawPhone() as talker, RawPhone() as listener:
        for each in (talker, listener):
            each.dial(target, room)
        talker.talk(whole_periods())
        server.wait_for_participants(room, 2)
        play_for(1.5)
        for seed in range(4):
            for address in (listener.media, talker.media, (server.host, server.webrtc_port)):
                shout(address, [*BAD_RTP, *garbage(seed)])
            shout(target, garbage(seed)[:50])
            play_for(0.4)
        play_for(0.5)
        heard = listener.heard(last_s=2)
    assert_no_gap(heard)
    assert_no_click(heard)


def test_unknown_sender_cannot_take_over_a_leg(server: Server) -> None:
    room = server.new_room()
    with RawPhone() as talker, RawPhone() as listener:
        for each in (talker, listener):
            each.dial((server.host, server.sip_port), room)
        talker.talk(whole_periods())
        server.wait_for_participants(room, 2)
        eventually(lambda: len(listener.arrivals) > 50, what="audio at the listener")
        loud = [struct.pack("!BBHII", 0x80, 0, n, n * 160, 0xBAD) + b"\x00" * 160 for n in range(100)]
        shout(talker.media, loud)
        play_for(1)
        heard = listener.heard(last_s=1)
        frames = np.abs(heard.astype(np.int32)).reshape(-1, RATE_HZ // 50).max(axis=1)
    assert frames.max() < 8000, "packets of an unknown sender were heard"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"{", "INVALID_JSON_BODY", id="half an object"),
        pytest.param(b"", "INVALID_JSON_BODY", id="nothing"),
        pytest.param(b"[]", "INVALID_JSON_BODY", id="an array"),
        pytest.param(b'{"type":"conference","timeout":"abc"}', "INVALID_JSON_BODY", id="a wrong type"),
        pytest.param(b"\xff\xfe", "INVALID_JSON_BODY", id="not UTF-8"),
        pytest.param(b'{"type":"foo"}', "INVALID_ARGUMENT", id="an unknown type"),
        pytest.param(b"[" * 100_000, "INVALID_JSON_BODY", id="very deep"),
    ],
)
def test_bad_json_gets_a_clear_error(server: Server, body: bytes, reason: str) -> None:
    answer = server.request(
        "POST", "/v1.0/conferences", body=body, headers={"Authorization": f"Bearer {ACCESS_KEY}"}
    )
    assert answer.status == 400
    assert answer.json["error"]["reason"] == reason
    assert answer.json["error"]["request_id"] == answer.headers["X-Request-Id"]
