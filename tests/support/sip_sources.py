"""Sources of fuzzed SIP messages: sockets of an address of their own, over UDP or TCP."""

import contextlib
import re
import socket
from typing import Final, Protocol

from tests.support.lossy import Address

__all__ = ["Source", "TcpSource", "UdpSource"]

_LENGTH: Final = re.compile(rb"(?mi)^(?:Content-Length|l)\s*:\s*(\d{1,6})\s*\r?$")
_CONNECT_S: Final = 1.0


def _host(number: int) -> str:
    return f"127.6.{number // 200}.{number % 200 + 1}"


class Source(Protocol):
    """What the fuzzer needs of a socket; ``transport`` is its name in a Via."""

    transport: str
    host: str
    port: int

    def send(self, message: bytes) -> None: ...

    def received(self) -> list[str]: ...

    def close(self) -> None: ...


class UdpSource:
    """A UDP socket of its own address."""

    transport = "UDP"

    def __init__(self, number: int, server: Address) -> None:
        self.host = _host(number)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.host, 0))
        self._socket.setblocking(False)
        self._socket.connect(server)
        self.port: int = self._socket.getsockname()[1]

    def send(self, message: bytes) -> None:
        # A full buffer loses datagrams, as a network does.
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self._socket.send(message)

    def received(self) -> list[str]:
        """Return what has come since the last call."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(65_536).decode("latin-1"))
            except (BlockingIOError, ConnectionRefusedError):
                return found

    def close(self) -> None:
        self._socket.close()


class TcpSource:
    """A TCP connection of its own address, made anew when the server has closed it."""

    transport = "TCP"

    def __init__(self, number: int, server: Address) -> None:
        self.host = _host(number)
        self.port = 0
        self.connections = 0
        self._server = server
        self._socket: socket.socket | None = None
        self._kept = b""

    def send(self, message: bytes) -> None:
        """Send, with one attempt on a new connection; what does not fit into the buffer is lost."""
        for _ in range(2):
            try:
                if self._connected().send(message) == len(message):
                    return
                self.close()
            except BlockingIOError:
                return
            except OSError:
                self.close()

    def received(self) -> list[str]:
        """Return the whole messages that have come since the last call."""
        while self._socket is not None:
            try:
                piece = self._socket.recv(65_536)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            if not piece:
                self.close()
                break
            self._kept += piece
        return list(self._whole())

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            self._kept = b""
            self._socket = socket.create_connection(
                self._server, timeout=_CONNECT_S, source_address=(self.host, 0)
            )
            self._socket.setblocking(False)
            self.port = self._socket.getsockname()[1]
            self.connections += 1
        return self._socket

    def _whole(self) -> list[str]:
        found = []
        while (end := self._kept.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._kept[:end])
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self._kept) < size:
                break
            found.append(self._kept[:size].decode("latin-1").lstrip("\r\n"))
            self._kept = self._kept[size:]
        return found
