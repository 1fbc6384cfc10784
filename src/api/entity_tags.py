"""Entity tags of single resources: 304 for a current tag, 412 for an outdated one (RFC 9110 section 13).

A tag is a digest of the representation, so it is strong and nothing is stored. Requests that change one
resource are handled one at a time, so that no other request can change it between the check of If-Match
and the change; a call that joins or leaves in that millisecond can.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Final
from weakref import WeakValueDictionary

from aiohttp import ETag, hdrs, web
from aiohttp.typedefs import Handler

from mixminus.api.errors import PreconditionFailed
from mixminus.api.paths import ROOTS, without_root

__all__ = ["LOCKS", "REPRESENTATIONS", "conditional", "representations"]

Locks = WeakValueDictionary[str, asyncio.Lock]
REPRESENTATIONS: Final = web.AppKey("representations", Mapping[str, Handler])
LOCKS: Final = web.AppKey("locks", Locks)
CHANGES: Final = frozenset({hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE})
REPRESENTED: Final = frozenset({hdrs.METH_PUT, hdrs.METH_PATCH})
ANY: Final = "*"
DIGEST_BYTES: Final = 12


def representations(app: web.Application) -> Mapping[str, Handler]:
    """Return the GET handler of each single resource of the API, by its canonical path."""
    return {
        route.resource.canonical: route.handler
        for route in app.router.routes()
        if route.method == hdrs.METH_GET
        and route.resource is not None
        and route.resource.canonical.startswith(ROOTS)
        and route.resource.canonical.endswith("/{id}")
    }


@web.middleware
async def conditional(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add entity tags to single resources, and evaluate If-None-Match and If-Match."""
    resource = request.match_info.route.resource
    get = request.app[REPRESENTATIONS].get(resource.canonical) if resource else None
    if get is None:
        return await handler(request)
    if request.method == hdrs.METH_GET:
        return _unless_known(request, await handler(request))
    if request.method not in CHANGES:
        return await handler(request)
    lock = request.app[LOCKS].setdefault(without_root(request.path), asyncio.Lock())
    async with lock:
        if request.if_match is not None:
            _require(request.if_match, _tag(await get(request)))
        response = await handler(request)
    if request.method in REPRESENTED:
        _tag(response)
    return response


def _tag(response: web.StreamResponse) -> ETag | None:
    """Set and return the tag of a response's representation; None if it has none or must not be stored."""
    if (
        not isinstance(response, web.Response)
        or not isinstance(response.body, bytes)
        or response.status != web.HTTPOk.status_code
        or response.content_type != "application/json"
        or "no-store" in response.headers.get(hdrs.CACHE_CONTROL, "")
    ):
        return None
    response.etag = ETag(hashlib.blake2b(response.body, digest_size=DIGEST_BYTES).hexdigest())
    return response.etag


def _unless_known(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    tag = _tag(response)
    known = request.if_none_match
    if tag is None or known is None or not any(each.value in (ANY, tag.value) for each in known):
        return response
    unchanged = web.Response(status=web.HTTPNotModified.status_code)
    unchanged.etag = tag
    return unchanged


def _require(wanted: tuple[ETag, ...], tag: ETag | None) -> None:
    # Strong comparison: a weak tag never matches (RFC 9110 section 13.1.1).
    if tag is None or not any(each.value in (ANY, tag.value) and not each.is_weak for each in wanted):
        raise PreconditionFailed(
            "the resource has changed since you read it: get it again, then repeat the change"
        )
