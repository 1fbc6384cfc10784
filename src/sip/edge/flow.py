"""Flows: where a message came from and can be answered, small enough to travel inside a header."""

import ipaddress
from dataclasses import dataclass, replace
from typing import Literal

from mixminus.sip.grammar import DEFAULT_SIP_PORT, Unreadable, Via

__all__ = ["Flow", "ToPhone", "ToWorker", "reply_flow", "stamp"]


@dataclass(frozen=True, slots=True)
class Flow:
    """An address on the public side; for TCP also the connection, 0 when one is to be opened."""

    transport: Literal["UDP", "TCP"]
    host: str
    port: int
    connection: int = 0

    @property
    def token(self) -> str:
        """Write the flow as a token (RFC 3261 section 25.1), for Via and Route parameters."""
        return (
            f"{self.transport}-{ipaddress.ip_address(self.host).packed.hex()}-{self.port}-{self.connection}"
        )

    @classmethod
    def from_token(cls, token: str) -> "Flow":
        match token.split("-"):
            case [("UDP" | "TCP") as transport, host, port, connection]:
                try:
                    address = ipaddress.ip_address(bytes.fromhex(host))
                    return cls(transport, str(address), int(port), int(connection))
                except ValueError as error:
                    raise Unreadable("not a flow") from error
        raise Unreadable("not a flow")


@dataclass(frozen=True, slots=True)
class ToPhone:
    """Bytes to send out on the public side."""

    flow: Flow
    message: bytes


@dataclass(frozen=True, slots=True)
class ToWorker:
    """Bytes to send on loopback."""

    sip_port: int
    message: bytes


def reply_flow(via: Via, source: Flow) -> Flow:
    """Return where responses go: RFC 3261 section 18.2.2, RFC 3581 section 4.

    For TCP that is the connection, and where to open another when it is gone.
    """
    if source.transport == "UDP" and "rport" in via.parameters:
        return source
    return replace(source, port=via.port or DEFAULT_SIP_PORT)


def stamp(via: Via, source: Flow) -> Via:
    """Note in a Via where its message really came from."""
    parameters = dict(via.parameters)
    if "rport" in parameters:
        parameters["rport"] = str(source.port)
    if via.host != source.host or "rport" in parameters:
        parameters["received"] = source.host
    return Via(via.transport, via.host, via.port, parameters)
