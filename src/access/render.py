"""Customers, agents and access keys as the API shows them (api.md section 10)."""

from typing import Any

from mixminus.model.access import AccessKey, Agent, Customer
from mixminus.model.ids import NIL
from mixminus.store.timestamps import TimestampStyle, format_time

__all__ = ["render_access_key", "render_agent", "render_customer"]


def render_customer(customer: Customer, style: TimestampStyle) -> dict[str, Any]:
    """Return a customer without its secret; billing and identity checks do not exist here, their keys do."""
    return {
        "id": str(customer.id),
        "name": customer.name,
        "detail": customer.detail,
        "email": customer.email,
        "phone_number": customer.phone_number,
        "address": customer.address,
        "webhook_method": customer.webhook_method,
        "webhook_uri": customer.webhook_uri,
        "billing_account_id": str(NIL),
        "metadata": {"rtp_debug": False},
        "email_verified": False,
        "status": customer.status.value,
        "identity_verification_status": "none",
        "tm_create": format_time(customer.tm_create, style),
        "tm_update": format_time(customer.tm_update, style),
        "tm_delete": format_time(customer.tm_delete, style),
    }


def render_agent(agent: Agent, style: TimestampStyle) -> dict[str, Any]:
    """Return an agent; nothing here rings one, so they are offline."""
    return {
        "id": str(agent.id),
        "customer_id": str(agent.customer_id),
        "username": agent.username,
        "name": agent.name,
        "detail": agent.detail,
        "ring_method": agent.ring_method,
        "status": "offline",
        "permission": agent.permission.value,
        "tag_ids": [str(tag_id) for tag_id in agent.tag_ids],
        "addresses": list(agent.addresses),
        "tm_create": format_time(agent.tm_create, style),
        "tm_update": format_time(agent.tm_update, style),
        "tm_delete": format_time(agent.tm_delete, style),
    }


def render_access_key(key: AccessKey, style: TimestampStyle) -> dict[str, Any]:
    """Return a key by its prefix; only the answer to its creation has its token."""
    return {
        "id": str(key.id),
        "customer_id": str(key.customer_id),
        "name": key.name,
        "detail": key.detail,
        "token_prefix": key.token_prefix,
        "tm_expire": format_time(key.tm_expire, style),
        "tm_create": format_time(key.tm_create, style),
        "tm_update": format_time(key.tm_update, style),
        "tm_delete": format_time(key.tm_delete, style),
    }
