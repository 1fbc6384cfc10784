"""CallService: accepts incoming legs, and the operations on calls (api.md section 5).

transport (sip, webrtc) -> incoming: a Leg (``leg``)
  -> Directory.route    the dialled target: a customer and a Program, or a rejection (``routing``)
  -> CallLedger         the call's row, and its events
  -> LiveCall           the leg and its row, in LiveCalls, until the leg ends (``live``, ``registry``)
  -> CallFlows.run      the program: answer, conference_join, ...; then the call is hung up
A leg that ends by itself stops the flow at its current action.

DialoutService          outgoing calls and groupcalls (``outbound``, ``transports``)
TransferService         gives a call's place in a room to another call
CallAudioService        music on hold, silence and speech for one call
LiveParticipantService  levels and quality of a room's participants
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, Protocol

from mixminus.call.errors import CallDeleted, CallNotFound
from mixminus.call.ledger import CallLedger
from mixminus.call.leg import ANONYMOUS, Address, Caller, Leg, LegEnded
from mixminus.call.live import DialledCall, LiveCall
from mixminus.call.registry import ANY_STATUS, UP, LiveCalls
from mixminus.call.routing import Directory, Program, Refused, Routed
from mixminus.call.silence import Silence
from mixminus.clock import Clock
from mixminus.conference.errors import SeatsTaken
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.mixer import DigitReceived, EngineEvent, MediaResumed, MediaTimeout, PortClosed
from mixminus.model.call import Call, CallStatus, HangupReason, MuteDirection
from mixminus.model.ids import CallId, CustomerId, LegId, new_id
from mixminus.model.signalling import NO_HEADERS, UNSIGNALLED, Signalled
from mixminus.store.database import Store, Transaction, write_nothing
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.tasks import Interrupted, TaskScope
from mixminus.telemetry import NO_TELEMETRY, Kind, Telemetry, current_span
from mixminus.usage.balance import BalanceService

__all__ = ["CallFlows", "CallService"]


class CallFlows(Protocol):
    """Runs the programs of calls: ``flow.runner``."""

    async def begin(self, tx: Transaction, call: Call, program: Program) -> None:
        """Write that the flow of a call begins."""
        ...

    async def run(self, live: LiveCall, program: Program) -> None:
        """Run a flow that has begun, to its end; raise Interrupted when the leg ends.

        What it writes last includes that the call is hung up, or has ended (``LiveCall.write_end``).
        """
        ...


CLOSE_GRACE_S: Final = 5.0
DIAL_TIMEOUT_S: Final = 60.0
_PAYMENT_REQUIRED: Final = 402
_NOT_ACCEPTABLE: Final = 488
_UNAVAILABLE: Final = 503
MAX_DURATION_S: Final = 86_400.0

log = get("call")


class CallService:
    """Serves every live call; implements ``IncomingLegs``."""

    def __init__(  # noqa: PLR0913 -- the wiring names each
        self,
        store: Store,
        clock: Clock,
        *,
        live_calls: LiveCalls,
        flows: CallFlows,
        directory: Directory,
        balances: BalanceService,
        max_duration_s: float = MAX_DURATION_S,
        telemetry: Telemetry = NO_TELEMETRY,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ledger = CallLedger(store, clock)
        self._flows = flows
        self._directory = directory
        self._balances = balances
        self._max_duration_s = max_duration_s
        self._telemetry = telemetry
        self._scope = TaskScope(task_failed("call"))
        self._silence = Silence(clock, self._scope)
        self._serving: set[asyncio.Task[None]] = set()
        self._live_calls = live_calls
        self._digits_dropped = 0

    @property
    def counters(self) -> Mapping[str, int]:
        return {"call.digits_dropped": self._digits_dropped, "call.silent_asked": self._silence.asked}

    async def start(self) -> None:
        """Mark calls left open by the previous run as hung up."""
        lost = LegEnded(HangupReason.FAILED, remote=False)
        for call in await self._ledger.unfinished():
            at = self._balances.meter.last_known(call.tm_create, call.tm_update)
            await self._ledger.mark_ended(call.id, lost, call.action, at=at)

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
        """Accept a leg; it is routed, answered and served in a task."""
        target = destination.target
        self._spawn(
            leg.id,
            "server",
            lambda: self._serve(leg, source, target, caller, pin, signalled),
            received_ms=signalled.received_ms,
        )

    def place(self, live: DialledCall, program: Program, *, early: bool, wanted: Callable[[], bool]) -> None:
        """Serve an outgoing call: its flow runs when it is answered, or at once with ``early``.

        A call that is answered while ``wanted`` returns False is hung up.
        """
        self._live_calls.add(live)
        self._spawn(live.leg_id, "client", lambda: self._serve_dialled(live, program, early, wanted))

    def _spawn(
        self, leg_id: LegId, kind: Kind, serve: Callable[[], Coroutine[Any, Any, None]], received_ms: int = 0
    ) -> None:
        """Start the task of a call, within its span."""

        async def traced() -> None:
            ids = {"mixminus.leg_id": leg_id}
            with self._telemetry.span("call", kind, began_ms=received_ms, attributes=ids):
                await serve()

        task = self._scope.spawn(f"call {leg_id}", traced())
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def on_engine_event(self, event: EngineEvent) -> None:
        """Ask the far end of a call whose media has timed out, unless it is on hold; pass DTMF digits to the flow."""
        live = self._live_calls.by_port(event.port_id)
        if live is None:
            return
        if isinstance(event, MediaTimeout) and live.up.done() and not live.port.on_hold:
            self._silence.begin(live)
        elif isinstance(event, MediaResumed):
            self._silence.end(live)
        elif isinstance(event, DigitReceived):
            self._digits_dropped += not live.digits.press(event.digit)

    async def get(self, customer_id: CustomerId, call_id: CallId) -> Call:
        """Return a customer's call; raise CallNotFound or CallDeleted."""
        async with self._store.snapshot() as tx:
            call = await tx.calls.find(call_id)
        call = owned(call, customer_id, CallNotFound(f"no call {call_id}"))
        if call.tm_delete is not None:
            raise CallDeleted(f"call {call_id} was deleted")
        return self._shown(call)

    async def require(
        self, customer_id: CustomerId, call_id: CallId, states: frozenset[CallStatus] = UP
    ) -> LiveCall:
        """Return a customer's live call.

        Raises CallNotFound, CallDeleted, or CallNotProgressing in other states.
        """
        return self._live_calls.require(await self.get(customer_id, call_id), states)

    async def list(self, customer_id: CustomerId, page: Page) -> list[Call]:
        """Return calls of all states, newest first."""
        async with self._store.snapshot() as tx:
            return [self._shown(call) for call in await tx.calls.page(customer_id, page)]

    async def hang_up(
        self, customer_id: CustomerId, call_id: CallId, headers: Mapping[str, str] = NO_HEADERS
    ) -> Call:
        """Hang up the call; one that is ending is returned unchanged. ``headers`` are sent with the BYE."""
        await self.get(customer_id, call_id)
        if live := self._live_calls.get(call_id):
            await live.hang_up(headers=headers)
        return await self.get(customer_id, call_id)

    async def delete(self, customer_id: CustomerId, call_id: CallId) -> Call:
        """Hang up the call and delete it."""
        await self.hang_up(customer_id, call_id)
        return self._shown(await self._ledger.mark_deleted(call_id))

    async def hold(self, customer_id: CustomerId, call_id: CallId) -> None:
        """Put the call on hold: it is not heard and does not hear; CallNotProgressing unless answered."""
        await (await self.require(customer_id, call_id)).hold()

    async def resume(self, customer_id: CustomerId, call_id: CallId) -> None:
        """Take the call off hold; CallNotProgressing unless answered."""
        await (await self.require(customer_id, call_id)).resume()

    async def set_mute(
        self, customer_id: CustomerId, call_id: CallId, direction: MuteDirection, on: bool
    ) -> Call:
        """Mute or unmute the given directions (IN: it is not heard; OUT: it does not hear)."""
        live = await self.require(customer_id, call_id, ANY_STATUS)
        await live.set_mute(direction, on)
        return live.call

    async def end_all_of(self, customer_id: CustomerId) -> None:
        """Hang up every call of a customer."""
        for live in tuple(self._live_calls.values()):
            if live.call.customer_id == customer_id:
                await live.hang_up(HangupReason.TIMEOUT)

    async def close(self) -> None:
        """Hang up every call and wait until each has left its room.

        Called after the transports are closed.
        """
        for live in tuple(self._live_calls.values()):
            self._scope.spawn(f"hang up {live.id}", live.hang_up())
        if self._serving:
            await asyncio.wait(tuple(self._serving), timeout=CLOSE_GRACE_S)
        await self._scope.close()

    def _shown(self, call: Call) -> Call:
        live = self._live_calls.get(call.id)
        return replace(call, action=live.action) if live else call

    async def _serve(
        self,
        leg: Leg,
        source: Address,
        target: str,
        caller: Caller,
        pin: str | None,
        signalled: Signalled,
    ) -> None:
        try:
            with current_span().child("route"):
                routed = await self._directory.route(source, target, caller, signalled)
            if isinstance(routed, Refused):
                current_span().set("mixminus.refused_with", routed.status_code)
                await leg.reject(routed.status_code)
                return
            if not leg.apply_srtp(routed.terms.srtp):
                log.warning("call refused for its encryption", srtp=routed.terms.srtp)
                await leg.reject(_NOT_ACCEPTABLE)
                return
            if not await self._balances.allows(routed.customer_id):
                log.info("call refused, no credits are left", customer_id=str(routed.customer_id))
                await leg.reject(_PAYMENT_REQUIRED)
                return
            leg.set_media_timeout(routed.terms.media_timeout_s)
            live = await self._open(leg, routed, caller, pin, signalled)
        except Unavailable as error:
            log.warning("call refused, nothing can be stored", cause=str(error))
            await leg.reject(_UNAVAILABLE)
            return
        await self._carry_routed(live, routed)

    async def admit(self, leg: Leg, routed: Routed, *, caller: Caller, pin: str | None) -> LiveCall:
        """Accept a leg whose route is known; it is served in a task."""
        live = await self._open(leg, routed, caller, pin, UNSIGNALLED)
        self._spawn(leg.id, "server", lambda: self._carry_routed(live, routed))
        return live

    async def _open(
        self, leg: Leg, routed: Routed, caller: Caller, pin: str | None, signalled: Signalled
    ) -> LiveCall:
        call = self._new_call(routed, signalled.headers)
        current_span().remember(call.activeflow_id)
        await self._ledger.create(call, lambda tx: self._flows.begin(tx, call, routed.program))
        live = LiveCall(call, leg, self._ledger, pin=pin, caller=caller)
        live.max_forwards = signalled.max_forwards
        self._live_calls.add(live)
        return live

    async def _carry_routed(self, live: LiveCall, routed: Routed) -> None:
        await self._carry(live, self._run(live, routed.program))

    async def _serve_dialled(
        self, live: DialledCall, program: Program, early: bool, wanted: Callable[[], bool]
    ) -> None:
        begun = early

        async def begin(tx: Transaction) -> None:
            nonlocal begun
            if begun := wanted():
                await self._flows.begin(tx, live.call, program)

        async def served() -> None:
            with self._meanwhile(f"dial timeout {live.id}", self._give_up(live)):
                if early:
                    async with self._store.transaction() as tx:
                        await self._flows.begin(tx, live.call, program)
                else:
                    await live.answer()
                if begun:
                    await self._run(live, program)
                else:
                    await live.hang_up()

        self._scope.spawn(f"follow {live.id}", live.follow(write_nothing if early else begin))
        await self._carry(live, served())

    async def _carry(self, live: LiveCall, work: Coroutine[Any, Any, None]) -> None:
        """Run a call's work while its leg is watched, and write the call's end."""
        span = current_span()
        span.remember(live.call.activeflow_id)
        span.set("mixminus.call_id", live.id)
        span.set("mixminus.customer_id", live.call.customer_id)
        try:
            self._scope.spawn(f"leg {live.leg_id}", live.watch())
            with self._meanwhile(f"cap {live.id}", self._end_in_time(live)):
                await work
                await live.finish()
            span.set("mixminus.hangup_reason", str(live.call.hangup_reason))
        finally:
            self._silence.end(live)
            self._live_calls.remove(live)

    @contextmanager
    def _meanwhile(self, name: str, work: Coroutine[Any, Any, None]) -> Iterator[None]:
        task = self._scope.spawn(name, work)
        try:
            yield
        finally:
            task.cancel()

    async def _end_in_time(self, live: LiveCall) -> None:
        await asyncio.shield(live.up)  # cancelling this task must not cancel the future
        await self._clock.sleep(self._max_duration_s)
        await live.hang_up(HangupReason.TIMEOUT)

    async def _give_up(self, live: DialledCall) -> None:
        await self._clock.sleep(DIAL_TIMEOUT_S)
        await live.give_up()

    async def _run(self, live: LiveCall, program: Program) -> None:
        """Run the flow and hang up at its end, also when the flow fails."""
        try:
            await self._flows.run(live, program)
            await live.hang_up()
        except Interrupted:
            pass
        except PortClosed:
            # The leg is ending: its port closes before its end is reported.
            await live.hang_up()
        except SeatsTaken:
            log.warning("call hung up, its room has no seat left at this node", call_id=str(live.id))
            await live.hang_up(HangupReason.FAILED)
        except Exception as exc:
            if not live.over.done():
                log.error("flow failed", call_id=str(live.id), exc_info=exc)
                await live.hang_up(HangupReason.FAILED)

    def _new_call(self, routed: Routed, headers: Mapping[str, str]) -> Call:
        now = self._clock.now()
        return Call(
            id=CallId(new_id()),
            customer_id=routed.customer_id,
            source=routed.source,
            destination=routed.destination,
            flow_id=routed.program.flow_id,
            direction="incoming",
            headers=dict(headers),
            diversions=routed.diversions,
            status=CallStatus.RINGING,
            tm_create=now,
            tm_ringing=now,
        )
