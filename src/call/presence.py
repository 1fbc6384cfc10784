"""Presence: who is in a room at this moment and how loud; read from the engine, never stored."""

from collections.abc import Iterator
from dataclasses import dataclass

from mixminus.call.live import LiveCall
from mixminus.call.registry import LiveCalls
from mixminus.conference.room import Room, Rooms
from mixminus.conference.service import ConferenceService
from mixminus.mixer import PortClosed
from mixminus.model.ids import CallId, ConferencecallId, ConferenceId, CustomerId, LegId

__all__ = ["Presence", "PresenceService"]


@dataclass(frozen=True, slots=True)
class Presence:
    """One participant that is heard, or would be if it spoke."""

    conferencecall_id: ConferencecallId
    call_id: CallId
    leg_id: LegId
    name: str
    level_dbov: int
    """0 is full scale, -127 silence."""
    talking: bool
    muted: bool
    delay_ms: float
    """Audio that waits in the leg's jitter buffer."""
    jitter_ms: float
    loss: float
    """Fraction of the participant's packets that never came, 0 to 1."""
    round_trip_ms: float | None
    """None until RTCP has measured it."""
    mos: float | None
    """How the participant sounds, estimated: 1.0 to 4.5; None until its media is settled."""


class PresenceService:
    """Looks into rooms."""

    def __init__(self, *, conferences: ConferenceService, rooms: Rooms, live_calls: LiveCalls) -> None:
        self._conferences = conferences
        self._rooms = rooms
        self._live_calls = live_calls

    async def present(self, customer_id: CustomerId, conference_id: ConferenceId) -> list[Presence]:
        """Return who has joined, in the order of their coming; nobody is in a room that is over."""
        await self._conferences.get(customer_id, conference_id)
        room = self._rooms.find(conference_id)
        return list(self._in_room(room)) if room else []

    def counts(self) -> dict[str, int]:
        """Return how many there are of what a server is made for."""
        return {"conferences": len(self._rooms), "calls": len(self._live_calls)}

    def _in_room(self, room: Room) -> Iterator[Presence]:
        for seat in room.seats.values():
            call = self._live_calls.get(seat.call_id)
            if seat.joined and call is not None:
                try:
                    yield _presence(seat.id, call)
                except PortClosed:
                    continue  # it hangs up as we look


def _presence(conferencecall_id: ConferencecallId, live: LiveCall) -> Presence:
    statistics = live.port.statistics()
    return Presence(
        conferencecall_id=conferencecall_id,
        call_id=live.id,
        leg_id=live.leg_id,
        name=live.call.source.name or live.call.source.target_name,
        level_dbov=-statistics.level_dbov,
        talking=statistics.talking,
        muted=live.port.muted,
        delay_ms=statistics.delay_ms,
        jitter_ms=statistics.jitter_ms,
        loss=statistics.loss,
        round_trip_ms=statistics.round_trip_ms,
        mos=statistics.mos or None,
    )
