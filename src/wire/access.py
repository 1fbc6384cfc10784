"""Customers, agents and access keys (api.md section 10)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from mixminus.model.access import AgentStatus, CustomerStatus, RingMethod, WebhookMethod
from mixminus.model.ids import NIL
from mixminus.model.permissions import Permission
from mixminus.model.srtp import SrtpPolicy
from mixminus.wire.view import Reference, Timestamp, View

__all__ = ["AccessKeyView", "AgentView", "CustomerView"]


class CustomerView(View):
    """A tenant, the owner of conferences, calls, recordings, agents and keys."""

    id: UUID
    name: str
    detail: str
    email: str
    phone_number: str
    address: str
    webhook_method: WebhookMethod
    webhook_uri: str
    """Where events are sent; empty for nowhere."""
    srtp: SrtpPolicy
    """Whether the audio of calls is encrypted, where a trunk or an extension has no policy; empty: as the signalling is."""
    billing_account_id: Reference = NIL
    metadata: Annotated[dict[str, Any], BeforeValidator(lambda stored: {"rtp_debug": False} | stored)]
    email_verified: bool = False
    status: CustomerStatus
    identity_verification_status: Literal["none"] = "none"
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class AgentView(View):
    """A person who can log in."""

    id: UUID
    customer_id: UUID
    username: str
    name: str
    detail: str
    ring_method: RingMethod
    status: AgentStatus
    """What the agent's own program has set; the server does not use it."""
    permission: int = Field(ge=0, le=Permission.ALL.value)
    """Bits, one for each right."""
    tag_ids: list[UUID]
    addresses: list[dict[str, Any]]
    """Where the agent is called."""
    direct_hash: str
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class AccessKeyView(View):
    """An access key, without its token."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    token_prefix: str
    tm_expire: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp
