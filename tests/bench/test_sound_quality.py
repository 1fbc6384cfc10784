"""The measurements of noise suppression and levelling say what is so, on inputs whose answer is known."""

import numpy as np
import pytest
from bench.levelling import TARGET_LUFS, levelled, loudness, speech
from bench.mixing import FORMATS
from bench.noise import Closeness, measure
from bench.silent import OFF, shares_us

from tests.support.noises import NOISES, noise_of, sentences
from tests.support.signals import rms

RATE_HZ = 16_000


def test_speech_alone_is_as_close_to_itself_as_can_be() -> None:
    alone = sentences(RATE_HZ, 1)
    found = Closeness.of(alone, np.round(alone * 32768).astype(np.int16), RATE_HZ)
    assert found.stoi == pytest.approx(1.0, abs=0.001)
    assert found.snr_db > 34


def test_white_noise_is_measured_before_and_after() -> None:
    reading = measure("white", 0, RATE_HZ, count=1)
    assert reading.after.snr_db > reading.before.snr_db + 3
    assert 0 < reading.before.stoi < 0.9


@pytest.mark.parametrize("kind", NOISES)
def test_noises_are_equally_loud(kind: str) -> None:
    assert rms(noise_of(kind, 3 * RATE_HZ, RATE_HZ)) == pytest.approx(1.0)


def test_levelled_speech_is_at_the_target_by_another_measure() -> None:
    assert loudness(levelled(speech(-30, -90, 20))) == pytest.approx(TARGET_LUFS, abs=1.5)


def test_shares_are_found_for_all_settings() -> None:
    shares = shares_us(20, FORMATS["PCMU"], 1)
    assert OFF in shares
    assert len(shares) == 3
