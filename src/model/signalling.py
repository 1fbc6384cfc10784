"""What an INVITE says beside its two ends: own headers, identity and diversions; and the rules of own headers. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from mixminus.model.call import Address, Diversion

__all__ = [
    "FROM_ONLY",
    "MAX_FORWARDS",
    "MAX_HEADERS",
    "MAX_HEADERS_BYTES",
    "MAX_NAME",
    "MAX_VALUE",
    "NO_HEADERS",
    "UNSIGNALLED",
    "CallerPolicy",
    "DiversionHeader",
    "IdentityHeader",
    "Signalled",
    "is_own_header",
    "own_headers",
]

MAX_HEADERS: Final = 16
MAX_NAME: Final = 64
MAX_VALUE: Final = 256
"""Characters of one value."""
MAX_HEADERS_BYTES: Final = 1024
"""Of the names and values of one message together."""

MAX_FORWARDS: Final = 70
"""The hops of a call that no other one has led to (RFC 3261 section 8.1.1.6)."""

NO_HEADERS: Final[Mapping[str, str]] = {}

# User-to-User is RFC 7433. X-Mixminus-* is reserved for messages between the server's processes.
_NAME: Final = re.compile(r"(?:X-(?!mixminus-)[A-Z0-9-]{1,62}|User-to-User)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalled:
    """What the INVITE of an incoming call says; nothing of it is authenticated."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Own headers, by their name in lower case."""
    identity: Address | None = None
    """The caller by P-Asserted-Identity, P-Preferred-Identity or Remote-Party-ID; None without any."""
    private: bool = False
    """Whether the caller asks not to be shown (RFC 3323)."""
    diversions: tuple[Diversion, ...] = ()
    """Where the call was diverted from, the last diversion first."""
    max_forwards: int = MAX_FORWARDS
    """How many hops the call, and the calls that it leads to, may still take."""
    received_ms: int = 0
    """When the INVITE was received, in ms since 1970; 0 if that is not known."""


UNSIGNALLED: Final = Signalled()

IdentityHeader = Literal["", "p-asserted-identity", "p-preferred-identity", "remote-party-id"]
DiversionHeader = Literal["", "diversion", "history-info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerPolicy:
    """How a trunk is shown the caller of an outgoing call; by default by From only, with our own address."""

    from_domain: str = ""
    identity_header: IdentityHeader = ""
    diversion_header: DiversionHeader = ""


FROM_ONLY: Final = CallerPolicy()


def is_own_header(name: str) -> bool:
    """Return whether a header of this name is passed on: ``X-...`` and ``User-to-User``."""
    return len(name) <= MAX_NAME and _NAME.match(name) is not None


def own_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return own headers to be sent; raise ValueError for a name or a value that must not be."""
    if len(headers) > MAX_HEADERS:
        raise ValueError(f"more than {MAX_HEADERS} headers")
    for name, value in headers.items():
        if not is_own_header(name):
            raise ValueError(f"header {name!r}: only X-... (not X-Mixminus-...) and User-to-User can be set")
        if len(value) > MAX_VALUE or not value.isprintable():
            raise ValueError(f"header {name}: not one line of at most {MAX_VALUE} printable characters")
    if sum(len(name.encode()) + len(value.encode()) for name, value in headers.items()) > MAX_HEADERS_BYTES:
        raise ValueError(f"headers take more than {MAX_HEADERS_BYTES} bytes")
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("a header is given twice")
    return {name: value.strip() for name, value in headers.items()}
