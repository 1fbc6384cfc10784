"""The span of a request: it continues the client's trace (``traceparent``)."""

from aiohttp import web
from aiohttp.typedefs import Handler

from mixminus.api.paths import route_of
from mixminus.api.request_id import REQUEST_ID
from mixminus.api.services import SERVICES
from mixminus.telemetry import TRACEPARENT

__all__ = ["trace"]


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Handle a request within a span, named by the pattern of its path."""
    telemetry = request.app[SERVICES].telemetry
    route = route_of(request)
    # A method without a route is whatever the client has sent.
    name, method = (f"{request.method} {route}", request.method) if route else ("request", "_OTHER")
    attributes = {
        "http.request.method": method,
        "http.route": route,
        "mixminus.request_id": request[REQUEST_ID],
    }
    traceparent = request.headers.get(TRACEPARENT, "")
    with telemetry.span(name, "server", traceparent=traceparent, attributes=attributes) as span:
        response = await handler(request)
        span.set("http.response.status_code", response.status)
        if response.status >= web.HTTPInternalServerError.status_code:
            span.fail(str(response.status))
        return response
