"""Numbers, extensions and trunks (api.md sections 13.3 and 13.4)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasPath, BeforeValidator, Field

from mixminus.model.directory import (
    AuthType,
    BindingTransport,
    NumberType,
    RegistrationStatus,
    Transport,
    TrunkHealth,
)
from mixminus.model.signalling import DiversionHeader, IdentityHeader
from mixminus.model.srtp import SrtpPolicy
from mixminus.wire.view import Hash, Reference, Secret, Timestamp, View

__all__ = ["ExtensionView", "NumberView", "RegistrationView", "TrunkView"]


class NumberView(View):
    """A number that phones can dial."""

    id: UUID
    customer_id: UUID
    number: str
    """Can be dialled with or without its plus sign."""
    type: NumberType
    call_flow_id: Reference
    """The flow of a call to the number; without one the call is refused."""
    message_flow_id: Reference
    name: str
    detail: str
    status: Literal["active", "deleted"]
    t38_enabled: Literal[False] = False
    emergency_enabled: Literal[False] = False
    metadata: dict[str, Any]
    """Your own data, stored and returned unchanged."""
    tm_purchase: Timestamp = Field(validation_alias="tm_create")
    tm_renew: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class ExtensionView(View):
    """A login for phones: one name, one password, up to three phones at a time."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    extension: str
    """What is dialled."""
    domain_name: Annotated[str, BeforeValidator(str)] = Field(validation_alias="customer_id")
    """Part of the SIP realm `<domain_name>.registrar.<base domain>`."""
    username: str = Field(validation_alias="extension")
    """The user name for registration."""
    password: Secret
    """Null in events."""
    direct_hash: Hash
    """A name that rings the phones."""
    srtp: SrtpPolicy
    """Whether the audio of its calls is encrypted; empty for the customer's policy."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class RegistrationView(View):
    """A phone that is registered with an extension, and is rung when it is called."""

    extension_id: UUID = Field(validation_alias=AliasPath("binding", "extension_id"))
    customer_id: UUID
    extension: str
    """The name of the extension."""
    contact: str = Field(validation_alias=AliasPath("binding", "contact"))
    """The address that the phone has given."""
    transport: BindingTransport = Field(validation_alias=AliasPath("binding", "transport"))
    host: str = Field(validation_alias=AliasPath("binding", "host"))
    """The IP address that it registered from: calls to it are sent there."""
    port: int = Field(validation_alias=AliasPath("binding", "port"))
    user_agent: str = Field(validation_alias=AliasPath("binding", "user_agent"))
    """What the phone calls itself; empty if it does not say."""
    node_id: Reference = Field(validation_alias=AliasPath("binding", "node_id"))
    """The server that it registered at; nil for a server that has its database for itself."""
    tm_create: Timestamp
    """Since when it is registered."""
    tm_expire: Timestamp = Field(validation_alias=AliasPath("binding", "tm_expire"))
    """Until when, unless it registers again before."""


class TrunkServerView(View):
    """A server of a trunk."""

    address: str
    """Transport, address and port, as `udp:192.0.2.1:5060`."""
    status: Literal["up", "down"]
    detail: str
    """Its last answer that has changed the status, or `no response`."""


class TrunkView(View):
    """A connection to another telephone exchange or a provider."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    domain_name: str
    """The first label of `<domain_name>.trunk.<base domain>`."""
    auth_types: list[AuthType]
    """How incoming calls are authenticated: `basic` by password, `ip` by address, `tls` by a client certificate."""
    username: str
    password: Secret
    """Null in events."""
    allowed_ips: list[str]
    certificate_names: list[str]
    """The domains that a client certificate may be for, with `tls`."""
    outbound_host: str
    """Where calls to numbers are sent, with or without a port; empty for nowhere."""
    outbound_transport: Transport
    outbound_register: bool
    """Whether the server registers at `outbound_host` with `username` and `password`, so that calls come in."""
    trust_identity: bool
    """Whether P-Asserted-Identity and its like, Privacy, Diversion and History-Info of its calls count."""
    identity_header: IdentityHeader
    """The header that names the caller in calls to it, besides From."""
    diversion_header: DiversionHeader
    """The header that names the dialled number in calls that a flow passes on to it."""
    from_domain: str
    """The domain in From; empty for the server's own address."""
    outbound_proxy: str
    """Where its requests are sent to in place of `outbound_host`, with or without a port."""
    registration: RegistrationStatus
    """The state of that registration."""
    registration_detail: str
    """Why the last attempt failed: the status and the reason of the provider's answer."""
    srtp: SrtpPolicy
    """Whether the audio of its calls is encrypted, in and out; empty for the customer's policy."""
    first_response_s: int
    """How long an INVITE may have no response, before the next server, or the customer's next trunk, gets the call."""
    media_timeout_s: int
    """How long a call may have no audio and no reports before its far end is asked by OPTIONS; 0 for the server's setting."""
    options_interval_s: int
    """How often each server is probed with OPTIONS; 0 for never."""
    health: TrunkHealth
    """What the probes show: `degraded` if some servers are down, `unknown` before the first result, empty without probes."""
    servers: list[TrunkServerView]
    """The servers that have been probed."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
