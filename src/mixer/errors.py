"""Errors specific to the engine, and the errors that its result codes mean."""

import errno
from typing import Final

from mixminus.errors import Conflict, Exhausted, InvalidArgument, MixMinusError, Unavailable

__all__ = ["REFUSALS", "PortClosed"]


class PortClosed(Conflict):
    """The port was closed, or its engine."""

    reason = "PORT_CLOSED"


# errno -> the error that check() in _engine.pyx raises
REFUSALS: Final[dict[int, tuple[type[MixMinusError], str]]] = {
    errno.EAGAIN: (Unavailable, "too many commands are queued in the engine; try again"),
    errno.ENOMEM: (Exhausted, "out of memory"),
    errno.EMFILE: (Exhausted, "out of file descriptors"),
    errno.ENFILE: (Exhausted, "out of file descriptors"),
    errno.ENOSPC: (Exhausted, "the engine's limit for this resource is reached"),
    errno.EADDRINUSE: (Exhausted, "no UDP port of the configured range is free"),
    errno.EADDRNOTAVAIL: (InvalidArgument, "the address does not belong to this machine"),
    errno.EINVAL: (InvalidArgument, "an argument is out of range"),
    errno.ENOSYS: (Unavailable, "libopus or libsrtp is required and was not found"),
    errno.ELIBACC: (Unavailable, "libopus, libsrtp or librnnoise cannot be loaded"),
    errno.ENOPKG: (Unavailable, "librnnoise was not found: install the extra mixminus[noise]"),
    errno.EBUSY: (Conflict, "the object is still in use, or attached elsewhere"),
    errno.EPERM: (Conflict, "tick() requires a manual engine"),
    errno.ENOTSUP: (Conflict, "telephone-event was not negotiated"),
    errno.ENOTCONN: (Conflict, "the link is not connected"),
    errno.EEXIST: (Conflict, "the link has used this number of a talker; take another, or a new link"),
    errno.EBADF: (PortClosed, "the port is closed"),
}
