"""What a call, its join, leaving or kick costs does not depend on how many are in the room."""

import sys
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import pytest

import mixminus
from mixminus.call.outbound import Order
from mixminus.call.routing import Program
from mixminus.conference.errors import ConferenceFull
from mixminus.conference.room import SEATS_AT_A_TIME, Seat
from mixminus.model.call import Address
from mixminus.model.conference import Conference, ConferencecallStatus, ConferenceStatus, RoomSettings
from mixminus.model.ids import CallId, ConferencecallId, new_id
from mixminus.store.database import Store
from mixminus.store.timestamps import utc_text
from tests.support.backend import Backend
from tests.support.statements import executed
from tests.support.waiting import run_ready_tasks, until

FEW, MANY = 3, 60
LIMITS = {
    "join": (2, 7),
    "leave": (1, 5),
    "kick": (1, 3),
    "call": (2, 12),
    "dial": (3, 14),
    "hang_up": (2, 9),
    "kick_call": (5, 18),
}
"""Transactions and statements: of participants without a flow and a call around them; then of whole calls."""
OURS = (mixminus.__path__[0], uuid.__file__)


@dataclass
class Work:
    """What the event loop's thread did: calls of functions of mixminus and of ``uuid``, and statements."""

    calls: Counter[str] = field(default_factory=Counter)
    statements: int = 0
    transactions: int = 0


@contextmanager
def counted(store: Store) -> Iterator[Work]:
    work = Work()
    utc_text.cache_clear()  # the clocks of earlier tests have shown the same times
    before = store.counters["store.transactions"]

    def on_profile(frame: FrameType, what: str, _: Any) -> None:
        # A coroutine that goes on is a call as well: how often one waits depends on chance.
        if what == "call" and frame.f_lasti <= 2 * 4 and frame.f_code.co_filename.startswith(OURS):
            work.calls[f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}"] += 1

    with executed() as statements:
        sys.setprofile(on_profile)
        try:
            yield work
        finally:
            sys.setprofile(None)
    # The feed looks for events, and the log is copied into the file, now and then.
    work.statements = len([sql for sql, _ in statements if "FROM outbox" not in sql and "PRAGMA" not in sql])
    work.transactions = store.counters["store.transactions"] - before


async def joined(backend: Backend, room: Conference) -> Seat:
    """Let a participant join without a flow around it."""
    seat = await backend.participants.admit(
        room.id, CallId(new_id()), backend.engine.open_pcm_port(16_000), activeflow_id=new_id()
    )
    assert seat is not None
    assert await backend.participants.connect(seat)
    return seat


async def join(backend: Backend, room: Conference) -> None:
    await joined(backend, room)


async def leave(backend: Backend, room: Conference) -> None:
    live = backend.rooms.find(room.id)
    assert live
    await backend.participants.leave(next(reversed(live.seats.values())))


async def kick(backend: Backend, room: Conference) -> None:
    live = backend.rooms.find(room.id)
    assert live
    await backend.participants.kick(room.customer_id, next(reversed(live.seats)))


async def call(backend: Backend, room: Conference) -> None:
    """Let a phone call the room, and wait until it has joined."""
    live = backend.rooms.find(room.id)
    assert live
    count = live.joined + 1
    await backend.dial(room.id)
    await until(lambda: live.joined == count)


async def dial(backend: Backend, room: Conference) -> None:
    """Call a phone, which answers, into the room, and wait until it has joined."""
    live = backend.rooms.find(room.id)
    assert live
    count = live.joined + 1
    option = {"conference_id": str(room.id)}
    actions = ({"type": "conference_join", "option": option},)
    order = Order((Address("sip", "bob@192.0.2.7"),), Program(actions), source=Address("sip", "alice"))
    await backend.services.dialout.place(backend.customer_id, order)
    backend.exchange.legs[-1].pick_up()
    await until(lambda: live.joined == count)


async def hang_up(backend: Backend, room: Conference) -> None:
    """Let the last phone hang up, and wait until its call is over."""
    before = len(backend.services.live_calls)
    backend.legs.pop().bye()
    await until(lambda: len(backend.services.live_calls) == before - 1)


async def kick_call(backend: Backend, room: Conference) -> None:
    """Kick the last phone, and wait until its call, whose flow has nothing more to do, is over."""
    before = len(backend.services.live_calls)
    await kick(backend, room)
    await until(lambda: len(backend.services.live_calls) == before - 1)


async def enter(backend: Backend, room: Conference, *, with_call: bool) -> None:
    await (call if with_call else join)(backend, room)


async def cheapest(
    backend: Backend,
    room: Conference,
    act: Callable[[Backend, Conference], Awaitable[None]],
    *,
    with_call: bool,
) -> Work:
    """Measure ``act`` three times: now and then the log is copied into the file meanwhile.

    Callbacks of what was done count with it: else chance decides whether those of a seat that was left do.
    """
    works = []
    for _ in range(3):
        await enter(backend, room, with_call=with_call)
        await run_ready_tasks()
        with counted(backend.store) as work:
            await act(backend, room)
            await run_ready_tasks()
        works.append(work)
    return min(works, key=lambda work: sum(work.calls.values()))


@pytest.mark.parametrize("act", [join, leave, kick, call, dial, hang_up, kick_call])
async def test_the_work_does_not_grow_with_the_room(
    backend: Backend, act: Callable[[Backend, Conference], Awaitable[None]]
) -> None:
    room = await backend.room()
    with_call = act in {call, dial, hang_up, kick_call}
    found: list[Work] = []
    for count in (FEW, MANY):
        live = backend.rooms.find(room.id)
        assert live
        while live.joined < count + (act not in {join, call, dial}):
            await enter(backend, room, with_call=with_call)
        await act(backend, room)  # statements are compiled, types looked up
        found.append(await cheapest(backend, room, act, with_call=with_call))
    few, many = found
    assert sum(few.calls.values()) > 20
    assert sum((many.calls - few.calls).values()) <= 5, many.calls - few.calls
    assert many.statements == few.statements
    assert (many.transactions, many.statements) == LIMITS[act.__name__]


async def test_a_room_is_not_read_back(backend: Backend) -> None:
    room = await backend.room()
    await joined(backend, room)
    with executed() as statements:
        seat = await joined(backend, room)
        await backend.participants.kick(room.customer_id, seat.id)
        await backend.participants.leave(seat)
    assert statements
    assert [sql for sql, _ in statements if sql.lstrip().startswith("SELECT")] == []


async def test_a_browser_that_enters_an_open_room_reads_nothing(backend: Backend) -> None:
    room = await backend.room(settings=RoomSettings(max_participants=2))
    await joined(backend, room)
    with executed() as statements:
        await backend.conferences.check_entry(room.customer_id, room.id, "")
        known, present = await backend.conferences.known(room.customer_id, room.id)
    assert list(statements) == []
    assert (known.id, present) == (room.id, 1)
    await joined(backend, room)
    with pytest.raises(ConferenceFull):
        await backend.conferences.check_entry(room.customer_id, room.id, "")


async def test_all_leave_a_deleted_room_in_groups(backend: Backend) -> None:
    room = await backend.room()
    count = 2 * SEATS_AT_A_TIME + 5
    await backend.join(room, count)
    ids = await backend.joined(room)
    await backend.conferences.delete(backend.customer_id, room.id)
    await backend.conference(room.id, ConferenceStatus.TERMINATED)
    for id_ in ids:
        found = await backend.participants.get_call(backend.customer_id, ConferencecallId(id_))
        assert found.status is ConferencecallStatus.LEAVED
    events = await backend.events(room.id)
    types = Counter(each.type for each in events)
    assert (types["conferencecall_leaving"], types["conferencecall_leaved"]) == (count, count)
    # Joining, each has an update of its own; those that leave together share one.
    assert types["conference_updated"] < 2 * count
    present = [each.data["conferencecall_ids"] for each in events if each.type == "conference_updated"]
    assert present[-1] == []
    left: set[str] = set()
    for each in events:
        if each.type == "conferencecall_leaved":
            left.add(each.data["id"])
        elif each.type == "conference_updated":
            assert not left & set(each.data["conferencecall_ids"])
