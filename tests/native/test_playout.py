"""playout.c: samples from Python, a frame of them a tick."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bridge import Playout, Room
from tests.support.native import library

RATE_HZ = 8000
FRAME = 160
LOOKAHEAD = 16

Pcm = npt.NDArray[np.int16]


@pytest.fixture
def playout() -> Iterator[Playout]:
    opened = Playout(RATE_HZ, seconds=1)
    yield opened
    opened.close()


@pytest.fixture
def room() -> Iterator[Room]:
    with Room(max_talkers=8) as opened:
        yield opened


def _ramp(nsamples: int, start: int = 1) -> Pcm:
    return (np.arange(nsamples) % 30000 + start).astype(np.int16)


def test_all_members_hear_a_playout(room: Room, playout: Playout) -> None:
    talker, listener = room.enter(), room.enter(speaks_hz=None)
    room.play(playout)
    playout.write(_ramp(FRAME))
    talker.say(np.full(FRAME, 5000, np.int16))
    room.tick()
    assert np.array_equal(talker.heard_pcm[LOOKAHEAD:], _ramp(FRAME)[:-LOOKAHEAD])
    assert listener.heard_pcm[-1] == 5000 + _ramp(FRAME)[-LOOKAHEAD - 1]
    room.stop(playout)


def test_a_private_playout_is_heard_by_one_alone(room: Room, playout: Playout) -> None:
    one, other = room.enter(speaks_hz=None), room.enter(speaks_hz=None)
    room.play(playout, only=one)
    playout.write(_ramp(FRAME))
    room.tick()
    assert np.array_equal(one.heard_pcm[LOOKAHEAD:], _ramp(FRAME)[:-LOOKAHEAD])
    assert not other.heard_pcm.any()
    room.stop(playout)


def test_a_private_playout_stops_when_its_listener_leaves(room: Room, playout: Playout) -> None:
    one, other = room.enter(speaks_hz=None), room.enter(speaks_hz=None)
    room.play(playout, only=one)
    playout.write(_ramp(2 * FRAME))
    one.leave()
    room.tick()
    assert not other.heard_pcm.any()
    assert playout.pending == 2 * FRAME


def test_the_last_frame_is_filled_up_and_then_it_is_done(room: Room, playout: Playout) -> None:
    listener = room.enter(speaks_hz=None)
    room.play(playout)
    playout.write(_ramp(FRAME + 10))
    playout.finish()
    heard: list[Pcm] = []
    for _ in range(3):
        assert not playout.done or len(heard) == 2
        room.tick()
        heard.append(listener.heard_pcm)
    assert playout.done
    assert np.array_equal(np.concatenate(heard)[LOOKAHEAD : LOOKAHEAD + FRAME + 10], _ramp(FRAME + 10))
    assert not np.concatenate(heard)[LOOKAHEAD + FRAME + 10 :].any()
    assert room.counters.playout_underrun == 0
    room.stop(playout)


def test_running_dry_is_counted_once_a_time(room: Room, playout: Playout) -> None:
    room.play(playout)
    for _ in range(2):
        room.tick()
    assert room.counters.playout_underrun == 0
    for _ in range(3):
        playout.write(_ramp(FRAME + 10))
        for _ in range(4):
            room.tick()
    assert room.counters.playout_underrun == 3
    room.stop(playout)


def test_a_full_ring_takes_what_fits(playout: Playout) -> None:
    assert playout.write(_ramp(RATE_HZ - 1)) == RATE_HZ - 1
    assert playout.write(_ramp(2)) == 1
    assert playout.write(_ramp(1)) == 0


@given(st.lists(st.integers(0, 500), max_size=60))
def test_what_goes_in_comes_out_in_order(sizes: list[int]) -> None:
    playout = Playout(RATE_HZ, seconds=1)
    with Room() as room:
        listener = room.enter(speaks_hz=None)
        room.play(playout)
        said = 0
        heard: list[Pcm] = []
        for size in sizes:
            said += playout.write(_ramp(said + size)[said:])
            room.tick()
            heard.append(listener.heard_pcm)
        playout.finish()
        while not playout.done:
            room.tick()
            heard.append(listener.heard_pcm)
        room.tick()
        heard.append(listener.heard_pcm)
        audible = np.concatenate(heard)
        assert np.array_equal(audible[audible != 0], _ramp(said))
        room.stop(playout)
    playout.close()


@pytest.mark.parametrize(("sample_rate_hz", "ptime_ms"), [(0, 20), (48000, 40), (8000, 0)])
def test_a_frame_that_cannot_be_is_refused(sample_rate_hz: int, ptime_ms: int) -> None:
    with pytest.raises(OSError, match="22"):
        Playout(sample_rate_hz, ptime_ms=ptime_ms)


def test_closing_nothing_is_harmless() -> None:
    library().mm_playout_close(None)
