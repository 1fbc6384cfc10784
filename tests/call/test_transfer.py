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
from tests.support.backend import EVERYTHING, Backend
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


async def extension(backend: Backend, name: str = "1001") -> Extension:
    spec = ExtensionSpec(extension=name, password="correct horse")
    return await backend.services.directory.extensions.create(backend.customer_id, spec)


async def dial(backend: Backend, target: object, account: Extension | None = None) -> PcmLeg:
    leg = PcmLeg(backend.engine.open_pcm_port(16_000))
    await backend.calls.incoming(
        leg,
        source=Address("sip", "ada"),
        destination=Address("sip", str(target)),
        caller=Caller(account.id if account else None, "192.0.2.1"),
    )
    return leg


def live_of(backend: Backend, leg: PcmLeg) -> LiveCall | None:
    return next((live for live in backend.services.live_calls.values() if live.leg_id == leg.id), None)


async def seated(backend: Backend, leg: PcmLeg, room: Conference) -> LiveCall:
    """Wait until a call's audio is connected in a room."""

    def look() -> LiveCall | None:
        live = live_of(backend, leg)
        seat = backend.rooms.seat_of_call(live.id) if live else None
        return live if seat and seat.joined and seat.conference.id == room.id else None

    return await until(look)


async def over(backend: Backend, call_id: CallId) -> Call:
    async def look() -> Call | None:
        found = await backend.calls.get(backend.customer_id, call_id)
        return found if found.status is CallStatus.HANGUP else None

    return await until(look)


async def ringing(backend: Backend, count: int = 1) -> CalledLeg:
    await until(lambda: len(backend.exchange.legs) >= count)
    return backend.exchange.legs[-1]


def refer(
    backend: Backend, leg: PcmLeg, target: str, *, is_local: bool = True, replaces: PcmLeg | None = None
) -> Notified:
    notified = Notified()
    referral = Referral(target, is_local, replaces.id if replaces else None)
    backend.services.transfers.on_refer(leg.id, referral, notified)
    return notified


async def two(backend: Backend) -> tuple[Extension, PcmLeg, LiveCall, CalledLeg, LiveCall, Conference]:
    """Connect an extension with an outside number, in a room for two."""
    ada = await extension(backend)
    leg = await dial(backend, "+15551234567", ada)
    callee = await ringing(backend)
    callee.pick_up()
    rooms = await until(backend.rooms.ids)
    room = await backend.conferences.get(backend.customer_id, rooms[-1])
    return ada, leg, await seated(backend, leg, room), callee, await seated(backend, callee, room), room


async def test_blind_transfer_gives_the_place_to_the_called_party(backend: Backend) -> None:
    room = await backend.room()
    await backend.join(room)
    ada = await extension(backend)
    leg = await dial(backend, room.id, ada)
    live = await seated(backend, leg, room)
    notified = refer(backend, leg, CAROL, is_local=False)
    carol = await ringing(backend)
    assert (carol.target.request_uri, carol.source) == (CAROL, live.call.source)
    carol.alert()
    await until(lambda: notified.codes == [100, 180])
    assert not leg.done[1:]
    carol.pick_up()
    successor = await seated(backend, carol, room)
    await notified.last(100, 180, 200)
    ended = await over(backend, live.id)
    assert (ended.hangup_reason, live.last_successor) == (HangupReason.NORMAL, successor)
    assert len(await backend.joined(room)) == 2
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
    backend: Backend, reason: HangupReason, status_code: int
) -> None:
    room = await backend.room()
    leg = await dial(backend, room.id, await extension(backend))
    await seated(backend, leg, room)
    notified = refer(backend, leg, CAROL, is_local=False)
    (await ringing(backend)).refuse(reason)
    await notified.last(100, status_code)
    assert live_of(backend, leg)
    # A second transfer works.
    notified = refer(backend, leg, CAROL, is_local=False)
    (await ringing(backend, 2)).pick_up()
    await notified.last(100, 200)


async def test_phone_can_only_refer_to_what_it_may_dial(backend: Backend) -> None:
    room, other = await backend.room(), await backend.room()
    ada = await extension(backend)
    for account, target, is_local, status_code in (
        (None, CAROL, False, 403),
        (None, "+15551234567", True, 404),
        (ada, "nobody", True, 404),
        (ada, "1001", True, 404),  # has no phone
        (ada, str(other.id), True, 603),  # rooms are not merged
        (ada, "", False, 404),
    ):
        leg = await dial(backend, room.id, account)
        await seated(backend, leg, room)
        notified = refer(backend, leg, target, is_local=is_local)
        await notified.last(100, status_code)
        assert live_of(backend, leg)
    assert backend.exchange.legs == []


async def test_transfer_to_a_number_uses_the_trunk(backend: Backend) -> None:
    room = await backend.room()
    leg = await dial(backend, room.id, await extension(backend))
    await seated(backend, leg, room)
    refer(backend, leg, "tel:+15557654321")
    assert (await ringing(backend)).target.request_uri.startswith("sip:+15557654321@trunk.example")


async def test_successor_of_a_moderator_is_a_moderator(backend: Backend) -> None:
    settings = RoomSettings(pin="1", moderator_pin="2", end_when_moderator_leaves=True)
    room = await backend.room(settings=settings)
    leg = PcmLeg(backend.engine.open_pcm_port(16_000))
    await backend.calls.incoming(
        leg,
        source=Address("sip", "ada"),
        destination=Address("sip", str(room.id)),
        pin="2",
        caller=Caller((await extension(backend)).id, ""),
    )
    live = await seated(backend, leg, room)
    notified = refer(backend, leg, CAROL, is_local=False)
    carol = await ringing(backend)
    carol.pick_up()
    successor = await seated(backend, carol, room)
    await notified.last(100, 200)
    await over(backend, live.id)
    seat = backend.rooms.seat_of_call(successor.id)
    assert seat and seat.role is Role.MODERATOR
    assert (
        await backend.conferences.get(backend.customer_id, room.id)
    ).status is ConferenceStatus.PROGRESSING


async def test_transfer_is_declined_during_another_one_and_outside_of_rooms(backend: Backend) -> None:
    room = await backend.room()
    ada = await extension(backend)
    leg = await dial(backend, room.id, ada)
    await seated(backend, leg, room)
    refer(backend, leg, CAROL, is_local=False)
    await ringing(backend)
    second = refer(backend, leg, CAROL, is_local=False)
    await second.last(491)
    waits = await dial(backend, "+15551234567", ada)
    await ringing(backend, 2)
    await until(lambda: live_of(backend, waits))
    unseated = await dial(
        backend, (await backend.room(pre_actions=({"type": "sleep", "option": {"duration": 3_600_000}},))).id
    )
    await until(lambda: (live := live_of(backend, unseated)) and live.action.get("type") == "sleep")
    await refer(backend, unseated, CAROL, is_local=False).last(100, 603)


async def test_caller_of_a_room_for_two_transfers_to_a_new_party(backend: Backend) -> None:
    _, leg, live, _, other, room = await two(backend)
    notified = refer(backend, leg, CAROL, is_local=False)
    carol = await ringing(backend, 2)
    carol.pick_up()
    await notified.last(100, 200)
    await over(backend, live.id)
    await seated(backend, carol, room)
    assert not other.over.done()
    # The two are now connected, and end together.
    carol.bye()
    await over(backend, other.id)


async def test_called_party_of_a_room_for_two_transfers_the_caller(backend: Backend) -> None:
    _, leg, live, callee, other, room = await two(backend)
    other.caller = Caller((await extension(backend, "1002")).id)
    notified = refer(backend, callee, CAROL, is_local=False)
    carol = await ringing(backend, 2)
    carol.pick_up()
    await notified.last(100, 200)
    await over(backend, other.id)
    successor = await seated(backend, carol, room)
    assert not live.over.done()
    leg.bye()
    await over(backend, successor.id)


@pytest.mark.parametrize("called", [False, True])
async def test_other_participant_of_a_room_for_two_moves_to_a_room(backend: Backend, called: bool) -> None:
    _, leg, live, callee, other, _ = await two(backend)
    target = await backend.room()
    await backend.join(target)
    notified = refer(backend, callee if called else leg, str(target.id))
    await notified.last(100, 200)
    gone, stays, stays_leg = (other, live, leg) if called else (live, other, callee)
    await over(backend, gone.id)
    await seated(backend, stays_leg, target)
    assert not stays.over.done()
    stays_leg.bye()
    await over(backend, stays.id)


@pytest.mark.parametrize("first", [False, True])
async def test_attended_transfer_moves_the_consulted_party_into_the_room(
    backend: Backend, first: bool
) -> None:
    room = await backend.room()
    await backend.join(room)
    ada, consulting, consult_live, callee, consulted, _ = await two(backend)
    leg = await dial(backend, room.id, ada)
    live = await seated(backend, leg, room)
    notified = (
        refer(backend, leg, CAROL, replaces=consulting)
        if first
        else refer(backend, consulting, CAROL, replaces=leg)
    )
    await notified.last(100, 200)
    for each in (live, consult_live):
        assert (await over(backend, each.id)).hangup_reason is HangupReason.NORMAL
    await seated(backend, callee, room)
    assert len(await backend.joined(room)) == 2
    callee.bye()
    await over(backend, consulted.id)


async def test_attended_transfer_connects_the_two_far_ends(backend: Backend) -> None:
    ada, leg, live, callee, other, room = await two(backend)
    second = await dial(backend, "+15550000000", ada)
    carol = await ringing(backend, 2)
    carol.pick_up()
    await until(lambda: len(backend.rooms.ids()) == 2)
    their_room = await backend.conferences.get(
        backend.customer_id, next(id_ for id_ in backend.rooms.ids() if id_ != room.id)
    )
    second_live = await seated(backend, second, their_room)
    await seated(backend, carol, their_room)
    notified = refer(backend, leg, CAROL, replaces=second)
    await notified.last(100, 200)
    for each in (live, second_live):
        await over(backend, each.id)
    moved = await seated(backend, carol, room)
    await seated(backend, callee, room)
    callee.bye()
    for each in (other, moved):
        await over(backend, each.id)


async def test_attended_transfer_of_unknown_calls_or_two_conferences_is_declined(backend: Backend) -> None:
    rooms = [await backend.room() for _ in range(2)]
    ada = await extension(backend)
    legs = [await dial(backend, room.id, ada) for room in rooms]
    for leg, room in zip(legs, rooms, strict=True):
        await seated(backend, leg, room)
    await refer(backend, legs[0], CAROL, replaces=legs[1]).last(100, 603)
    await refer(backend, legs[0], CAROL, replaces=legs[0]).last(100, 481)
    unknown = PcmLeg(backend.engine.open_pcm_port(16_000))
    await refer(backend, legs[0], CAROL, replaces=unknown).last(100, 481)
    unknown.bye()
    assert all(live_of(backend, leg) for leg in legs)


async def transfer(backend: Backend, call_id: CallId, *targets: str, attended: bool = False) -> Any:
    people = [Address("sip", target) for target in targets]
    return await backend.services.transfers.transfer(backend.customer_id, call_id, people, attended=attended)


async def test_client_transfers_a_call_blind(backend: Backend) -> None:
    room = await backend.room()
    (leg,) = await backend.join(room)
    live = await seated(backend, leg, room)
    placed = await transfer(backend, live.id, "carol@192.0.2.9")
    assert [each.status for each in placed.calls] == [CallStatus.DIALING]
    with pytest.raises(TransferPending):
        await transfer(backend, live.id, "carol@192.0.2.9")
    carol = await ringing(backend)
    carol.pick_up()
    await seated(backend, carol, room)
    await over(backend, live.id)


async def test_client_adds_a_party_attended(backend: Backend) -> None:
    room = await backend.room()
    (leg,) = await backend.join(room)
    live = await seated(backend, leg, room)
    await transfer(backend, live.id, "carol@192.0.2.9", "dave@192.0.2.9", attended=True)
    carol = await ringing(backend, 2)
    carol.pick_up()
    await seated(backend, carol, room)
    assert len(await backend.joined(room)) == 2
    assert not live.over.done()
    await until(lambda: backend.exchange.legs[0].done)


async def test_only_a_call_in_a_room_can_be_transferred(backend: Backend) -> None:
    room = await backend.room()
    (leg,) = await backend.join(room)
    live = await seated(backend, leg, room)
    with pytest.raises(CallNotFound):
        await backend.services.transfers.transfer(CustomerId(new_id()), live.id, (), attended=False)
    leg.bye()
    await over(backend, live.id)
    with pytest.raises(CallNotInRoom):
        await transfer(backend, live.id, "carol@192.0.2.9")
    assert await backend.services.dialout.list_groups(backend.customer_id, EVERYTHING) == []


async def test_a_phone_is_asked_to_call_by_itself(backend: Backend) -> None:
    room = await backend.room()
    (leg,) = await backend.join(room)
    live = await seated(backend, leg, room)
    refer_to = backend.services.transfers.refer
    await refer_to(backend.customer_id, live.id, Address("sip", "carol@192.0.2.9"))
    assert leg.done[-1] == "refer sip:carol@192.0.2.9"
    with pytest.raises(NoCallableDestination):
        await refer_to(backend.customer_id, live.id, Address("tel", "+1555"))
    leg.bye()
    await over(backend, live.id)
    with pytest.raises(CannotRefer):
        await refer_to(backend.customer_id, live.id, Address("sip", "carol@192.0.2.9"))
