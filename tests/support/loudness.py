"""The engine's loudness measure and leveller through ctypes, and speech with pauses at a known level."""

import ctypes
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.support.native import library
from tests.support.signals import rms, speech_like

__all__ = ["FRAME_MS", "Gate", "Leveller", "Meter", "noise", "talk"]

Pcm = npt.NDArray[np.int16]
FRAME_MS: Final = 20
_SPURT_BYTES: Final = 64
_ROOM: Final = 4096
"""More than any of the structs."""


def talk(sample_rate_hz: int, seconds: float, level_dbov: float, *, seed: int = 1) -> Pcm:
    """Return words of a second with pauses of a third between them, whose words have this level (RMS)."""
    nsamples = int(sample_rate_hz * seconds)
    speech = speech_like(sample_rate_hz, nsamples, seed=seed).astype(np.float64)
    word, pause = sample_rate_hz, sample_rate_hz // 3
    spoken = np.arange(nsamples) % (word + pause) < word
    speech *= 32768 * 10 ** (level_dbov / 20) / rms(speech[spoken])
    speech[~spoken] = 0
    return np.round(np.clip(speech, -32768, 32767)).astype(np.int16)


def noise(nsamples: int, level_dbov: float, *, seed: int = 7) -> Pcm:
    """Return white noise of a level (RMS)."""
    wave = np.random.default_rng(seed).normal(0, 32768 * 10 ** (level_dbov / 20), nsamples)
    return np.round(np.clip(wave, -32768, 32767)).astype(np.int16)


def _pointer(pcm: Pcm) -> ctypes.c_void_p:
    return ctypes.c_void_p(pcm.ctypes.data)


def _frames(pcm: Pcm, sample_rate_hz: int) -> list[Pcm]:
    size = sample_rate_hz // 1000 * FRAME_MS
    return [np.ascontiguousarray(pcm[i : i + size]) for i in range(0, len(pcm) // size * size, size)]


class Gate:
    """struct mm_loudness_gate."""

    def __init__(self) -> None:
        self._gate = (ctypes.c_uint64 * (_ROOM // 8))()

    def add(self, mean_square: float) -> None:
        library().mm_loudness_gate_add(self._gate, ctypes.c_float(mean_square))

    @property
    def lufs(self) -> float:
        library().mm_loudness_gate_lufs.restype = ctypes.c_float
        return float(library().mm_loudness_gate_lufs(self._gate))


class Meter:
    """struct mm_loudness: the blocks' mean squares of what it was given."""

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._loudness = (ctypes.c_uint64 * (_ROOM // 8))()
        library().mm_loudness_init(self._loudness, sample_rate_hz)

    def blocks(self, pcm: Pcm | None, *, silent_frames: int = 0) -> list[float]:
        """Measure whole frames, or silent ones that were not sent."""
        run, block = library().mm_loudness_run, library().mm_loudness_block
        run.restype = block.restype = ctypes.c_bool
        size = ctypes.c_size_t(self.sample_rate_hz // 1000 * FRAME_MS)
        value, found = ctypes.c_float(), []
        frames = [None] * silent_frames if pcm is None else [*_frames(pcm, self.sample_rate_hz)]
        for frame in frames:
            ended = run(self._loudness, None if frame is None else _pointer(frame), size)
            if ended and block(self._loudness, ctypes.byref(value)):
                found.append(value.value)
        return found

    def lufs(self, pcm: Pcm) -> float:
        """Return the gated loudness of a signal of at most ten seconds."""
        gate = Gate()
        for mean_square in self.blocks(pcm):
            gate.add(mean_square)
        return gate.lufs


class Leveller:
    """struct mm_leveller, with the talk spurt that gates it."""

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._leveller = (ctypes.c_uint64 * (_ROOM // 8))()
        self._spurt = (ctypes.c_uint64 * (_SPURT_BYTES // 8))()
        library().mm_leveller_init(self._leveller, sample_rate_hz)
        library().mm_spurt_init(self._spurt, FRAME_MS)

    def gains_db(self, pcm: Pcm) -> npt.NDArray[np.float64]:
        """Return the gain after each frame."""
        return np.array([self._run(frame) for frame in _frames(pcm, self.sample_rate_hz)])

    def _run(self, frame: Pcm) -> float:
        lib = library()
        lib.mm_level_dbov.restype = ctypes.c_uint8
        level = lib.mm_level_dbov(_pointer(frame), ctypes.c_size_t(len(frame)))
        lib.mm_spurt_observe(self._spurt, ctypes.c_uint8(level))
        talking = _SpurtView.from_buffer(self._spurt)
        lib.mm_leveller_run(
            self._leveller,
            _pointer(frame),
            self.sample_rate_hz,
            FRAME_MS,
            ctypes.c_bool(talking.talking),
        )
        return float(_LevellerView.from_buffer(self._leveller).gain_db)


class _SpurtView(ctypes.Structure):
    """struct mm_spurt."""

    _fields_ = [
        ("frame_ms", ctypes.c_uint32),
        ("voiced_frames", ctypes.c_uint32),
        ("hangover_ms", ctypes.c_uint32),
        ("noise_dbov", ctypes.c_float),
        ("talking", ctypes.c_bool),
    ]


class _Biquad(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in ("b0", "b1", "b2", "a1", "a2", "z1", "z2")]


class _LoudnessView(ctypes.Structure):
    """struct mm_loudness."""

    _fields_ = [
        ("sample_rate_hz", ctypes.c_uint32),
        ("shelf", _Biquad),
        ("high_pass", _Biquad),
        ("sum", ctypes.c_double),
        ("nsamples", ctypes.c_uint32),
        ("nsteps", ctypes.c_uint32),
        ("steps", ctypes.c_float * 4),
    ]


class _LevellerView(ctypes.Structure):
    """struct mm_leveller up to its gain."""

    _fields_ = [
        ("loudness", _LoudnessView),
        ("nblocks", ctypes.c_uint32),
        ("next", ctypes.c_uint32),
        ("blocks", ctypes.c_float * 100),
        ("gain_db", ctypes.c_float),
    ]
