"""RTP as phones and gateways send it: whatever the header and the order, the tone of the caller is heard."""

import struct
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixminus.mixer import Codec, CodecFormat, DigitReceived, Engine, Port
from tests.support.packets import event
from tests.support.phone import PCMU, RtpPhone, mulaw_decode, mulaw_encode
from tests.support.signals import loudness_at, tone

LOUD = 8000.0
HZ = 400
TICKS = 60
DTMF, CN = 101, 13
PCMA = CodecFormat(Codec.PCMA, payload_type=8, clock_rate_hz=8000, sample_rate_hz=8000)
HEADER = struct.Struct("!BBHII")
# ITU-T G.711: A-law of the same samples, by way of its own tables in the engine, is tested in tests/native.
FRAMES = [mulaw_encode(frame) for frame in tone(HZ, 8000, TICKS * 160, LOUD).reshape(TICKS, 160)]

Datagrams = list[list[bytes]]
"""What is sent in each tick."""


def packet(  # noqa: PLR0913 - the fields of a header
    number: int,
    payload: bytes,
    *,
    timestamp: int | None = None,
    payload_type: int = 0,
    marker: bool = False,
    ssrc: int = 0x1234,
    csrcs: int = 0,
    extension: tuple[int, bytes] | None = None,
    padding: int = 0,
) -> bytes:
    first = 0x80 | (0x20 if padding else 0) | (0x10 if extension is not None else 0) | csrcs
    at = number * 160 if timestamp is None else timestamp
    head = HEADER.pack(first, payload_type | marker << 7, number & 0xFFFF, at & 0xFFFFFFFF, ssrc)
    head += struct.pack(f"!{csrcs}I", *range(csrcs))
    if extension is not None:
        profile, words = extension
        head += struct.pack("!HH", profile, len(words) // 4) + words
    return head + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


def usual(first: int = 100, **fields: object) -> list[bytes]:
    return [packet(first + place, frame, **fields) for place, frame in enumerate(FRAMES)]  # type: ignore[arg-type]


def singly(packets: list[bytes]) -> Datagrams:
    return [[each] for each in packets]


def renumbered(change: Callable[[int], dict[str, int]]) -> Datagrams:
    """Return packets whose header fields follow from their place."""
    return singly([packet(100 + place, frame, **change(place)) for place, frame in enumerate(FRAMES)])  # type: ignore[arg-type]


def among(odd: Callable[[int], bytes]) -> Datagrams:
    """Return the usual packets, with an odd one after each third."""
    return [[each, odd(place)] if place % 3 == 2 else [each] for place, each in enumerate(usual())]


def swapped() -> Datagrams:
    packets = usual()
    for place in range(10, TICKS - 1, 5):
        packets[place], packets[place + 1] = packets[place + 1], packets[place]
    return singly(packets)


def in_bursts(size: int) -> Datagrams:
    packets = usual()
    return [packets[place : place + size] if place % size == 0 else [] for place in range(TICKS)]


def of_length(samples: int) -> Datagrams:
    """Return packets of another ptime, sent when their audio is complete."""
    audio = b"".join(FRAMES)
    sent: Datagrams = [[] for _ in range(TICKS)]
    for number, start in enumerate(range(0, len(audio) - samples + 1, samples)):
        sent[(start + samples - 1) // 160].append(
            packet(100 + number, audio[start : start + samples], timestamp=start)
        )
    return sent


@pytest.fixture
def phones(engine: Engine) -> Iterator[tuple[Port, RtpPhone, RtpPhone]]:
    """Return the caller's port, the caller and a listener, in one room."""
    bridge = engine.open_bridge()
    caller, listener = RtpPhone(), RtpPhone()
    port, other = engine.open_rtp_port(), engine.open_rtp_port()
    port.configure(caller.media(receive=(PCMU, PCMA), dtmf_payload_type=DTMF))
    other.configure(listener.media())
    port.join(bridge)
    other.join(bridge)
    yield port, caller, listener
    caller.close()
    listener.close()


def heard(
    engine: Engine, phones: tuple[Port, RtpPhone, RtpPhone], sent: Datagrams
) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Send the datagrams, and return the last half second that the listener has heard while they came."""
    port, caller, listener = phones
    for datagrams in sent:
        for each in datagrams:
            caller.send_raw(port.local_port, each)
        engine.tick()
    payloads = [each.payload for each in listener.receive() if each.payload_type == 0]
    return mulaw_decode(b"".join(payloads))[-4000:]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(singly(usual()), id="usual"),
        pytest.param(singly(usual(marker=True)), id="marker on every packet"),
        pytest.param(singly(usual(padding=1)), id="one byte of padding"),
        pytest.param(singly(usual(padding=255)), id="255 bytes of padding"),
        pytest.param(singly(usual(csrcs=1)), id="one CSRC"),
        pytest.param(singly(usual(csrcs=15)), id="15 CSRCs"),
        pytest.param(singly(usual(extension=(0xBEDE, b"\x10\x40\0\0"))), id="one-byte extension"),
        pytest.param(singly(usual(extension=(0x1000, b"\x01\x01\x40\0"))), id="two-byte extension"),
        pytest.param(singly(usual(extension=(0x1234, bytes(40)))), id="unknown extension"),
        pytest.param(singly(usual(extension=(0, b""))), id="empty extension"),
        pytest.param(singly(usual(csrcs=3, extension=(0xBEDE, b"\x10\x40\0\0"), padding=4)), id="everything"),
        pytest.param(singly(usual(65_520)), id="sequence numbers wrap"),
        pytest.param(renumbered(lambda place: {"timestamp": 2**32 - 1600 + place * 160}), id="timestamps wrap"),
        pytest.param(renumbered(lambda place: {"timestamp": place * 160 + (80_000 if place > 20 else 0)}), id="timestamp jumps on"),
        pytest.param(renumbered(lambda place: {"timestamp": 10**6 + place * 160 - (500_000 if place > 20 else 0)}), id="timestamp jumps back"),
        pytest.param(renumbered(lambda place: {"ssrc": 0x1234 if place < 20 else 0x9999}), id="SSRC changes"),
        pytest.param(
            renumbered(lambda place: {"ssrc": place // 20, "timestamp": place * 160 + place // 20 * 10**6}),
            id="SSRC and timestamps change twice",
        ),
        pytest.param([[each, each] for each in usual()], id="each packet twice"),
        pytest.param([[each, *usual()[max(place - 3, 0) : place]] for place, each in enumerate(usual())], id="late copies"),
        pytest.param(swapped(), id="pairs in the wrong order"),
        pytest.param(in_bursts(2), id="bursts of two"),
        pytest.param(in_bursts(3), id="bursts of three"),
        pytest.param(of_length(80), id="10 ms"),
        pytest.param(of_length(240), id="30 ms"),
        pytest.param(of_length(320), id="40 ms"),
        pytest.param(of_length(480), id="60 ms"),
        pytest.param(of_length(40), id="5 ms"),
        pytest.param(among(lambda place: packet(9000 + place, b"\x40", payload_type=CN, ssrc=0x1234)), id="comfort noise of its own numbers"),
        pytest.param(among(lambda place: packet(100 + place, bytes(160), payload_type=77)), id="packets of an unknown type"),
        pytest.param(among(lambda _: b"\0\0\0\0"), id="keep-alives of NULs"),
        pytest.param(among(lambda _: b"\r\n"), id="keep-alives of CRLF"),
        pytest.param(among(lambda _: b""), id="empty datagrams"),
        pytest.param(among(lambda _: b"\x00\x01\0\0\x21\x12\xa4\x42" + bytes(12)), id="STUN requests"),
        pytest.param(among(lambda place: packet(200 + place, bytes(160), ssrc=0x4321)[:11]), id="cut packets"),
        pytest.param(among(lambda _: struct.pack("!BBHI", 0x80, 201, 1, 0x1234)), id="RTCP on RTP's port"),
    ],
)  # fmt: skip
def test_tone_is_heard(engine: Engine, phones: tuple[Port, RtpPhone, RtpPhone], sent: Datagrams) -> None:
    assert loudness_at(heard(engine, phones, sent), HZ, 8000) == pytest.approx(LOUD, rel=0.1)


DRESS = st.fixed_dictionaries(
    {
        "marker": st.booleans(),
        "csrcs": st.integers(0, 15),
        "padding": st.one_of(st.just(0), st.integers(1, 255)),
        "extension": st.none()
        | st.tuples(
            st.sampled_from([0xBEDE, 0x1000, 0x100F, 0, 0xFFFF]),
            st.integers(0, 20).flatmap(lambda words: st.binary(min_size=words * 4, max_size=words * 4)),
        ),
    }
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DRESS, min_size=TICKS, max_size=TICKS))
def test_tone_is_heard_whatever_the_headers_hold(
    engine: Engine, phones: tuple[Port, RtpPhone, RtpPhone], dresses: list[dict[str, object]]
) -> None:
    caller = phones[1]
    first, caller.sequence_number = caller.sequence_number, caller.sequence_number + TICKS
    sent = [[packet(first + place, FRAMES[place], **dress)] for place, dress in enumerate(dresses)]  # type: ignore[arg-type]
    assert loudness_at(heard(engine, phones, sent), HZ, 8000) == pytest.approx(LOUD, rel=0.1)


@pytest.mark.parametrize("timestamps", ["the audio's", "of their own"])
def test_digits_among_audio_are_digits_and_the_audio_goes_on(
    engine: Engine, phones: tuple[Port, RtpPhone, RtpPhone], timestamps: str
) -> None:
    sent: Datagrams = []
    number = 100
    for place, frame in enumerate(FRAMES):
        datagrams = [packet(number, frame, timestamp=place * 160)]
        number += 1
        if 20 <= place < 26:
            at = 20 * 160 if timestamps == "the audio's" else 5_000_000
            payload = event(5, (place - 19) * 160, end=place >= 23)
            datagrams.append(packet(number, payload, timestamp=at, payload_type=DTMF, marker=place == 20))
            number += 1
        sent.append(datagrams)
    assert loudness_at(heard(engine, phones, sent)[-2400:], HZ, 8000) == pytest.approx(LOUD, rel=0.1)
    assert [each.digit for each in engine.events() if isinstance(each, DigitReceived)] == ["5"]


def test_hook_flash_among_audio_is_no_digit_and_the_audio_goes_on(
    engine: Engine, phones: tuple[Port, RtpPhone, RtpPhone]
) -> None:
    """Event 16 of RFC 4733 section 3.2."""
    sent: Datagrams = []
    number = 100
    for place, frame in enumerate(FRAMES):
        datagrams = [packet(number, frame, timestamp=place * 160)]
        number += 1
        if 20 <= place < 26:
            payload = event(16, (place - 19) * 160, end=place >= 23)
            datagrams.append(
                packet(number, payload, timestamp=20 * 160, payload_type=DTMF, marker=place == 20)
            )
            number += 1
        sent.append(datagrams)
    assert loudness_at(heard(engine, phones, sent)[-2400:], HZ, 8000) == pytest.approx(LOUD, rel=0.1)
    assert [each for each in engine.events() if isinstance(each, DigitReceived)] == []
    counters = phones[0].statistics().counters
    assert counters["rtp_malformed"] == counters["rtp_unknown_payload_type"] == counters["jbuf_lost"] == 0


def test_payload_type_may_change_from_packet_to_packet(
    engine: Engine, phones: tuple[Port, RtpPhone, RtpPhone]
) -> None:
    """Both were answered, so each may come at any time (RFC 3264 section 5.1)."""
    silence = b"\xd5" * 160
    packets = [packet(100 + place, silence, payload_type=8) for place in range(10)]
    packets += [packet(110 + place, frame) for place, frame in enumerate(FRAMES[10:])]
    assert loudness_at(heard(engine, phones, singly(packets)), HZ, 8000) == pytest.approx(LOUD, rel=0.1)
