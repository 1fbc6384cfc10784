"""SpeakingService: sessions in which a program says text to a running call or room, piece by piece (api.md 5.4).

A session is kept in memory: it stops with its call or room, and with the server. Each call and room has one at a time.
"""

from collections import Counter, OrderedDict
from dataclasses import replace
from typing import Final
from uuid import UUID

from mixminus.call.errors import (
    SpeakingAlreadyActive,
    SpeakingNotFound,
    SpeakingStopped,
    TooManySpeakings,
)
from mixminus.call.service import CallService
from mixminus.call.speaking_session import SpeakingSession
from mixminus.clock import Clock
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.errors import InvalidArgument
from mixminus.log import get, task_failed
from mixminus.machine import step
from mixminus.model.ids import CallId, ConferenceId, CustomerId, SpeakingId, new_id
from mixminus.model.speaking import (
    SPEAKING_TRANSITIONS,
    Speaking,
    SpeakingEvent,
    SpeakingSpec,
    SpeakingStatus,
)
from mixminus.sound.service import SoundService
from mixminus.store.database import Store
from mixminus.store.outbox import Draft
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.store.published import publish_rowless
from mixminus.tasks import TaskScope
from mixminus.wire.speaking import SpeakingView

__all__ = ["SpeakingService"]

_MAX_ACTIVE: Final = 256
_MAX_STOPPED: Final = 1000
"""Stopped sessions that can still be read."""

_log = get("speaking")


class SpeakingService:
    """Opens, feeds and stops sessions, and publishes their begin and end."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        calls: CallService,
        conferences: ConferenceService,
        rooms: Rooms,
        sounds: SoundService,
    ) -> None:
        self._store = store
        self._clock = clock
        self._calls = calls
        self._conferences = conferences
        self._rooms = rooms
        self._sounds = sounds
        self._speakings: OrderedDict[SpeakingId, Speaking] = OrderedDict()
        self._sessions: dict[SpeakingId, SpeakingSession] = {}
        self._scope = TaskScope(task_failed("speaking"))
        self.counters: Counter[str] = Counter(
            {"speaking.started": 0, "speaking.stopped": 0, "speaking.texts_failed": 0}
        )

    async def create(self, customer_id: CustomerId, spec: SpeakingSpec) -> Speaking:
        """Open a session.

        Raises CallNotFound, CallNotProgressing, ConferenceNotFound, ConferenceNotProgressing, SpeakingAlreadyActive,
        TooManySpeakings.
        """
        session = await self._open(customer_id, spec)
        active = [self._speakings[each].spec.reference_id for each in self._sessions]
        if spec.reference_id in active:
            raise SpeakingAlreadyActive(f"text is being said to {spec.reference_id} already; stop that first")
        if len(active) >= _MAX_ACTIVE:
            raise TooManySpeakings(f"{_MAX_ACTIVE} speakings are active; try later")
        speaking = Speaking(
            id=SpeakingId(new_id()),
            customer_id=customer_id,
            spec=spec,
            status=SpeakingStatus.ACTIVE,
            tm_create=self._clock.now(),
        )
        self._speakings[speaking.id] = speaking
        self._sessions[speaking.id] = session
        self.counters["speaking.started"] += 1
        self._scope.spawn(f"speaking {speaking.id}", self._run(speaking.id, session))
        await self._publish(speaking, "started")
        return speaking

    def get(self, customer_id: CustomerId, speaking_id: SpeakingId) -> Speaking:
        """Return a session, also one that stopped lately; raise SpeakingNotFound."""
        found = self._speakings.get(speaking_id)
        return owned(found, customer_id, SpeakingNotFound(f"no speaking {speaking_id}"))

    def list(self, customer_id: CustomerId, page: Page) -> list[Speaking]:
        """Return the sessions that are active or stopped lately, newest first."""
        found = (
            each
            for each in reversed(self._speakings.values())
            if each.customer_id == customer_id and each.tm_create < page.before
        )
        return [each for each, _ in zip(found, range(page.size), strict=False)]

    async def say(self, customer_id: CustomerId, speaking_id: SpeakingId, text: str) -> Speaking:
        """Append a text to what is being said; return at once.

        Raises InvalidArgument for an empty text, SpeakingStopped, SpeakingQueueFull, and as ``SoundService.check_text``.
        """
        if not text.strip():
            raise InvalidArgument("text must not be empty")
        session = self._active(customer_id, speaking_id)
        await session.check(text)
        self._active(customer_id, speaking_id).say(text)
        return self.get(customer_id, speaking_id)

    def flush(self, customer_id: CustomerId, speaking_id: SpeakingId) -> Speaking:
        """Discard what waits and what is said now; the session stays. Raises SpeakingStopped."""
        self._active(customer_id, speaking_id).flush()
        return self.get(customer_id, speaking_id)

    async def stop(self, customer_id: CustomerId, speaking_id: SpeakingId) -> Speaking:
        """End a session; one that has stopped is returned unchanged."""
        self.get(customer_id, speaking_id)
        await self._end(speaking_id)
        return self.get(customer_id, speaking_id)

    async def delete(self, customer_id: CustomerId, speaking_id: SpeakingId) -> Speaking:
        """End a session and forget it."""
        stopped = await self.stop(customer_id, speaking_id)
        self._speakings.pop(speaking_id, None)
        now = self._clock.now()
        return replace(stopped, tm_update=now, tm_delete=now)

    async def close(self) -> None:
        """Stop all sessions and publish that; closing twice is harmless."""
        for speaking_id in tuple(self._sessions):
            await self._end(speaking_id)
        await self._scope.close()

    async def _open(self, customer_id: CustomerId, spec: SpeakingSpec) -> SpeakingSession:
        if spec.reference_type == "confbridge":
            conference = await self._conferences.get(customer_id, ConferenceId(spec.reference_id))
            room = self._rooms.require(conference)
            language = spec.language or room.settings.language
            return SpeakingSession(
                room.bridge, (room.over,), self._sounds, language=language, voice=spec.voice_id
            )
        live = await self._calls.require(customer_id, CallId(spec.reference_id))
        seat = self._rooms.seat_of_call(live.id) if spec.direction == "both" else None
        shared = self._rooms.find(seat.conference.id) if seat else None
        place = shared.bridge if shared else live.port
        return SpeakingSession(place, (live.over,), self._sounds, language=spec.language, voice=spec.voice_id)

    def _active(self, customer_id: CustomerId, speaking_id: SpeakingId) -> SpeakingSession:
        self.get(customer_id, speaking_id)
        session = self._sessions.get(speaking_id)
        if session is None:
            raise SpeakingStopped(f"speaking {speaking_id} is stopped")
        return session

    async def _run(self, speaking_id: SpeakingId, session: SpeakingSession) -> None:
        await session.run()
        await self._end(speaking_id)

    async def _end(self, speaking_id: SpeakingId) -> None:
        session = self._sessions.pop(speaking_id, None)
        if session is None:
            return
        session.stop()
        speaking = self._speakings[speaking_id]
        status = step(SPEAKING_TRANSITIONS, speaking.status, SpeakingEvent.STOP)
        speaking = replace(speaking, status=status, tm_update=self._clock.now())
        self._speakings[speaking_id] = speaking
        self.counters["speaking.stopped"] += 1
        self.counters["speaking.texts_failed"] += session.failed
        self._forget_oldest()
        await self._publish(speaking, "stopped")

    def _forget_oldest(self) -> None:
        stopped = [each for each in self._speakings if each not in self._sessions]
        for each in stopped[: max(0, len(stopped) - _MAX_STOPPED)]:
            del self._speakings[each]

    async def _publish(self, speaking: Speaking, name: str) -> None:
        data = SpeakingView.render(speaking, self._store.timestamp_style)
        tm = speaking.tm_update or speaking.tm_create
        await publish_rowless(
            self._store, Draft(_stream_of(speaking), f"speaking_{name}", speaking.customer_id, data, tm)
        )


def _stream_of(speaking: Speaking) -> UUID:
    """Return the stream of events: that of the room, or, as for calls, the customer's."""
    spec = speaking.spec
    return spec.reference_id if spec.reference_type == "confbridge" else speaking.customer_id
