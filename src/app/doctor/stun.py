"""A STUN Binding request (RFC 8489): by which address the network outside sees this machine."""

import asyncio
import ipaddress
import secrets
import struct
from typing import Final

__all__ = ["mapped_address", "stun_server"]

MAGIC_COOKIE: Final = 0x2112A442
BINDING_REQUEST: Final = 0x0001
BINDING_SUCCESS: Final = 0x0101
XOR_MAPPED_ADDRESS: Final = 0x0020
HEADER: Final = struct.Struct(">HHI12s")
ATTRIBUTE: Final = struct.Struct(">HH")
DEFAULT_PORT: Final = 3478
IPV4: Final = 1
TRIES: Final = 3
WAIT_S: Final = 0.7


def stun_server(uri: str) -> tuple[str, int] | None:
    """Return host and port of a ``stun:`` or ``turn:`` URI (RFC 7064); None if it is not reached over UDP."""
    scheme, _, rest = uri.partition(":")
    address, _, query = rest.partition("?")
    if scheme not in ("stun", "turn") or query == "transport=tcp":
        return None
    host, _, port = address.rpartition(":") if not address.endswith("]") else (address, "", "")
    return (host or address).strip("[]"), int(port) if host and port else DEFAULT_PORT


async def mapped_address(server: tuple[str, int]) -> str:
    """Return the address from which a STUN server receives us; raise OSError or TimeoutError."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()
    transaction_id = secrets.token_bytes(12)
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Exchange(answer, transaction_id), remote_addr=server
    )
    try:
        for _ in range(TRIES):
            transport.sendto(HEADER.pack(BINDING_REQUEST, 0, MAGIC_COOKIE, transaction_id))
            await asyncio.wait((answer,), timeout=WAIT_S)
            if answer.done():
                return answer.result()
        raise TimeoutError
    finally:
        transport.close()


class _Exchange(asyncio.DatagramProtocol):
    """Reads the response to one request."""

    def __init__(self, answer: asyncio.Future[str], transaction_id: bytes) -> None:
        self._answer = answer
        self._transaction_id = transaction_id

    def datagram_received(self, data: bytes, addr: object) -> None:
        address = read_response(data, self._transaction_id)
        if address and not self._answer.done():
            self._answer.set_result(address)

    def error_received(self, exc: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc)


def read_response(datagram: bytes, transaction_id: bytes) -> str:
    """Return the XOR-MAPPED-ADDRESS (RFC 8489 section 14.2) of a response to this request, or an empty string."""
    if len(datagram) < HEADER.size:
        return ""
    kind, _, cookie, given_id = HEADER.unpack_from(datagram)
    if (kind, cookie, given_id) != (BINDING_SUCCESS, MAGIC_COOKIE, transaction_id):
        return ""
    place = HEADER.size
    while place + ATTRIBUTE.size <= len(datagram):
        name, length = ATTRIBUTE.unpack_from(datagram, place)
        value = datagram[place + ATTRIBUTE.size : place + ATTRIBUTE.size + length]
        if name == XOR_MAPPED_ADDRESS and len(value) in (8, 20):
            mask = MAGIC_COOKIE.to_bytes(4, "big") + transaction_id
            size = 4 if value[1] == IPV4 else 16
            plain = bytes(a ^ b for a, b in zip(value[4 : 4 + size], mask, strict=False))
            return str(ipaddress.ip_address(plain))
        place += ATTRIBUTE.size + (length + 3) // 4 * 4
    return ""
