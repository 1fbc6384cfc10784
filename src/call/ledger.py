"""CallLedger: every change of a call, its row and its event in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from mixminus.call.errors import CallNotFound, CallNotProgressing
from mixminus.call.leg import LegEnded
from mixminus.clock import Clock
from mixminus.machine import step
from mixminus.model.call import (
    CALL_TRANSITIONS,
    Call,
    CallEvent,
    CallStatus,
    HangupBy,
    HangupReason,
    MuteDirection,
)
from mixminus.model.ids import CallId
from mixminus.store.database import Store, Transaction
from mixminus.wire.call import CallView

__all__ = ["CallLedger", "publish_call_change"]

_UNANSWERED = frozenset({CallStatus.DIALING, CallStatus.RINGING})
_ENDING = frozenset({CallStatus.TERMINATING, CallStatus.CANCELING, CallStatus.HANGUP})


class CallLedger:
    """Writes what happens to calls; events of calls go to their customer's stream."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, call: Call) -> None:
        async with self._store.transaction() as tx:
            await tx.calls.add(call)
            await _publish(tx, "call_created", call)
            if call.status is CallStatus.DIALING:
                await _publish(tx, "call_dialing", call)

    async def rang(self, call_id: CallId) -> Call:
        """Note that the far end rings; IllegalTransition if the call is beyond that."""

        def change(call: Call, now: datetime) -> Call:
            status = step(CALL_TRANSITIONS, call.status, CallEvent.RANG)
            return replace(call, status=status, tm_ringing=now)

        return await self._change(call_id, change)

    async def chained(self, master_id: CallId, call_id: CallId) -> Call:
        """Note that a call ends with its master."""

        def change(call: Call, now: datetime) -> Call:
            return replace(call, chained_call_ids=(*call.chained_call_ids, call_id))

        return await self._change(master_id, change)

    async def answered(self, call_id: CallId, action: dict[str, Any]) -> Call:
        """Note that the call is up, and what its flow does; IllegalTransition if it is ending."""

        def change(call: Call, now: datetime) -> Call:
            status = step(CALL_TRANSITIONS, call.status, CallEvent.ANSWERED)
            return replace(call, status=status, action=action, tm_progressing=now)

        return await self._change(call_id, change)

    async def went_on(self, call_id: CallId, action: dict[str, Any]) -> Call:
        """Tell that a call has left a room and goes on (api.md section 4.3); one that is ending stays as it is."""

        def change(call: Call, now: datetime) -> Call:
            return call if call.status in _ENDING else replace(call, action=action, tm_update=now)

        return await self._change(call_id, change)

    async def hanging_up(self, call_id: CallId) -> Call:
        """Note that we end the call, or take it back; one that is ending stays as it is."""

        def change(call: Call, now: datetime) -> Call:
            if call.status in _ENDING:
                return call
            waits = call.direction == "outgoing" and call.status in _UNANSWERED
            event = CallEvent.CANCEL if waits else CallEvent.HANG_UP
            return replace(call, status=step(CALL_TRANSITIONS, call.status, event))

        return await self._change(call_id, change)

    async def ended(self, call_id: CallId, ended: LegEnded, action: dict[str, Any]) -> Call:
        """Note the end, who caused it and during what; a call that has ended stays as it is.

        Whoever does not pick up in time has ended the call itself: local is only what went
        by way of terminating or canceling (api.md section 5.1).
        """

        def change(call: Call, now: datetime) -> Call:
            if call.status is CallStatus.HANGUP:
                return call
            local = call.status in _ENDING or not (ended.remote or ended.reason is HangupReason.DIALOUT)
            reason = ended.reason or HangupReason.NORMAL
            if call.status is CallStatus.CANCELING:
                reason = HangupReason.CANCEL
            return replace(
                call,
                status=step(CALL_TRANSITIONS, call.status, CallEvent.ENDED),
                action=action,
                hangup_by=HangupBy.LOCAL if local else HangupBy.REMOTE,
                hangup_reason=reason,
                tm_hangup=now,
            )

        return await self._change(call_id, change)

    async def muted(self, call_id: CallId, direction: MuteDirection, on: bool) -> Call:
        """Set or clear bits of the mute; CallNotProgressing unless the call is up."""

        def change(call: Call, now: datetime) -> Call:
            if call.status is not CallStatus.PROGRESSING:
                raise CallNotProgressing(f"call {call_id} is {call.status}")
            return replace(call, mute=call.mute | direction if on else call.mute & ~direction)

        return await self._change(call_id, change)

    async def deleted(self, call_id: CallId) -> Call:
        """Note that the call is out of the lists."""
        async with self._store.transaction() as tx:
            call = await tx.calls.hold(call_id)
            if call is None:
                raise CallNotFound(f"no call {call_id}")
            now = self._clock.now()
            call = replace(call, tm_update=now, tm_delete=now)
            await tx.calls.save(call)
            await _publish(tx, "call_deleted", call)
            return call

    async def unfinished(self) -> list[Call]:
        """Return the calls that are not hung up."""
        async with self._store.snapshot() as tx:
            return await tx.calls.unfinished()

    async def _change(self, call_id: CallId, change: Callable[[Call, datetime], Call]) -> Call:
        async with self._store.transaction() as tx:
            before = await tx.calls.hold(call_id)
            if before is None:
                raise CallNotFound(f"no call {call_id}")
            now = self._clock.now()
            after = change(before, now)
            if after == before:
                return before
            after = replace(after, tm_update=now)
            await tx.calls.save(after)
            changed = before.status is not after.status
            await _publish(tx, f"call_{after.status}" if changed else "call_updated", after)
            return after


async def publish_call_change(tx: Transaction, call_id: CallId, now: datetime) -> None:
    """Tell that what records a call has changed."""
    call = await tx.calls.hold(call_id)
    if call is not None:
        call = replace(call, tm_update=now)
        await tx.calls.save(call)
        await _publish(tx, "call_updated", call)


async def _publish(tx: Transaction, type_: str, call: Call) -> None:
    await tx.outbox.add(
        call.customer_id,
        type_,
        customer_id=call.customer_id,
        data=CallView.render(call, tx.timestamp_style),
        tm=call.tm_update or call.tm_create,
    )
