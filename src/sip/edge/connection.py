"""A TCP or TLS connection of a phone: how long it may stay silent, or take for one message (RFC 3261 section 18.3)."""

import asyncio
from typing import Final, Protocol, cast

from mixminus.clock import Clock
from mixminus.sip.edge.message import StreamFramer, Unparseable
from mixminus.sip.internal_headers import Flow
from mixminus.tls import certificate_names

__all__ = ["IDLE_S", "PARTIAL_S", "Connection", "ConnectionOwner"]

PARTIAL_S: Final = 30.0
"""How long a message may take from its first byte on, and a new connection until its first message."""
# A phone sends keep-alives at least every 120 s (RFC 5626 section 4.4.1).
IDLE_S: Final = 150.0
_KNOWN_IDLE_S: Final = 3600.0
_MAX_UNSENT_BYTES: Final = 262_144


class ConnectionOwner(Protocol):
    """The network, as a connection sees it."""

    clock: Clock

    def accept(self, connection: "Connection", host: str) -> int:
        """Return the number of a new connection; 0 refuses it."""

    def forget(self, connection: "Connection") -> None:
        """Remove a closed connection."""

    def received(self, message: bytes, flow: Flow) -> None:
        """Take a message."""

    def lost_sync(self) -> None:
        """Count a stream that cannot be split."""


class Connection(asyncio.Protocol):
    """A TCP connection of a phone, opened by either side."""

    def __init__(self, network: ConnectionOwner) -> None:
        self.flow = Flow("TCP", "0.0.0.0", 0)
        self.names: tuple[str, ...] = ()
        """The domains of the client's certificate; empty without one."""
        self._framer = StreamFramer()
        self.heard_at_s = self._begun_at_s = network.clock.monotonic_s()
        self._messages = 0
        self._network = network
        self._transport: asyncio.Transport | None = None
        self.addresses = (("0.0.0.0", 0), ("0.0.0.0", 0))
        """Ours and the far end's."""

    @property
    def has_spoken(self) -> bool:
        """Whether a whole message has come."""
        return self._messages > 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        host, port, *_ = transport.get_extra_info("peername") or ("0.0.0.0", 0)
        own_host, own_port, *_ = transport.get_extra_info("sockname") or ("0.0.0.0", 0)
        self.addresses = ((own_host, own_port), (host, port))
        number = self._network.accept(self, host)
        # uvloop's transports are not subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        secured = transport.get_extra_info("ssl_object")
        self.flow = Flow("TLS" if secured else "TCP", host, port, number)
        if secured:
            self.names = certificate_names(secured)
        if not number:
            self._transport.abort()

    def deadline_s(self, *, known: bool) -> float:
        """Return when the connection is closed unless more comes; ``known`` is whether its host has been verified."""
        if self._framer.partial:
            return self._begun_at_s + PARTIAL_S
        if not self._messages and not known:
            return self.heard_at_s + PARTIAL_S
        return self.heard_at_s + (_KNOWN_IDLE_S if known else IDLE_S)

    def keep_alive(self, now_s: float) -> None:
        """Do nothing: phones send keep-alives themselves."""

    def data_received(self, data: bytes) -> None:
        now_s = self._network.clock.monotonic_s()
        if not self._framer.partial:
            self._begun_at_s = now_s
        if data == b"\r\n\r\n" and not self._framer.partial:
            self.heard_at_s = now_s if self._messages else self.heard_at_s
            self.write(b"\r\n")  # RFC 5626 section 3.5.1
            return
        try:
            messages = self._framer.feed(data)
        except Unparseable:
            self._network.lost_sync()
            self.close()
            return
        if messages:
            self.heard_at_s = self._begun_at_s = now_s
            self._messages += len(messages)
        for message in messages:
            self._network.received(message, self.flow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._network.forget(self)

    def write(self, message: bytes) -> bool:
        """Send; return False and abort the connection if the phone does not read."""
        if not self._transport or self._transport.is_closing():
            return False
        if self._transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            self._transport.abort()
            return False
        self._transport.write(message)
        return True

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def abort(self) -> None:
        """Close at once: over TLS, without waiting for the other side."""
        if self._transport:
            self._transport.abort()
