"""Leases: who is declared gone, by whom, and who learns of it. The database's clock is moved by moving the leases."""

import asyncio

from mixminus.cluster.membership import Membership
from mixminus.model.ids import new_id
from mixminus.store.leases import LeaseTable, Node
from tests.cluster.conftest import Nodes, Sql
from tests.support.waiting import until

LAPSE = "UPDATE nodes SET lease_until = clock_timestamp() - interval '1 s' WHERE id = '{}'"
STEADY = "UPDATE nodes SET steady_since = clock_timestamp() - interval '1 day' WHERE id = '{}'"


async def test_a_node_whose_lease_has_lapsed_is_declared_gone_and_learns_it(nodes: Nodes, sql: Sql) -> None:
    (sleeping, gone), (awake, witness) = await nodes.register(), await nodes.register()
    await sql(STEADY.format(witness))
    assert await awake.declare_gone(witness) == []
    await sql(LAPSE.format(gone))
    assert await awake.declare_gone(witness) == [gone]
    assert not await sleeping.renew(gone)
    assert await awake.renew(witness)
    assert {row.id: row.state for row in await awake.all()} == {gone: "gone", witness: "serving"}


async def test_a_lapsed_lease_that_is_renewed_in_time_holds_again(nodes: Nodes, sql: Sql) -> None:
    (slow, node), (awake, witness) = await nodes.register(), await nodes.register()
    await sql(STEADY.format(witness))
    await sql(LAPSE.format(node))
    assert await slow.renew(node)
    assert await awake.declare_gone(witness) == []


async def test_after_an_outage_that_all_have_slept_through_none_is_gone(nodes: Nodes, sql: Sql) -> None:
    members = [await nodes.register() for _ in range(4)]
    for _, node in members:
        await sql(STEADY.format(node))
        await sql(LAPSE.format(node))
    first, node = members[0]
    assert await first.renew(node)
    assert await first.declare_gone(node) == [], "it has slept itself"
    assert all([await leases.renew(id_) for leases, id_ in members])


async def test_a_node_that_is_gone_declares_none_gone(nodes: Nodes, sql: Sql) -> None:
    (_, other), (leases, node) = await nodes.register(), await nodes.register()
    await sql(STEADY.format(node))
    await leases.leave(node)
    await sql(LAPSE.format(other))
    assert await leases.declare_gone(node) == []


async def test_an_address_has_one_node(nodes: Nodes) -> None:
    old, first = await nodes.register("127.0.0.8:1")
    new, second = await nodes.register("127.0.0.8:1")
    assert not await old.renew(first)
    assert await new.renew(second)


async def test_a_lost_session_is_opened_again(nodes: Nodes, sql: Sql) -> None:
    leases, node = await nodes.register()
    await leases.close()
    assert await leases.renew(node)


async def test_a_node_whose_session_has_failed_renews_again_at_once(url: str, sql: Sql) -> None:
    """It would be late otherwise: an answer is awaited for half of the lease."""
    node = Node(new_id(), "127.0.0.9:7000", "127.0.0.9:5060", "1")
    membership = Membership(LeaseTable(url), node, on_gone=lambda: None, renew_s=3600)
    try:
        await membership.start()
        await sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'mixminus leases%'"
        )
        membership.look()
        await until(lambda: membership.counters["cluster.renewals"] == 1)
        assert membership.counters["cluster.renewals_failed"] == 1
    finally:
        await membership.close()


async def test_a_node_that_started_since_the_last_renewal_is_met_when_a_request_is_for_it(
    url: str, nodes: Nodes
) -> None:
    node = Node(new_id(), "127.0.0.9:7000", "127.0.0.9:5060", "1")
    membership = Membership(LeaseTable(url), node, on_gone=lambda: None, renew_s=3600)
    try:
        await membership.start()
        leases, started = await nodes.register("127.0.0.8:1")
        assert membership.peer(started) is None
        met = await membership.meet(started)
        assert met is not None and met is membership.peer(started) and met.id == started
        assert await membership.meet(node.id) is None, "this one is no other"
        assert await membership.meet(new_id()) is None, "there is no such node"
        await leases.leave(started)
        await membership.renew()
        assert met.gone.done() and await membership.meet(started) is None
    finally:
        await membership.close()


async def test_a_lease_is_renewed_while_the_nodes_are_listed(nodes: Nodes) -> None:
    leases, node = await nodes.register()
    answers = await asyncio.gather(*(each for _ in range(20) for each in (leases.renew(node), leases.all())))
    assert all(answers)


async def test_a_node_that_starts_has_more_time_until_it_serves(url: str) -> None:
    leases = LeaseTable(url, ttl_s=6, starting_ttl_s=30)
    node = Node(new_id(), "127.0.0.9:7000", "127.0.0.9:5060", "1")
    try:
        await leases.register(node)
        assert await leases.renew(node.id)
        (starting,) = await leases.all()
        assert (starting.lease_until - starting.tm_start).total_seconds() > 29
        assert starting.lease_age_s == 0
        leases.serve()
        assert await leases.renew(node.id)
        (serving,) = await leases.all()
        assert serving.lease_until < starting.lease_until
    finally:
        await leases.close()
