"""/privacy, an extension of the API: erases or exports what the server has of one person."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, Final

import orjson
from aiohttp import hdrs, web
from pydantic import Field, TypeAdapter

from mixminus.api.body import Body, Text
from mixminus.api.every_node import ask_others, asked_by_node
from mixminus.api.operation import Answer, ApiCall, Operation, Resource
from mixminus.model.ids import CustomerId
from mixminus.model.permissions import ADMIN
from mixminus.model.privacy import ErasureReport, RoomRecordings
from mixminus.privacy.service import Found
from mixminus.recording.errors import RecordingUnavailable
from mixminus.store.timestamps import TimestampStyle
from mixminus.wire.call import CallView
from mixminus.wire.chat import ChatMessageView
from mixminus.wire.conference import ConferencecallView
from mixminus.wire.recording import RecordingView
from mixminus.wire.transcription import TranscriptView
from mixminus.wire.view import View

__all__ = ["resource"]

MAX_PARTY: Final = 255
NDJSON: Final = "application/x-ndjson"
_RECORDING: Final = "recording"
_REPORT: Final = TypeAdapter(ErasureReport)

resource: Final = Resource("Privacy", permission=ADMIN)
operation = partial(Operation, resource)

Party = Annotated[Text, Field(min_length=1, max_length=MAX_PARTY)]


class ErasureBody(Body):
    party: Party
    """A number, an extension or a SIP address, of who has called or was called."""
    rooms: RoomRecordings = "stems"
    """What happens to recordings of rooms: the person's stems are deleted, the whole recordings, or nothing."""


class ExportBody(Body):
    party: Party
    """A number, an extension or a SIP address, of who has called or was called."""


class ErasureView(View):
    """What an erasure has done: how many of each were erased."""

    calls: int
    participants: int
    transcripts: int
    messages: int
    groupcalls: int
    activeflows: int
    events: int
    recordings: int
    """Recordings that were deleted: of calls, and of rooms if that was asked for."""
    stems: int
    """Files of recordings of rooms that had the person's voice alone."""
    traces: int
    recordings_kept: list[str]
    """Recordings of rooms that have the person's voice still, in their mix."""
    calls_in_progress: int
    """Calls that have not ended, and were left as they are: repeat the request when they have."""


@operation("POST", "/privacy/erase", "Erase a person", answer=ErasureView, errors=(RecordingUnavailable,))
async def erase_person(call: ApiCall, body: ErasureBody) -> ErasureReport:
    """Erases what the server has of a number or a SIP address: it is taken out of calls, groupcalls and events, which
    keep their times; its transcripts, chat messages, recordings and traces are deleted. It can be repeated.
    """
    privacy = call.services.privacy
    if asked_by_node(call.request):
        return await privacy.erase_files(call.identity, body.party, body.rooms)
    privacy.check(body.party)
    others = [_REPORT.validate_json(each) for each in await ask_others(call.request)]
    report = await privacy.erase(call.identity, body.party, body.rooms)
    for other in others:
        report.add_files(other)
    return report


@operation(
    "POST",
    "/privacy/export",
    "Export a person",
    answers=(Answer(description="A JSON object a line: `kind` and `data`.", media_type=NDJSON),),
)
async def export_person(call: ApiCall, body: ExportBody) -> web.StreamResponse:
    """What the server has of a number or a SIP address: calls, participants, transcripts, chat messages and recordings, each
    as the API shows it; of recordings also `tracks`, the person's stems. The last line counts them.
    """
    privacy, style = call.services.privacy, call.services.style
    privacy.check(body.party)
    for_node = asked_by_node(call.request)
    others = await ask_others(call.request)
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: NDJSON,
            hdrs.CONTENT_DISPOSITION: 'attachment; filename="person.ndjson"',
            hdrs.CACHE_CONTROL: "no-store",
        }
    )
    await response.prepare(call.request)
    counts: dict[str, int] = {}
    async for found in privacy.find(CustomerId(call.customer_id), body.party, asked_by_node=for_node):
        said = ([], []) if for_node else await privacy.said(found)
        for kind, data in _lines(found, *said, style):
            if kind == _RECORDING or not for_node:
                counts[kind] = counts.get(kind, 0) + 1
                await response.write(_line(kind, data))
    for line in (line for other in others for line in other.splitlines(keepends=True)):
        counts[_RECORDING] = counts.get(_RECORDING, 0) + 1
        await response.write(line)
    if for_node:  # whose recordings these are
        await response.write_eof()
        return response
    await response.write(_line("report", counts))
    await response.write_eof()
    return response


def _lines(
    found: Found, transcripts: list[Any], messages: list[Any], style: TimestampStyle
) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, view, subjects in (
        ("call", CallView, found.calls),
        ("conferencecall", ConferencecallView, found.seats),
        ("transcript", TranscriptView, transcripts),
        ("chatmessage", ChatMessageView, messages),
    ):
        for subject in subjects:
            yield kind, view.render(subject, style)
    for recording in found.recordings:
        shown = RecordingView.render(recording, style)
        yield _RECORDING, shown | {"tracks": list(found.stems.get(recording.id, ()))}


def _line(kind: str, data: dict[str, Any]) -> bytes:
    return orjson.dumps({"kind": kind, "data": data}) + b"\n"
