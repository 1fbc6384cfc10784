"""plc.c: a gap causes neither a click nor an early silence, and fades to silence in 60 ms."""

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


class Plc(ctypes.Structure):
    """struct mm_plc."""

    _fields_ = [
        ("sample_rate_hz", ctypes.c_uint32),
        ("pitch_samples", ctypes.c_size_t),
        ("overlap_samples", ctypes.c_size_t),
        ("lost_samples", ctypes.c_size_t),
        ("history_len", ctypes.c_size_t),
        ("oldest", ctypes.c_size_t),
        ("history", ctypes.c_int16 * 2880),
    ]


def _plc(rate_hz: int) -> Plc:
    plc = Plc()
    library().mm_plc_init(ctypes.byref(plc), rate_hz)
    return plc


def _good(plc: Plc, frame: Pcm) -> Pcm:
    out = frame.copy()
    library().mm_plc_good(ctypes.byref(plc), ctypes.c_void_p(out.ctypes.data), ctypes.c_size_t(len(out)))
    return out


def _conceal(plc: Plc, nsamples: int) -> Pcm:
    out = np.zeros(nsamples, np.int16)
    library().mm_plc_conceal(ctypes.byref(plc), ctypes.c_void_p(out.ctypes.data), ctypes.c_size_t(nsamples))
    return out


def _with_losses(pcm: Pcm, rate_hz: int, lost: set[int]) -> Pcm:
    plc, nsamples = _plc(rate_hz), rate_hz // 50
    frames = pcm.reshape(-1, nsamples)
    heard = [_conceal(plc, nsamples) if at in lost else _good(plc, frame) for at, frame in enumerate(frames)]
    return np.concatenate(heard)


def _sharpest(pcm: Pcm) -> int:
    """Return the largest second difference; a click raises it."""
    return int(np.abs(np.diff(pcm.astype(int), 2)).max())


def _random_losses(nframes: int, *, longest: int, seed: int = 5) -> set[int]:
    """Return a tenth of the frames, never more than `longest` in a row."""
    lost: set[int] = set()
    for at in np.flatnonzero(np.random.default_rng(seed).random(nframes) < 0.1).tolist():
        if at >= 5 and not set(range(at - longest, at)) <= lost:
            lost.add(at)
    assert len(lost) > nframes // 15
    return lost


@each_rate
def test_without_loss_nothing_is_touched(rate_hz: int) -> None:
    pcm = speech_like(rate_hz, rate_hz)
    assert np.array_equal(_with_losses(pcm, rate_hz, set()), pcm)


@each_rate
@pytest.mark.parametrize("frequency_hz", [200, 317, 440, 1000, 1733, 3100])
def test_a_tone_with_losses_has_no_click_and_no_hole(rate_hz: int, frequency_hz: int) -> None:
    pcm = tone(frequency_hz, rate_hz, 10 * rate_hz, AMPLITUDE)
    heard = _with_losses(pcm, rate_hz, _random_losses(500, longest=1))
    levels = [rms(window) for window in heard.reshape(-1, rate_hz // 100)]
    assert _sharpest(heard) < _sharpest(pcm) + AMPLITUDE / 50
    assert min(levels) > 0.75 * rms(pcm)
    assert max(levels) < 1.05 * max(rms(window) for window in pcm.reshape(-1, rate_hz // 100))


@each_rate
def test_a_long_gap_fades_to_silence_within_60_ms(rate_hz: int) -> None:
    plc = _plc(rate_hz)
    for frame in tone(400, rate_hz, rate_hz // 5).reshape(-1, rate_hz // 50):
        _good(plc, frame)
    gap = np.concatenate([_conceal(plc, rate_hz // 50) for _ in range(5)])
    levels = np.array([rms(part) for part in gap[: rate_hz * 6 // 100].reshape(-1, rate_hz // 100)])
    expected = 7071 * np.array([1, 0.9, 0.7, 0.5, 0.3, 0.1])
    assert levels == pytest.approx(expected, rel=0.2)
    assert not gap[rate_hz * 6 // 100 :].any()


@each_rate
@pytest.mark.parametrize("lost", [1, 2, 3, 10, 500])
def test_after_a_gap_real_speech_returns_within_10_ms(rate_hz: int, lost: int) -> None:
    nsamples = rate_hz // 50
    plc, pcm = _plc(rate_hz), speech_like(rate_hz, 2 * rate_hz).reshape(-1, nsamples)
    for frame in pcm[:20]:
        _good(plc, frame)
    for _ in range(lost):
        last = _conceal(plc, nsamples)
    frame = pcm[(20 + lost) % len(pcm)]
    back = _good(plc, frame)
    assert np.array_equal(back[nsamples // 2 :], frame[nsamples // 2 :])
    step = abs(int(back[0]) - int(last[-1]))
    assert step < np.abs(np.diff(pcm.ravel().astype(int))).max()


@each_rate
def test_before_any_sound_a_gap_is_silence(rate_hz: int) -> None:
    assert not _conceal(_plc(rate_hz), rate_hz // 50).any()


@each_rate
def test_speech_with_losses_is_nearer_the_truth_than_holes_are(rate_hz: int) -> None:
    pcm = speech_like(rate_hz, 4 * rate_hz)
    lost = _random_losses(200, longest=2)
    heard = _with_losses(pcm, rate_hz, lost)
    holes = pcm.reshape(200, -1).copy()
    holes[list(lost)] = 0
    error, hole_error = (rms(other.ravel().astype(int) - pcm) for other in (heard, holes))
    assert error < 0.6 * hole_error
    assert _sharpest(heard) <= _sharpest(pcm)


@pytest.mark.parametrize("frame", [1, 80, 240, 5760])
def test_any_frame_length_will_do(frame: int) -> None:
    plc = _plc(48000)
    pcm = tone(1000, 48000, 57600).reshape(-1, frame)[:500]
    for at, one in enumerate(pcm):
        heard = _conceal(plc, frame) if at % 9 == 8 else _good(plc, one)
        assert np.abs(heard.astype(int)).max() <= 1.05 * AMPLITUDE


@settings(max_examples=100)
@given(st.sampled_from(RATES), st.lists(st.integers(0, 4000), max_size=8), st.integers(0, 2**32 - 1))
def test_a_gap_is_filled_from_what_was_heard_in_whatever_frames(
    rate_hz: int, frames: list[int], seed: int
) -> None:
    pcm = np.random.default_rng(seed).integers(-9000, 9000, sum(frames)).astype(np.int16)
    in_frames, at_once = _plc(rate_hz), _plc(rate_hz)
    for frame in np.split(pcm, np.cumsum(frames)[:-1]):
        _good(in_frames, frame)
    _good(at_once, np.concatenate([np.zeros(in_frames.history_len, np.int16), pcm]))
    assert np.array_equal(_conceal(in_frames, rate_hz // 20), _conceal(at_once, rate_hz // 20))


@settings(max_examples=100)
@given(
    st.sampled_from(RATES),
    st.lists(st.tuples(st.booleans(), st.integers(0, 2000)), max_size=12),
    st.integers(0),
)
def test_any_sound_and_any_losses(rate_hz: int, steps: list[tuple[bool, int]], seed: int) -> None:
    """Full-scale noise and gaps of any length: for the sanitizers, and nothing wraps around."""
    plc, noise = _plc(rate_hz), np.random.default_rng(seed)
    for lost, nsamples in steps:
        if lost:
            _conceal(plc, nsamples)
        else:
            frame = noise.choice([-32768, 32767], nsamples).astype(np.int16)
            heard = _good(plc, frame)
            overlap = rate_hz // 100
            assert np.array_equal(heard[overlap:], frame[overlap:])
