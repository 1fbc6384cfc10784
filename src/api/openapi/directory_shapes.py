"""What the API answers about numbers, extensions and trunks, as schemas (api.md sections 13.3, 13.4)."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from mixminus.api.openapi.shapes import PageShape, Reference, Shape, Timestamp
from mixminus.model.directory import AuthType, Transport

__all__ = ["Extension", "ExtensionPage", "Number", "NumberPage", "Trunk", "TrunkPage"]


class Number(Shape):
    """A number that phones may dial."""

    id: UUID
    customer_id: UUID
    number: str
    """Dialled with its plus sign or without."""
    type: Literal["virtual"]
    call_flow_id: Reference
    """What a call to the number does; without one it leads nowhere."""
    message_flow_id: Reference
    name: str
    detail: str
    status: Literal["active", "deleted"]
    t38_enabled: Literal[False]
    emergency_enabled: Literal[False]
    metadata: dict[str, Any]
    """Yours; kept and given back."""
    tm_purchase: Timestamp
    tm_renew: Timestamp
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Extension(Shape):
    """Somebody's phones: one name, one password, up to three of them at a time."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    extension: str
    """What is dialled."""
    domain_name: str
    """Of the realm `<domain_name>.registrar.<base domain>`."""
    username: str
    """By what phones log in."""
    password: str | None
    """Null in events."""
    direct_hash: str = Field(pattern=r"^direct\.[0-9a-f]{12}$")
    """A name that rings the phones, for whoever knows it."""
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class Trunk(Shape):
    """Another exchange."""

    id: UUID
    customer_id: UUID
    name: str
    detail: str
    domain_name: str
    """The first label of `<domain_name>.trunk.<base domain>`."""
    auth_types: list[AuthType]
    """How its calls prove where they come from: `basic` by password, `ip` by address."""
    username: str
    password: str | None
    """Null in events."""
    allowed_ips: list[str]
    outbound_host: str
    """Where calls to numbers go out, with a port or without; empty is nowhere."""
    outbound_transport: Transport
    tm_create: Timestamp
    tm_update: Timestamp
    tm_delete: Timestamp


class NumberPage(PageShape):
    """Numbers, newest first."""

    result: list[Number]


class ExtensionPage(PageShape):
    """Extensions, newest first."""

    result: list[Extension]


class TrunkPage(PageShape):
    """Trunks, newest first."""

    result: list[Trunk]
