"""A receiver of the engine (``native/rtp/receiver.h``), whose clock is the test."""

import ctypes
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from tests.support.codec import Format, NativeLibraries
from tests.support.jitter import Jbuf
from tests.support.native import ROOT, library

__all__ = ["Heard", "Receiver", "listen"]

MAX_FORMATS = 6
SILENCE_DBOV = 127
HEADER_WORDS = 16
"""Room enough for a ``struct mm_rtp``."""
COUNTERS = re.findall(
    r"\bX\((\w+)\)", (ROOT / "native" / "engine" / "counters.h").read_text(encoding="utf-8")
)

Pcm = npt.NDArray[np.int16]


class Counters(ctypes.Structure):
    """``struct mm_counters``, with the fields that the header lists."""

    _fields_ = [(name, ctypes.c_uint64) for name in COUNTERS]


class Config(ctypes.Structure):
    """``struct mm_receiver_config``."""

    _fields_ = [
        ("formats", Format * MAX_FORMATS),
        ("nformats", ctypes.c_size_t),
        ("dtmf_payload_type", ctypes.c_uint8),
        ("dtmf_clock_rate_hz", ctypes.c_uint32),
        ("level_extension_id", ctypes.c_uint8),
        ("ptime_ms", ctypes.c_uint32),
        ("max_delay_ms", ctypes.c_uint32),
        ("faded_spurts", ctypes.c_bool),
    ]


class _Ops(ctypes.Structure):
    _fields_ = [
        ("peek", ctypes.CFUNCTYPE(ctypes.c_uint8, ctypes.c_void_p, ctypes.c_int64)),
        ("pull", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)),
        ("skip", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ]


class _Source(ctypes.Structure):
    _fields_ = [("ops", ctypes.POINTER(_Ops)), ("sample_rate_hz", ctypes.c_uint32)]


class _Digit(ctypes.Structure):
    _fields_ = [("digit", ctypes.c_char), ("duration_ms", ctypes.c_uint32)]


class Receiver:
    """The stream of one participant; a context manager."""

    def __init__(
        self,
        formats: Sequence[Format],
        opened: NativeLibraries,
        *,
        ptime_ms: int = 20,
        max_delay_ms: int = 200,
        dtmf_payload_type: int = 0,
        level_extension_id: int = 0,
    ) -> None:
        self._native = library()
        self._counters = Counters()
        self._opened = opened
        self._ptime_ms = ptime_ms
        config = Config(
            formats=(Format * MAX_FORMATS)(*formats),
            nformats=len(formats),
            dtmf_payload_type=dtmf_payload_type,
            dtmf_clock_rate_hz=8000,
            level_extension_id=level_extension_id,
            ptime_ms=ptime_ms,
            max_delay_ms=max_delay_ms,
        )
        self._receiver = ctypes.c_void_p()
        self.error = int(
            self._native.mm_receiver_open(
                ctypes.byref(self._receiver),
                ctypes.byref(config),
                ctypes.byref(opened),
                ctypes.byref(self._counters),
            )
        )
        if self.error == 0:
            self._native.mm_receiver_source.restype = ctypes.POINTER(_Source)
            self._native.mm_receiver_jbuf.restype = ctypes.POINTER(Jbuf)
            self._source = self._native.mm_receiver_source(self._receiver)
            self._jbuf = self._native.mm_receiver_jbuf(self._receiver).contents

    def __enter__(self) -> Self:
        assert self.error == 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._native.mm_receiver_close(self._receiver)

    def packet(self, packet: bytes, *, at_ms: float) -> int:
        """Pass a packet in; return 0 or -errno."""
        # Exactly as long as the packet, so that the address sanitizer sees a read past its end.
        exact = (ctypes.c_uint8 * len(packet)).from_buffer_copy(packet)
        size = ctypes.c_size_t(len(packet))
        header = (ctypes.c_uint64 * HEADER_WORDS)()
        assert self._native.mm_rtp_parse(header, exact, size) == 0, "not a whole RTP packet"
        return int(
            self._native.mm_receiver_packet(self._receiver, header, size, ctypes.c_int64(round(at_ms * 1000)))
        )

    def peek(self, *, at_ms: float) -> int:
        """Begin a tick; return its level."""
        return int(self._source.contents.ops.contents.peek(self._address, round(at_ms * 1000)))

    def pull(self) -> Pcm | None:
        """End a tick and return its frame; None is silence."""
        frame = self._source.contents.ops.contents.pull(self._address)
        if not frame:
            return None
        nsamples = self.sample_rate_hz // 1000 * self._ptime_ms
        return np.array((ctypes.c_int16 * nsamples).from_address(frame), np.int16)

    def skip(self) -> None:
        """End a tick without decoding its frame."""
        self._source.contents.ops.contents.skip(self._address)

    def digits(self, *, at_ms: float) -> list[tuple[str, int]]:
        """Return the digits that have ended: (digit, duration in ms)."""
        digit, taken = _Digit(), []
        while self._native.mm_receiver_digit(
            self._receiver, ctypes.c_int64(round(at_ms * 1000)), ctypes.byref(digit)
        ):
            taken.append((digit.digit.decode(), int(digit.duration_ms)))
        return taken

    @property
    def _address(self) -> int:
        return ctypes.addressof(self._source.contents)

    @property
    def ptime_ms(self) -> int:
        """Length of a tick."""
        return self._ptime_ms

    @property
    def sample_rate_hz(self) -> int:
        """Sample rate of the last frame pulled."""
        return int(self._source.contents.sample_rate_hz)

    @property
    def delay_ms(self) -> float:
        """Approximate delay of the last packet played."""
        return float(self._jbuf.playout_delay_us) / 1000

    @property
    def counters(self) -> dict[str, int]:
        """The counters that are not zero."""
        counted = {name: int(getattr(self._counters, name)) for name in COUNTERS}
        return {name: count for name, count in counted.items() if count}


@dataclass
class Heard:
    """The output of a receiver, tick by tick."""

    frames: list[Pcm] = field(default_factory=list)
    silent: list[bool] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    delays_ms: list[float] = field(default_factory=list)
    digits: list[tuple[str, int]] = field(default_factory=list)

    @property
    def pcm(self) -> Pcm:
        """All frames, silence included."""
        return np.concatenate(self.frames)

    @property
    def first(self) -> int:
        """Index of the first tick with sound."""
        return self.silent.index(False)


def listen(
    receiver: Receiver, arrivals: Iterable[tuple[float, bytes]], *, until_ms: float, from_ms: float = 7.0
) -> Heard:
    """Pass (arrival, packet) pairs in on time, and pull every tick."""
    waiting, heard, at = sorted(arrivals, key=lambda arrival: arrival[0]), Heard(), from_ms
    position = 0
    while at < until_ms:
        while position < len(waiting) and waiting[position][0] <= at:
            receiver.packet(waiting[position][1], at_ms=waiting[position][0])
            position += 1
        heard.digits += receiver.digits(at_ms=at)
        heard.levels.append(receiver.peek(at_ms=at))
        frame = receiver.pull()
        heard.silent.append(frame is None)
        nsamples = receiver.sample_rate_hz // 1000 * receiver.ptime_ms
        heard.frames.append(np.zeros(nsamples, np.int16) if frame is None else frame)
        heard.delays_ms.append(receiver.delay_ms)
        at += receiver.ptime_ms
    return heard
