"""Names of threads, as ``ps -L``, ``top -H`` and profilers show them: Python's own names do not reach the kernel."""

import ctypes
from concurrent.futures import ThreadPoolExecutor
from typing import Final

__all__ = ["name_thread", "named_threads"]

_PR_SET_NAME: Final = 15  # <linux/prctl.h>
_MAX_NAME_BYTES: Final = 15  # TASK_COMM_LEN without its terminator


def name_thread(name: str) -> None:
    """Name the calling thread; of the main thread it is the name of the process. 15 bytes count."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:_MAX_NAME_BYTES], 0, 0, 0)


def named_threads(count: int, name: str) -> ThreadPoolExecutor:
    """Return an executor of at most ``count`` threads with this name."""
    return ThreadPoolExecutor(count, thread_name_prefix=name, initializer=name_thread, initargs=(name,))
