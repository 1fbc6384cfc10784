"""Rows of what records calls, and of pauses."""

from typing import Final

from mixminus.api.openapi import shapes
from mixminus.api.openapi.operation import Answer, Operation, RequestBody
from mixminus.api.recording_schemas import CallRecordingBody, PauseBody
from mixminus.call.errors import CallDeleted, CallNotFound, CallNotProgressing
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.errors import MixMinusError
from mixminus.recording.errors import (
    FormatUnsupported,
    RecordingAlreadyActive,
    RecordingNotActive,
    RecordingNotPaused,
    RecordingPaused,
)

__all__ = ["OPERATIONS"]

CALL: Final = (Answer(shapes.Call, description="The call as it is now."),)
CONFERENCE: Final = (Answer(shapes.Conference, description="The conference as it is now."),)
NOT_UP: Final[tuple[type[MixMinusError], ...]] = (CallNotFound, CallDeleted, CallNotProgressing)
NO_ROOM: Final[tuple[type[MixMinusError], ...]] = (ConferenceNotFound, ConferenceNotProgressing)
PAUSE: Final = (
    "`silence` keeps the time, as silence; `cut` leaves it out, and the timeline has where. Nothing is kept of what is "
    "said meanwhile."
)
OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/calls/{id}/recording_start",
        tag="Calls",
        name="startCallRecording",
        summary="Record a call from now on",
        description="What it says and what it hears, in rooms and outside, until it is stopped or hung up. "
        "`channels: stereo` puts the caller on the left and all others on the right. `end_of_silence` seconds "
        "without a sound end it, and so do the keys of `end_of_key`.",
        body=RequestBody(CallRecordingBody, required=False),
        answers=CALL,
        errors=(*NOT_UP, RecordingAlreadyActive, FormatUnsupported),
    ),
    Operation(
        method="POST",
        path="/calls/{id}/recording_stop",
        tag="Calls",
        name="stopCallRecording",
        summary="Stop the recording of a call",
        answers=CALL,
        errors=(*NOT_UP, RecordingNotActive),
    ),
    Operation(
        method="POST",
        path="/calls/{id}/recording_pause",
        tag="Calls",
        name="pauseCallRecording",
        summary="Leave out what is said in a call from now on",
        description=PAUSE,
        body=RequestBody(PauseBody, required=False),
        answers=CALL,
        errors=(*NOT_UP, RecordingNotActive, RecordingPaused),
    ),
    Operation(
        method="POST",
        path="/calls/{id}/recording_resume",
        tag="Calls",
        name="resumeCallRecording",
        summary="Let the paused recording of a call go on",
        answers=CALL,
        errors=(*NOT_UP, RecordingNotActive, RecordingNotPaused),
    ),
    Operation(
        method="POST",
        path="/conferences/{id}/recording_pause",
        tag="Conferences",
        name="pauseRecording",
        summary="Leave out what is said in a room from now on",
        description=PAUSE,
        body=RequestBody(PauseBody, required=False),
        answers=CONFERENCE,
        errors=(*NO_ROOM, RecordingNotActive, RecordingPaused),
    ),
    Operation(
        method="POST",
        path="/conferences/{id}/recording_resume",
        tag="Conferences",
        name="resumeRecording",
        summary="Let the paused recording of a room go on",
        answers=CONFERENCE,
        errors=(*NO_ROOM, RecordingNotActive, RecordingNotPaused),
    ),
)
