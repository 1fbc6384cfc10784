"""Events are consistent with each other after random operations."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from mixminus.errors import MixMinusError
from mixminus.model.conference import Conference, ConferenceStatus
from mixminus.model.ids import ConferencecallId
from mixminus.model.recording import RecordingOptions
from mixminus.store.outbox import Event
from tests.support.backend import Backend, open_backend
from tests.support.clock import ManualClock
from tests.support.waiting import until

ROOMS = 3
STEPS = 60
LIFE = ["conferencecall_joining", "conferencecall_joined", "conferencecall_leaving", "conferencecall_leaved"]


async def act(backend: Backend, rooms: list[Conference], chance: random.Random) -> None:
    """Do one operation that may be refused; half of the time yield to others first."""
    room = chance.choice(rooms)
    for _ in range(chance.randrange(3)):
        await backend.joined(room)
    present = await backend.joined(room)
    try:
        match chance.choice(["dial"] * 4 + ["kick"] * 2 + ["hang up"] * 2 + ["record", "stop"] + ["delete"]):
            case "dial":
                await backend.dial(room.id)
            case "kick" if present:
                await backend.participants.kick(backend.customer_id, ConferencecallId(chance.choice(present)))
            case "hang up" if backend.legs:
                chance.choice(backend.legs).bye()
            case "record":
                await backend.conferences.recording_start(backend.customer_id, room.id, RecordingOptions())
            case "stop":
                await backend.conferences.recording_stop(backend.customer_id, room.id)
            case "delete" if chance.random() < 0.3:
                await backend.conferences.delete(backend.customer_id, room.id)
    except MixMinusError:
        pass  # a refusal is allowed here


def check_participants(events: list[Event]) -> None:
    lives: dict[str, list[str]] = {}
    for event in events:
        if event.type.startswith("conferencecall_"):
            lives.setdefault(event.data["id"], []).append(event.type)
            assert event.data["status"] == event.type.removeprefix("conferencecall_")
    for life in lives.values():
        # Each step at most once, in the order of the lifecycle, from joining to leaved.
        assert life == [step for step in LIFE if step in life]
        assert (life[0], life[-1]) == (LIFE[0], LIFE[-1])


def check_counts(events: list[Event]) -> None:
    joined: list[str] = []
    for event in events:
        match event.type:
            case "conferencecall_joined":
                joined.append(event.data["id"])
            case "conferencecall_leaved" if event.data["id"] in joined:
                joined.remove(event.data["id"])
            case "conference_updated" | "conference_deleted":
                assert event.data["conferencecall_ids"] == joined
    assert joined == []


def check_conference(events: list[Event]) -> None:
    types = Counter(event.type for event in events)
    assert types["conference_created"] == types["conference_deleted"] == 1
    assert events[0].type == "conference_created"
    order = list(ConferenceStatus)
    statuses = [
        order.index(ConferenceStatus(event.data["status"]))
        for event in events
        if event.type.startswith("conference_")
    ]
    assert statuses == sorted(statuses)
    assert types["recording_started"] == types["recording_finished"]
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [event.id for event in events] == sorted({event.id for event in events})


@pytest.mark.parametrize("seed", range(6))
async def test_events_are_consistent(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with open_backend(tmp_path, ManualClock()) as backend:
        rooms = [await backend.room() for _ in range(ROOMS)]
        for _ in range(STEPS // 6):
            await asyncio.gather(*(act(backend, rooms, chance) for _ in range(6)))
        await asyncio.gather(*(backend.conferences.delete(backend.customer_id, room.id) for room in rooms))
        for room in rooms:
            await backend.conference(room.id, ConferenceStatus.TERMINATED)
        for leg in backend.legs:
            leg.bye()

        async def quiet() -> bool:
            async with backend.store.snapshot() as tx:
                return not any([await tx.conferencecalls.present(room.id) for room in rooms])

        await until(quiet)
        for room in rooms:
            events = await backend.events(room.id)
            check_participants(events)
            check_counts(events)
            check_conference(events)
