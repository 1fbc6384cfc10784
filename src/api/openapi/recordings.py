"""Rows of /recordings and /recordingfiles (api.md section 7)."""

from typing import Final

from mixminus.api.openapi import recording_shapes, shapes
from mixminus.api.openapi.implied import PAGING
from mixminus.api.openapi.operation import Answer, Operation, Parameter
from mixminus.errors import InvalidArgument
from mixminus.recording.errors import (
    FileNotFound,
    RecordingNotActive,
    RecordingNotEnded,
    RecordingNotFound,
)

__all__ = ["OPERATIONS"]

WAV: Final = "audio/wav"
TRACK: Final = Parameter("query", "track", "A stem, by its name in `files`; without it the recording itself.")
OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/recordings",
        tag="Recordings",
        name="listRecordings",
        summary="Show recordings, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.RecordingPage, description="A page of recordings."),),
    ),
    Operation(
        method="GET",
        path="/recordings/{id}",
        tag="Recordings",
        name="getRecording",
        summary="Show a recording",
        answers=(Answer(shapes.Recording, description="The recording as it is now."),),
        errors=(RecordingNotFound,),
    ),
    Operation(
        method="DELETE",
        path="/recordings/{id}",
        tag="Recordings",
        name="deleteRecording",
        summary="Remove the files of a recording for good",
        description="It can still be read, and is not listed any more.",
        answers=(Answer(shapes.Recording, description="The recording, with `tm_delete`."),),
        errors=(RecordingNotFound, RecordingNotEnded),
    ),
    Operation(
        method="GET",
        path="/recordings/{id}/timeline",
        tag="Recordings",
        name="getRecordingTimeline",
        summary="Show what happened at which sample, and the hash chain over it",
        description="Joins, leaves, mutes, talk spurts, pauses. Of a recording that goes on: what is there so far.",
        answers=(Answer(recording_shapes.Timeline, description="The timeline."),),
        errors=(RecordingNotFound, RecordingNotEnded, FileNotFound),
    ),
    Operation(
        method="GET",
        path="/recordings/{id}/peaks",
        tag="Recordings",
        name="getRecordingPeaks",
        summary="Show a waveform, for players",
        description="In the format of audiowaveform, version 2.",
        parameters=(
            Parameter(
                "query",
                "per_second",
                "How many stretches a second, from 1 to 1000.",
                {"type": "integer", "default": 10},
            ),
            TRACK,
        ),
        answers=(Answer(recording_shapes.Peaks, description="The waveform."),),
        errors=(RecordingNotFound, RecordingNotEnded, FileNotFound, InvalidArgument),
    ),
    Operation(
        method="GET",
        path="/recordings/{id}/verification",
        tag="Recordings",
        name="verifyRecording",
        summary="Tell whether a recording is what was recorded",
        answers=(Answer(recording_shapes.Verification, description="What was found."),),
        errors=(RecordingNotFound, RecordingNotEnded, FileNotFound),
    ),
    Operation(
        method="GET",
        path="/recordingfiles/{id}",
        tag="Recordings",
        name="downloadRecording",
        summary="Download the sound of a recording",
        description="16-bit PCM, unless another format was asked for. It must have ended; `live=true` gives a WAV of "
        "what is there so far of one that goes on.",
        parameters=(
            TRACK,
            Parameter("query", "live", "`1` or `true`: what is there so far, as WAV."),
            Parameter("header", "Range", "Only these bytes (RFC 9110 section 14)."),
        ),
        answers=(
            Answer(description="The whole file.", media_type=WAV),
            Answer(status=206, description="The range that was asked for.", media_type=WAV),
            Answer(status=416, description="The file has no such range."),
        ),
        errors=(RecordingNotFound, RecordingNotEnded, RecordingNotActive, FileNotFound),
    ),
)
