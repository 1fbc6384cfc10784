"""Arrivals: what makes a room or brings a call is taken by a node that has place for it.

    first      the home of the room that it is for, where its audio has no second hop; else this node
    refused    for want of place: another one that has it (``satellite/places.py``), until one takes it or none is left

A refusal comes before anything is made, so nothing is made twice. The URL of a browser's session names the node that has it.
"""

from typing import Final
from uuid import UUID

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from mixminus.api import whip
from mixminus.api.authentication import IDENTITY
from mixminus.api.forward import FORWARDER, Forwarder, NodeUnreachable
from mixminus.api.owners import NAMED_ROOM, ROOM, arrives
from mixminus.api.paths import route_of, without_root
from mixminus.api.services import SERVICES, Services
from mixminus.call.admission import Draining, Overloaded
from mixminus.cluster.peers import Peer
from mixminus.conference.errors import SeatsTaken
from mixminus.errors import Unavailable

__all__ = ["place"]

_REFUSED: Final = 503
_WITHOUT_PLACE: Final = (Draining, Overloaded, SeatsTaken)


@web.middleware
async def place(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Have an arrival taken by the node that has place for it."""
    if IDENTITY not in request or not arrives(request):
        return await handler(request)
    services, forwarder = request.app[SERVICES], request.app[FORWARDER]
    home = node = await forwarder.owner_of(request)
    room = request.get(NAMED_ROOM)
    tried: set[UUID] = set()
    if _is_full(services, node):
        tried.add(_id(services, node))
        chosen = await services.places.choose(room, tried)
        node = _node(services, chosen) if chosen else node
    while True:
        if node is not home:
            request.pop(ROOM, None)  # it takes the call without being the home
        refusal = await _tried(request, handler, forwarder, node)
        if not _is_refused(request, refusal):
            return _answer(refusal)
        tried.add(_id(services, node))
        chosen = await services.places.choose(room, tried)
        if chosen is None:
            return _answer(refusal)
        node = _node(services, chosen)


async def _tried(
    request: web.Request, handler: Handler, forwarder: Forwarder, node: Peer | None
) -> web.StreamResponse | Unavailable:
    """Return the answer of a node, or why this one has none."""
    if node and (response := await forwarder.follow(request, node)) is not None:
        return response
    try:
        return await handler(request)
    except Unavailable as error:
        return error


def _is_full(services: Services, node: Peer | None) -> bool:
    """Return whether a node is known to have no place, without asking it."""
    return services.admission.refusing if node is None else not services.places.takes(node)


def _is_refused(request: web.Request, answer: web.StreamResponse | Unavailable) -> bool:
    """Return whether a node has refused an arrival for want of place, and has made nothing."""
    if without_root(route_of(request)) == whip.PATH:  # a call that has ended unanswered has left nothing
        return isinstance(answer, Unavailable) or answer.status == _REFUSED
    if isinstance(answer, Unavailable):
        return isinstance(answer, _WITHOUT_PLACE)
    if (
        answer.status != _REFUSED
        or not isinstance(answer, web.Response)
        or not isinstance(answer.body, bytes)
    ):
        return False
    return orjson.loads(answer.body)["error"]["reason"] in {each.reason for each in _WITHOUT_PLACE}


def _answer(answer: web.StreamResponse | Unavailable) -> web.StreamResponse:
    if isinstance(answer, Unavailable):
        raise answer
    return answer


def _id(services: Services, node: Peer | None) -> UUID:
    return node.id if node else services.cluster.node_id


def _node(services: Services, node_id: UUID) -> Peer | None:
    """Return the node of an id, None for this one; raise NodeUnreachable if it has just gone."""
    if node_id == services.cluster.node_id:
        return None
    if peer := services.cluster.peer(node_id):
        return peer
    raise NodeUnreachable("the node that had place has just gone: send the request again")
