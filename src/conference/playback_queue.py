"""PlaybackQueue: what waits to be played to one room or one participant, and what is played now."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from mixminus.cluster.remote_playback import RemotePlayback
from mixminus.cluster.remote_port import RemotePort
from mixminus.conference.errors import PlaybackQueueFull
from mixminus.conference.room import Room, Seat
from mixminus.model.ids import PlaybackId
from mixminus.model.playback import PlaybackRequest
from mixminus.sound.programme import Programme
from mixminus.sound.service import SoundService
from mixminus.sound.source import Source

__all__ = ["MAX_QUEUED", "PlaybackQueue"]

MAX_QUEUED: Final = 16
"""Of one room or one participant, with the one that is played."""


class PlaybackQueue:
    """Plays in order to a room, or to the participant in ``seat``."""

    def __init__(self, room: Room, seat: Seat | None, sounds: SoundService) -> None:
        self._room = room
        self._seat = seat
        self._sounds = sounds
        self._stops: OrderedDict[PlaybackId, asyncio.Future[None]] = OrderedDict()
        self.publishing: Final = asyncio.Lock()
        """Held while an event of a playback here is published: the next one starts after it."""

    @property
    def first(self) -> PlaybackId | None:
        """The playback that is played, or is to be played next; None if the queue is empty."""
        return next(iter(self._stops), None)

    def add(self, playback_id: PlaybackId) -> None:
        """Append a playback; raise PlaybackQueueFull."""
        if len(self._stops) >= MAX_QUEUED:
            raise PlaybackQueueFull(
                f"{MAX_QUEUED} playbacks are waiting here; stop one, or wait for one to end"
            )
        self._stops[playback_id] = asyncio.get_running_loop().create_future()

    def remove(self, playback_id: PlaybackId) -> None:
        self._stops.pop(playback_id, None)

    def stop(self, playback_id: PlaybackId) -> None:
        """Interrupt the playback if it is played; harmless if it is not here."""
        stop = self._stops.get(playback_id)
        if stop and not stop.done():
            stop.set_result(None)

    def stops(self, playback_id: PlaybackId) -> tuple[asyncio.Future[None], ...]:
        """Return what ends a playback before its end: its stop, the end of the room, the participant's leaving."""
        seat = self._seat
        leaving = (seat.dismissed, seat.left) if seat else ()
        return (self._stops[playback_id], self._room.over, *leaving)

    async def load(self, request: PlaybackRequest) -> Programme | RemotePlayback:
        """Return the audio of a request, which is not open yet; raises as ``SoundService.programme``."""
        place = self._seat.port if self._seat else self._room.bridge
        if isinstance(place, RemotePort):
            return place.playback(request)
        return await self._sounds.programme(place, request)

    async def play(self, source: Source | RemotePlayback, duck_db: float) -> None:
        """Play to the end, with the talkers lowered by ``duck_db``; raises as ``Player.play``."""
        with self._ducked(duck_db):
            if isinstance(source, RemotePlayback):
                await source.played()
            elif self._seat:
                await self._sounds.play(self._seat.port, source)
            else:
                await self._sounds.play_to_room(self._room.bridge, source)

    @contextmanager
    def _ducked(self, duck_db: float) -> Iterator[None]:
        listener = self._seat.id if self._seat else None
        self._room.duck(duck_db, listener)
        try:
            yield
        finally:
            self._room.duck(0.0, listener)
