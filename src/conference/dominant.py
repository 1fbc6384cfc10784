"""DominantSpeakers: which participant of a room talks most at present, published when that changes.

Levels are smoothed over about a second. Another participant becomes the dominant speaker when the present one has
stopped, or when it is ``_LEAD_DB`` louder for ``_HOLD`` looks in a row: a cough or a word of agreement does not suffice.
While all are silent the last one stays.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from mixminus.clock import Clock
from mixminus.conference.ledger import CONFERENCECALLS
from mixminus.conference.room import Room, Rooms, Seat
from mixminus.errors import Unavailable
from mixminus.log import get, task_failed
from mixminus.mixer import EngineEvent, TalkSpurtEnded, TalkSpurtStarted
from mixminus.model.ids import ConferenceId
from mixminus.store.database import Store
from mixminus.tasks import TaskScope

__all__ = ["DominantSpeakers"]

_LOOK_S: Final = 0.25
_SMOOTH: Final = 0.4
"""Weight of the newest look in a smoothed level."""
_LEAD_DB: Final = 3.0
_HOLD: Final = 2

log = get("conference")


@dataclass(slots=True)
class _Contest:
    """The talkers of one room, with their smoothed levels in dBov, and the one that is about to take over."""

    talkers: dict[Seat, float] = field(default_factory=dict)
    challenger: Seat | None = None
    looks: int = 0
    publishing: bool = False

    def look(self, dominant: Seat | None) -> Seat | None:
        """Measure the talkers; return the seat that becomes dominant, None for no change."""
        for seat in [each for each in self.talkers if each.left.done() or each.port.closed]:
            del self.talkers[seat]
        for seat, level in self.talkers.items():
            self.talkers[seat] = level + _SMOOTH * (_level(seat) - level)
        loudest = max(self.talkers, key=lambda each: self.talkers[each], default=None)
        if loudest is None or loudest is dominant:
            self.challenger = None
            return None
        if dominant is None or dominant not in self.talkers:
            return loudest
        if self.talkers[loudest] < self.talkers[dominant] + _LEAD_DB:
            self.challenger = None
            return None
        self.looks = self.looks + 1 if self.challenger is loudest else 1
        self.challenger = loudest
        return loudest if self.looks >= _HOLD else None


class DominantSpeakers:
    """Looks four times a second at the talkers of all rooms: a timer for each would cost more than the looks."""

    def __init__(self, store: Store, clock: Clock, rooms: Rooms) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._contests: dict[ConferenceId, _Contest] = {}
        self._scope = TaskScope(task_failed("dominant"))
        self._watching = False
        self.counters: Counter[str] = Counter({"dominant.lost": 0})

    def on_engine_event(self, event: EngineEvent) -> None:
        """Note who talks; ports outside of rooms are ignored."""
        if not isinstance(event, TalkSpurtStarted | TalkSpurtEnded):
            return
        seat = self._rooms.seat_of(event.port_id)
        if seat is None:
            return
        conference_id = seat.conference.id
        contest = self._contests.get(conference_id)
        if isinstance(event, TalkSpurtEnded):
            if contest:
                contest.talkers.pop(seat, None)
        elif contest:
            contest.talkers[seat] = _level(seat)
        else:
            contest = self._contests[conference_id] = _Contest({seat: _level(seat)})
            self._look(conference_id, contest)
            if not self._watching:
                self._watching = True
                self._scope.spawn("dominant speakers", self._watch())

    async def close(self) -> None:
        """Stop; closing twice is harmless."""
        await self._scope.close()

    async def _watch(self) -> None:
        try:
            while self._contests:
                await self._clock.sleep(_LOOK_S)
                for conference_id, contest in list(self._contests.items()):
                    self._look(conference_id, contest)
        finally:
            self._watching = False

    def _look(self, conference_id: ConferenceId, contest: _Contest) -> None:
        if contest.publishing:
            return
        room = self._rooms.find(conference_id)
        if room is None or not contest.talkers:
            del self._contests[conference_id]
        elif chosen := contest.look(room.dominant):
            room.dominant = chosen
            contest.publishing = True
            self._scope.spawn(f"dominant {conference_id}", self._publish(room, chosen, contest))

    async def _publish(self, room: Room, seat: Seat, contest: _Contest) -> None:
        try:
            async with self._store.transaction() as tx:
                if seat.row:
                    CONFERENCECALLS.publish(tx, seat.row, "participant_dominant")
        except Unavailable as exc:
            self.counters["dominant.lost"] += 1
            log.warning(
                "dominant speaker not published", conference_id=str(room.conference.id), cause=str(exc)
            )
        finally:
            contest.publishing = False


def _level(seat: Seat) -> float:
    """Return the present level in dBov."""
    return -127.0 if seat.port.closed else -float(seat.port.level()[0])
