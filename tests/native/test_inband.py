"""DTMF in the audio: the requirements of ITU-T Q.24, and no digits in speech."""

import ctypes
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.native.test_dtmf import Digit
from tests.support.native import library
from tests.support.signals import speech_like, tone

Pcm = npt.NDArray[np.int16]

ROWS_HZ, COLUMNS_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = ("123A", "456B", "789C", "*0#D")
RATES_HZ = (8000, 16_000, 32_000, 48_000)
LOUD = 6000.0
MAX_WINDOW = 612
PROMPTS = sorted(Path("/usr/share/asterisk/sounds").glob("en_US_f_Allison/**/*.wav"))


class Inband(ctypes.Structure):
    """``struct mm_inband``."""

    _fields_ = [
        ("sample_rate_hz", ctypes.c_uint32),
        ("window", ctypes.c_uint32),
        ("fill", ctypes.c_uint32),
        ("candidate", ctypes.c_char),
        ("hits", ctypes.c_uint8),
        ("digit", ctypes.c_char),
        ("misses", ctypes.c_uint8),
        ("windows", ctypes.c_uint32),
        ("coefficients", ctypes.c_float * 8),
        ("harmonics", ctypes.c_float * 8),
        ("phases", ctypes.c_float * 2),
        ("samples", ctypes.c_int16 * MAX_WINDOW),
    ]


def heard(pcm: Pcm, rate_hz: int = 8000) -> list[tuple[str, int]]:
    """Return the digits of a sound, with their durations; silence follows it."""
    inband, digit = Inband(), Digit()
    library().mm_inband_init(ctypes.byref(inband), rate_hz)
    return [
        (digit.digit.decode(), digit.duration_ms)
        for frame in frames(np.concatenate([pcm, silence(100, rate_hz)]), rate_hz // 50)
        if library().mm_inband_listen(
            ctypes.byref(inband),
            ctypes.c_void_p(frame.ctypes.data if frame.any() else None),
            ctypes.c_size_t(len(frame)),
            ctypes.byref(digit),
        )
    ]


def keys_of(pcm: Pcm, rate_hz: int = 8000) -> str:
    return "".join(key for key, _ in heard(pcm, rate_hz))


def frames(pcm: Pcm, size: int) -> Iterator[Pcm]:
    for start in range(0, len(pcm) - size + 1, size):
        yield np.ascontiguousarray(pcm[start : start + size])


def silence(ms: float, rate_hz: int = 8000) -> Pcm:
    return np.zeros(int(rate_hz * ms / 1000), np.int16)


def press(
    key: str,
    ms: float = 60,
    rate_hz: int = 8000,
    *,
    off: float = 0.0,
    twist_db: float = 0.0,
    amplitude: float = LOUD,
    pause_ms: float = 60,
) -> Pcm:
    """Return a key's two tones and a pause; ``off`` detunes both, ``twist_db`` makes the column louder."""
    row = next(number for number, keys in enumerate(KEYS) if key in keys)
    size = int(rate_hz * ms / 1000)
    low, high = (
        tone(hz * (1 + off), rate_hz, size, amplitude * 10 ** (db / 20))
        for hz, db in ((ROWS_HZ[row], 0.0), (COLUMNS_HZ[KEYS[row].index(key)], twist_db))
    )
    return np.concatenate([low + high, silence(pause_ms, rate_hz)])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_every_key_is_heard_once_with_its_duration(rate_hz: int) -> None:
    keys = "".join(KEYS)
    durations = [40 + 7 * number for number in range(len(keys))]
    sound = np.concatenate([press(key, ms, rate_hz) for key, ms in zip(keys, durations, strict=True)])
    found = heard(sound, rate_hz)
    assert "".join(key for key, _ in found) == keys
    assert [ms for _, ms in found] == pytest.approx(durations, abs=12)


@pytest.mark.parametrize("start_ms", np.arange(0, 20, 1.25))
@pytest.mark.parametrize(("ms", "is_digit"), [(23, False), (40, True)])
def test_forty_milliseconds_are_a_digit_and_twenty_three_are_none(
    start_ms: float, ms: float, is_digit: bool
) -> None:
    """Wherever in the windows it begins, and for the highest and the lowest pair alike."""
    for key in "1D":
        sound = np.concatenate([silence(start_ms), press(key, ms)])
        assert keys_of(sound) == (key if is_digit else "")


@pytest.mark.parametrize("off", [-0.015, 0.015])
@pytest.mark.parametrize("key", "".join(KEYS))
def test_a_detuned_key_is_a_digit_up_to_a_limit(key: str, off: float) -> None:
    assert keys_of(press(key, off=off)) == key


@pytest.mark.parametrize("off", [-0.035, 0.035, 0.06])
@pytest.mark.parametrize("key", "".join(KEYS))
def test_beside_the_tones_is_no_digit(key: str, off: float) -> None:
    assert keys_of(press(key, 500, off=off)) == ""


@pytest.mark.parametrize(("twist_db", "is_digit"), [(4, True), (9, False), (-8, True), (-12, False)])
def test_the_two_tones_are_about_as_loud(twist_db: float, is_digit: bool) -> None:
    for key in "159D":
        assert keys_of(press(key, 200, twist_db=twist_db, amplitude=2000)) == (key if is_digit else "")


@pytest.mark.parametrize(
    ("amplitude", "is_digit"), [(16_000, True), (1600, True), (700, True), (300, False), (20, False)]
)
def test_a_whisper_is_no_digit(amplitude: float, is_digit: bool) -> None:
    assert keys_of(press("7", 200, amplitude=amplitude)) == ("7" if is_digit else "")


def test_a_short_gap_does_not_part_a_digit_and_a_pause_does() -> None:
    broken = np.concatenate([press("5", 60, pause_ms=8), press("5", 60)])
    assert keys_of(broken) == "5"
    again = np.concatenate([press("5", 50, pause_ms=40), press("5", 50)])
    assert keys_of(again) == "55"


def test_one_key_may_follow_another_without_a_pause() -> None:
    assert keys_of(np.concatenate([press("3", 80, pause_ms=0), press("9", 80)])) == "39"


@pytest.mark.parametrize("snr_db", [15, 20])
def test_noise_does_not_drown_a_digit(snr_db: float) -> None:
    chance = np.random.default_rng(24)
    sound = np.concatenate([press(key, 80) for key in "0123456789*#"]).astype(np.float64)
    noise = chance.normal(0, LOUD * 10 ** (-snr_db / 20), len(sound))
    assert keys_of(np.clip(sound + noise, -32768, 32767).astype(np.int16)) == "0123456789*#"


@pytest.mark.parametrize("hz", [*ROWS_HZ, *COLUMNS_HZ, 440, 1000, 2600])
def test_one_tone_is_no_digit(hz: float) -> None:
    assert keys_of(tone(hz, 8000, 8000, LOUD)) == ""


@pytest.mark.parametrize("pair", [(350, 440), (440, 480), (480, 620), (697, 770), (1209, 1336), (941, 1100)])
def test_the_tones_of_exchanges_are_no_digits(pair: tuple[float, float]) -> None:
    sound = sum(tone(hz, 8000, 16_000, LOUD) for hz in pair)
    assert keys_of(np.asarray(sound, np.int16)) == ""


@pytest.mark.parametrize("harmonic_of", [0, 1])
def test_a_tone_with_harmonics_is_a_voice(harmonic_of: int) -> None:
    """Twice a row's frequency as loud as the row, or half as loud as the column's own: no generator does that."""
    row, column = 852, 1209
    doubled = tone(2 * (row, column)[harmonic_of], 8000, 4000, LOUD * 0.8)
    sound = tone(row, 8000, 4000, LOUD) + tone(column, 8000, 4000, LOUD) + doubled
    assert keys_of(sound) == ""


@pytest.mark.parametrize("seed", range(8))
def test_minutes_of_voices_and_noise_hold_no_digit(seed: int) -> None:
    speech = speech_like(8000, 8000 * 20, seed=seed, amplitude=8000)
    noise = np.random.default_rng(seed).normal(0, 5000, 8000 * 20)
    for sound in (speech, np.clip(noise, -32768, 32767).astype(np.int16)):
        assert keys_of(sound) == ""


def test_recorded_speech_contains_no_digit() -> None:
    """The prompts of a telephone system, some twenty minutes of speech."""
    assert PROMPTS, "apt-get install asterisk-core-sounds-en-wav"
    seconds = 0.0
    for path in PROMPTS:
        with wave.open(str(path)) as file:
            rate_hz, size = file.getframerate(), file.getnframes()
            pcm = np.frombuffer(file.readframes(size), np.int16)
        assert (path.name, keys_of(pcm, rate_hz)) == (path.name, "")
        seconds += size / rate_hz
    assert seconds > 600
