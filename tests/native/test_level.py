"""level.c: RFC 6464 levels as RFC 6465 computes them, and talk spurts."""

import ctypes
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from mixminus.mixer import reference_dsp
from tests.support.native import library
from tests.support.signals import tone

FRAME_MS = 20
SILENCE = 127


class Spurt(ctypes.Structure):
    """struct mm_spurt."""

    _fields_ = [
        ("frame_ms", ctypes.c_uint32),
        ("voiced_frames", ctypes.c_uint32),
        ("hangover_ms", ctypes.c_uint32),
        ("noise_dbov", ctypes.c_float),
        ("talking", ctypes.c_bool),
    ]


def _level(pcm: npt.NDArray[np.int16]) -> int:
    function = library().mm_level_dbov
    function.restype = ctypes.c_uint8
    return int(function(ctypes.c_void_p(pcm.ctypes.data), ctypes.c_size_t(len(pcm))))


def _spurt() -> Spurt:
    spurt = Spurt()
    library().mm_spurt_init(ctypes.byref(spurt), FRAME_MS)
    return spurt


def _observe(spurt: Spurt, levels: Iterable[int]) -> list[bool]:
    """Feed levels; return whether it talked after each, and check that every change was reported."""
    function = library().mm_spurt_observe
    function.restype = ctypes.c_bool
    talked = []
    for level in levels:
        before = spurt.talking
        assert function(ctypes.byref(spurt), ctypes.c_uint8(level)) == (spurt.talking != before)
        talked.append(bool(spurt.talking))
    return talked


@pytest.mark.parametrize(
    ("pcm", "level"),
    [
        pytest.param(np.zeros(160, np.int16), 127, id="digital silence"),
        pytest.param(np.full(160, 32767, np.int16), 0, id="full scale"),
        pytest.param(np.full(160, -32768, np.int16), 0, id="beyond full scale"),
        pytest.param(tone(1000, 8000, 160, 32767), 3, id="full-scale sine"),
        pytest.param(tone(1000, 8000, 160, 3277), 23, id="sine at -20 dB"),
        pytest.param(np.ones(160, np.int16), 90, id="one step"),
        pytest.param(np.zeros(0, np.int16), 127, id="nothing"),
    ],
)
def test_level(pcm: npt.NDArray[np.int16], level: int) -> None:
    assert _level(pcm) == level


@given(arrays(np.int16, 160))
def test_the_level_is_the_rms_below_full_scale(pcm: npt.NDArray[np.int16]) -> None:
    assert _level(pcm) == reference_dsp.level_dbov(pcm)


def test_two_voiced_frames_start_a_spurt_and_the_hangover_ends_it() -> None:
    spurt = _spurt()
    assert _observe(spurt, [20, 20]) == [False, True]
    assert _observe(spurt, [SILENCE] * 21) == [True] * 19 + [False] * 2


def test_a_click_is_no_spurt() -> None:
    assert not any(_observe(_spurt(), [20, SILENCE] * 20))


def test_pauses_between_words_are_bridged() -> None:
    assert all(_observe(_spurt(), ([20] * 10 + [60] * 15) * 20)[1:])


def test_a_humming_line_stops_talking_once_it_is_known() -> None:
    spurt = _spurt()
    assert _observe(spurt, [43] * 1000)[-1] is False
    assert not any(_observe(spurt, [43] * 500))
    assert _observe(spurt, [25] * 2)[-1] is True


def test_a_loud_tone_talks_for_ever() -> None:
    assert all(_observe(_spurt(), [15] * 5000)[1:])
