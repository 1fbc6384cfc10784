"""PeerMux: routes datagrams of the one UDP port that all browsers share to their peers.

The engine keeps SRTP and passes STUN and DTLS to Python (RFC 7983). They are routed by:

    STUN request    our ufrag in USERNAME, after the integrity check; only then is
                    its source address mapped to the peer
    STUN response   the transaction id of a request of ours
    DTLS            its source address, if a valid STUN request has come from there

Anything else is dropped and counted. Nothing is sent to an unauthenticated source, so the
port cannot be used for reflection attacks.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

from aioice.stun import Class, Message, Method

from mixminus.clock import Clock
from mixminus.hosts import network_of
from mixminus.mixer import Mux
from mixminus.webrtc.handover import IceConnection, parse_stun
from mixminus.webrtc.paths import NetworkAddress

__all__ = ["PeerMux", "Route", "SourceLimiter"]

_STUN: Final = range(4)  # RFC 7983 section 7: first byte
_DTLS: Final = range(20, 64)

_TRANSACTION: Final = slice(8, 20)
_BINDING_REQUEST: Final = b"\x00\x01"
_RESPONSE_BIT: Final = 0x01  # of the first byte: class is success or error (RFC 8489 section 5)
_MAX_TRANSACTIONS: Final = 8192
# Datagrams per second: a connected peer sends a handful of requests, one that gathers candidates some tens.
_UNKNOWN_RATE, _UNKNOWN_BURST = 50.0, 200.0
_PEER_RATE, _PEER_BURST = 200.0, 400.0


@dataclass(frozen=True, slots=True)
class Route:
    """Callbacks of one peer."""

    on_request: Callable[[IceConnection, Message, NetworkAddress], None]
    """Called with an authenticated STUN request; its source is mapped to the peer by then."""
    on_dtls: Callable[[bytes], bool]
    """Called with a DTLS datagram; returns False if its queue is full."""
    is_at: Callable[[NetworkAddress], bool]
    """Whether the peer uses an address now, so that no other peer may be mapped to it."""
    on_displaced: Callable[[NetworkAddress], None]
    """Called when an address of this peer is mapped to another peer."""


class PeerMux:
    """Routes datagrams to peers; every table is bounded, every drop is counted."""

    def __init__(self, mux: Mux, clock: Clock) -> None:
        self.native = mux
        self.counters: Counter[str] = Counter()
        self._clock = clock
        self._connections: dict[str, tuple[IceConnection, Route]] = {}
        self._addresses: dict[NetworkAddress, Route] = {}
        self._transactions: OrderedDict[bytes, IceConnection] = OrderedDict()
        self._unknown_sources = SourceLimiter(_UNKNOWN_RATE, _UNKNOWN_BURST)
        self._known_sources = SourceLimiter(_PEER_RATE, _PEER_BURST)
        self._fd = -1

    def open(self) -> None:
        """Start to receive."""
        self._fd = self.native.fileno()
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    def close(self) -> None:
        """Stop receiving and close the socket; closing twice is harmless."""
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            self._fd = -1
        self.native.close()

    def add(self, connection: IceConnection, route: Route) -> None:
        """Route requests with the connection's ufrag to a peer."""
        self._connections[connection.local_username] = (connection, route)

    def remove(self, connection: IceConnection) -> None:
        """Remove the connection's ufrag and its transactions."""
        self._connections.pop(connection.local_username, None)
        pending = [key for key, owner in self._transactions.items() if owner is connection]
        for transaction_id in pending:
            del self._transactions[transaction_id]

    def map(self, address: NetworkAddress, route: Route) -> None:
        """Map an address to a peer; the peer that it was mapped to before is notified."""
        before = self._addresses.get(address)
        self._addresses[address] = route
        if before is not None and before is not route:
            before.on_displaced(address)

    def unmap(self, address: NetworkAddress, route: Route) -> None:
        """Remove the mapping of an address if it is to this peer."""
        if self._addresses.get(address) is route:
            del self._addresses[address]

    def send_stun(self, connection: IceConnection, datagram: bytes, address: NetworkAddress) -> None:
        """Send a STUN message of a connection, and remember the transaction of a request."""
        if datagram.startswith(_BINDING_REQUEST):
            self._transactions[datagram[_TRANSACTION]] = connection
            self._transactions.move_to_end(datagram[_TRANSACTION])
            if len(self._transactions) > _MAX_TRANSACTIONS:
                self._transactions.popitem(last=False)
        self.native.send(datagram, address)

    def receive(self, datagram: bytes, address: NetworkAddress) -> None:
        """Route one datagram."""
        self.counters["webrtc.datagrams"] += 1
        route = self._addresses.get(address)
        now = self._clock.monotonic_s()
        allowed = (
            self._known_sources.allow(address, now)
            if route
            else self._unknown_sources.allow(self._source_of(address), now)
        )
        if not allowed:
            self.counters["webrtc.limited"] += 1
        elif datagram and datagram[0] in _STUN:
            self._on_stun(datagram, address)
        elif datagram and datagram[0] in _DTLS:
            self._on_dtls(datagram, route)
        else:
            self.counters["webrtc.malformed"] += 1

    def _source_of(self, address: NetworkAddress) -> Hashable:
        """Return what counts as one source; of TCP each connection: the engine limits them by the browser's address."""
        return address if address[0] == self.native.relay_host else network_of(address[0])[0]

    def _readable(self) -> None:
        for datagram, address in self.native.receive():
            self.receive(datagram, address)

    def _on_dtls(self, datagram: bytes, route: Route | None) -> None:
        if route is None:
            self.counters["webrtc.dtls.unvouched"] += 1
        elif not route.on_dtls(datagram):
            self.counters["webrtc.dtls.overrun"] += 1

    def _on_stun(self, datagram: bytes, address: NetworkAddress) -> None:
        response = datagram[0] & _RESPONSE_BIT
        if response and datagram[_TRANSACTION] not in self._transactions:
            self.counters["webrtc.stun.unasked"] += 1
            return
        message = parse_stun(datagram)
        if message is None or "FINGERPRINT" not in message.attributes:
            # ICE uses the mechanism (RFC 8445 section 7.1), so a message without is discarded (RFC 8489 section 6.3).
            self.counters["webrtc.malformed"] += 1
        elif response:
            self._transactions[message.transaction_id].handle_response(message, address)
        elif message.message_class is Class.REQUEST and message.message_method is Method.BINDING:
            self._on_request(message, address)
        # else an indication: a keepalive, which has no answer (RFC 8445 section 11)

    def _on_request(self, request: Message, address: NetworkAddress) -> None:
        ufrag = str(request.attributes.get("USERNAME", "")).partition(":")[0]
        connection, route = self._connections.get(ufrag, (None, None))
        if connection is None or route is None:
            self.counters["webrtc.stun.unknown"] += 1
        elif not connection.authenticates(request):
            self.counters["webrtc.stun.forged"] += 1
        elif self._is_occupied(address, route):
            self.counters["webrtc.stun.conflict"] += 1
        else:
            if "PRIORITY" not in request.attributes:
                self.counters["webrtc.stun.without_priority"] += 1
            self.map(address, route)
            route.on_request(connection, request, address)

    def _is_occupied(self, address: NetworkAddress, route: Route) -> bool:
        """Return whether another peer uses the address: a spoofed source must not displace it."""
        owner = self._addresses.get(address)
        return owner is not None and owner is not route and owner.is_at(address)


@dataclass(slots=True)
class SourceLimiter:
    """Limits what an unauthenticated source may cost: a token bucket for each, in a bounded table.

    A new source replaces the one that was silent for the longest time.
    """

    rate_per_s: float
    burst: float
    max_sources: int = 4096
    _buckets: OrderedDict[Hashable, tuple[float, float]] = field(default_factory=OrderedDict, init=False)

    def allow(self, source: Hashable, now: float) -> bool:
        """Take a token of the source; False if it has none left."""
        tokens, filled_at = self._buckets.pop(source, (self.burst, now))
        tokens = min(self.burst, tokens + (now - filled_at) * self.rate_per_s)
        allowed = tokens >= 1
        self._buckets[source] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > self.max_sources:
            self._buckets.popitem(last=False)
        return allowed
