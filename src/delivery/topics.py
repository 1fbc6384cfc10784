"""Topics and frames: what WebSocket clients subscribe to, and what they receive (api.md section 12).

    <scope>:<scope id>[:<resource>[:<resource id>]]     scope: customer_id, agent_id

A subscription is a prefix of the topics it matches: ``...:conference`` also matches
conferencecalls, ``...:conference:`` does not. ``...:call:*`` means ``...:call:``.
"""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixminus.errors import InvalidArgument
from mixminus.model.ids import NIL, CustomerId
from mixminus.store.outbox import Event
from mixminus.wire.event import EventView, body_of

__all__ = ["Audience", "BadTopic", "Frame", "prefix_of", "topics_of"]

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_MIN_PARTS: Final = 2


class BadTopic(InvalidArgument):
    """A topic is malformed, or its scope is not the client's."""


@dataclass(frozen=True, slots=True)
class Audience:
    """What a client may subscribe to."""

    customer_id: CustomerId
    agent_id: UUID | None = None
    whole_customer: bool = True
    """Whether it may receive all events of the customer, or only those of what the agent owns."""


def prefix_of(topic: str, audience: Audience) -> str:
    """Return the prefix of the topics that a subscription matches; BadTopic if the client may not have them."""
    parts = topic.split(":")
    if len(parts) < _MIN_PARTS or not _UUID.fullmatch(parts[1]):
        raise BadTopic("a topic is <scope>:<scope id>[:<resource>[:<resource id>]]")
    customer_id = audience.customer_id if audience.whole_customer else None
    own = {"customer_id": customer_id, "agent_id": audience.agent_id}.get(parts[0])
    if own is None or UUID(parts[1]) != own:
        raise BadTopic("the topic's scope is not yours")
    parts[1] = str(own)
    if parts[-1] == "*":
        parts[-1] = ""
    return ":".join(parts)


def topics_of(event: Event) -> tuple[str, ...]:
    """Return every topic of an event: by resource, and by event type."""
    resource = event.type.partition("_")[0]
    scopes = [f"customer_id:{event.customer_id}"]
    owner = event.data.get("owner_id", "")
    if owner and owner != str(NIL):
        scopes.append(f"agent_id:{owner}")
    id_ = event.data.get("id", "")
    return tuple(
        f"{scope}:{path}"
        for scope in scopes
        for path in (f"{resource}:{id_}", f"{resource}:{event.type}:{id_}")
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as WebSocket clients receive it, rendered once for all of them, with its topics."""

    id: int
    topics: tuple[str, ...]
    plain: str
    numbered: str

    @classmethod
    def of(cls, event: Event) -> "Frame":
        """Render an event."""
        numbered = EventView.of(event).model_dump_json()
        return cls(event.id, topics_of(event), body_of(event).decode(), numbered)
