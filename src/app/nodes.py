"""What a node does beyond a server that is alone: it looks after what others leave, and at what others change."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from mixminus.accepting import listening_socket
from mixminus.api.services import Services
from mixminus.app.addresses import advertised_hosts
from mixminus.app.database import open_database
from mixminus.app.listeners import listening
from mixminus.app.settings import Settings
from mixminus.clock import Clock
from mixminus.cluster.leadership import Leadership
from mixminus.cluster.membership import Membership
from mixminus.flow.runner import FlowRunner
from mixminus.hosts import bracketed, host_of
from mixminus.model.ids import new_id
from mixminus.store import leases
from mixminus.store.database import Store
from mixminus.store.exclusive import DatabaseInUse, Starting
from mixminus.store.fence import Fence
from mixminus.version import installed_version

__all__ = ["Node", "open_node", "resume"]


class DeclaredGone(DatabaseInUse):
    """The other nodes have taken over what this one had."""


_DECLARED_GONE: Final = (
    "the other nodes have declared this one gone, because it did not renew its lease in the database: it ends its "
    "calls; start it again, and look why it stood still"
)


@dataclass(frozen=True, slots=True)
class Node:
    """The database of a server, and what makes it a node."""

    store: Store
    lost: asyncio.Future[DatabaseInUse]
    """Done when another server has taken the database over, or this node was declared gone."""
    starting: Starting
    membership: Membership | None
    inside: socket.socket | None
    """The internal listener; this and the membership are None for a server that is alone."""


async def open_node(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Node:
    """Open the database, with others if the settings say so; raise DatabaseInUse or Unavailable."""
    fence = Fence(new_id()) if settings.cluster_address else Fence()
    inside = _listen_inside(settings, stack)
    database = await open_database(settings, clock, fence, stack)
    membership = None if fence.alone else await _register(settings, fence, database.lose, stack)
    return Node(database.store, database.lost, database.starting, membership, inside)


def _listen_inside(settings: Settings, stack: AsyncExitStack) -> socket.socket | None:
    """Take the internal address: the process that has it is the one server there. None for a server that is alone."""
    if not settings.cluster_address:
        return None
    host, port = host_of(settings.cluster_address), int(settings.cluster_address.rpartition(":")[2])
    with listening("cluster", host, port, host_setting="cluster_address"):
        opened = listening_socket(host, port)
    stack.callback(opened.close)
    return opened


async def _register(
    settings: Settings, fence: Fence, lose: Callable[[DatabaseInUse], None], stack: AsyncExitStack
) -> Membership:
    """Register this node; ``lose`` is called when it was declared gone."""
    host = advertised_hosts(settings, settings.sip_hosts)[0]
    node = leases.Node(
        fence.node_id,
        settings.cluster_address,
        f"{bracketed(host)}:{settings.sip_port}",
        installed_version() or "",
    )
    membership = Membership(
        leases.LeaseTable(settings.database, starting_ttl_s=leases.STARTING_TTL_S),
        node,
        on_gone=lambda: lose(DeclaredGone(_DECLARED_GONE)),
    )
    stack.push_async_callback(membership.close)
    await membership.start()
    fence.watch(membership.look)
    return membership


async def resume(
    services: Services, runner: FlowRunner, membership: Membership | None, stack: AsyncExitStack
) -> None:
    """Resume or end what the previous run left; a node that is not the leader leaves that to it."""
    services.access.audits.start()
    await services.usage.meter.start()
    await services.directory.registrations.prune()
    await services.recordings.repair()
    await services.traces.start()
    if membership is None:
        await _repair(services, runner)
    else:
        await _share(services, runner, membership, stack)
    services.usage.watch.start()
    services.privacy.retention.start()
    services.library.start()


async def _repair(services: Services, runner: FlowRunner) -> None:
    """End or take over what no living server has; what others refer to comes first."""
    await services.calls.start()
    await runner.start()
    await services.dialout.start()
    await services.transcription.repair()
    await services.conferences.start()


async def _share(
    services: Services, runner: FlowRunner, membership: Membership, stack: AsyncExitStack
) -> None:
    """Be the leader if there is none; look from now on at what other nodes change and leave."""

    async def sweep() -> None:
        await services.recordings.take_over()
        await _repair(services, runner)

    async def refresh() -> None:
        await services.usage.meter.refresh()
        services.directory.refresh()
        if any(peer.is_draining for peer in membership.peers):
            await services.conferences.adopt()

    async def lead() -> None:
        services.directory.trunks.notify()
        await services.delivery.take_over()

    leadership = Leadership(services.store, membership, sweep)
    stack.push_async_callback(leadership.close)
    if await leadership.take():
        await leadership.sweep()
    membership.report(
        lambda: leases.Load(len(services.rooms), len(services.live_calls), services.engine.load().busiest)
    )
    # The lease outlives the engine.
    stack.callback(membership.report, lambda: leases.NO_LOAD)
    leadership.start(lead, refresh)
