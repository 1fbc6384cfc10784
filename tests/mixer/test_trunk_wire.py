"""What the network may do to a trunk: every packet that is not heard is counted, and none that is forged is heard."""

import secrets
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest

from mixminus.mixer import PcmPort, TrunkLink, TrunkOffer
from tests.support.trunks import Node, Wire

RATE_HZ = 16_000
FRAME = RATE_HZ // 50
TALKER = 3

Pcm = npt.NDArray[np.int16]
Fate = Callable[[int, list[bytes]], list[bytes]]


class Line:
    """A speaker and a witness in one engine, a listener in another, and the wire between them."""

    def __init__(self, here: Node, there: Node, rate_hz: int = RATE_HZ) -> None:
        self.here, self.there = here, there
        self.link: TrunkLink = here.open_link()
        self.far: TrunkLink = there.open_link()
        self.wire = Wire(self.far)
        self.link.connect(self.wire.offer)
        self.far.connect(self.link.offer)
        self.speaker: PcmPort = here.seat(rate_hz)
        self.witness: PcmPort = here.seat(rate_hz)
        self.listener: PcmPort = there.seat(rate_hz)
        self.link.carry(self.speaker, TALKER)
        self.far.expect(TALKER)

    def run(self, ticks: int, fate: Fate = lambda _, sent: sent) -> list[bytes]:
        """Tick both engines; ``fate`` decides what arrives. Return what was sent."""
        everything = []
        for tick in range(ticks):
            self.here.tick()
            sent = self.wire.take()
            everything += sent
            self.wire.put(fate(tick, sent))
            self.there.tick()
        return everything

    @property
    def is_exact(self) -> bool:
        """Whether the listener has heard what the witness has, one tick later."""
        heard, due = self.listener.read(), self.witness.read()
        shift = self.witness.sample_rate_hz // 50
        return bool(np.any(due)) and bool(np.array_equal(heard[shift:], due[: len(due) - shift]))


def speech(ticks: int, rate_hz: int = RATE_HZ) -> Pcm:
    return np.random.default_rng(5).integers(-3000, 3000, ticks * rate_hz // 50).astype(np.int16)


@pytest.fixture
def line() -> Iterator[Line]:
    with Node() as here, Node() as there:
        opened = Line(here, there)
        with opened.wire:
            yield opened


def test_packets_that_come_twice_are_heard_once(line: Line) -> None:
    line.speaker.write(speech(40))
    sent = line.run(60, lambda _, sent: sent + sent)
    assert line.is_exact
    assert line.there.counted()["srtp_replayed"] == len(sent)


def test_packets_out_of_order_are_put_in_order() -> None:
    with Node() as here, Node() as there:
        line = Line(here, there, 48_000)
        with line.wire:
            line.speaker.write(speech(40, 48_000))
            sent = line.run(60, lambda _, sent: sent[::-1])
            assert line.is_exact
            counted = line.there.counted()
            # Two packets a tick: all but the first of the first tick, whose number was the first to be seen.
            assert len(sent) == 2 * 40 + 2 * 5 + 3
            assert counted["jbuf_reordered"] == 40 + 5
            assert "jbuf_lost" not in counted


def test_lost_packets_are_concealed_and_counted(line: Line) -> None:
    lost = []

    def lose(tick: int, sent: list[bytes]) -> list[bytes]:
        if tick % 9 == 5 and tick < 40:
            lost.extend(sent)
            return []
        return sent

    line.speaker.write(speech(45))
    line.run(90, lose)
    heard, due = line.listener.read()[FRAME:], line.witness.read()[:-FRAME]
    frames = [
        bool(np.array_equal(one, other))
        for one, other in zip(heard.reshape(-1, FRAME), due.reshape(-1, FRAME), strict=True)
    ]
    counted = line.there.counted()
    assert len(lost) == counted["jbuf_lost"] == counted["frames_concealed"] == counted["trunk_lost"] == 4
    assert counted["trunk_received"] == counted["rtp_received"] > 40
    assert line.here.counted()["trunk_sent"] == line.here.counted()["rtp_sent"]
    assert np.abs(heard).max() <= 32_767
    # A lost frame, and the one that its concealment fades into.
    assert frames.count(False) <= 3 * len(lost)
    assert all(frames[50:])


def test_a_lost_end_of_a_spurt_is_sent_again(line: Line) -> None:
    line.speaker.write(speech(20))
    line.run(60, lambda _, sent: [each for each in sent if len(each) > 100])
    assert line.there.counted()["frames_concealed"] > 0
    line.run(60)
    before = line.there.counted()["frames_concealed"]
    line.listener.read(), line.witness.read()
    line.speaker.write(speech(20))
    ends: list[bytes] = []

    def lose_first_end(_: int, sent: list[bytes]) -> list[bytes]:
        ends.extend(each for each in sent if len(each) < 100)
        return [] if len(ends) == 1 else sent

    line.run(60, lose_first_end)
    assert len(ends) == 3
    assert line.there.counted()["frames_concealed"] - before <= 1


def test_a_cut_wire_is_silence(line: Line) -> None:
    line.speaker.write(speech(100))
    line.run(50)
    line.listener.read()
    line.run(50, lambda _, __: [])
    assert not np.any(line.listener.read()[-30 * FRAME :])


def _flip(datagram: bytes, at: int) -> bytes:
    changed = bytearray(datagram)
    changed[at] ^= 0x40
    return bytes(changed)


def test_changed_packets_are_not_heard(line: Line) -> None:
    """Each packet comes with one bit changed: in the sequence number, the time, the level, the audio, the tag."""
    places = (2, 5, 17, 40, -1)
    line.speaker.write(speech(50))
    sent = line.run(60, lambda tick, sent: [_flip(each, places[tick % len(places)]) for each in sent])
    assert not np.any(line.listener.read())
    assert len(sent) > 50
    assert line.there.counted()["srtp_unauthenticated"] == len(sent)


def test_packets_under_another_key_are_not_heard(line: Line) -> None:
    offer = line.wire.offer
    with Node() as forger:
        link = forger.open_link()
        link.connect(TrunkOffer(offer.host, line.far.offer.port, offer.tag, secrets.token_bytes(28)))
        voice = forger.seat(RATE_HZ)
        link.carry(voice, TALKER)
        voice.write(speech(50))
        for _ in range(60):
            forger.tick()
            line.there.tick()
        sent = forger.counted()["rtp_sent"]
    assert not np.any(line.listener.read())
    assert line.there.counted()["srtp_unauthenticated"] == sent


def test_an_unknown_talker_is_not_heard(line: Line) -> None:
    unknown = line.here.seat(RATE_HZ)
    line.link.carry(unknown, TALKER + 1)
    unknown.write(speech(50))
    sent = line.run(60)
    assert not np.any(line.listener.read())
    assert line.there.counted()["trunk_unknown_talker"] == len(sent) > 50


def test_old_packets_are_not_heard_again(line: Line) -> None:
    line.speaker.write(speech(50))
    sent = line.run(100)
    line.listener.read()
    line.wire.put(sent)
    for _ in range(50):
        line.there.tick()
    assert not np.any(line.listener.read())
    assert line.there.counted()["srtp_replayed"] == len(sent)


def test_packets_that_are_sent_back_are_not_heard(line: Line) -> None:
    """Both ends use the same numbers, but each direction has a key of its own."""
    line.link.expect(TALKER)
    line.speaker.write(speech(50))
    returned = 0
    with Wire(line.link) as back:
        for _ in range(60):
            line.here.tick()
            sent = line.wire.take()
            back.put(sent)
            returned += len(sent)
    assert line.link.offer.tag == line.far.offer.tag
    assert not np.any(line.speaker.read())
    line.here.tick()
    assert line.here.counted()["srtp_unauthenticated"] == returned > 50


def test_what_is_no_rtp_is_counted(line: Line) -> None:
    rng = np.random.default_rng(1)
    odd = [
        b"",
        b"\x80",
        bytes(12),
        bytes(2048),
        *(rng.bytes(int(size)) for size in rng.integers(1, 1500, 200)),
    ]
    line.speaker.write(speech(30))
    line.run(20, lambda _, sent: [*sent, *odd])
    assert line.is_exact
    counted = line.there.counted()
    assert counted["rtp_malformed"] + counted["trunk_unknown_talker"] == 20 * len(odd)
