"""Calls to the customer's own numbers: they do not leave the server, and run the number's flow."""

from typing import Any

import numpy as np
import pytest

from mixminus.call.leg import ANONYMOUS, Caller, Leg, LegEnded, Target
from mixminus.call.local import LocalLegs
from mixminus.call.outbound import Order
from mixminus.call.routing import Program
from mixminus.errors import Unavailable
from mixminus.model.access import CustomerSpec, Identity
from mixminus.model.call import Address, Call, CallStatus, HangupBy, HangupReason
from mixminus.model.directory import NumberSpec
from mixminus.model.flow import FlowSpec
from mixminus.model.ids import NIL, CustomerId
from mixminus.model.permissions import Permission
from mixminus.model.signalling import UNSIGNALLED, Signalled
from tests.support.backend import EVERYTHING, Backend
from tests.support.tones import level_db, tone
from tests.support.waiting import until

NUMBER = "+15550100"
HOUR = {"type": "sleep", "option": {"duration": 3_600_000}}
ANSWER = {"type": "answer"}
SOURCE = Address("tel", "+15550199", name="Alice")
OPERATOR = Identity(CustomerId(NIL), Permission.PROJECT_SUPER_ADMIN)


async def number(backend: Backend, *actions: dict[str, Any], customer_id: CustomerId | None = None) -> None:
    """Give the number a flow."""
    owner = customer_id or backend.customer_id
    flow = await backend.flows.create(owner, FlowSpec(actions=actions))
    spec = NumberSpec(number=NUMBER, call_flow_id=flow.id)
    await backend.services.directory.numbers.create(owner, spec)


async def ring(backend: Backend, *actions: dict[str, Any], target: str = NUMBER, **more: Any) -> Call:
    order = Order((Address("tel", target),), Program(actions), SOURCE, **more)
    return (await backend.services.dialout.place(backend.customer_id, order)).calls[0]


async def incoming(backend: Backend, status: CallStatus) -> Call:
    async def look() -> Call | None:
        calls = await backend.calls.list(backend.customer_id, EVERYTHING)
        return next((each for each in calls if each.direction == "incoming" and each.status is status), None)

    return await until(look)


async def becomes(backend: Backend, call: Call, status: CallStatus) -> Call:
    async def look() -> Call | None:
        found = await backend.calls.get(backend.customer_id, call.id)
        return found if found.status is status else None

    return await until(look)


@pytest.mark.parametrize("target", [NUMBER, NUMBER[1:], f"tel:{NUMBER}"])
async def test_flow_of_the_number_runs_on_an_incoming_call(backend: Backend, target: str) -> None:
    await number(backend, ANSWER, HOUR)
    outgoing = await ring(backend, HOUR, target=target)
    called = await incoming(backend, CallStatus.PROGRESSING)
    assert (called.source, called.destination.target) == (SOURCE, NUMBER)
    assert (await becomes(backend, outgoing, CallStatus.PROGRESSING)).direction == "outgoing"
    assert backend.exchange.legs == []
    await backend.calls.hang_up(backend.customer_id, outgoing.id)
    ended = await becomes(backend, called, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.NORMAL)
    assert (await becomes(backend, outgoing, CallStatus.HANGUP)).hangup_by is HangupBy.LOCAL


async def test_end_of_the_number_s_flow_ends_the_call(backend: Backend) -> None:
    await number(backend, ANSWER)
    outgoing = await becomes(backend, await ring(backend, HOUR), CallStatus.HANGUP)
    assert (outgoing.hangup_by, outgoing.hangup_reason) == (HangupBy.REMOTE, HangupReason.NORMAL)


@pytest.mark.parametrize(
    ("reason", "expected"), [("busy", HangupReason.BUSY), ("normal", HangupReason.NOANSWER)]
)
async def test_flow_that_does_not_answer_refuses_the_call(
    backend: Backend, reason: str, expected: HangupReason
) -> None:
    await number(backend, {"type": "hangup", "option": {"reason": reason}})
    outgoing = await becomes(backend, await ring(backend, HOUR), CallStatus.HANGUP)
    assert (outgoing.hangup_by, outgoing.hangup_reason) == (HangupBy.REMOTE, expected)


async def test_audio_passes_both_ways(backend: Backend) -> None:
    here, there = await backend.room(), await backend.room()
    (alice,), (bob,) = await backend.join(here), await backend.join(there)
    join = {"type": "conference_join", "option": {"conference_id": str(there.id)}}
    await number(backend, ANSWER, join)
    await ring(backend, {"type": "conference_join", "option": {"conference_id": str(here.id)}})

    async def connected() -> bool:
        return all([len(await backend.joined(room)) == 2 for room in (here, there)])

    await until(connected)
    voices = {alice: tone(440, 1.0, sample_rate_hz=16_000), bob: tone(1130, 1.0, sample_rate_hz=16_000)}
    heard = {alice: list[Any](), bob: list[Any]()}
    for start in range(0, 16_000, 320):
        for leg, voice in voices.items():
            leg.port.write(voice[start : start + 320])
        backend.tick()
        await backend.clock.run_cycle(0.02)
        for leg, pieces in heard.items():
            pieces.append(leg.port.read())
    for leg, hz in ((alice, 1130), (bob, 440)):
        assert level_db(np.concatenate(heard[leg])[8_000:], hz, sample_rate_hz=16_000) > -30


async def test_number_without_a_flow_goes_by_the_trunk(backend: Backend) -> None:
    await backend.services.directory.numbers.create(backend.customer_id, NumberSpec(number=NUMBER))
    await ring(backend)
    (leg,) = backend.exchange.legs
    assert (leg.target.within, "@" in leg.target.request_uri) == (None, True)


async def test_number_of_another_customer_goes_by_the_trunk(backend: Backend) -> None:
    other = await backend.services.access.customers.create(OPERATOR, CustomerSpec())
    await number(backend, ANSWER, customer_id=other.id)
    await ring(backend)
    (leg,) = backend.exchange.legs
    assert (leg.target.within, "@" in leg.target.request_uri) == (None, True)


class Answering:
    """Implements ``call.leg.IncomingLegs``: answers every leg."""

    def __init__(self) -> None:
        self.legs: list[Leg] = []

    async def incoming(
        self,
        leg: Leg,
        *,
        source: Address,
        destination: Address,
        pin: str | None = None,
        caller: Caller = ANONYMOUS,
        signalled: Signalled = UNSIGNALLED,
    ) -> None:
        self.legs.append(leg)
        await leg.answer()


async def test_calls_of_a_customer_to_its_own_numbers_are_bounded(backend: Backend) -> None:
    """The flow of a number may call the number itself, and would never end."""
    answering = Answering()
    local = LocalLegs(backend.engine, backend.clock, lambda: answering, max_calls=2)
    target = Target(f"tel:{NUMBER}", within=backend.customer_id)
    first, _ = (local.dial(target, source=SOURCE, anonymous=False) for _ in range(2))
    with pytest.raises(Unavailable):
        local.dial(target, source=SOURCE, anonymous=False)
    other = local.dial(Target(f"tel:{NUMBER}", within=NIL), source=SOURCE, anonymous=True)
    assert await first.answered() and await other.answered()
    await first.hang_up()
    assert (await answering.legs[0].ended()) == LegEnded(HangupReason.NORMAL, remote=True)
    await until(lambda: backend.clock.sleepers >= 2)
    backend.clock.advance(0.02)

    def dials() -> bool:
        try:
            local.dial(target, source=SOURCE, anonymous=False)
        except Unavailable:
            return False
        return True

    await until(dials)
    await local.close()


async def test_caller_that_hangs_up_before_the_answer_cancels(backend: Backend) -> None:
    await number(backend, HOUR)
    outgoing = await ring(backend, HOUR)
    called = await incoming(backend, CallStatus.RINGING)
    await backend.calls.hang_up(backend.customer_id, outgoing.id)
    ended = await becomes(backend, called, CallStatus.HANGUP)
    assert (ended.hangup_by, ended.hangup_reason) == (HangupBy.REMOTE, HangupReason.CANCEL)
