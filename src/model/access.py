"""Customers, agents and access keys (api.md section 10)."""

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from mixminus.model.ids import AccessKeyId, AgentId, CustomerId
from mixminus.model.permissions import Permission

__all__ = [
    "CUSTOMER_TRANSITIONS",
    "AccessKey",
    "Agent",
    "AgentProfile",
    "AgentSpec",
    "Customer",
    "CustomerEvent",
    "CustomerSpec",
    "CustomerStatus",
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


@dataclass(frozen=True, slots=True)
class CustomerSpec:
    """What a customer tells of itself; an empty ``webhook_uri`` means no webhooks."""

    name: str = ""
    detail: str = ""
    email: str = ""
    phone_number: str = ""
    address: str = ""
    webhook_method: WebhookMethod = ""
    webhook_uri: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """A tenant: whose every conference, call, recording, agent and key is."""

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
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """What is replaced by a PUT of an agent."""

    name: str = ""
    detail: str = ""
    ring_method: RingMethod = "ringall"


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What a client asks for when it creates an agent."""

    username: str
    password: str = field(repr=False)
    profile: AgentProfile = AgentProfile()
    permission: Permission = Permission.NONE
    tag_ids: tuple[UUID, ...] = ()
    addresses: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who logs in; rings and tags are kept for clients, nothing here rings an agent."""

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
    """When the password was set; sessions that began earlier are over."""
    tm_create: datetime
    tm_update: datetime | None = None
    tm_delete: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessKey:
    """What is known of a key; the token itself is told once, to whoever made it."""

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
class Identity:
    """Who is asking, for which customer, and what they may do there: an agent, or an access key."""

    customer_id: CustomerId
    permission: Permission
    agent_id: AgentId | None = None
    access_key_id: AccessKeyId | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """What a login gives: a session token that is good for a week."""

    username: str
    token: str = field(repr=False)
