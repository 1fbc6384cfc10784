"""Background tasks over all rooms: talk spurts become events, and unhealthy participants are removed."""

from collections import Counter, defaultdict

from mixminus.clock import Clock
from mixminus.conference.ledger import set_flag
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms, Seat
from mixminus.errors import Conflict, Unavailable
from mixminus.log import get, task_failed
from mixminus.mixer import EngineEvent, HoldEnded, HoldStarted, TalkSpurtEnded, TalkSpurtStarted
from mixminus.model.conference import ConferencecallStatus
from mixminus.model.health import INTERVAL_S, Health
from mixminus.model.ids import ConferencecallId, ConferenceId
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["HealthWatch", "HoldWatch", "TalkingWatch"]

log = get("conference")


class TalkingWatch:
    """Writes the engine's talk spurts to participants' rows and publishes them as events.

    The row holds what was last published, so that every start event is followed by an end event: from the
    engine, when the participant leaves, or when the server starts again. There is at most one task for each
    room and one unwritten change for each participant: while the database is slow, a start and an end that
    were not yet written cancel each other out.
    """

    def __init__(self, store: Store, clock: Clock, rooms: Rooms) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._pending: dict[ConferenceId, dict[ConferencecallId, bool]] = defaultdict(dict)
        self._scope = TaskScope(task_failed("talking"))
        self.counters: Counter[str] = Counter({"talking.merged": 0, "talking.lost": 0})

    def on_engine_event(self, event: EngineEvent) -> None:
        """Schedule the start or end of a talk spurt to be written; ports outside of rooms are ignored."""
        if not isinstance(event, TalkSpurtStarted | TalkSpurtEnded):
            return
        seat = self._rooms.seat_of(event.port_id)
        if seat is None:
            return
        idle = seat.conference.id not in self._pending
        pending = self._pending[seat.conference.id]
        self.counters["talking.merged"] += seat.id in pending
        pending[seat.id] = isinstance(event, TalkSpurtStarted)
        if idle:
            self._scope.spawn(f"talking {seat.conference.id}", self._write(seat.conference.id))

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def _write(self, conference_id: ConferenceId) -> None:
        # With the lock held, a change in progress, such as the participant's joining, is already in its row.
        async with self._rooms.lock(conference_id):
            changes = self._pending.pop(conference_id)
            try:
                async with self._store.transaction() as tx:
                    written = [
                        (seat, await set_flag(tx, self._clock, seat.row, "talking", on=talking))
                        for id_, talking in changes.items()
                        if (seat := self._rooms.find_seat(id_))
                        and seat.row
                        and seat.row.status is ConferencecallStatus.JOINED
                    ]
                for seat, row in written:
                    seat.row = row
            except Unavailable as exc:
                self.counters["talking.lost"] += len(changes)
                log.warning("talking not published", conference_id=str(conference_id), cause=str(exc))


class HoldWatch:
    """Writes to participants' rows whether their phones have put the call on hold, and publishes it.

    Each write takes the state that the port has by then: holds that begin and end meanwhile are not published.
    """

    def __init__(self, store: Store, clock: Clock, rooms: Rooms) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._scope = TaskScope(task_failed("hold"))
        self.counters: Counter[str] = Counter({"hold.lost": 0})

    def on_engine_event(self, event: EngineEvent) -> None:
        """Schedule a hold or its end to be written; ports outside of rooms are ignored."""
        if isinstance(event, HoldStarted | HoldEnded) and (seat := self._rooms.seat_of(event.port_id)):
            self._scope.spawn(f"hold {seat.id}", self._write(seat))

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def _write(self, seat: Seat) -> None:
        async with self._rooms.lock(seat.conference.id):
            if not seat.row or seat.row.status is not ConferencecallStatus.JOINED:
                return
            try:
                async with self._store.transaction() as tx:
                    row = await set_flag(tx, self._clock, seat.row, "on_hold", on=seat.port.on_hold)
                seat.row = row
            except Unavailable as exc:
                self.counters["hold.lost"] += 1
                log.warning("hold not published", conferencecall_id=str(seat.id), cause=str(exc))


class HealthWatch:
    """Checks every participant in this server's rooms every ``INTERVAL_S`` seconds and removes those that stay unhealthy."""

    def __init__(self, store: Store, clock: Clock, participants: ParticipantService) -> None:
        self._store = store
        self._clock = clock
        self._participants = participants
        self._health = Health()
        self._scope = TaskScope(task_failed("conference"))

    def start(self) -> None:
        self._scope.keep("health", self._run)

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(INTERVAL_S)
            try:
                await self._check()
            except Unavailable as exc:
                log.warning("health not checked", cause=str(exc))

    async def _check(self) -> None:
        async with self._store.snapshot() as tx:
            conditions = await tx.conferencecalls.conditions(self._store.fence)
        for lost in self._health.check(conditions, self._clock.now()):
            log.warning("participant removed", conferencecall_id=str(lost.id))
            try:
                await self._participants.kick(lost.customer_id, lost.id)
            except Conflict:
                continue  # it has left in the meantime
