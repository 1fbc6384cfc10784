"""The name under which a process shows itself to ``ps`` and ``top``."""

import ctypes
from typing import Final

__all__ = ["name_process"]

_PR_SET_NAME: Final = 15  # <linux/prctl.h>
_MAX_BYTES: Final = 15  # TASK_COMM_LEN without its end


def name_process(name: str) -> None:
    """Name the calling process; at most 15 characters count."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:_MAX_BYTES], 0, 0, 0)
