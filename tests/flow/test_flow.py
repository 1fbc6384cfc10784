"""A flow before, in and after the room, and how it is interrupted."""

from typing import Any

import pytest

from mixminus.model.call import CallStatus
from mixminus.model.conference import ConferencecallStatus, ConferenceStatus
from mixminus.model.ids import ConferencecallId, new_id
from tests.support.backend import EVERYTHING, Backend
from tests.support.waiting import until

HOUR: dict[str, Any] = {"type": "sleep", "option": {"duration": 3_600_000}}
SKIPPED: dict[str, Any] = {"type": "queue_join", "option": {"queue_id": "nobody queues here"}}


async def only_participant(backend: Backend, status: ConferencecallStatus) -> ConferencecallId:
    """Wait until the only participant has this status."""

    async def look() -> ConferencecallId | None:
        listed = await backend.participants.list_calls(backend.customer_id, EVERYTHING)
        return listed[0].id if listed and listed[0].status is status else None

    return await until(look)


async def acting(backend: Backend, id_: ConferencecallId, type_: str) -> None:
    """Wait until the participant's call executes an action of this type."""

    async def look() -> bool:
        return bool((await backend.call_of(id_)).action["type"] == type_)

    await until(look)


async def test_pre_actions_run_before_the_room(backend: Backend) -> None:
    room = await backend.room(pre_actions=(SKIPPED, HOUR))
    leg = await backend.dial(room.id)
    id_ = await only_participant(backend, ConferencecallStatus.JOINING)
    await acting(backend, id_, "sleep")
    assert leg.port.bridge is None
    assert await backend.joined(room) == ()
    backend.clock.advance(3600)
    await only_participant(backend, ConferencecallStatus.JOINED)
    assert leg.port.bridge is not None


async def test_a_kick_during_the_pre_actions_skips_room_and_post_actions(backend: Backend) -> None:
    room = await backend.room(pre_actions=(HOUR,), post_actions=(HOUR,))
    leg = await backend.dial(room.id)
    id_ = await only_participant(backend, ConferencecallStatus.JOINING)
    await backend.participants.kick(backend.customer_id, id_)
    await until(lambda: leg.done == ["answer", "hang up normal"])
    await backend.participant(id_, ConferencecallStatus.LEAVED)
    types = await backend.event_types(room.id)
    assert "conferencecall_joined" not in types
    assert types[-2:] == ["conferencecall_leaving", "conferencecall_leaved"]


async def test_post_actions_run_outside_the_room_after_a_kick(backend: Backend) -> None:
    room = await backend.room(post_actions=(HOUR,))
    (leg,) = await backend.join(room)
    id_ = await only_participant(backend, ConferencecallStatus.JOINED)
    await backend.participants.kick(backend.customer_id, id_)
    await backend.participant(id_, ConferencecallStatus.LEAVED)
    await acting(backend, id_, "sleep")
    assert (await backend.call_of(id_)).status is CallStatus.PROGRESSING
    assert leg.done == ["answer"]
    await until(lambda: backend.clock.has_sleeper(3600))
    backend.clock.advance(3600)
    await until(lambda: leg.done == ["answer", "hang up normal"])


async def test_post_actions_run_after_the_end_of_the_room(backend: Backend) -> None:
    room = await backend.room(post_actions=(HOUR,))
    (leg,) = await backend.join(room)
    id_ = await only_participant(backend, ConferencecallStatus.JOINED)
    await backend.conferences.delete(backend.customer_id, room.id)
    await backend.conference(room.id, ConferenceStatus.TERMINATED)
    await acting(backend, id_, "sleep")
    assert leg.done == ["answer"]


async def test_post_actions_are_not_run_after_a_hangup(backend: Backend) -> None:
    room = await backend.room(post_actions=(HOUR,))
    (leg,) = await backend.join(room)
    id_ = await only_participant(backend, ConferencecallStatus.JOINED)
    leg.bye()
    await backend.participant(id_, ConferencecallStatus.LEAVED)

    async def hung_up() -> bool:
        return (await backend.call_of(id_)).status is CallStatus.HANGUP

    await until(hung_up)
    assert (await backend.call_of(id_)).action["type"] == "conference_join"


async def test_a_participant_that_hangs_up_while_joining_is_leaved(backend: Backend) -> None:
    room = await backend.room(pre_actions=(HOUR,))
    leg = await backend.dial(room.id)
    id_ = await only_participant(backend, ConferencecallStatus.JOINING)
    leg.bye()
    await backend.participant(id_, ConferencecallStatus.LEAVED)
    assert "conferencecall_leaving" not in await backend.event_types(room.id)


async def test_a_hangup_action_ends_the_call_with_its_reason(backend: Backend) -> None:
    room = await backend.room(pre_actions=({"type": "hangup", "option": {"reason": "busy"}}, HOUR))
    leg = await backend.dial(room.id)
    await until(lambda: leg.done == ["answer", "hang up busy"])
    await only_participant(backend, ConferencecallStatus.LEAVED)


@pytest.mark.parametrize("target", ["unknown", "itself"])
async def test_a_flow_that_fails_ends_its_call(backend: Backend, target: str) -> None:
    id_ = new_id()
    join = {
        "type": "conference_join",
        "option": {"conference_id": str(id_ if target == "itself" else new_id())},
    }
    room = await backend.room(id=id_, pre_actions=(join,))
    leg = await backend.dial(room.id)
    await until(lambda: leg.done == ["answer", "hang up failed"], within_s=30)

    async def all_gone() -> bool:
        listed = await backend.participants.list_calls(backend.customer_id, EVERYTHING)
        return all(each.status is ConferencecallStatus.LEAVED for each in listed)

    await until(all_gone)


async def test_a_room_may_be_joined_within_pre_actions(backend: Backend) -> None:
    inner = await backend.room()
    outer = await backend.room(
        pre_actions=({"type": "conference_join", "option": {"conference_id": str(inner.id)}},)
    )
    await backend.dial(outer.id)

    async def inside() -> bool:
        return len(await backend.joined(inner)) == 1

    await until(inside)
    (id_,) = await backend.joined(inner)
    await backend.participants.kick(backend.customer_id, ConferencecallId(id_))

    async def outside() -> bool:
        return len(await backend.joined(outer)) == 1

    await until(outside)
    assert await backend.joined(inner) == ()
