"""Rows of media streams (api.md section 9)."""

from typing import Final

from mixminus.api.errors import InvalidRequestParameter, MissingRequestParameter
from mixminus.api.openapi.operation import Answer, Operation, Parameter
from mixminus.call.errors import CallDeleted, CallNotFound, CallNotProgressing
from mixminus.conference.errors import ConferenceNotFound, ConferenceNotProgressing
from mixminus.errors import InvalidArgument
from mixminus.streams.framing import Encapsulation
from mixminus.streams.service import TooManyStreams

__all__ = ["OPERATIONS"]

ENCAPSULATION: Final = Parameter(
    "query",
    "encapsulation",
    "`sln`: PCM alone, 320 bytes; `rtp`: after an RTP header, 332; `audiosocket`: after kind and length, 323.",
    {"type": "string", "enum": [each.value for each in Encapsulation]},
    required=True,
)
SOCKET: Final = (Answer(status=101, description="From now on this is a WebSocket (RFC 6455)."),)
PCM: Final = "Binary frames each way, 20 ms of 16-bit little-endian PCM at 8 kHz, mono. "

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/conferences/{id}/media_stream",
        tag="Conferences",
        name="streamConference",
        summary="Hear a room by WebSocket, and speak into it",
        description=PCM + "What you send is heard by everybody; you hear everybody but yourself.",
        parameters=(ENCAPSULATION,),
        answers=SOCKET,
        errors=(
            ConferenceNotFound,
            ConferenceNotProgressing,
            TooManyStreams,
            MissingRequestParameter,
            InvalidRequestParameter,
            InvalidArgument,
        ),
    ),
    Operation(
        method="GET",
        path="/calls/{id}/media_stream",
        tag="Calls",
        name="streamCall",
        summary="Hear a call by WebSocket, and speak to it",
        description=PCM + "You hear what the call says; what you send only the call hears.",
        parameters=(ENCAPSULATION,),
        answers=SOCKET,
        errors=(
            CallNotFound,
            CallDeleted,
            CallNotProgressing,
            TooManyStreams,
            MissingRequestParameter,
            InvalidRequestParameter,
            InvalidArgument,
        ),
    ),
)
