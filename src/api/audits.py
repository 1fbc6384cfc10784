"""/audits, an extension of the API: who has changed what; and the middleware that records it.

Recorded is every request by a known sender that changes something, also one that was refused. Its body and its query
are not: they may hold secrets. A request without a valid credential has no sender, and is in the log alone.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from mixminus.api import request_id
from mixminus.api.authentication import IDENTITY, SENDER
from mixminus.api.operation import JSON, ApiCall, Operation, Resource
from mixminus.api.services import SERVICES
from mixminus.model.access import Identity
from mixminus.model.audit import Audit
from mixminus.model.ids import new_id
from mixminus.model.permissions import ADMIN
from mixminus.store.page import Page
from mixminus.wire.audit import AuditView

__all__ = ["AUDITED", "audit", "resource"]

AUDITED: Final = web.AppKey("audited", Mapping[Handler, str])
"""The operation ids of the handlers that change something."""
MAX_PARSED_BYTES: Final = 1 << 16
MAX_SOURCE_CHARACTERS: Final = 64

resource: Final = Resource("Audits", view=AuditView, permission=ADMIN)
operation = partial(Operation, resource)


@operation("GET", "/audits", "List audits")
async def list_audits(call: ApiCall, page: Page) -> list[Audit]:
    """Requests that have changed something or were refused, with their senders, newest first; logins too. Bodies
    are not kept.
    """
    return await call.services.access.audits.list(call.customer_id, page)


@web.middleware
async def audit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Record a request that changes something, when its outcome is known."""
    name = request.app[AUDITED].get(request.match_info.route.handler)
    if name is None:
        return await handler(request)
    response: web.StreamResponse | None = None
    try:
        response = await handler(request)
        return response
    finally:
        if sender := request.get(IDENTITY) or request.get(SENDER):
            services = request.app[SERVICES]
            services.access.audits.record(_audit(request, name, sender, response))


def _audit(request: web.Request, name: str, sender: Identity, response: web.StreamResponse | None) -> Audit:
    answer = _json(response)
    error = answer.get("error")
    return Audit(
        id=new_id(),
        customer_id=sender.customer_id,
        agent_id=sender.agent_id,
        access_key_id=sender.access_key_id,
        guest_link_id=sender.guest.id if sender.guest else None,
        operation=name,
        resource_id=_uuid(request.match_info.get("id") or answer.get("id")),
        source=(request.remote or "")[:MAX_SOURCE_CHARACTERS],
        http_status=response.status if response is not None else 0,
        reason=str(error.get("reason", "")) if isinstance(error, dict) else "",
        request_id=request[request_id.REQUEST_ID],
        tm_create=request.app[SERVICES].clock.now(),
    )


def _json(response: web.StreamResponse | None) -> dict[str, Any]:
    """Return the object of an answer; empty if it is something else, or large."""
    if not isinstance(response, web.Response) or response.content_type != JSON:
        return {}
    body = response.body
    if not isinstance(body, bytes) or len(body) > MAX_PARSED_BYTES:
        return {}
    parsed = orjson.loads(body)
    return parsed if isinstance(parsed, dict) else {}


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None
