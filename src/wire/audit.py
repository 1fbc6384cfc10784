"""Audits: who has changed what."""

from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator

from mixminus.model.ids import NIL
from mixminus.wire.view import Reference, Timestamp, View

__all__ = ["AuditView"]

_Reference = Annotated[Reference, BeforeValidator(lambda stored: stored or NIL)]


class AuditView(View):
    """A request that changed something, or was refused to."""

    id: UUID
    customer_id: UUID
    agent_id: _Reference
    """The agent that sent it."""
    access_key_id: _Reference
    """The access key that sent it."""
    guest_link_id: _Reference
    """The guest link that sent it."""
    operation: str
    """The operationId of the request."""
    resource_id: _Reference
    """The `{id}` of the path, or the id of what was created."""
    source: str
    """The address that the request came from; behind a proxy, that of the proxy."""
    http_status: int
    """0 if the connection ended before there was a response."""
    reason: str
    """The `reason` of the error; empty without one."""
    request_id: str
    tm_create: Timestamp
