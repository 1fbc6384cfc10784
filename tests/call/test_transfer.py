"""Transfers: blind and attended, requested by a phone or by a client."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from mixminus.call.errors import (
    CallNotFound,
    CallNotInRoom,
    CannotRefer,
    NoCallableDestination,
    TransferPending,
)
from mixminus.call.leg import Caller, Referral
from mixminus.call.live import LiveCall
from mixminus.model.call import Address, Call, CallStatus, HangupReason
from mixminus.model.conference import Conference, ConferenceStatus, Role, RoomSettings
from mixminus.model.directory import Extension, ExtensionSpec
from mixminus.model.ids import CallId, CustomerId, new_id
from tests.support.house import EVERYTHING, House
from tests.support.legs import CalledLeg, PcmLeg
from tests.support.waiting import until

CAROL = "sip:carol@192.0.2.9"


@dataclass
class Notified:
    """The status codes that a phone is notified of."""

    codes: list[int] = field(default_factory=list)

    def __call__(self, status_code: int) -> None:
        self.codes.append(status_code)

    async def last(self, *codes: int) -> None:
        await until(lambda: self.codes and self.codes[-1] >= 200)
        assert self.codes == list(codes)


async def extension(house: House, name: str = "1001") -> Extension:
    spec = ExtensionSpec(extension=name, password="correct horse")
    return await house.services.directory.extensions.create(house.customer_id, spec)


async def dial(house: House, target: object, account: Extension | None = None) -> PcmLeg:
    leg = PcmLeg(house.engine.open_pcm_port(16_000))
    await house.calls.incoming(
        leg,
        source=Address("sip", "ada"),
        destination=Address("sip", str(target)),
        caller=Caller(account.id if account else None, "192.0.2.1"),
    )
    return leg


def live_of(house: House, leg: PcmLeg) -> LiveCall | None:
    return next((live for live in house.services.live_calls.values() if live.leg_id == leg.id), None)


async def seated(house: House, leg: PcmLeg, room: Conference) -> LiveCall:
    """Wait until a call's audio is connected in a room."""

    def look() -> LiveCall | None:
        live = live_of(house, leg)
        seat = house.rooms.seat_of_call(live.id) if live else None
        return live if seat and seat.joined and seat.conference.id == room.id else None

    return await until(look)


async def over(house: House, call_id: CallId) -> Call:
    async def look() -> Call | None:
        found = await house.calls.get(house.customer_id, call_id)
        return found if found.status is CallStatus.HANGUP else None

    return await until(look)


async def ringing(house: House, count: int = 1) -> CalledLeg:
    await until(lambda: len(house.exchange.legs) >= count)
    return house.exchange.legs[-1]


def refer(
    house: House, leg: PcmLeg, target: str, *, here: bool = True, replaces: PcmLeg | None = None
) -> Notified:
    notified = Notified()
    referral = Referral(target, here, replaces.id if replaces else None)
    house.services.transfers.on_refer(leg.id, referral, notified)
    return notified


async def two(house: House) -> tuple[Extension, PcmLeg, LiveCall, CalledLeg, LiveCall, Conference]:
    """Connect an extension with an outside number, in a room for two."""
    ada = await extension(house)
    leg = await dial(house, "+15551234567", ada)
    callee = await ringing(house)
    callee.pick_up()
    rooms = await until(house.rooms.ids)
    room = await house.conferences.get(house.customer_id, rooms[-1])
    return ada, leg, await seated(house, leg, room), callee, await seated(house, callee, room), room


async def test_blind_transfer_gives_the_place_to_the_called_party(house: House) -> None:
    room = await house.room()
    await house.join(room)
    ada = await extension(house)
    leg = await dial(house, room.id, ada)
    live = await seated(house, leg, room)
    notified = refer(house, leg, CAROL, here=False)
    carol = await ringing(house)
    assert (carol.target.request_uri, carol.source) == (CAROL, live.call.source)
    carol.alert()
    await until(lambda: notified.codes == [100, 180])
    assert not leg.done[1:]
    carol.pick_up()
    successor = await seated(house, carol, room)
    await notified.last(100, 180, 200)
    ended = await over(house, live.id)
    assert (ended.hangup_reason, live.last_successor) == (HangupReason.NORMAL, successor)
    assert len(await house.joined(room)) == 2
    carol.bye()
    await until(live.gone.done)


@pytest.mark.parametrize(
    ("reason", "status_code"),
    [
        (HangupReason.BUSY, 486),
        (HangupReason.NOANSWER, 480),
        (HangupReason.FAILED, 503),
        (HangupReason.DIALOUT, 408),
    ],
)
async def test_call_stays_if_the_target_does_not_answer(
    house: House, reason: HangupReason, status_code: int
) -> None:
    room = await house.room()
    leg = await dial(house, room.id, await extension(house))
    await seated(house, leg, room)
    notified = refer(house, leg, CAROL, here=False)
    (await ringing(house)).refuse(reason)
    await notified.last(100, status_code)
    assert live_of(house, leg)
    # A second transfer works.
    notified = refer(house, leg, CAROL, here=False)
    (await ringing(house, 2)).pick_up()
    await notified.last(100, 200)


async def test_phone_can_only_refer_to_what_it_may_dial(house: House) -> None:
    room, other = await house.room(), await house.room()
    ada = await extension(house)
    for account, target, here, status_code in (
        (None, CAROL, False, 403),
        (None, "+15551234567", True, 404),
        (ada, "nobody", True, 404),
        (ada, "1001", True, 404),  # has no phone
        (ada, str(other.id), True, 603),  # rooms are not merged
        (ada, "", False, 404),
    ):
        leg = await dial(house, room.id, account)
        await seated(house, leg, room)
        notified = refer(house, leg, target, here=here)
        await notified.last(100, status_code)
        assert live_of(house, leg)
    assert house.exchange.legs == []


async def test_transfer_to_a_number_uses_the_trunk(house: House) -> None:
    room = await house.room()
    leg = await dial(house, room.id, await extension(house))
    await seated(house, leg, room)
    refer(house, leg, "tel:+15557654321")
    assert (await ringing(house)).target.request_uri.startswith("sip:+15557654321@trunk.example")


async def test_successor_of_a_moderator_is_a_moderator(house: House) -> None:
    settings = RoomSettings(pin="1", moderator_pin="2", end_when_moderator_leaves=True)
    room = await house.room(settings=settings)
    leg = PcmLeg(house.engine.open_pcm_port(16_000))
    await house.calls.incoming(
        leg,
        source=Address("sip", "ada"),
        destination=Address("sip", str(room.id)),
        pin="2",
        caller=Caller((await extension(house)).id, ""),
    )
    live = await seated(house, leg, room)
    notified = refer(house, leg, CAROL, here=False)
    carol = await ringing(house)
    carol.pick_up()
    successor = await seated(house, carol, room)
    await notified.last(100, 200)
    await over(house, live.id)
    seat = house.rooms.seat_of_call(successor.id)
    assert seat and seat.role is Role.MODERATOR
    assert (await house.conferences.get(house.customer_id, room.id)).status is ConferenceStatus.PROGRESSING


async def test_transfer_is_declined_during_another_one_and_outside_of_rooms(house: House) -> None:
    room = await house.room()
    ada = await extension(house)
    leg = await dial(house, room.id, ada)
    await seated(house, leg, room)
    refer(house, leg, CAROL, here=False)
    await ringing(house)
    second = refer(house, leg, CAROL, here=False)
    await second.last(491)
    waits = await dial(house, "+15551234567", ada)
    await ringing(house, 2)
    await until(lambda: live_of(house, waits))
    unseated = await dial(
        house, (await house.room(pre_actions=({"type": "sleep", "option": {"duration": 3_600_000}},))).id
    )
    await until(lambda: (live := live_of(house, unseated)) and live.action.get("type") == "sleep")
    await refer(house, unseated, CAROL, here=False).last(100, 603)


async def test_caller_of_a_room_for_two_transfers_to_a_new_party(house: House) -> None:
    _, leg, live, _, other, room = await two(house)
    notified = refer(house, leg, CAROL, here=False)
    carol = await ringing(house, 2)
    carol.pick_up()
    await notified.last(100, 200)
    await over(house, live.id)
    await seated(house, carol, room)
    assert not other.over.done()
    # The two are now connected, and end together.
    carol.bye()
    await over(house, other.id)


async def test_called_party_of_a_room_for_two_transfers_the_caller(house: House) -> None:
    _, leg, live, callee, other, room = await two(house)
    other.caller = Caller((await extension(house, "1002")).id)
    notified = refer(house, callee, CAROL, here=False)
    carol = await ringing(house, 2)
    carol.pick_up()
    await notified.last(100, 200)
    await over(house, other.id)
    successor = await seated(house, carol, room)
    assert not live.over.done()
    leg.bye()
    await over(house, successor.id)


@pytest.mark.parametrize("called", [False, True])
async def test_other_participant_of_a_room_for_two_moves_to_a_room(house: House, called: bool) -> None:
    _, leg, live, callee, other, _ = await two(house)
    target = await house.room()
    await house.join(target)
    notified = refer(house, callee if called else leg, str(target.id))
    await notified.last(100, 200)
    gone, stays, stays_leg = (other, live, leg) if called else (live, other, callee)
    await over(house, gone.id)
    await seated(house, stays_leg, target)
    assert not stays.over.done()
    stays_leg.bye()
    await over(house, stays.id)


@pytest.mark.parametrize("first", [False, True])
async def test_attended_transfer_moves_the_consulted_party_into_the_room(house: House, first: bool) -> None:
    room = await house.room()
    await house.join(room)
    ada, consulting, consult_live, callee, consulted, _ = await two(house)
    leg = await dial(house, room.id, ada)
    live = await seated(house, leg, room)
    notified = (
        refer(house, leg, CAROL, replaces=consulting)
        if first
        else refer(house, consulting, CAROL, replaces=leg)
    )
    await notified.last(100, 200)
    for each in (live, consult_live):
        assert (await over(house, each.id)).hangup_reason is HangupReason.NORMAL
    await seated(house, callee, room)
    assert len(await house.joined(room)) == 2
    callee.bye()
    await over(house, consulted.id)


async def test_attended_transfer_connects_the_two_far_ends(house: House) -> None:
    ada, leg, live, callee, other, room = await two(house)
    second = await dial(house, "+15550000000", ada)
    carol = await ringing(house, 2)
    carol.pick_up()
    await until(lambda: len(house.rooms.ids()) == 2)
    their_room = await house.conferences.get(
        house.customer_id, next(id_ for id_ in house.rooms.ids() if id_ != room.id)
    )
    second_live = await seated(house, second, their_room)
    await seated(house, carol, their_room)
    notified = refer(house, leg, CAROL, replaces=second)
    await notified.last(100, 200)
    for each in (live, second_live):
        await over(house, each.id)
    moved = await seated(house, carol, room)
    await seated(house, callee, room)
    callee.bye()
    for each in (other, moved):
        await over(house, each.id)


async def test_attended_transfer_of_unknown_calls_or_two_conferences_is_declined(house: House) -> None:
    rooms = [await house.room() for _ in range(2)]
    ada = await extension(house)
    legs = [await dial(house, room.id, ada) for room in rooms]
    for leg, room in zip(legs, rooms, strict=True):
        await seated(house, leg, room)
    await refer(house, legs[0], CAROL, replaces=legs[1]).last(100, 603)
    await refer(house, legs[0], CAROL, replaces=legs[0]).last(100, 481)
    nobody = PcmLeg(house.engine.open_pcm_port(16_000))
    await refer(house, legs[0], CAROL, replaces=nobody).last(100, 481)
    nobody.bye()
    assert all(live_of(house, leg) for leg in legs)


async def transfer(house: House, call_id: CallId, *targets: str, attended: bool = False) -> Any:
    people = [Address("sip", target) for target in targets]
    return await house.services.transfers.transfer(house.customer_id, call_id, people, attended=attended)


async def test_client_transfers_a_call_blind(house: House) -> None:
    room = await house.room()
    (leg,) = await house.join(room)
    live = await seated(house, leg, room)
    placed = await transfer(house, live.id, "carol@192.0.2.9")
    assert [each.status for each in placed.calls] == [CallStatus.DIALING]
    with pytest.raises(TransferPending):
        await transfer(house, live.id, "carol@192.0.2.9")
    carol = await ringing(house)
    carol.pick_up()
    await seated(house, carol, room)
    await over(house, live.id)


async def test_client_adds_a_party_attended(house: House) -> None:
    room = await house.room()
    (leg,) = await house.join(room)
    live = await seated(house, leg, room)
    await transfer(house, live.id, "carol@192.0.2.9", "dave@192.0.2.9", attended=True)
    carol = await ringing(house, 2)
    carol.pick_up()
    await seated(house, carol, room)
    assert len(await house.joined(room)) == 2
    assert not live.over.done()
    await until(lambda: house.exchange.legs[0].done)


async def test_only_a_call_in_a_room_can_be_transferred(house: House) -> None:
    room = await house.room()
    (leg,) = await house.join(room)
    live = await seated(house, leg, room)
    with pytest.raises(CallNotFound):
        await house.services.transfers.transfer(CustomerId(new_id()), live.id, (), attended=False)
    leg.bye()
    await over(house, live.id)
    with pytest.raises(CallNotInRoom):
        await transfer(house, live.id, "carol@192.0.2.9")
    assert await house.services.dialout.list_groups(house.customer_id, EVERYTHING) == []


async def test_a_phone_is_asked_to_call_by_itself(house: House) -> None:
    room = await house.room()
    (leg,) = await house.join(room)
    live = await seated(house, leg, room)
    refer_to = house.services.transfers.refer
    await refer_to(house.customer_id, live.id, Address("sip", "carol@192.0.2.9"))
    assert leg.done[-1] == "refer sip:carol@192.0.2.9"
    with pytest.raises(NoCallableDestination):
        await refer_to(house.customer_id, live.id, Address("tel", "+1555"))
    leg.bye()
    await over(house, live.id)
    with pytest.raises(CannotRefer):
        await refer_to(house.customer_id, live.id, Address("sip", "carol@192.0.2.9"))
