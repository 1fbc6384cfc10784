"""What the API answers about customers, agents and access keys, as schemas (api.md section 10)."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from mixminus.api.openapi.shapes import PageShape, Reference, Shape, Timestamp
from mixminus.model.access import CustomerStatus, RingMethod, WebhookMethod
from mixminus.model.permissions import Permission

__all__ = [
    "AccessKey",
    "AccessKeyPage",
    "Agent",
    "AgentPage",
    "Customer",
    "CustomerPage",
    "Login",
    "NewAccessKey",
    "OwnCustomer",
]


class Login(Shape):
    """A session."""

    username: str
    token: str


class Customer(Shape):
    """A tenant: whose every conference, call, recording, agent and key is."""

    id: UUID
    name: str
    detail: str
    email: str
    phone_number: str
    address: str
    webhook_method: WebhookMethod
    webhook_uri: str
    """Where events go; empty is nowhere."""
    billing_account_id: Reference
    metadata: dict[str, Any]
    email_verified: bool
    status: CustomerStatus
    identity_verification_status: Literal["none"]
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class OwnCustomer(Customer):
    """One's own customer."""

    webhook_secret: str
    """What signs the webhooks."""


class Agent(Shape):
    """Somebody who may log in."""

    id: UUID
    customer_id: UUID
    username: str
    name: str
    detail: str
    ring_method: RingMethod
    status: Literal["offline"]
    """Nothing here rings agents."""
    permission: int = Field(ge=0, le=Permission.ALL.value)
    """Bits, each a right."""
    tag_ids: list[UUID]
    addresses: list[dict[str, Any]]
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class AccessKey(Shape):
    """A key, by its prefix."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    token_prefix: str
    tm_expire: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class NewAccessKey(AccessKey):
    """A key that was made now."""

    token: str
    """What is sent as the credential; it is told once."""


class CustomerPage(PageShape):
    """Customers, newest first."""

    result: list[Customer]


class AgentPage(PageShape):
    """Agents, newest first."""

    result: list[Agent]


class AccessKeyPage(PageShape):
    """Keys, newest first."""

    result: list[AccessKey]
