"""The edge's sockets: on the public side SIP over UDP, TCP, TLS and secure WebSockets, UDP towards the workers."""

import asyncio
import itertools
import secrets
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from mixminus import log
from mixminus.clock import Clock
from mixminus.errors import MixMinusError
from mixminus.hosts import family_of, network_of
from mixminus.sip.edge.addressing import LOOPBACK, ToPhone, ToWorker
from mixminus.sip.edge.connection import IDLE_S, PARTIAL_S, Connection
from mixminus.sip.edge.crowd import first_to_leave
from mixminus.sip.edge.tls_listener import HANDSHAKE_S, TlsListener
from mixminus.sip.edge.udp_sockets import UdpSockets
from mixminus.sip.edge.websocket import WebSocketConnection
from mixminus.sip.internal_headers import Flow
from mixminus.tasks import TaskScope
from mixminus.tls import ServerTls, client_context

__all__ = ["Network"]

_MAX_CONNECTIONS: Final = 1024
_MAX_CONNECTIONS_A_HOST: Final = 256
# Of hosts that have proved nothing yet: for each, for its prefix, and for all together.
_MAX_UNKNOWN_A_HOST: Final = 32
_MAX_UNKNOWN_A_PREFIX: Final = 128
_MAX_UNKNOWN: Final = 768
_MAX_CONNECTS: Final = 64
_MAX_WAITING: Final = 64
_BIND_ATTEMPTS: Final = 16
_NUMBER_BITS: Final = 48
_EVERYWHERE: Final = {4: "0.0.0.0", 6: "::"}

Receive = Callable[[bytes, Flow], None]
_Address = tuple[str, str, str, int]
"""Transport, name, host and port: a connection that was verified for one name does not serve another."""

_log = log.get("sip.edge")


class Network:
    """Owns every socket: passes on received messages, and sends."""

    def __init__(
        self,
        clock: Clock,
        on_phone: Receive,
        on_worker: Callable[[bytes, int], None],
        counters: Counter[str],
        *,
        on_undelivered: Callable[[bytes], None] = lambda _: None,
        on_websocket_closed: Callable[[Flow], None] = lambda _: None,
        is_known: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """``is_known`` returns whether a host has been verified."""
        self._is_known = is_known
        self.clock = clock
        self.port = 0
        self.inner_port = 0
        self._counters = counters
        self._on_phone = on_phone
        self._on_worker = on_worker
        self._on_undelivered = on_undelivered
        self._on_websocket_closed = on_websocket_closed
        self._public: dict[int, asyncio.DatagramTransport] = {}
        """By family of addresses."""
        self._sockets = UdpSockets()
        """Of ``_public``."""
        self._inner: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._tls: dict[bool, ServerTls] = {}
        """By whether it is for WebSockets."""
        self._tls_listeners: list[TlsListener] = []
        self._trusted: ssl.SSLContext | None = None
        """For connections that we open over TLS; made when it is first needed."""
        self._trusted_file = self._clients_file = ""
        self._connections: dict[int, Connection] = {}
        # Registrations over TCP keep the number of their connection and outlive this process: after a
        # restart another connection must not get the same number.
        self._numbers = itertools.count(1 + secrets.randbits(_NUMBER_BITS))
        self._opened: dict[_Address, int] = {}
        """Connections that we have opened, by remote address."""
        self._connecting: dict[_Address, list[bytes]] = {}
        """Messages that wait for a connection."""
        self._tasks = TaskScope(log.task_failed("sip.edge"))

    async def open(self, hosts: Sequence[str], port: int, inner_port: int, *, relay_host: str = "") -> None:
        """Bind to each address; port 0 chooses one that is free on all, for both UDP and TCP.

        ``relay_host`` is where other nodes reach this one, by TCP on the same port.
        """
        loop = asyncio.get_running_loop()
        for attempt in itertools.count(1):
            try:
                await self._open_public(hosts, port, relay_host)
                break
            except OSError:
                if port or attempt == _BIND_ATTEMPTS:
                    raise
        self._inner, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._from_worker), local_addr=(LOOPBACK, inner_port)
        )
        self.inner_port = int(self._inner.get_extra_info("sockname")[1])

    async def _open_public(self, hosts: Sequence[str], port: int, relay_host: str) -> None:
        loop = asyncio.get_running_loop()
        self.port = port
        try:
            for host in hosts:
                public, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self._from_phone), sock=self._sockets.open(host, self.port)
                )
                self._public[family_of(host)] = public
                self.port = int(public.get_extra_info("sockname")[1])
            listening = [*hosts, relay_host] if relay_host and not _covers(hosts, relay_host) else hosts
            self._server = await loop.create_server(lambda: Connection(self), listening, self.port)
        except OSError:
            for public in self._public.values():
                public.close()
            self._public.clear()
            self._sockets.close()
            raise

    async def open_tls(
        self, hosts: Sequence[str], port: int, certificate: str, key: str, *, websocket: bool = False
    ) -> int:
        """Listen for TLS, or for WebSockets over TLS; return the port.

        Raise Unavailable if the certificate cannot be used.
        """
        # Browsers would ask their users for a certificate.
        clients = Path(self._clients_file) if self._clients_file and not websocket else None
        tls = self._tls[websocket] = ServerTls(Path(certificate), Path(key), clients)
        accepted = WebSocketConnection if websocket else Connection
        listener = TlsListener(lambda: accepted(self), tls.context, self._counters)
        self._tls_listeners.append(listener)
        for host in hosts:
            port = listener.listen(host, port)
        return port

    def trust(self, authorities: str, clients: str) -> None:
        """Verify the servers that we connect to by a PEM file of authorities, besides the system's.

        Clients over TLS are asked for a certificate of an authority in the other file; empty for not asking.
        """
        self._trusted_file, self._clients_file = authorities, clients

    def refresh_tls(self) -> None:
        """Use the newest certificate for new connections."""
        refreshed = [each.refresh() for each in self._tls.values()]
        if any(refreshed):
            self._trusted = None

    def names_of(self, flow: Flow) -> tuple[str, ...]:
        """Return the domains of the certificate that the client of a connection has presented; empty without one."""
        connection = self._connections.get(flow.connection)
        return connection.names if connection else ()

    def send(self, action: ToPhone | ToWorker | None) -> None:
        """Send a message; one that cannot be sent is counted and dropped."""
        match action:
            case ToWorker(sip_port, message) if self._inner:
                self._inner.sendto(message, (LOOPBACK, sip_port))
            case ToPhone(Flow("UDP", host, port), message):
                try:
                    self._public[family_of(host)].sendto(message, (host, port))
                except (KeyError, OSError, ValueError):  # a Contact of a family that we do not have
                    self._counters["sip_edge_unsendable"] += 1
            case ToPhone(flow, message):
                self._send_stream(flow, message)

    def addresses(self, flow: Flow) -> tuple[tuple[str, int], tuple[str, int]] | None:
        """Return our address and the far end's of a flow's connection; None if it has none."""
        connection = self._connections.get(flow.connection) or self._connections.get(
            self._opened.get(_address_of(flow), 0)
        )
        return connection.addresses if connection else None

    def drop_sources(self, sources: tuple[str, ...]) -> None:
        """Let the kernel drop datagrams of these sources, and of no others."""
        self._sockets.drop_sources(sources)

    def dropped_by_kernel(self) -> int:
        """Return how many datagrams of phones never reached this process."""
        return self._sockets.dropped()

    def close_idle(self, now_s: float) -> None:
        """Close connections that are idle, or take too long for a message; keep the others alive."""
        for connection in list(self._connections.values()):
            connection.keep_alive(now_s)
            if now_s > connection.deadline_s(known=self._is_known(connection.flow.host)):
                self._counters["sip_edge_connection_idle"] += 1
                connection.close()

    async def close(self) -> None:
        await self._tasks.close()
        for listener in self._tls_listeners:
            await listener.close()
        for transport in (*self._public.values(), self._inner, self._server):
            if transport:
                transport.close()
        self._sockets.close()
        for connection in list(self._connections.values()):
            connection.close()

    def accept(self, connection: Connection, host: str) -> int:
        """Return the number of a new connection; 0 refuses it."""
        if not self._is_known(host):
            self._make_room()
        hosts = [each.flow.host for each in self._connections.values()]
        if len(hosts) >= _MAX_CONNECTIONS:
            self._close_most_silent()
        if len(hosts) >= _MAX_CONNECTIONS or not self._within_share(host, hosts):
            self._counters["sip_edge_connection_refused"] += 1
            return 0
        number = next(self._numbers)
        self._connections[number] = connection
        return number

    def _close_most_silent(self) -> None:
        """Make room for the next connection: close the one without a keep-alive for longest."""
        silent = min(self._connections.values(), key=lambda each: each.heard_at_s)
        if self.clock.monotonic_s() - silent.heard_at_s > IDLE_S:
            self._counters["sip_edge_connection_idle"] += 1
            silent.close()

    def _make_room(self) -> None:
        """Where unknown hosts have taken all their places, end a connection that has been silent from its begin, or for long."""
        unknown = [each for each in self._connections.values() if not self._is_known(each.flow.host)]
        if len(unknown) < _MAX_UNKNOWN:
            return
        now_s = self.clock.monotonic_s()
        silent = [
            (each, each.flow.host)
            for each in unknown
            if not each.has_spoken or now_s - each.heard_at_s > PARTIAL_S
        ]
        if leaves := first_to_leave(silent):
            self._counters["sip_edge_connection_idle"] += 1
            leaves.abort()
            self.forget(leaves)

    def _within_share(self, host: str, hosts: list[str]) -> bool:
        """Return whether a host may have one more connection."""
        if self._is_known(host) or any(address[2] == host for address in self._connecting):
            return hosts.count(host) < _MAX_CONNECTIONS_A_HOST
        own, prefix = network_of(host)
        unknown = [network_of(each) for each in hosts if not self._is_known(each)]
        return (
            len(unknown) < _MAX_UNKNOWN
            and sum(each[0] == own for each in unknown) < _MAX_UNKNOWN_A_HOST
            and sum(each[1] == prefix for each in unknown) < _MAX_UNKNOWN_A_PREFIX
        )

    def forget(self, connection: Connection) -> None:
        flow = connection.flow
        self._connections.pop(flow.connection, None)
        if self._opened.get(_address_of(flow)) == flow.connection:
            del self._opened[_address_of(flow)]
        if flow.transport == "WSS":
            self._on_websocket_closed(flow)

    def received(self, message: bytes, flow: Flow) -> None:
        self._on_phone(message, flow)

    def lost_sync(self) -> None:
        self._counters["sip_edge_stream_malformed"] += 1

    def _from_phone(self, message: bytes, address: tuple[str, int]) -> None:
        self._on_phone(message, Flow("UDP", address[0], address[1]))

    def _from_worker(self, message: bytes, address: tuple[str, int]) -> None:
        if address[0] == LOOPBACK:
            self._on_worker(message, address[1])

    def _send_stream(self, flow: Flow, message: bytes) -> None:
        address = _address_of(flow)
        connection = self._connections.get(flow.connection) or self._connections.get(
            self._opened.get(address, 0)
        )
        if connection:
            if not connection.write(message):
                self._counters["sip_edge_connection_overrun"] += 1
        elif flow.transport == "WSS":
            self._counters["sip_edge_websocket_gone"] += 1
            self._on_undelivered(message)
        elif (waiting := self._connecting.get(address)) is not None and len(waiting) < _MAX_WAITING:
            waiting.append(message)
        elif waiting is None and len(self._tasks) < _MAX_CONNECTS:
            self._connecting[address] = [message]
            self._tasks.spawn("connect", self._connect(flow))
        else:
            self._counters["sip_edge_connect_refused"] += 1

    async def _connect(self, flow: Flow) -> None:
        """Open a connection to a phone that has none any more (RFC 3261 section 18.1.1)."""
        loop = asyncio.get_running_loop()
        address = _address_of(flow)
        try:
            async with asyncio.timeout(PARTIAL_S):
                _, connection = await loop.create_connection(
                    lambda: Connection(self), flow.host, flow.port, **self._verified(flow)
                )
        except (OSError, TimeoutError, MixMinusError) as error:
            self._counters["sip_edge_connect_failed"] += 1
            if isinstance(error, ssl.SSLError | MixMinusError):
                self._counters["sip_edge_tls_failed"] += 1
                _log.warning("TLS connection failed", name=flow.name or flow.host, cause=str(error))
            for message in self._connecting.pop(address):
                self._on_undelivered(message)
            return
        connection.flow = replace(connection.flow, name=flow.name)
        self._opened[address] = connection.flow.connection
        for message in self._connecting.pop(address):
            connection.write(message)

    def _verified(self, flow: Flow) -> dict[str, Any]:
        """Return how a connection is encrypted: TLS to a server that proves its name, and may ask for ours."""
        if flow.transport != "TLS":
            return {}
        if self._trusted is None:
            trusted = Path(self._trusted_file) if self._trusted_file else None
            self._trusted = client_context(trusted, next((each.files for each in self._tls.values()), None))
        return {
            "ssl": self._trusted,
            "server_hostname": flow.name or flow.host,
            "ssl_handshake_timeout": HANDSHAKE_S,
        }


def _covers(hosts: Sequence[str], host: str) -> bool:
    """Return whether who listens on ``hosts`` is reached at ``host``."""
    return host in hosts or _EVERYWHERE[family_of(host)] in hosts


def _address_of(flow: Flow) -> _Address:
    return (flow.transport, flow.name, flow.host, flow.port)


class _Datagrams(asyncio.DatagramProtocol):
    """A UDP socket; ICMP errors of single phones are ignored."""

    def __init__(self, on_datagram: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._on_datagram = on_datagram

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._on_datagram(data, addr)

    def error_received(self, exc: Exception) -> None:
        return
