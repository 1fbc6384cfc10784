"""The jitter buffer of the engine (``native/rtp/jbuf.h``) through ctypes."""

import ctypes
import enum

from tests.support.native import library

SLOTS = 64
MAX_PAYLOAD_BYTES = 1300
BUCKETS = 64


class Verdict(enum.IntEnum):
    """What ``mm_jbuf_get`` decided."""

    PACKET = 0
    LOST = 1
    EMPTY = 2
    HOLD = 3


class Packet(ctypes.Structure):
    """``struct mm_jbuf_packet``."""

    _fields_ = [
        ("extended_sequence", ctypes.c_uint32),
        ("timestamp", ctypes.c_uint32),
        ("ticks", ctypes.c_uint32),
        ("arrival_us", ctypes.c_int64),
        ("size", ctypes.c_uint16),
        ("payload_type", ctypes.c_uint8),
        ("level_dbov", ctypes.c_uint8),
        ("begins", ctypes.c_bool),
        ("pauses", ctypes.c_bool),
        ("payload", ctypes.c_uint8 * MAX_PAYLOAD_BYTES),
    ]


class Counters(ctypes.Structure):
    """``struct mm_jbuf_counters``."""

    _fields_ = [
        (name, ctypes.c_uint64) for name in ("late", "lost", "reordered", "duplicate", "overrun", "underrun")
    ]


class Estimator(ctypes.Structure):
    """``struct mm_jbuf_estimator``."""

    _fields_ = [
        ("anchored", ctypes.c_bool),
        ("newest_timestamp", ctypes.c_uint32),
        ("newest_ticks", ctypes.c_int64),
        ("least_transit_us", ctypes.c_int64 * 2),
        ("window_start_us", ctypes.c_int64),
        ("nobserved", ctypes.c_uint32),
        ("histogram", ctypes.c_float * BUCKETS),
    ]


class Jbuf(ctypes.Structure):
    """``struct mm_jbuf``."""

    _fields_ = [
        ("state", ctypes.c_int),
        ("clock_rate_hz", ctypes.c_uint32),
        ("packet_ticks", ctypes.c_uint32),
        ("max_delay_ms", ctypes.c_uint32),
        ("target_delay_ms", ctypes.c_float),
        ("next_sequence", ctypes.c_uint32),
        ("next_timestamp", ctypes.c_uint32),
        ("newest_sequence", ctypes.c_uint32),
        ("seen", ctypes.c_uint64),
        ("conceal_ticks", ctypes.c_uint32),
        ("starved_ticks", ctypes.c_uint32),
        ("nqueued", ctypes.c_uint32),
        ("queued_ticks", ctypes.c_uint32),
        ("pausing", ctypes.c_bool),
        ("audio_end_us", ctypes.c_int64),
        ("playout_delay_us", ctypes.c_int64),
        ("counters", Counters),
        ("estimator", Estimator),
        ("slots", ctypes.c_uint8 * SLOTS),
        ("spare", ctypes.c_uint8 * SLOTS),
        ("nspare", ctypes.c_uint32),
        ("packets", Packet * SLOTS),
    ]


class JitterBuffer:
    """A jitter buffer with 8 kHz timestamps, whose clock is the test."""

    def __init__(self, *, max_delay_ms: int = 200, clock_rate_hz: int = 8000) -> None:
        self._native = library()
        self._native.mm_jbuf_depth_ms.restype = ctypes.c_float
        self._jbuf = Jbuf()
        self._native.mm_jbuf_init(ctypes.byref(self._jbuf), clock_rate_hz, max_delay_ms)

    def put(
        self,
        sequence: int,
        *,
        at_ms: float,
        timestamp: int | None = None,
        ticks: int = 160,
        pauses: bool = False,
        size: int = 4,
    ) -> int:
        """Put a packet; by default its timestamp follows from its sequence number."""
        header = Packet(
            extended_sequence=sequence % 2**32,
            timestamp=(sequence * 160 if timestamp is None else timestamp) % 2**32,
            ticks=ticks,
            arrival_us=round(at_ms * 1000),
            pauses=pauses,
        )
        return int(
            self._native.mm_jbuf_put(ctypes.byref(self._jbuf), ctypes.byref(header), bytes(size), size)
        )

    def get(self, *, at_ms: float) -> tuple[Verdict, Packet | None]:
        """Return what is to be played at ``at_ms``."""
        packet = ctypes.POINTER(Packet)()
        verdict = self._native.mm_jbuf_get(
            ctypes.byref(self._jbuf), ctypes.c_int64(round(at_ms * 1000)), ctypes.byref(packet)
        )
        return Verdict(verdict), packet.contents if packet else None

    def reset(self) -> None:
        """Reset for another source."""
        self._native.mm_jbuf_reset(ctypes.byref(self._jbuf), self._jbuf.clock_rate_hz)

    def correction(self, held_ms: float = 0.0) -> int:
        """Return the excess delay, ms."""
        return int(self._native.mm_jbuf_correction(ctypes.byref(self._jbuf), ctypes.c_float(held_ms)))

    @property
    def depth_ms(self) -> float:
        """Queued audio, ms."""
        return float(self._native.mm_jbuf_depth_ms(ctypes.byref(self._jbuf)))

    @property
    def target_delay_ms(self) -> float:
        """The delay that the buffer aims at, ms."""
        return float(self._jbuf.target_delay_ms)

    @property
    def delay_ms(self) -> float:
        """Delay of the last packet played, ms."""
        return float(self._jbuf.playout_delay_us) / 1000

    @property
    def queued(self) -> int:
        """Number of queued packets."""
        return int(self._jbuf.nqueued)

    @property
    def counters(self) -> dict[str, int]:
        """The buffer's counters."""
        return {name: int(getattr(self._jbuf.counters, name)) for name, *_ in Counters._fields_}
