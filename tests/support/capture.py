"""A packet capture of the loopback interface, over which all traffic of one machine goes."""

import socket
import struct
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from tests.support.netns import ADDRESS

_ALL_PROTOCOLS: Final = 3  # ETH_P_ALL
_ETHERNET_BYTES: Final = 14
_TCP, _UDP = 6, 17
_TIMESTAMP: Final = 35  # SO_TIMESTAMPNS, which this Python does not name
_TIMESPEC: Final = struct.Struct("=qq")
_BUFFER_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class Packet:
    """The payload of a UDP datagram or of a TCP segment."""

    is_tcp: bool
    source_port: int
    destination_port: int
    payload: bytes
    at_s: float = 0.0
    """When the kernel took it, by the system's clock."""


class Capture:
    """Keeps every IPv4 packet to the address of the private network; a context manager."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
        self._socket.bind(("lo", _ALL_PROTOCOLS))
        self._socket.settimeout(0.1)
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                frame, ancillary, _, address = self._socket.recvmsg(65_535, 64)
            except TimeoutError:
                continue
            # The loopback interface shows every packet twice: as it leaves and as it arrives.
            if address[2] == socket.PACKET_OUTGOING:
                continue
            seconds, nanoseconds = _TIMESPEC.unpack_from(ancillary[0][2])
            if packet := _parse(frame[_ETHERNET_BYTES:], seconds + nanoseconds / 1e9):
                self.packets.append(packet)


def _parse(ip: bytes, at_s: float) -> Packet | None:
    if len(ip) < 20 or ip[0] >> 4 != 4 or ip[16:20] != socket.inet_aton(ADDRESS):
        return None
    transport = ip[(ip[0] & 15) * 4 :]
    if ip[9] not in (_TCP, _UDP) or len(transport) < 8:
        return None
    source_port, destination_port = struct.unpack_from("!HH", transport)
    header_bytes = (transport[12] >> 4) * 4 if ip[9] == _TCP else 8
    return Packet(ip[9] == _TCP, source_port, destination_port, transport[header_bytes:], at_s)
