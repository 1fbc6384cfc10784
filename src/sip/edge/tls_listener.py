"""The TLS side of the SIP port: connections are bounded while their handshake goes on, too."""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Final

from mixminus import log
from mixminus.accepting import accepted, listening_socket
from mixminus.sip.edge.crowd import first_to_leave
from mixminus.tasks import TaskScope

__all__ = ["HANDSHAKE_S", "MAX_HANDSHAKES", "TlsListener"]

HANDSHAKE_S: Final = 5.0
MAX_HANDSHAKES: Final = 96
"""At once. A handshake takes a phone a fraction of a second; one more ends the oldest of the most crowded prefix."""

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
        opened = listening_socket(host, port)
        self._sockets.append(opened)
        self._tasks.keep("accept", self._accept, opened)
        return int(opened.getsockname()[1])

    async def close(self) -> None:
        """Accept no more; connections that are open stay."""
        await self._tasks.close()
        for opened in self._sockets:
            opened.close()

    async def _accept(self, opened: socket.socket) -> None:
        async for connection, address in accepted(opened, _exhausted):
            self._make_room()
            task = self._tasks.spawn("handshake", self._shake(connection))
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

    async def _shake(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._make, connection, ssl=self._tls, ssl_handshake_timeout=HANDSHAKE_S
            )
        except OSError:  # the client has gone, does not speak TLS, or takes too long
            connection.close()
        except BaseException:
            connection.close()
            raise


def _exhausted(cause: str) -> None:
    _log.warning("TLS connection cannot be accepted", cause=cause)
