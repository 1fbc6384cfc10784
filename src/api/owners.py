"""Owners: which node a request is for, by its path or by what its body names.

rooms, with their participants and chat            the room's home
calls, groupcalls, activeflows, transcribes        the node that has them (``node_id`` of the row)
recordings and their files                         the node that has the files
speakings, media streams, traces, playbacks, broadcasts  the node that has them in memory: the others are asked
what sends webhooks                                the leader

Everything else is answered anywhere: lists, the directory, events. What makes a room or brings a call, and finds no place at its
node, is placed at another one (``arrivals.py``).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import hdrs, web

from mixminus.api import whip
from mixminus.api.authentication import IDENTITY
from mixminus.api.known_homes import KnownHomes
from mixminus.api.paths import CANONICAL, route_of, without_root
from mixminus.api.services import Services
from mixminus.errors import NotFound
from mixminus.model.ids import BroadcastId, CustomerId, FlowId, MediaStreamId, PlaybackId, SpeakingId, TraceId
from mixminus.store.fence import LEADER
from mixminus.store.homes import OF_ROOMS

__all__ = ["NAMED_ROOM", "ROOM", "Owners", "arrives", "first", "has", "room_in"]

ROOM: Final = web.RequestKey("room", UUID)
"""The room that a request is about, if that is not here."""
NAMED_ROOM: Final = web.RequestKey("named_room", UUID)
"""The room that an arrival is for, wherever that is."""

_IN_MEMORY: Final[Mapping[str, Callable[[Services, CustomerId, UUID], object]]] = {
    "playbacks": lambda services, customer, id_: services.playbacks.get(customer, PlaybackId(id_)),
    "speakings": lambda services, customer, id_: services.speakings.get(customer, SpeakingId(id_)),
    "media_streams": lambda services, customer, id_: services.agent_streams.get(customer, MediaStreamId(id_)),
    "broadcasts": lambda services, customer, id_: services.broadcasts.get(customer, BroadcastId(id_)),
    "traces": lambda services, customer, id_: services.traces.get(customer, TraceId(id_)),
}
_READ_ANYWHERE: Final = frozenset(
    {
        "/conferences/{id}",
        "/conferences/{id}/messages",
        "/conferences/{id}/guest_links",
        "/conferencecalls/{id}",
        "/groupcalls/{id}",
        "/activeflows/{id}",
        "/chatmessages/{id}",
    }
)
"""Read from the database by any node."""
_REFERENCES: Final = {
    "call": "calls",
    "confbridge": "conferences",
    "conference": "conferences",
    "recording": "recordings",
}
_NAMING: Final = frozenset(
    {"/transcribes", "/speakings", "/transfers", "/calls", "/groupcalls", "/activeflows"}
)
"""POSTs whose body may name a room, a call or a recording."""
_MAKING: Final = frozenset({"/conferences", "/calls", "/groupcalls", "/activeflows"})
"""POSTs that make a room or calls."""
_ARRIVING: Final = _MAKING | {whip.PATH}
Ask = Callable[[str, UUID, CustomerId], Awaitable[UUID | None]]


def arrives(request: web.Request) -> bool:
    """Return whether a request makes a room or brings a call: a node without place leaves it to another one."""
    return request.method == hdrs.METH_POST and without_root(route_of(request)) in _ARRIVING


def has(services: Services, kind: str, customer_id: CustomerId, id_: UUID) -> bool:
    """Return whether this node has something in memory."""
    find = _IN_MEMORY.get(kind)
    try:
        return find is not None and find(services, customer_id, id_) is not None
    except NotFound:
        return False


class Owners:
    """Finds the owner of a request; None: this node, or none that lives."""

    def __init__(self, services: Services, ask: Ask) -> None:
        """``ask`` asks the other nodes which of them has something in memory."""
        self.homes = KnownHomes(services.store, services.cluster)
        self._services = services
        self._ask = ask

    async def of(self, request: web.Request) -> UUID | None:
        """Return the other node that a request is for; None if this one answers it."""
        pattern = without_root(route_of(request))
        if request.method == hdrs.METH_POST and pattern in _NAMING:
            named = await self._named(request)
            if named and named[0] == "conferences":
                request[NAMED_ROOM] = named[1]
            return await self._other(request, named)
        if request.method == hdrs.METH_POST and pattern in _MAKING:
            return None
        if pattern == "/events/resend":
            return self._not_here(await self._services.store.read(lambda tx: tx.homes.of(LEADER)))
        return await self._by_path(request, pattern)

    async def _by_path(self, request: web.Request, pattern: str) -> UUID | None:
        """Return the other node that has what a path names; None if this one answers."""
        if pattern == whip.SESSION and (node_id := _named_by_url(request)):
            return self._not_here(node_id)
        kind, _, rest = pattern.strip("/").partition("/")
        text = request.match_info.get("id", "")
        is_read = request.method in (hdrs.METH_GET, hdrs.METH_HEAD)
        if (
            (is_read and pattern in _READ_ANYWHERE)
            or not rest.startswith("{id}")
            or not CANONICAL.fullmatch(text)
        ):
            return None
        if kind in _IN_MEMORY:
            return await self._in_memory(kind, UUID(text), request[IDENTITY].customer_id)
        if pattern == whip.PATH:
            request[NAMED_ROOM] = UUID(text)
        return await self._other(request, (kind, UUID(text)))

    async def _in_memory(self, kind: str, id_: UUID, customer_id: CustomerId) -> UUID | None:
        """Return the other node that has something in memory."""
        if has(self._services, kind, customer_id, id_):
            return None
        return await self._ask(kind, id_, customer_id)

    async def _other(self, request: web.Request, named: tuple[str, UUID] | None) -> UUID | None:
        """Return the living node that has a resource, if it is another."""
        if named is None:
            return None
        kind, id_ = named
        services = self._services
        if services.store.fence.holds(id_) or id_ in services.live_calls:
            return None
        room = id_ if kind == "conferences" else None
        if kind in OF_ROOMS:
            room = await self.homes.room_of(kind, id_)
            if room is None or services.store.fence.holds(room):
                return None
        if room:
            request[ROOM] = room
            return self._not_here(await self.homes.home_of(room))
        return self._not_here(await services.store.read(lambda tx: tx.homes.of_resource(kind, id_)))

    def _not_here(self, node_id: UUID | None) -> UUID | None:
        return None if node_id == self._services.cluster.node_id else node_id

    async def _named(self, request: web.Request) -> tuple[str, UUID] | None:
        """Return what a body names; None if that is nothing, or the handler is going to refuse it."""
        try:
            body = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            return None
        if not isinstance(body, dict):
            return None
        if reference := _REFERENCES.get(str(body.get("reference_type"))):
            return _uuid(reference, body.get("reference_id"))
        if transferer := body.get("transferer_call_id"):
            return _uuid("calls", transferer)
        actions = body.get("actions")
        if flow := _uuid("flows", body.get("flow_id")):
            async with self._services.store.snapshot() as tx:
                found = await tx.flows.find(FlowId(flow[1]))
            actions = list(found.actions) if found else None
        room = room_in(actions)
        return ("conferences", room) if room else None


def _named_by_url(request: web.Request) -> UUID | None:
    """Return the node that the URL of a browser's session names; None for the home."""
    text = request.query.get(whip.NODE, "")
    return UUID(text) if CANONICAL.fullmatch(text) else None


def room_in(actions: object) -> UUID | None:
    """Return the room of the first action that names one."""
    for action in actions if isinstance(actions, list | tuple) else ():
        option = action.get("option") if isinstance(action, Mapping) else None
        if isinstance(option, Mapping) and option.get("conference_id"):
            room = str(option["conference_id"])
            return UUID(room) if CANONICAL.fullmatch(room) else None
    return None


def _uuid(kind: str, value: Any) -> tuple[str, UUID] | None:
    text = str(value)
    return (kind, UUID(text)) if CANONICAL.fullmatch(text) else None


async def first(answers: Mapping[UUID, Awaitable[bool]]) -> UUID | None:
    """Return the first of the nodes that answers True."""
    found = await asyncio.gather(*answers.values())
    return next((node_id for node_id, yes in zip(answers, found, strict=True) if yes), None)
