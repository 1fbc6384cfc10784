"""Time slices of threads: one with a short slice begins sooner when it wakes on a busy core.

Since Linux 6.12 a thread of normal priority may set its slice (sched_setattr(2), ``sched_runtime``); the kernel runs the
thread first whose slice ends first, among those that have not had their share. It changes when a thread runs, not how
much. Earlier kernels ignore the request.
"""

import ctypes
import os
import platform
import struct
from typing import Final

__all__ = ["set_slice_us", "slice_us"]

# sched_setattr(2) and sched_getattr(2) have no wrapper in glibc before 2.41.
_CALLS: Final = {"x86_64": (314, 315), "aarch64": (274, 275)}
_ATTRIBUTES: Final = struct.Struct("=IIQiIQQQ")
_RUNTIME: Final = 5
"""Index of ``sched_runtime``, in nanoseconds."""

_libc: Final = ctypes.CDLL(None, use_errno=True)


def slice_us(thread: int) -> int:
    """Return a thread's slice, 0 if the kernel keeps none for it.

    Raises ProcessLookupError if the thread has ended.
    """
    return int(_attributes(thread)[_RUNTIME]) // 1000


def set_slice_us(thread: int, slice_us: int) -> None:
    """Set a thread's slice: 100 to 100,000 us, others are rounded to these by the kernel.

    Raises ProcessLookupError if the thread has ended, OSError if the kernel knows no such request.
    """
    values = list(_attributes(thread))
    values[_RUNTIME] = slice_us * 1000
    _call(0, thread, ctypes.create_string_buffer(_ATTRIBUTES.pack(*values), _ATTRIBUTES.size), 0)


def _attributes(thread: int) -> tuple[int, ...]:
    buffer = ctypes.create_string_buffer(_ATTRIBUTES.size)
    _call(1, thread, buffer, _ATTRIBUTES.size, 0)
    return _ATTRIBUTES.unpack(buffer.raw)


def _call(index: int, *arguments: object) -> None:
    numbers = _CALLS.get(platform.machine())
    if numbers is None:
        raise OSError(f"the system calls of {platform.machine()} are not known")
    if _libc.syscall(numbers[index], *arguments):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
