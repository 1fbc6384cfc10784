"""What lets others be called."""

import asyncio
from collections.abc import Mapping
from typing import Final

from mixminus.call.dialout import Placed
from mixminus.call.errors import NobodyToCall, NothingToDo
from mixminus.call.leg import LegEnded
from mixminus.call.outbound import Order
from mixminus.call.routing import Program
from mixminus.flow.actions.catalogue import Option
from mixminus.flow.actions.dialling import Call, Connect
from mixminus.flow.actions.room import ConfbridgeJoin
from mixminus.flow.executors.room import confbridge_join
from mixminus.flow.run import Executor, FlowRun
from mixminus.model.call import Address, HangupReason
from mixminus.model.conference import Conference
from mixminus.model.ids import ConferenceId
from mixminus.tasks import Interrupted

__all__ = ["EXECUTORS"]


async def call(run: FlowRun, option: Call) -> None:
    """Begin calls of their own, and go on (api.md 6.5)."""
    dialout, customer_id = run.services.dialout, run.activeflow.customer_id
    try:
        program = await dialout.program(customer_id, option.flow_id, option.actions, run.variables.all())
        order = Order(
            destinations=option.destinations,
            program=program,
            source=option.source or _caller(run),
            anonymous=option.anonymous,
            early=option.early_execution,
            master_call_id=run.call.id if option.chained else None,
        )
        await dialout.place(customer_id, order)
    except (NobodyToCall, NothingToDo):
        run.skip("nobody to call, or nothing to do")


async def connect(run: FlowRun, option: Connect) -> None:
    """Let a private room ring at somebody's, and wait in it; whoever leaves first takes the other along.

    Early media is not passed on: a caller that is not answered hears its own phone ring.
    """
    dialout, customer_id = run.services.dialout, run.activeflow.customer_id
    room = await dialout.private_room(customer_id)
    try:
        placed = await _dial(run, option, room)
    except NobodyToCall:
        await dialout.close_room(room)
        run.skip("nobody to call")
        return
    try:
        await _talk(run, room, placed)
    finally:
        # Whoever has taken this call's place needs the room and the others.
        if run.call.successor is None:
            for live in placed.live:
                if not live.released:
                    await live.heir.hang_up()
            await dialout.close_room(room)
    refusals = [live.over.result() for live in placed.live if live.over.done()]
    if option.relay_reason and not any(live.up.done() for live in placed.live):
        await run.call.hang_up(_reason(refusals))
        await run.park()


async def _dial(run: FlowRun, option: Connect, room: Conference) -> Placed:
    dialout, customer_id = run.services.dialout, run.activeflow.customer_id
    join = {"type": "confbridge_join", "option": {"confbridge_id": str(room.id)}}
    order = Order(
        destinations=option.destinations,
        program=Program((join, {"type": "hangup"})),
        source=option.source or _caller(run),
        anonymous=option.anonymous,
        master_call_id=run.call.id,
    )
    if len(option.destinations) > 1:
        return (await dialout.ring_together(customer_id, order))[1]
    return await dialout.place(customer_id, order)


async def _talk(run: FlowRun, room: Conference, placed: Placed) -> None:
    """Be in the room until it ends, or until nobody can come any more."""
    if not placed.live:
        return
    nobody = asyncio.gather(*(live.gone for live in placed.live))
    try:
        with run.stopped_by(nobody):
            await confbridge_join(run, ConfbridgeJoin(ConferenceId(room.id)))
    except Interrupted as interrupted:
        if interrupted.stop is not nobody:
            raise


def _caller(run: FlowRun) -> Address:
    """Return who calls where the action does not say it: whoever the flow's call is with."""
    return run.call.call.source if run.activeflow.reference_type == "call" else Address("", "")


def _reason(refusals: list[LegEnded]) -> HangupReason:
    """Return what the last of them has said."""
    return refusals[-1].reason if refusals else HangupReason.FAILED


EXECUTORS: Final[Mapping[type[Option], Executor]] = {Call: call, Connect: connect}
