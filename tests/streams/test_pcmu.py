"""Mu-law in RTP: every sample and code as in G.711, every packet as in RFC 3550."""

import struct

import numpy as np
import pytest

from mixminus.streams.framing import MalformedFrame, RtpPcmu, mulaw_decoded, mulaw_encoded
from tests.support.phone import mulaw_decode, mulaw_encode

EVERY_SAMPLE = np.arange(-(1 << 15), 1 << 15).astype(np.int16)
EVERY_CODE = bytes(range(256))
FRAME = np.arange(160).astype(np.int16)


def packet(number: int, *, payload: bytes = EVERY_CODE, ssrc: int = 7, type_: int = 0) -> bytes:
    return struct.pack("!BBHII", 0x80, type_, number, number * 160, ssrc) + payload


def test_mulaw_of_every_sample_and_code() -> None:
    assert mulaw_encoded(EVERY_SAMPLE) == mulaw_encode(EVERY_SAMPLE)
    assert np.array_equal(mulaw_decoded(EVERY_CODE), mulaw_decode(EVERY_CODE))


def test_packet_sequence_numbers_and_timestamps() -> None:
    rtp = RtpPcmu()
    sent = [rtp.wrap(FRAME) for _ in range(3)]
    heads = [struct.unpack_from("!BBHII", each) for each in sent]
    assert [(first, second) for first, second, *_ in heads] == [(0x80, 0x80), (0x80, 0), (0x80, 0)]
    _, _, number, timestamp, ssrc = heads[0]
    assert [each[2:] for each in heads] == [
        ((number + n) % (1 << 16), (timestamp + 160 * n) % (1 << 32), ssrc) for n in range(3)
    ]
    assert {len(each) for each in sent} == {172}


def test_sequence_numbers_wrap_and_late_packets_are_dropped() -> None:
    rtp = RtpPcmu()
    heard = [rtp.unwrap(packet(number)) is not None for number in (65534, 65535, 65535, 1, 0, 65534, 2)]
    assert heard == [True, True, False, True, False, False, True]
    assert rtp.unwrap(packet(1, ssrc=8)) is not None


@pytest.mark.parametrize("malformed", [b"", b"\x80\x00", packet(1, type_=8), b"\x00" + packet(1)[1:]])
def test_malformed_packets_are_refused(malformed: bytes) -> None:
    with pytest.raises(MalformedFrame):
        RtpPcmu().unwrap(malformed)
