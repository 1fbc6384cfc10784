"""Assertions on who hears whom, measured in the audio that a phone played."""

from statistics import median

from tests.support.baresip import Baresip
from tests.support.tones import Pcm, heard, loudest_stretch
from tests.support.waiting import eventually

OWN_TONE_BELOW_DB = 40.0
AUDIBLE_DB = -45.0
# A click, as a busy machine causes in what a phone plays, is heard at all frequencies; a tone only at its own.
NOISE_BELOW_DB = 20.0
ABOVE_NOISE_DB = 6.0
_BESIDE_HZ = (-50.0, -40.0, -30.0, -20.0, 20.0, 30.0, 40.0, 50.0)


def newest(ear: tuple[Pcm, int], seconds: float) -> tuple[Pcm, int]:
    """Return the last ``seconds`` of what a phone has played."""
    pcm, rate = ear
    return pcm[-int(seconds * rate) :], rate


def assert_hears(
    ear: tuple[Pcm, int], others_hz: tuple[float, ...], own_hz: float | None = None, *, stretch_s: float = 1.5
) -> None:
    """Assert that every other tone is heard, and one's own is not: it is 40 dB below the weakest, or lost in noise."""
    pcm, rate = ear
    stretch = loudest_stretch(pcm, rate, stretch_s)
    levels = heard(stretch, rate, (*others_hz, *([own_hz] if own_hz else [])))
    weakest = min(levels[frequency] for frequency in others_hz)
    assert weakest > AUDIBLE_DB, levels
    if own_hz:
        noise = median(heard(stretch, rate, tuple(own_hz + beside for beside in _BESIDE_HZ)).values())
        assert noise < weakest - NOISE_BELOW_DB, (levels, noise)
        assert levels[own_hz] < max(weakest - OWN_TONE_BELOW_DB, noise + ABOVE_NOISE_DB), (levels, noise)


def wait_to_hear(phone: Baresip, tone_hz: float, *, stretch_s: float = 1.5) -> None:
    """Wait until a phone has heard a tone for so long."""

    def look() -> bool:
        if not phone.plays:
            return False
        pcm, rate = newest(phone.ear(), stretch_s)
        return len(pcm) >= int(stretch_s * rate) and heard(pcm, rate, (tone_hz,))[tone_hz] > AUDIBLE_DB

    eventually(look, what=f"the phone hears {tone_hz:.0f} Hz; log: {phone.log[-800:]}")


def assert_silent(ear: tuple[Pcm, int], tones_hz: tuple[float, ...], *, last_s: float) -> None:
    """Assert that none of the tones is in the last ``last_s`` seconds."""
    levels = heard(*newest(ear, last_s), tones_hz)
    assert max(levels.values()) < AUDIBLE_DB - 10, levels
