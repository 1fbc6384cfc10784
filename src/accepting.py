"""Listening sockets of TCP, and the connections that they accept."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from mixminus.hosts import IPV6, family_of

__all__ = ["accepted", "listening_socket"]

_BACKLOG: Final = 128
# The kernel cannot give a socket now, but later: no descriptors, no memory.
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE_S: Final = 0.2


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address, of IPv6 alone if that is one of IPv6; raise OSError if it cannot."""
    family = socket.AF_INET6 if family_of(host) == IPV6 else socket.AF_INET
    opened = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    opened.setblocking(False)
    return opened


async def accepted(
    opened: socket.socket, on_exhausted: Callable[[str], None]
) -> AsyncIterator[tuple[socket.socket, Any]]:
    """Yield each connection with the far end's address, for ever.

    ``on_exhausted`` is called with the cause while the kernel has no descriptor or memory for one; it waits in the
    backlog meanwhile.
    """
    loop = asyncio.get_running_loop()
    while True:
        try:
            connection, address = await loop.sock_accept(opened)
        except OSError as error:
            if error.errno in _EXHAUSTED:
                on_exhausted(error.strerror or str(error))
                await asyncio.sleep(_PAUSE_S)
            continue  # otherwise the client has gone meanwhile
        yield connection, address
