"""Mover: takes a seat in another room, wherever that is at home, for a call here whose room moves it (ADR 35)."""

from uuid import UUID

from mixminus.call.live import LiveCall, Place
from mixminus.call.registry import LiveCalls
from mixminus.cluster.leg_messages import MoveTo
from mixminus.conference.participants import Entry
from mixminus.conference.room import Seat
from mixminus.errors import MixMinusError
from mixminus.log import get, task_failed
from mixminus.model.conference import Role
from mixminus.model.ids import NIL, ConferenceId
from mixminus.satellite.seating import Seating
from mixminus.tasks import TaskScope

__all__ = ["Mover"]

log = get("cluster")


class Mover:
    """The call's flow takes the seat when it has left its room."""

    def __init__(self, seating: Seating, live_calls: LiveCalls) -> None:
        self._seating = seating
        self._live_calls = live_calls
        self._scope = TaskScope(task_failed("cluster"))

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def take(self, seat: Seat, asked: MoveTo) -> UUID:
        """Return the seat in the other room; nil if that gives none, or the call ends."""
        live = self._live_calls.get(seat.call_id)
        if live is None or live.over.done() or live.next_place:
            return NIL
        try:
            taken = await self._seating.admit(
                ConferenceId(asked.target),
                live.id,
                live.port,
                Role(asked.role),
                seat.activeflow_id,
                Entry(asked.muted),
            )
        except MixMinusError as error:
            log.info("not moved", conferencecall_id=str(seat.id), reason=error.reason)
            return NIL
        if taken is None:
            return NIL
        place = Place(taken.conference.id, taken.role, taken)
        live.move_to(place)
        # A call that ends on its way does not take the seat.
        live.over.add_done_callback(lambda _: self._scope.spawn("release seat", self._release(live, place)))
        return taken.id

    async def _release(self, live: LiveCall, place: Place) -> None:
        if live.next_place is place and place.seat:
            live.take_next_place()
            await self._seating.leave(place.seat)
