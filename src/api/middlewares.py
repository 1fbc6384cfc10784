"""Middlewares: request id, CORS, errors, authentication, idempotency."""

from typing import Final

import orjson
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from mixminus import log
from mixminus.access import idempotency
from mixminus.access.operators import SCRAPER
from mixminus.api import request_id
from mixminus.api.absent import remedy_of
from mixminus.api.authentication import (
    CREDENTIALS,
    IDENTITY,
    OPERATORS,
    SENDER,
    check_guest,
    credential_of,
    permission_of,
    require,
)
from mixminus.api.cross_site import refuse_cross_site
from mixminus.api.errors import RouteNotFound, error_response, kind_of
from mixminus.api.paths import query_id, route_of, without_root
from mixminus.api.services import SERVICES
from mixminus.errors import InvalidArgument, MixMinusError, Unavailable
from mixminus.model.ids import CustomerId

__all__ = ["add_headers", "answer_once", "authenticate", "cross_origin", "identify", "translate_errors"]

logger = log.get("api")

INTERNAL: Final = 500
AUTH: Final = "/auth/"
CROSS_ORIGIN: Final = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    # Scripts can read only these headers; WHIP needs the first three (RFC 9725 section 4.2).
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "Location, ETag, Link, Accept-Patch, Retry-After, X-Request-Id, "
    "Idempotency-Replayed",
}
# Headers that are stored with an answer; the others are made for each response.
STORED_HEADERS: Final = (
    hdrs.CONTENT_TYPE,
    hdrs.LOCATION,
    hdrs.ETAG,
    hdrs.LINK,
    hdrs.CACHE_CONTROL,
    "Accept-Patch",
)
PREFLIGHT: Final = {
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "POST, GET, PUT, DELETE, PATCH, HEAD, OPTIONS",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: (
        "Origin, X-Requested-With, Content-Type, Accept, Authorization, If-Match, If-None-Match, Range, "
        "Idempotency-Key, X-Request-Id, X-Conference-Pin, traceparent, tracestate"
    ),
    hdrs.ACCESS_CONTROL_MAX_AGE: str(12 * 60 * 60),
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the request id and the CORS headers to every response, and hide the versions of the software."""
    response.headers[request_id.HEADER] = request.get(request_id.REQUEST_ID, "")
    response.headers.update(CROSS_ORIGIN)
    response.headers[hdrs.SERVER] = "mixminus"


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Assign the request id, for the response and for every log line of the request."""
    accepted = request_id.accept(request.headers.get(request_id.HEADER, ""))
    request[request_id.REQUEST_ID] = accepted
    with structlog.contextvars.bound_contextvars(request_id=accepted):
        return await handler(request)


@web.middleware
async def cross_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer preflight requests; an OPTIONS handler of a resource may add headers."""
    if request.method != hdrs.METH_OPTIONS:
        return await handler(request)
    if request.match_info.http_exception is not None:
        return web.Response(status=204, headers=PREFLIGHT)
    response = await handler(request)
    response.headers.update(PREFLIGHT)
    return response


@web.middleware
async def translate_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Return the envelope of any error; log only unexpected ones."""
    try:
        return await handler(request)
    except MixMinusError as raised:
        error = raised
    except web.HTTPException as raised:
        if raised.status < web.HTTPBadRequest.status_code:
            raise
        error = _of_aiohttp(raised, request.path)
    except web.RequestPayloadError:
        error = InvalidArgument(
            "the body cannot be read: send it as Content-Encoding and Transfer-Encoding say"
        )
    except MemoryError:
        logger.warning("request refused, memory is short", method=request.method, route=route_of(request))
        error = Unavailable("the server is short of memory: try again, with fewer calls or more memory")
    except ConnectionError:
        raise  # the client has disconnected: there is no one to answer
    except Exception as raised:  # noqa: BLE001 -- every error gets an envelope
        error = MixMinusError()
        error.__cause__ = raised
    if kind_of(type(error)).http_status == INTERNAL:
        logger.error(
            "request failed",
            method=request.method,
            route=route_of(request),
            exc_info=error.__cause__ or error,
        )
    return error_response(error, request[request_id.REQUEST_ID])


@web.middleware
async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Authenticate the caller and check its permission, unless the operation is open.

    Another node that has forwarded the request has done that, if it says who the caller is.
    """
    needed = None if IDENTITY in request else permission_of(request)
    if needed is not None:
        access = request.app[SERVICES].access
        credential, keys_only = credential_of(request)
        for_operators = request.match_info.route.handler in request.app[OPERATORS]
        if for_operators and access.operators.is_metrics_token(credential):
            request[IDENTITY] = SCRAPER
            return await handler(request)
        if credential in request.cookies.values():
            refuse_cross_site(request)
        identity = request[SENDER] = await access.authenticate(credential, keys_only=keys_only)
        if identity.guest is not None:
            check_guest(request, identity.guest)
        else:
            require(identity.permission, needed)
        if for_operators:
            await access.operators.require(identity)
        if customer_id := query_id(request, "customer_id"):
            identity = await access.act_for(identity, CustomerId(customer_id))
        request[IDENTITY] = identity
    return await handler(request)


@web.middleware
async def answer_once(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Handle a POST with an Idempotency-Key once, however often it is sent."""
    given = request.headers.get(idempotency.HEADER)
    if given is None or request.method != hdrs.METH_POST or IDENTITY not in request:
        return await handler(request)

    async def handle() -> idempotency.Answer:
        response = await translate_errors(request, handler)
        assert isinstance(response, web.Response)
        body = response.body or b""
        assert isinstance(body, bytes)
        return idempotency.Answer(
            status=response.status,
            headers=tuple(
                (name, response.headers[name]) for name in STORED_HEADERS if name in response.headers
            ),
            body=body,
            secret="no-store" in response.headers.get(hdrs.CACHE_CONTROL, ""),
        )

    answer, replayed = await request.app[SERVICES].idempotency.once(
        request[IDENTITY].customer_id, idempotency.read_key(given), await _fingerprint(request), handle
    )
    headers = dict(answer.headers) | ({idempotency.REPLAYED: "true"} if replayed else {})
    body = _with_request_id(answer, request[request_id.REQUEST_ID]) if replayed else answer.body
    return web.Response(status=answer.status, headers=headers, body=body)


async def _fingerprint(request: web.Request) -> str:
    query = sorted((name, value) for name, value in request.query.items() if name not in CREDENTIALS)
    path = without_root(request.path)
    return idempotency.fingerprint(path.encode(), repr(query).encode(), await request.read())


def _with_request_id(answer: idempotency.Answer, new_id: str) -> bytes:
    """Return the body; an error has the id of the current request, as the header does."""
    if answer.status < web.HTTPBadRequest.status_code:
        return answer.body
    body = orjson.loads(answer.body)
    body["error"]["request_id"] = new_id
    return orjson.dumps(body)


def _of_aiohttp(raised: web.HTTPException, path: str) -> MixMinusError:
    if raised.status in (web.HTTPNotFound.status_code, web.HTTPMethodNotAllowed.status_code):
        below = without_root(path)
        if below != path and below.startswith(AUTH):
            return RouteNotFound(
                "paths below /auth have no version: leave out the prefix, as in POST /auth/login"
            )
        return RouteNotFound(
            remedy_of(below)
            or "the API has no operation with this method and path: see /docs for all operations"
        )
    if raised.status == web.HTTPRequestEntityTooLarge.status_code:
        return InvalidArgument("the body is too large: send at most 1 MiB")
    return InvalidArgument(raised.reason)
