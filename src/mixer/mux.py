"""Mux: the UDP socket that all WebRTC ports share (RFC 7983)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from mixminus.errors import Exhausted, Unavailable
from mixminus.mixer.port import Port

if TYPE_CHECKING:
    from mixminus.mixer import _engine

__all__ = ["Mux"]


class Mux:
    """Passes SRTP to the ports inside the engine, and STUN and DTLS to Python."""

    def __init__(
        self,
        native: "_engine.Mux",
        host: str,
        adopt: Callable[["_engine.RtpPort", tuple[str, int]], Port],
        on_close: Callable[["Mux"], None],
    ) -> None:
        self._native = native
        self._adopt = adopt
        self._on_close: Callable[[Mux], None] | None = on_close
        self._ports: list[Port] = []
        self.host = host
        self.port: int = native.port
        self.accepts_tcp = False
        """Whether browsers may come by TCP."""

    def fileno(self) -> int:
        """Return an eventfd that is readable while datagrams are queued for ``receive``; -1 once closed."""
        return self._native.fileno()

    def receive(self) -> list[tuple[bytes, tuple[str, int]]]:
        """Return the queued STUN and DTLS datagrams with their source addresses."""
        return self._native.receive()

    def send(self, datagram: bytes, address: tuple[str, int]) -> None:
        """Send a STUN or DTLS datagram; one that the kernel refuses is dropped."""
        self._native.send(datagram, address[0], address[1])

    @property
    def relay_host(self) -> str:
        """The host from which datagrams of TCP connections come."""
        return "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host

    def listen_tcp(self) -> None:
        """Accept passive ICE-TCP (RFC 6544, frames of RFC 4571) on the TCP port of the same number.

        The datagrams of a connection come from a UDP address of its own on ``relay_host``. Raises Unavailable if
        another program has the port.
        """
        try:
            self._native.listen_tcp()
        except Exhausted:
            raise Unavailable(f"TCP port {self.port} is already in use") from None
        self.accepts_tcp = True

    def open_port(self) -> Port:
        """Open a port that sends and receives through this socket."""
        self._ports = [port for port in self._ports if not port.closed]
        port = self._adopt(self._native.open_port(), (self.host, self.port))
        self._ports.append(port)
        return port

    def bind(self, address: tuple[str, int], port: Port) -> None:
        """Pass SRTP from an address to a port.

        Call it after a STUN request with valid integrity came from there.
        """
        self._native.bind(address[0], address[1], port.rtp)

    def unbind(self, address: tuple[str, int]) -> None:
        """Remove the binding of an address."""
        self._native.unbind(address[0], address[1])

    def close(self) -> None:
        """Close its ports and its socket; closing twice is harmless."""
        if self._on_close is None:
            return
        for port in self._ports:
            port.close()
        self._on_close(self)
        self._on_close = None
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
