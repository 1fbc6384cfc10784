"""suppressor.c with librnnoise: noise goes, speech stays, and off is exact."""

import numpy as np
import numpy.typing as npt
import pytest

from mixminus.mixer.libraries import find_libraries
from tests.support.bridge import Participant, Room
from tests.support.loudness import noise
from tests.support.noises import aligned, noisy, segmental_snr_db, sentences
from tests.support.signals import rms, tone

NOTHING, SUPPRESSION = range(2)
TICKS_PER_S = 50
LIMITER_MS = 2
KEPT = 10 ** (-15 / 20)
"""Noise does not fall by more."""

Pcm = npt.NDArray[np.int16]


def _hear(pcm: Pcm, rate_hz: int, *, ticks: range | None = None, shed: range = range(0)) -> Pcm:
    """Return what another participant hears of this; it is suppressed in these ticks."""
    frames = pcm.reshape(-1, rate_hz // TICKS_PER_S)
    heard = []
    with Room() as room:
        listener, talker = room.enter(speaks_hz=None, hears=rate_hz), room.enter(speaks_hz=rate_hz)
        for number, frame in enumerate(frames):
            talker.set_suppressed(ticks is None or number in ticks)
            room.shed(SUPPRESSION if number in shed else NOTHING)
            talker.say(frame)
            room.tick()
            heard.append(listener.heard_pcm.copy())
    return np.concatenate(heard)


def _frames(pcm: Pcm, rate_hz: int) -> Pcm:
    size = rate_hz // TICKS_PER_S
    return pcm[: len(pcm) // size * size]


def test_the_library_is_found_in_its_wheel() -> None:
    assert find_libraries().rnnoise_path.endswith("pyrnnoise/librnnoise.so")


@pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])
@pytest.mark.parametrize("kind", ["white", "pink", "car"])
def test_speech_in_noise_gets_closer_to_the_speech(rate_hz: int, kind: str) -> None:
    speech = sentences(rate_hz, 3)
    said = noisy(speech, kind, 5, rate_hz)
    before = segmental_snr_db(*aligned(speech, said / 32768, rate_hz), rate_hz)
    heard = _hear(said, rate_hz)
    after = segmental_snr_db(*aligned(speech, heard / 32768, rate_hz), rate_hz)
    assert after > before + 1.5


@pytest.mark.parametrize("rate_hz", [8000, 24000, 32000, 48000])
def test_noise_alone_falls_by_fifteen_decibels(rate_hz: int) -> None:
    said = noise(rate_hz * 4, -35)
    heard = _hear(said, rate_hz)
    left = rms(heard[2 * rate_hz :]) / rms(said)
    assert KEPT * 0.9 < left < KEPT * 1.6


@pytest.mark.parametrize(
    "pcm",
    [
        pytest.param(np.full(16000, 32767, np.int16), id="full scale"),
        pytest.param(np.tile(np.array([32767, -32768], np.int16), 8000), id="square"),
        pytest.param(np.zeros(16000, np.int16), id="zeros"),
        pytest.param(np.random.default_rng(1).integers(-32768, 32768, 16000).astype(np.int16), id="random"),
    ],
)
def test_extreme_sound_stays_finite(pcm: Pcm) -> None:
    """A NaN within RNNoise would silence what follows."""
    speech = np.round(sentences(16000, 1) * 32767).astype(np.int16)
    heard = _hear(_frames(np.concatenate((pcm, speech)), 16000), 16000)
    assert rms(heard[len(pcm) + 8000 :]) > rms(speech) / 3


@pytest.mark.parametrize("rate_hz", [8000, 48000])
def test_off_is_exact_before_and_after(rate_hz: int) -> None:
    said = _frames(np.round(sentences(rate_hz, 2) * 32767).astype(np.int16), rate_hz)
    heard = _hear(said, rate_hz, ticks=range(100, 150))
    delay, frame = rate_hz * LIMITER_MS // 1000, rate_hz // TICKS_PER_S
    assert np.array_equal(heard[delay : 100 * frame], said[: 100 * frame - delay])
    assert not np.array_equal(
        heard[120 * frame : 150 * frame], said[120 * frame - delay : 150 * frame - delay]
    )
    assert np.array_equal(heard[151 * frame :], said[151 * frame - delay : -delay])


def test_a_busy_shard_leaves_noise_as_it_is() -> None:
    """Shedding takes one crossfaded frame; then it is exact, and afterwards noise is removed again."""
    said = noise(16000 * 6, -35)
    heard = _hear(said, 16000, shed=range(100, 200))
    delay, frame = 16000 * LIMITER_MS // 1000, 16000 // TICKS_PER_S
    assert rms(heard[80 * frame : 100 * frame]) < rms(said) * KEPT * 1.6
    assert np.array_equal(heard[101 * frame + delay : 200 * frame], said[101 * frame : 200 * frame - delay])
    assert rms(heard[280 * frame :]) < rms(said) * KEPT * 1.6


def test_turning_it_on_and_off_makes_no_click() -> None:
    """The largest step between two samples of a slow tone stays that of the tone."""
    said = tone(200, 48000, 48000 * 2, 8000)
    heard = _hear(said, 48000, ticks=range(30, 60)).astype(int)
    # A sine of 200 Hz moves by 209 in a sample; the crossfade of 120 samples between extremes adds 133.
    assert np.abs(np.diff(heard[960:])).max() < 400


def _silent_then_speaking(room: Room) -> tuple[Participant, Participant]:
    listener, talker = room.enter(speaks_hz=None, hears=16000), room.enter(speaks_hz=16000)
    talker.set_suppressed(True)
    return listener, talker


def test_silence_is_silence_and_costs_nothing() -> None:
    with Room() as room:
        listener, _ = _silent_then_speaking(room)
        for _ in range(20):
            room.tick()
            assert not listener.heard_pcm.any()
