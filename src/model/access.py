"""Customers, agents and access keys (api.md section 10)."""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from mixminus.model.ids import AccessKeyId, AgentId, ConferenceId, CustomerId, GuestLinkId, new_direct_hash
from mixminus.model.permissions import Permission
from mixminus.model.srtp import SrtpPolicy

__all__ = [
    "CUSTOMER_TRANSITIONS",
    "AccessKey",
    "Agent",
    "AgentProfile",
    "AgentSpec",
    "AgentStatus",
    "Customer",
    "CustomerEvent",
    "CustomerSpec",
    "CustomerStatus",
    "GuestLink",
    "Identity",
    "Login",
    "RingMethod",
    "WebhookMethod",
]


class CustomerStatus(enum.StrEnum):
    ACTIVE = enum.auto()
    FROZEN = enum.auto()


class CustomerEvent(enum.StrEnum):
    FREEZE = enum.auto()
    RECOVER = enum.auto()


CUSTOMER_TRANSITIONS: Final[dict[CustomerStatus, dict[CustomerEvent, CustomerStatus]]] = {
    CustomerStatus.ACTIVE: {CustomerEvent.FREEZE: CustomerStatus.FROZEN},
    CustomerStatus.FROZEN: {CustomerEvent.RECOVER: CustomerStatus.ACTIVE},
}


WebhookMethod = Literal["", "POST", "PUT", "GET", "DELETE"]
RingMethod = Literal["ringall", "linear"]
AgentStatus = Literal["", "available", "away", "busy", "offline", "ringing"]
"""What the agent's own program says; the server only stores it."""


@dataclass(frozen=True, slots=True)
class CustomerSpec:
    """The profile of a customer; an empty ``webhook_uri`` means no webhook."""

    name: str = ""
    detail: str = ""
    email: str = ""
    phone_number: str = ""
    address: str = ""
    webhook_method: WebhookMethod = ""
    webhook_uri: str = ""
    srtp: SrtpPolicy = ""
    """Of its calls, where a trunk or an extension has none of its own."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A tenant, the owner of conferences, calls, recordings, agents and keys."""

    id: CustomerId
    name: str
    detail: str
    email: str
    phone_number: str
    address: str
    status: CustomerStatus
    webhook_method: WebhookMethod
    webhook_uri: str
    webhook_secret: str = field(repr=False)
    tm_create: datetime
    srtp: SrtpPolicy = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """The fields that a PUT of an agent replaces."""

    name: str = ""
    detail: str = ""
    ring_method: RingMethod = "ringall"


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """The request to create an agent."""

    username: str
    password: str = field(repr=False)
    profile: AgentProfile = AgentProfile()
    permission: Permission = Permission.NONE
    tag_ids: tuple[UUID, ...] = ()
    addresses: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who logs in; ring method and tags are stored for clients, the server does not ring agents."""

    id: AgentId
    customer_id: CustomerId
    username: str
    password_hash: str = field(repr=False)
    name: str
    detail: str
    ring_method: RingMethod
    permission: Permission
    tag_ids: tuple[UUID, ...]
    addresses: tuple[dict[str, Any], ...]
    tm_password: datetime
    """When the password was set; earlier sessions are invalid."""
    tm_create: datetime
    status: AgentStatus = "offline"
    direct_hash: str = field(default_factory=new_direct_hash)
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key without its token, which only the response to its creation contains."""

    id: AccessKeyId
    customer_id: CustomerId
    name: str
    detail: str
    token_sha256: str = field(repr=False)
    token_prefix: str
    tm_create: datetime
    tm_expire: datetime | None = None
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True)
class GuestLink:
    """The right to join one conference from a browser, until it expires or is deleted."""

    id: GuestLinkId
    customer_id: CustomerId
    conference_id: ConferenceId
    name: str
    """The name of the guest; empty if the guest chooses one."""
    tm_create: datetime
    tm_expire: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The authenticated client: an agent, an access key or a guest, its customer and its permission."""

    customer_id: CustomerId
    permission: Permission
    agent_id: AgentId | None = None
    access_key_id: AccessKeyId | None = None
    guest: GuestLink | None = None
    """Of a guest, which has no permission but to join the conference of its link."""


@dataclass(frozen=True, slots=True)
class Login:
    """The result of a login: a session token, valid for a week."""

    username: str
    token: str = field(repr=False)
