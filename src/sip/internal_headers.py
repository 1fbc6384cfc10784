"""Headers that edge and workers add to SIP messages for each other, on loopback only.

The edge strips these from everything that a phone sends or receives.
"""

import base64
import binascii
import functools
import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal

import orjson

from mixminus.model.signalling import MAX_FORWARDS
from mixminus.sip.grammar import Unreadable
from mixminus.sip.tags import phones_tag

__all__ = [
    "CALLER_HEADER",
    "OWN_WARNING",
    "REPLACES_HEADER",
    "RESUMED_HEADER",
    "SIGNALLED_HEADER",
    "CallerHeader",
    "Flow",
    "FlowTransport",
    "find_max_forwards",
    "find_replaced",
    "find_resumed",
    "find_signalled",
    "find_tags",
    "takes_texts",
]

FlowTransport = Literal["UDP", "TCP", "TLS", "WSS"]

CALLER_HEADER: Final = "x-mixminus-caller"
SIGNALLED_HEADER: Final = "x-mixminus-signalled"
OWN_WARNING: Final = "399 mixminus "
"""The beginning of a Warning that the server has written; those of pjsip name the machine."""

REPLACES_HEADER: Final = "x-mixminus-replaces"
"""The Call-ID of the call that an INVITE replaces."""

RESUMED_HEADER: Final = "x-mixminus-resumed"
"""The leg that an INVITE of the edge continues, after the crash of another worker."""

_RESUMED = re.compile(rf"^{RESUMED_HEADER}: *([0-9a-f-]{{36}}) *\r?$", re.IGNORECASE | re.MULTILINE)
_REPLACED = re.compile(rf"^{REPLACES_HEADER}: *(\S+) *\r?$", re.IGNORECASE | re.MULTILINE)
_MAX_FORWARDS = re.compile(r"^max-forwards: *([0-9]{1,3}) *\r?$", re.IGNORECASE | re.MULTILINE)
_ALLOW_MESSAGE = re.compile(r"^allow: *[^\r\n]*\bMESSAGE\b", re.IGNORECASE | re.MULTILINE)
_TAGS = {
    name: re.compile(rf"^{name}: *[^\r\n]*>;tag=([^;\s]+)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
    for name in ("from", "to")
}
_NO_ACCOUNT: Final = "-"
_VERIFIED: Final = "verified"
_HEADER = re.compile(
    rf"^{CALLER_HEADER}: *(\S+) (\S+)(?: ({_VERIFIED}))?(?: hosts=(\S+))? *\r?$", re.IGNORECASE | re.MULTILINE
)
_SIGNALLED = re.compile(rf"^{SIGNALLED_HEADER}: *(\S+) *\r?$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Flow:
    """An address on the public side, and the TCP connection to use; 0 opens a new one, except over WebSocket.

    Where a message came from and can be answered (RFC 5626 section 2), or where a request of ours is sent.
    """

    transport: FlowTransport
    host: str
    """An IP address, without brackets."""
    port: int
    connection: int = 0
    name: str = ""
    """What the certificate of a TLS server must be for, where a name led to the host; else the host itself."""

    @property
    def token(self) -> str:
        """The flow as a token (RFC 3261 section 25.1), for Via and Route parameters."""
        name = f"-{self.name}" if self.name else ""
        return f"{self.transport}-{_packed(self.host)}-{self.port}-{self.connection}{name}"

    @classmethod
    def from_token(cls, token: str) -> "Flow":
        """Read a token; raise Unreadable if it is not one."""
        match token.split("-", 4):
            case [("UDP" | "TCP" | "TLS" | "WSS") as transport, host, port, connection, *name]:
                try:
                    address = ipaddress.ip_address(bytes.fromhex(host))
                    return cls(transport, str(address), int(port), int(connection), "".join(name))
                except ValueError as error:
                    raise Unreadable("not a flow") from error
        raise Unreadable("not a flow")


@functools.lru_cache(maxsize=4096)
def _packed(host: str) -> str:
    """Return the bytes of an address in hexadecimal digits."""
    return ipaddress.ip_address(host).packed.hex()


@dataclass(frozen=True, slots=True)
class CallerHeader:
    """What the edge knows of the sender of an INVITE."""

    account_id: str = ""
    """The extension or trunk that was authenticated; empty for an anonymous caller."""
    host: str = ""
    """The address that the INVITE came from."""
    verified: bool = False
    """Whether that address has proved to receive what is sent to it."""
    media_hosts: tuple[str, ...] = ()
    """The addresses that the INVITE names, where audio may come from."""

    def render(self) -> str:
        """Return the header's value."""
        verified = f" {_VERIFIED}" if self.verified else ""
        hosts = f" hosts={','.join(self.media_hosts)}" if self.media_hosts else ""
        return f"{self.account_id or _NO_ACCOUNT} {self.host}{verified}{hosts}"

    @classmethod
    def find(cls, invite: str) -> "CallerHeader":
        """Return the header of an INVITE as a worker receives it; an empty one if it has none."""
        match = _HEADER.search(invite.partition("\r\n\r\n")[0])
        if not match:
            return cls()
        hosts = tuple(match[4].split(",")) if match[4] else ()
        return cls("" if match[1] == _NO_ACCOUNT else match[1], match[2], bool(match[3]), hosts)


def find_replaced(invite: str) -> str:
    """Return the Call-ID of the call that an INVITE, as a worker receives it, replaces; empty if it replaces none."""
    match = _REPLACED.search(invite.partition("\r\n\r\n")[0])
    return match[1] if match else ""


def find_resumed(invite: str) -> str:
    """Return the leg that an INVITE, as a worker receives it, continues; empty if it opens a call."""
    match = _RESUMED.search(invite.partition("\r\n\r\n")[0])
    return match[1] if match else ""


def find_max_forwards(invite: str) -> int:
    """Return how many hops are left to an INVITE as a worker receives it."""
    match = _MAX_FORWARDS.search(invite.partition("\r\n\r\n")[0])
    return int(match[1]) if match else MAX_FORWARDS


def find_signalled(invite: str) -> tuple[tuple[str, str], ...]:
    """Return the headers of a phone's INVITE that the edge has passed on; none if there are none."""
    match = _SIGNALLED.search(invite.partition("\r\n\r\n")[0])
    if not match:
        return ()
    try:
        return tuple((str(name), str(value)) for name, value in orjson.loads(base64.b64decode(match[1])))
    except (orjson.JSONDecodeError, binascii.Error, TypeError, ValueError):
        return ()


def takes_texts(message: str) -> bool:
    """Return whether a message to a worker allows MESSAGE: its Allow is what the edge has written."""
    return bool(_ALLOW_MESSAGE.search(message.partition("\r\n\r\n")[0]))


def find_tags(message: str) -> tuple[str, str] | None:
    """Return the tags of From and To, as the phone knows them, of a message to a worker; None unless it has both.

    A tag that is not UTF-8 stays as the worker knows it: no message between processes can hold it, and no Replaces can name it.
    """
    head = message.partition("\r\n\r\n")[0]
    sender, recipient = (_TAGS[name].search(head) for name in ("from", "to"))
    return (_sendable(sender[1]), _sendable(recipient[1])) if sender and recipient else None


def _sendable(workers: str) -> str:
    tag = phones_tag(workers)
    return tag if tag.isprintable() else workers
