"""Functions of pjlib and pjmedia that pjsua2 does not expose, by ctypes: timers and the conference bridge."""

import ctypes
import functools
import os
from typing import Final

import pjsua2 as pj  # type: ignore[import-untyped]  # the wheel has no types

__all__ = ["BRIDGE_RATE_HZ", "ConferenceBridge", "Slots", "Timers", "load_library", "seed_random"]

BRIDGE_RATE_HZ: Final = 8_000
# One channel, 20 ms (pjsua_media_config_default), two bytes a sample.
_FRAME_BYTES: Final = BRIDGE_RATE_HZ * 20 // 1000 * 2


def load_library() -> ctypes.CDLL:
    """Return the library inside the wheel, which pjsua2 has loaded already."""
    return ctypes.CDLL(pj._pjsua2.__file__)


def seed_random(library: ctypes.CDLL) -> None:
    """Seed pjlib's random numbers, of which Call-IDs, tags and branches are made, with the system's.

    libCreate seeds them, and a fork copies their state: two workers would send the same Call-IDs.
    """
    library.pj_srand(ctypes.c_uint(int.from_bytes(os.urandom(4))))


class _TimeValue(ctypes.Structure):
    """pj_time_val (pj/types.h)."""

    _fields_ = (("seconds", ctypes.c_long), ("milliseconds", ctypes.c_long))

    @property
    def total_s(self) -> float:
        return float(self.seconds + self.milliseconds / 1000)


class Timers:
    """pjsip's timer heap: retransmissions (T1 = 500 ms), session timers and the like."""

    def __init__(self, library: ctypes.CDLL) -> None:
        library.pjsua_get_pjsip_endpt.restype = ctypes.c_void_p
        library.pjsip_endpt_get_timer_heap.restype = ctypes.c_void_p
        library.pj_timer_heap_count.restype = ctypes.c_size_t
        endpoint = ctypes.c_void_p(library.pjsua_get_pjsip_endpt())
        heap = ctypes.c_void_p(library.pjsip_endpt_get_timer_heap(endpoint))
        self._due, self._now = _TimeValue(), _TimeValue()
        self._count = functools.partial(library.pj_timer_heap_count, heap)
        self._read_due = functools.partial(library.pj_timer_heap_earliest_time, heap, ctypes.byref(self._due))
        self._read_now = functools.partial(library.pj_gettickcount, ctypes.byref(self._now))

    def next_s(self) -> float:
        """Return the time until the next timer expires.

        Infinity if there is none, negative if it has expired.
        """
        # Asked for the earliest timer of an empty heap, pjlib aborts the process.
        if self._count() == 0:
            return float("inf")
        self._read_due()
        self._read_now()
        return self._due.total_s - self._now.total_s


class Slots:
    """pjsua's call slots, which stay taken until a dialog is over, while ``onCallState`` reports the end earlier."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._found = (ctypes.c_int * int(library.pjsua_call_get_max_count()))()

    def taken(self) -> frozenset[int]:
        """Return the slots that have a dialog."""
        count = ctypes.c_uint(len(self._found))
        self._library.pjsua_enum_calls(self._found, ctypes.byref(count))
        return frozenset(self._found[: count.value])


class _Frame(ctypes.Structure):
    """pjmedia_frame (pjmedia/frame.h)."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("size", ctypes.c_size_t),
        ("timestamp", ctypes.c_uint64),
        ("bit_info", ctypes.c_uint32),
    )


class ConferenceBridge:
    """pjsua's conference bridge, without a sound device and so without a clock.

    No audio goes through it, but every call adds its stream to it. Removed streams wait in the bridge's
    queue, with their memory pools, until its next frame.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        """Disconnect the sound device; pjsua2 must be initialised."""
        library.pjsua_set_no_snd_dev.restype = ctypes.c_void_p
        self._library = library
        self._master_port = ctypes.c_void_p(library.pjsua_set_no_snd_dev())
        self._buffer = ctypes.create_string_buffer(_FRAME_BYTES)

    def free_removed_streams(self) -> None:
        """Run the bridge for one frame."""
        # Of another size than the port's, pjmedia aborts the process.
        frame = _Frame(buffer=ctypes.addressof(self._buffer), size=_FRAME_BYTES)
        self._library.pjmedia_port_get_frame(self._master_port, ctypes.byref(frame))
