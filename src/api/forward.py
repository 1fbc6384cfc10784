"""Forwarding: a request that is for another node is sent there whole, once, and its answer passed on.

client -> this node: authenticate, limit -> owner: handle
                                         <- answer, in pieces as it comes

The owner sees the client's headers and body unchanged: ranges, If-Match, Idempotency-Key, WebSockets. Nothing is sent
twice: when a connection breaks, or the owner is declared gone, the client gets 503, and decides.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar
from uuid import UUID

import aiohttp
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from multidict import CIMultiDict
from yarl import URL

from mixminus import log
from mixminus.api import hops, request_id
from mixminus.api.authentication import IDENTITY
from mixminus.api.hops import Hops
from mixminus.api.owners import ROOM, Owners, arrives, first
from mixminus.api.sent_once import once
from mixminus.api.services import Services
from mixminus.cluster import link
from mixminus.cluster.peers import Peer
from mixminus.delivery.media_socket import MAX_MESSAGE_BYTES
from mixminus.errors import Unavailable
from mixminus.model.ids import CustomerId
from mixminus.tasks import Interrupted, unless

__all__ = [
    "ADOPT",
    "FORWARDER",
    "HAS",
    "MEET",
    "MISDIRECTED",
    "ROOM_HEADER",
    "Forwarder",
    "NodeUnreachable",
    "forward",
]

logger = log.get("cluster")
Sent = TypeVar("Sent")

HAS: Final = "/internal/has"
ADOPT: Final = "/internal/adopt"
MEET: Final = "/internal/meet"
ROOM_HEADER: Final = "X-Mixminus-Room"
MISDIRECTED: Final = 421
"""The answer of a node that is not the home of the room that ``ROOM_HEADER`` names (RFC 9110 section 15.5.20)."""
_LOOKS: Final = 3
_CONNECT_S: Final = 2.0
_SWITCHING: Final = 101
_ASK_S: Final = 3.0
_KEPT_S: Final = 15.0
"""For how long a connection to another node is kept; aiohttp's servers keep one for 75 s."""
_SMALL_BYTES: Final = 1 << 16
"""Answers up to here are read before they are passed on: the audit looks into them."""
_PIECE_BYTES: Final = 1 << 16
_HOP_BY_HOP: Final = frozenset(
    {
        hdrs.CONNECTION,
        hdrs.KEEP_ALIVE,
        hdrs.PROXY_AUTHENTICATE,
        hdrs.PROXY_AUTHORIZATION,
        hdrs.TE,
        hdrs.TRAILER,
        hdrs.TRANSFER_ENCODING,
        hdrs.UPGRADE,
        hdrs.EXPECT,
        hops.HEADER,
        hops.IDENTITY_HEADER,
        ROOM_HEADER,
        request_id.HEADER,
    }
)
"""Of one connection (RFC 9110 section 7.6.1), or written anew."""
_OF_HANDSHAKE: Final = "sec-websocket-"
_refusal: ContextVar[list[tuple[aiohttp.ClientResponse, bytes]]] = ContextVar("refusal")


class NodeUnreachable(Unavailable):
    """The node that a request is for does not answer; another one takes over within seconds."""

    reason = "NODE_UNREACHABLE"


class Forwarder:
    """Sends requests to the nodes that they are for."""

    def __init__(self, services: Services, secret: str) -> None:
        self.hops = Hops(services.cluster.node_id, secret.encode(), services.clock)
        self._services = services
        self._owners = Owners(services, self._ask)
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(_keep_refusal)
        kept = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_S, socket_factory=_open_socket)
        self._session = _session(kept, middlewares=(once,))
        self._sockets = _session(aiohttp.TCPConnector(limit=0, force_close=True), trace_configs=[trace])
        self._counters = services.store.fence.counters

    async def close(self) -> None:
        """Close the connections to other nodes; closing twice is harmless."""
        await self._session.close()
        await self._sockets.close()

    async def owner_of(self, request: web.Request) -> Peer | None:
        """Return the node that a request is for, if it is another one; NodeUnreachable if that one is gone."""
        node_id = await self._owners.of(request)
        if node_id is None:
            return None
        peer = await self._services.cluster.meet(node_id)
        if peer is None:
            raise NodeUnreachable("the node that has this is starting or ending: send the request again")
        return peer

    async def follow(self, request: web.Request, peer: Peer) -> web.StreamResponse | None:
        """Send a request to its node, or to where its room has moved; None if that is here. Raises NodeUnreachable."""
        node: Peer | None = peer
        for _ in range(_LOOKS):
            if node is None:
                return None
            response = await self.send(request, node)
            if response.status != MISDIRECTED:
                return response
            if ROOM in request:
                self._owners.homes.forget(request[ROOM])
            node = await self.owner_of(request)
        raise NodeUnreachable("the room moves to another node now: send the request again")

    async def send(self, request: web.Request, peer: Peer) -> web.StreamResponse:
        """Send a request to its node and return the answer; raise NodeUnreachable if there is none."""
        is_socket = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
        return await self._answered(
            request, peer, self._socket(request, peer) if is_socket else self._plain(request, peer)
        )

    async def ask_all(self, request: web.Request) -> Sequence[bytes]:
        """Send a request to every other node and return the bodies of the answers; NodeUnreachable unless all are 200."""
        peers = self._services.cluster.peers
        return await asyncio.gather(
            *(self._answered(request, peer, self._body(request, peer)) for peer in peers)
        )

    async def _answered(self, request: web.Request, peer: Peer, sent: Coroutine[Any, Any, Sent]) -> Sent:
        self._counters["cluster.forwarded"] += 1
        try:
            return await unless([peer.gone], sent)
        except (aiohttp.ClientError, TimeoutError, OSError, Interrupted) as error:
            self._counters["cluster.forwards_failed"] += 1
            logger.warning("not forwarded", node_id=str(peer.id), cause=type(error).__name__)
            if request.get(_BEGUN):
                if request.transport is not None:
                    request.transport.abort()  # the client must not take a part for the whole
                raise ConnectionResetError("the answer of another node has broken off") from error
            raise NodeUnreachable(
                "the node that has this does not answer: send the request again in some seconds"
            ) from error

    async def open_link(self, peer: Peer) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket for the rooms that are shared with another node; NodeUnreachable without an answer."""
        if self._sockets.closed:
            raise NodeUnreachable("this server is stopping: call another one")
        headers = {hops.HEADER: self.hops.signed(peer.id, hdrs.METH_GET, link.PATH, "")}
        opened = self._sockets.ws_connect(
            _url(peer, link.PATH),
            headers=headers,
            heartbeat=link.HEARTBEAT_S,
            max_msg_size=link.MAX_RECORD_BYTES,
        )
        try:
            return await unless([peer.gone], _opened(opened))
        except (aiohttp.ClientError, TimeoutError, OSError, Interrupted) as error:
            raise NodeUnreachable(
                "the home of the room does not answer: call again in some seconds"
            ) from error

    async def announce(self) -> None:
        """Have every other node know this one before it serves; one that does not answer finds it with its next renewal."""
        await asyncio.gather(*(self.post(peer, MEET) for peer in self._services.cluster.peers))

    async def announce_given(self, peer: Peer) -> None:
        """Have a node open the rooms that it was given; one that does not answer finds them when it next looks."""
        await self.post(peer, ADOPT)

    async def post(self, peer: Peer, path: str, body: bytes | None = None) -> bytes | None:
        """POST to a node's internal listener; return the body of its answer, None unless that is a success."""
        if self._session.closed:
            return None
        headers = {hops.HEADER: self.hops.signed(peer.id, hdrs.METH_POST, path, "")}
        try:
            async with asyncio.timeout(_ASK_S):
                async with self._session.post(_url(peer, path), headers=headers, data=body) as answer:
                    return await answer.read() if answer.ok else None
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    @asynccontextmanager
    async def _requested(self, request: web.Request, peer: Peer) -> AsyncIterator[aiohttp.ClientResponse]:
        body = await request.read() if request.body_exists else None
        url = _url(peer, request.raw_path)
        headers = self._headers(request, peer)
        async with self._session.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as answer:
            yield answer

    async def _body(self, request: web.Request, peer: Peer) -> bytes:
        async with self._requested(request, peer) as answer:
            if answer.status != web.HTTPOk.status_code:
                raise NodeUnreachable(f"a node has answered {answer.status}: send the request again")
            return await answer.read()

    async def _plain(self, request: web.Request, peer: Peer) -> web.StreamResponse:
        async with self._requested(request, peer) as answer:
            passed = _passed(answer.headers)
            if request.method == hdrs.METH_HEAD or _is_small(answer):
                read = await answer.read()
                response = web.Response(status=answer.status, reason=answer.reason, body=read)
                response.headers.clear()
                response.headers.extend(passed)
                return response
            streamed = web.StreamResponse(status=answer.status, reason=answer.reason, headers=passed)
            await streamed.prepare(request)
            request[_BEGUN] = True
            async for piece in answer.content.iter_chunked(_PIECE_BYTES):
                await streamed.write(piece)
            await streamed.write_eof()
            return streamed

    async def _socket(self, request: web.Request, peer: Peer) -> web.StreamResponse:
        headers = self._headers(request, peer)
        asked = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
        protocols = [each.strip() for each in asked.split(",") if each.strip()]
        _refusal.set([])
        try:
            far = await self._sockets.ws_connect(
                _url(peer, request.raw_path),
                headers=headers,
                protocols=protocols,
                max_msg_size=MAX_MESSAGE_BYTES,
            )
        except aiohttp.WSServerHandshakeError:
            refused = _refusal.get()
            if not refused:
                raise
            answer, body = refused[-1]
            return web.Response(status=answer.status, body=body, headers=_without_length(answer.headers))
        async with far:
            near = web.WebSocketResponse(
                protocols=[far.protocol] if far.protocol else (), max_msg_size=MAX_MESSAGE_BYTES
            )
            await near.prepare(request)
            request[_BEGUN] = True
            await _between(near, far)
            return near

    def _headers(self, request: web.Request, peer: Peer) -> CIMultiDict[str]:
        headers = _passed(request.headers)
        for name in [each for each in headers if each.lower().startswith(_OF_HANDSHAKE)]:
            headers.popall(name, None)
        headers.popall(hdrs.CONTENT_LENGTH, None)
        headers[request_id.HEADER] = request[request_id.REQUEST_ID]
        remote = hops.remote_of(request)
        hop = headers[hops.HEADER] = self.hops.signed(peer.id, request.method, request.raw_path, remote)
        if ROOM in request:
            headers[ROOM_HEADER] = str(request[ROOM])
        identity = request[IDENTITY]
        if identity.guest is None:
            headers[hops.IDENTITY_HEADER] = self.hops.vouched(hop, identity)
        return headers

    async def _ask(self, kind: str, id_: UUID, customer_id: CustomerId) -> UUID | None:
        """Return the node that has something in memory; None if none answers that it has."""
        path = f"{HAS}/{kind}/{id_}?customer_id={customer_id}"
        return await first({peer.id: self._has(peer, path) for peer in self._services.cluster.peers})

    async def _has(self, peer: Peer, path: str) -> bool:
        headers = {hops.HEADER: self.hops.signed(peer.id, hdrs.METH_GET, path, "")}
        try:
            async with asyncio.timeout(_ASK_S):
                async with self._session.get(_url(peer, path), headers=headers) as answer:
                    return answer.status == web.HTTPNoContent.status_code
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


def _session(connector: aiohttp.TCPConnector, **options: Any) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
        skip_auto_headers=(hdrs.USER_AGENT, hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE),
        **options,
    )


def _open_socket(address: tuple[Any, ...]) -> socket.socket:
    """Return a socket whose connection breaks when what it sends is not acknowledged (RFC 5482): the other machine is away."""
    family, kind, protocol, *_ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * _CONNECT_S))
    return opened


FORWARDER: Final = web.AppKey("forwarder", Forwarder)
_BEGUN: Final = web.RequestKey("begun", bool)


@web.middleware
async def forward(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Send a request of a known sender to the node that it is for, if that is another one; ``arrivals.place`` has sent others."""
    if IDENTITY not in request or arrives(request):
        return await handler(request)
    forwarder = request.app[FORWARDER]
    peer = await forwarder.owner_of(request)
    response = await forwarder.follow(request, peer) if peer else None
    return await handler(request) if response is None else response


async def _keep_refusal(_: aiohttp.ClientSession, __: Any, ended: aiohttp.TraceRequestEndParams) -> None:
    """Read the answer to a handshake that was refused: aiohttp raises an error without it."""
    refused = _refusal.get([])
    if ended.response.status != _SWITCHING and hdrs.UPGRADE in ended.headers:
        refused.append((ended.response, await ended.response.read()))


async def _opened(opening: Awaitable[aiohttp.ClientWebSocketResponse]) -> aiohttp.ClientWebSocketResponse:
    return await opening


async def _between(near: web.WebSocketResponse, far: aiohttp.ClientWebSocketResponse) -> None:
    """Pass messages on in both directions until one side closes; then close the other with the same code."""
    there = asyncio.ensure_future(_pass_on(near, far))
    back = asyncio.ensure_future(_pass_on(far, near))
    try:
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        if back.done():
            await near.close(code=far.close_code or aiohttp.WSCloseCode.GOING_AWAY)
        else:
            await far.close(code=near.close_code or aiohttp.WSCloseCode.GOING_AWAY)
    finally:
        for task in (there, back):
            task.cancel()
        await asyncio.gather(there, back, return_exceptions=True)


async def _pass_on(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)


def _url(peer: Peer, path: str) -> URL:
    return URL(f"http://{peer.address}{path}", encoded=True)


def _passed(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers of the message itself, without those of one connection."""
    named = {each.strip().lower() for each in headers.get(hdrs.CONNECTION, "").split(",")}
    dropped = named | {each.lower() for each in _HOP_BY_HOP}
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)


def _without_length(headers: Mapping[str, str]) -> CIMultiDict[str]:
    kept = _passed(headers)
    kept.popall(hdrs.CONTENT_LENGTH, None)
    return kept


def _is_small(answer: aiohttp.ClientResponse) -> bool:
    return answer.content_length is not None and answer.content_length <= _SMALL_BYTES
