"""timescale.c: one pitch period less or more, without an audible step."""

import ctypes

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.native import library
from tests.support.signals import rms, speech_like, tone

Pcm = npt.NDArray[np.int16]

RATES = [8000, 16000, 24000, 32000, 48000]
AMPLITUDE = 10_000
each_rate = pytest.mark.parametrize("rate_hz", RATES)
each_way = pytest.mark.parametrize("way", ["shorten", "lengthen"])


def _scale(way: str, pcm: Pcm, rate_hz: int, room: int | None = None) -> Pcm:
    max_samples = len(pcm) + rate_hz * 16 // 1000 if room is None else room
    # Exactly the size of the buffer, so that the address sanitizer sees a write past it.
    block = (ctypes.c_int16 * max(max_samples, len(pcm)))()
    memory = np.ctypeslib.as_array(block)
    memory[: len(pcm)] = pcm
    function = library()[f"mm_timescale_{way}"]
    function.restype = ctypes.c_size_t
    sizes = [ctypes.c_size_t(len(pcm))]
    if way == "lengthen":
        sizes.append(ctypes.c_size_t(max_samples))
    count = function(block, *sizes, ctypes.c_uint32(rate_hz))
    return memory[:count].copy()


def _changed(way: str, before: Pcm, after: Pcm) -> int:
    """Return by how many samples it became shorter or longer, as asked."""
    return (len(before) - len(after)) * (1 if way == "shorten" else -1)


def _sharpest(pcm: Pcm) -> int:
    return int(np.abs(np.diff(pcm.astype(int), 2)).max())


@each_way
@each_rate
@pytest.mark.parametrize("frame_ms", [20, 40, 60])
@pytest.mark.parametrize("frequency_hz", [130, 200, 317, 440, 1000, 1733, 3100])
def test_a_tone_changes_by_whole_periods_without_a_click(
    way: str, rate_hz: int, frame_ms: int, frequency_hz: int
) -> None:
    nsamples = rate_hz * frame_ms // 1000
    whole = tone(frequency_hz, rate_hz, 3 * nsamples, AMPLITUDE)
    before, frame, after = whole.reshape(3, -1)
    scaled = _scale(way, frame, rate_hz)
    changed = _changed(way, frame, scaled)
    assert rate_hz * 25 // 10_000 <= changed <= rate_hz * 16 // 1000
    periods = changed * frequency_hz / rate_hz
    # Whole to the nearest sample: half a sample of 3100 Hz is a fifth of a period at 8 kHz.
    assert abs(periods - round(periods)) <= max(0.05, frequency_hz / rate_hz / 2)
    joined = np.concatenate([before, scaled, after])
    assert _sharpest(joined) < _sharpest(whole) + AMPLITUDE / 50
    assert rms(scaled) == pytest.approx(rms(frame), rel=0.03)


@each_way
@each_rate
def test_speech_changes_without_a_click(way: str, rate_hz: int) -> None:
    pcm = speech_like(rate_hz, 4 * rate_hz)
    frames = pcm.reshape(-1, rate_hz // 50)
    scaled = [_scale(way, frame, rate_hz) for frame in frames]
    touched = sum(len(one) != frames.shape[1] for one in scaled)
    heard = np.concatenate(scaled)
    assert touched > 0.9 * len(frames)
    assert _sharpest(heard) <= _sharpest(pcm)
    assert rms(heard) == pytest.approx(rms(pcm), rel=0.01)


@each_way
@each_rate
def test_loud_noise_is_left_alone(way: str, rate_hz: int) -> None:
    noise = np.random.default_rng(6).normal(0, 3000, rate_hz // 50).astype(np.int16)
    assert np.array_equal(_scale(way, noise, rate_hz), noise)


@each_way
@each_rate
def test_quiet_noise_and_silence_give_way(way: str, rate_hz: int) -> None:
    for level in (0, 30):
        noise = np.random.default_rng(7).normal(0, level, rate_hz // 50).astype(np.int16)
        assert _changed(way, noise, _scale(way, noise, rate_hz)) >= rate_hz * 25 // 10_000


@each_way
@each_rate
def test_less_than_20_ms_is_left_alone(way: str, rate_hz: int) -> None:
    short = tone(440, rate_hz, rate_hz // 50 - 1)
    assert np.array_equal(_scale(way, short, rate_hz), short)


@each_rate
def test_without_room_nothing_is_lengthened(rate_hz: int) -> None:
    frame = tone(440, rate_hz, rate_hz // 50)
    assert np.array_equal(_scale("lengthen", frame, rate_hz, room=len(frame)), frame)


@each_way
@each_rate
def test_the_ends_stay_what_they_were(way: str, rate_hz: int) -> None:
    frame = tone(317, rate_hz, rate_hz // 25)
    scaled = _scale(way, frame, rate_hz)
    assert scaled[0] == pytest.approx(frame[0], abs=AMPLITUDE / 50)
    assert scaled[-1] == pytest.approx(frame[-1], abs=AMPLITUDE / 50)


@settings(max_examples=200)
@given(st.sampled_from(["shorten", "lengthen"]), st.sampled_from(RATES), st.integers(0, 4000), st.integers(0))
def test_any_sound_of_any_length(way: str, rate_hz: int, nsamples: int, seed: int) -> None:
    noise = np.random.default_rng(seed)
    frame = noise.choice([-32768, 0, 32767, 5], nsamples).astype(np.int16)
    if seed % 2:
        frame = np.repeat(frame[: nsamples // 50 + 1], 50)[:nsamples]
    scaled = _scale(way, frame, rate_hz)
    assert 0 <= _changed(way, frame, scaled) <= rate_hz * 16 // 1000
