"""Audits are written in order, outlast an outage of the database within bounds, and are pruned."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from mixminus.access.audits import AuditService
from mixminus.access.service import AccessService
from mixminus.model.audit import Audit
from mixminus.model.ids import CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.page import Page
from tests.support.clock import ManualClock
from tests.support.waiting import until


async def customer(store: Store, clock: ManualClock) -> CustomerId:
    identity, _ = await AccessService(store, clock).ensure_default(None)
    return identity.customer_id


def audit(customer_id: CustomerId, clock: ManualClock, operation: str = "createConference") -> Audit:
    return Audit(
        id=new_id(),
        customer_id=customer_id,
        agent_id=None,
        access_key_id=None,
        guest_link_id=None,
        operation=operation,
        resource_id=None,
        source="192.0.2.1",
        http_status=200,
        reason="",
        request_id="req_1",
        tm_create=clock.now(),
    )


def everything(clock: ManualClock) -> Page:
    return Page(size=100, before=clock.now())


async def test_audits_are_written_without_being_waited_for_and_listed_newest_first(store: Store) -> None:
    clock = ManualClock()
    owner = await customer(store, clock)
    audits = AuditService(store, clock)
    audits.start()
    for name in ("first", "second"):
        audits.record(audit(owner, clock, name))

    async def written() -> bool:
        return audits.counters["access.audits_written"] == 2

    await until(written)
    found = await audits.list(owner, everything(clock))
    assert [each.operation for each in found] == ["second", "first"]
    assert await audits.list(CustomerId(new_id()), everything(clock)) == []
    await audits.close()


async def test_what_waits_is_written_when_the_server_stops(store: Store) -> None:
    clock = ManualClock()
    owner = await customer(store, clock)
    audits = AuditService(store, clock)
    audits.record(audit(owner, clock))
    await audits.close()
    assert len(await AuditService(store, clock).list(owner, everything(clock))) == 1


async def test_too_many_that_wait_are_dropped_and_counted(store: Store) -> None:
    clock = ManualClock()
    owner = await customer(store, clock)
    audits = AuditService(store, clock)
    one = audit(owner, clock)
    for _ in range(10_003):
        audits.record(replace(one, id=new_id()))
    assert audits.counters == {"access.audits_written": 0, "access.audits_dropped": 3}
    await asyncio.wait_for(audits.flush(), 60)
    assert audits.counters["access.audits_written"] == 10_000


async def test_old_audits_are_deleted_and_so_are_too_many(store: Store) -> None:
    clock = ManualClock()
    owner = await customer(store, clock)
    audits = AuditService(store, clock, retention_days=10, max_rows=600)
    old = clock.now() - timedelta(days=11)
    for index in range(1300):
        moment = old if index < 600 else clock.now()
        audits.record(replace(audit(owner, clock), tm_create=moment + timedelta(microseconds=index)))
    await audits.flush()
    await audits.prune()
    async with store.snapshot() as tx:
        page = await tx.audits.page(owner, Page(size=2000, before=clock.now() + timedelta(seconds=1)))
    assert len(page) == 600
    assert min(each.tm_create for each in page) > clock.now() - timedelta(days=10)
