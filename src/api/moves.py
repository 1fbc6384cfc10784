"""Moves (api.md section 3.5): participants to other rooms, and breakout rooms. An extension of the API."""

from functools import partial
from typing import Annotated, Final
from uuid import UUID

from pydantic import AliasPath, Field

from mixminus.api import conferencecalls, conferences
from mixminus.api.body import Body, Text, Uuid
from mixminus.api.operation import ApiCall, Operation
from mixminus.call.breakout import Group
from mixminus.call.errors import CallNotProgressing
from mixminus.conference.errors import (
    AlreadyInRoom,
    ConferencecallGone,
    ConferencecallNotFound,
    ConferenceFull,
    ConferenceLocked,
    ConferenceNotFound,
    ConferenceNotProgressing,
    MovePending,
)
from mixminus.model.conference import Conferencecall
from mixminus.model.ids import NIL, ConferencecallId, ConferenceId
from mixminus.wire.conference import ConferencecallView
from mixminus.wire.view import View

__all__: list[str] = []

MAX_GROUPS: Final = 50
MAX_MEMBERS: Final = 500


class MoveBody(Body):
    conference_id: Uuid
    """The room to move to; its PIN is not asked for."""


class GroupBody(Body):
    conference_id: Uuid = NIL
    """An existing room; absent for a new one."""
    name: Annotated[Text, Field(max_length=255)] = ""
    """Of a new room; empty for the name of the main room with a number."""
    conferencecall_ids: list[Uuid] = Field(max_length=MAX_MEMBERS)

    def group(self) -> Group:
        ids = tuple(ConferencecallId(each) for each in self.conferencecall_ids)
        return Group(ids, self.conference_id, self.name)


class BreakoutBody(Body):
    groups: list[GroupBody] = Field(min_length=1, max_length=MAX_GROUPS)


class RefusalView(View):
    """A participant that stays where it is."""

    conferencecall_id: UUID
    reason: str
    """As in `error.reason`."""
    message: str


class BreakoutRoomView(View):
    """A breakout room, and who is moved."""

    conference_id: UUID = Field(validation_alias=AliasPath("conference", "id"))
    name: str = Field(validation_alias=AliasPath("conference", "name"))
    conferencecalls: list[ConferencecallView]
    """The participants that are joining, with new ids."""
    refused: list[RefusalView]


class BreakoutView(View):
    """The rooms of a breakout."""

    result: list[BreakoutRoomView]


@partial(Operation, conferencecalls.resource)(
    "POST",
    "/conferencecalls/{id}/move",
    "Move a participant to another room",
    errors=(
        ConferenceNotFound,
        ConferencecallGone,
        ConferenceNotProgressing,
        CallNotProgressing,
        AlreadyInRoom,
        MovePending,
        ConferenceLocked,
        ConferenceFull,
    ),
)
async def move_conferencecall(call: ApiCall, body: MoveBody) -> Conferencecall:
    """Of the same customer. It leaves its room and joins the other, without a signalling message to its phone or
    browser; its role, mute, gain and label are kept, and the answer is the participant that it is there, `joining`.
    A room that is locked or full refuses it, and it stays where it is.
    """
    return await call.services.breakouts.moves.move(
        call.customer_id, ConferencecallId(call.id), ConferenceId(body.conference_id)
    )


breakout = partial(Operation, conferences.resource)


@breakout(
    "POST",
    "/conferences/{id}/breakout",
    "Divide a room into breakout rooms",
    errors=(ConferencecallNotFound, ConferenceNotProgressing),
)
async def start_breakout(call: ApiCall, body: BreakoutBody) -> BreakoutView:
    """Each group moves to a room of its own: an existing one, or a new one with the settings of this room but for its
    PINs, lock and limit. A participant that cannot be moved is in `refused`; the others are moved.
    """
    groups = [each.group() for each in body.groups]
    moved = await call.services.breakouts.divide(call.customer_id, ConferenceId(call.id), groups)
    return BreakoutView.model_validate({"result": moved})


@breakout(
    "DELETE",
    "/conferences/{id}/breakout",
    "End the breakout rooms",
    errors=(ConferenceNotProgressing,),
)
async def end_breakout(call: ApiCall) -> BreakoutView:
    """Moves the participants of the rooms that `POST` has created back to this room, and deletes these rooms. One
    whose participants this room refuses stays open.
    """
    moved = await call.services.breakouts.end(call.customer_id, ConferenceId(call.id))
    return BreakoutView.model_validate({"result": moved})
