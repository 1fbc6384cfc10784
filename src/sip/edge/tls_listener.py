"""The TLS side of the SIP port: connections are bounded while their handshake goes on, too."""

import asyncio
import errno
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Final

from mixminus import log
from mixminus.hosts import IPV6, family_of
from mixminus.sip.edge.crowd import first_to_leave
from mixminus.tasks import TaskScope

__all__ = ["HANDSHAKE_S", "MAX_HANDSHAKES", "TlsListener"]

HANDSHAKE_S: Final = 5.0
MAX_HANDSHAKES: Final = 96
"""At once. A handshake takes a phone a fraction of a second; one more ends the oldest of the most crowded prefix."""
_BACKLOG: Final = 128
# The kernel cannot give a socket now, but later: no descriptors, no memory.
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE_S: Final = 0.2

_log = log.get("sip.edge")


class TlsListener:
    """Accepts connections on some addresses, and gives each to a protocol after its handshake."""

    def __init__(
        self, make: Callable[[], asyncio.Protocol], tls: ssl.SSLContext, counters: Counter[str]
    ) -> None:
        self._make = make
        self._tls = tls
        self._counters = counters
        self._sockets: list[socket.socket] = []
        self._handshakes: dict[asyncio.Task[None], str] = {}
        """With their hosts, oldest first."""
        self._tasks = TaskScope(log.task_failed("sip.edge"))

    def listen(self, host: str, port: int) -> int:
        """Listen on an address; return the port. Raise OSError if it cannot."""
        family = socket.AF_INET6 if family_of(host) == IPV6 else socket.AF_INET
        opened = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        opened.setblocking(False)
        self._sockets.append(opened)
        self._tasks.spawn("accept", self._accept(opened))
        return int(opened.getsockname()[1])

    async def close(self) -> None:
        """Accept no more; connections that are open stay."""
        await self._tasks.close()
        for opened in self._sockets:
            opened.close()

    async def _accept(self, opened: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(opened)
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    _log.warning("TLS connection cannot be accepted", cause=error.strerror)
                    await asyncio.sleep(_PAUSE_S)
                continue  # otherwise the client has gone meanwhile
            self._make_room()
            task = self._tasks.spawn("handshake", self._shake(accepted))
            self._handshakes[task] = address[0]
            task.add_done_callback(self._handshakes.pop)

    def _make_room(self) -> None:
        if len(self._handshakes) < MAX_HANDSHAKES:
            return
        if leaves := first_to_leave(list(self._handshakes.items())):
            self._counters["sip_edge_connection_refused"] += 1
            del self._handshakes[leaves]
            leaves.remove_done_callback(self._handshakes.pop)
            leaves.cancel()

    async def _shake(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make, accepted, ssl=self._tls, ssl_handshake_timeout=HANDSHAKE_S
            )
        except OSError:  # the client has gone, does not speak TLS, or takes too long
            accepted.close()
        except BaseException:
            accepted.close()
            raise
