"""Rows of /recordings and /recordingfiles (api.md section 7)."""

from typing import Final

from mixminus.api.openapi import shapes
from mixminus.api.openapi.implied import PAGING
from mixminus.api.openapi.operation import Answer, Operation, Parameter
from mixminus.recording.errors import FileNotFound, RecordingNotEnded, RecordingNotFound

__all__ = ["OPERATIONS"]

WAV: Final = "audio/wav"
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
        method="GET",
        path="/recordingfiles/{id}",
        tag="Recordings",
        name="downloadRecording",
        summary="Download the sound of a recording that has ended",
        description="16-bit PCM, mono.",
        parameters=(Parameter("header", "Range", "Only these bytes (RFC 9110 section 14)."),),
        answers=(
            Answer(description="The whole file.", media_type=WAV),
            Answer(status=206, description="The range that was asked for.", media_type=WAV),
            Answer(status=416, description="The file has no such range."),
        ),
        errors=(RecordingNotFound, RecordingNotEnded, FileNotFound),
    ),
)
