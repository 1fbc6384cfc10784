"""The actions call and connect."""

from typing import Any

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.model.call import CallStatus, HangupReason
from mixminus.model.conference import ConferencecallStatus
from tests.support.backend import EVERYTHING, Backend
from tests.support.legs import CalledLeg
from tests.support.signals import loudness_at
from tests.support.waiting import until

BOB = {"type": "sip", "target": "bob@192.0.2.7"}
CAROL = {"type": "sip", "target": "carol@192.0.2.8"}
RINGING_HZ = 425
RATE_HZ = 16_000
SLEEP = {"type": "sleep", "option": {"duration": 3_600_000}}


def action(type_: str, **option: Any) -> dict[str, Any]:
    return {"type": type_, "option": option}


async def caller(backend: Backend, *actions: Any) -> Any:
    """Dial a room with these pre-actions."""
    room = await backend.room(pre_actions=actions)
    return await backend.dial(room.id)


async def dialled(backend: Backend, count: int) -> list[CalledLeg]:
    await until(lambda: len(backend.exchange.legs) == count)
    return backend.exchange.legs


async def test_connect_joins_two_calls_and_ends_with_either(backend: Backend) -> None:
    leg = await caller(backend, action("connect", destinations=[BOB]), SLEEP)
    (bob,) = await dialled(backend, 1)
    assert bob.source.target == "alice"
    bob.pick_up()

    async def together() -> bool:
        participants = await backend.participants.list_calls(backend.customer_id, EVERYTHING)
        return [each.status for each in participants].count(ConferencecallStatus.JOINED) == 2

    await until(together)
    bob.bye()
    await until(
        lambda: [each.action.get("type") for each in backend.services.live_calls.values()] == ["sleep"]
    )
    assert not leg.port.closed


async def test_an_answered_caller_hears_ringback_until_the_called_party_answers(backend: Backend) -> None:
    leg = await caller(backend, action("answer"), action("connect", destinations=[BOB]))
    (bob,) = await dialled(backend, 1)
    bob.alert()

    def ringing() -> bool:
        """Listen for the duration of a tone and its pause."""
        leg.port.read()
        backend.tick(260)
        return loudness_at(leg.port.read(), RINGING_HZ, RATE_HZ) > 300

    await until(ringing)
    bob.pick_up()
    await until(lambda: not ringing())
    assert not (leg.port.closed or bob.port.closed)


async def test_a_caller_that_hangs_up_ends_the_called_parties(backend: Backend) -> None:
    leg = await caller(backend, action("connect", destinations=[BOB]))
    (bob,) = await dialled(backend, 1)
    bob.alert()
    leg.bye()
    await until(lambda: bob.done == ["hang up normal"])


async def test_of_several_destinations_the_first_to_answer_is_connected(backend: Backend) -> None:
    await caller(backend, action("connect", destinations=[BOB, CAROL]))
    bob, carol = await dialled(backend, 2)
    carol.pick_up()
    await until(lambda: bob.done)
    assert carol.done == []


@pytest.mark.parametrize("relay", [False, True])
async def test_without_an_answer_the_flow_continues_or_relays_the_reason(
    backend: Backend, relay: bool
) -> None:
    leg = await caller(backend, action("connect", destinations=[BOB], relay_reason=relay), SLEEP)
    (bob,) = await dialled(backend, 1)
    bob.refuse(HangupReason.BUSY)
    if relay:
        await until(lambda: leg.port.closed)
        assert leg.done[-1] == "hang up busy"
    else:
        await until(
            lambda: [each.action.get("type") for each in backend.services.live_calls.values()] == ["sleep"]
        )


async def test_connect_without_a_reachable_destination_is_skipped(backend: Backend) -> None:
    await caller(
        backend, action("connect", destinations=[]), action("call", destinations=[], actions=[]), SLEEP
    )
    await until(
        lambda: [each.action.get("type") for each in backend.services.live_calls.values()] == ["sleep"]
    )
    assert backend.exchange.legs == []


@pytest.mark.parametrize("chained", [False, True])
async def test_a_call_of_a_flow_is_independent_unless_chained(backend: Backend, chained: bool) -> None:
    leg = await caller(backend, action("call", destinations=[BOB], actions=[SLEEP], chained=chained), SLEEP)
    (bob,) = await dialled(backend, 1)
    bob.pick_up()

    def busy() -> list[str]:
        return [each.action.get("type", "") for each in backend.services.live_calls.values()]

    await until(lambda: busy() == ["sleep", "sleep"])
    master = next(each for each in backend.services.live_calls.values() if each.call.direction == "incoming")
    leg.bye()
    if chained:
        await until(lambda: bob.done == ["hang up normal"])
        row = await backend.calls.get(backend.customer_id, master.id)
        assert len(row.chained_call_ids) == 1
    else:
        await until(lambda: busy() == ["sleep"])
        assert bob.done == []


async def test_an_early_flow_starts_while_the_call_rings(backend: Backend) -> None:
    await caller(backend, action("call", destinations=[BOB], actions=[SLEEP], early_execution=True), SLEEP)
    await dialled(backend, 1)
    await until(lambda: len(backend.services.live_calls) == 2)
    new = next(each for each in backend.services.live_calls.values() if each.call.direction == "outgoing")
    await until(lambda: new.action.get("type") == "sleep")
    assert new.call.status is CallStatus.DIALING


@pytest.mark.parametrize(
    "option",
    [
        {"destinations": "bob"},
        {"destinations": ["bob"]},
        {"destinations": [{"type": "sip", "target": 5}]},
        {"destinations": [{"type": "sip", "target": "a\r\nb"}]},
        {"source": "me"},
        {"anonymous": "perhaps"},
        {"actions": {"type": "answer"}},
        {"actions": ["answer"]},
    ],
)
def test_an_invalid_option_is_rejected(option: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        CATALOGUE.parse(action("call", **{"destinations": [], **option}))
