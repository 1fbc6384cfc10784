"""Run a command in a private network: ``python -m tests.support.netns COMMAND …``.

Phones refuse loopback interfaces, and tests must not reach the real network: the command runs in a
network namespace with only ``lo`` and one Ethernet interface, 10.99.0.1 and fd99::1. Works as root, or
with unprivileged user namespaces. Each process of a parallel run enters one of its own, so that no two
want one port.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from typing import Final

ADDRESS: Final = "10.99.0.1"
ADDRESS6: Final = "fd99::1"
_SETUP: Final = (
    "ip link set lo up"
    " && ip link add v0 type veth peer name v1"
    f" && ip addr add {ADDRESS}/24 dev v0"
    f" && ip addr add {ADDRESS6}/64 dev v0 nodad"
    " && ip link set v0 up && ip link set v1 up && ip route add default dev v0"
    " && ip -6 route add default dev v0"
)
_CLONE_NEWNET: Final = 0x4000_0000


def inside() -> bool:
    """Return whether this process is in the private network."""
    ip = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if ip is None:
        return False
    shown = subprocess.run([ip, "-brief", "addr"], capture_output=True, text=True, check=False).stdout
    return f"{ADDRESS}/24" in shown


def enter() -> None:
    """Move this thread, and what it starts from now on, to a private network; its open sockets stay in the old one.

    Raises:
        OSError: this process may not make a network namespace: it is not root, nor root of its user namespace.
    """
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a process of the tests gets no network of its own")
    subprocess.run(["sh", "-c", _SETUP], check=True)


def main() -> None:
    """Replace this process by the command, in a private network."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    flags = ["--net"] if os.geteuid() == 0 else ["--net", "--user", "--map-root-user"]
    os.execvp("unshare", ["unshare", *flags, "sh", "-c", _SETUP + ' && exec "$@"', "sh", *sys.argv[1:]])


if __name__ == "__main__":
    main()
