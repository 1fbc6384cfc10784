"""loudness.c against the recommendation: ITU-R BS.1770-5, with signals as in EBU Tech 3341."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixminus.mixer import reference_loudness as reference
from tests.support.loudness import Gate, Meter
from tests.support.signals import speech_like, tone

RATES_HZ = (8000, 16000, 24000, 32000, 48000)
ONE_CHANNEL_LU = -3.01
"""Tech 3341's signals are on two channels, which add up."""


@pytest.mark.parametrize("sample_rate_hz", RATES_HZ)
@pytest.mark.parametrize("level_dbfs", [-6.0, -23.0, -33.0, -40.0])
def test_a_sine_of_1_khz_measures_its_level(sample_rate_hz: int, level_dbfs: float) -> None:
    """Tech 3341, cases 1 and 2: a sine's peak level is its loudness on two channels."""
    pcm = tone(1000, sample_rate_hz, sample_rate_hz * 5, 32768 * 10 ** (level_dbfs / 20))
    assert Meter(sample_rate_hz).lufs(pcm) == pytest.approx(level_dbfs + ONE_CHANNEL_LU, abs=0.1)


def test_quiet_passages_do_not_count() -> None:
    """Tech 3341, case 3, shortened: -36 dBFS before and after -23 dBFS."""
    quiet, loud = (
        tone(1000, 48000, 48000 * seconds, 32768 * 10 ** (level / 20))
        for level, seconds in ((-36, 1), (-23, 6))
    )
    pcm = np.concatenate((quiet, loud, quiet))
    expected = reference.gated_lufs(reference.mean_squares(reference.weighted(pcm)))
    assert Meter(48000).lufs(pcm) == pytest.approx(expected, abs=0.02)
    # Only the blocks across the edges are quieter than -23.
    assert expected == pytest.approx(-23 + ONE_CHANNEL_LU, abs=0.25)


def test_passages_within_the_relative_gate_count() -> None:
    """Tech 3341, case 5, shortened: what -26, -20 and -26 dBFS sound like together."""
    quiet, loud = (tone(1000, 48000, 48000 * 2, 32768 * 10 ** (level / 20)) for level in (-26, -20))
    pcm = np.concatenate((quiet, loud, quiet))
    expected = reference.gated_lufs(reference.mean_squares(reference.weighted(pcm)))
    assert Meter(48000).lufs(pcm) == pytest.approx(expected, abs=0.02)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-60, -3))
def test_noise_measures_as_by_the_published_coefficients(seed: int, level_dbov: float) -> None:
    wave = np.random.default_rng(seed).normal(0, 32768 * 10 ** (level_dbov / 20), 48000)
    pcm = np.clip(np.round(wave), -32768, 32767).astype(np.int16)
    expected = reference.mean_squares(reference.weighted(pcm))
    assert reference.lufs(np.array(Meter(48000).blocks(pcm))) == pytest.approx(
        reference.lufs(expected), abs=0.01
    )


@settings(max_examples=200)
@given(st.lists(st.floats(-90, 0), min_size=1, max_size=100))
def test_gates_are_those_of_the_recommendation(levels_lufs: list[float]) -> None:
    blocks = 10 ** ((np.array(levels_lufs) + 0.691) / 10)
    gate = Gate()
    for block in blocks:
        gate.add(block)
    assert gate.lufs == pytest.approx(reference.gated_lufs(blocks), abs=0.01)


def test_the_last_ten_seconds_count() -> None:
    gate = Gate()
    for _ in range(100):
        gate.add(1e-2)
    for _ in range(100):
        gate.add(1e-3)
    assert gate.lufs == pytest.approx(-0.691 - 30, abs=0.01)


@pytest.mark.parametrize("sample_rate_hz", [16000, 24000, 32000])
def test_a_voice_is_as_loud_at_each_rate(sample_rate_hz: int) -> None:
    """Its harmonics are below 2.1 kHz; the filters of low rates differ above that."""
    at_48 = Meter(48000).lufs(speech_like(48000, 48000 * 4))
    assert Meter(sample_rate_hz).lufs(speech_like(sample_rate_hz, sample_rate_hz * 4)) == pytest.approx(
        at_48, abs=0.3
    )


def test_silence_is_the_floor_and_leaves_no_residue() -> None:
    meter = Meter(8000)
    assert Meter(8000).lufs(np.zeros(8000, np.int16)) == -70
    meter.blocks(tone(1000, 8000, 8000))
    assert meter.blocks(None, silent_frames=50)[-1] == 0
