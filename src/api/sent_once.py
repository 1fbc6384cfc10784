"""Requests that are sent once, also on a connection that was kept: a middleware of aiohttp's client."""

import aiohttp

__all__ = ["once"]


async def once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once; ClientConnectionError if a kept connection breaks before the answer.

    After the errors that are translated here aiohttp sends requests of idempotent methods (PUT, DELETE, GET) again (RFC 9110 section 9.2.2).
    But a PUT with If-Match is refused the second time, and it is not known whether the first one was done.
    """
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error
