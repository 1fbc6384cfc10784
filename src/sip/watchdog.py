"""The watchdog: the kernel ends a child process whose loop has stopped turning.

Children of the server live as long as their socket to it: end of file is their
order to leave, so they ignore the signals that a terminal or a service manager
sends to the whole group, and leave the order of things to the server. A child
that hangs would never see that end of file; SIGALRM, left at its default
action, takes care of it.
"""

import signal
from typing import Final

__all__ = ["LIMIT_S", "live_by_socket", "rearm"]

LIMIT_S: Final = 15


def live_by_socket() -> None:
    """Leave only by end of file, by SIGKILL, or by the watchdog."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    rearm()


def rearm() -> None:
    """Say that the loop turns; the next time must come within LIMIT_S."""
    signal.alarm(LIMIT_S)
