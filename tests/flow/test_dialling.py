"""Actions that let others be called."""

from typing import Any

import pytest

from mixminus.errors import InvalidArgument
from mixminus.flow.actions.catalogue import CATALOGUE
from mixminus.model.call import CallStatus, HangupReason
from mixminus.model.conference import ConferencecallStatus
from tests.support.house import EVERYTHING, House
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


async def caller(house: House, *actions: Any) -> Any:
    """Let somebody dial a room whose pre-actions these are."""
    room = await house.room(pre_actions=actions)
    return await house.dial(room.id)


async def dialled(house: House, count: int) -> list[CalledLeg]:
    await until(lambda: len(house.exchange.legs) == count)
    return house.exchange.legs


async def test_connect_lets_two_talk_and_neither_stays_alone(house: House) -> None:
    leg = await caller(house, action("connect", destinations=[BOB]), SLEEP)
    (bob,) = await dialled(house, 1)
    assert bob.source.target == "alice"
    bob.pick_up()

    async def together() -> bool:
        participants = await house.participants.list_calls(house.customer_id, EVERYTHING)
        return [each.status for each in participants].count(ConferencecallStatus.JOINED) == 2

    await until(together)
    bob.bye()
    await until(lambda: [each.action.get("type") for each in house.services.live_calls.values()] == ["sleep"])
    assert not leg.port.closed


async def test_an_answered_caller_hears_it_ring_until_somebody_is_there(house: House) -> None:
    leg = await caller(house, action("answer"), action("connect", destinations=[BOB]))
    (bob,) = await dialled(house, 1)
    bob.alert()

    def ringing() -> bool:
        """Listen for as long as the tone and its pause take."""
        leg.port.read()
        house.tick(260)
        return loudness_at(leg.port.read(), RINGING_HZ, RATE_HZ) > 300

    await until(ringing)
    bob.pick_up()
    await until(lambda: not ringing())
    assert not (leg.port.closed or bob.port.closed)


async def test_a_caller_that_leaves_takes_whoever_was_called_along(house: House) -> None:
    leg = await caller(house, action("connect", destinations=[BOB]))
    (bob,) = await dialled(house, 1)
    bob.alert()
    leg.bye()
    await until(lambda: bob.done == ["hang up normal"])


async def test_several_ring_and_one_has_the_call(house: House) -> None:
    await caller(house, action("connect", destinations=[BOB, CAROL]))
    bob, carol = await dialled(house, 2)
    carol.pick_up()
    await until(lambda: bob.done)
    assert carol.done == []


@pytest.mark.parametrize("relay", [False, True])
async def test_when_nobody_answers_the_flow_goes_on_or_ends_likewise(house: House, relay: bool) -> None:
    leg = await caller(house, action("connect", destinations=[BOB], relay_reason=relay), SLEEP)
    (bob,) = await dialled(house, 1)
    bob.refuse(HangupReason.BUSY)
    if relay:
        await until(lambda: leg.port.closed)
        assert leg.done[-1] == "hang up busy"
    else:
        await until(
            lambda: [each.action.get("type") for each in house.services.live_calls.values()] == ["sleep"]
        )


async def test_nobody_to_call_is_no_reason_to_end(house: House) -> None:
    await caller(
        house, action("connect", destinations=[]), action("call", destinations=[BOB], actions=[]), SLEEP
    )
    await until(lambda: [each.action.get("type") for each in house.services.live_calls.values()] == ["sleep"])
    assert house.exchange.legs == []


@pytest.mark.parametrize("chained", [False, True])
async def test_a_call_of_a_flow_has_a_life_of_its_own_unless_chained(house: House, chained: bool) -> None:
    leg = await caller(house, action("call", destinations=[BOB], actions=[SLEEP], chained=chained), SLEEP)
    (bob,) = await dialled(house, 1)
    bob.pick_up()

    def busy() -> list[str]:
        return [each.action.get("type", "") for each in house.services.live_calls.values()]

    await until(lambda: busy() == ["sleep", "sleep"])
    master = next(each for each in house.services.live_calls.values() if each.call.direction == "incoming")
    leg.bye()
    if chained:
        await until(lambda: bob.done == ["hang up normal"])
        row = await house.calls.get(house.customer_id, master.id)
        assert len(row.chained_call_ids) == 1
    else:
        await until(lambda: busy() == ["sleep"])
        assert bob.done == []


async def test_an_early_flow_begins_while_it_rings(house: House) -> None:
    await caller(house, action("call", destinations=[BOB], actions=[SLEEP], early_execution=True), SLEEP)
    await dialled(house, 1)
    await until(lambda: len(house.services.live_calls) == 2)
    new = next(each for each in house.services.live_calls.values() if each.call.direction == "outgoing")
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
def test_what_is_no_option_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        CATALOGUE.parse(action("call", **{"destinations": [], **option}))
