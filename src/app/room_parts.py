"""Rooms and what happens in them, wired for ``control``."""

from dataclasses import dataclass

from mixminus.app.ground import Ground
from mixminus.app.recording_parts import open_recordings
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.flow.flows import FlowService
from mixminus.recording.library import RecordingLibrary
from mixminus.recording.service import RecordingService

__all__ = ["RoomParts", "open_rooms"]


@dataclass(frozen=True, slots=True)
class RoomParts:
    """Everything that needs no call."""

    rooms: Rooms
    recordings: RecordingService
    library: RecordingLibrary
    flows: FlowService
    conferences: ConferenceService
    participants: ParticipantService


def open_rooms(ground: Ground) -> RoomParts:
    """Build what a conference needs, from the recorder up."""
    store, clock = ground.store, ground.clock
    rooms = Rooms(ground.engine, clock)
    recordings, library = open_recordings(ground, seat_of=rooms.seat_of)
    lifecycle = Lifecycle(store, clock, rooms, recordings)
    flows = FlowService(store, clock)
    conferences = ConferenceService(
        store, clock, rooms=rooms, lifecycle=lifecycle, recorder=recordings, flows=flows
    )
    return RoomParts(
        rooms=rooms,
        recordings=recordings,
        library=library,
        flows=flows,
        conferences=ground.kept(conferences),
        participants=ParticipantService(store, clock, rooms=rooms, lifecycle=lifecycle),
    )
