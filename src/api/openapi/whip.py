"""Rows of WHIP (RFC 9725): how a browser joins and leaves."""

from typing import Final

from mixminus.api.errors import UnsupportedMediaType
from mixminus.api.openapi.operation import Answer, Operation, Parameter, RequestBody
from mixminus.conference.errors import ConferenceFull, ConferenceLocked, ConferenceNotFound, PinInvalid
from mixminus.errors import Conflict, Exhausted, InvalidArgument, NotFound
from mixminus.webrtc.session import EntityTagMismatch, EntityTagRequired, SessionEnded

__all__ = ["OPERATIONS"]

SDP: Final = "application/sdp"
FRAGMENT: Final = "application/trickle-ice-sdpfrag"
SESSION: Final = "/conferences/{id}/whip/{session_id}"
IF_MATCH: Final = Parameter("header", "If-Match", "The `ETag` of the ICE session; `*` to restart ICE.")

OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/conferences/{id}/whip",
        tag="Browsers",
        name="joinByWhip",
        summary="Join a room from a browser",
        parameters=(
            Parameter("query", "name", "Who is joining; at most 64 characters are kept."),
            Parameter("header", "X-Conference-Pin", "The room's pin, if it has one."),
            Parameter("query", "pin", "The same, for those who cannot send the header."),
        ),
        body=RequestBody(media_type=SDP),
        answers=(
            Answer(
                status=201,
                description="The SDP answer.",
                media_type=SDP,
                headers={"Location": "The session: PATCH and DELETE go there.", "ETag": "The ICE session."},
            ),
        ),
        errors=(
            ConferenceNotFound,
            InvalidArgument,
            UnsupportedMediaType,
            Conflict,
            ConferenceFull,
            ConferenceLocked,
            PinInvalid,
            NotFound,
            Exhausted,
        ),
    ),
    Operation(
        method="PATCH",
        path=SESSION,
        tag="Browsers",
        name="trickleByWhip",
        summary="Send ICE candidates, or restart ICE",
        parameters=(IF_MATCH,),
        body=RequestBody(media_type=FRAGMENT),
        answers=(
            Answer(description="ICE is restarted; here is our half.", media_type=FRAGMENT),
            Answer(status=204, description="The candidates are taken."),
        ),
        errors=(
            ConferenceNotFound,
            NotFound,
            UnsupportedMediaType,
            EntityTagRequired,
            EntityTagMismatch,
            SessionEnded,
        ),
    ),
    Operation(
        method="DELETE",
        path=SESSION,
        tag="Browsers",
        name="leaveByWhip",
        summary="Leave the room",
        answers=(Answer(description="The browser has left; the body is empty."),),
        errors=(ConferenceNotFound, NotFound),
    ),
)
