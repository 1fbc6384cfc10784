"""Rows of /transcribes and /transcripts (api.md section 8), and of a conference's transcription."""

from typing import Final

from mixminus.api.errors import MissingRequestParameter
from mixminus.api.openapi import shapes, speech_shapes
from mixminus.api.openapi.implied import IDENTIFIER, PAGING
from mixminus.api.openapi.operation import Answer, Operation, Parameter, RequestBody
from mixminus.api.speech_schemas import TranscribeBody, TranscribeStartBody
from mixminus.call.errors import CallNotFound, CallNotProgressing
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.errors import Exhausted
from mixminus.recording.errors import FileNotFound, RecordingNotEnded, RecordingNotFound
from mixminus.speech.recognition.errors import (
    LanguageNotSupported,
    TranscribeAlreadyProgressing,
    TranscribeNotActive,
    TranscribeNotFound,
)
from mixminus.speech.recognition.export import FORMATS

__all__ = ["OPERATIONS"]

TAG: Final = "Transcription"
CONFERENCE: Final = (Answer(shapes.Conference, description="The conference as it is now."),)
TRANSCRIBE: Final = (Answer(speech_shapes.Transcribe, description="The transcribe as it is now."),)

OF_CONFERENCES: Final = (
    Operation(
        method="POST",
        path="/conferences/{id}/transcribe_start",
        tag="Conferences",
        name="startTranscribing",
        summary="Write down what is said, from now on",
        description="Each participant is heard apart: every transcript says who has spoken. "
        "503 when speech to text is not installed: the message has the command that installs it.",
        body=RequestBody(TranscribeStartBody),
        answers=CONFERENCE,
        errors=(
            ConferenceNotFound,
            ConferenceNotProgressing,
            TranscribeAlreadyProgressing,
            LanguageNotSupported,
            Exhausted,
        ),
    ),
    Operation(
        method="POST",
        path="/conferences/{id}/transcribe_stop",
        tag="Conferences",
        name="stopTranscribing",
        summary="Stop writing down what is said",
        description="The last words may come a moment later; then the transcribe is `done`.",
        answers=CONFERENCE,
        errors=(ConferenceNotFound, ConferenceNotProgressing, TranscribeNotActive),
    ),
)
TRANSCRIBES: Final = (
    Operation(
        method="GET",
        path="/transcribes",
        tag=TAG,
        name="listTranscribes",
        summary="Show transcribes, newest first",
        parameters=(
            *PAGING,
            Parameter(
                "query",
                "reference_type",
                "Only of this thing: with `reference_id`.",
                {"type": "string", "enum": ["call", "confbridge", "recording"]},
            ),
            Parameter("query", "reference_id", "Only of this thing: with `reference_type`.", IDENTIFIER),
        ),
        answers=(Answer(speech_shapes.TranscribePage, description="A page of transcribes."),),
    ),
    Operation(
        method="POST",
        path="/transcribes",
        tag=TAG,
        name="createTranscribe",
        summary="Write down what is said in a conference, by a call, or in a recording",
        description="A recording must have ended; it is listened to once.",
        body=RequestBody(TranscribeBody),
        answers=TRANSCRIBE,
        errors=(
            ConferenceNotFound,
            ConferenceNotProgressing,
            CallNotFound,
            CallNotProgressing,
            RecordingNotFound,
            RecordingNotEnded,
            FileNotFound,
            TranscribeAlreadyProgressing,
            LanguageNotSupported,
            Exhausted,
        ),
    ),
    Operation(
        method="GET",
        path="/transcribes/{id}",
        tag=TAG,
        name="getTranscribe",
        summary="Show a transcribe",
        answers=TRANSCRIBE,
        errors=(TranscribeNotFound,),
    ),
    Operation(
        method="DELETE",
        path="/transcribes/{id}",
        tag=TAG,
        name="deleteTranscribe",
        summary="Stop a transcribe, and forget what was said",
        answers=TRANSCRIBE,
        errors=(TranscribeNotFound,),
    ),
    Operation(
        method="POST",
        path="/transcribes/{id}/stop",
        tag=TAG,
        name="stopTranscribe",
        summary="Stop listening",
        description="Stopping again changes nothing.",
        answers=TRANSCRIBE,
        errors=(TranscribeNotFound,),
    ),
    Operation(
        method="GET",
        path="/transcribes/{id}/export",
        tag=TAG,
        name="exportTranscribe",
        summary="Download all that was said, as a file",
        parameters=(
            Parameter(
                "query",
                "format",
                "What kind of file.",
                {"type": "string", "enum": list(FORMATS), "default": "vtt"},
            ),
        ),
        answers=tuple(
            Answer(description="All transcripts, in order.", media_type=kind.media_type)
            for kind in FORMATS.values()
        ),
        errors=(TranscribeNotFound,),
    ),
)
TRANSCRIPTS: Final = (
    Operation(
        method="GET",
        path="/transcripts",
        tag=TAG,
        name="listTranscripts",
        summary="Show the first hundred transcripts of a transcribe, in order",
        parameters=(Parameter("query", "transcribe_id", "Of which.", IDENTIFIER, required=True),),
        answers=(Answer(speech_shapes.TranscriptPage, description="What was said."),),
        errors=(TranscribeNotFound, MissingRequestParameter),
    ),
    Operation(
        method="GET",
        path="/transcripts/search",
        tag=TAG,
        name="searchTranscripts",
        summary="Find what was said, in all transcribes, newest first",
        parameters=(
            *PAGING,
            Parameter(
                "query",
                "q",
                "Words that must all be in it.",
                {"type": "string", "minLength": 1, "maxLength": 256},
                required=True,
            ),
        ),
        answers=(Answer(speech_shapes.TranscriptPage, description="A page of transcripts."),),
        errors=(MissingRequestParameter,),
    ),
)
OPERATIONS: Final = (*OF_CONFERENCES, *TRANSCRIBES, *TRANSCRIPTS)
