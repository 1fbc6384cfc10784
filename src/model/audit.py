"""Audit: one request that changed something, or was to change something, and who sent it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mixminus.model.ids import AccessKeyId, AgentId, CustomerId, GuestLinkId

__all__ = ["Audit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """A request and its outcome; never its body, and nothing secret."""

    id: UUID
    customer_id: CustomerId
    """The customer that the request was about."""
    agent_id: AgentId | None
    """The sender is an agent, an access key, or a guest link."""
    access_key_id: AccessKeyId | None
    guest_link_id: GuestLinkId | None
    operation: str
    """The operation's id in the OpenAPI document."""
    resource_id: UUID | None
    """The ``{id}`` of the path, or the id of what was created."""
    source: str
    """The address that the request came from."""
    http_status: int
    """0 if the connection ended before there was a response."""
    reason: str
    """The reason of the error; empty without one."""
    request_id: str
    tm_create: datetime
