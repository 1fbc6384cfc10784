"""Benchmark the kernels one by one: ``pytest bench --benchmark-only``; ratios are within a group.

The references of the mix are numpy and memcpy of the same bytes. The other kernels process
a second of one participant's audio (50 frames); their reference is memcpy of that second.
"""

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from tests.support.codec import G722, OPUS, Decoder, Encoder, Format, libraries
from tests.support.signals import speech_like

from bench.build import load

FRAMES = 50
FRAMES_PER_SECOND = 50
MAX_PAYLOAD_BYTES = 1500
MAX_PACKET_SAMPLES = 5760
# Larger than any of the engine's structs that are initialised in it.
STATE_BYTES = 1 << 17

Pcm = npt.NDArray[np.int16]
Kernel = Callable[..., int]


@cache
def kernels() -> ctypes.CDLL:
    """Return the loops of ``bench/native/kernels.c``."""
    return load("kernels")


def at(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    """Return an array's address."""
    return ctypes.c_void_p(array.ctypes.data)


def state(function: str, *arguments: int) -> npt.NDArray[np.uint64]:
    """Return memory with a struct initialised by one of the engine's ``init`` functions."""
    memory = np.zeros(STATE_BYTES // 8, np.uint64)
    kernels()[function](at(memory), *map(ctypes.c_uint32, arguments))
    return memory


def crowd(ports: int, rate_hz: int) -> Pcm:
    """Return a frame of every participant."""
    shape = (ports, rate_hz // FRAMES_PER_SECOND)
    return np.random.default_rng(1).integers(-3000, 3000, shape).astype(np.int16)


each_crowd = pytest.mark.parametrize(
    ("ports", "rate_hz"),
    [(100, 8000), (100, 48000), (1000, 8000), (1000, 48000)],
)


def named(benchmark: BenchmarkFixture, ports: int, rate_hz: int) -> Pcm:
    """Assign a benchmark to its group, and return its data."""
    benchmark.group = f"mix minus one, {ports} talkers at {rate_hz // 1000} kHz, a tick"
    return crowd(ports, rate_hz)


def numpy_mix(frames: Pcm) -> Pcm:
    """Compute the mix straightforwardly in numpy."""
    mixes: npt.NDArray[np.int32] = frames.sum(axis=0, dtype=np.int32) - frames
    return mixes.clip(-32768, 32767).astype(np.int16)


@each_crowd
def test_mix_kernel(benchmark: BenchmarkFixture, ports: int, rate_hz: int) -> None:
    frames = named(benchmark, ports, rate_hz)
    out = np.empty_like(frames)
    benchmark(
        kernels().kernels_mix,
        at(frames),
        ctypes.c_size_t(ports),
        ctypes.c_size_t(frames.shape[1]),
        at(out),
    )
    assert np.array_equal(out, numpy_mix(frames))


@each_crowd
def test_mix_numpy(benchmark: BenchmarkFixture, ports: int, rate_hz: int) -> None:
    benchmark(numpy_mix, named(benchmark, ports, rate_hz))


@each_crowd
def test_mix_memcpy(benchmark: BenchmarkFixture, ports: int, rate_hz: int) -> None:
    frames = named(benchmark, ports, rate_hz)
    out = np.empty_like(frames)
    benchmark(kernels().kernels_copy, at(out), at(frames), ctypes.c_size_t(frames.size))
    assert np.array_equal(out, frames)


@pytest.mark.benchmark(group="a second of one participant")
def test_second_memcpy(benchmark: BenchmarkFixture) -> None:
    second = speech_like(48000, 48000)
    out = np.empty_like(second)
    benchmark(kernels().kernels_copy, at(out), at(second), ctypes.c_size_t(second.size))


@pytest.mark.benchmark(group="a second of one participant")
@pytest.mark.parametrize(("from_hz", "to_hz"), [(8000, 48000), (48000, 8000), (16000, 48000)])
def test_second_resample(benchmark: BenchmarkFixture, from_hz: int, to_hz: int) -> None:
    frame = speech_like(from_hz, from_hz // FRAMES_PER_SECOND)
    out = np.empty(to_hz // FRAMES_PER_SECOND, np.int16)
    resampler = state("mm_resampler_init", from_hz, to_hz)
    benchmark(
        kernels().kernels_resample,
        at(resampler),
        at(frame),
        ctypes.c_size_t(frame.size),
        at(out),
        ctypes.c_size_t(FRAMES),
    )


@pytest.mark.benchmark(group="a second of one participant")
@pytest.mark.parametrize("loud", [False, True], ids=["transparent", "limiting"])
def test_second_limiter(benchmark: BenchmarkFixture, loud: bool) -> None:
    total = speech_like(48000, 960).astype(np.int32) * (8 if loud else 1)
    out = np.empty(960, np.int16)
    limiter = state("mm_limiter_init", 48000)
    benchmark(
        kernels().kernels_limit,
        at(limiter),
        at(total),
        at(out),
        ctypes.c_size_t(960),
        ctypes.c_size_t(FRAMES),
    )


CODECS = {
    "G722": Format(
        id=G722, clock_rate_hz=8000, sample_rate_hz=16000, ptime_ms=20, payload_type=9, channels=1
    ),
    "Opus": Format(
        id=OPUS,
        clock_rate_hz=48000,
        sample_rate_hz=48000,
        ptime_ms=20,
        bitrate_bps=32000,
        payload_type=96,
        channels=1,
        complexity=5,
    ),
}
each_codec = pytest.mark.parametrize("codec", CODECS)


@pytest.mark.benchmark(group="a second of one participant")
@each_codec
def test_second_encode(benchmark: BenchmarkFixture, codec: str) -> None:
    wire = CODECS[codec]
    second = speech_like(wire.sample_rate_hz, wire.sample_rate_hz)
    encoder = Encoder(wire, libraries())
    payload = np.empty(MAX_PAYLOAD_BYTES, np.uint8)
    bytes_made = benchmark(
        kernels().kernels_encode,
        encoder.block,
        at(second),
        ctypes.c_size_t(wire.sample_rate_hz // FRAMES_PER_SECOND),
        at(payload),
        ctypes.c_size_t(FRAMES),
    )
    assert bytes_made > 0


@pytest.mark.benchmark(group="a second of one participant")
@each_codec
def test_second_decode(benchmark: BenchmarkFixture, codec: str) -> None:
    wire = CODECS[codec]
    opened = libraries()
    payload = Encoder(wire, opened).encode(
        speech_like(wire.sample_rate_hz, wire.sample_rate_hz // FRAMES_PER_SECOND)
    )
    decoder = Decoder(wire, opened)
    pcm = np.empty(MAX_PACKET_SAMPLES, np.int16)
    benchmark(
        kernels().kernels_decode,
        decoder.block,
        payload,
        ctypes.c_size_t(len(payload)),
        at(pcm),
        ctypes.c_size_t(FRAMES),
    )


@pytest.mark.benchmark(group="a second of one participant")
def test_second_jitter_buffer(benchmark: BenchmarkFixture) -> None:
    jbuf = state("mm_jbuf_init", 8000, 200)
    first = 1

    def second() -> int:
        nonlocal first
        played = int(kernels().kernels_jitter(at(jbuf), ctypes.c_uint32(first), ctypes.c_size_t(FRAMES)))
        first += FRAMES
        return played

    assert benchmark(second) == FRAMES
