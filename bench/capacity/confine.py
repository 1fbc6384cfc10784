"""Run a command on some cores: ``python confine.py CORES privileged|unprivileged COMMAND …``.

Unprivileged: without real-time priority and without higher priority, also as root. A script, not a module, because
the command runs in a folder of its own.
"""

import ctypes
import os
import resource
import sys
from typing import Final

__all__: list[str] = []

# <linux/prctl.h>, <linux/capability.h>
_PR_CAPBSET_DROP: Final = 24
_CAP_SYS_NICE: Final = 23
_CAP_SYS_RESOURCE: Final = 24


def main(cores: str, privilege: str, *command: str) -> None:
    """Replace this process by the command."""
    os.sched_setaffinity(0, map(int, cores.split(",")))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if privilege == "unprivileged":
        resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
        resource.setrlimit(resource.RLIMIT_NICE, (0, 0))
        # What is dropped from the bounding set is not regained by exec, not even as root (capabilities(7)).
        for capability in (_CAP_SYS_NICE, _CAP_SYS_RESOURCE):
            ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
