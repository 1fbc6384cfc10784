"""limiter.c: transparent below full scale, and smooth above."""

import ctypes

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixminus.mixer import reference_dsp
from tests.support.native import library
from tests.support.signals import speech_like, tone

RATES = [8000, 16000, 24000, 32000, 48000]
each_rate = pytest.mark.parametrize("rate_hz", RATES)

Sum = npt.NDArray[np.int32]
Pcm = npt.NDArray[np.int16]


class Limiter(ctypes.Structure):
    """struct mm_limiter."""

    _fields_ = [
        ("gain", ctypes.c_float),
        ("lookahead_samples", ctypes.c_size_t),
        ("attack_log2", ctypes.c_uint * 2),
        ("release_q24", ctypes.c_int32),
        ("transparent", ctypes.c_bool),
        ("delay", ctypes.c_int32 * 96),
        ("ceiling_q24", ctypes.c_int32 * 192),
    ]


def _limiter(rate_hz: int) -> Limiter:
    limiter = Limiter()
    library().mm_limiter_init(ctypes.byref(limiter), rate_hz)
    return limiter


def _run(limiter: Limiter, total: Sum) -> Pcm:
    out = np.zeros(len(total), np.int16)
    library().mm_limiter_run(
        ctypes.byref(limiter),
        ctypes.c_void_p(total.ctypes.data),
        ctypes.c_void_p(out.ctypes.data),
        ctypes.c_size_t(len(total)),
    )
    return out


def _delayed(total: Sum, rate_hz: int) -> Sum:
    lookahead = rate_hz // 500
    return np.concatenate([np.zeros(lookahead, np.int32), total])[: len(total)]


def _sums(low: int, high: int) -> st.SearchStrategy[Sum]:
    return st.integers(0, 1500).flatmap(lambda n: arrays(np.int32, n, elements=st.integers(low, high)))


def _distortion_db(heard: Pcm, rate_hz: int, frequencies: list[int]) -> float:
    """Return everything but the tones against the tones (THD and intermodulation), over whole seconds."""
    spectrum = np.abs(np.fft.rfft(heard.astype(np.float64) * np.blackman(len(heard)))) ** 2
    hz = np.arange(len(spectrum)) * rate_hz / len(heard)
    tones = np.any([np.abs(hz - frequency) < 5 for frequency in frequencies], axis=0)
    return float(10 * np.log10(spectrum[~tones].sum() / spectrum[tones].sum()))


@settings(max_examples=30)
@given(st.sampled_from(RATES), _sums(-32768, 32767))
def test_what_fits_passes_bit_by_bit(rate_hz: int, total: Sum) -> None:
    assert np.array_equal(_run(_limiter(rate_hz), total), _delayed(total, rate_hz))


@settings(max_examples=50)
@given(st.sampled_from(RATES), _sums(-200_000, 200_000))
def test_bit_for_bit_as_numpy(rate_hz: int, total: Sum) -> None:
    assert np.array_equal(_run(_limiter(rate_hz), total), reference_dsp.limit(total, rate_hz))


@settings(max_examples=30)
@given(st.sampled_from(RATES), _sums(-100_000, 100_000), st.integers(1, 700))
def test_frame_by_frame_as_at_once(rate_hz: int, total: Sum, frame: int) -> None:
    by_frame = _limiter(rate_hz)
    pieces = [_run(by_frame, total[at : at + frame]) for at in range(0, len(total), frame)]
    assert np.array_equal(np.concatenate([np.zeros(0, np.int16), *pieces]), _run(_limiter(rate_hz), total))


@settings(max_examples=30)
@given(st.sampled_from(RATES), _sums(-(2**31), 2**31 - 1))
def test_no_sum_whatsoever_wraps_around(rate_hz: int, total: Sum) -> None:
    heard, delayed = _run(_limiter(rate_hz), total).astype(int), _delayed(total, rate_hz)
    assert (np.sign(heard) * np.sign(delayed) >= 0).all()
    assert (np.abs(heard) <= np.abs(delayed.astype(np.int64))).all()


@each_rate
def test_a_peak_is_ducked_before_it_comes_and_released_after(rate_hz: int) -> None:
    total = np.full(2 * rate_hz, 10_000, np.int32)
    total[rate_hz // 2] = 65_534
    gain = _run(_limiter(rate_hz), total) / 10_000
    lookahead = rate_hz // 500
    peak = rate_hz // 2 + lookahead
    assert gain[peak] == pytest.approx(3.2767, abs=0.001)
    assert (gain[lookahead : peak - lookahead - 1] == 1).all()
    assert gain[peak - 1] == pytest.approx(0.5, abs=0.02)
    # Raised over 60 ms: a time constant later 63 % of the way back is done.
    assert gain[peak + rate_hz * 6 // 100] == pytest.approx(1 - 0.5 * np.exp(-1), abs=0.03)
    assert (gain[-rate_hz // 100 :] == 1).all()
    around = np.delete(gain, peak)[lookahead:]
    assert np.abs(np.diff(around, 2)).max() < 8 / lookahead**2


@each_rate
def test_the_gain_of_the_last_sample_is_reported(rate_hz: int) -> None:
    limiter, loud = _limiter(rate_hz), np.full(rate_hz // 50, 40_000, np.int32)
    assert limiter.gain == 1
    _run(limiter, loud)
    assert limiter.gain == pytest.approx(32767 / 40_000, rel=1e-4)
    for _ in range(100):
        _run(limiter, np.zeros(rate_hz // 50, np.int32))
    assert limiter.gain == 1


@each_rate
def test_two_full_scale_tones_stay_two_tones(rate_hz: int) -> None:
    total = tone(440, rate_hz, 4 * rate_hz, 32767).astype(np.int32) + tone(1000, rate_hz, 4 * rate_hz, 32767)
    heard = _run(_limiter(rate_hz), total)[rate_hz:]
    clipped = np.clip(total, -32768, 32767)[rate_hz:].astype(np.int16)
    # Measured: -37 to -38 dB; what clipping does to the same sum is -12 dB.
    assert _distortion_db(heard, rate_hz, [440, 1000]) < -36
    assert _distortion_db(clipped, rate_hz, [440, 1000]) > -13


@each_rate
def test_the_gain_of_two_shouting_voices_glides(rate_hz: int) -> None:
    one, other = (speech_like(rate_hz, 2 * rate_hz, seed=seed, amplitude=25_000) for seed in (1, 2))
    total = one.astype(np.int32) + other
    assert np.abs(total).max() > 40_000
    delayed = _delayed(total, rate_hz)
    loud = np.abs(delayed) > 3_000
    gain = _run(_limiter(rate_hz), total)[loud] / delayed[loud]
    steps = np.abs(np.diff(gain))[np.diff(np.flatnonzero(loud)) == 1]
    assert 0.7 < gain.min() < 0.75
    assert steps.max() < 1 / (rate_hz // 500)
