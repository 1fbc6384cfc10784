"""The application of the internal listener: the same operations, for requests that other nodes have forwarded.

They were limited and are audited where the client has sent them, and are never forwarded again.
"""

from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from mixminus.api import trace_parts
from mixminus.api.authentication import IDENTITY, SENDER
from mixminus.api.forward import ADOPT, HAS, MEET, MISDIRECTED, ROOM_HEADER
from mixminus.api.hops import REMOTE, Hops, sender_of
from mixminus.api.owners import has
from mixminus.api.paths import query_id
from mixminus.api.services import SERVICES
from mixminus.cluster.link import HEARTBEAT_S, MAX_RECORD_BYTES, PATH
from mixminus.errors import PermissionDenied
from mixminus.model.ids import CustomerId

__all__ = ["only_nodes", "routes"]


def only_nodes(hops: Hops) -> Middleware:
    """Return the middleware that lets requests of other nodes in, and nothing else."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            remote = hops.checked(request)
        except PermissionDenied as error:
            return web.Response(status=403, text=f"{error}\n")
        if remote != "-":
            request[REMOTE] = remote
        if not _is_home(request):
            return web.Response(status=MISDIRECTED)
        if identity := hops.identity_of(request):
            request[SENDER] = request[IDENTITY] = identity
        return await handler(request)

    return check


def _is_home(request: web.Request) -> bool:
    """Return False if a request is about a room that is not at this node any more, or not yet."""
    room = request.headers.get(ROOM_HEADER)
    return room is None or request.app[SERVICES].store.fence.holds(UUID(room))


async def _has(request: web.Request) -> web.Response:
    """Answer 204 if this node has something in memory, else 404."""
    customer_id = query_id(request, "customer_id")
    found = customer_id is not None and has(
        request.app[SERVICES],
        request.match_info["kind"],
        CustomerId(customer_id),
        UUID(request.match_info["id"]),
    )
    return web.Response(status=204 if found else 404)


async def _link(request: web.Request) -> web.StreamResponse:
    """Serve another node that has legs in rooms of this one, until its link ends."""
    services = request.app[SERVICES]
    peer = await services.cluster.meet(sender_of(request))
    if peer is None or services.satellites is None or services.satellites.stopping:
        return web.Response(status=503, text="this node does not know the other one yet, or stops\n")
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_RECORD_BYTES)
    await socket.prepare(request)
    await services.satellites.serve(socket, peer)
    return socket


async def _meet(request: web.Request) -> web.Response:
    """Note that another node is about to serve, which it begins when the others have answered."""
    met = await request.app[SERVICES].cluster.meet(sender_of(request))
    return web.Response(status=204 if met else 404)


async def _adopt(request: web.Request) -> web.Response:
    """Open the rooms that another node has given to this one."""
    await request.app[SERVICES].conferences.adopt()
    return web.Response(status=204)


routes = (
    web.get(f"{HAS}/{{kind}}/{{id}}", _has),
    web.post(ADOPT, _adopt),
    web.post(MEET, _meet),
    web.get(PATH, _link),
    *trace_parts.routes,
)
