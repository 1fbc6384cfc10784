"""Assertions on who hears whom, measured in the audio that a phone played."""

from tests.support.tones import Pcm, heard, loudest_stretch

OWN_TONE_BELOW_DB = 40.0
AUDIBLE_DB = -45.0


def newest(ear: tuple[Pcm, int], seconds: float) -> tuple[Pcm, int]:
    """Return the last ``seconds`` of what a phone has played."""
    pcm, rate = ear
    return pcm[-int(seconds * rate) :], rate


def assert_hears(
    ear: tuple[Pcm, int], others_hz: tuple[float, ...], own_hz: float | None = None, *, stretch_s: float = 1.5
) -> None:
    """Assert that every other tone is heard, and that one's own is at least 40 dB below the weakest."""
    pcm, rate = ear
    levels = heard(loudest_stretch(pcm, rate, stretch_s), rate, (*others_hz, *([own_hz] if own_hz else [])))
    weakest = min(levels[frequency] for frequency in others_hz)
    assert weakest > AUDIBLE_DB, levels
    if own_hz:
        assert levels[own_hz] < weakest - OWN_TONE_BELOW_DB, levels


def assert_silent(ear: tuple[Pcm, int], tones_hz: tuple[float, ...], *, last_s: float) -> None:
    """Assert that none of the tones is in the last ``last_s`` seconds."""
    levels = heard(*newest(ear, last_s), tones_hz)
    assert max(levels.values()) < AUDIBLE_DB - 10, levels
