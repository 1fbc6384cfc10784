"""Headers that edge and workers add to SIP messages for each other, on loopback only.

The edge strips these from everything that a phone sends or receives.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal

from mixminus.sip.grammar import Unreadable

__all__ = ["CALLER_HEADER", "CallerHeader", "Flow"]

CALLER_HEADER: Final = "x-mixminus-caller"

_NO_ACCOUNT: Final = "-"
_HEADER = re.compile(rf"^{CALLER_HEADER}: *(\S+) (\S+) *\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Flow:
    """An address on the public side, and the TCP connection to use; 0 opens a new one.

    Where a message came from and can be answered (RFC 5626 section 2), or where a request of ours is sent.
    """

    transport: Literal["UDP", "TCP"]
    host: str
    """An IP address, without brackets."""
    port: int
    connection: int = 0

    @property
    def token(self) -> str:
        """The flow as a token (RFC 3261 section 25.1), for Via and Route parameters."""
        return (
            f"{self.transport}-{ipaddress.ip_address(self.host).packed.hex()}-{self.port}-{self.connection}"
        )

    @classmethod
    def from_token(cls, token: str) -> "Flow":
        """Read a token; raise Unreadable if it is not one."""
        match token.split("-"):
            case [("UDP" | "TCP") as transport, host, port, connection]:
                try:
                    address = ipaddress.ip_address(bytes.fromhex(host))
                    return cls(transport, str(address), int(port), int(connection))
                except ValueError as error:
                    raise Unreadable("not a flow") from error
        raise Unreadable("not a flow")


@dataclass(frozen=True, slots=True)
class CallerHeader:
    """What the edge knows of the sender of an INVITE."""

    account_id: str = ""
    """The extension or trunk that was authenticated; empty for an anonymous caller."""
    host: str = ""
    """The address that the INVITE came from."""

    def render(self) -> str:
        """Return the header's value."""
        return f"{self.account_id or _NO_ACCOUNT} {self.host}"

    @classmethod
    def find(cls, invite: str) -> "CallerHeader":
        """Return the header of an INVITE as a worker receives it; an empty one if it has none."""
        match = _HEADER.search(invite.partition("\r\n\r\n")[0])
        if not match:
            return cls()
        return cls("" if match[1] == _NO_ACCOUNT else match[1], match[2])
