"""/conferencecalls (api.md section 3.2): participants of conferences."""

from functools import partial
from typing import Annotated, Final

from pydantic import Field

from mixminus.api.body import Body, Text
from mixminus.api.conventions import IDENTIFIER
from mixminus.api.hears import GainDb
from mixminus.api.operation import ApiCall, Operation, Parameter, Resource
from mixminus.api.paths import query_id
from mixminus.conference.errors import ConferencecallGone, ConferencecallNotFound, NotWaiting
from mixminus.errors import Conflict
from mixminus.model.conference import ByRoom, Conferencecall, ParticipantChange, Role
from mixminus.model.ids import ConferencecallId, ConferenceId
from mixminus.store.page import Page
from mixminus.wire.conference import ConferencecallView

__all__ = ["resource"]

MAX_LABEL_CHARACTERS: Final = 255

resource: Final = Resource("Participants", view=ConferencecallView, missing=(ConferencecallNotFound,))
operation = partial(Operation, resource)


class ParticipantBody(Body):
    """Absent fields stay as they are."""

    role: Annotated[Role, Field(strict=False)] | None = None
    muted: bool | None = None
    deaf: bool | None = None
    gain_db: GainDb | None = None
    levelling: ByRoom | None = None
    noise_suppression: ByRoom | None = None
    label: Annotated[Text, Field(max_length=MAX_LABEL_CHARACTERS)] | None = None
    hand_raised: bool | None = None

    def change(self) -> ParticipantChange:
        return ParticipantChange(
            role=self.role,
            muted=self.muted,
            deaf=self.deaf,
            gain_db=self.gain_db,
            levelling=self.levelling,
            noise_suppression=self.noise_suppression,
            label=self.label,
            hand_raised=self.hand_raised,
        )


@operation(
    "GET",
    "/conferencecalls",
    "List participants",
    parameters=(Parameter("query", "conference_id", "Only participants of this conference.", IDENTIFIER),),
)
async def list_conferencecalls(call: ApiCall, page: Page) -> list[Conferencecall]:
    """In all states."""
    wanted = query_id(call.request, "conference_id")
    return await call.services.participants.list_calls(
        call.customer_id, page, conference_id=ConferenceId(wanted) if wanted else None
    )


@operation("GET", "/conferencecalls/{id}", "Get a participant")
async def get_conferencecall(call: ApiCall) -> Conferencecall:
    """Also after it has left."""
    return await call.services.participants.get_call(call.customer_id, ConferencecallId(call.id))


@operation("PATCH", "/conferencecalls/{id}", "Update a participant", errors=(ConferencecallGone,))
async def change_conferencecall(call: ApiCall, body: ParticipantBody) -> Conferencecall:
    """While it is in the room. Absent fields stay as they are."""
    return await call.services.participants.change(call.customer_id, ConferencecallId(call.id), body.change())


@operation("DELETE", "/conferencecalls/{id}", "Kick a participant", errors=(Conflict,))
async def kick_conferencecall(call: ApiCall) -> Conferencecall:
    """Removes it from the room and does not hang up: its call continues with the next action of its flow."""
    return await call.services.participants.kick(call.customer_id, ConferencecallId(call.id))


@operation("POST", "/conferencecalls/{id}/admit", "Admit a participant", errors=(NotWaiting,))
async def admit_conferencecall(call: ApiCall) -> Conferencecall:
    """One that waits in the lobby of its room joins; where the room waits for a moderator, when one is there."""
    return await call.services.lobby.admit(call.customer_id, ConferencecallId(call.id))


@operation("POST", "/conferencecalls/{id}/refuse", "Refuse a participant", errors=(NotWaiting, Conflict))
async def refuse_conferencecall(call: ApiCall) -> Conferencecall:
    """One that waits in the lobby is removed; its call continues with the next action of its flow."""
    return await call.services.lobby.refuse(call.customer_id, ConferencecallId(call.id))
