"""The public UDP sockets beside their transports: what the kernel drops of what comes to them, and how much that was."""

import socket
from typing import Final

from mixminus.hosts import IPV6, family_of
from mixminus.sip.socket_filter import drop_sources, dropped

__all__ = ["UdpSockets"]

_RECEIVE_BUFFER_BYTES: Final = 1 << 20
"""A tenth of a second of a flood: what does not fit is lost, and a larger buffer would delay every message behind the flood."""


class UdpSockets:
    """One socket for each address."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._sources: tuple[str, ...] = ()

    def open(self, host: str, port: int) -> socket.socket:
        """Return a socket of the host's family alone, which the caller closes: the other family has its own."""
        family = socket.AF_INET6 if family_of(host) == IPV6 else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_DGRAM)
        try:
            opened.setblocking(False)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            opened.bind((host, port))
        except OSError:
            opened.close()
            raise
        self._sockets.append(opened.dup())
        return opened

    def drop_sources(self, sources: tuple[str, ...]) -> None:
        """Let the kernel drop what comes from these sources, and nothing else."""
        if sources != self._sources:
            self._sources = sources
            for each in self._sockets:
                drop_sources(each, sources)

    def dropped(self) -> int:
        """Return how many datagrams the kernel has dropped: from these sources, or because the edge was too slow."""
        return sum(map(dropped, self._sockets))

    def close(self) -> None:
        while self._sockets:
            self._sockets.pop().close()
