"""Rows of /conferences and /conferencecalls (api.md sections 2 and 3)."""

from typing import Final

from mixminus.api.openapi import shapes
from mixminus.api.openapi.implied import IDENTIFIER, PAGING
from mixminus.api.openapi.operation import Answer, Operation, Parameter, RequestBody
from mixminus.api.recording_schemas import RecordingBody
from mixminus.api.room_schemas import ParticipantBody
from mixminus.api.schemas import ConferenceBody, ConferenceFields
from mixminus.conference.errors import (
    ConferencecallGone,
    ConferencecallNotFound,
    ConferenceNotFound,
    ConferenceNotProgressing,
)
from mixminus.errors import AlreadyExists, Conflict
from mixminus.flow.errors import FlowNotFound, InvalidActionType
from mixminus.recording.errors import FormatUnsupported, RecordingAlreadyActive, RecordingNotActive

__all__ = ["OPERATIONS"]

CONFERENCE: Final = (Answer(shapes.Conference, description="The conference as it is now."),)
CONFERENCECALL: Final = (Answer(shapes.Conferencecall, description="The participant as it is now."),)

CONFERENCES: Final = (
    Operation(
        method="POST",
        path="/conferences",
        tag="Conferences",
        name="createConference",
        summary="Open a room",
        description="The answer says `starting`; the room is `progressing` within milliseconds. "
        "A `timeout` from 1 to 59 means a day.",
        body=RequestBody(ConferenceBody),
        answers=CONFERENCE,
        errors=(AlreadyExists, InvalidActionType, FlowNotFound),
    ),
    Operation(
        method="GET",
        path="/conferences",
        tag="Conferences",
        name="listConferences",
        summary="Show the rooms that are not deleted, newest first",
        parameters=PAGING,
        answers=(Answer(shapes.ConferencePage, description="A page of rooms."),),
    ),
    Operation(
        method="GET",
        path="/conferences/{id}",
        tag="Conferences",
        name="getConference",
        summary="Show a room, also after its end",
        answers=CONFERENCE,
        errors=(ConferenceNotFound,),
    ),
    Operation(
        method="PUT",
        path="/conferences/{id}",
        tag="Conferences",
        name="updateConference",
        summary="Replace what can be changed of a room",
        description="What is absent gets its default.",
        body=RequestBody(ConferenceFields),
        answers=CONFERENCE,
        errors=(ConferenceNotFound, ConferenceNotProgressing, InvalidActionType, FlowNotFound),
    ),
    Operation(
        method="POST",
        path="/conferences/{id}/direct-hash-regenerate",
        tag="Conferences",
        name="regenerateDirectHash",
        summary="Give a room another name to dial",
        description="The one that it had reaches nothing any more.",
        answers=CONFERENCE,
        errors=(ConferenceNotFound, ConferenceNotProgressing),
    ),
    Operation(
        method="DELETE",
        path="/conferences/{id}",
        tag="Conferences",
        name="deleteConference",
        summary="Close a room",
        description="`terminating` while somebody is still there, else `terminated`. Deleting again changes nothing.",
        answers=CONFERENCE,
        errors=(ConferenceNotFound,),
    ),
    Operation(
        method="POST",
        path="/conferences/{id}/recording_start",
        tag="Conferences",
        name="startRecording",
        summary="Record the room from now on",
        description="Silence counts, and nobody need be there. After `duration` seconds, or a day, it stops by itself. "
        "`channels: stereo` puts whoever is first in the room on the left and all others on the right.",
        body=RequestBody(RecordingBody, required=False),
        answers=CONFERENCE,
        errors=(ConferenceNotFound, ConferenceNotProgressing, RecordingAlreadyActive, FormatUnsupported),
    ),
    Operation(
        method="POST",
        path="/conferences/{id}/recording_stop",
        tag="Conferences",
        name="stopRecording",
        summary="Stop the recording that runs",
        answers=CONFERENCE,
        errors=(ConferenceNotFound, ConferenceNotProgressing, RecordingNotActive),
    ),
    Operation(
        method="GET",
        path="/conferences/{id}/talking",
        tag="Conferences",
        name="listTalking",
        summary="Show who is here and how loud, at this moment",
        answers=(Answer(shapes.Talkers, description="Everybody who is in the room."),),
        errors=(ConferenceNotFound,),
    ),
)
CONFERENCECALLS: Final = (
    Operation(
        method="GET",
        path="/conferencecalls",
        tag="Participants",
        name="listConferencecalls",
        summary="Show participants of all states, newest first",
        parameters=(
            *PAGING,
            Parameter("query", "conference_id", "Only those of this conference.", IDENTIFIER),
        ),
        answers=(Answer(shapes.ConferencecallPage, description="A page of participants."),),
    ),
    Operation(
        method="GET",
        path="/conferencecalls/{id}",
        tag="Participants",
        name="getConferencecall",
        summary="Show a participant, also after it has left",
        answers=CONFERENCECALL,
        errors=(ConferencecallNotFound,),
    ),
    Operation(
        method="PATCH",
        path="/conferencecalls/{id}",
        tag="Participants",
        name="changeConferencecall",
        summary="Change a participant while it is there",
        description="What is absent stays as it is.",
        body=RequestBody(ParticipantBody),
        answers=CONFERENCECALL,
        errors=(ConferencecallNotFound, ConferencecallGone),
    ),
    Operation(
        method="DELETE",
        path="/conferencecalls/{id}",
        tag="Participants",
        name="kickConferencecall",
        summary="Put a participant out of the room",
        description="Out of the room, not out of its call: the call goes on with what follows the conference.",
        answers=CONFERENCECALL,
        errors=(ConferencecallNotFound, Conflict),
    ),
)
OPERATIONS: Final = (*CONFERENCES, *CONFERENCECALLS)
