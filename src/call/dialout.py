"""DialoutService: outgoing calls (api.md section 5.2).

destination: a phone number or SIP address -> one call
             an extension or agent         -> a groupcall that rings at all its phones

A groupcall rings all its targets together, or one after the other (``linear``).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from mixminus.call.destinations import Destinations
from mixminus.call.errors import NoCallableDestination, TooManyHops
from mixminus.call.groupcall_ledger import GroupcallLedger
from mixminus.call.ledger import CallLedger
from mixminus.call.leg import Caller, LegEnded, OutgoingLegs, Target
from mixminus.call.live import DialledCall, LiveCall
from mixminus.call.outbound import (
    Flows,
    Order,
    OutboundRoutes,
    kept_variables,
)
from mixminus.call.registry import LiveCalls
from mixminus.call.routing import Program
from mixminus.clock import Clock
from mixminus.conference.service import ConferenceService
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.call import (
    Address,
    Call,
    CallStatus,
    Groupcall,
    GroupcallStatus,
    HangupReason,
    RingMethod,
)
from mixminus.model.conference import Conference, ConferenceSpec
from mixminus.model.ids import NIL, CallId, CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.page import Page
from mixminus.tasks import TaskScope
from mixminus.usage.balance import BalanceService

__all__ = ["DialoutService", "Placed"]

log = get("call.dialout")


class Serve(Protocol):
    """Serves a call that was dialled: ``CallService.place``."""

    def __call__(
        self, live: DialledCall, program: Program, *, early: bool, wanted: Callable[[], bool]
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Placed:
    """The result of an order."""

    calls: tuple[Call, ...]
    groupcalls: tuple[Groupcall, ...]
    live: tuple[DialledCall, ...]
    """The calls that were dialled, including those of the groupcalls."""


class DialoutService:
    """Dials destinations, as single calls or as groupcalls."""

    def __init__(  # noqa: PLR0913 -- the wiring names each
        self,
        store: Store,
        clock: Clock,
        *,
        live_calls: LiveCalls,
        conferences: ConferenceService,
        flows: Flows,
        routes: OutboundRoutes,
        legs: OutgoingLegs,
        serve: Serve,
        balances: BalanceService,
    ) -> None:
        """``legs`` dials; ``serve`` serves each call that was dialled (``CallService.place``)."""
        self._balances = balances
        self._live_calls = live_calls
        self._legs = legs
        self._serve = serve
        self._clock = clock
        self._conferences = conferences
        self._flows = flows
        self._destinations = Destinations(store, routes)
        self._ledger = CallLedger(store, clock)
        self._groupcalls = GroupcallLedger(store, clock)
        self._scope = TaskScope(task_failed("call.dialout"))

    async def start(self) -> None:
        """Mark groupcalls left open by the previous run as ended."""
        for groupcall in await self._groupcalls.unfinished():
            await self._groupcalls.mark_ended(groupcall.id)

    async def close(self) -> None:
        """Stop following groupcalls; called after their calls have ended. Closing twice is harmless."""
        await self._scope.close()

    async def program(
        self,
        customer_id: CustomerId,
        flow_id: UUID,
        actions: Sequence[Mapping[str, Any]],
        variables: Mapping[str, str],
    ) -> Program:
        """Return the program of a flow, or of the actions given, which may be none; raise FlowNotFound."""
        if flow_id == NIL:
            return Program(actions, variables=kept_variables(variables))
        program = await self._flows.program(customer_id, flow_id)
        return replace(program, variables={**program.variables, **kept_variables(variables)})

    async def place(self, customer_id: CustomerId, order: Order) -> Placed:
        """Dial all destinations that can be called; raise NoCallableDestination if none can, or InsufficientBalance.

        Returns at once, with the calls in ``dialing``; their progress is in their status.
        """
        await self._balances.require(customer_id)
        calls: list[Call] = []
        groupcalls: list[Groupcall] = []
        live: list[DialledCall] = []
        for destination in order.destinations:
            targets = await self._destinations.targets(customer_id, destination)
            if not targets:
                log.info("destination skipped", type=destination.type)
            elif destination.type in ("extension", "agent"):
                groupcall, ringing = await self._ring(customer_id, order, (destination,), targets)
                groupcalls.append(groupcall)
                live += ringing
            else:
                call, dialled = await self._call(customer_id, order, destination, targets[0])
                calls.append(call)
                live += dialled
        if not calls and not groupcalls:
            raise NoCallableDestination("none of the destinations can be called")
        return Placed(tuple(calls), tuple(groupcalls), tuple(live))

    async def ring_together(self, customer_id: CustomerId, order: Order) -> tuple[Groupcall, Placed]:
        """Dial all destinations as one groupcall; raise NoCallableDestination if none can be called, or InsufficientBalance."""
        targets = await self._all_targets(customer_id, order)
        groupcall, live = await self._ring_all(customer_id, order, tuple(order.destinations), targets)
        return groupcall, Placed((), (groupcall,), tuple(live))

    async def ring_linear(self, customer_id: CustomerId, order: Order) -> Groupcall:
        """Dial the destinations as one groupcall, each when the one before has not answered.

        Raises NoCallableDestination if none can be called, or InsufficientBalance.
        """
        targets = await self._all_targets(customer_id, order)
        groupcall = self._new_group(customer_id, order, tuple(order.destinations), (), "linear")
        await self._groupcalls.create(groupcall)
        self._scope.spawn(f"groupcall {groupcall.id}", self._follow_linear(groupcall, order, targets))
        return groupcall

    async def private_room(self, customer_id: CustomerId) -> Conference:
        """Create a room for a call and those that it is connected to."""
        return await self._conferences.create(customer_id, ConferenceSpec(type="connect"))

    async def close_room(self, room: Conference) -> None:
        """Delete a private room; harmless when it has ended."""
        await self._conferences.delete(room.customer_id, room.id)

    async def get_group(self, customer_id: CustomerId, groupcall_id: UUID) -> Groupcall:
        """Return a customer's groupcall; raise GroupcallNotFound."""
        return await self._groupcalls.get(customer_id, groupcall_id)

    async def list_groups(self, customer_id: CustomerId, page: Page) -> list[Groupcall]:
        """Return groupcalls of all states, newest first."""
        return await self._groupcalls.page(customer_id, page)

    async def hang_up_group(self, customer_id: CustomerId, groupcall_id: UUID) -> Groupcall:
        """Hang up all calls of a groupcall; one that is ending is returned unchanged."""
        groupcall = await self.get_group(customer_id, groupcall_id)
        groupcall = await self._groupcalls.mark_hanging_up(groupcall.id)
        await self._hang_up_all(groupcall.call_ids)
        return groupcall

    async def delete_group(self, customer_id: CustomerId, groupcall_id: UUID) -> Groupcall:
        """Hang up all calls of a groupcall and delete it."""
        await self.hang_up_group(customer_id, groupcall_id)
        return await self._groupcalls.mark_deleted(groupcall_id)

    async def _ring(
        self,
        customer_id: CustomerId,
        order: Order,
        destinations: tuple[Address, ...],
        targets: Iterable[Target],
    ) -> tuple[Groupcall, list[DialledCall]]:
        pairs = [(destinations[0], target) for target in targets]
        return await self._ring_all(customer_id, order, destinations, pairs)

    async def _ring_all(
        self,
        customer_id: CustomerId,
        order: Order,
        destinations: tuple[Address, ...],
        targets: list[tuple[Address, Target]],
    ) -> tuple[Groupcall, list[DialledCall]]:
        call_ids = tuple(CallId(new_id()) for _ in targets)
        groupcall = self._new_group(customer_id, order, destinations, call_ids, "ring_all")
        await self._groupcalls.create(groupcall)
        group = _Group()
        live: list[DialledCall] = []
        for call_id, (destination, target) in zip(groupcall.call_ids, targets, strict=True):
            _, dialled = await self._call(
                customer_id,
                order,
                destination,
                target,
                call_id=call_id,
                groupcall_id=groupcall.id,
                group=group,
            )
            live += dialled
        self._scope.spawn(f"groupcall {groupcall.id}", self._follow(groupcall, group, live))
        return groupcall, live

    def _new_group(
        self,
        customer_id: CustomerId,
        order: Order,
        destinations: tuple[Address, ...],
        call_ids: tuple[CallId, ...],
        ring_method: RingMethod,
    ) -> Groupcall:
        return Groupcall(
            id=new_id(),
            customer_id=customer_id,
            status=GroupcallStatus.PROGRESSING,
            source=order.source,
            destinations=destinations,
            flow_id=order.program.flow_id,
            master_call_id=order.master_call_id or NIL,
            call_ids=call_ids,
            ring_method=ring_method,
            tm_create=self._clock.now(),
        )

    async def _all_targets(self, customer_id: CustomerId, order: Order) -> list[tuple[Address, Target]]:
        await self._balances.require(customer_id)
        targets = [
            (destination, target)
            for destination in order.destinations
            for target in await self._destinations.targets(customer_id, destination)
        ]
        if not targets:
            raise NoCallableDestination("none of the destinations can be called")
        return targets

    async def _follow_linear(
        self, groupcall: Groupcall, order: Order, targets: list[tuple[Address, Target]]
    ) -> None:
        """Dial one target after the other until one answers, or the groupcall is hung up."""
        group = _Group()
        for destination, target in targets:
            call_id = CallId(new_id())
            groupcall = await self._groupcalls.add_call(groupcall.id, call_id)
            if call_id not in groupcall.call_ids:
                break
            _, dialled = await self._call(
                groupcall.customer_id,
                order,
                destination,
                target,
                call_id=call_id,
                groupcall_id=groupcall.id,
                group=group,
            )
            for live in dialled:
                if not await self._groupcalls.is_progressing(groupcall.id):  # hung up meanwhile
                    await live.hang_up()
                await asyncio.wait((live.over, group.winner), return_when=asyncio.FIRST_COMPLETED)
            if group.winner.done():
                await self._groupcalls.set_answered(groupcall.id, call_id)
                await asyncio.wait((group.winner.result().over,))
                break
        await self._groupcalls.mark_ended(groupcall.id)

    async def _call(
        self,
        customer_id: CustomerId,
        order: Order,
        destination: Address,
        target: Target,
        *,
        call_id: CallId | None = None,
        groupcall_id: UUID = NIL,
        group: "_Group | None" = None,
    ) -> tuple[Call, list[DialledCall]]:
        """Create and dial one call; if it cannot be dialled it is hung up at once."""
        call = Call(
            id=call_id or CallId(new_id()),
            customer_id=customer_id,
            source=order.source,
            destination=destination,
            direction="outgoing",
            status=CallStatus.DIALING,
            flow_id=order.program.flow_id,
            groupcall_id=groupcall_id,
            master_call_id=order.master_call_id or NIL,
            headers=dict(order.headers),
            tm_create=self._clock.now(),
        )
        await self._ledger.create(call)
        master = self._live_calls.get(CallId(order.master_call_id)) if order.master_call_id else None
        if master:
            await self._ledger.add_chained(master.id, call.id)
        try:
            leg = self._legs.dial(_ordered(target, order), source=order.source, anonymous=order.anonymous)
        except MixMinusError as error:
            log.warning("not dialled", call_id=str(call.id), reason=error.reason)
            await self._ledger.mark_ended(call.id, LegEnded(HangupReason.FAILED, remote=True), {})
            return call, []
        live = DialledCall(call, leg, self._ledger, pin=order.pin, caller=Caller(target.account_id))
        live.max_forwards = order.max_forwards
        wanted = group.claim(live) if group else lambda: True
        self._serve(live, order.program, early=order.early and not group, wanted=wanted)
        if master:
            self._scope.spawn(f"chain {call.id}", _end_with(master, live))
        return call, [live]

    async def _follow(self, groupcall: Groupcall, group: "_Group", live: list[DialledCall]) -> None:
        """Hang up the others when one call answers, and end the groupcall with its last call."""
        over = [call.over for call in live]
        while not group.winner.done() and (unfinished := [each for each in over if not each.done()]):
            futures: list[asyncio.Future[Any]] = [group.winner, *unfinished]
            await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        if group.winner.done():
            winner = group.winner.result()
            await self._groupcalls.set_answered(groupcall.id, winner.id)
            await self._hang_up_all(call.id for call in live if call is not winner)
        if over:
            await asyncio.wait(over)
        await self._groupcalls.mark_ended(groupcall.id)

    async def _hang_up_all(self, call_ids: Iterable[CallId]) -> None:
        for call_id in call_ids:
            if live := self._live_calls.get(call_id):
                await live.hang_up()


class _Group:
    """The call of a groupcall that was answered first."""

    def __init__(self) -> None:
        self.winner: asyncio.Future[DialledCall] = asyncio.get_running_loop().create_future()

    def claim(self, live: DialledCall) -> Callable[[], bool]:
        """Return the function to call when this call is answered.

        The function returns whether the call is the first of the group to be answered.
        """

        def claimed() -> bool:
            if self.winner.done():
                return False
            self.winner.set_result(live)
            return True

        return claimed


def _ordered(target: Target, order: Order) -> Target:
    """Return a target with what the order says of its INVITE; raise TooManyHops if it may take none."""
    if order.max_forwards < 1:
        raise TooManyHops("the call has come by too many others: do they call each other in a loop?")
    return replace(
        target,
        headers=order.headers,
        diversions=order.diversions,
        replaces=order.replaces,
        max_forwards=order.max_forwards,
    )


async def _end_with(master: LiveCall, live: LiveCall) -> None:
    """Hang up a chained call when its master call is over, unless a transfer has moved it."""
    await asyncio.wait((master.gone, live.gone), return_when=asyncio.FIRST_COMPLETED)
    if not live.moved:
        await live.last_successor.hang_up()
