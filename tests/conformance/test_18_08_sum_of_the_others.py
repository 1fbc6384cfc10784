"""8: each of three participants hears the sum of the other two; a sum that is too loud is limited, not clipped."""

import itertools

import numpy as np
import pytest

from tests.support.backend import SAMPLE_RATE_HZ
from tests.support.signals import Pcm, loudness_at
from tests.support.site import Site
from tests.support.tone_phones import FRAME, LISTENED_TICKS, PITCHES_HZ, TonePhones

FULL_SCALE = 32_767
SHOUT = 30_000.0
BETTER_DB = 10.0
"""How far the distortion must stay below that of a clipped sum."""


async def test_18_08_each_participant_hears_the_sum_of_the_others(site: Site) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site)
    await tone_phones.gather(room["id"], 3)
    a_hz, b_hz, c_hz = PITCHES_HZ[:3]
    assert tone_phones.hear() == [
        {a_hz: 0, b_hz: 1, c_hz: 1},
        {a_hz: 1, b_hz: 0, c_hz: 1},
        {a_hz: 1, b_hz: 1, c_hz: 0},
    ]


@pytest.mark.parametrize("count", [3, 4])
async def test_18_08_loud_sum_is_limited_and_not_clipped(site: Site, count: int) -> None:
    room = await site.api.room()
    tone_phones = TonePhones(site, loudness=SHOUT)
    await tone_phones.gather(room["id"], count)
    tone_phones.listen()
    for own_hz, pcm in zip(PITCHES_HZ, tone_phones.listen(), strict=False):
        others_hz = [pitch_hz for pitch_hz in PITCHES_HZ[:count] if pitch_hz != own_hz]
        levels = [loudness_at(pcm, pitch_hz, SAMPLE_RATE_HZ) for pitch_hz in others_hz]
        assert max(levels) < 1.05 * min(levels), "all are equally loud"
        assert 0.5 * FULL_SCALE < np.abs(pcm.astype(int)).max() <= FULL_SCALE
        assert distortion_db(pcm, others_hz) < distortion_db(clipped(others_hz), others_hz) - BETTER_DB


def clipped(pitches_hz: list[int]) -> Pcm:
    """Return the sum that a mixer without a limiter would send."""
    t = np.arange(LISTENED_TICKS * FRAME) / SAMPLE_RATE_HZ
    total = sum(SHOUT * np.sin(2 * np.pi * pitch_hz * t) for pitch_hz in pitches_hz)
    return np.clip(total, -FULL_SCALE - 1, FULL_SCALE).astype(np.int16)


def distortion_db(pcm: Pcm, pitches_hz: list[int]) -> float:
    """Return the strongest harmonic, sum or difference of these pitches, relative to the weakest pitch."""
    products = {
        abs(sum(factor * pitch for factor, pitch in zip(factors, pitches_hz, strict=True)))
        for factors in itertools.product(range(-3, 4), repeat=len(pitches_hz))
        if 1 < sum(map(abs, factors)) <= 3
    }
    audible = {hz for hz in products if 0 < hz < SAMPLE_RATE_HZ / 2} - set(pitches_hz)
    loudest = max(loudness_at(pcm, hz, SAMPLE_RATE_HZ) for hz in audible)
    weakest = min(loudness_at(pcm, hz, SAMPLE_RATE_HZ) for hz in pitches_hz)
    return float(20 * np.log10(loudest / weakest))
