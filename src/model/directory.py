"""Numbers, extensions and trunks (api.md sections 13.3, 13.4)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from mixminus.model.ids import NIL, CustomerId, ExtensionId, NumberId, TrunkId
from mixminus.model.signalling import DiversionHeader, IdentityHeader
from mixminus.model.srtp import SrtpPolicy

__all__ = [
    "AuthType",
    "Binding",
    "BindingTransport",
    "Extension",
    "ExtensionProfile",
    "ExtensionSpec",
    "Number",
    "NumberProfile",
    "NumberSpec",
    "NumberType",
    "RegisteredPhone",
    "RegistrationStatus",
    "Transport",
    "Trunk",
    "TrunkHealth",
    "TrunkServer",
    "TrunkSpec",
]

AuthType = Literal["basic", "ip", "tls"]
Transport = Literal["udp", "tcp", "tls", "auto"]
"""``auto``: as DNS says (RFC 3263), UDP without its word."""
BindingTransport = Literal["udp", "tcp", "tls", "wss"]
"""Of a phone that has registered; nothing can be opened to one over WebSocket."""
NumberType = Literal["normal", "virtual"]
RegistrationStatus = Literal["", "registering", "registered", "failed"]
"""Of a trunk at its provider; empty if it does not register."""
TrunkHealth = Literal["", "unknown", "up", "degraded", "down"]
"""Of a trunk's servers: ``degraded`` if some are down, ``unknown`` before the first result; empty if they are not probed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberProfile:
    """The fields that a PUT of a number replaces."""

    call_flow_id: UUID = NIL
    message_flow_id: UUID = NIL
    name: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSpec(NumberProfile):
    """The request to create a number."""

    number: str
    """Digits, with or without a leading ``+``: E.164 or short."""
    type: NumberType = "virtual"
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that phones can dial, and the flow that it runs."""

    id: NumberId
    customer_id: CustomerId
    number: str
    call_flow_id: UUID
    message_flow_id: UUID
    name: str
    detail: str
    metadata: dict[str, Any]
    tm_create: datetime
    type: NumberType = "virtual"
    tm_renew: datetime | None = None
    tm_update: datetime | None = None
    tm_delete: datetime | None = None

    @property
    def status(self) -> Literal["active", "deleted"]:
        """``active`` until the number is deleted."""
        return "deleted" if self.tm_delete else "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionProfile:
    """The fields that a PUT of an extension replaces; without a password it is unchanged."""

    name: str = ""
    detail: str = ""
    password: str = field(default="", repr=False)
    srtp: SrtpPolicy = ""
    """Of its calls; empty for the customer's policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionSpec(ExtensionProfile):
    """The request to create an extension."""

    extension: str
    """The name that is dialled, and the username of its phones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A SIP account: one name, one password, up to three phones at a time."""

    id: ExtensionId
    customer_id: CustomerId
    extension: str
    password: str = field(repr=False)
    """VoIPBIN's API shows it, and digests in several realms are computed from it; the store encrypts it."""
    name: str
    detail: str
    direct_hash: str
    srtp: SrtpPolicy = ""
    tm_create: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A contact binding of an extension (RFC 3261 section 10): the Contact, and the flow it arrived by."""

    extension_id: ExtensionId
    contact: str
    """The URI of the Contact."""
    instance: str
    """The instance id, empty if the phone has none (RFC 5626 section 4.1)."""
    call_id: str
    sequence_number: int
    transport: BindingTransport
    host: str
    port: int
    connection: int
    """The edge's number of the phone's TCP connection; 0 for UDP."""
    user_agent: str = ""
    """What the phone calls itself."""
    tm_create: datetime
    """When it registered first; later REGISTERs only prolong the binding."""
    tm_expire: datetime
    node_id: UUID = NIL
    """The node whose edge has the flow; nil for a server that is no node."""
    path: tuple[str, ...] = ()
    """The URIs of the proxies that requests to the phone take, in their order (RFC 3327); empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPhone:
    """A binding that has not expired, with the extension that it is of."""

    customer_id: CustomerId
    extension: str
    """The extension's name."""
    binding: Binding

    @property
    def tm_create(self) -> datetime:
        """When it was registered: lists are in this order."""
        return self.binding.tm_create


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkSpec:
    """The fields of a trunk that a client sets; a PUT replaces all except ``domain_name``."""

    domain_name: str
    """The first label of ``<label>.trunk.<base domain>``."""
    name: str = ""
    detail: str = ""
    auth_types: tuple[AuthType, ...] = ()
    username: str = ""
    password: str = field(default="", repr=False)
    allowed_ips: tuple[str, ...] = ()
    certificate_names: tuple[str, ...] = ()
    """Domains of client certificates, in lower case; one of them authenticates with ``tls``."""
    outbound_host: str = ""
    """Host, with or without a port, of outgoing calls to numbers; empty for none."""
    outbound_transport: Transport = "udp"
    outbound_register: bool = False
    """Whether to register at ``outbound_host``, so that its calls come in."""
    trust_identity: bool = False
    """Whether the identity, privacy and diversions in its INVITEs count."""
    identity_header: IdentityHeader = ""
    """The header that names the caller in outgoing calls, besides From; empty for none."""
    diversion_header: DiversionHeader = ""
    """The header that names the called number in calls that a flow passes on; empty for none."""
    from_domain: str = ""
    """The domain in From and in the address of record; empty for our own and that of ``outbound_host``."""
    outbound_proxy: str = ""
    """Host, with or without a port, that requests are sent to in place of ``outbound_host``; empty for none."""
    srtp: SrtpPolicy = ""
    """Of its calls, in and out; empty for the customer's policy."""
    first_response_s: int = 3
    """The time without any response to an INVITE after which the next server or trunk is tried."""
    media_timeout_s: int = 0
    """The time without audio after which the far end is asked whether it is there; 0 for the server's."""
    options_interval_s: int = 0
    """Time between the OPTIONS that probe a server of ``outbound_host``; 0 for no probes."""


@dataclass(frozen=True, slots=True)
class TrunkServer:
    """A server of a trunk, as its answers to OPTIONS show it."""

    address: str
    """Transport, address and port, as ``udp:192.0.2.1:5060``."""
    status: Literal["up", "down"]
    detail: str = ""
    """What it has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A SIP trunk: incoming calls are authenticated by address or digest, outgoing calls may use it."""

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
    outbound_register: bool = False
    trust_identity: bool = False
    identity_header: IdentityHeader = ""
    diversion_header: DiversionHeader = ""
    from_domain: str = ""
    outbound_proxy: str = ""
    registration: RegistrationStatus = ""
    registration_detail: str = ""
    """Why the last attempt failed: status and reason of the provider's answer."""
    srtp: SrtpPolicy = ""
    first_response_s: int = 3
    media_timeout_s: int = 0
    certificate_names: tuple[str, ...] = ()
    options_interval_s: int = 0
    health: TrunkHealth = ""
    servers: tuple[TrunkServer, ...] = ()
    tm_create: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None
