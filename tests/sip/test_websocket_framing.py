"""WebSocket frames without a socket: fragments, control frames between them, limits, and whatever bytes come."""

import random
import struct

import pytest

from mixminus.sip.edge.message import MAX_MESSAGE_BYTES, Unparseable
from mixminus.sip.edge.websocket_framing import WebSocketFraming, message_frame

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
)
MASK = b"\x11\x22\x33\x44"


def frame(first: int, payload: bytes) -> bytes:
    masked = bytes(byte ^ MASK[place % 4] for place, byte in enumerate(payload))
    if len(payload) < 126:
        return bytes((first, 0x80 | len(payload))) + MASK + masked
    if len(payload) < 65_536:
        return struct.pack("!BBH", first, 0xFE, len(payload)) + MASK + masked
    return struct.pack("!BBQ", first, 0xFF, len(payload)) + MASK + masked


def opened() -> WebSocketFraming:
    framing = WebSocketFraming()
    assert framing.feed(HANDSHAKE) == []
    assert framing.open
    framing.replies.clear()
    return framing


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100_000])
def test_messages_come_whole_however_the_stream_is_cut(step: int) -> None:
    framing = WebSocketFraming()
    stream = (
        HANDSHAKE
        + frame(0x81, b"one")
        + frame(0x01, b"t")
        + frame(0x89, b"ping")
        + frame(0x00, b"w")
        + frame(0x80, b"o")
        + frame(0x82, b"x" * 300)
    )
    messages = []
    for place in range(0, len(stream), step):
        messages += framing.feed(stream[place : place + step])
    assert messages == [b"one", b"two", b"x" * 300]
    assert framing.replies[1:] == [b"\x8a\x04ping"]
    assert not framing.partial


def test_bytes_after_the_handshake_in_the_same_segment_are_read() -> None:
    assert WebSocketFraming().feed(HANDSHAKE + frame(0x81, b"a")) == [b"a"]


@pytest.mark.parametrize(
    ("received", "code"),
    [
        pytest.param(frame(0x80, b"a"), 1002, id="continues nothing"),
        pytest.param(frame(0x01, b"a") + frame(0x81, b"b"), 1002, id="message within a message"),
        pytest.param(frame(0xC1, b"a"), 1002, id="compressed"),
        pytest.param(frame(0x83, b"a"), 1002, id="unknown opcode"),
        pytest.param(frame(0x09, b"a"), 1002, id="fragmented ping"),
        pytest.param(frame(0x89, b"a" * 126), 1002, id="long ping"),
        pytest.param(b"\x81\x01a", 1002, id="no mask"),
        pytest.param(frame(0x81, b"a" * (MAX_MESSAGE_BYTES + 1)), 1009, id="too large"),
        pytest.param(b"\x81\xff" + b"\xff" * 8 + MASK, 1009, id="absurdly large"),
        pytest.param(
            frame(0x01, b"a" * MAX_MESSAGE_BYTES) + frame(0x80, b"a"), 1009, id="too large in fragments"
        ),
    ],
)
def test_broken_protocol_closes_with_its_code(received: bytes, code: int) -> None:
    framing = opened()
    with pytest.raises(Unparseable):
        framing.feed(received)
    assert framing.closed
    assert framing.replies == [b"\x88\x02" + struct.pack("!H", code)]
    assert framing.feed(b"more") == []


def test_largest_message_passes_and_sent_frames_have_their_length() -> None:
    assert opened().feed(frame(0x81, b"a" * MAX_MESSAGE_BYTES)) == [b"a" * MAX_MESSAGE_BYTES]
    assert message_frame(b"a" * 125) == b"\x81\x7d" + b"a" * 125
    assert message_frame(b"a" * 126) == b"\x81\x7e\x00\x7e" + b"a" * 126
    assert message_frame(b"\xff") == b"\x82\x01\xff"
    assert message_frame(b"a" * 65_536)[:10] == b"\x81\x7f" + (65_536).to_bytes(8, "big")


def test_random_bytes_raise_nothing_else() -> None:
    generator = random.Random(7118)
    for _ in range(3000):
        framing = opened()
        stream = bytearray(
            frame(generator.choice((0x81, 0x01, 0x80, 0x89, 0x88)), generator.randbytes(20)) * 3
        )
        for _ in range(generator.randrange(4)):
            stream[generator.randrange(len(stream))] = generator.randrange(256)
        try:
            framing.feed(bytes(stream))
        except Unparseable:
            assert framing.closed
