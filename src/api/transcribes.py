"""/transcribes and /transcripts (api.md section 8): speech to text."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final, Literal

from aiohttp import hdrs, web
from pydantic import Field

from mixminus.api import references
from mixminus.api.body import Body, Text, Uuid
from mixminus.api.conventions import IDENTIFIER
from mixminus.api.errors import InvalidRequestParameter, MissingRequestParameter
from mixminus.api.operation import Answer, ApiCall, Operation, Parameter, Resource
from mixminus.api.paths import query_id, query_text
from mixminus.call.errors import CallNotFound, CallNotProgressing
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.errors import Exhausted
from mixminus.model.ids import NIL, RecordingId, TranscribeId
from mixminus.model.transcription import Transcribe, TranscribeOptions, Transcript, direction_of
from mixminus.recording.errors import FileNotFound, RecordingNotEnded, RecordingNotFound
from mixminus.speech.recognition.errors import (
    LanguageNotSupported,
    TranscribeAlreadyProgressing,
    TranscribeNotFound,
)
from mixminus.speech.recognition.export import FORMATS
from mixminus.speech.translation.errors import TranslationNotSupported
from mixminus.store.page import Page
from mixminus.wire.transcription import TranscribeView, TranscriptView

__all__ = ["TranscribeStartBody", "resource"]

REFERENCE_TYPES: Final = ("call", "confbridge", "recording")
LONGEST_LANGUAGE: Final = 64
LONGEST_QUERY: Final = 256

# BCP 47 (RFC 5646 section 2.1), without the registries of its subtags.
_TAG: Final = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
Language = Annotated[str, Field(pattern=f"^({_TAG})?$", max_length=LONGEST_LANGUAGE)]

resource: Final = Resource("Transcription", view=TranscribeView, missing=(TranscribeNotFound,))
operation = partial(Operation, resource)


class _OptionsBody(Body):
    language: Language = ""
    """BCP 47, for example `en-US`; empty for the language of the conference, which is required otherwise. `auto` with a multilingual model: the language of each utterance is found out."""
    translate_to: Language = ""
    """BCP 47: transcripts get a translation into this language, by a translator of the machine; empty for none."""
    provider: Text = ""
    on_end_flow_id: Uuid = NIL
    direction: Text

    def options(self) -> TranscribeOptions:
        return TranscribeOptions(
            self.language,
            direction_of(self.direction),
            self.provider,
            self.on_end_flow_id,
            self.translate_to,
        )


class TranscribeStartBody(_OptionsBody):
    """Options of the transcription of a conference."""

    direction: Text = "in"
    """`in`: participants; `out`: audio that the room plays to them; any other text: both."""


class TranscribeBody(_OptionsBody):
    reference_type: Literal["call", "confbridge", "recording"]
    reference_id: Uuid
    direction: Text = "both"


@operation(
    "GET",
    "/transcribes",
    "List transcribes",
    parameters=references.parameters("transcribes", REFERENCE_TYPES),
)
async def list_transcribes(call: ApiCall, page: Page) -> list[TranscribeView]:
    reference = references.reference_of(call.request, REFERENCE_TYPES)
    found = await call.services.transcription.list(call.customer_id, page, reference)
    return [_view(call, each) for each in found]


@operation(
    "POST",
    "/transcribes",
    "Create a transcribe",
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
        TranslationNotSupported,
        Exhausted,
    ),
)
async def create_transcribe(call: ApiCall, body: TranscribeBody) -> TranscribeView:
    """Starts the transcription of a conference, a call, or a recording that has ended. A recording is
    transcribed once.
    """
    begun = await call.services.transcription.begin(
        call.customer_id, body.reference_type, body.reference_id, body.options()
    )
    return _view(call, begun)


@operation(
    "GET",
    "/recordings/{id}/transcribes",
    "List transcribes of a recording",
    errors=(RecordingNotFound,),
)
async def list_recording_transcribes(call: ApiCall, page: Page) -> list[TranscribeView]:
    """The same as `GET /transcribes` with `reference_type` `recording`."""
    await call.services.recordings.get(call.customer_id, RecordingId(call.id))
    found = await call.services.transcription.list(call.customer_id, page, ("recording", call.id))
    return [_view(call, each) for each in found]


@operation("GET", "/transcribes/{id}", "Get a transcribe")
async def get_transcribe(call: ApiCall) -> TranscribeView:
    return _view(call, await call.services.transcription.get(call.customer_id, TranscribeId(call.id)))


@operation("DELETE", "/transcribes/{id}", "Delete a transcribe")
async def delete_transcribe(call: ApiCall) -> TranscribeView:
    """Stops it, and deletes its transcripts."""
    return _view(call, await call.services.transcription.delete(call.customer_id, TranscribeId(call.id)))


@operation("POST", "/transcribes/{id}/stop", "Stop a transcribe")
async def stop_transcribe(call: ApiCall) -> TranscribeView:
    """Stopping it again changes nothing."""
    return _view(call, await call.services.transcription.end(call.customer_id, TranscribeId(call.id)))


@operation(
    "GET",
    "/transcribes/{id}/export",
    "Export a transcribe",
    parameters=(
        Parameter(
            "query",
            "format",
            "The format of the file.",
            {"type": "string", "enum": list(FORMATS), "default": "vtt"},
        ),
        Parameter(
            "query",
            "language",
            "BCP 47: texts in this language, where they are translated to it; of `json`, `message` too.",
            {"type": "string", "maxLength": LONGEST_LANGUAGE},
        ),
    ),
    answers=tuple(
        Answer(description="All transcripts in order.", media_type=kind.media_type)
        for kind in FORMATS.values()
    ),
)
async def export_transcribe(call: ApiCall) -> web.Response:
    """All transcripts as a file; of a room, with the chat messages to all of the same time."""
    transcribe_id = TranscribeId(call.id)
    found = await call.services.transcription.export(call.customer_id, transcribe_id)
    if language := call.request.query.get("language"):
        found = found.in_language(language)
    name = call.request.query.get("format", "vtt")
    if name not in FORMATS:
        raise InvalidRequestParameter(f"format must be one of {', '.join(FORMATS)}")
    headers = {
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{transcribe_id}.{name}"',
        hdrs.CACHE_CONTROL: "private",
    }
    kind = FORMATS[name]
    text = kind.write(found, call.services.style)
    return web.Response(text=text, content_type=kind.media_type, charset="utf-8", headers=headers)


@operation(
    "GET",
    "/transcripts",
    "List the transcripts of a transcribe",
    parameters=(Parameter("query", "transcribe_id", "The transcribe.", IDENTIFIER, required=True),),
    page=TranscriptView,
    errors=(TranscribeNotFound, MissingRequestParameter),
)
async def list_transcripts(call: ApiCall, page: Page) -> Sequence[Transcript]:
    """Newest first; `GET /transcribes/{id}/export` has all of them in the order in which they started."""
    transcribe_id = query_id(call.request, "transcribe_id")
    if transcribe_id is None:
        raise MissingRequestParameter("the query parameter transcribe_id is required")
    return await call.services.transcription.transcript_page(
        call.customer_id, TranscribeId(transcribe_id), page
    )


@operation(
    "GET",
    "/transcripts/search",
    "Search transcripts",
    parameters=(
        Parameter(
            "query",
            "q",
            "Words that a transcript must all contain.",
            {"type": "string", "minLength": 1, "maxLength": LONGEST_QUERY},
            required=True,
        ),
    ),
    page=TranscriptView,
    errors=(MissingRequestParameter,),
)
async def search_transcripts(call: ApiCall, page: Page) -> Sequence[Transcript]:
    """In all transcribes, newest first."""
    words = query_text(call.request, "q", LONGEST_QUERY).split()
    return await call.services.transcription.search(call.customer_id, words, page)


def _view(call: ApiCall, transcribe: Transcribe) -> TranscribeView:
    return TranscribeView.of(transcribe, behind_s=call.services.transcription.behind_s(transcribe.id))
