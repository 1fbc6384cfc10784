"""RTP in and out of a port, on loopback sockets and a virtual clock."""

import struct
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from mixminus.errors import Conflict, InvalidArgument
from mixminus.mixer import (
    Bridge,
    Codec,
    CodecFormat,
    DigitReceived,
    Engine,
    FirstPacket,
    MediaDirection,
    MediaResumed,
    MediaTimeout,
    Port,
    PortMedia,
)
from tests.support.phone import PCMU, RtpPhone, mulaw_encode
from tests.support.signals import loudness_at, rms, tone

LOUD = 8000.0
DTMF = 101
G722 = CodecFormat(Codec.G722, payload_type=9, clock_rate_hz=8000, sample_rate_hz=16_000)


class Caller:
    """A phone and its port, configured for each other."""

    def __init__(self, engine: Engine, **media: object) -> None:
        self.engine = engine
        self.phone = RtpPhone()
        self.port: Port = engine.open_rtp_port()
        self.port.configure(self.phone.media(**media))

    def talk(self, ticks: int, hz: float | None = None) -> None:
        """Let the phone send a tone, or silence, one packet per tick."""
        pcm = np.zeros(ticks * 160, np.int16) if hz is None else tone(hz, 8000, ticks * 160, LOUD)
        for frame in pcm.reshape(ticks, 160):
            self.phone.send(self.port.local_port, frame)
            self.engine.tick()


@pytest.fixture
def bridge(engine: Engine) -> Bridge:
    return engine.open_bridge()


@pytest.fixture
def caller(engine: Engine, bridge: Bridge) -> Iterator[Caller]:
    caller = Caller(engine, dtmf_payload_type=DTMF)
    caller.port.join(bridge)
    yield caller
    caller.phone.close()


@pytest.fixture
def listener(engine: Engine, bridge: Bridge) -> Iterator[Caller]:
    listener = Caller(engine)
    listener.port.join(bridge)
    yield listener
    listener.phone.close()


def test_a_phone_hears_the_other_and_not_itself(caller: Caller, listener: Caller) -> None:
    caller.talk(100, hz=400)
    assert rms(caller.phone.heard()[-1600:]) < 20
    heard = listener.phone.heard()
    assert len(heard) >= 99 * 160
    assert loudness_at(heard[-1600:], 400, 8000) == pytest.approx(LOUD, rel=0.03)


def test_packets_are_sent_at_regular_intervals(engine: Engine, caller: Caller) -> None:
    engine.tick(50)
    packets = caller.phone.receive()
    assert len(packets) == 50
    first = packets[0]
    assert [packet.marker for packet in packets] == [True] + [False] * 49
    assert {(packet.ssrc, packet.payload_type, len(packet.payload)) for packet in packets} == {
        (first.ssrc, 0, 160)
    }
    steps = [((p.sequence_number - first.sequence_number), (p.timestamp - first.timestamp)) for p in packets]
    assert steps == [(i, i * 160) for i in range(50)]


def test_the_ssrc_can_be_chosen(engine: Engine, caller: Caller) -> None:
    caller.port.configure(caller.phone.media(ssrc=0xCAFE))
    engine.tick()
    assert {packet.ssrc for packet in caller.phone.receive()} == {0xCAFE}


def test_a_port_outside_bridges_sends_silence(engine: Engine, caller: Caller) -> None:
    caller.port.leave()
    engine.tick(10)
    assert len(caller.phone.receive()) == 10
    caller.talk(10, hz=400)
    heard = caller.phone.heard()
    assert len(heard) == 1600
    assert rms(heard) < 10


def test_a_port_outside_bridges_hears_its_own_playout(
    engine: Engine, caller: Caller, listener: Caller
) -> None:
    caller.port.leave()
    listener.port.leave()
    playout = engine.open_playout(8000)
    playout.write(tone(400, 8000, 8000, LOUD))
    caller.port.play(playout)
    engine.tick(40)
    assert loudness_at(caller.phone.heard()[-3200:], 400, 8000) == pytest.approx(LOUD, rel=0.03)
    assert rms(listener.phone.heard()) < 10


def test_a_playout_follows_its_port_onto_the_bridge(engine: Engine, bridge: Bridge, caller: Caller) -> None:
    caller.port.leave()
    playout = engine.open_playout(8000)
    playout.write(tone(400, 8000, 8000 * 2, LOUD))
    caller.port.play(playout)
    engine.tick(20)
    caller.port.join(bridge)
    engine.tick(30)
    assert loudness_at(caller.phone.heard()[-3200:], 400, 8000) == pytest.approx(LOUD, rel=0.03)
    caller.port.close()
    playout.close()
    engine.tick()


def test_hold_stops_packets_and_resume_marks_the_first(engine: Engine, caller: Caller) -> None:
    caller.talk(10)
    before = caller.phone.receive()
    caller.port.configure(caller.phone.media(direction=MediaDirection.INACTIVE))
    caller.talk(10)
    assert caller.phone.receive() == []
    assert caller.port.statistics().counters["rtp_on_hold"] == 10
    caller.port.configure(caller.phone.media())
    caller.talk(10)
    after = caller.phone.receive()
    assert [packet.marker for packet in after] == [True] + [False] * 9
    assert after[0].sequence_number == (before[-1].sequence_number + 1) & 0xFFFF
    # the timestamp has advanced by the silence
    assert (after[0].timestamp - before[-1].timestamp) & 0xFFFFFFFF == 11 * 160


@pytest.mark.parametrize(
    ("direction", "hears", "is_heard"),
    [
        (MediaDirection.SENDRECV, True, True),
        (MediaDirection.SENDONLY, True, False),
        (MediaDirection.RECVONLY, False, True),
        (MediaDirection.INACTIVE, False, False),
    ],
)
def test_directions_are_from_our_side(
    engine: Engine, caller: Caller, listener: Caller, direction: MediaDirection, hears: bool, is_heard: bool
) -> None:
    caller.port.configure(caller.phone.media(direction=direction))
    caller.talk(60, hz=400)
    assert bool(caller.phone.receive()) is hears
    assert (rms(listener.phone.heard()[-1600:]) > LOUD / 2) is is_heard


def test_a_re_invite_can_change_the_codec(engine: Engine, caller: Caller, listener: Caller) -> None:
    listener.talk(10)
    before = listener.phone.receive()
    listener.port.configure(listener.phone.media(receive=(G722, PCMU), send=G722))
    engine.tick(5)
    after = listener.phone.receive()
    assert {packet.payload_type for packet in after} == {9}
    assert {packet.ssrc for packet in after} == {before[0].ssrc}
    caller.talk(60, hz=400)
    assert listener.port.statistics().counters["rtp_sent"] == len(before) + 5 + 60


def test_a_re_invite_that_changes_nothing_interrupts_nothing(caller: Caller, listener: Caller) -> None:
    caller.talk(50, hz=400)
    concealed = caller.port.statistics().counters["frames_concealed"]
    listener.phone.heard()
    caller.port.configure(caller.phone.media(dtmf_payload_type=DTMF))
    caller.talk(50, hz=400)
    assert caller.port.statistics().counters["frames_concealed"] == concealed
    heard = listener.phone.heard()
    assert loudness_at(heard[-8000:], 400, 8000) == pytest.approx(LOUD, rel=0.03)


def test_first_packet_timeout_and_resumption_emit_one_event_each(engine: Engine, caller: Caller) -> None:
    caller.talk(10)
    engine.tick(120)
    caller.talk(10)
    kinds = [type(event) for event in engine.events()]
    assert kinds == [FirstPacket, MediaTimeout, MediaResumed]


def test_the_media_timeout_starts_at_the_answer(engine: Engine, caller: Caller) -> None:
    engine.tick(49)
    assert engine.events() == []
    engine.tick(3)
    assert [type(event) for event in engine.events()] == [MediaTimeout]


@pytest.mark.parametrize(("media_timeout_ms", "ticks"), [(500, 25), (0, 50), (3000, 150)])
def test_a_port_has_its_own_media_timeout(
    engine: Engine, caller: Caller, media_timeout_ms: int, ticks: int
) -> None:
    caller.port.configure(replace(caller.phone.media(), media_timeout_ms=media_timeout_ms))
    engine.tick(ticks - 1)
    assert engine.events() == []
    engine.tick(3)
    assert [type(event) for event in engine.events()] == [MediaTimeout]


def test_a_phone_on_hold_does_not_time_out(engine: Engine, caller: Caller) -> None:
    caller.port.configure(caller.phone.media(direction=MediaDirection.SENDONLY))
    engine.tick(200)
    caller.port.configure(caller.phone.media())
    engine.tick(40)
    assert engine.events() == []
    engine.tick(20)
    assert [type(event) for event in engine.events()] == [MediaTimeout]


def test_digits_are_sent_as_events(engine: Engine, caller: Caller) -> None:
    engine.tick(5)
    caller.phone.receive()
    caller.port.send_digits("5#", 100)
    engine.tick(40)
    events = [packet for packet in caller.phone.receive() if packet.payload_type == DTMF]
    assert [event.payload[0] for event in events if event.marker] == [5, 11]
    ends = [struct.unpack("!H", event.payload[2:])[0] for event in events if event.payload[1] & 0x80]
    assert ends == [800] * 6
    assert len({event.timestamp for event in events}) == 2
    assert caller.port.statistics().counters["digits_sent"] == 2


def test_sending_digits_requires_telephone_event(caller: Caller) -> None:
    caller.port.configure(caller.phone.media())
    with pytest.raises(Conflict):
        caller.port.send_digits("1")
    with pytest.raises(InvalidArgument):
        caller.port.send_digits("x")


def test_a_received_digit_emits_one_event(engine: Engine, caller: Caller) -> None:
    caller.talk(10)
    engine.events()
    phone = caller.phone
    for tick in range(8):
        ended = tick >= 5
        payload = bytes([7, 0x80 | 10 if ended else 10]) + struct.pack("!H", min(tick + 1, 6) * 160)
        raw = phone.packet(payload, payload_type=DTMF, marker=tick == 0, step=0)
        phone.send_raw(caller.port.local_port, raw)
        engine.tick()
    phone.timestamp += 8 * 160
    caller.talk(20)
    digits = [event for event in engine.events() if isinstance(event, DigitReceived)]
    assert [(event.port_id, event.digit, event.duration_ms) for event in digits] == [
        (caller.port.id, "7", 120)
    ]
    assert caller.port.statistics().counters["digits_received"] == 1


@pytest.mark.parametrize(
    ("raw", "counter"),
    [
        pytest.param(b"", "rtp_malformed", id="empty"),
        pytest.param(b"\x80\x00\x00", "rtp_malformed", id="short"),
        pytest.param(b"\x00" * 40, "rtp_malformed", id="version 0"),
        pytest.param(b"\x80\x7f" + bytes(30), "rtp_unknown_payload_type", id="not negotiated"),
        pytest.param(b"\x80\xc8" + bytes(2), "rtcp_malformed", id="broken RTCP"),
    ],
)
def test_invalid_packets_are_counted(engine: Engine, caller: Caller, raw: bytes, counter: str) -> None:
    caller.phone.send_raw(caller.port.local_port, raw)
    engine.tick()
    assert caller.port.statistics().counters[counter] == 1
    assert engine.counters()[counter] == 1


def test_packets_before_the_answer_are_counted(engine: Engine) -> None:
    port = engine.open_rtp_port()
    with RtpPhone() as phone:
        phone.send(port.local_port)
        engine.tick()
    assert port.statistics().counters["rtp_before_media"] == 1


def test_unnegotiated_comfort_noise_is_not_counted_as_loss(caller: Caller, listener: Caller) -> None:
    """RFC 3389 by the static number 13, as phones with silence suppression send it."""
    for _ in range(4):
        caller.talk(25, hz=400)
        for _ in range(3):
            noise = caller.phone.packet(b"\x40", payload_type=13, step=5 * 160)
            caller.phone.send_raw(caller.port.local_port, noise)
            caller.engine.tick(5)
    statistics = caller.port.statistics()
    assert statistics.counters["rtp_unknown_payload_type"] == 12
    assert statistics.loss == 0
    for mended in ("jbuf_lost", "jbuf_late", "jbuf_underrun", "frames_concealed"):
        assert statistics.counters[mended] == 0, "who is silent is not concealed"


def test_reports_prevent_the_media_timeout_and_end_it(engine: Engine, caller: Caller) -> None:
    """A phone that sends no audio in silence sends reports: an empty one is enough (the timeout is 1 s here)."""
    report = struct.pack("!BBHI", 0x80, 201, 1, 0x1234)
    for _ in range(10):
        caller.phone.send_raw(caller.port.local_port, report)
        engine.tick(40)
    assert not [event for event in engine.events() if isinstance(event, MediaTimeout)]
    engine.tick(60)
    caller.phone.send_raw(caller.port.local_port, report)
    engine.tick()
    seen = [type(event) for event in engine.events() if isinstance(event, MediaTimeout | MediaResumed)]
    assert seen == [MediaTimeout, MediaResumed]


def test_comfort_noise_prevents_the_media_timeout(engine: Engine, caller: Caller) -> None:
    caller.talk(5, hz=400)
    for _ in range(40):
        engine.tick(25)
        caller.phone.send_raw(caller.port.local_port, caller.phone.packet(b"\x40", payload_type=13))
    assert not [event for event in engine.events() if isinstance(event, MediaTimeout)]


def test_comfort_noise_does_not_start_a_stream(caller: Caller, listener: Caller) -> None:
    with RtpPhone(ssrc=0x5555) as other:
        noise = other.packet(b"\x40", payload_type=13)
    caller.phone.send_raw(caller.port.local_port, noise)
    caller.talk(50, hz=400)
    assert caller.port.statistics().counters["rtp_ssrc_changed"] == 0
    assert loudness_at(listener.phone.heard()[-1600:], 400, 8000) == pytest.approx(LOUD, rel=0.03)


def test_loss_and_jitter_are_measured(engine: Engine, caller: Caller) -> None:
    for i in range(400):
        raw = caller.phone.packet(mulaw_encode(np.zeros(160, np.int16)))
        if i % 10:
            caller.phone.send_raw(caller.port.local_port, raw)
        engine.tick()
    statistics = caller.port.statistics()
    assert statistics.loss == pytest.approx(0.1, abs=0.01)
    assert statistics.jitter_ms < 1
    assert 1.0 < statistics.mos < 4.4
    assert 0 < statistics.delay_ms <= 200
    assert statistics.round_trip_ms is None


def test_reports_are_sent_and_read(engine: Engine, caller: Caller) -> None:
    with RtpPhone() as rtcp:
        caller.port.configure(caller.phone.media(remote_rtcp=rtcp.address))
        caller.talk(1000)
        reports = rtcp.receive_raw()
        # 0.5 to 1.5 of 5 s each, the first earlier
        assert 2 <= len(reports) <= 9
        assert {raw[1] for raw in reports} == {200}
        ssrc = caller.phone.receive()[0].ssrc
        assert {struct.unpack_from("!I", raw, 4)[0] for raw in reports} == {ssrc}
        about = struct.unpack_from("!I", reports[-1], 28)[0]
        assert about == caller.phone.ssrc
        # answer with a report that says a quarter was lost, right after the last SR
        last_sr = struct.unpack_from("!I", reports[-1], 10)[0]
        block = struct.pack("!IIIIII", ssrc, 64 << 24, 0, 0, last_sr, 0)
        rtcp.send_raw(caller.port.local_port + 1, struct.pack("!BBHI", 0x81, 201, 7, 0x1234) + block)
        engine.tick()
    statistics = caller.port.statistics()
    assert statistics.remote_loss == 0.25
    assert statistics.round_trip_ms is not None
    assert statistics.round_trip_ms >= 0
    assert statistics.counters["rtcp_received"] == 1


def test_rtcp_can_share_the_rtp_port(engine: Engine, caller: Caller) -> None:
    caller.port.configure(caller.phone.media(rtcp_mux=True))
    caller.talk(300)
    reports = [raw for raw in caller.phone.receive_raw() if 192 <= raw[1] <= 223]
    assert reports
    caller.port.close()
    engine.tick()
    (bye,) = (raw for raw in caller.phone.receive_raw() if 192 <= raw[1] <= 223)
    assert bye[9] == 203


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"remote": ("phone.example", 4000)}, id="a name"),
        pytest.param({"receive": ()}, id="nothing to receive"),
        pytest.param({"receive": (PCMU,) * 7}, id="too many formats"),
    ],
)
def test_invalid_media_is_refused(engine: Engine, broken: dict[str, object]) -> None:
    port = engine.open_rtp_port()
    media: dict[str, object] = {"receive": (PCMU,), "send": PCMU}
    with pytest.raises(InvalidArgument):
        port.configure(PortMedia(**(media | broken)))  # type: ignore[arg-type]
