"""Outgoing HTTP requests: one set of limits for webhooks, flows and sounds (api.md section 11).

Which addresses may be reached is checked where a socket is created, after a name is resolved: an
address in a URL, a redirect, and a name that resolves to another address a moment later all pass here.
"""

import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import (
    AddrInfoType,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    InvalidURL,
    TCPConnector,
    TooManyRedirects,
    hdrs,
)
from yarl import URL

from mixminus.errors import InvalidArgument, Unavailable
from mixminus.flow.services import WebAnswer, WebRequest
from mixminus.sound.errors import SoundNotFound, SoundTooLarge
from mixminus.telemetry import current_span

__all__ = [
    "SCHEMES",
    "LazySession",
    "Outgoing",
    "SoundFetcher",
    "TargetRefused",
    "WebClient",
    "is_public",
    "open_public",
    "open_session",
    "read_body",
    "send_following",
]

# sock_connect includes the TLS handshake.
TIMEOUT: Final = ClientTimeout(total=30, sock_connect=10, sock_read=15)
# Three are followed: aiohttp refuses the redirect whose number is the limit, not the one after it.
MAX_REDIRECTS: Final = 4
REPEATING: Final = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
REDIRECTS: Final = frozenset(
    {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, *REPEATING}
)
SCHEMES: Final = ("http://", "https://")
CHUNK_BYTES: Final = 1 << 16
METHODS: Final = frozenset(["GET", "POST", "PUT", "PATCH", "DELETE"])
MAX_ANSWER_BYTES: Final = 1 << 20
MAX_REQUESTS: Final = 100
"""Of flows, at a time."""
MAX_DOWNLOADS: Final = 16
"""Of sounds, at a time."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_BITS: Final = 32


class TargetRefused(OSError):
    """The destination is this machine or in a private network."""


def is_public(host: str) -> bool:
    """Return whether an address belongs to the public internet; an IPv4 address within IPv6 is looked at."""
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv6Address):
        if embedded := _embedded_ipv4(address):
            return is_public(str(embedded))
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


def open_public(info: AddrInfoType) -> socket.socket:
    """Create the socket for a connection; TargetRefused if its peer is not a public address."""
    family, kind, protocol, _, peer = info
    if not is_public(str(peer[0])):
        # The same text for every address of a name, so that aiohttp reports their errors as one.
        raise TargetRefused("webhooks to private addresses are refused")
    return socket.socket(family, kind, protocol)


def open_session(*, connections: int, private_targets: bool) -> ClientSession:
    """Return a session with a limit of connections; without ``private_targets``, to public addresses only."""
    return ClientSession(
        connector=TCPConnector(limit=connections, socket_factory=None if private_targets else open_public),
        timeout=TIMEOUT,
        cookie_jar=DummyCookieJar(),
        headers={hdrs.USER_AGENT: "mixminus"},
    )


async def read_body(response: ClientResponse, *, max_bytes: int) -> bytes | None:
    """Return the body, or None as soon as it is longer than ``max_bytes``."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            return None
    return bytes(body)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to send; a redirect repeats it as it is."""

    method: str
    uri: str
    body: bytes
    headers: Mapping[str, str]

    def follows(self, http_status: int) -> bool:
        """Return whether a redirect with this status is followed (RFC 9110 section 15.4).

        Only 307 and 308 keep method and body; the others do for a GET alone, which has no body to lose.
        """
        return http_status in REPEATING or (self.method == hdrs.METH_GET and http_status in REDIRECTS)


@asynccontextmanager
async def send_following(session: ClientSession, request: Outgoing) -> AsyncIterator[ClientResponse]:
    """Send a request, with its body and headers also where it is redirected to; yield the last response.

    A redirect that is not followed is the last response. Raises TooManyRedirects, and what aiohttp raises.
    """
    uri = URL(request.uri)
    for _ in range(MAX_REDIRECTS):
        async with session.request(
            request.method, uri, data=request.body, headers=request.headers, allow_redirects=False
        ) as response:
            location = response.headers.get(hdrs.LOCATION, "")
            if not (location and request.follows(response.status)):
                yield response
                return
            uri = response.url.join(URL(location))
            if uri.scheme not in ("http", "https"):
                raise InvalidURL(location)
    raise TooManyRedirects(response.request_info, response.history)


class LazySession:
    """A session that is opened by its first request, because the composition root has no running loop."""

    def __init__(self, *, connections: int, private_targets: bool) -> None:
        self._connections = connections
        self._private_targets = private_targets
        self._session: ClientSession | None = None

    def get(self) -> ClientSession:
        if self._session is None:
            self._session = open_session(connections=self._connections, private_targets=self._private_targets)
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class WebClient:
    """Sends the HTTP requests of flows; implements ``flow.services.Web``."""

    def __init__(self, *, private_targets: bool) -> None:
        self._session = LazySession(connections=MAX_REQUESTS, private_targets=private_targets)

    async def close(self) -> None:
        """Close the connections; closing twice is harmless."""
        await self._session.close()

    async def ask(self, request: WebRequest) -> WebAnswer:
        """Return status and body; Unavailable if there is no answer, or one of more than a mebibyte."""
        if not request.uri.lower().startswith(SCHEMES):
            raise InvalidArgument("uri: is neither http nor https")
        if request.method not in METHODS:
            raise InvalidArgument(f"method: is none of {', '.join(sorted(METHODS))}")
        try:
            headers = {"Content-Type": request.content_type, **current_span().headers}
            outgoing = Outgoing(request.method, request.uri, request.body, headers)
            async with send_following(self._session.get(), outgoing) as response:
                body = await read_body(response, max_bytes=MAX_ANSWER_BYTES)
        except ClientConnectorError as exc:
            if isinstance(exc.os_error, TargetRefused):
                raise InvalidArgument("uri: leads to a private address, which is refused") from exc
            raise Unavailable("uri: the connection failed") from exc
        except (InvalidURL, ValueError) as exc:
            raise InvalidArgument("uri: is not a valid URL") from exc
        except (ClientError, TimeoutError, OSError) as exc:
            raise Unavailable("uri: no complete answer") from exc
        if body is None:
            raise Unavailable(f"uri: the answer has more than {MAX_ANSWER_BYTES} bytes")
        if response.status in range(HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.BAD_REQUEST):
            raise Unavailable(
                f"uri: answers {response.status}; only 307 and 308 repeat a request with a body"
            )
        return WebAnswer(response.status, body)


class SoundFetcher:
    """Downloads the sounds that flows play from URLs."""

    def __init__(self, *, private_targets: bool) -> None:
        self._session = LazySession(connections=MAX_DOWNLOADS, private_targets=private_targets)

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        """Return the body; SoundNotFound if there is none, SoundTooLarge as soon as it is too long."""
        try:
            async with self._session.get().get(url, max_redirects=MAX_REDIRECTS) as response:
                if response.status != HTTPStatus.OK:
                    raise SoundNotFound(f"the URL answers {response.status}")
                body = await read_body(response, max_bytes=max_bytes)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise SoundNotFound("the URL cannot be fetched") from error
        if body is None:
            raise SoundTooLarge(f"the URL's answer is larger than {max_bytes} bytes")
        return body

    async def close(self) -> None:
        """Close the connections; closing twice is harmless."""
        await self._session.close()


def _embedded_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) % (1 << _IPV4_BITS))
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
