"""StreamService: media streams of rooms and calls, over WebSocket (api.md section 9).

    client <-> api/media_socket <-> MediaStream (frames) <-> Framing <-> RoomAudio | CallAudio <-> engine

ExternalMediaService (``external``) sends a call's audio as RTP instead; a flow action starts it.
"""

from collections import Counter, defaultdict
from typing import Final
from uuid import UUID

from mixminus.call.errors import CallNotProgressing
from mixminus.call.service import CallService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.errors import Exhausted
from mixminus.mixer import Engine, PortClosed
from mixminus.model.ids import CallId, ConferenceId, CustomerId
from mixminus.streams.framing import Encapsulation
from mixminus.streams.speech import Budget
from mixminus.streams.stream import Audio, CallAudio, MediaStream, RoomAudio

__all__ = ["MAX_STREAMS", "StreamService", "TooManyStreams"]

MAX_STREAMS: Final = 5
"""Per room or call (api.md section 15)."""


class TooManyStreams(Exhausted):
    """A room or call has the maximum number of streams."""


class StreamService:
    """Opens and counts media streams; another customer's id is a 404."""

    def __init__(
        self,
        engine: Engine,
        *,
        rooms: Rooms,
        conferences: ConferenceService,
        calls: CallService,
    ) -> None:
        self._engine = engine
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
                "streams.slow": 0,
                "streams.texts_ignored": 0,
                "streams.marks_dropped": 0,
            }
        )

    async def check_conference(self, customer_id: CustomerId, conference_id: ConferenceId) -> None:
        """Raise ConferenceNotFound unless the customer has the conference."""
        await self._conferences.get(customer_id, conference_id)

    async def check_call(self, customer_id: CustomerId, call_id: CallId) -> None:
        """Raise CallNotFound unless the customer has the call."""
        await self._calls.get(customer_id, call_id)

    async def of_conference(
        self, customer_id: CustomerId, conference_id: ConferenceId, encapsulation: Encapsulation
    ) -> MediaStream:
        """Open a stream as one more participant of a room; the caller of this method releases it."""
        async with self._rooms.lock(conference_id):
            room = self._rooms.require(await self._conferences.get(customer_id, conference_id))
            self._check_place(conference_id)
            return self._open(conference_id, RoomAudio(self._engine, room.bridge), encapsulation)

    async def of_call(
        self, customer_id: CustomerId, call_id: CallId, encapsulation: Encapsulation
    ) -> MediaStream:
        """Open a stream that hears what a call says and plays to that call only; the caller releases it."""
        live = await self._calls.require(customer_id, call_id)
        self._check_place(call_id)
        try:
            audio = CallAudio(self._engine, live.port)
        except PortClosed as exc:
            raise CallNotProgressing(f"call {call_id} is ending") from exc
        return self._open(call_id, audio, encapsulation)

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

    def _check_place(self, of: UUID) -> None:
        if len(self._streams.get(of, ())) >= MAX_STREAMS:
            raise TooManyStreams(f"there are {MAX_STREAMS} media streams, the maximum")

    def _open(self, of: UUID, audio: Audio, encapsulation: Encapsulation) -> MediaStream:
        stream = MediaStream(audio, encapsulation, self.counters, self._budget)
        self._streams[of].add(stream)
        self.counters["streams.opened"] += 1
        return stream
