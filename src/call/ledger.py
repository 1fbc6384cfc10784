"""CallLedger: every change of a call, its row and its event in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from mixminus.call.errors import CallNotFound, CallNotProgressing
from mixminus.call.leg import LegEnded
from mixminus.call.record import publish_record
from mixminus.clock import Clock
from mixminus.machine import step
from mixminus.model.call import (
    CALL_TRANSITIONS,
    Answered,
    Call,
    CallEvent,
    CallStatus,
    HangupBy,
    HangupReason,
    MuteDirection,
)
from mixminus.model.ids import CallId
from mixminus.store.database import Store, Transaction, Write, write_nothing
from mixminus.store.persistence import until_written
from mixminus.store.published import PublishedRows, later
from mixminus.wire.call import CallView

__all__ = ["ENDING", "CallLedger", "touch_call"]

_UNANSWERED = frozenset({CallStatus.DIALING, CallStatus.RINGING})
ENDING: Final = frozenset({CallStatus.TERMINATING, CallStatus.CANCELING, CallStatus.HANGUP})


_CALLS: Final = PublishedRows(
    lambda tx: tx.calls, CallView.render, lambda call_id: CallNotFound(f"no call {call_id}")
)


class CallLedger:
    """Writes changes of calls; their events belong to the customer's stream.

    ``known`` is the row as the live call has last seen it; it is read again only if it has changed since. Within
    ``tx``, the change is committed with the others of that transaction.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, call: Call, along: Write = write_nothing) -> None:
        """Insert a call; ``along`` is written in the same transaction."""
        dialling = ("call_dialing",) if call.status is CallStatus.DIALING else ()
        async with self._store.transaction() as tx:
            await _CALLS.add(tx, call, "call_created", *dialling)
            await along(tx)

    async def mark_ringing(self, call_id: CallId) -> Call:
        """Mark the call as ringing at the far end; IllegalTransition if it is beyond that."""

        def change(call: Call, now: datetime) -> Call:
            status = step(CALL_TRANSITIONS, call.status, CallEvent.RANG)
            return replace(call, status=status, tm_ringing=now)

        return await self._change(call_id, change)

    async def add_chained(self, master_id: CallId, call_id: CallId) -> Call:
        """Add a call that ends when its master ends."""

        def change(call: Call, now: datetime) -> Call:
            return replace(call, chained_call_ids=(*call.chained_call_ids, call_id))

        return await self._change(master_id, change)

    async def mark_answered(
        self,
        call_id: CallId,
        action: dict[str, Any],
        known: Call | None = None,
        then: Write = write_nothing,
        tx: Transaction | None = None,
    ) -> Call:
        """Mark the call as progressing, with its flow's action; no change if it is, IllegalTransition if it is ending.

        ``then`` is written after it, in the same transaction.
        """

        def change(call: Call, now: datetime) -> Call:
            if call.status is CallStatus.PROGRESSING:
                return call
            status = step(CALL_TRANSITIONS, call.status, CallEvent.ANSWERED)
            return replace(call, status=status, action=action, tm_progressing=now)

        async with self._store.within(tx) as current:
            answered = await self._change(call_id, change, known=known, tx=current)
            await then(current)
        return answered

    async def set_action(self, call_id: CallId, action: dict[str, Any], known: Call | None = None) -> Call:
        """Set the action of a call that left a room (api.md section 4.3); no change if it is ending."""

        def change(call: Call, now: datetime) -> Call:
            return call if call.status in ENDING else replace(call, action=action, tm_update=now)

        return await self._change(call_id, change, known=known)

    async def mark_hanging_up(
        self, call_id: CallId, known: Call | None = None, tx: Transaction | None = None
    ) -> Call:
        """Mark the call as terminating, or canceling if unanswered; no change if it is ending."""

        def change(call: Call, now: datetime) -> Call:
            if call.status in ENDING:
                return call
            unanswered = call.direction == "outgoing" and call.status in _UNANSWERED
            event = CallEvent.CANCEL if unanswered else CallEvent.HANG_UP
            return replace(call, status=step(CALL_TRANSITIONS, call.status, event))

        return await self._change(call_id, change, known=known, tx=tx)

    async def mark_ended(
        self,
        call_id: CallId,
        ended: LegEnded,
        action: dict[str, Any],
        known: Call | None = None,
        tx: Transaction | None = None,
        at: datetime | None = None,
    ) -> Call:
        """Mark the call as hung up, with cause and last action, and publish its record; no change if it is hung up.

        A far end that does not answer in time counts as remote: local are only calls that
        went through terminating or canceling (api.md section 5.1). ``at`` is when it ended, now without it.
        """

        def change(call: Call, now: datetime) -> Call:
            if call.status is CallStatus.HANGUP:
                return call
            local = call.status in ENDING or not (ended.remote or ended.reason is HangupReason.DIALOUT)
            reason = ended.reason or HangupReason.NORMAL
            if call.status is CallStatus.CANCELING:
                reason = HangupReason.CANCEL
            return replace(
                call,
                status=step(CALL_TRANSITIONS, call.status, CallEvent.ENDED),
                action=action,
                hangup_by=HangupBy.LOCAL if local else HangupBy.REMOTE,
                hangup_reason=reason,
                tm_hangup=at or now,
            )

        async with self._store.within(tx) as current:
            before, call = await _CALLS.update(
                current, self._clock, call_id, change, _event_type, known=known
            )
            if before.status is not CallStatus.HANGUP:
                publish_record(current, call, ended)
        return call

    async def write_ended(
        self, call_id: CallId, ended: LegEnded, action: dict[str, Any], known: Call | None = None
    ) -> Call:
        """Mark the call as hung up, tried until the database takes it."""
        return await until_written(self._clock, lambda: self.mark_ended(call_id, ended, action, known))

    async def set_muted(self, call_id: CallId, direction: MuteDirection, on: bool) -> Call:
        """Set or clear bits of the mute; CallNotProgressing unless the call is progressing."""

        def change(call: Call, now: datetime) -> Call:
            if call.status is not CallStatus.PROGRESSING:
                raise CallNotProgressing(f"call {call_id} is {call.status}")
            return replace(call, mute=call.mute | direction if on else call.mute & ~direction)

        return await self._change(call_id, change)

    async def set_answered_by(
        self, call_id: CallId, found: Answered, known: Call | None = None, tx: Transaction | None = None
    ) -> Call:
        """Set what answering machine detection has heard; no change if the call is hung up."""

        def change(call: Call, now: datetime) -> Call:
            if call.status is CallStatus.HANGUP:
                return call
            return replace(
                call, answered_by=found.by, answered_by_ms=found.at_ms, greeting_ms=found.greeting_ms
            )

        return await self._change(call_id, change, known=known, tx=tx)

    async def mark_deleted(self, call_id: CallId) -> Call:
        """Mark the call as deleted: it is no longer listed."""

        def change(call: Call, now: datetime) -> Call:
            return replace(call, tm_delete=now)

        return await self._change(call_id, change, "call_deleted")

    async def unfinished(self) -> list[Call]:
        """Return the calls that are not hung up."""
        async with self._store.snapshot() as tx:
            return await tx.calls.unfinished()

    async def _change(
        self,
        call_id: CallId,
        change: Callable[[Call, datetime], Call],
        event_type: str | None = None,
        known: Call | None = None,
        tx: Transaction | None = None,
    ) -> Call:
        async with self._store.within(tx) as current:
            _, call = await _CALLS.update(
                current, self._clock, call_id, change, event_type or _event_type, known=known
            )
        return call


def _event_type(before: Call, after: Call) -> str:
    return "call_updated" if before.status is after.status else f"call_{after.status}"


async def touch_call(tx: Transaction, clock: Clock, call_id: UUID) -> None:
    """Publish that the call's recordings have changed; a call that does not exist is ignored."""
    call = await tx.calls.find_for_update(CallId(call_id))
    if call is not None:
        await _CALLS.save(tx, replace(call, tm_update=later(clock.now(), call)), "call_updated")
