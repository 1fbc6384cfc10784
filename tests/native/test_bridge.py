"""bridge.c: the mix of each member."""

import ctypes
import errno

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bridge import Room
from tests.support.codec import OPUS, PCMU, Encoder, Format
from tests.support.native import library
from tests.support.script import Rates, Script
from tests.support.signals import rms, speech_like, tone

Pcm = npt.NDArray[np.int16]

FRAME = 160
# 600 ms, and the frame that fades out.
HANGOVER_TICKS = 31
PARALLEL_TICKS = 25

GAIN = st.sampled_from([0, 1, 100, 255, 256, 300, 1024])
WHO = st.integers(0, 5)
STEP = st.one_of(
    st.tuples(st.just("join"), WHO),
    st.tuples(st.just("leave"), WHO),
    st.tuples(st.just("gain"), WHO, GAIN),
    st.tuples(st.just("mute"), WHO, st.booleans()),
    st.tuples(st.just("deafen"), WHO, st.booleans()),
    st.tuples(st.just("hears"), WHO, WHO, GAIN),
)


def _format(codec: int, *, sample_rate_hz: int = 8000) -> Format:
    return Format(
        id=codec,
        clock_rate_hz=sample_rate_hz,
        sample_rate_hz=sample_rate_hz,
        ptime_ms=20,
        bitrate_bps=32000 if codec == OPUS else 0,
        payload_type=96,
        channels=1,
        complexity=1,
    )


TICKS = st.lists(st.lists(STEP, max_size=4), min_size=1, max_size=12)
RATES = [8000, 16000, 24000, 32000, 48000]


def _cast(rates: list[int]) -> st.SearchStrategy[list[Rates]]:
    speaks, hears = st.sampled_from([None, *rates]), st.sampled_from(rates)
    return st.lists(st.builds(Rates, speaks, hears), min_size=6, max_size=6)


def _follow(rate_hz: int, cast: list[Rates], ticks: list[list[tuple[str, ...]]]) -> None:
    with Room() as room:
        script = Script(room, rate_hz, cast)
        for seed, steps in enumerate(ticks):
            for step in steps:
                script.apply(step)
            script.tick(seed)
        script.check()


@settings(max_examples=60, deadline=None)
@given(_cast([8000]), TICKS)
def test_everybody_hears_what_the_reference_says(
    cast: list[Rates], ticks: list[list[tuple[str, ...]]]
) -> None:
    _follow(8000, cast, ticks)


@settings(max_examples=30, deadline=None)
@given(st.data(), st.sampled_from(RATES), TICKS)
def test_rates_may_be_mixed(data: st.DataObject, rate_hz: int, ticks: list[list[tuple[str, ...]]]) -> None:
    _follow(rate_hz, data.draw(_cast([rate for rate in RATES if rate <= rate_hz])), ticks)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 1000))
def test_the_order_of_joining_changes_nothing(order: list[int], seed: int) -> None:
    frames = np.random.default_rng(seed).integers(-5000, 5000, (3, 5, FRAME), dtype=np.int16)

    def heard(order: list[int]) -> dict[int, list[bytes]]:
        with Room(max_talkers=3) as room:
            people = {who: room.invite() for who in range(5)}
            for who in order:
                room.join(people[who])
            heard: dict[int, list[bytes]] = {who: [] for who in range(5)}
            for tick in frames:
                for who, person in people.items():
                    # Two of five are below the gate; the selection must not depend on the order of members.
                    person.say(tick[who] if who < 3 else tick[who] // 5000)
                room.tick()
                for who, person in people.items():
                    heard[who].append(person.heard)
            return heard

    assert heard(order) == heard(sorted(order))


def test_who_is_alone_hears_digital_silence() -> None:
    with Room(max_talkers=8) as room:
        alone = room.enter(hears=_format(PCMU))
        for _ in range(10):
            alone.say(tone(400, 8000, FRAME, 30000))
            room.tick()
            assert alone.heard == b"\xff" * FRAME


def test_a_bridge_runs_at_the_highest_rate_present_and_keeps_it_for_a_while() -> None:
    with Room() as room:
        room.enter()
        assert room.sample_rate_hz == 8000
        wide = room.enter(speaks_hz=48000, hears=8000)
        assert room.sample_rate_hz == 48000
        wide.leave()
        room.enter(speaks_hz=None, hears=16000)
        for _ in range(250):
            room.tick()
        assert room.sample_rate_hz == 48000
        room.tick()
        assert room.sample_rate_hz == 16000


def test_a_speaker_on_hold_is_heard_and_is_sent_nothing() -> None:
    with Room() as room:
        held, listener = room.enter(), room.enter(speaks_hz=None)
        held.member.receives = False
        held.say(tone(400, 8000, FRAME))
        room.tick()
        assert held.heard == b""
        assert rms(listener.heard_pcm) > 5000


def test_a_format_without_its_encoder_is_refused() -> None:
    with Room() as room:
        unserved = room.invite()
        assert library().mm_bridge_join(room.handle, ctypes.byref(unserved.member)) == -errno.ENOENT


def test_a_full_bridge_refuses() -> None:
    with Room(max_members=1) as room:
        room.enter()
        with pytest.raises(OSError, match="28"):
            room.enter()


class Conversation:
    """A talker, a member that hears all, and Opus listeners; the first may talk as well."""

    def __init__(self, room: Room, listeners: int) -> None:
        self.room = room
        self.talker = room.enter(speaks_hz=48000)
        self.witness = room.enter(speaks_hz=None, hears=48000)
        self.opus = _format(OPUS, sample_rate_hz=48000)
        self.listeners = [room.enter(speaks_hz=48000, hears=self.opus) for _ in range(listeners)]
        self.never_shared = Encoder(self.opus, room.libraries)
        self._speech = speech_like(48000, 960 * 200, seed=3)
        self._own_voice = tone(310, 48000, 960 * 200, 9000)
        self._at = 0

    def tick(self, *, talks: bool) -> tuple[bytes, bytes]:
        """What the first listener was sent, and what an encoder of its own would have made of the same mix."""
        frame = slice(self._at, self._at + 960)
        self.talker.say(self._speech[frame])
        if talks:
            self.listeners[0].say(self._own_voice[frame])
        self._at += 960
        self.room.tick()
        # All, less what the talker hears (which is all that the listener says), is what the listener hears.
        mix = self.witness.heard_pcm - self.talker.heard_pcm
        return self.listeners[0].heard, self.never_shared.encode(mix)


def test_the_stream_of_a_listener_that_talks_for_a_while_equals_that_of_a_private_encoder() -> None:
    with Room(max_talkers=8) as room:
        conversation = Conversation(room, listeners=1)
        for tick in range(120):
            sent, due = conversation.tick(talks=20 <= tick < 50)
            assert sent == due, tick
        assert room.counters.encoder_forks >= 1
        assert room.counters.encoder_rejoins >= 1


def test_a_talker_rejoins_the_others_after_half_a_second_of_the_same() -> None:
    with Room(max_talkers=8) as room:
        conversation = Conversation(room, listeners=2)
        talker, listener = conversation.listeners
        together = []
        for tick in range(120):
            sent, due = conversation.tick(talks=20 <= tick < 50)
            together.append(talker.member.tx_payload == listener.member.tx_payload)
            assert together[-1] or sent == due, tick
        apart = 30 + HANGOVER_TICKS + PARALLEL_TICKS
        assert together == [True] * 20 + [False] * apart + [True] * (100 - apart)
        assert (room.counters.encoder_forks, room.counters.encoder_rejoins) == (1, 1)
