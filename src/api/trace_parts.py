"""How nodes ask each other for the parts of traces (``trace/parts.py``): by POST to their internal listeners."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from mixminus.api.forward import Forwarder
from mixminus.api.services import SERVICES
from mixminus.cluster.alone import Cluster
from mixminus.model.ids import TraceId
from mixminus.trace.parts import Collected, Wanted

__all__ = ["TracingNodes", "routes"]

_PATH: Final = "/internal/traces"
_WANTED: Final = TypeAdapter(Wanted)
_COLLECTED: Final = TypeAdapter(Collected)


class TracingNodes:
    """Implements ``trace.parts.Nodes``."""

    def __init__(self, cluster: Cluster, forwarder: Forwarder) -> None:
        self._cluster = cluster
        self._forwarder = forwarder

    @property
    def others(self) -> Sequence[UUID]:
        """Those that live."""
        return tuple(peer.id for peer in self._cluster.peers)

    async def collect(self, node_id: UUID, trace_id: TraceId, wanted: Wanted) -> Collected | None:
        """Ask a node; None if it does not answer, or does not collect."""
        body = await self._post(node_id, f"{_PATH}/{trace_id}", _WANTED.dump_json(wanted))
        try:
            return _COLLECTED.validate_json(body) if body else None
        except ValidationError:  # of another version
            return None

    async def end(self, node_id: UUID, trace_id: TraceId) -> None:
        """Notify a node that a trace has ended; harmless if it does not answer."""
        await self._post(node_id, f"{_PATH}/{trace_id}/end")

    async def _post(self, node_id: UUID, path: str, body: bytes | None = None) -> bytes | None:
        peer = self._cluster.peer(node_id)
        return await self._forwarder.post(peer, path, body) if peer else None


async def _collect(request: web.Request) -> web.Response:
    """Collect for a trace of another node, and answer with what was collected."""
    try:
        wanted = _WANTED.validate_json(await request.read())
    except ValidationError:  # of another version
        return web.Response(status=400)
    collected = request.app[SERVICES].traces.collect(_id(request), wanted)
    return web.Response(body=_COLLECTED.dump_json(collected), content_type="application/json")


async def _end(request: web.Request) -> web.Response:
    """Collect no more for a trace of another node."""
    request.app[SERVICES].traces.end_for_other(_id(request))
    return web.Response(status=204)


def _id(request: web.Request) -> TraceId:
    return TraceId(UUID(request.match_info["id"]))


routes: Final = (web.post(f"{_PATH}/{{id}}", _collect), web.post(f"{_PATH}/{{id}}/end", _end))
