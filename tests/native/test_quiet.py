"""quiet.c: real speech in Opus without signalled levels is decoded wherever it is loud, and silence is not."""

import ctypes
from functools import cache

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.codec import NativeLibraries, libraries
from tests.support.native import library
from tests.support.opus_encoder import AUDIO, LOW_DELAY, RATE_HZ, Settings, encode
from tests.support.packets import rtp
from tests.support.prompts import WIDE, prompt, prompts
from tests.support.receiver import SILENCE_DBOV, Receiver
from tests.support.signals import rms, tone
from tests.support.streams import FORMATS

GATE_DBOV = 60
FRAME = 960
PAUSE_S = 2
FULL_SCALE = 32767

Pcm = npt.NDArray[np.int16]


@pytest.fixture(scope="module")
def opened() -> NativeLibraries:
    return libraries()


@cache
def _speech(nprompts: int = 8) -> Pcm:
    """Sentences with pauses of 2 s."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    parts: list[Pcm] = []
    for name in sorted(prompts())[:nprompts]:
        frame = av.AudioFrame.from_ndarray(prompt(name, WIDE).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = WIDE
        parts += [np.zeros(PAUSE_S * RATE_HZ, np.int16)]
        parts += [out.to_ndarray().reshape(-1).astype(np.int16) for out in resampler.resample(frame)]
    return np.concatenate(parts)


def _with_noise(pcm: Pcm, noise_dbov: float) -> Pcm:
    noise = np.random.default_rng(1).normal(0, FULL_SCALE * 10 ** (-noise_dbov / 20), len(pcm))
    return np.clip(np.round(pcm + noise), -FULL_SCALE, FULL_SCALE).astype(np.int16)


def _level_dbov(frame: Pcm | None) -> float:
    if frame is None or not np.any(frame):
        return SILENCE_DBOV
    return float(-20 * np.log10(rms(frame) / FULL_SCALE))


def _listen(payloads: list[bytes], opened: NativeLibraries, *, decode_all: bool) -> tuple[list[float], int]:
    """Tick as a bridge does; return each tick's level (as decoded, if it was) and how many were decoded."""
    levels: list[float] = []
    with Receiver([FORMATS["opus"]], opened) as receiver:
        for number, payload in enumerate(payloads):
            receiver.packet(rtp(number + 1, number * FRAME, payload, payload_type=111), at_ms=20 * number)
            level: float = receiver.peek(at_ms=20 * number + 7)
            if decode_all:
                level = _level_dbov(receiver.pull())
            elif level <= GATE_DBOV:
                receiver.pull()
            else:
                receiver.skip()
            levels.append(level)
        return levels, receiver.counters.get("frames_decoded", 0)


PHONES = {
    "hybrid": Settings(),
    "narrow": Settings(bitrate_bps=12_000),
    "8 kHz": Settings(bitrate_bps=20_000, bandwidth=1101),
    "FEC": Settings(bitrate_bps=24_000, fec=True, loss_percent=20),
    "64 kbit/s": Settings(bitrate_bps=64_000),
    "DTX": Settings(dtx=True),
    "CBR": Settings(vbr=False),
    "complexity 0": Settings(complexity=0),
    "complexity 10": Settings(complexity=10),
    "CELT": Settings(AUDIO, 28_000),
    "CELT, CBR, complexity 0": Settings(AUDIO, 28_000, complexity=0, vbr=False),
    "low delay": Settings(LOW_DELAY, 32_000),
    "CELT, DTX": Settings(AUDIO, 28_000, complexity=10, dtx=True),
}


@pytest.mark.parametrize("noise_dbov", [90, 72])
@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES.keys())
def test_speech_is_decoded_from_its_first_frame_on(
    phone: Settings, noise_dbov: float, opened: NativeLibraries
) -> None:
    payloads = encode(_with_noise(_speech(), noise_dbov), phone)
    truth, _ = _listen(payloads, opened, decode_all=True)
    levels, _ = _listen(payloads, opened, decode_all=False)
    loud = [number for number, level in enumerate(truth) if round(level) <= GATE_DBOV]
    missed = [number for number in loud if levels[number] > GATE_DBOV]
    assert len(loud) > 1000
    # What is missed is one frame in a thousand, faint, and never two in a row.
    assert len(missed) <= len(loud) / 1000
    assert all(truth[number] > GATE_DBOV - 7 for number in missed)
    assert not {number + 1 for number in missed} & set(missed)


@pytest.mark.parametrize("noise_dbov", [90, 80, 70, 65])
@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES.keys())
def test_a_silent_phone_is_hardly_decoded(
    phone: Settings, noise_dbov: float, opened: NativeLibraries
) -> None:
    payloads = encode(_with_noise(np.zeros(20 * RATE_HZ, np.int16), noise_dbov), phone)
    levels, decoded = _listen(payloads, opened, decode_all=False)
    assert decoded < 0.12 * len(payloads)
    assert np.median(levels) > GATE_DBOV


def test_digital_silence_is_known_at_once(opened: NativeLibraries) -> None:
    levels, decoded = _listen([b"\xf8\xff\xfe"] * 100, opened, decode_all=False)
    assert decoded <= 2
    assert levels[5:] == [SILENCE_DBOV] * 95


@pytest.mark.parametrize("phone", [PHONES["hybrid"], PHONES["CELT"]], ids=["hybrid", "CELT"])
def test_a_steady_tone_stays_audible_though_it_is_no_voice(phone: Settings, opened: NativeLibraries) -> None:
    wave = tone(440, RATE_HZ, 20 * RATE_HZ, amplitude=300)
    levels, _ = _listen(encode(wave, phone), opened, decode_all=False)
    assert max(levels[5:]) <= GATE_DBOV


def test_stereo_and_long_packets_are_decoded_as_before(opened: NativeLibraries) -> None:
    payloads = encode(np.zeros(2 * RATE_HZ, np.int16), Settings(channels=2))
    _, decoded = _listen(payloads, opened, decode_all=False)
    assert decoded >= len(payloads) - 3


@settings(max_examples=300)
@given(st.lists(st.binary(max_size=80), min_size=1, max_size=20))
def test_no_bytes_are_read_outside_of_a_packet(packets: list[bytes]) -> None:
    native = library()
    state, reading = (ctypes.c_float * 32)(), (ctypes.c_uint8 * 32)()
    for packet in packets:
        # Exactly as long as the packet, so that the address sanitizer sees a read past its end.
        exact = (ctypes.c_uint8 * len(packet)).from_buffer_copy(packet)
        native.mm_opus_loudness_read(state, exact, ctypes.c_size_t(len(packet)), reading)
        assert all(np.isfinite(value) for value in state[:21])
