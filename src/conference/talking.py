"""TalkingWatch: tells who begins and who stops to talk, as the engine's talk spurts say.

What is told is also in the participant's row, so that an end is told for every beginning: by the
engine, by leaving, or by the next start of the server. While the database is behind, a beginning
and an end that meet before they were written cancel each other.
"""

from collections import Counter, defaultdict

from mixminus.clock import Clock
from mixminus.conference.ledger import set_talking
from mixminus.conference.room import Rooms
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.mixer import EngineEvent, TalkSpurtEnded, TalkSpurtStarted
from mixminus.model.conference import ConferencecallStatus
from mixminus.model.ids import ConferencecallId, ConferenceId
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["TalkingWatch"]

log = get("conference")


class TalkingWatch:
    """Writes talk spurts into rows and events; at most one task a room, one pending word a participant."""

    def __init__(self, store: Store, clock: Clock, rooms: Rooms) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._pending: dict[ConferenceId, dict[ConferencecallId, bool]] = defaultdict(dict)
        self._scope = TaskScope(task_failed("talking"))
        self.counters: Counter[str] = Counter({"talking.merged": 0, "talking.lost": 0})

    def on_engine_event(self, event: EngineEvent) -> None:
        """Take note of a spurt's beginning or end; whoever sits nowhere is nobody's business."""
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
        # The turn: what is being decided about a participant, such as its joining, is in its row by then.
        async with self._rooms.turn(conference_id):
            words = self._pending.pop(conference_id)
            try:
                async with self._store.transaction() as tx:
                    for id_, talking in words.items():
                        participant = await tx.conferencecalls.find_for_update(id_)
                        if participant and participant.status is ConferencecallStatus.JOINED:
                            await set_talking(tx, self._clock, participant, talking=talking)
            except Unavailable as exc:
                self.counters["talking.lost"] += len(words)
                log.warning("talking not told", conference_id=str(conference_id), exc_info=exc)
