"""Numbers, extensions and trunks as the house knows them (api.md sections 13.3, 13.4)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mixminus.model.ids import NIL, CustomerId, ExtensionId, NumberId, TrunkId

__all__ = [
    "AuthType",
    "Binding",
    "Extension",
    "ExtensionProfile",
    "ExtensionSpec",
    "Number",
    "NumberProfile",
    "NumberSpec",
    "Transport",
    "Trunk",
    "TrunkSpec",
]

AuthType = Literal["basic", "ip"]
Transport = Literal["udp", "tcp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberProfile:
    """What is replaced by a PUT of a number."""

    call_flow_id: UUID = NIL
    message_flow_id: UUID = NIL
    name: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSpec(NumberProfile):
    """What a client asks for when it provisions a number."""

    number: str
    """Digits, with or without a leading ``+``: E.164 or short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that phones may dial, and the flow that then runs."""

    id: NumberId
    customer_id: CustomerId
    number: str
    call_flow_id: UUID
    message_flow_id: UUID
    name: str
    detail: str
    metadata: dict[str, Any]
    tm_create: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None

    @property
    def status(self) -> Literal["active", "deleted"]:
        """``active`` until the number is deleted."""
        return "deleted" if self.tm_delete else "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionProfile:
    """What is replaced by a PUT of an extension; without a password it stays as it was."""

    name: str = ""
    detail: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionSpec(ExtensionProfile):
    """What a client asks for when it makes an extension."""

    extension: str
    """What is dialled, and by what its phones log in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Somebody's phones: one name, one password, up to three of them at a time."""

    id: ExtensionId
    customer_id: CustomerId
    extension: str
    password: str = field(repr=False)
    """As it is: VoIPBIN's API shows it, and digests of every realm and algorithm are made of it."""
    name: str
    detail: str
    direct_hash: str
    tm_create: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where one phone of an extension is reached (RFC 3261 section 10): its Contact, and how it came."""

    extension_id: ExtensionId
    contact: str
    """The URI that the phone wants to be asked by."""
    instance: str
    """Which phone it is, if it says so (RFC 5626 section 4.1)."""
    call_id: str
    sequence_number: int
    transport: Transport
    host: str
    port: int
    connection: int
    """The edge's number of the TCP connection that the phone has opened; 0 for UDP."""
    tm_expire: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkSpec:
    """What a client says of a trunk; all of it is replaced by a PUT, but ``domain_name`` is for ever."""

    domain_name: str
    """The first label of ``<label>.trunk.<base domain>``."""
    name: str = ""
    detail: str = ""
    auth_types: tuple[AuthType, ...] = ()
    username: str = ""
    password: str = field(default="", repr=False)
    allowed_ips: tuple[str, ...] = ()
    outbound_host: str = ""
    """Where calls to numbers go out: a name or address, with a port or without; empty is nowhere."""
    outbound_transport: Transport = "udp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """Another exchange: its calls come in by address or by digest, ours may go out through it."""

    id: TrunkId
    customer_id: CustomerId
    domain_name: str
    name: str
    detail: str
    auth_types: tuple[AuthType, ...]
    username: str
    password: str = field(repr=False)
    allowed_ips: tuple[str, ...]
    outbound_host: str
    outbound_transport: Transport
    tm_create: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
