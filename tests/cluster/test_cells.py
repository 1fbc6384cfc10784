"""Many nodes in cells of 32 on a virtual clock: who is declared gone and when, who claims its rooms, and how load spreads."""

import random
from itertools import groupby

import pytest

from mixminus.store.fence import Fenced
from tests.support.cells import STEP_S, Cell, open_cell

SIZE = 32
TTL_S, RENEW_S = 6.0, 1.5
DEATHS = 3
WHOLE_S = TTL_S + 3 * RENEW_S
"""After a death at most: its lease lapses, another declares it gone, the leader claims; a new leader needs a look more."""


async def check_events(cell: Cell) -> None:
    """The events of each room are numbered without a gap, and an epoch has one owner."""
    for room, events in groupby(await cell.events(), key=lambda event: event["stream_id"]):
        rows = list(events)
        assert [row["number"] for row in rows] == list(range(1, len(rows) + 1)), room
        owners: dict[str, set[str]] = {}
        for row in rows:
            if row["node"]:
                owners.setdefault(row["epoch"], set()).add(row["node"])
        assert all(len(each) == 1 for each in owners.values()), (room, owners)


async def become_steady(cell: Cell) -> None:
    """Let all nodes see each other, and be steady: before that none declares another gone."""
    await cell.step(int((TTL_S + RENEW_S) / STEP_S))
    assert len(cell.leaders) == 1
    assert set((await cell.states()).values()) == {"serving"}


async def become_whole(cell: Cell) -> None:
    """Step until every room has a living home."""
    begin_s = cell.time_s
    while await cell.without_home() or not cell.leaders:
        await cell.step()
        assert cell.time_s - begin_s < 60, "rooms stay without a home"


async def die(cell: Cell, chance: random.Random, *, leader: bool) -> None:
    """Let nodes die, the leader among them or not, and step until all rooms have a home again."""
    (present,) = cell.leaders
    dead = chance.sample([each for each in cell.living if each is not present], DEATHS)
    if leader:
        dead[0] = present
    for node in dead:
        node.asleep = True
    orphaned = sum(len(node.rooms) for node in dead)
    assert await cell.without_home() == 0, "no node has noticed yet"
    begin_s = cell.time_s
    while not await cell.are_gone(dead):
        await cell.step()
        assert cell.time_s - begin_s < 60, "a dead node is not declared gone"
    await become_whole(cell)
    (taker,) = cell.leaders
    assert len(taker.rooms) >= orphaned


@pytest.mark.slow
async def test_a_cell_claims_the_rooms_of_the_dead_once_and_in_time() -> None:
    chance = random.Random(4711)
    async with open_cell(SIZE) as cell:
        await become_steady(cell)
        await cell.fill(2 * SIZE, chance)
        for leader in (False, True):
            begin_s = cell.time_s
            await die(cell, chance, leader=leader)
            assert cell.time_s - begin_s <= WHOLE_S
        assert cell.count("nodes_declared_gone") == 2 * DEATHS, "each by one node"
        assert sum((await cell.homes()).values()) == 2 * SIZE
        for room in chance.sample(cell.rooms, 16):
            await (await cell.owner_of(room)).change(room)
        await check_events(cell)


@pytest.mark.slow
async def test_a_node_that_slept_is_refused_and_learns_that_it_is_gone() -> None:
    chance = random.Random(1)
    async with open_cell(8) as cell:
        await become_steady(cell)
        await cell.fill(16, chance)
        sleeper = max(
            (each for each in cell.living if not each.leadership.held), key=lambda each: len(each.rooms)
        )
        kept = sorted(sleeper.rooms)
        sleeper.asleep = True
        await cell.step(int(WHOLE_S / STEP_S))
        assert await cell.without_home() == 0
        for room in kept:
            await (await cell.owner_of(room)).change(room)
            with pytest.raises(Fenced):
                await sleeper.change(room)
        await sleeper.membership.renew()
        assert sleeper.gone
        await check_events(cell)


@pytest.mark.slow
async def test_after_a_database_that_was_away_for_four_leases_no_node_is_gone() -> None:
    async with open_cell(SIZE) as cell:
        await become_steady(cell)
        await cell.fill(SIZE, random.Random(2))
        await cell.pass_time(4 * TTL_S)
        await cell.step(int(2 * TTL_S / STEP_S))
        assert set((await cell.states()).values()) == {"serving"}
        assert cell.count("nodes_declared_gone") == 0
        assert len(cell.leaders) == 1


@pytest.mark.slow
async def test_a_node_that_drains_spreads_its_rooms_over_all_others() -> None:
    chance = random.Random(3)
    async with open_cell(SIZE) as cell:
        await become_steady(cell)
        await cell.fill(SIZE, chance)
        leaving = cell.leaders[0]
        for _ in range(2 * SIZE):
            cell.rooms.append(await leaving.make_room(cell.customer_id))
        await cell.step(int(2 * RENEW_S / STEP_S))  # all have reported, and read what the others have
        before = {node: len(node.rooms) for node in cell.living}
        assert await leaving.drain() == before[leaving]
        await cell.step(int(2 * RENEW_S / STEP_S))
        for node in cell.living:
            await node.adopt()
        assert (await cell.homes())[leaving.id] == 0
        others = [node for node in cell.living if node is not leaving]
        least = min(len(node.rooms) for node in others)
        given = [node for node in others if len(node.rooms) > before[node]]
        assert len(given) > SIZE / 2
        assert all(len(node.rooms) <= least + 1 for node in given), "each went to the node with the fewest"
        assert cell.leaders != [leaving], "the leadership went, too"
        await check_events(cell)


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_a_thousand_nodes_in_cells_of_thirty_two() -> None:
    """32 cells, one after another: they share nothing but the load that customers bring."""
    chance = random.Random(1000)
    for number in range(32):
        async with open_cell(SIZE) as cell:
            await become_steady(cell)
            await cell.fill(2 * SIZE, chance)
            spread = sorted((await cell.homes()).values())
            begin_s = cell.time_s
            await die(cell, chance, leader=number % 2 == 0)
            whole_s = cell.time_s - begin_s
            for room in chance.sample(cell.rooms, 4):
                await (await cell.owner_of(room)).change(room)
            await check_events(cell)
            renewals = cell.count("renewals") / cell.time_s
            most = max((await cell.homes()).values())
        assert whole_s <= WHOLE_S
        assert 0.8 * SIZE / RENEW_S < renewals <= SIZE / RENEW_S
        print(  # noqa: T201 -- what the page of sizing cites
            f"cell {number + 1}: {2 * SIZE} rooms, at most {spread[-1]} a node; whole {whole_s:.1f} s after {DEATHS} deaths, then at "
            f"most {most} a node; {renewals:.1f} renewals/s",
            flush=True,
        )
