"""/nodes, an extension of the API: the servers that share the database."""

from functools import partial
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from mixminus.api.authentication import SENDER
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.model.permissions import ADMIN
from mixminus.store.fence import LEADER
from mixminus.wire.view import Timestamp, View

__all__ = ["resource"]

resource: Final = Resource("Nodes", permission=ADMIN)
operation = partial(Operation, resource)


class NodeView(View):
    """One start of a server that shares its database."""

    id: UUID
    address: str
    """Of its internal listener."""
    version: str
    state: Literal["serving", "gone"]
    rooms: int
    """Whose home it is; as it last reported."""
    calls: int
    tm_start: Timestamp
    tm_lease: Annotated[Timestamp, Field(validation_alias="lease_until")]
    """Until when it is not declared gone."""


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
    rows = await services.cluster.nodes()
    return NodesView(
        here=services.cluster.node_id,
        leader=services.store.fence.holds(LEADER),
        result=[NodeView.of(row) for row in rows],
    )
