"""Each framing produces the specified bytes, and parses foreign bytes safely."""

import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixminus.model.media_stream import Encapsulation
from mixminus.streams.framing import MalformedFrame, framing

FRAME = np.arange(-80, 80, dtype=np.int16) * 300
BYTES = FRAME.astype("<i2").tobytes()


def test_sln_is_plain_pcm() -> None:
    assert framing(Encapsulation.SLN).wrap(FRAME) == BYTES
    assert len(BYTES) == 320


def test_rtp_sequence_starts_at_one_and_timestamp_counts_samples() -> None:
    rtp = framing(Encapsulation.RTP)
    first, second = rtp.wrap(FRAME), rtp.wrap(FRAME)
    assert (len(first), first[12:]) == (332, BYTES)
    assert struct.unpack("!BBHII", first[:12]) == (0x80, 96, 1, 0, 0)
    assert struct.unpack("!BBHII", second[:12]) == (0x80, 96, 2, FRAME.size, 0)


def test_audiosocket_has_kind_and_length() -> None:
    message = framing(Encapsulation.AUDIOSOCKET).wrap(FRAME)
    assert (len(message), message[:3], message[3:]) == (323, b"\x10\x01\x40", BYTES)


@pytest.mark.parametrize("encapsulation", Encapsulation)
def test_framing_round_trip(encapsulation: Encapsulation) -> None:
    both = framing(encapsulation)
    assert both.unwrap(both.wrap(FRAME)).tolist() == FRAME.tolist()


HEADER = struct.pack("!BBHII", 0x80, 96, 7, 0, 9)


@pytest.mark.parametrize(
    ("encapsulation", "message", "samples"),
    [
        pytest.param(Encapsulation.RTP, b"\x80\xe0" + HEADER[2:] + BYTES, 160, id="marker"),
        pytest.param(Encapsulation.RTP, b"\x82" + HEADER[1:] + b"csrccsrc" + BYTES, 160, id="two sources"),
        pytest.param(Encapsulation.RTP, b"\x90" + HEADER[1:] + b"\0\0\0\1wordAB", 1, id="extension"),
        pytest.param(Encapsulation.RTP, b"\xa0" + HEADER[1:] + b"AB\0\2", 1, id="padding"),
        pytest.param(Encapsulation.AUDIOSOCKET, b"\x10\0\2AB\x10\0\2CD", 2, id="two at once"),
        pytest.param(Encapsulation.AUDIOSOCKET, b"\0\0\0\x01\0\2ID", 0, id="no audio"),
        pytest.param(Encapsulation.SLN, b"", 0, id="nothing"),
    ],
)
def test_foreign_messages_are_parsed(encapsulation: Encapsulation, message: bytes, samples: int) -> None:
    assert framing(encapsulation).unwrap(message).size == samples


@pytest.mark.parametrize(
    ("encapsulation", "message"),
    [
        pytest.param(Encapsulation.RTP, HEADER[:11], id="short header"),
        pytest.param(Encapsulation.RTP, b"\x40" + HEADER[1:] + BYTES, id="another version"),
        pytest.param(Encapsulation.RTP, b"\x80\x00" + HEADER[2:] + BYTES, id="another type"),
        pytest.param(Encapsulation.RTP, b"\x8f" + HEADER[1:], id="sources cut short"),
        pytest.param(Encapsulation.RTP, b"\x90" + HEADER[1:] + b"\0\0", id="extension cut short"),
        pytest.param(Encapsulation.RTP, b"\xa0" + HEADER[1:] + b"AB\xff\xff", id="more padding than packet"),
        pytest.param(Encapsulation.AUDIOSOCKET, b"\x10\x01", id="short length"),
        pytest.param(Encapsulation.AUDIOSOCKET, b"\x10\x01\x40AB", id="audio cut short"),
    ],
)
def test_malformed_messages_are_refused(encapsulation: Encapsulation, message: bytes) -> None:
    with pytest.raises(MalformedFrame):
        framing(encapsulation).unwrap(message)


def wrapped(encapsulation: Encapsulation, payload: bytes) -> bytes:
    match encapsulation:
        case Encapsulation.RTP:
            return HEADER + payload
        case Encapsulation.AUDIOSOCKET:
            return b"\x10" + struct.pack("!H", len(payload)) + payload
        case _:
            return payload


@given(st.sampled_from(Encapsulation), st.lists(st.integers(0, 60), max_size=12))
def test_half_a_sample_waits_for_the_next_message(encapsulation: Encapsulation, sizes: list[int]) -> None:
    """However a stream of samples is cut into messages, the samples are the same."""
    stream, unwrapped, at = framing(encapsulation), list[int](), 0
    for size in sizes:
        unwrapped += stream.unwrap(wrapped(encapsulation, BYTES[at : at + size])).tolist()
        at += size
    assert unwrapped == FRAME[: min(at, len(BYTES)) // 2].tolist()


def test_half_samples_of_two_streams_are_kept_apart() -> None:
    first, second = framing(Encapsulation.SLN), framing(Encapsulation.SLN)
    assert (first.unwrap(b"a").size, second.unwrap(b"cd").tolist()) == (0, [0x6463])
    assert first.unwrap(b"b").tolist() == [0x6261]


@given(st.sampled_from(Encapsulation), st.binary(max_size=64))
def test_random_bytes_are_safe(encapsulation: Encapsulation, message: bytes) -> None:
    with suppress(MalformedFrame):
        assert framing(encapsulation).unwrap(message).size * 2 <= len(message)
