"""Of several nodes the leader alone registers trunks and probes their servers; the others take from it what is down."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from mixminus.directory.trunks import TrunkService
from mixminus.model.directory import Trunk, TrunkServer, TrunkSpec
from mixminus.model.ids import CustomerId
from mixminus.sip.dns_records import Names
from mixminus.sip.internal_headers import Flow
from mixminus.sip.locating import Locator
from mixminus.sip.messages import Message, ProbeServers, Register, ServerProbed, StopProbes, Unregister
from mixminus.sip.trunk_health import TrunkHealth
from mixminus.sip.trunk_registrations import TrunkRegistrations
from mixminus.store.database import Store
from mixminus.store.fence import LEADER
from tests.cluster.conftest import Nodes
from tests.support.clock import ManualClock
from tests.support.dns_server import dns_server
from tests.support.waiting import until

FIRST, SECOND = Flow("UDP", "192.0.2.1", 5070), Flow("UDP", "192.0.2.2", 5080)
CARRIER = "sip:1@carrier.example"
RECORDS = (
    "host-record=a.carrier.example,192.0.2.1",
    "host-record=b.carrier.example,192.0.2.2",
    "srv-host=_sip._udp.carrier.example,a.carrier.example,5070,10,1",
    "srv-host=_sip._udp.carrier.example,b.carrier.example,5080,20,1",
)
SPEC = TrunkSpec(
    domain_name="carrier",
    username="us",
    password="secret of the carrier",
    outbound_host="carrier.example",
    outbound_register=True,
    options_interval_s=30,
)


@pytest.fixture(scope="module")
def nameserver() -> Iterator[str]:
    with dns_server(*RECORDS) as running:
        yield running


class Sip:
    """What a node's server keeps of its trunks, and the commands that its edge gets."""

    def __init__(self, store: Store, nameserver: str) -> None:
        self.store = store
        self.trunks = TrunkService(store, ManualClock())
        self.locator = Locator(Names(nameserver), ManualClock())
        self.sent: list[Message] = []
        self.health = TrunkHealth(self.trunks, self.locator, self.sent.append)
        self.registrations = TrunkRegistrations(self.trunks, self.locator, self.sent.append)

    async def lead(self) -> None:
        async with self.store.transaction() as tx:
            epoch = await tx.homes.claim_leadership()
        assert epoch is not None
        self.store.fence.hold(LEADER, epoch)
        self.trunks.notify()

    async def give_up(self) -> None:
        async with self.store.transaction() as tx:
            tx.outbox.leave(LEADER)
        self.trunks.notify()

    def kinds(self) -> list[type[Message]]:
        return [type(each) for each in self.sent]


@asynccontextmanager
async def opened(store: Store, nameserver: str) -> AsyncIterator[Sip]:
    sip = Sip(store, nameserver)
    sip.health.on_edge_opened()
    sip.registrations.on_edge_opened()
    try:
        yield sip
    finally:
        await sip.registrations.close()
        await sip.health.close()


async def shown(sip: Sip, customer_id: CustomerId) -> Trunk:
    async with sip.store.snapshot() as tx:
        (found,) = await tx.trunks.outgoing(customer_id)
    return found


async def test_the_leader_keeps_the_trunks_and_the_next_one_goes_on(
    nodes: Nodes, customer_id: CustomerId, nameserver: str
) -> None:
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(opened(await nodes.store(), nameserver)) for _ in range(2)
        ]
        await one.lead()
        trunk = await two.trunks.create(customer_id, SPEC)
        one.trunks.notify()  # as it does every few seconds
        await until(lambda: {Register, ProbeServers} <= set(one.kinds()))
        one.health.on_report(ServerProbed(str(trunk.id), FIRST, up=False, detail="408"))
        one.health.on_report(ServerProbed(str(trunk.id), SECOND, up=True, detail="200"))

        async def written() -> bool:
            return (await shown(two, customer_id)).health == "degraded"

        await until(written)
        two.trunks.notify()

        async def left_out() -> bool:
            return await two.locator.locate(CARRIER) == [SECOND]

        await until(left_out)
        assert await one.locator.locate(CARRIER) == [SECOND]
        assert two.sent == []
        assert two.health.servers == {"up": 0, "down": 0}

        one.sent.clear()
        await one.give_up()
        await until(lambda: {Unregister, StopProbes} <= set(one.kinds()))
        await two.lead()
        await until(lambda: {Register, ProbeServers} <= set(two.kinds()))
        assert await one.locator.locate(CARRIER) == [SECOND], "what was known stays"


async def test_what_another_node_has_found_up_again_is_called_again(
    nodes: Nodes, customer_id: CustomerId, nameserver: str
) -> None:
    leader = Sip(await nodes.store(), nameserver)
    await leader.lead()
    trunk = await leader.trunks.create(customer_id, SPEC)
    await leader.trunks.set_servers(trunk.id, [TrunkServer("udp:192.0.2.1:5070", "down")])
    async with opened(await nodes.store(), nameserver) as other:

        async def order(*wanted: Flow) -> bool:
            return await other.locator.locate(CARRIER) == list(wanted)

        await until(lambda: order(SECOND))
        await leader.trunks.set_servers(trunk.id, [TrunkServer("udp:192.0.2.1:5070", "up")])
        other.trunks.notify()
        await until(lambda: order(FIRST, SECOND))
        assert other.sent == []
