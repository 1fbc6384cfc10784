"""Several nodes in one test: each request of its client is sent to one of them, chosen by a seeded chance.

``MIXMINUS_TEST_NODES`` is their number; more than one needs ``MIXMINUS_TEST_DATABASE=postgresql``. The tests are the same
as for one server. The first node is the leader, and the one that a test's phones call: a phone reaches a room at its
home only, so where phones call, new rooms and calls are made there. Every other request may arrive anywhere.
"""

import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import StrOrURL
from yarl import URL

from mixminus.api.application import build, build_internal
from mixminus.api.forward import Forwarder
from mixminus.api.services import Services
from mixminus.cluster.membership import Membership
from mixminus.model.ids import new_id
from mixminus.store.fence import Fence
from mixminus.store.leases import LeaseTable, Node
from tests.support.ports import free_port
from tests.support.waiting import until

__all__ = ["NODES", "OTHERS", "fence_of", "is_made_here", "open_client", "open_membership"]

NODES: Final = int(os.environ.get("MIXMINUS_TEST_NODES", "1"))
OTHERS: Final = range(1, NODES)
SEED: Final = 18
SECRET: Final = "a secret that all nodes of a test share"
_MADE: Final = ("/conferences", "/calls", "/groupcalls", "/activeflows")


def is_made_here(method: str, path: str) -> bool:
    """Return whether a request makes a room or a call, which is then at the node that got the request."""
    return method == "POST" and path.partition("?")[0].endswith(_MADE)


@asynccontextmanager
async def open_membership(url: str, number: int = 0) -> AsyncIterator[Membership | None]:
    """Register a node; None for a server that has its database for itself."""
    if NODES == 1:
        yield None
        return
    host = f"127.0.0.{2 + number}"
    node = Node(new_id(), f"{host}:{free_port(host)}", "127.0.0.1:5060", "")
    membership = Membership(LeaseTable(url), node, on_gone=lambda: None)
    await membership.start()
    try:
        yield membership
    finally:
        await membership.close()


def fence_of(membership: Membership | None) -> Fence:
    """Return the fence of a node's store."""
    if membership is None:
        return Fence()
    fence = Fence(membership.node_id)
    fence.watch(membership.look)
    return fence


class _Spread(TestClient[web.Request, web.Application]):
    """A client that sends each request to one of the nodes."""

    def __init__(self, nodes: Sequence[TestServer], *, with_phones: bool) -> None:
        super().__init__(nodes[0])
        self._nodes = nodes
        self._with_phones = with_phones
        self._chance = random.Random(SEED)

    def make_url(self, path: StrOrURL) -> URL:
        return self._chance.choice(self._nodes).make_url(path)

    async def _request(self, method: str, path: StrOrURL, **options: Any) -> ClientResponse:
        if not (self._with_phones and is_made_here(method, str(path))):
            return await super()._request(method, path, **options)
        response = await self.session.request(method, self._nodes[0].make_url(path), **options)
        self._responses.append(response)
        return response


@asynccontextmanager
async def open_client(
    nodes: Sequence[Services], *, with_phones: bool = False
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """Serve the API of each node, and return a client of all; ``with_phones``: phones call the first one."""
    async with AsyncExitStack() as stack:
        if NODES == 1:
            yield await stack.enter_async_context(TestClient(TestServer(build(nodes[0]))))
            return
        servers = [await _serve(services, stack) for services in nodes]
        for services in nodes:
            assert isinstance(services.cluster, Membership)
            services.cluster.look()
        await until(lambda: all(len(services.cluster.peers) == len(nodes) - 1 for services in nodes))
        yield await stack.enter_async_context(_Spread(servers, with_phones=with_phones))


async def _serve(services: Services, stack: AsyncExitStack) -> TestServer:
    """Start the internal listener of a node, and its public one."""
    assert isinstance(services.cluster, Membership)
    host, _, port = services.cluster.node.address.rpartition(":")
    forwarder = Forwarder(services, SECRET)
    stack.push_async_callback(forwarder.close)
    await stack.enter_async_context(
        TestServer(build_internal(services, forwarder.hops), host=host, port=int(port))
    )
    server = TestServer(build(services, None, forwarder))
    await stack.enter_async_context(server)
    return server
