"""Sounds have whole frames, low levels and no clicks; the music loops without a step."""

import numpy as np
import pytest

from mixminus.mixer.sounds import SOUND_RATE_HZ, Pcm, beep, entry_tone, exit_tone, music, ringing

FRAME = SOUND_RATE_HZ // 50


@pytest.mark.parametrize("sound", [beep, entry_tone, exit_tone])
def test_a_sound_is_short_and_starts_and_ends_in_silence(sound: object) -> None:
    pcm: Pcm = sound()  # type: ignore[operator]
    assert len(pcm) % FRAME == 0
    assert len(pcm) < SOUND_RATE_HZ
    assert np.abs(pcm[[0, -1]]).max() < 300
    assert 2500 < np.abs(pcm.astype(int)).max() <= 3000


def test_music_loops_without_a_click() -> None:
    pcm = music()
    assert len(pcm) % FRAME == 0
    around = np.concatenate([pcm[-2000:], pcm[:2000]]).astype(int)
    assert np.abs(np.diff(around)).max() <= np.abs(np.diff(pcm.astype(int))).max()
    assert np.abs(pcm.astype(int)).max() < 8000
    # Never silent, never loud: each half second has its share.
    power = np.sqrt(np.mean(pcm.reshape(-1, SOUND_RATE_HZ // 2).astype(float) ** 2, axis=1))
    assert 200 < power.min() <= power.max() < 3000


def test_ringing_is_a_second_of_a_tone_and_four_of_silence() -> None:
    pcm = ringing()
    assert len(pcm) == 5 * SOUND_RATE_HZ
    assert not pcm[SOUND_RATE_HZ:].any()
    assert np.abs(np.fft.rfft(pcm[:SOUND_RATE_HZ])).argmax() == 425
