"""mix.c against numpy in 64 bits."""

import ctypes

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixminus.mixer import reference_dsp
from tests.support.native import library

SAMPLES = st.integers(0, 200)
GAINS = st.integers(0, 16 * 256)


def _pointer(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _frames(count: int) -> st.SearchStrategy[npt.NDArray[np.int16]]:
    return SAMPLES.flatmap(lambda n: arrays(np.int16, (count, n)))


def _gain_ramp(pcm: npt.NDArray[np.int16], from_q8: int, to_q8: int) -> npt.NDArray[np.int16]:
    out = pcm.copy()
    library().mm_gain_ramp(
        _pointer(out), ctypes.c_size_t(len(out)), ctypes.c_int32(from_q8), ctypes.c_int32(to_q8)
    )
    return out


@given(_frames(5))
def test_everybody_hears_everybody_but_themselves(frames: npt.NDArray[np.int16]) -> None:
    nsamples = ctypes.c_size_t(frames.shape[1])
    total = np.zeros(frames.shape[1], np.int32)
    for frame in frames:
        library().mm_mix_add(_pointer(total), _pointer(frame), nsamples)
    assert np.array_equal(total, frames.sum(axis=0, dtype=np.int64))
    for own, frame in enumerate(frames):
        heard = np.empty_like(total)
        library().mm_mix_minus(_pointer(heard), _pointer(total), _pointer(frame), nsamples)
        assert np.array_equal(heard, np.delete(frames, own, axis=0).sum(axis=0, dtype=np.int64))


def test_the_sum_of_a_thousand_shouters_is_exact() -> None:
    shout = np.full(160, -32768, np.int16)
    total = np.zeros(160, np.int32)
    for _ in range(1000):
        library().mm_mix_add(_pointer(total), _pointer(shout), ctypes.c_size_t(160))
    assert (total == -32_768_000).all()


@given(SAMPLES.flatmap(lambda n: arrays(np.int32, n)))
def test_saturation_happens_at_sixteen_bits(total: npt.NDArray[np.int32]) -> None:
    out = np.empty(len(total), np.int16)
    library().mm_mix_saturate(_pointer(out), _pointer(total), ctypes.c_size_t(len(total)))
    assert np.array_equal(out, np.clip(total, -32768, 32767))


@given(SAMPLES.flatmap(lambda n: arrays(np.int16, n)))
def test_unity_gain_touches_nothing(pcm: npt.NDArray[np.int16]) -> None:
    assert np.array_equal(_gain_ramp(pcm, 256, 256), pcm)


@given(SAMPLES.flatmap(lambda n: arrays(np.int16, n)), GAINS, GAINS)
def test_a_gain_ramp_is_the_straight_line_to_within_one(
    pcm: npt.NDArray[np.int16], from_q8: int, to_q8: int
) -> None:
    line = from_q8 + (to_q8 - from_q8) * np.arange(1, len(pcm) + 1) / max(1, len(pcm))
    expected = np.clip(pcm * line / 256, -32768, 32767)
    assert (np.abs(_gain_ramp(pcm, from_q8, to_q8) - expected) <= 1).all()


@given(SAMPLES.flatmap(lambda n: arrays(np.int16, n)), GAINS, GAINS)
def test_a_gain_ramp_is_bit_for_bit_as_numpy(pcm: npt.NDArray[np.int16], from_q8: int, to_q8: int) -> None:
    assert np.array_equal(_gain_ramp(pcm, from_q8, to_q8), reference_dsp.gain_ramp(pcm, from_q8, to_q8))


@given(SAMPLES.flatmap(lambda n: arrays(np.int16, n)), GAINS)
def test_a_steady_gain_rounds_to_nearest(pcm: npt.NDArray[np.int16], gain_q8: int) -> None:
    expected = np.clip((pcm.astype(np.int64) * gain_q8 + 128) >> 8, -32768, 32767)
    assert np.array_equal(_gain_ramp(pcm, gain_q8, gain_q8), expected)


@pytest.mark.parametrize(("from_q8", "to_q8"), [(256, 0), (0, 256), (256, 255)])
def test_the_last_sample_of_a_ramp_is_at_its_goal(from_q8: int, to_q8: int) -> None:
    pcm = np.full(960, 25600, np.int16)
    assert abs(int(_gain_ramp(pcm, from_q8, to_q8)[-1]) - 100 * to_q8) <= 1
