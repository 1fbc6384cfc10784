"""PhoneChat: chat messages of rooms on the displays of phones, and what phones write in the rooms (RFC 3428)."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from mixminus.call.live import LiveCall
from mixminus.call.registry import LiveCalls
from mixminus.cluster.remote_port import RemotePort
from mixminus.conference.chat import ChatService
from mixminus.conference.room import Rooms, Seat
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.chat import ChatMessage
from mixminus.model.ids import NIL, ConferencecallId, LegId
from mixminus.tasks import TaskScope

__all__ = ["PhoneChat", "no_other_node"]

_MAX_WAITING: Final = 256
"""Texts of phones, over all rooms; each takes a database commit."""

log = get("chat")


class PhoneChat:
    """Sends each message to the phones that it is for, and makes messages of what they write.

    Implements ``call.leg.Texts``.
    """

    def __init__(
        self,
        *,
        chat: ChatService,
        rooms: Rooms,
        live_calls: LiveCalls,
        write_elsewhere: Callable[[LiveCall, str], bool],
    ) -> None:
        """``write_elsewhere`` writes a text in a room of another node; it returns False for a call in none."""
        self._chat = chat
        self._rooms = rooms
        self._live_calls = live_calls
        self._write_elsewhere = write_elsewhere
        self._lock = asyncio.Lock()
        self._scope = TaskScope(task_failed("chat"))
        self.counters: Counter[str] = Counter({"chat.received": 0, "chat.refused": 0, "chat.dropped": 0})
        chat.watch(self._show)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    def on_text(self, leg_id: LegId, text: str) -> None:
        """Write a text in the room that the phone is in; without a room it is refused and counted."""
        live = self._live_calls.by_leg(leg_id)
        seat = self._rooms.seat_of(live.port.id) if live else None
        if live and seat:
            self.write(seat, text, live.shown_name)
        elif live is None or not self._write_elsewhere(live, text):
            self.counters["chat.refused"] += 1

    def write(self, seat: Seat, text: str, name: str) -> None:
        """Write a text of a participant's phone, which calls itself ``name``; it is dropped and counted if too many wait."""
        if len(self._scope) >= _MAX_WAITING:
            self.counters["chat.dropped"] += 1
        else:
            self._scope.spawn(f"text {seat.id}", self._send(seat, text, name))

    async def _send(self, seat: Seat, text: str, name: str) -> None:
        async with self._lock:  # in the order of their arrival
            try:
                await self._chat.send(
                    seat.conference.customer_id,
                    seat.conference.id,
                    text,
                    sender_id=seat.id,
                    recipient_id=ConferencecallId(NIL),
                    sender_name="" if seat.row and seat.row.label else name,
                )
                self.counters["chat.received"] += 1
            except MixMinusError as error:  # the participant has left, or the database is unavailable
                self.counters["chat.refused"] += 1
                log.info("text refused", conferencecall_id=str(seat.id), reason=error.reason)

    def _show(self, message: ChatMessage) -> None:
        """Send a message to the phones of those it is for, but not back to its sender."""
        room = self._rooms.find(message.conference_id)
        if room is None:
            return
        seats = room.seats.values() if message.recipient_id == NIL else [room.seats.get(message.recipient_id)]
        text = _shown(message)
        for seat in seats:
            if seat is None or seat.id == message.sender_id:
                continue
            if isinstance(seat.port, RemotePort):
                seat.port.show(text)
            elif live := self._live_calls.get(seat.call_id):
                live.send_text(text)


def _shown(message: ChatMessage) -> str:
    """Return the text for a phone, which shows the room as its sender."""
    private = ", to you" if message.recipient_id != NIL else ""
    return f"{message.sender_name}{private}: {message.text}" if message.sender_name else message.text


def no_other_node(_call: LiveCall, _text: str) -> bool:
    """Return False: a server that is alone has all rooms."""
    return False
