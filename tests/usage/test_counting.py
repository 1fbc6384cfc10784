"""Participants' time is counted once, when they leave: also after a kill, and if the database did not confirm a write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mixminus.errors import Unavailable
from mixminus.model.conference import Conference
from mixminus.model.usage import Usage, UsageSpan
from mixminus.store.database import Store, Transaction
from mixminus.usage.watch import PERIOD_S
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.database import copy_directory
from tests.support.waiting import until

ALL = UsageSpan()


async def usage(backend: Backend, span: UsageSpan = ALL) -> list[Usage]:
    page = await backend.services.usage.reports.page(backend.customer_id, span, "day_room", "", 100)
    return list(page.rows)


async def leave(backend: Backend, room: Conference, *legs: int) -> None:
    """Let phones hang up, and wait until they have left."""
    before = len(await backend.joined(room))
    for number in legs:
        backend.legs[number].bye()

    async def gone() -> bool:
        return len(await backend.joined(room)) == before - len(legs)

    await until(gone)


async def test_the_time_of_each_participant_is_counted(backend: Backend) -> None:
    room = await backend.room(name="weekly")
    await backend.join(room, 2)
    backend.clock.advance(90)
    await leave(backend, room, 0)
    backend.clock.advance(30)
    await leave(backend, room, 1)
    (row,) = await usage(backend)
    assert (row.conference_id, row.conference_name, str(row.day)) == (room.id, "weekly", "2030-01-01")
    assert (row.participants, row.minutes, row.credits) == (2, 2 + 3, 0)
    assert row.seconds == pytest.approx(90 + 120, abs=0.01)


async def test_a_stay_over_midnight_is_counted_on_both_days(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room)
    backend.clock.advance(86_400 + 600)
    await leave(backend, room, 0)
    second, first = await usage(backend)
    assert (str(first.day), first.participants, str(second.day), second.participants) == (
        "2030-01-01",
        1,
        "2030-01-02",
        0,
    )
    assert first.seconds + second.seconds == pytest.approx(86_400 + 600, abs=0.01)
    assert first.minutes + second.minutes == 1451


async def test_participants_in_rooms_are_shown_as_running(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room, 3)
    backend.clock.advance(61)
    _, running = await backend.services.usage.balances.get(backend.customer_id)
    assert (running.participants, running.minutes, running.credits) == (3, 6, 0)
    assert running.seconds == pytest.approx(183, abs=0.1)
    assert await usage(backend) == []


async def test_a_kill_counts_to_the_last_known_time_once(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    clock = ManualClock()
    async with open_backend(tmp_path / "first", clock) as first:
        await first.services.usage.balances.add(first.customer_id, first.customer_id, 1000, "")
        room = await first.room()
        await first.join(room, 2)
        for _ in range(20):
            await clock.run_cycle(PERIOD_S)
        clock.advance(PERIOD_S * 0.9)
        copy = copy_directory(tmp_path / "first", tmp_path / "second")
    clock.advance(3600)
    for _ in range(2):  # it is started twice: nothing is counted again
        async with open_backend(copy, clock) as second:
            (row,) = await usage(second)
            assert row.seconds == pytest.approx(2 * 20 * PERIOD_S, abs=2 * PERIOD_S)
            assert (row.participants, row.minutes, row.credits) == (2, 8, 8)
            balance, running = await second.services.usage.balances.get(second.customer_id)
            assert balance is not None
            assert (balance.credits, running.participants) == (1000 - 8, 0)


async def test_a_call_that_a_killed_server_had_ends_at_the_last_known_time(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    clock = ManualClock()
    async with open_backend(tmp_path / "first", clock) as first:
        room = await first.room()
        await first.join(room)
        (id_,) = await first.joined(room)
        for _ in range(6):
            await clock.run_cycle(PERIOD_S)
        copy = copy_directory(tmp_path / "first", tmp_path / "second")
    clock.advance(3600)
    async with open_backend(copy, clock) as second:
        call = await second.call_of(id_)
        assert call.tm_hangup is not None
        assert call.tm_hangup - call.tm_create == pytest.approx(
            timedelta(seconds=6 * PERIOD_S), abs=timedelta(seconds=1)
        )


async def test_a_leaving_whose_write_was_not_confirmed_is_counted_once(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backend.services.usage.balances.add(backend.customer_id, backend.customer_id, 100, "")
    room = await backend.room()
    await backend.join(room)
    (id_,) = await backend.joined(room)
    lost = _lose_answers_while(monkeypatch, lambda: len(backend.rooms.find(room.id).seats) == 0)  # type: ignore[union-attr]
    backend.clock.advance(30)
    backend.legs[0].bye()
    await until(lambda: len(lost) == 1)
    backend.clock.advance(1)
    await backend.gone(id_)
    (row,) = await usage(backend)
    assert (row.participants, row.minutes, row.credits) == (1, 1, 1)
    balance, _ = await backend.services.usage.balances.get(backend.customer_id)
    assert balance is not None
    assert balance.credits == 99
    types = await backend.event_types(room.id)
    assert types.count("conferencecall_leaved") == 1


def _lose_answers_while(monkeypatch: pytest.MonkeyPatch, condition: object) -> list[Transaction]:
    """Let the first transaction that commits under a condition be committed, but reported as not."""
    lost: list[Transaction] = []
    original = Store.transaction

    @asynccontextmanager
    async def transaction(self: Store) -> AsyncIterator[Transaction]:
        async with original(self) as tx:
            yield tx
        if not lost and condition():  # type: ignore[operator]
            lost.append(tx)
            raise Unavailable("the connection was lost")

    monkeypatch.setattr(Store, "transaction", transaction)
    return lost
