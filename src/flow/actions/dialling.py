"""Outgoing calls: ``call`` makes independent calls, ``connect`` calls that join it (api.md section 6.5)."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field

from mixminus.call.dialout import Placed
from mixminus.call.errors import NoCallableDestination
from mixminus.call.leg import LegEnded
from mixminus.call.outbound import Order
from mixminus.call.routing import Program
from mixminus.flow.action import ActionType
from mixminus.flow.actions.room import ConfbridgeJoin, confbridge_join
from mixminus.flow.errors import InvalidAnonymousValue
from mixminus.flow.options import Flag, Headers, Option, Text, Uuid
from mixminus.flow.run import FlowRun
from mixminus.model.call import Address, Diversion, HangupReason
from mixminus.model.conference import Conference
from mixminus.model.ids import NIL
from mixminus.tasks import Interrupted
from mixminus.usage.errors import InsufficientBalance

__all__ = ["ACTIONS", "Call", "Connect"]

AddressType = Literal["", "tel", "sip", "extension", "agent", "conference"]
_MAX_DESTINATIONS: Final = 100


def _address(value: object) -> object:
    """Return the fields of an address; an unknown type becomes empty: nothing is called there."""
    if not isinstance(value, Mapping):
        return value
    fields = {key: value.get(key) or "" for key in ("type", "target", "target_name", "name", "detail")}
    if isinstance(fields["type"], str) and fields["type"] not in get_args(AddressType):
        fields["type"] = ""
    if any("\r" in text or "\n" in text for text in fields.values() if isinstance(text, str)):
        raise ValueError("has more than one line")
    return fields


def _anonymous(value: object) -> object:
    if isinstance(value, str) and value not in ("", "yes", "no", "auto") and "${" not in value:
        raise InvalidAnonymousValue("anonymous: is none of yes, no, auto")
    return value


AnyAddress = Annotated[Address, BeforeValidator(_address)]
Destinations = Annotated[tuple[AnyAddress, ...], Field(max_length=_MAX_DESTINATIONS)]


class _Outgoing(Option):
    source: AnyAddress | None = None
    """The caller as shown; the caller of this call if absent."""
    destinations: Destinations = ()
    anonymous: Annotated[Text, BeforeValidator(_anonymous)] = ""
    """`yes`, `no` or `auto`."""
    headers: Headers = Field(default_factory=dict)
    """`X-...` and `User-to-User` headers of the INVITEs."""


class Call(_Outgoing):
    """Call destinations, and continue at once; each new call has its own flow."""

    flow_id: Uuid = NIL
    """What the new calls do."""
    actions: tuple[dict[str, Any], ...] = ()
    """What the new calls do if there is no `flow_id`."""
    chained: Flag = False
    """The new calls are hung up when this one ends."""
    early_execution: Flag = False
    """Their flow starts while they ring."""


async def call(run: FlowRun, option: Call) -> None:
    dialout, customer_id = run.services.dialout, run.activeflow.customer_id
    try:
        program = await dialout.program(customer_id, option.flow_id, option.actions, run.variables.all())
        order = Order(
            destinations=option.destinations,
            program=program,
            source=option.source or _caller(run),
            anonymous=option.anonymous == "yes",
            headers=option.headers,
            diversions=_diverted(run, option),
            early=option.early_execution,
            master_call_id=run.call.id if option.chained else None,
            max_forwards=run.call.max_forwards - 1,
        )
        await dialout.place(customer_id, order)
    except NoCallableDestination:
        run.skip("no destination that can be called")
    except InsufficientBalance:
        run.skip("no credits are left")


class Connect(_Outgoing):
    """Call destinations, and connect the first that answers with this call."""

    early_media: Flag = True
    """The caller hears what a called party sends before it answers: its ringing, an announcement."""
    relay_reason: Flag = False
    """If no destination answers, hang up with the reason of the last refusal."""


async def connect(run: FlowRun, option: Connect) -> None:
    """Join a private room, and let the called parties join it; it closes when either side leaves.

    Until one answers, the caller hears ringing, or the early media of the first called party that sends any.
    """
    dialout, customer_id = run.services.dialout, run.activeflow.customer_id
    try:
        room = await dialout.private_room(customer_id)
    except InsufficientBalance:
        run.skip("no credits are left")
        return
    try:
        placed = await _dial(run, option, room)
    except (NoCallableDestination, InsufficientBalance):
        await dialout.close_room(room)
        run.skip("no destination that can be called")
        return
    try:
        await _talk(run, room, placed, early_media=option.early_media)
    finally:
        # After a transfer the successor of this call uses the room and the called parties.
        if run.call.last_successor is run.call:
            for live in placed.live:
                if not live.moved:
                    await live.last_successor.hang_up()
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
        anonymous=option.anonymous == "yes",
        headers=option.headers,
        diversions=_diverted(run, option),
        master_call_id=run.call.id,
        max_forwards=run.call.max_forwards - 1,
    )
    if len(option.destinations) > 1:
        return (await dialout.ring_together(customer_id, order))[1]
    return await dialout.place(customer_id, order)


async def _talk(run: FlowRun, room: Conference, placed: Placed, *, early_media: bool) -> None:
    """Stay in the room until it closes, or until all called parties are gone."""
    if not placed.live:
        return
    all_gone = asyncio.gather(*(live.gone for live in placed.live))
    try:
        with ExitStack() as stack:
            stack.enter_context(run.stopped_by(all_gone))
            if early_media:
                stack.enter_context(run.services.early_media.passed(run.call, placed.live, room.id))
            await confbridge_join(run, ConfbridgeJoin(confbridge_id=room.id))
    except Interrupted as interrupted:
        if interrupted.stop is not all_gone:
            raise


def _caller(run: FlowRun) -> Address:
    """Return the caller to show where the action does not name one: the remote party of the flow's call."""
    return run.call.call.source if run.activeflow.reference_type == "call" else Address("", "")


def _diverted(run: FlowRun, option: _Outgoing) -> tuple[Diversion, ...]:
    """Return where the new calls come from if they pass on the flow's incoming call, with its caller."""
    if option.source or run.activeflow.reference_type != "call" or run.call.call.direction != "incoming":
        return ()
    passed_on = run.call.call
    return (Diversion(passed_on.destination.target, reason="unconditional"), *passed_on.diversions)


def _reason(refusals: list[LegEnded]) -> HangupReason:
    return refusals[-1].reason if refusals else HangupReason.FAILED


ACTIONS: Final = (
    ActionType("call", Call, call, without_call=True),
    ActionType("connect", Connect, connect, stops_flow=True),
)
