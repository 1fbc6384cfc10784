"""A UDP relay that acts as a NAT: its outer port can change during a session."""

import asyncio

from tests.support.closing import close_at_the_end

__all__ = ["UdpRelay"]

_BINDING_REQUEST = b"\x00\x01"

Address = tuple[str, int]


class _Side(asyncio.DatagramProtocol):
    def __init__(self, relay: "UdpRelay", *, outer: bool) -> None:
        self._relay = relay
        self._outer = outer

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if self._outer:
            self._relay.to_client(data)
        else:
            self._relay.to_server(data, addr)


class UdpRelay:
    """Relays one client's datagrams to a server and back, through a port that ``rebind`` changes."""

    def __init__(self, server: Address) -> None:
        self._server = server
        self._client: Address | None = None
        self._inner: asyncio.DatagramTransport | None = None
        self._outer: asyncio.DatagramTransport | None = None
        self.address: Address = ("", 0)
        self.last_request = b""
        """The newest STUN request of the client."""
        self.cut = False
        """While set, all datagrams are dropped."""

    @property
    def outer_address(self) -> Address:
        """Address of the client as the server sees it."""
        assert self._outer is not None
        host, port = self._outer.get_extra_info("sockname")[:2]
        return host, port

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._inner, _ = await loop.create_datagram_endpoint(
            lambda: _Side(self, outer=False), local_addr=("127.0.0.1", 0)
        )
        self.address = self._inner.get_extra_info("sockname")[:2]
        close_at_the_end(self._end)
        await self.rebind()

    async def rebind(self) -> None:
        """Change the outer port, as a NAT does that lost its mapping; the old port is closed."""
        old = self._outer
        self._outer, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Side(self, outer=True), local_addr=("127.0.0.1", 0)
        )
        if old is not None:
            old.close()

    def to_server(self, data: bytes, client: Address | None) -> None:
        """Relay a datagram; ``client`` is None for one that the relay has forged."""
        if client is not None:
            self._client = client
            if data.startswith(_BINDING_REQUEST):
                self.last_request = data
        if self._outer is not None and not self.cut:
            self._outer.sendto(data, self._server)

    def to_client(self, data: bytes) -> None:
        if self._inner is not None and self._client is not None and not self.cut:
            self._inner.sendto(data, self._client)

    def close(self) -> None:
        for side in (self._inner, self._outer):
            if side is not None:
                side.close()

    async def _end(self) -> None:
        self.close()
