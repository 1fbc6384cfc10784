"""Chat messages (api.md section 2.5): messages in a room. An extension of the API."""

from functools import partial
from typing import Annotated, Final

from pydantic import Field

from mixminus.api.body import Body, Text, Uuid
from mixminus.api.operation import ApiCall, Operation, Resource
from mixminus.conference.errors import (
    ChatMessageNotFound,
    ConferencecallGone,
    ConferencecallNotFound,
    ConferenceNotFound,
    ConferenceNotProgressing,
)
from mixminus.model.chat import MAX_TEXT, ChatMessage
from mixminus.model.ids import NIL, ChatMessageId, ConferencecallId, ConferenceId
from mixminus.store.page import Page
from mixminus.wire.chat import ChatMessageView

__all__ = ["resource"]

MAX_NAME_CHARACTERS: Final = 255

resource: Final = Resource("Chat", view=ChatMessageView)
operation = partial(Operation, resource)


class ChatBody(Body):
    text: Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]
    sender_id: Uuid = NIL
    """The participant that sends it; absent for a program."""
    sender_name: Annotated[Text, Field(max_length=MAX_NAME_CHARACTERS)] = ""
    """Empty for the label of the participant."""
    recipient_id: Uuid = NIL
    """The only participant that it is for; absent for all."""


@operation(
    "POST",
    "/conferences/{id}/messages",
    "Send a chat message",
    errors=(ConferenceNotFound, ConferenceNotProgressing, ConferencecallNotFound, ConferencecallGone),
)
async def send_chat_message(call: ApiCall, body: ChatBody) -> ChatMessage:
    """To all participants, or to one. It is published as `chatmessage_created`, kept, and exported with the
    transcripts of the room unless it is for one participant.
    """
    return await call.services.chat.send(
        call.customer_id,
        ConferenceId(call.id),
        body.text,
        sender_id=ConferencecallId(body.sender_id),
        sender_name=body.sender_name,
        recipient_id=ConferencecallId(body.recipient_id),
    )


@operation("GET", "/conferences/{id}/messages", "List chat messages", errors=(ConferenceNotFound,))
async def list_chat_messages(call: ApiCall, page: Page) -> list[ChatMessage]:
    """Of one room, also after its end; with those for one participant, without deleted ones."""
    return await call.services.chat.list(call.customer_id, ConferenceId(call.id), page)


@operation("GET", "/chatmessages/{id}", "Get a chat message", errors=(ChatMessageNotFound,))
async def get_chat_message(call: ApiCall) -> ChatMessage:
    """Also a deleted one, without its text."""
    return await call.services.chat.get(call.customer_id, ChatMessageId(call.id))


@operation("DELETE", "/chatmessages/{id}", "Delete a chat message", errors=(ChatMessageNotFound,))
async def delete_chat_message(call: ApiCall) -> ChatMessage:
    """Its text is erased. Events that were published before keep it until they are deleted."""
    return await call.services.chat.delete(call.customer_id, ChatMessageId(call.id))
