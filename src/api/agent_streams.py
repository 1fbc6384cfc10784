"""Media streams that the server connects (api.md section 9.1): its WebSocket goes to a program of the customer."""

from functools import partial
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, Strict

from mixminus.api.body import Body, Text, Uuid
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.call.errors import CallNotFound, CallNotProgressing
from mixminus.conference.errors import (
    ConferencecallGone,
    ConferencecallNotFound,
    ConferenceNotFound,
    ConferenceNotProgressing,
)
from mixminus.model.ids import NIL, CallId, ConferencecallId, ConferenceId, MediaStreamId
from mixminus.model.media_stream import (
    TELEPHONY_HZ,
    AgentStream,
    CallListen,
    Encapsulation,
    RoomListen,
    StreamFormat,
    StreamProtocol,
    StreamRequest,
    checked_parameters,
    checked_url,
)
from mixminus.streams.errors import MediaStreamNotFound, MediaStreamOver, TooManyStreams
from mixminus.wire.media_stream import MediaStreamView
from mixminus.wire.view import View

__all__ = ["resource"]

resource: Final = Resource("Media streams", view=MediaStreamView)
operation = partial(Operation, resource)


class StreamFields(Body):
    url: Annotated[Text, AfterValidator(checked_url)]
    """`ws://` or `wss://`; private addresses as for webhooks."""
    protocol: Annotated[StreamProtocol, Strict(False)] = StreamProtocol.MIXMINUS
    """`twilio`: the messages of Twilio's Media Streams, mu-law at 8 kHz."""
    encapsulation: Annotated[Encapsulation, Strict(False)] = Encapsulation.SLN
    sample_rate: Literal[8000, 16000, 24000, 48000] = TELEPHONY_HZ
    """Of the PCM, both ways, in Hz."""
    parameters: Annotated[dict[Text, Text], AfterValidator(checked_parameters)] = Field(default_factory=dict)
    """What the program gets in the first message; with `twilio` as `customParameters`."""

    def request(self, listen: RoomListen | CallListen, of: ConferencecallId) -> StreamRequest:
        return StreamRequest(
            url=self.url,
            protocol=self.protocol,
            format=StreamFormat(self.encapsulation, self.sample_rate),
            listen=listen,
            conferencecall_id=of,
            parameters=self.parameters,
        )


class ConferenceStreamBody(StreamFields):
    listen: Annotated[RoomListen, Strict(False)] = RoomListen.MIX
    """What the program hears: all, the participant of `conferencecall_id` alone, or all but that one."""
    conferencecall_id: Uuid = NIL


class CallStreamBody(StreamFields):
    listen: Annotated[CallListen, Strict(False)] = CallListen.IN
    """What the program hears: what the call says, what it hears, or both."""


class MediaStreamsView(View):
    """The media streams of a room or a call, oldest first."""

    result: list[MediaStreamView]


@operation(
    "POST",
    "/conferences/{id}/media_streams",
    "Connect a room to a program",
    errors=(
        ConferenceNotFound,
        ConferenceNotProgressing,
        ConferencecallNotFound,
        ConferencecallGone,
        TooManyStreams,
    ),
)
async def start_conference_stream(call: ApiCall, body: ConferenceStreamBody) -> AgentStream:
    """The server opens a WebSocket to `url`; all of the room hear what the program sends. It answers `connecting`;
    events report the rest. A connection that is lost is opened again.
    """
    request = body.request(body.listen, ConferencecallId(body.conferencecall_id))
    return await call.services.agent_streams.start_conference(
        call.customer_id, ConferenceId(call.id), request
    )


@operation(
    "POST",
    "/calls/{id}/media_streams",
    "Connect a call to a program",
    errors=(CallNotFound, CallNotProgressing, TooManyStreams),
)
async def start_call_stream(call: ApiCall, body: CallStreamBody) -> AgentStream:
    """As for a room; only the call hears what the program sends, in rooms and outside of them. The program gets the
    digits that the caller presses.
    """
    request = body.request(body.listen, ConferencecallId(NIL))
    return await call.services.agent_streams.start_call(call.customer_id, CallId(call.id), request)


@operation(
    "GET",
    "/conferences/{id}/media_streams",
    "List the media streams of a room",
    errors=(ConferenceNotFound,),
    answer=MediaStreamsView,
)
async def list_conference_streams(call: ApiCall) -> MediaStreamsView:
    """Those that the server connects, also ended ones of late."""
    found = await call.services.agent_streams.list_conference(call.customer_id, ConferenceId(call.id))
    return MediaStreamsView.model_validate({"result": found})


@operation(
    "GET",
    "/calls/{id}/media_streams",
    "List the media streams of a call",
    errors=(CallNotFound,),
    answer=MediaStreamsView,
)
async def list_call_streams(call: ApiCall) -> MediaStreamsView:
    """Those that the server connects, also ended ones of late."""
    found = await call.services.agent_streams.list_call(call.customer_id, CallId(call.id))
    return MediaStreamsView.model_validate({"result": found})


@operation("GET", "/media_streams/{id}", "Get a media stream", errors=(MediaStreamNotFound,))
async def get_media_stream(call: ApiCall) -> AgentStream:
    """Also one that ended lately."""
    return call.services.agent_streams.get(call.customer_id, MediaStreamId(call.id))


@operation(
    "POST", "/media_streams/{id}/stop", "Stop a media stream", errors=(MediaStreamNotFound, MediaStreamOver)
)
async def stop_media_stream(call: ApiCall) -> AgentStream:
    """The program gets the last message, and its connection is closed."""
    return await call.services.agent_streams.stop(call.customer_id, MediaStreamId(call.id))
