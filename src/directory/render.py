"""Numbers, extensions and trunks as the API and the events show them (api.md sections 13.3, 13.4)."""

from typing import Any

from mixminus.model.directory import Extension, Number, Trunk
from mixminus.store.timestamps import TimestampStyle, format_time

__all__ = ["render_extension", "render_number", "render_trunk"]


def render_number(number: Number, style: TimestampStyle) -> dict[str, Any]:
    """Return a number; nobody sells it, so it is virtual, active until deleted, and never renewed."""
    return {
        "id": str(number.id),
        "customer_id": str(number.customer_id),
        "number": number.number,
        "type": "virtual",
        "call_flow_id": str(number.call_flow_id),
        "message_flow_id": str(number.message_flow_id),
        "name": number.name,
        "detail": number.detail,
        "status": "deleted" if number.tm_delete else "active",
        "t38_enabled": False,
        "emergency_enabled": False,
        "metadata": number.metadata,
        "tm_purchase": format_time(number.tm_create, style),
        "tm_renew": format_time(None, style),
        "tm_create": format_time(number.tm_create, style),
        "tm_update": format_time(number.tm_update, style),
        "tm_delete": format_time(number.tm_delete, style),
    }


def render_extension(extension: Extension, style: TimestampStyle, *, secrets: bool = False) -> dict[str, Any]:
    """Return an extension; only its owner is told the password, in events it is null."""
    return {
        "id": str(extension.id),
        "customer_id": str(extension.customer_id),
        "name": extension.name,
        "detail": extension.detail,
        "extension": extension.extension,
        "domain_name": str(extension.customer_id),
        "username": extension.extension,
        "password": extension.password if secrets else None,
        "direct_hash": extension.direct_hash,
        "tm_create": format_time(extension.tm_create, style),
        "tm_update": format_time(extension.tm_update, style),
        "tm_delete": format_time(extension.tm_delete, style),
    }


def render_trunk(trunk: Trunk, style: TimestampStyle, *, secrets: bool = False) -> dict[str, Any]:
    """Return a trunk; only its owner is told the password, in events it is null."""
    return {
        "id": str(trunk.id),
        "customer_id": str(trunk.customer_id),
        "name": trunk.name,
        "detail": trunk.detail,
        "domain_name": trunk.domain_name,
        "auth_types": list(trunk.auth_types),
        "username": trunk.username,
        "password": trunk.password if secrets else None,
        "allowed_ips": list(trunk.allowed_ips),
        "outbound_host": trunk.outbound_host,
        "outbound_transport": trunk.outbound_transport,
        "tm_create": format_time(trunk.tm_create, style),
        "tm_update": format_time(trunk.tm_update, style),
        "tm_delete": format_time(trunk.tm_delete, style),
    }
