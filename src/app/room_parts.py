"""Rooms and what happens in them, wired for ``control``."""

from dataclasses import dataclass

from mixminus.app.ground import Ground
from mixminus.app.recording_parts import open_recordings
from mixminus.app.sounds import open_sounds
from mixminus.conference.keypad import Keypad
from mixminus.conference.lifecycle import Lifecycle
from mixminus.conference.participants import ParticipantService
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.conference.telling import Telling
from mixminus.flow.flows import FlowService
from mixminus.recording.library import RecordingLibrary
from mixminus.recording.service import RecordingService
from mixminus.sound.service import SoundService
from mixminus.speech.recognition.pool import RecogniserPool
from mixminus.speech.recognition.service import TranscriptionService

__all__ = ["RoomParts", "open_rooms"]


@dataclass(frozen=True, slots=True)
class RoomParts:
    """Everything that needs no call."""

    sounds: SoundService
    rooms: Rooms
    recordings: RecordingService
    library: RecordingLibrary
    transcription: TranscriptionService
    flows: FlowService
    conferences: ConferenceService
    participants: ParticipantService
    keypad: Keypad


async def open_rooms(ground: Ground) -> RoomParts:
    """Build what a conference needs, from the sounds up."""
    store, clock, config = ground.store, ground.clock, ground.config
    sounds = await ground.stack.enter_async_context(
        open_sounds(ground.engine, clock, config.sounds, config.private_targets)
    )
    rooms = Rooms(ground.engine, clock, sounds.tune)
    telling = Telling(sounds.service)
    recordings, library = open_recordings(ground, seat_of=rooms.seat_of)
    transcription = ground.kept(
        TranscriptionService(
            store, clock, rooms=rooms, recordings=recordings, pool=RecogniserPool(config.speech)
        )
    )
    lifecycle = Lifecycle(
        store, clock, rooms, recorder=recordings, transcriber=transcription, telling=telling
    )
    flows = FlowService(store, clock)
    conferences = ConferenceService(
        store, clock, rooms=rooms, lifecycle=lifecycle, recorder=recordings, flows=flows
    )
    participants = ParticipantService(store, clock, rooms=rooms, lifecycle=lifecycle, telling=telling)
    return RoomParts(
        sounds=sounds.service,
        rooms=rooms,
        recordings=recordings,
        library=library,
        transcription=transcription,
        flows=flows,
        conferences=ground.kept(conferences),
        participants=participants,
        keypad=ground.kept(Keypad(store, clock, rooms=rooms, participants=participants, telling=telling)),
    )
