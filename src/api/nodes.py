"""/nodes, an extension of the API: the servers that share the database."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from mixminus.api.authentication import SENDER
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.api.services import Services
from mixminus.errors import NotFound
from mixminus.model.permissions import ADMIN
from mixminus.store.fence import LEADER
from mixminus.wire.view import Timestamp, View

__all__ = ["resource"]


class NodeNotFound(NotFound):
    """No living node has this id."""

    reason = "NODE_NOT_FOUND"


resource: Final = Resource("Nodes", permission=ADMIN, missing=(NodeNotFound,))
operation = partial(Operation, resource)


class NodeView(View):
    """One start of a server that shares its database."""

    id: UUID
    address: str
    """Of its internal listener."""
    version: str
    state: Literal["serving", "draining", "gone"]
    """`draining`: it takes no new calls, and gives its rooms to others."""
    leader: bool
    """Whether it sends the webhooks, and takes over what others leave."""
    rooms: int
    """Whose home it is; as it last reported."""
    calls: int
    load: float
    """CPU time of its busiest mixing thread over a second, as a share of the time it has."""
    tm_start: Timestamp
    tm_lease: Annotated[Timestamp, Field(validation_alias="lease_until")]
    """Until when it is not declared gone."""
    lease_age_s: float
    """Seconds since it last renewed its lease, by the database's clock: it does so each 1.5 s, and is gone after 6."""


class NodesView(View):
    """The nodes, and which of them answers."""

    here: UUID
    """The node that answers; the nil UUID for a server that has its database for itself."""
    leader: bool
    """Whether that node sends the webhooks, and takes over what others leave."""
    result: list[NodeView]
    """Oldest first, with those that went within a day; empty for a server that has its database for itself."""


@operation("GET", "/nodes", "List the servers that share the database")
async def list_nodes(call: ApiCall) -> NodesView:
    """Only for the server's first customer and its super admin."""
    services = call.services
    await services.access.operators.require(call.request[SENDER])
    return NodesView(
        here=services.cluster.node_id,
        leader=services.store.fence.holds(LEADER),
        result=await _nodes(services),
    )


@operation("POST", "/nodes/{id}/drain", "Make a node give its rooms to others")
async def drain_node(call: ApiCall) -> NodeView:
    """It refuses new calls (503), is not ready, and answers OPTIONS by 503. Its rooms go to other nodes, each when it is
    empty; participants stay until they leave. For the server's first customer and its super admin.
    """
    return await _set_draining(call, on=True)


@operation("POST", "/nodes/{id}/undrain", "Make a node take new calls again")
async def undrain_node(call: ApiCall) -> NodeView:
    """The rooms that it has given away stay where they are."""
    return await _set_draining(call, on=False)


async def _set_draining(call: ApiCall, *, on: bool) -> NodeView:
    services = call.services
    await services.access.operators.require(call.request[SENDER])
    if not await services.cluster.set_draining(call.id, on=on):
        raise NodeNotFound(f"no living node {call.id}: `mixminus nodes list` shows them")
    return next(each for each in await _nodes(services) if each.id == call.id)


async def _nodes(services: Services) -> list[NodeView]:
    rows = await services.cluster.nodes()
    leader = None
    if rows:
        leader = await services.store.read(lambda tx: tx.homes.of(LEADER))
    return [NodeView.model_validate(asdict(row) | {"leader": row.id == leader}) for row in rows]
