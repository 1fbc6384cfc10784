"""ChatService: messages in a room, to all participants or to one; kept, published, and exported with transcripts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from mixminus.clock import Clock
from mixminus.conference.errors import ChatMessageNotFound, ConferencecallGone, ConferencecallNotFound
from mixminus.conference.room import Rooms
from mixminus.conference.service import ConferenceService
from mixminus.errors import InvalidArgument
from mixminus.model.chat import MAX_TEXT, ChatMessage
from mixminus.model.conference import Conferencecall
from mixminus.model.ids import NIL, ChatMessageId, ConferencecallId, ConferenceId, CustomerId, new_id
from mixminus.store.database import Store
from mixminus.store.ownership import owned
from mixminus.store.page import Page
from mixminus.store.published import PublishedRows, later
from mixminus.wire.chat import ChatMessageView

__all__ = ["CHAT_MESSAGES", "ChatService"]

CHAT_MESSAGES: Final = PublishedRows(
    lambda tx: tx.chat_messages,
    ChatMessageView.render,
    lambda message_id: ChatMessageNotFound(f"no chat message {message_id}"),
    stream_id=lambda message: message.conference_id,
)


class ChatService:
    """Writes, lists and deletes the chat messages of rooms."""

    def __init__(self, store: Store, clock: Clock, *, conferences: ConferenceService, rooms: Rooms) -> None:
        self._store = store
        self._clock = clock
        self._conferences = conferences
        self._rooms = rooms
        self._on_sent: list[Callable[[ChatMessage], None]] = []

    def watch(self, on_sent: Callable[[ChatMessage], None]) -> None:
        """Call a function with each message that is sent from now on, once it is kept."""
        self._on_sent.append(on_sent)

    async def send(
        self,
        customer_id: CustomerId,
        conference_id: ConferenceId,
        text: str,
        *,
        sender_id: ConferencecallId,
        recipient_id: ConferencecallId,
        sender_name: str = "",
    ) -> ChatMessage:
        """Keep and publish a message; nil ids are a program, and the whole room.

        ``sender_name`` is the label of the participant if it is empty. Raises InvalidArgument for an empty or too long
        text, ConferenceNotProgressing, and ConferencecallNotFound or ConferencecallGone for a participant that is not in
        the room.
        """
        if not text.strip() or len(text) > MAX_TEXT:
            raise InvalidArgument(f"the text of a message has 1 to {MAX_TEXT} characters")
        await self._conferences.room(customer_id, conference_id)
        sender = self._present(conference_id, sender_id)
        self._present(conference_id, recipient_id)
        message = ChatMessage(
            id=ChatMessageId(new_id()),
            customer_id=customer_id,
            conference_id=conference_id,
            sender_id=sender_id,
            sender_name=sender_name or (sender.label if sender else ""),
            recipient_id=recipient_id,
            text=text,
            tm_create=self._clock.now(),
        )
        async with self._store.transaction() as tx:
            await CHAT_MESSAGES.add(tx, message, "chatmessage_created")
        for each in self._on_sent:
            each(message)
        return message

    async def list(
        self, customer_id: CustomerId, conference_id: ConferenceId, page: Page
    ) -> list[ChatMessage]:
        """Return the messages of a room, also of one that has ended, newest first."""
        await self._conferences.check(customer_id, conference_id)
        async with self._store.snapshot() as tx:
            return await tx.chat_messages.page_of(customer_id, conference_id, page)

    async def get(self, customer_id: CustomerId, message_id: ChatMessageId) -> ChatMessage:
        """Return a message, also a deleted one; raise ChatMessageNotFound."""
        async with self._store.snapshot() as tx:
            message = await tx.chat_messages.find(message_id)
        return owned(message, customer_id, CHAT_MESSAGES.not_found(message_id))

    async def delete(self, customer_id: CustomerId, message_id: ChatMessageId) -> ChatMessage:
        """Erase a message's text and take it out of the list; deleting it again changes nothing."""
        async with self._store.transaction() as tx:
            message = await CHAT_MESSAGES.find_for_update(tx, message_id, customer_id)
            if message.tm_delete is None:
                now = later(self._clock.now(), message)
                message = replace(message, text="", tm_update=now, tm_delete=now)
                await CHAT_MESSAGES.save(tx, message, "chatmessage_deleted")
        return message

    def _present(
        self, conference_id: ConferenceId, conferencecall_id: ConferencecallId
    ) -> Conferencecall | None:
        """Return a participant of the room; None for the nil id."""
        if conferencecall_id == NIL:
            return None
        seat = self._rooms.find_seat(conferencecall_id)
        if seat is None or seat.conference.id != conference_id:
            raise ConferencecallNotFound(f"not in the conference: {conferencecall_id}")
        if seat.row is None or seat.dismissed.done():
            raise ConferencecallGone("the participant is leaving the room")
        return seat.row
