"""Limits of flows (api.md section 6.3)."""

import asyncio

import pytest

from mixminus.errors import Exhausted
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.flow.flows import FlowService
from mixminus.flow.services import MAX_BACKGROUND_TASKS, BackgroundTasks
from mixminus.model.flow import FlowSpec
from tests.support.backend import Backend
from tests.support.calling import HANGUP, action, calling, mark, place, trail
from tests.support.waiting import until


async def test_a_flow_without_a_wait_is_stopped_after_a_thousand_actions(backend: Backend) -> None:
    caller = await calling(
        backend, action("empty", id="top"), action("goto", target_id=place("top"), loop_count=1_000_000)
    )
    await until(lambda: caller.leg.done[-1:] == ["hang up failed"], within_s=60)


async def test_a_flow_that_waits_may_loop_without_limit(backend: Backend) -> None:
    caller = await calling(
        backend,
        *(action("empty") for _ in range(98)),
        action("sleep", id="top", duration=1000),
        *(action("empty") for _ in range(498)),
        action("goto", target_id=place("top"), loop_count=2),
        mark("through"),
        HANGUP,
    )

    async def through() -> bool:
        backend.clock.advance(1)
        return caller.leg.done[-1:] == ["hang up normal"]

    await until(through, within_s=60)
    assert trail(await caller.over()) == ["through"]


async def test_fetched_lists_are_limited_to_a_hundred(backend: Backend) -> None:
    empty = await backend.flows.create(backend.customer_id, FlowSpec())
    caller = await calling(
        backend,
        action("fetch_flow", id="top", flow_id=str(empty.id)),
        action("goto", target_id=place("top"), loop_count=200),
        mark("never"),
    )
    await until(lambda: caller.leg.done[-1:] == ["hang up failed"], within_s=60)
    done = (await caller.over()).executed_actions
    assert trail(await caller.over()) == []
    assert len(done) == 100


async def test_flows_of_a_customer_are_limited(backend: Backend) -> None:
    flows = FlowService(backend.store, backend.clock, max_flows=2)
    first = await flows.create(backend.customer_id, FlowSpec())
    await flows.create(backend.customer_id, FlowSpec())
    with pytest.raises(Exhausted):
        await flows.create(backend.customer_id, FlowSpec())
    await flows.delete(backend.customer_id, first.id)
    await flows.create(backend.customer_id, FlowSpec())


async def test_background_tasks_above_the_limit_are_dropped_and_counted() -> None:
    tasks, done = BackgroundTasks(), asyncio.Event()

    async def task() -> None:
        await done.wait()
        raise Exhausted("on purpose")

    for number in range(MAX_BACKGROUND_TASKS + 3):
        tasks.run(str(number), task())
    assert tasks.counters["flow.errands_dropped"] == 3
    done.set()
    await until(lambda: tasks.counters["flow.errands_failed"] == MAX_BACKGROUND_TASKS)
    await tasks.close()
    await tasks.close()


def test_normalised_actions_have_distinct_ids() -> None:
    ids = [each["id"] for each in CATALOGUE.normalise([{"type": "empty"}] * 50)]
    assert len(set(ids)) == 50
