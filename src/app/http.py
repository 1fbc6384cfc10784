"""HTTP and HTTPS: listening sockets, whose connections are counted before anything is read from them."""

import asyncio
import resource
import socket
import ssl
from contextlib import AsyncExitStack
from typing import Final

from aiohttp import web

from mixminus import log
from mixminus.accepting import accepted, listening_socket
from mixminus.api.connection import Connection
from mixminus.api.connections import Connections, Place
from mixminus.app.addresses import advertised_hosts
from mixminus.app.certificates import Certificates
from mixminus.app.listeners import listening
from mixminus.app.settings import Settings
from mixminus.clock import Clock
from mixminus.tasks import TaskScope

__all__ = ["HttpAddresses", "Listener", "open_connections", "start_http"]

# Idle connections close at once; a download that runs gets this long to end.
SHUTDOWN_S: Final = 2.0
LOOK_S: Final = 1.0

HttpAddresses = tuple[tuple[str, int], tuple[str, int] | None]
"""Of HTTP and HTTPS, the latter with the host to advertise; None without a port for it."""

_log = log.get("http")


def open_connections(settings: Settings, clock: Clock) -> Connections:
    """Return the bounds of HTTP connections: whatever they take, calls and the database keep half of all descriptors."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Connections(
        clock,
        per_source=settings.http_max_connections_per_source,
        total=min(settings.http_max_connections, descriptors // 2),
    )


async def start_http(
    settings: Settings,
    application: web.Application,
    connections: Connections,
    certificates: Certificates | None,
    stack: AsyncExitStack,
) -> HttpAddresses:
    """Serve the application until the stack is closed."""
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    assert runner.server is not None
    listener = Listener(runner.server, connections)
    stack.push_async_callback(listener.close)
    hosts = settings.http_hosts
    http = hosts[0], listener.listen("http", hosts, settings.http_port)
    if certificates is None or settings.https_port is None:
        return http, None
    port = listener.listen("https", hosts, settings.https_port, certificates.tls.context)
    return http, (advertised_hosts(settings, hosts)[0], port)


class Listener:
    """Accepts connections. Those that are still in their TLS handshake count, too."""

    def __init__(self, server: web.Server, connections: Connections) -> None:
        self._server = server
        self._connections = connections
        self._sockets: list[socket.socket] = []
        self._tasks = TaskScope(log.task_failed("http"))
        self._tasks.keep("deadlines", self._watch)

    def listen(self, part: str, hosts: tuple[str, ...], port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listen on each address; return the port, which is the same on all of them."""
        for host in hosts:
            with listening(part, host, port, host_setting="http_host"):
                opened = listening_socket(host, port)
            self._sockets.append(opened)
            port = int(opened.getsockname()[1])
            self._tasks.keep("accept", self._accept, opened, tls)
        return port

    async def close(self) -> None:
        """Accept no more; connections that are open stay."""
        await self._tasks.close()
        for opened in self._sockets:
            opened.close()

    async def _watch(self) -> None:
        while True:
            await self._connections.clock.sleep(LOOK_S)
            self._connections.close_late()

    async def _accept(self, opened: socket.socket, tls: ssl.SSLContext | None) -> None:
        async for connection, address in accepted(opened, _exhausted):
            place = self._connections.admit(address[0])
            if place is None:
                connection.close()
            else:
                place.ends_by(self._tasks.spawn("handshake", self._serve(connection, place, tls)).cancel)

    async def _serve(self, connection: socket.socket, place: Place, tls: ssl.SSLContext | None) -> None:
        """Give the connection to aiohttp, after the TLS handshake if there is one."""
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        try:
            await loop.connect_accepted_socket(
                lambda: Connection(self._server, self._connections, place), connection, ssl=tls
            )
        except OSError:  # the client has gone, or does not speak TLS
            self._connections.release(place)
        except BaseException:
            self._connections.release(place)
            connection.close()
            raise


def _exhausted(cause: str) -> None:
    _log.warning("HTTP connection cannot be accepted", cause=cause)
