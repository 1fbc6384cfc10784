"""Whose datagram is it: the asyncio side of the one UDP port that all browsers share.

The engine keeps SRTP and hands up STUN and DTLS (RFC 7983). From there:

    STUN request    by our ufrag in USERNAME, after its integrity has been checked;
                    only then does its source address count as the peer's
    STUN response   by the transaction id of a request of ours
    DTLS            by its source address, if a STUN request has vouched for it

All else is dropped and counted. Nothing is answered before its sender is known, so
the port reflects nothing.
"""

import asyncio
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aioice.stun import Class, Message, Method, parse_message

from mixminus.clock import Clock
from mixminus.mixer import Mux
from mixminus.webrtc.handover import IceConnection
from mixminus.webrtc.limiter import SourceLimiter
from mixminus.webrtc.paths import NetworkAddress

__all__ = ["PeerMux", "Route"]

_STUN: Final = range(4)  # RFC 7983 section 7: first byte
_DTLS: Final = range(20, 64)

_TRANSACTION: Final = slice(8, 20)
_BINDING_REQUEST: Final = b"\x00\x01"
_RESPONSE_BIT: Final = 0x01  # of the first byte: class is success or error (RFC 8489 section 5)
_MAX_TRANSACTIONS: Final = 8192
# Per second: a peer in good order sends a handful of requests, a gathering one some tens.
_STRANGER_RATE, _STRANGER_BURST = 50.0, 200.0
_PEER_RATE, _PEER_BURST = 200.0, 400.0


@dataclass(frozen=True, slots=True)
class Route:
    """Where the mux delivers what belongs to one peer."""

    on_request: Callable[[IceConnection, Message, NetworkAddress], None]
    """A STUN request that has proved to be the peer's, from a source now mapped to it."""
    on_dtls: Callable[[bytes], bool]
    """A DTLS datagram; False when there is no room for it."""
    holds: Callable[[NetworkAddress], bool]
    """Whether the peer lives at an address, so that nobody else may be mapped there."""
    on_displaced: Callable[[NetworkAddress], None]
    """Another peer has proved to be at an address that was mapped to this one."""


class PeerMux:
    """Routes datagrams to the peers; every table is bounded, every drop is counted."""

    def __init__(self, mux: Mux, clock: Clock) -> None:
        self.native = mux
        self.counters: Counter[str] = Counter()
        self._clock = clock
        self._connections: dict[str, tuple[IceConnection, Route]] = {}
        self._addresses: dict[NetworkAddress, Route] = {}
        self._transactions: OrderedDict[bytes, IceConnection] = OrderedDict()
        self._strangers = SourceLimiter(_STRANGER_RATE, _STRANGER_BURST)
        self._peers = SourceLimiter(_PEER_RATE, _PEER_BURST)
        self._fd = -1

    def open(self) -> None:
        """Begin to listen."""
        self._fd = self.native.fileno()
        asyncio.get_running_loop().add_reader(self._fd, self._readable)

    def close(self) -> None:
        """Stop listening and close the socket; closing twice is harmless."""
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            self._fd = -1
        self.native.close()

    def add(self, connection: IceConnection, route: Route) -> None:
        """Route requests with the connection's ufrag."""
        self._connections[connection.local_username] = (connection, route)

    def remove(self, connection: IceConnection) -> None:
        """Forget the connection's ufrag and its transactions."""
        self._connections.pop(connection.local_username, None)
        pending = [key for key, owner in self._transactions.items() if owner is connection]
        for transaction_id in pending:
            del self._transactions[transaction_id]

    def map(self, address: NetworkAddress, route: Route) -> None:
        """Take datagrams from an address for the peer's, telling whoever had it before."""
        before = self._addresses.get(address)
        self._addresses[address] = route
        if before is not None and before is not route:
            before.on_displaced(address)

    def unmap(self, address: NetworkAddress, route: Route) -> None:
        """Take datagrams from an address for nobody's, if they were the peer's."""
        if self._addresses.get(address) is route:
            del self._addresses[address]

    def send_stun(self, connection: IceConnection, datagram: bytes, address: NetworkAddress) -> None:
        """Send what ICE wants sent, remembering who asked."""
        if datagram.startswith(_BINDING_REQUEST):
            self._transactions[datagram[_TRANSACTION]] = connection
            self._transactions.move_to_end(datagram[_TRANSACTION])
            if len(self._transactions) > _MAX_TRANSACTIONS:
                self._transactions.popitem(last=False)
        self.native.send(datagram, address)

    def take(self, datagram: bytes, address: NetworkAddress) -> None:
        """Route one datagram."""
        self.counters["webrtc.datagrams"] += 1
        route = self._addresses.get(address)
        now = self._clock.monotonic_s()
        known = self._peers.allow(address, now) if route else self._strangers.allow(address[0], now)
        if not known:
            self.counters["webrtc.limited"] += 1
        elif datagram and datagram[0] in _STUN:
            self._take_stun(datagram, address)
        elif datagram and datagram[0] in _DTLS:
            self._take_dtls(datagram, route)
        else:
            self.counters["webrtc.malformed"] += 1

    def _readable(self) -> None:
        for datagram, address in self.native.receive():
            self.take(datagram, address)

    def _take_dtls(self, datagram: bytes, route: Route | None) -> None:
        if route is None:
            self.counters["webrtc.dtls.unvouched"] += 1
        elif not route.on_dtls(datagram):
            self.counters["webrtc.dtls.overrun"] += 1

    def _take_stun(self, datagram: bytes, address: NetworkAddress) -> None:
        response = datagram[0] & _RESPONSE_BIT
        if response and datagram[_TRANSACTION] not in self._transactions:
            self.counters["webrtc.stun.unasked"] += 1
            return
        try:
            message = parse_message(datagram)
        except (ValueError, LookupError, struct.error):
            self.counters["webrtc.malformed"] += 1
            return
        if "FINGERPRINT" not in message.attributes:
            # ICE uses the mechanism (RFC 8445 section 7.1), so one without is discarded (RFC 8489 section 6.3).
            # A wrong one does not pass parse_message.
            self.counters["webrtc.malformed"] += 1
        elif response:
            self._transactions[message.transaction_id].take_response(message, address)
        elif message.message_class is Class.REQUEST and message.message_method is Method.BINDING:
            self._take_request(message, address)
        # else an indication: a keepalive, to which there is nothing to say (RFC 8445 section 11)

    def _take_request(self, request: Message, address: NetworkAddress) -> None:
        ufrag = str(request.attributes.get("USERNAME", "")).partition(":")[0]
        connection, route = self._connections.get(ufrag, (None, None))
        if connection is None or route is None:
            self.counters["webrtc.stun.unknown"] += 1
        elif not connection.vouches(request):
            self.counters["webrtc.stun.forged"] += 1
        elif self._taken(address, route):
            self.counters["webrtc.stun.conflict"] += 1
        else:
            self.map(address, route)
            route.on_request(connection, request, address)

    def _taken(self, address: NetworkAddress, route: Route) -> bool:
        """Return whether another peer lives there: a spoofed source must not evict it."""
        owner = self._addresses.get(address)
        return owner is not None and owner is not route and owner.holds(address)
