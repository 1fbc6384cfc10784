"""MeterService: the levels of a room's participants for viewers, as differences a few times a second.

A viewer gets what has changed since it looked last, so that 500 silent participants cost it nothing. A slow viewer
looks less often and misses nothing but intermediate levels: nothing is queued for it.
"""

from dataclasses import dataclass, field
from typing import Final

from mixminus.call.live_participants import LiveParticipant, ShownCall, joined_calls, live_participant
from mixminus.call.registry import LiveCalls
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.errors import Exhausted
from mixminus.mixer import Codec, PortClosed
from mixminus.model.ids import ConferencecallId, ConferenceId, CustomerId

__all__ = ["MAX_VIEWERS", "MeterChanges", "MeterFeed", "MeterService", "ParticipantLevel", "TooManyViewers"]

MAX_VIEWERS: Final = 100
"""Of one server; each costs a part of a core in a large room."""
QUALITY_ROUNDS: Final = 10
"""The quality of each participant is read once in so many rounds: its measurements change slowly."""
LEVEL_STEP_DB: Final = 2
"""Levels are rounded to this, so that noise does not count as a change."""
SILENCE: Final = -127


class TooManyViewers(Exhausted):
    """Too many viewers watch levels."""

    reason = "TOO_MANY_VIEWERS"


@dataclass(frozen=True, slots=True)
class ParticipantLevel:
    """The level of one participant."""

    conferencecall_id: ConferencecallId
    level_dbov: int
    talking: bool


@dataclass(frozen=True, slots=True)
class MeterChanges:
    """What has changed in a room since the last round."""

    participants: list[LiveParticipant] = field(default_factory=list)
    """Those who have joined, and those whose name, codec or mute has changed."""
    left: list[ConferencecallId] = field(default_factory=list)
    levels: list[ParticipantLevel] = field(default_factory=list)
    quality: list[LiveParticipant] = field(default_factory=list)
    """Participants with new measurements of their audio."""

    def __bool__(self) -> bool:
        return bool(self.participants or self.left or self.levels or self.quality)


@dataclass(slots=True)
class _Seen:
    """What a viewer knows of a participant."""

    face: tuple[str, Codec | None, bool]
    level: tuple[int, bool] = (SILENCE, False)


@dataclass(eq=False)
class MeterFeed:
    """One viewer's view of a room."""

    conference_id: ConferenceId
    _rooms: Rooms
    _live_calls: LiveCalls
    _seen: dict[ConferencecallId, _Seen] = field(default_factory=dict)
    _round: int = 0

    def changes(self) -> MeterChanges | None:
        """Return what has changed since the last call; None when the room has closed."""
        room = self._rooms.find(self.conference_id)
        if room is None:
            return None
        self._round += 1
        changes = MeterChanges()
        present: set[ConferencecallId] = set()
        for number, (id_, live) in enumerate(joined_calls(room, self._live_calls)):
            try:
                self._look(changes, number, id_, live)
            except PortClosed:
                continue  # the call is ending
            present.add(id_)
        changes.left.extend(id_ for id_ in self._seen if id_ not in present)
        for id_ in changes.left:
            del self._seen[id_]
        return changes

    def _look(self, changes: MeterChanges, number: int, id_: ConferencecallId, live: ShownCall) -> None:
        level, talking = live.port.level()
        seen = self._seen.get(id_)
        face = (live.shown_name, live.port.codec, live.port.muted)
        if seen is None or seen.face != face:
            changes.participants.append(live_participant(id_, live))
            seen = self._seen[id_] = _Seen(face, seen.level if seen else (SILENCE, False))
        elif (self._round + number) % QUALITY_ROUNDS == 0:
            changes.quality.append(live_participant(id_, live))
        rounded = (-level // LEVEL_STEP_DB * LEVEL_STEP_DB if level < -SILENCE else SILENCE, talking)
        if rounded != seen.level:
            seen.level = rounded
            changes.levels.append(ParticipantLevel(id_, *rounded))


class MeterService:
    """Opens feeds of rooms, and ends them when the server stops."""

    def __init__(self, *, conferences: ConferenceService, rooms: Rooms, live_calls: LiveCalls) -> None:
        self._conferences = conferences
        self._rooms = rooms
        self._live_calls = live_calls
        self._feeds: set[MeterFeed] = set()
        self._stopped = False

    async def open(self, customer_id: CustomerId, conference_id: ConferenceId) -> MeterFeed:
        """Open a feed; the caller closes it.

        Raises ConferenceNotFound, ConferenceNotProgressing, TooManyViewers.
        """
        await self._conferences.room(customer_id, conference_id)
        if len(self._feeds) >= MAX_VIEWERS:
            raise TooManyViewers(f"{MAX_VIEWERS} viewers watch levels, the maximum")
        feed = MeterFeed(conference_id, self._rooms, self._live_calls)
        self._feeds.add(feed)
        return feed

    def close(self, feed: MeterFeed) -> None:
        """Close a feed; closing twice is harmless."""
        self._feeds.discard(feed)

    @property
    def stopped(self) -> bool:
        return self._stopped

    def stop(self) -> None:
        """End all feeds, because the server stops."""
        self._stopped = True
