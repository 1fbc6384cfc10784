"""/recordings and /recordingfiles (api.md section 7), and the options with which a recording is started."""

import re
from dataclasses import replace
from functools import partial
from typing import Any, Final, Literal

from aiohttp import web
from pydantic import Field

from mixminus.api import references
from mixminus.api.body import MAX_SECONDS, Body, Uuid
from mixminus.api.errors import InvalidRequestParameter
from mixminus.api.json import json_response
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter, Resource
from mixminus.api.paths import query_flag
from mixminus.api.recording_file import send
from mixminus.errors import InvalidArgument
from mixminus.model.ids import NIL, RecordingId
from mixminus.model.recording import PauseMode, Recording, RecordingOptions, keys_of
from mixminus.recording.errors import FileNotFound, RecordingNotActive, RecordingNotEnded, RecordingNotFound
from mixminus.recording.layout import MAIN
from mixminus.store.page import Page
from mixminus.wire.recording import RecordingFile, RecordingView
from mixminus.wire.view import View

__all__ = ["PAUSE", "CallRecordingBody", "PauseBody", "RecordingBody", "resource"]

REFERENCE_TYPES: Final = ("call", "confbridge")
WAV: Final = "audio/wav"
PEAKS_PER_SECOND: Final = 10
MAX_PEAKS_PER_SECOND: Final = 1000
PER_SECOND: Final = re.compile(r"[0-9]{1,4}", re.ASCII)
PAUSE: Final = (
    "`silence` records silence during the pause; `cut` leaves the pause out, and the timeline says where. Nothing "
    "that is said during the pause is stored."
)
TRACK: Final = Parameter("query", "track", "The name of a stem in `files`; without it, the recording itself.")

resource: Final = Resource("Recordings", view=RecordingView, missing=(RecordingNotFound,))
operation = partial(Operation, resource)


class RecordingBody(Body):
    """Options of a recording of a conference."""

    format: Literal["wav", "flac", "ogg", "mp3", "m4a"] = "wav"
    duration: int = Field(0, ge=0, le=MAX_SECONDS)
    on_end_flow_id: Uuid = NIL
    channels: Literal["mono", "stereo"] = "mono"
    """Stereo: the first participant on the left, all others on the right."""
    stems: bool = False
    """Also a file for each speaker, on the same clock."""

    def options(self) -> RecordingOptions:
        return RecordingOptions(
            format=self.format,
            duration_s=self.duration,
            on_end_flow_id=self.on_end_flow_id,
            stems=self.stems,
            channels=2 if self.channels == "stereo" else 1,
        )


class CallRecordingBody(RecordingBody):
    """Options of a recording of a call."""

    end_of_silence: int = Field(0, ge=0, le=MAX_SECONDS)
    end_of_key: Literal["", "none", "any", "*", "#", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"] = ""

    def options(self) -> RecordingOptions:
        return replace(
            super().options(), end_of_silence_s=self.end_of_silence, end_of_key=keys_of(self.end_of_key)
        )


class PauseBody(Body):
    mode: Literal["silence", "cut"] = "silence"

    def pause(self) -> PauseMode:
        return PauseMode(self.mode)


class TimelineLine(View):
    """An event or the hashes of a segment; a SHA-256 chain binds it to all earlier lines."""

    entry: dict[str, Any]
    """`type` is `begin`, `event`, `segment`, `end` or `files`; an event has its sample position, `at`."""
    hash: str
    """Over the previous hash and the entry with sorted keys."""


class Timeline(View):
    """The events of a recording and the hashes that prove it."""

    entries: list[TimelineLine]
    files: list[RecordingFile]
    seal: str


class RecordingFinding(View):
    """A difference from the sealed recording."""

    what: str
    where: str


class Verification(View):
    """Whether a recording is unchanged."""

    intact: bool
    findings: list[RecordingFinding]


class Peaks(View):
    """A waveform: the minimum and the maximum sample of each stretch and channel, in 8 bits."""

    version: Literal[2]
    channels: int
    sample_rate: int
    samples_per_pixel: int
    bits: Literal[8]
    length: int
    data: list[int]


@operation(
    "GET",
    "/recordings",
    "List recordings",
    parameters=references.parameters("recordings", REFERENCE_TYPES),
)
async def list_recordings(call: ApiCall, page: Page) -> list[Recording]:
    """All of them, or all of a conference (`confbridge`) or a call, whose `recording_ids` are the newest 100."""
    reference = references.reference_of(call.request, REFERENCE_TYPES)
    return await call.services.recordings.list(call.customer_id, page, reference)


@operation("GET", "/recordings/{id}", "Get a recording")
async def get_recording(call: ApiCall) -> Recording:
    return await call.services.recordings.get(call.customer_id, RecordingId(call.id))


@operation("DELETE", "/recordings/{id}", "Delete a recording", errors=(RecordingNotEnded,))
async def delete_recording(call: ApiCall) -> Recording:
    """Deletes its files before the answer is sent. The recording can still be read and is not listed."""
    return await call.services.library.delete(call.customer_id, RecordingId(call.id))


@operation(
    "GET",
    "/recordings/{id}/timeline",
    "Get the timeline of a recording",
    answer=Timeline,
    errors=(RecordingNotEnded, FileNotFound),
)
async def get_recording_timeline(call: ApiCall) -> web.Response:
    """Joins, leaves, mutes, talk spurts and pauses by sample position, with a hash chain. Of a running
    recording: the entries so far.
    """
    return json_response(await call.services.library.timeline(call.customer_id, RecordingId(call.id)))


@operation(
    "GET",
    "/recordings/{id}/peaks",
    "Get the waveform of a recording",
    parameters=(
        Parameter(
            "query",
            "per_second",
            "The number of stretches in a second, from 1 to 1000.",
            {"type": "integer", "default": PEAKS_PER_SECOND},
        ),
        TRACK,
    ),
    answer=Peaks,
    errors=(RecordingNotEnded, FileNotFound, InvalidArgument),
)
async def get_recording_peaks(call: ApiCall) -> web.Response:
    """In the format of audiowaveform, version 2."""
    text = call.request.query.get("per_second", "") or str(PEAKS_PER_SECOND)
    if not PER_SECOND.fullmatch(text) or not 1 <= int(text) <= MAX_PEAKS_PER_SECOND:
        raise InvalidRequestParameter(f"per_second must be a whole number from 1 to {MAX_PEAKS_PER_SECOND}")
    peaks = await call.services.library.peaks(
        call.customer_id, RecordingId(call.id), int(text), _track(call.request)
    )
    return json_response(peaks)


@operation(
    "GET", "/recordings/{id}/verification", "Verify a recording", errors=(RecordingNotEnded, FileNotFound)
)
async def verify_recording(call: ApiCall) -> Verification:
    """Compares its files and its timeline with the hashes that were made while it ran."""
    findings = await call.services.library.verify(call.customer_id, RecordingId(call.id))
    return Verification.model_validate({"intact": not findings, "findings": findings})


@operation(
    "GET",
    "/recordingfiles/{id}",
    "Download a recording",
    parameters=(
        TRACK,
        Parameter("query", "live", "The audio so far, as WAV.", {"type": "boolean", "default": False}),
        Parameter("header", "Range", "Only these bytes (RFC 9110 section 14)."),
    ),
    answers=(
        Answer(description="The whole file.", media_type=WAV),
        Answer(status=206, description="The requested range.", media_type=WAV),
        Answer(status=416, description="The file does not have the requested range."),
    ),
    errors=(RecordingNotEnded, RecordingNotActive, FileNotFound),
    head=True,
)
async def download_recording(call: ApiCall) -> web.StreamResponse:
    """16-bit PCM, unless another format was chosen at its start. The recording must have ended; `live=true`
    returns the audio so far of a running one, as WAV.
    """
    library, recording_id = call.services.library, RecordingId(call.id)
    if query_flag(call.request, "live"):
        return await send(call.request, await library.live(call.customer_id, recording_id))
    return await send(call.request, await library.sound(call.customer_id, recording_id, _track(call.request)))


def _track(request: web.Request) -> str:
    return request.query.get("track", "") or MAIN
