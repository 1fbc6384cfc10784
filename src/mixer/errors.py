"""Errors of the engine that are no one else's, and what its result codes mean."""

import errno
from typing import Final

from mixminus.errors import Conflict, Exhausted, InvalidArgument, MixMinusError, Unavailable

__all__ = ["REFUSALS", "PortClosed"]


class PortClosed(Conflict):
    """The port was closed, or its engine."""

    reason = "PORT_CLOSED"


# errno -> what the one gate in _engine.pyx raises
REFUSALS: Final[dict[int, tuple[type[MixMinusError], str]]] = {
    errno.EAGAIN: (Unavailable, "the engine is behind with its commands"),
    errno.ENOMEM: (Exhausted, "out of memory"),
    errno.EMFILE: (Exhausted, "out of file descriptors"),
    errno.ENFILE: (Exhausted, "out of file descriptors"),
    errno.ENOSPC: (Exhausted, "no place is left"),
    errno.EADDRINUSE: (Exhausted, "no UDP port is free"),
    errno.EADDRNOTAVAIL: (InvalidArgument, "the address is not one of this machine"),
    errno.EINVAL: (InvalidArgument, "an argument is out of range"),
    errno.ENOSYS: (Unavailable, "this needs libopus or libsrtp, which was not found"),
    errno.ELIBACC: (Unavailable, "libopus or libsrtp cannot be loaded"),
    errno.EBUSY: (Conflict, "still in use, or in use elsewhere"),
    errno.EPERM: (Conflict, "only a manual engine is ticked by hand"),
    errno.ENOTSUP: (Conflict, "telephone-event was not negotiated"),
    errno.EBADF: (PortClosed, "the port is closed"),
}
