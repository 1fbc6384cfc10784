"""BroadcastService: the mix of a room, sent to many (api.md section 9.3).

    PCM port -> Fragments (AAC, parts of 320 ms) -> Window (twenty seconds) -> playlist and pieces by HTTP
    Opus port (shares the encode of WHEP listeners) -> IcecastSource -> an Icecast server

The audio is encoded once, however many listen. Broadcasts are kept in memory: they end with their room, or the server.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import av

from mixminus.broadcast.errors import BroadcastNotFound, BroadcastOver, BroadcastRuns
from mixminus.broadcast.fragments import SAMPLE_RATE_HZ, Fragments
from mixminus.broadcast.hearing import begin_to_hear, cease_to_hear
from mixminus.broadcast.icecast import IcecastSource
from mixminus.broadcast.ogg import OPUS
from mixminus.broadcast.window import Window
from mixminus.clock import Clock
from mixminus.conference.room import Room, Rooms
from mixminus.conference.service import ConferenceService
from mixminus.delivery.outgoing import LazySession
from mixminus.errors import Exhausted, InvalidArgument, Unavailable
from mixminus.log import get, task_failed
from mixminus.machine import is_final, step
from mixminus.mixer import BridgePort, EncodedPort, PcmPort
from mixminus.model.broadcast import (
    BROADCAST_TRANSITIONS,
    Broadcast,
    BroadcastEvent,
    BroadcastProtocol,
    BroadcastStatus,
    IcecastTarget,
)
from mixminus.model.ids import BroadcastId, ConferenceId, CustomerId, ListenerId, new_id
from mixminus.store.database import Store
from mixminus.store.outbox import Draft
from mixminus.store.ownership import owned
from mixminus.store.published import publish_rowless
from mixminus.tasks import Interrupted, TaskScope, unless
from mixminus.wire.broadcast import BroadcastView

__all__ = ["MAX_RUNNING", "BroadcastService"]

MAX_RUNNING: Final = 32
"""Of all rooms: each has an encoder, or a connection."""
_MAX_ENDED: Final = 100
"""Ended ones that can still be read, with their last seconds."""
_PERIOD_S: Final = 0.05
_CLOSE_S: Final = 2.0

log: Final = get("broadcast")


class BroadcastService:
    """Starts and stops broadcasts, and publishes what becomes of them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        rooms: Rooms,
        conferences: ConferenceService,
        private_targets: bool,
    ) -> None:
        """``private_targets``: whether Icecast servers may be on this machine or in a private network."""
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._conferences = conferences
        self._session = LazySession(connections=MAX_RUNNING, private_targets=private_targets)
        self._live: dict[BroadcastId, _Running] = {}
        self._ended: OrderedDict[BroadcastId, _Running] = OrderedDict()
        self._scope = TaskScope(task_failed("broadcast"))
        self.counters: Counter[str] = Counter(
            {
                "broadcasts.started": 0,
                "broadcasts.failed": 0,
                "broadcasts.events_lost": 0,
                "broadcasts.icecast_lost": 0,
                "broadcasts.icecast_dropped": 0,
            }
        )

    def __len__(self) -> int:
        return len(self._live)

    async def start(
        self, customer_id: CustomerId, conference_id: ConferenceId, target: IcecastTarget | None = None
    ) -> Broadcast:
        """Begin to broadcast a room, by HLS or to an Icecast server, and return the broadcast at once.

        Raises ConferenceNotFound, ConferenceNotProgressing, BroadcastRuns, TooManyExceptions, Exhausted; Unavailable
        without libopus.
        """
        async with self._rooms.lock(conference_id):
            room = await self._conferences.room(customer_id, conference_id)
            url = target.url if target else ""
            if any(each.broadcasts(conference_id, url) for each in self._live.values()):
                raise BroadcastRuns("the room is broadcast there already: stop that broadcast first")
            if len(self._live) >= MAX_RUNNING:
                raise Exhausted(f"there are {MAX_RUNNING} broadcasts, the maximum")
            broadcast = Broadcast(
                id=BroadcastId(new_id()),
                customer_id=customer_id,
                conference_id=conference_id,
                protocol=BroadcastProtocol.ICECAST if target else BroadcastProtocol.HLS,
                url=url,
                tm_create=self._clock.now(),
            )
            running = _Running(broadcast)
            if target:
                encoded = self._rooms.engine.open_encoded_port(OPUS)
                self._begin(running, room, encoded, partial(self._send, running, room, encoded, target))
            else:
                pcm = self._rooms.engine.open_pcm_port(SAMPLE_RATE_HZ)
                self._begin(running, room, pcm, partial(self._serve, running, room, pcm))
        return broadcast

    async def list(self, customer_id: CustomerId, conference_id: ConferenceId) -> list[Broadcast]:
        """Return the broadcasts of a room, those that ended lately included, oldest first."""
        await self._conferences.check(customer_id, conference_id)
        every = (each.broadcast for each in (*self._ended.values(), *self._live.values()))
        found = [each for each in every if each.conference_id == conference_id]
        return sorted(found, key=lambda each: each.tm_create)

    def get(self, customer_id: CustomerId, broadcast_id: BroadcastId) -> Broadcast:
        """Return a broadcast; raise BroadcastNotFound, also when it ended long ago."""
        return self._find(customer_id, broadcast_id).broadcast

    def window(
        self, customer_id: CustomerId, conference_id: ConferenceId, broadcast_id: BroadcastId
    ) -> Window:
        """Return what players fetch; raise BroadcastNotFound, also for one of another room, or of Icecast."""
        running = self._find(customer_id, broadcast_id)
        broadcast = running.broadcast
        if broadcast.conference_id != conference_id or broadcast.protocol is not BroadcastProtocol.HLS:
            raise BroadcastNotFound(f"no broadcast {broadcast_id}")
        return running.window

    async def stop(self, customer_id: CustomerId, broadcast_id: BroadcastId) -> Broadcast:
        """End a broadcast; players hear what they have. Raises BroadcastOver if it has ended."""
        running = self._find(customer_id, broadcast_id)
        if is_final(BROADCAST_TRANSITIONS, running.broadcast.status):
            raise BroadcastOver(f"broadcast {broadcast_id} is {running.broadcast.status}")
        running.end()
        await asyncio.shield(running.over)
        return running.broadcast

    def end_all(self) -> None:
        """Begin to end all broadcasts: the server is stopping, and players must not wait for more."""
        for each in self._live.values():
            each.end()

    async def close(self) -> None:
        """End all broadcasts; closing twice is harmless."""
        self.end_all()
        running = tuple(self._live.values())
        if running:
            await asyncio.wait([each.over for each in running], timeout=_CLOSE_S)
        await self._scope.close()
        await self._session.close()

    def _find(self, customer_id: CustomerId, broadcast_id: BroadcastId) -> "_Running":
        running = self._live.get(broadcast_id) or self._ended.get(broadcast_id)
        missing = BroadcastNotFound(f"no broadcast {broadcast_id}")
        owned(running.broadcast if running else None, customer_id, missing)
        assert running is not None
        return running

    def _begin(
        self, running: "_Running", room: Room, port: BridgePort, carry: Callable[[], Awaitable[None]]
    ) -> None:
        """Let a port hear the room, and carry on what it hears until the end."""
        try:
            begin_to_hear(room, ListenerId(running.broadcast.id), port)
        except BaseException:
            cease_to_hear(room, ListenerId(running.broadcast.id))
            port.close()
            raise
        self._live[running.broadcast.id] = running
        self.counters["broadcasts.started"] += 1
        self._scope.spawn(f"broadcast {running.broadcast.id}", self._run(running, room, port, carry))

    async def _run(
        self, running: "_Running", room: Room, port: BridgePort, carry: Callable[[], Awaitable[None]]
    ) -> None:
        event, error = BroadcastEvent.FINISHED, ""
        try:
            await carry()
        except (InvalidArgument, Unavailable) as exc:
            event, error = BroadcastEvent.BROKEN, str(exc)
        except av.FFmpegError as exc:
            event, error = BroadcastEvent.BROKEN, f"the encoder failed: {exc}"
        finally:
            cease_to_hear(room, ListenerId(running.broadcast.id))
            port.close()
            running.window.end()
            del self._live[running.broadcast.id]
            self._keep(running)
            await self._change(running, event, error)
            running.over.set_result(None)

    async def _serve(self, running: "_Running", room: Room, port: PcmPort) -> None:
        """Make the pieces of HLS until the broadcast is to end."""
        fragments = await asyncio.to_thread(Fragments)
        while not (running.ending.done() or room.over.done()):
            await self._advance(running, fragments, port)
            await self._clock.sleep(_PERIOD_S)
        await asyncio.to_thread(fragments.close)

    async def _send(self, running: "_Running", room: Room, port: EncodedPort, target: IcecastTarget) -> None:
        """Send to an Icecast server until the broadcast is to end; that the server is still not there is no change."""

        async def changed(event: BroadcastEvent, error: str) -> None:
            if event is BroadcastEvent.LOST and running.broadcast.status is BroadcastStatus.RETRYING:
                running.broadcast = replace(running.broadcast, error=error, tm_update=self._clock.now())
            else:
                await self._change(running, event, error)

        source = IcecastSource(self._session, self._clock, target, self.counters, changed)
        with suppress(Interrupted):
            await unless([running.ending, room.over], source.run(port))

    async def _advance(self, running: "_Running", fragments: Fragments, port: PcmPort) -> None:
        parts = await asyncio.to_thread(fragments.feed, port.read())
        running.window.header = fragments.header
        for part in parts:
            running.window.add(part, self._clock.now())
        if running.window.has_segment and running.broadcast.status is BroadcastStatus.STARTING:
            await self._change(running, BroadcastEvent.BEGUN)

    def _keep(self, running: "_Running") -> None:
        self._ended[running.broadcast.id] = running
        if len(self._ended) > _MAX_ENDED:
            self._ended.popitem(last=False)

    async def _change(self, running: "_Running", event: BroadcastEvent, error: str = "") -> None:
        """Advance a broadcast, and publish that."""
        now = self._clock.now()
        status = step(BROADCAST_TRANSITIONS, running.broadcast.status, event)
        broadcast = replace(running.broadcast, status=status, error=error, tm_update=now)
        if status is BroadcastStatus.LIVE:
            broadcast = replace(broadcast, tm_start=broadcast.tm_start or now)
        if is_final(BROADCAST_TRANSITIONS, status):
            broadcast = replace(broadcast, tm_end=now)
            self.counters["broadcasts.failed"] += status is BroadcastStatus.FAILED
        running.broadcast = broadcast
        data = BroadcastView.render(broadcast, self._store.timestamp_style)
        draft = Draft(broadcast.conference_id, f"broadcast_{status}", broadcast.customer_id, data, now)
        self.counters["broadcasts.events_lost"] += not await publish_rowless(self._store, draft)


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True, eq=False)
class _Running:
    """A broadcast, and what belongs to it until it ends."""

    broadcast: Broadcast
    window: Window = field(default_factory=Window)
    ending: asyncio.Future[None] = field(default_factory=_future)
    """Done when it is to end."""
    over: asyncio.Future[None] = field(default_factory=_future)

    def broadcasts(self, conference_id: ConferenceId, url: str) -> bool:
        """Return whether it is this room's, by HLS or to this mount."""
        return (self.broadcast.conference_id, self.broadcast.url) == (conference_id, url)

    def end(self) -> None:
        """Ask it to end; asking twice is harmless."""
        if not self.ending.done():
            self.ending.set_result(None)
