"""EarlyMediaService: what called parties send before they answer, passed to the call that waits for them (RFC 3960).

Of several called parties the first that sends is heard, until it answers or ends; then the next one. Nothing is passed
to them before the answer: the caller is not heard on a call that is not answered.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from mixminus.call.live import DialledCall, LiveCall
from mixminus.conference.room import Room, Rooms
from mixminus.conference.room_sounds import Looped
from mixminus.log import get, task_failed
from mixminus.mixer import PortClosed
from mixminus.model.ids import ConferenceId
from mixminus.tasks import TaskScope

__all__ = ["EarlyMediaService"]

_EARLY: Final = "early"
log = get("call.early_media")


class EarlyMediaService:
    """Joins the port of a called party to the caller's room before its seat is connected."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._scope = TaskScope(task_failed("call.early_media"))

    async def close(self) -> None:
        """Stop passing on; called after the calls have ended. Closing twice is harmless."""
        await self._scope.close()

    def ringing(self, live: LiveCall) -> Looped:
        """Play the ringing tone to a call until the sound is closed."""
        return self._rooms.sounds.play_ringback(live.port)

    @contextmanager
    def passed(
        self, caller: LiveCall, called: Sequence[DialledCall], conference_id: ConferenceId
    ) -> Iterator[None]:
        """Pass early media to the caller, which is in this room for two, while the block runs."""
        order = asyncio.Lock()  # its waiters get it first come, first served
        tasks = [
            self._scope.spawn(f"early media {live.id}", self._pass(caller, live, conference_id, order))
            for live in called
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    async def _pass(
        self, caller: LiveCall, live: DialledCall, conference_id: ConferenceId, order: asyncio.Lock
    ) -> None:
        if not await live.early_media():
            return
        async with order:
            room = self._rooms.find(conference_id)
            if room and not room.company.is_set():
                await _pass_one(caller, live, room)


async def _pass_one(caller: LiveCall, live: DialledCall, room: Room) -> None:
    """Let the caller hear a called party until it answers or ends."""
    try:
        await caller.open_early_media()
        if live.up.done() or live.over.done():
            return
        live.port.set_deafened(True, by=_EARLY)
        live.port.join(room.bridge)
        room.set_early_media(True)
        # A callback, not a task: the called party must hear at once when it has answered.
        live.up.add_done_callback(_undeafens(live))
        await asyncio.wait((live.up, live.over), return_when=asyncio.FIRST_COMPLETED)
    except PortClosed:
        return
    finally:
        if not live.up.done():  # else it is about to join
            room.set_early_media(False)


def _undeafens(live: DialledCall) -> Callable[[asyncio.Future[Any]], None]:
    def undeafen(_: asyncio.Future[Any]) -> None:
        if not live.port.closed:
            live.port.set_deafened(False, by=_EARLY)

    return undeafen
