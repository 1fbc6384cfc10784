"""LiveParticipantService: the participants in a room now, and their levels, read from the engine."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from mixminus.call.leg import Transport
from mixminus.call.registry import LiveCalls
from mixminus.cluster.remote_port import RemotePort
from mixminus.conference.room import Room, Rooms
from mixminus.conference.service import ConferenceService
from mixminus.mixer import BridgePort, Codec, PortClosed
from mixminus.model.ids import CallId, ConferencecallId, ConferenceId, CustomerId, LegId

__all__ = ["LiveParticipant", "LiveParticipantService", "ShownCall", "joined_calls", "live_participant"]


@dataclass(frozen=True, slots=True)
class LiveParticipant:
    """A joined participant, and the quality of its audio at this moment."""

    conferencecall_id: ConferencecallId
    call_id: CallId
    leg_id: LegId
    name: str
    transport: Transport
    codec: Codec | None
    """None before media is negotiated, and for a ``local`` participant."""
    level_dbov: int
    """0 is full scale, -127 silence."""
    talking: bool
    muted: bool
    delay_ms: float
    """Audio in the leg's jitter buffer."""
    jitter_ms: float
    loss: float
    """Fraction of the participant's packets that were lost, 0 to 1."""
    round_trip_ms: float | None
    """None until RTCP has measured it."""
    mos: float | None
    """Estimated quality of what the participant sends, 1.0 to 4.5; None before its media has a source."""
    dominant: bool = False
    """Whether it is the dominant speaker of its room."""


class LiveParticipantService:
    """Reads rooms and ports."""

    def __init__(self, *, conferences: ConferenceService, rooms: Rooms, live_calls: LiveCalls) -> None:
        self._conferences = conferences
        self._rooms = rooms
        self._live_calls = live_calls

    async def list(self, customer_id: CustomerId, conference_id: ConferenceId) -> list[LiveParticipant]:
        """Return the joined participants, in the order of their joining; none for an ended conference."""
        await self._conferences.check(customer_id, conference_id)
        room = self._rooms.find(conference_id)
        return [*self._in_room(room)] if room else []

    def counts(self) -> dict[str, int]:
        """Return the number of rooms and of live calls."""
        return {"conferences": len(self._rooms), "calls": len(self._live_calls)}

    def _in_room(self, room: Room) -> Iterator[LiveParticipant]:
        for id_, live in joined_calls(room, self._live_calls):
            try:
                is_dominant = room.dominant is not None and room.dominant.id == id_
                yield replace(live_participant(id_, live), dominant=is_dominant)
            except PortClosed:
                continue  # the call is ending


class ShownCall(Protocol):
    """A participant's call, here (``LiveCall``) or at another node."""

    @property
    def id(self) -> CallId: ...
    @property
    def leg_id(self) -> LegId: ...
    @property
    def shown_name(self) -> str: ...
    @property
    def transport(self) -> Transport: ...
    @property
    def port(self) -> BridgePort: ...


@dataclass(frozen=True, slots=True)
class _FarCall:
    """A participant's call at another node."""

    id: CallId
    leg_id: LegId
    shown_name: str
    transport: Transport
    port: RemotePort


def joined_calls(room: Room, live_calls: LiveCalls) -> Iterator[tuple[ConferencecallId, ShownCall]]:
    """Return the joined participants of a room and their calls, in the order of their joining."""
    for seat in room.seats.values():
        if not seat.joined:
            continue
        if live := live_calls.get(seat.call_id):
            yield seat.id, live
        elif isinstance(seat.port, RemotePort):
            yield seat.id, _far_call(seat.port)


def _far_call(port: RemotePort) -> ShownCall:
    leg = port.leg
    return _FarCall(CallId(leg.call_id), LegId(leg.leg_id), leg.shown_name, leg.transport, port)


def live_participant(conferencecall_id: ConferencecallId, live: ShownCall) -> LiveParticipant:
    """Return a participant as it is now; raise PortClosed if its call is ending."""
    statistics = live.port.statistics()
    return LiveParticipant(
        conferencecall_id=conferencecall_id,
        call_id=live.id,
        leg_id=live.leg_id,
        name=live.shown_name,
        transport=live.transport,
        codec=live.port.codec,
        level_dbov=-statistics.level_dbov,
        talking=statistics.talking,
        muted=live.port.muted,
        delay_ms=statistics.delay_ms,
        jitter_ms=statistics.jitter_ms,
        loss=statistics.loss,
        round_trip_ms=statistics.round_trip_ms,
        mos=statistics.mos or None,
    )
