"""DialledLeg: a leg that we have opened, from the INVITE to the end."""

import asyncio
import enum
from collections.abc import Callable
from typing import Final

from mixminus.machine import step
from mixminus.mixer import Port
from mixminus.model.ids import LegId
from mixminus.sip.leg import SipLeg
from mixminus.sip.messages import Message

__all__ = ["DIALLED_TRANSITIONS", "DialledEvent", "DialledLeg", "DialledState"]


class DialledState(enum.StrEnum):
    DIALLING = enum.auto()
    PROCEEDING = enum.auto()
    ANSWERED = enum.auto()
    ENDED = enum.auto()


class DialledEvent(enum.StrEnum):
    RANG = enum.auto()
    ANSWERED = enum.auto()
    END = enum.auto()


DIALLED_TRANSITIONS: Final[dict[DialledState, dict[DialledEvent, DialledState]]] = {
    DialledState.DIALLING: {
        DialledEvent.RANG: DialledState.PROCEEDING,
        DialledEvent.ANSWERED: DialledState.ANSWERED,
        DialledEvent.END: DialledState.ENDED,
    },
    DialledState.PROCEEDING: {
        DialledEvent.ANSWERED: DialledState.ANSWERED,
        DialledEvent.END: DialledState.ENDED,
    },
    DialledState.ANSWERED: {DialledEvent.END: DialledState.ENDED},
    DialledState.ENDED: {},
}


class DialledLeg(SipLeg):
    """Implements ``call.leg.OutgoingLeg``; early media goes to its port as it comes."""

    def __init__(self, leg_id: LegId, port: Port, send: Callable[[Message], None]) -> None:
        super().__init__(leg_id, port, send)
        self._state = DialledState.DIALLING
        self._rang: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @property
    def is_answered(self) -> bool:
        return self._state is DialledState.ANSWERED

    async def ring(self) -> None:
        """Do nothing: it is the other side that rings."""

    async def answer(self) -> None:
        """Do nothing: it is the other side that answers."""

    async def reject(self, status_code: int) -> None:
        """Do nothing: nobody has called us."""

    async def rang(self) -> bool:
        """Wait until it rings; False if it is answered or over before."""
        return await asyncio.shield(self._rang)

    async def answered(self) -> bool:
        """Wait until it is answered; False if it is over before."""
        return await asyncio.shield(self._answered)

    def note_ringing(self) -> None:
        """Note that the far end has sent an 18x."""
        if self._can(DialledEvent.RANG):
            self._fire(DialledEvent.RANG)
            _settle(self._rang, True)

    def note_answered(self) -> None:
        """Note that the far end has sent a 2xx."""
        if not self._can(DialledEvent.ANSWERED):
            return
        self._fire(DialledEvent.ANSWERED)
        if self._media:
            # Silence of the early stage is forgotten: the watch for lost packets begins now.
            self._port.configure(self._media)
        _settle(self._rang, False)
        _settle(self._answered, True)

    def _follows_media(self) -> bool:
        return not self.is_over

    def _end(self) -> None:
        self._fire(DialledEvent.END)
        _settle(self._rang, False)
        _settle(self._answered, False)

    def _can(self, event: DialledEvent) -> bool:
        return event in DIALLED_TRANSITIONS[self._state]

    def _fire(self, event: DialledEvent) -> None:
        self._state = step(DIALLED_TRANSITIONS, self._state, event)


def _settle(future: asyncio.Future[bool], value: bool) -> None:
    if not future.done():
        future.set_result(value)
