"""What the assertions of these tests find in audio of which every sample is known."""

from contextlib import nullcontext

import numpy as np
import pytest

from tests.e2e.hearing import assert_hears
from tests.support.tones import TONES_HZ, Pcm, tone

RATE_HZ = 48_000
SECONDS = 4.0
OWN_HZ, *OTHERS_HZ = TONES_HZ[:4]
LOUD = 6000.0


def played(*, own_db: float | None = None, lost_samples: int = 0) -> Pcm:
    """Return three tones of others, with one's own so much weaker, and with as many samples missing five times a second."""
    parts = [tone(hz, SECONDS, amplitude=LOUD) for hz in OTHERS_HZ]
    if own_db is not None:
        parts.append(tone(OWN_HZ, SECONDS, amplitude=LOUD * 10 ** (own_db / 20)))
    pcm = np.sum(parts, axis=0).astype(np.int16)
    return np.concatenate([part[lost_samples:] for part in np.split(pcm, int(SECONDS * 5))])


@pytest.mark.parametrize(
    ("pcm", "passes"),
    [
        pytest.param(played(), True, id="others"),
        pytest.param(played(own_db=-44.0), True, id="own, far below"),
        pytest.param(played(own_db=-36.0), False, id="own, weak"),
        pytest.param(played(own_db=0.0), False, id="own, as loud as others"),
        pytest.param(played(lost_samples=960), True, id="samples are lost"),
        pytest.param(played(own_db=-30.0, lost_samples=960), False, id="samples are lost, and own"),
        pytest.param(np.zeros(RATE_HZ, np.int16), False, id="silence"),
    ],
)
def test_ones_own_tone_is_found_and_clicks_are_not_taken_for_it(pcm: Pcm, passes: bool) -> None:
    with nullcontext() if passes else pytest.raises(AssertionError):
        assert_hears((pcm, RATE_HZ), tuple(OTHERS_HZ), OWN_HZ)


def test_noise_is_no_proof_that_ones_own_tone_is_missing() -> None:
    noise = np.random.default_rng(1).normal(0.0, 8000.0, int(SECONDS * RATE_HZ))
    pcm = np.clip(played() / 10 + noise, -32768, 32767).astype(np.int16)
    with pytest.raises(AssertionError):
        assert_hears((pcm, RATE_HZ), tuple(OTHERS_HZ), OWN_HZ)
