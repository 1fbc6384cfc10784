"""resample.c: bit-exact with numpy, in frames or at once, and its effect on tones."""

import ctypes
import errno
import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixminus.mixer import reference_dsp
from tests.support.native import library
from tests.support.signals import rms, tone

Pcm = npt.NDArray[np.int16]

RATES = [8000, 16000, 24000, 32000, 48000]
PAIRS = list(itertools.product(RATES, RATES))
CHANGES = [pair for pair in PAIRS if pair[0] != pair[1]]
each_change = pytest.mark.parametrize(("from_hz", "to_hz"), CHANGES)
PASSBAND, STOPBAND = 0.43, 0.525
DELAY_LOWER_SAMPLES = 24


class Resampler(ctypes.Structure):
    """struct mm_resampler."""

    _fields_ = [
        ("from_hz", ctypes.c_uint32),
        ("to_hz", ctypes.c_uint32),
        ("up", ctypes.c_uint16),
        ("down", ctypes.c_uint16),
        ("taps_per_phase", ctypes.c_uint16),
        ("shift", ctypes.c_uint16),
        ("taps", ctypes.POINTER(ctypes.c_int16)),
        ("history", ctypes.c_int16 * 288),
    ]

    @property
    def filter(self) -> npt.NDArray[np.int64]:
        """All taps, as stored."""
        return np.ctypeslib.as_array(self.taps, (self.up * self.taps_per_phase,)).astype(np.int64)


def _resampler(from_hz: int, to_hz: int) -> Resampler:
    resampler = Resampler()
    assert library().mm_resampler_init(ctypes.byref(resampler), from_hz, to_hz) == 0
    return resampler


def _resample(resampler: Resampler, pcm: Pcm) -> Pcm:
    out = np.zeros(len(pcm) * resampler.to_hz // resampler.from_hz, np.int16)
    function = library().mm_resample
    function.restype = ctypes.c_size_t
    count = function(
        ctypes.byref(resampler),
        ctypes.c_void_p(pcm.ctypes.data),
        ctypes.c_size_t(len(pcm)),
        ctypes.c_void_p(out.ctypes.data),
    )
    assert count == len(out)
    return out


def _ringing(resampler: Resampler) -> bool:
    function = library().mm_resampler_ringing
    function.restype = ctypes.c_bool
    return bool(function(ctypes.byref(resampler)))


def _milliseconds(rate_hz: int, longest: int = 60) -> st.SearchStrategy[Pcm]:
    return st.integers(0, longest).flatmap(lambda ms: arrays(np.int16, ms * rate_hz // 1000))


@each_change
@settings(max_examples=20)
@given(data=st.data())
def test_bit_for_bit_as_numpy(from_hz: int, to_hz: int, data: st.DataObject) -> None:
    pcm = data.draw(_milliseconds(from_hz))
    resampler = _resampler(from_hz, to_hz)
    expected = reference_dsp.resample(
        pcm, resampler.filter, up=resampler.up, down=resampler.down, shift=resampler.shift
    )
    assert np.array_equal(_resample(resampler, pcm), expected)


@each_change
def test_no_signal_overflows(from_hz: int, to_hz: int) -> None:
    """The worst case: full scale with the sign of every tap, both ways."""
    resampler = _resampler(from_hz, to_hz)
    signs = np.sign(resampler.filter.reshape(resampler.up, -1)).astype(np.int64)
    pad = -signs.shape[1] % (from_hz // 1000)
    for row, sign in itertools.product(signs, (1, -1)):
        pcm = np.clip(np.concatenate([row * sign * 32768, np.zeros(pad)]), -32768, 32767).astype(np.int16)
        expected = reference_dsp.resample(
            pcm, resampler.filter, up=resampler.up, down=resampler.down, shift=resampler.shift
        )
        assert np.array_equal(_resample(_resampler(from_hz, to_hz), pcm), expected)


@settings(max_examples=50)
@given(st.sampled_from(PAIRS), st.data())
def test_frame_by_frame_as_at_once(pair: tuple[int, int], data: st.DataObject) -> None:
    frames = data.draw(st.lists(_milliseconds(pair[0], 12), min_size=1, max_size=6))
    by_frame = _resampler(*pair)
    pieces = [_resample(by_frame, frame) for frame in frames]
    assert np.array_equal(np.concatenate(pieces), _resample(_resampler(*pair), np.concatenate(frames)))


@pytest.mark.parametrize("rate_hz", RATES)
def test_the_same_rate_copies(rate_hz: int) -> None:
    pcm = tone(500, rate_hz, rate_hz // 50)
    assert np.array_equal(_resample(_resampler(rate_hz, rate_hz), pcm), pcm)


@each_change
def test_a_tone_in_the_passband_arrives_delayed_and_otherwise_whole(from_hz: int, to_hz: int) -> None:
    frequency = PASSBAND * min(from_hz, to_hz)
    heard = _resample(_resampler(from_hz, to_hz), tone(frequency, from_hz, from_hz // 5))
    delay = DELAY_LOWER_SAMPLES * to_hz // min(from_hz, to_hz)
    settled = heard[2 * delay :]
    t = np.arange(delay, len(heard) - delay) / to_hz
    expected = 10_000 * np.sin(2 * np.pi * frequency * t)
    error_db = 20 * np.log10(rms(settled - expected) / rms(expected))
    assert error_db < -40


@each_change
def test_what_lies_above_the_lower_band_is_gone(from_hz: int, to_hz: int) -> None:
    """Downwards it must not fold back, upwards its images must not appear."""
    lower = min(from_hz, to_hz)
    pcm = tone(STOPBAND * lower if from_hz > to_hz else PASSBAND * lower, from_hz, from_hz // 5, 30_000)
    heard = _resample(_resampler(from_hz, to_hz), pcm)[to_hz // 50 :].astype(np.float64)
    if from_hz < to_hz:
        window = np.blackman(len(heard))
        spectrum = np.abs(np.fft.rfft(heard * window)) / (window.sum() / 2)
        heard = spectrum[int((1 - PASSBAND - 0.02) * lower * len(heard) / to_hz) :]
        assert 20 * np.log10(heard.max() / 30_000) < -70
    else:
        assert 20 * np.log10(rms(heard) / rms(pcm)) < -70


@each_change
@pytest.mark.parametrize("level", [-32768, -1, 1, 12345, 32767])
def test_a_constant_stays_itself(from_hz: int, to_hz: int, level: int) -> None:
    heard = _resample(_resampler(from_hz, to_hz), np.full(from_hz // 20, level, np.int16))
    assert (heard[len(heard) // 2 :] == level).all()


@each_change
def test_it_rings_until_its_history_is_silent(from_hz: int, to_hz: int) -> None:
    resampler = _resampler(from_hz, to_hz)
    silence = np.zeros(from_hz // 100, np.int16)
    assert not _ringing(resampler)
    _resample(resampler, tone(700, from_hz, from_hz // 50))
    assert _ringing(resampler)
    _resample(resampler, silence)
    assert not _ringing(resampler)
    assert not _resample(resampler, silence).any()


@pytest.mark.parametrize(("from_hz", "to_hz"), [(8000, 11025), (44100, 48000), (0, 8000), (8000, 22050)])
def test_other_rates_are_refused(from_hz: int, to_hz: int) -> None:
    assert library().mm_resampler_init(ctypes.byref(Resampler()), from_hz, to_hz) == -errno.EINVAL
