"""PlaybackService: says texts and plays files to a room, or to one participant (api.md section 2.4).

Each room and each participant has a queue: one playback at a time, at most ``MAX_QUEUED``. Playbacks are kept in
memory: they end with their room, their participant's leaving, or the server. Every change is published.
"""

from collections import Counter, OrderedDict
from dataclasses import replace
from typing import Final
from uuid import UUID

from mixminus.clock import Clock
from mixminus.conference.errors import ConferencecallGone, PlaybackNotFound, PlaybackOver, TooManyPlaybacks
from mixminus.conference.participants import ParticipantService
from mixminus.conference.playback_queue import PlaybackQueue
from mixminus.conference.room import Room, Rooms, Seat
from mixminus.conference.service import ConferenceService
from mixminus.errors import InvalidArgument, MixMinusError
from mixminus.log import get, task_failed
from mixminus.machine import is_final, step
from mixminus.mixer import PortClosed
from mixminus.model.conference import IN_ROOM
from mixminus.model.ids import ConferencecallId, ConferenceId, CustomerId, PlaybackId, new_id
from mixminus.model.playback import (
    PLAYBACK_TRANSITIONS,
    WHOLE_ROOM,
    Playback,
    PlaybackEvent,
    PlaybackRequest,
    PlaybackStatus,
)
from mixminus.sound.service import SoundService
from mixminus.store.database import Store
from mixminus.store.outbox import Draft
from mixminus.store.ownership import owned
from mixminus.store.published import publish_rowless
from mixminus.tasks import Interrupted, TaskScope, unless
from mixminus.wire.playback import PlaybackView

__all__ = ["PlaybackService"]

_MAX_QUEUES: Final = 256
_MAX_ENDED: Final = 1000
"""Ended playbacks that can still be read, of all rooms."""

log = get("playback")


class PlaybackService:
    """Queues, plays and stops playbacks, and publishes what becomes of them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        conferences: ConferenceService,
        participants: ParticipantService,
        sounds: SoundService,
    ) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._conferences = conferences
        self._participants = participants
        self._sounds = sounds
        self._queues: dict[UUID, PlaybackQueue] = {}
        """By the id of the conference or the participant."""
        self._live: OrderedDict[PlaybackId, Playback] = OrderedDict()
        self._ended: OrderedDict[PlaybackId, Playback] = OrderedDict()
        self._scope = TaskScope(task_failed("playback"))
        self.counters: Counter[str] = Counter(
            {"playback.finished": 0, "playback.stopped": 0, "playback.failed": 0, "playback.events_lost": 0}
        )

    async def play_to_room(
        self, customer_id: CustomerId, conference_id: ConferenceId, request: PlaybackRequest
    ) -> Playback:
        """Queue a playback to all participants; return it at once.

        Raises ConferenceNotProgressing, PlaybackQueueFull, TooManyPlaybacks, and for a text what
        ``SoundService.check_text`` raises.
        """
        room = await self._conferences.room(customer_id, conference_id)
        return await self._queue(room, None, await self._checked(room, request))

    async def play_to_participant(
        self, customer_id: CustomerId, conferencecall_id: ConferencecallId, request: PlaybackRequest
    ) -> Playback:
        """Queue a playback that one participant hears, also in the lobby; raises ConferencecallGone and as above."""
        participant = await self._participants.get_call(customer_id, conferencecall_id)
        seat = self._rooms.find_seat(conferencecall_id)
        room = self._rooms.find(participant.conference_id)
        if room is None or seat is None or seat.state not in IN_ROOM:
            raise ConferencecallGone("the participant is not in the room: it is still joining, or has left")
        return await self._queue(room, seat, await self._checked(room, request))

    async def list(self, customer_id: CustomerId, conference_id: ConferenceId) -> list[Playback]:
        """Return the playbacks of a room and its participants, those that wait and those that ended lately, oldest first."""
        await self._conferences.check(customer_id, conference_id)
        every = (*self._ended.values(), *self._live.values())
        return sorted(
            (each for each in every if each.conference_id == conference_id), key=lambda each: each.tm_create
        )

    def get(self, customer_id: CustomerId, playback_id: PlaybackId) -> Playback:
        """Return a playback; raise PlaybackNotFound, also when it ended long ago."""
        playback = self._live.get(playback_id) or self._ended.get(playback_id)
        return owned(playback, customer_id, PlaybackNotFound(f"no playback {playback_id}"))

    async def stop(self, customer_id: CustomerId, playback_id: PlaybackId) -> Playback:
        """Stop a playback at once; raise PlaybackOver if it has ended."""
        playback = self.get(customer_id, playback_id)
        if is_final(PLAYBACK_TRANSITIONS, playback.status):
            raise PlaybackOver(f"playback {playback_id} is {playback.status}")
        queue = self._queues[_key(playback)]
        if queue.first == playback_id:
            queue.stop(playback_id)
        else:
            queue.remove(playback_id)
        return await self._change(queue, playback_id, PlaybackEvent.STOP)

    async def close(self) -> None:
        """Stop all playbacks and publish that; closing twice is harmless."""
        for playback in tuple(self._live.values()):
            await self.stop(playback.customer_id, playback.id)
        await self._scope.close()

    async def _checked(self, room: Room, request: PlaybackRequest) -> PlaybackRequest:
        if request.stream_urls:
            return request
        if not request.text:
            raise InvalidArgument("text must not be empty")
        request = replace(request, language=request.language or room.settings.language)
        await self._sounds.check_text(request.text, request.language)
        return request

    async def _queue(self, room: Room, seat: Seat | None, request: PlaybackRequest) -> Playback:
        playback = Playback(
            id=PlaybackId(new_id()),
            customer_id=room.customer_id,
            conference_id=room.conference.id,
            conferencecall_id=seat.id if seat else WHOLE_ROOM,
            type="play" if request.stream_urls else "talk",
            status=PlaybackStatus.QUEUED,
            request=request,
            tm_create=self._clock.now(),
        )
        key = _key(playback)
        queue = self._queues.get(key)
        if queue is None:
            if len(self._queues) >= _MAX_QUEUES:
                raise TooManyPlaybacks(f"{_MAX_QUEUES} rooms and participants are being played to; try later")
            queue = PlaybackQueue(room, seat, self._sounds)
        queue.add(playback.id)
        self._live[playback.id] = playback
        if key not in self._queues:
            self._queues[key] = queue
            self._scope.spawn(f"playback {key}", self._run(key, queue))
        return playback

    async def _run(self, key: UUID, queue: PlaybackQueue) -> None:
        """Play what is in the queue, until it is empty."""
        try:
            while (playback_id := queue.first) is not None:
                await self._play(queue, playback_id)
                queue.remove(playback_id)
        finally:
            del self._queues[key]

    async def _play(self, queue: PlaybackQueue, playback_id: PlaybackId) -> None:
        request, stops, error = self._live[playback_id].request, queue.stops(playback_id), ""
        try:
            source = await unless(stops, queue.load(request))
            try:
                await unless(stops, source.open())
                await self._change(queue, playback_id, PlaybackEvent.BEGUN)
                await unless(stops, queue.play(source, request.duck_db))
            finally:
                await source.close()
            event = PlaybackEvent.PLAYED
        except (Interrupted, PortClosed):
            event = PlaybackEvent.STOP
        except MixMinusError as failure:
            event, error = PlaybackEvent.BROKEN, str(failure)
        await self._change(queue, playback_id, event, error)

    async def _change(
        self, queue: PlaybackQueue, playback_id: PlaybackId, event: PlaybackEvent, error: str = ""
    ) -> Playback:
        """Advance a playback and publish that; one that has ended stays as it is, once its end is published."""
        playback = self._live.get(playback_id)
        if playback is None:
            async with queue.publishing:
                return self._ended[playback_id]
        now = self._clock.now()
        status = step(PLAYBACK_TRANSITIONS, playback.status, event)
        playback = replace(playback, status=status, error=error, tm_update=now)
        if status is PlaybackStatus.PLAYING:
            playback = self._live[playback_id] = replace(playback, tm_start=now)
        else:
            playback = replace(playback, tm_end=now)
            self._end(playback)
        async with queue.publishing:
            await self._publish(playback)
        return playback

    def _end(self, playback: Playback) -> None:
        del self._live[playback.id]
        self._ended[playback.id] = playback
        self.counters[f"playback.{playback.status}"] += 1
        if len(self._ended) > _MAX_ENDED:
            self._ended.popitem(last=False)

    async def _publish(self, playback: Playback) -> None:
        name = "started" if playback.status is PlaybackStatus.PLAYING else playback.status
        data = PlaybackView.render(playback, self._store.timestamp_style)
        tm = playback.tm_update or playback.tm_create
        draft = Draft(playback.conference_id, f"playback_{name}", playback.customer_id, data, tm)
        self.counters["playback.events_lost"] += not await publish_rowless(self._store, draft)


def _key(playback: Playback) -> UUID:
    """Return the id of the queue: the participant's, or the room's."""
    return playback.conference_id if playback.conferencecall_id == WHOLE_ROOM else playback.conferencecall_id
