"""Recorded speech with noises, and how close to the speech alone a signal is."""

from functools import cache
from pathlib import Path
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from tests.support.prompts import NARROW, WIDE, prompt, prompts
from tests.support.signals import rms

__all__ = ["NOISES", "aligned", "at_rate", "noise_of", "noisy", "segmental_snr_db", "sentences"]

Pcm = npt.NDArray[np.int16]
Signal = npt.NDArray[np.float64]

NOISES: Final = ("white", "pink", "car", "babble", "hum", "keyboard")
_KEYS: Final = Path("/usr/share/buckle/wav")
_KEYS_HZ: Final = 44_100
_KEYS_PER_S: Final = 6
_SEGMENT_S: Final = 0.02
_SEGMENT_DB: Final = (-10.0, 35.0)
"""Hansen and Pellom, ICSLP 1998: segments outside do not count more than these."""
_SPOKEN_DB: Final = 30.0
"""Segments that are quieter than the loudest by more are pauses."""
_MAX_DELAY_S: Final = 0.06


@cache
def sentences(sample_rate_hz: int, count: int = 4, *, skip: int = 0) -> Signal:
    """Return prompts one after the other, full scale 1, with pauses of a third of a second."""
    names = sorted(prompts())[skip * 10 : (skip + count) * 10 : 10]
    narrow = NARROW if sample_rate_hz == NARROW else WIDE
    pause = np.zeros(sample_rate_hz // 3)
    parts = [at_rate(prompt(name, narrow) / 32768, narrow, sample_rate_hz) for name in names]
    speech = np.concatenate([piece for part in parts for piece in (part, pause)])
    return 0.05 / rms(speech) * speech


def at_rate(signal: Signal, from_hz: int, to_hz: int) -> Signal:
    """Return a signal at another rate, band-limited by an FFT."""
    spectrum = np.fft.rfft(signal)
    nsamples = len(signal) * to_hz // from_hz
    out = np.zeros(nsamples // 2 + 1, complex)
    shared = min(len(spectrum), len(out))
    out[:shared] = spectrum[:shared]
    result: Signal = np.fft.irfft(out, nsamples) * (nsamples / len(signal))
    return result


def noise_of(kind: str, nsamples: int, sample_rate_hz: int, *, seed: int = 5) -> Signal:
    """Return a noise of RMS 1."""
    random = np.random.default_rng(seed)
    if kind == "babble":
        voices = [
            np.resize(np.roll(sentences(sample_rate_hz, 6, skip=i), i * 5000), nsamples) for i in range(4, 12)
        ]
        noise: Signal = np.sum(voices, axis=0)
    elif kind == "hum":
        t = np.arange(nsamples) / sample_rate_hz
        noise = np.sum([np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 12)], axis=0)
        noise = noise + random.normal(0, 0.1, nsamples)
    elif kind == "keyboard":
        noise = _typing(nsamples, sample_rate_hz, random)
    else:
        spectrum = np.fft.rfft(random.normal(0, 1, nsamples))
        hz = np.maximum(np.fft.rfftfreq(nsamples, 1 / sample_rate_hz), 20)
        noise = np.fft.irfft(spectrum * hz ** {"white": 0.0, "pink": -0.5, "car": -1.5}[kind], nsamples)
    return noise / rms(noise)


def _typing(nsamples: int, sample_rate_hz: int, random: np.random.Generator) -> Signal:
    """Return keys that are pressed and released, as recorded in Debian's bucklespring-data, at random times."""
    keys = _recorded_keys()
    typed = np.zeros(nsamples * _KEYS_HZ // sample_rate_hz + _KEYS_HZ)
    for at in np.sort(random.integers(0, len(typed) - _KEYS_HZ, len(typed) * _KEYS_PER_S // _KEYS_HZ)):
        for later, key in zip((0, _KEYS_HZ // 10), keys[random.integers(len(keys))], strict=True):
            part = typed[at + later : at + later + len(key)]
            part += key[: len(part)]
    return at_rate(typed, _KEYS_HZ, sample_rate_hz)[:nsamples]


@cache
def _recorded_keys() -> list[tuple[Signal, Signal]]:
    """Return the sounds of twenty keys: pressed, released."""
    assert _KEYS.is_dir(), "apt-get install bucklespring-data"
    return [(_key(f"{key:02x}-1"), _key(f"{key:02x}-0")) for key in range(0x10, 0x24)]


def _key(name: str) -> Signal:
    with av.open(str(_KEYS / f"{name}.wav")) as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(parts) / 32768


def noisy(speech: Signal, kind: str, snr_db: float, sample_rate_hz: int) -> Pcm:
    """Return speech with noise, the ratio over its whole length, as PCM of whole frames of 20 ms."""
    noise = noise_of(kind, len(speech), sample_rate_hz) * rms(speech) * 10 ** (-snr_db / 20)
    frame = sample_rate_hz // 50
    return np.round(np.clip(speech + noise, -1, 1) * 32767).astype(np.int16)[: len(speech) // frame * frame]


def aligned(reference: Signal, signal: Signal, sample_rate_hz: int) -> tuple[Signal, Signal]:
    """Return both, without the signal's delay of at most 60 ms, and of equal length."""
    most = int(_MAX_DELAY_S * sample_rate_hz)
    nsamples = min(len(reference), len(signal)) - most
    size = 1 << (nsamples + 2 * most).bit_length()
    spectrum = np.fft.rfft(signal[: nsamples + most], size) * np.conj(np.fft.rfft(reference[:nsamples], size))
    delay = int(np.argmax(np.fft.irfft(spectrum, size)[:most]))
    return reference[:nsamples], signal[delay : delay + nsamples]


def segmental_snr_db(reference: Signal, signal: Signal, sample_rate_hz: int) -> float:
    """Return the mean signal-to-noise ratio of segments of 20 ms in which there is speech."""
    size = int(_SEGMENT_S * sample_rate_hz)
    count = len(reference) // size

    def energies(pcm: Signal) -> Signal:
        energy: Signal = np.square(pcm[: count * size]).reshape(count, size).sum(axis=1) + 1e-12
        return energy

    speech, noise = energies(reference), energies(signal - reference)
    spoken = speech > speech.max() * 10 ** (-_SPOKEN_DB / 10)
    return float(np.clip(10 * np.log10(speech[spoken] / noise[spoken]), *_SEGMENT_DB).mean())
