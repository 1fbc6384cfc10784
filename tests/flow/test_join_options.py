"""Options of conference_join: the role, and whether the participant joins muted."""

from typing import Any

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.mixer import DigitReceived
from mixminus.model.conference import Conference, Conferencecall, Role, RoomSettings
from mixminus.model.flow import FlowSpec
from mixminus.model.ids import ConferencecallId
from tests.support.backend import Backend
from tests.support.legs import PcmLeg
from tests.support.waiting import until


async def join(backend: Backend, room: Conference, **option: Any) -> PcmLeg:
    """Call a flow that joins the room with these options."""
    joining = {"type": "conference_join", "option": {"conference_id": str(room.id), **option}}
    flow = await backend.flows.create(backend.customer_id, FlowSpec(actions=(joining,)))
    return await backend.dial(flow.direct_hash)


async def inside(backend: Backend, room: Conference) -> Conferencecall:
    async def look() -> Conferencecall | None:
        joined = await backend.joined(room)
        if not joined:
            return None
        return await backend.participants.get_call(backend.customer_id, ConferencecallId(joined[0]))

    return await until(look)


@pytest.mark.parametrize(
    ("option", "role"),
    [
        ({}, Role.PARTICIPANT),
        ({"role": ""}, Role.PARTICIPANT),
        ({"role": "participant"}, Role.PARTICIPANT),
        ({"role": "moderator"}, Role.MODERATOR),
    ],
)
async def test_role_of_the_participant(backend: Backend, option: dict[str, str], role: Role) -> None:
    room = await backend.room()
    await join(backend, room, **option)
    assert (await inside(backend, room)).role is role


async def test_role_does_not_replace_the_pin(backend: Backend) -> None:
    room = await backend.room(settings=RoomSettings(pin="1234"))
    leg = await join(backend, room, role="moderator")
    await until(lambda: leg.done == ["answer"])
    assert await backend.joined(room) == ()
    for digit in "1234#":
        backend.calls.on_engine_event(DigitReceived(leg.port.id, 0, digit, 100))
    assert (await inside(backend, room)).role is Role.MODERATOR


@pytest.mark.parametrize("muted", [True, False])
async def test_participant_may_join_muted(backend: Backend, muted: bool) -> None:
    room = await backend.room()
    leg = await join(backend, room, mute_on_join=muted)
    participant = await inside(backend, room)
    assert (participant.muted, leg.port.muted) == (muted, muted)
    joining = next(each for each in await backend.events(room.id) if each.type == "conferencecall_joining")
    assert joining.data["muted"] is muted


def test_unknown_role_is_refused() -> None:
    option = {"conference_id": "", "role": "owner"}
    with pytest.raises(InvalidArgument, match="role: "):
        CATALOGUE.normalise([{"type": "conference_join", "option": option}])
