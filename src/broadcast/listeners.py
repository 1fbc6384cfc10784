"""ListenerService: who hears a room by WHEP (`draft-ietf-wish-whep`) without being in it.

A listener is a browser's leg whose port only hears. The engine encodes the room's mix once for all of them, so one more
costs a packet each 20 ms. It has no call, no seat and no flow; it ends with the room.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Final

from mixminus.broadcast.hearing import begin_to_hear, cease_to_hear
from mixminus.call.leg import Address
from mixminus.clock import Clock
from mixminus.conference.room import Room, Rooms
from mixminus.conference.service import ConferenceService
from mixminus.errors import NotFound
from mixminus.log import get, task_failed
from mixminus.model.ids import ConferenceId, CustomerId, LegId, ListenerId
from mixminus.model.listener import Listener
from mixminus.store.database import Store
from mixminus.store.outbox import Draft
from mixminus.store.published import publish_rowless
from mixminus.tasks import Interrupted, TaskScope, unless
from mixminus.webrtc.endpoint import WebRtcEndpoint
from mixminus.webrtc.session import WhipSession
from mixminus.wire.listener import ListenerView

__all__ = ["ListenerService"]

log: Final = get("listeners")


class ListenerService:
    """Admits listeners, lists them, and publishes that they come and go."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        conferences: ConferenceService,
        webrtc: Callable[[], WebRtcEndpoint],
    ) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._conferences = conferences
        self._webrtc = webrtc
        self._listeners: defaultdict[ConferenceId, dict[ListenerId, Listener]] = defaultdict(dict)
        self._scope = TaskScope(task_failed("listener"))
        self.counters: Counter[str] = Counter({"listeners.admitted": 0, "listeners.events_lost": 0})

    def __len__(self) -> int:
        return sum(map(len, self._listeners.values()))

    async def join(
        self, customer_id: CustomerId, conference_id: ConferenceId, offer_sdp: str, *, name: str
    ) -> WhipSession:
        """Return the session of a new listener, answered; it hears the room as soon as it is connected.

        Raises ConferenceNotFound, ConferenceNotProgressing, TooManyExceptions if whispers cannot be kept from so many,
        and what ``WebRtcEndpoint.open_listener`` raises.
        """
        async with self._rooms.lock(conference_id):
            room = await self._conferences.room(customer_id, conference_id)
            destination = Address(type="conference", target=str(conference_id))
            session = self._webrtc().open_listener(offer_sdp, destination)
            async with _given_up_on_error(room, session):
                begin_to_hear(room, ListenerId(session.id), session.leg.port)
        async with _given_up_on_error(room, session):
            await session.leg.answer()
            await session.open()
        listener = Listener(
            id=ListenerId(session.id),
            customer_id=customer_id,
            conference_id=conference_id,
            name=name,
            tm_create=self._clock.now(),
        )
        self._listeners[conference_id][listener.id] = listener
        self.counters["listeners.admitted"] += 1
        self._scope.spawn(f"listener {listener.id}", self._run(listener, room, session))
        return session

    async def list(self, customer_id: CustomerId, conference_id: ConferenceId) -> list[Listener]:
        """Return the listeners of a room, oldest first."""
        await self._conferences.check(customer_id, conference_id)
        return list(self._listeners.get(conference_id, {}).values())

    async def session(
        self, customer_id: CustomerId, conference_id: ConferenceId, session_id: LegId
    ) -> WhipSession:
        """Return the session of a listener; raise NotFound if it has left, or hears another room."""
        await self._conferences.known(customer_id, conference_id)
        session = self._webrtc().listener(session_id)
        if session.destination.target != str(conference_id):
            raise NotFound("no such session")  # the same words as for a session that does not exist at all
        return session

    async def close(self) -> None:
        """Stop following sessions, which end with the WebRTC endpoint; closing twice is harmless."""
        await self._scope.close()

    async def _run(self, listener: Listener, room: Room, session: WhipSession) -> None:
        """Publish the listener until it leaves, or its room is over."""
        try:
            await self._publish(listener, "listener_joined")
            with suppress(Interrupted):
                await unless([room.over], session.leg.ended())
        finally:
            cease_to_hear(room, listener.id)
            del self._listeners[listener.conference_id][listener.id]
            if not self._listeners[listener.conference_id]:
                del self._listeners[listener.conference_id]
        await session.leg.hang_up()
        await self._publish(replace(listener, tm_end=self._clock.now()), "listener_left")

    async def _publish(self, listener: Listener, event: str) -> None:
        data = ListenerView.render(listener, self._store.timestamp_style)
        draft = Draft(listener.conference_id, event, listener.customer_id, data, self._clock.now())
        self.counters["listeners.events_lost"] += not await publish_rowless(self._store, draft)


@asynccontextmanager
async def _given_up_on_error(room: Room, session: WhipSession) -> AsyncIterator[None]:
    """Close a session whose request fails or is cancelled: no other task would."""
    try:
        yield
    except BaseException:
        cease_to_hear(room, ListenerId(session.id))
        await session.leg.hang_up()
        raise
