"""StreamService: media streams of rooms and calls, over WebSocket (api.md section 9).

    program <-> Socket <-> Carrier <-> MediaStream (frames) <-> Dialect <-> RoomAudio | ParticipantAudio | CallAudio <-> engine

A client opens the WebSocket (``api/media_streams``), or the server does (``agents``). ExternalMediaService
(``external``) sends a call's audio as RTP instead; a flow action starts it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Final
from uuid import UUID

from mixminus.call.errors import CallNotProgressing
from mixminus.call.live import LiveCall
from mixminus.call.service import CallService
from mixminus.clock import Clock
from mixminus.cluster.remote_port import AtAnotherNode, RemotePort
from mixminus.conference.errors import ConferencecallGone, ConferencecallNotFound
from mixminus.conference.room import Room, Rooms
from mixminus.conference.service import ConferenceService
from mixminus.errors import InvalidArgument
from mixminus.mixer import BridgePort, Engine, PortClosed
from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId, CustomerId
from mixminus.model.media_stream import CallListen, RoomListen
from mixminus.streams.audio import Audio, CallAudio, ParticipantAudio, RoomAudio
from mixminus.streams.carrier import Carrier, Closed, Socket
from mixminus.streams.dialect import Dialect
from mixminus.streams.errors import TooManyStreams
from mixminus.streams.speech import Budget
from mixminus.streams.stream import MediaStream

__all__ = ["MAX_STREAMS", "StreamService"]

MAX_STREAMS: Final = 5
"""Per room or call (api.md section 15)."""


class StreamService:
    """Opens, carries and counts media streams; another customer's id is a 404."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        rooms: Rooms,
        conferences: ConferenceService,
        calls: Callable[[], CallService],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._rooms = rooms
        self._conferences = conferences
        self._calls = calls
        self._budget = Budget()
        self._streams: defaultdict[UUID, set[MediaStream]] = defaultdict(set)
        self.counters: Counter[str] = Counter(
            {
                "streams.opened": 0,
                "streams.frames_dropped": 0,
                "streams.messages_malformed": 0,
                "streams.samples_heard": 0,
                "streams.held_back": 0,
                "streams.slow": 0,
                "streams.texts_ignored": 0,
                "streams.marks_dropped": 0,
                "streams.digits_dropped": 0,
                "streams.connections": 0,
                "streams.connections_lost": 0,
                "streams.connections_refused": 0,
            }
        )

    async def check_conference(self, customer_id: CustomerId, conference_id: ConferenceId) -> None:
        """Raise ConferenceNotFound unless the customer has the conference."""
        await self._conferences.check(customer_id, conference_id)

    async def check_call(self, customer_id: CustomerId, call_id: CallId) -> None:
        """Raise CallNotFound unless the customer has the call."""
        await self._calls().get(customer_id, call_id)

    async def live_call(self, customer_id: CustomerId, call_id: CallId) -> LiveCall:
        """Return a call that is up; raises CallNotFound, CallNotProgressing."""
        return await self._calls().require(customer_id, call_id)

    async def of_conference(
        self,
        customer_id: CustomerId,
        conference_id: ConferenceId,
        sample_rate_hz: int,
        dialect: Dialect,
        *,
        listen: RoomListen = RoomListen.MIX,
        conferencecall_id: ConferencecallId | None = None,
    ) -> MediaStream:
        """Open a stream that all of a room hear; the caller of this method releases it.

        Raises ConferenceNotProgressing, TooManyStreams; for a participant InvalidArgument if none is named,
        ConferencecallNotFound, ConferencecallGone.
        """
        async with self._rooms.lock(conference_id):
            room = await self._conferences.room(customer_id, conference_id)
            self._check_place(conference_id)
            audio = self._room_audio(room, sample_rate_hz, listen, conferencecall_id)
            return self._open(conference_id, audio, dialect)

    def of_call(
        self, live: LiveCall, sample_rate_hz: int, dialect: Dialect, *, listen: CallListen = CallListen.IN
    ) -> MediaStream:
        """Open a stream that plays to one call only; the caller of this method releases it.

        Raises CallNotProgressing, TooManyStreams.
        """
        self._check_place(live.id)
        try:
            audio = CallAudio(self._engine, live.port, sample_rate_hz, listen=listen)
        except PortClosed as exc:
            raise CallNotProgressing(f"call {live.id} is ending") from exc
        return self._open(live.id, audio, dialect)

    async def carry(self, socket: Socket, stream: MediaStream) -> Closed:
        """Carry a stream over a connection until one of them ends."""
        return await Carrier(socket, stream, self._clock, self.counters).run()

    def release(self, stream: MediaStream) -> None:
        """Close a stream; closing twice is harmless."""
        stream.close()
        for of, streams in tuple(self._streams.items()):
            streams.discard(stream)
            if not streams:
                del self._streams[of]

    def end_all(self) -> None:
        """End all streams: the server is stopping."""
        for streams in self._streams.values():
            for stream in streams:
                stream.end()

    def _room_audio(
        self, room: Room, sample_rate_hz: int, listen: RoomListen, conferencecall_id: ConferencecallId | None
    ) -> Audio:
        if listen is RoomListen.MIX:
            return RoomAudio(self._engine, room.bridge, sample_rate_hz)
        if conferencecall_id is None or conferencecall_id == NIL:
            raise InvalidArgument(f"conferencecall_id: is required to listen to {listen}")
        port = _port_in(room, conferencecall_id)
        if listen is RoomListen.PARTICIPANT:
            return ParticipantAudio(self._engine, room.bridge, port, sample_rate_hz)
        return RoomAudio(self._engine, room.bridge, sample_rate_hz, minus=port)

    def _check_place(self, of: UUID) -> None:
        if len(self._streams.get(of, ())) >= MAX_STREAMS:
            raise TooManyStreams(f"there are {MAX_STREAMS} media streams, the maximum")

    def _open(self, of: UUID, audio: Audio, dialect: Dialect) -> MediaStream:
        stream = MediaStream(audio, dialect, self.counters, self._budget)
        self._streams[of].add(stream)
        self.counters["streams.opened"] += 1
        return stream


def _port_in(room: Room, conferencecall_id: ConferencecallId) -> BridgePort:
    """Return the port of a participant that is in the room."""
    seat = room.seats.get(conferencecall_id)
    if seat is None:
        raise ConferencecallNotFound(f"no participant {conferencecall_id} in the room")
    if seat.port.closed or seat.port.bridge is not room.bridge:
        raise ConferencecallGone(
            "the participant is not heard in the room: it is joining, in the lobby, or leaving"
        )
    if isinstance(seat.port, RemotePort):
        raise AtAnotherNode(
            "the participant's call is at another node than its room: stream the call, or the room"
        )
    return seat.port
